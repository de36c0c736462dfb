// The editor: what this browser keeps belongs to one person and one proposal, and links that leave on purpose are not asked about.
const editor = document.getElementById("editor");

const keptAs = () => `draft:${editor.dataset.autosave}`;

// After the first save a new sheet has an address of its own, and what is kept from then on belongs to it.
document.addEventListener("htmx:afterSettle", () => {
  if (!editor || editor.elements.namedItem("basis")?.value === "0") return;
  const [person] = editor.dataset.autosave.split(":");
  editor.dataset.autosave = `${person}:${editor.elements.namedItem("proposal").value}`;
});

// When a save is refused, our own answer says why and what to do; anything else (a proxy's error page) never gets into the sheet.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.getResponseHeader("Editor-Says")) event.detail.shouldSwap = true;
});

document.addEventListener("click", (event) => {
  if (!editor || !event.target.closest("[data-drop-mine], [data-leave]")) return;
  delete editor.dataset.dirty;
  if (!event.target.closest("[data-drop-mine]")) return;
  try {
    localStorage.removeItem(keptAs());
  } catch {
    // Nothing was kept.
  }
});
