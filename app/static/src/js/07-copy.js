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

// [data-copy-picture="/address"]: the clipboard takes only PNG, so the picture is drawn once.
async function png(address) {
  const picture = await createImageBitmap(await (await fetch(address)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

async function copyPicture(button) {
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png(button.dataset.copyPicture) })]);
    done(button, button.dataset.copied);
  } catch {
    done(button, button.dataset.copyFailed);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-copy-picture]");
  if (button) (button.dataset.copyPicture ? copyPicture : copy)(button);
});
