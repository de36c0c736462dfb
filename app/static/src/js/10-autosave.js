// <form data-autosave>: what is typed is sent a moment later, and [data-save-state] says where it stands. htmx does the sending when the form
// hears "autosave". If the server cannot be reached, the text waits in this browser and is sent as soon as it can be.
const PAUSE = 800;
const AGAIN = 5000;
const timers = new WeakMap();
const stateOf = (form) => form.querySelector("[data-save-state]");
const keyOf = (form) => `draft:${form.dataset.autosave || location.pathname}`;

function say(form, state) {
  const place = stateOf(form);
  if (!place) return;
  place.className = `save-state ${state}`;
  if (place.dataset[state]) place.querySelector("[data-save-words]").textContent = place.dataset[state];
}

function soon(form, wait) {
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => form.dispatchEvent(new CustomEvent("autosave")), wait));
}

function keep(form) {
  const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrf_token");
  try {
    localStorage.setItem(keyOf(form), JSON.stringify(fields));
  } catch {
    // No room or no storage: the page still holds the text, and leaving it asks first.
  }
}

function forget(form) {
  try {
    localStorage.removeItem(keyOf(form));
  } catch {
    // Nothing was kept.
  }
}

function bringBack(form) {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(form)) || "[]");
    kept.forEach(([name, value]) => {
      const field = form.elements.namedItem(name);
      if (field && "value" in field && field.type !== "checkbox") field.value = value;
    });
    if (kept.length) soon(form, 0);
  } catch {
    forget(form);
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.autosave === undefined || event.target.closest("[data-unsaved]")) return;
  form.dataset.dirty = "";
  say(form, "saving");
  soon(form, PAUSE);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-autosave]");
  if (!form || event.detail.requestConfig?.triggeringEvent?.type !== "autosave") return;
  const status = event.detail.xhr.status;
  if (event.detail.successful) {
    delete form.dataset.dirty;
    forget(form);
  } else if (status === 409) {
    forget(form);
    say(form, "conflict");
  } else {
    keep(form);
    say(form, "failed");
    soon(form, AGAIN);
  }
});

document.addEventListener("submit", (event) => {
  delete event.target.dataset.dirty;
  forget(event.target);
});
addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-dirty]")) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) document.querySelectorAll("form[data-dirty]").forEach((form) => soon(form, 0));
});
document.querySelectorAll("form[data-autosave]").forEach(bringBack);
