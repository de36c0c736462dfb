// [data-tabs]: a list of links to sections becomes tabs. Without script it stays a list of links to sections.
function select(tabs, chosen, focus) {
  tabs.forEach((tab) => {
    const on = tab === chosen;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
  });
  if (focus) chosen.focus();
}

function onKey(tabs, event) {
  const ltr = getComputedStyle(event.target).direction !== "rtl";
  const at = tabs.indexOf(event.target);
  const to = { ArrowRight: at + (ltr ? 1 : -1), ArrowLeft: at - (ltr ? 1 : -1), Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  select(tabs, tabs[(to + tabs.length) % tabs.length], true);
}

function upgrade(box) {
  if (box.dataset.tabs === "on") return;
  box.dataset.tabs = "on";
  const list = box.querySelector(".tabs-list");
  const tabs = [...list.querySelectorAll("a")];
  list.setAttribute("role", "tablist");
  tabs.forEach((tab) => {
    const panel = document.getElementById(tab.hash.slice(1));
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.tabIndex = 0;
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      select(tabs, tab, true);
    });
  });
  list.addEventListener("keydown", (event) => onKey(tabs, event));
  select(tabs, tabs.find((tab) => tab.hash === location.hash) || tabs[0], false);
}

const upgradeAll = () => document.querySelectorAll("[data-tabs]").forEach(upgrade);
document.addEventListener("htmx:afterSettle", upgradeAll);
upgradeAll();
