// [data-copy="text"] or [data-copy-from="id"]: put it on the clipboard and say so, for the eye and for the ear.
async function copy(button) {
  const source = document.getElementById(button.dataset.copyFrom || "");
  const text = button.dataset.copy || source?.value || source?.textContent || "";
  try {
    await navigator.clipboard.writeText(text);
    done(button, button.dataset.copied);
  } catch {
    if (source) getSelection().selectAllChildren(source);
    done(button, button.dataset.copyFailed);
  }
}

function done(button, words) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { message: words } }));
  button.dispatchEvent(new CustomEvent("copied", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (button) copy(button);
});
