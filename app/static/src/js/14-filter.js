// [data-filter="id"]: rows or items of that list that do not hold the typed words are hidden; the count is said aloud.
function rows(list) {
  return list.matches("table") ? [...list.tBodies].flatMap((body) => [...body.rows]) : [...list.children];
}

function filter(input) {
  const list = document.getElementById(input.dataset.filter);
  const words = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (!list) return;
  rows(list).forEach((row) => {
    const text = row.textContent.toLocaleLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  });
  const left = rows(list).filter((row) => !row.hidden).length;
  const said = document.querySelector(`[data-filter-count="${CSS.escape(input.dataset.filter)}"]`);
  if (said) said.textContent = String(left);
}

document.addEventListener("input", (event) => {
  if (event.target.dataset?.filter) filter(event.target);
});
