// [data-undo-seconds]: the line ebbs away; when it is gone the element hears "undo-over", which htmx may use to fetch what comes next.
function start(element) {
  if (element.dataset.undoRuns) return;
  element.dataset.undoRuns = "yes";
  const seconds = Number(element.dataset.undoSeconds) || 10;
  element.style.setProperty("--undo", `${seconds}s`);
  setTimeout(() => element.dispatchEvent(new CustomEvent("undo-over", { bubbles: true })), seconds * 1000);
}

const startAll = () => document.querySelectorAll("[data-undo-seconds]").forEach(start);
document.addEventListener("htmx:afterSettle", startAll);
startAll();
