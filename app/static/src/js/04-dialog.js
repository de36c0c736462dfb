// Dialogs open by the browser's own command attributes; this is for browsers that lack them, and for a click beside the dialog.
const native = "commandForElement" in HTMLButtonElement.prototype;

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[commandfor]");
  if (button && !native) {
    const dialog = document.getElementById(button.getAttribute("commandfor"));
    if (button.getAttribute("command") === "show-modal") dialog.showModal();
    else dialog.close();
  }
  if (event.target instanceof HTMLDialogElement && beside(event)) event.target.close();
});

function beside(event) {
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  return event.detail > 0 && !inside;
}

// A fragment may bring a dialog that wants to be open at once.
document.addEventListener("htmx:afterSettle", (event) => {
  event.detail.elt.querySelector?.("dialog[data-open-now]")?.showModal();
});
