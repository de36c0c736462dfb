// htmx sends the CSRF token with every change; when a request finds no server or an error, a toast says so.
const token = () => document.querySelector('meta[name="csrf-token"]')?.content || "";

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
});

function say(words) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { message: words, tone: "bad" } }));
}

// These say by themselves how they are: a form that saves itself, an element that only keeps up to date.
const quiet = (event) => Boolean(event.detail.elt?.closest?.("[data-autosave], [data-live]"));
const brings = (event) => event.detail.xhr.getResponseHeader("HX-Retarget") || [409, 422].includes(event.detail.xhr.status);

// An error may replace something only when the server meant it to; a proxy's error page never does.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.isError) return;
  const ours = brings(event) && !(quiet(event) && event.detail.xhr.getResponseHeader("HX-Retarget"));
  event.detail.shouldSwap = Boolean(ours);
});
document.addEventListener("htmx:responseError", (event) => {
  if (!quiet(event) && !brings(event)) say(document.body.dataset.wordsError);
});
document.addEventListener("htmx:sendError", (event) => {
  if (!quiet(event)) say(document.body.dataset.wordsOffline);
});

// After an error the focus goes to the first mistake, in a page as in a fragment.
function focusMistake(within) {
  within.querySelector?.('[aria-invalid="true"]')?.focus();
}

document.addEventListener("htmx:afterSettle", (event) => focusMistake(event.detail.elt));
focusMistake(document);

// What had the focus was replaced: the focus goes on to what came in its place, so that the keyboard does not start anew.
let held = false;
document.addEventListener("htmx:beforeRequest", (event) => {
  held = Boolean(event.detail.target?.contains(document.activeElement)) && document.activeElement !== document.body;
});
document.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
  if (!held || document.activeElement !== document.body) return;
  const next = elt.querySelector("a[href], button, summary, input:not([type=hidden])") || elt;
  if (next === elt) elt.tabIndex = -1;
  next.focus({ preventScroll: true });
});
