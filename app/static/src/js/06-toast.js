// A toast: from the server by the header HX-Trigger: {"toast": {"message": "...", "undo": "/address"}}, or from a script by the same event.
const region = document.getElementById("toasts");
const mould = document.getElementById("toast-mould");
const STAYS = 8000;

function show({ message, undo, tone }) {
  const toast = mould.content.firstElementChild.cloneNode(true);
  toast.querySelector(".toast-words").textContent = message;
  if (tone) toast.classList.add(tone);
  const form = toast.querySelector("form");
  if (undo) form.action = undo;
  else form.remove();
  region.append(toast);
  leaveLater(toast, undo ? STAYS + 2000 : STAYS);
}

// It waits while it is read: the pointer or the focus on it keeps it.
function leaveLater(toast, after) {
  let timer = setTimeout(() => toast.remove(), after);
  const stay = () => clearTimeout(timer);
  const go = () => { timer = setTimeout(() => toast.remove(), after); };
  toast.addEventListener("pointerenter", stay);
  toast.addEventListener("focusin", stay);
  toast.addEventListener("pointerleave", go);
  toast.addEventListener("focusout", go);
}

document.addEventListener("toast", (event) => {
  if (region && event.detail?.message) show(event.detail);
});
document.addEventListener("click", (event) => event.target.closest("[data-close]")?.closest(".toast, .callout")?.remove());

// Where the page opens at a place further down, what was done stays in view until the person goes on.
const flashes = document.querySelector(".flashes");
const seen = () => flashes.classList.add("seen");
if (flashes) ["wheel", "touchmove", "pointerdown", "keydown"].forEach((kind) => addEventListener(kind, seen, { once: true, passive: true }));
