// [data-key="j"] on a link, button or field: that key uses it. "?" shows them all. They can be switched off, and rest while somebody types.
const help = document.getElementById("keys-help");
const list = help?.querySelector("[data-keys-list]");
const onOff = help?.querySelector("[data-keys-on]");

function on() {
  try {
    return localStorage.getItem("keys") !== "off";
  } catch {
    return true;
  }
}

const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const named = (element) => element.dataset.keyLabel || element.getAttribute("aria-label") || element.textContent.trim();

function use(element) {
  if (element.matches("input, textarea, select")) element.focus();
  else element.click();
}

function fill() {
  const seen = new Map([...document.querySelectorAll("[data-key]")].map((element) => [element.dataset.key, named(element)]));
  list.replaceChildren(...[...seen].flatMap(([key, label]) => {
    const term = document.createElement("dt");
    const words = document.createElement("dd");
    term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    words.textContent = label;
    return [term, words];
  }));
}

function openHelp() {
  fill();
  onOff.checked = on();
  help.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "?" && help) return openHelp();
  const element = on() && [...document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)].find((one) => one.checkVisibility());
  if (!element) return;
  event.preventDefault();
  use(element);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys-help]") && help) openHelp();
});
onOff?.addEventListener("change", () => {
  try {
    localStorage.setItem("keys", onOff.checked ? "on" : "off");
  } catch {
    // It cannot be remembered.
  }
});
document.querySelectorAll("[data-key]").forEach((element) => element.setAttribute("aria-keyshortcuts", element.dataset.key));
