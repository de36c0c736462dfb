// <details data-menu>: one open at a time, Escape and a click elsewhere close it, arrow keys walk through it.
const opened = () => document.querySelector("details[data-menu][open]");
const entries = (menu) => [...menu.querySelectorAll(".menu-list :is(a, button)")].filter((entry) => entry.checkVisibility());

function close(menu, giveFocusBack) {
  menu.open = false;
  if (giveFocusBack) menu.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (!menu.contains(event.target)) close(menu, false);
  });
  const chosen = event.target.closest("details[data-menu] .menu-list :is(a, button)");
  if (chosen && !chosen.closest("[data-stays]")) close(chosen.closest("details"), false);
});

document.addEventListener("focusin", (event) => {
  const menu = opened();
  if (menu && !menu.contains(event.target)) close(menu, false);
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest("details[data-menu]");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) return close(menu, true);
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  menu.open = true;
  const list = entries(menu);
  const step = event.key === "ArrowDown" ? 1 : -1;
  const next = list.indexOf(document.activeElement) + step;
  list[(next + list.length) % list.length]?.focus();
});

// A menu that opens beyond the edge of the window comes into view.
document.addEventListener("toggle", (event) => {
  if (event.target.matches("details[data-menu][open]")) event.target.querySelector(".menu-list").scrollIntoView({ block: "nearest" });
}, true);
