// Buttons [data-theme-set="auto|light|dark"]: choose, remember, show which one is chosen.
const root = document.documentElement;

function show() {
  const chosen = root.dataset.theme || "auto";
  document.querySelectorAll("[data-theme-set]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === chosen));
  });
}

function choose(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // It then holds for this page only.
  }
  show();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-set]");
  if (button) choose(button.dataset.themeSet);
});
show();
