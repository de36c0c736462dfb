// An estimate at once, while the server's exact count is on its way: [data-count-of="field id"] with [data-limit].
const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const length = (text) => [...segments.segment(text)].length;
const written = (number) => number.toLocaleString(document.documentElement.lang);

function estimate(count, text) {
  const limit = Number(count.dataset.limit);
  const left = limit - length(text);
  count.classList.toggle("over", left < 0);
  count.querySelector("[data-used]").textContent = written(limit - left);
  const over = count.querySelector("[data-over]");
  over.hidden = left >= 0;
  over.querySelector("[data-number]").textContent = written(-left);
}

document.addEventListener("input", (event) => {
  if (!event.target.id) return;
  document.querySelectorAll(`[data-count-of="${CSS.escape(event.target.id)}"]`).forEach((count) => estimate(count, event.target.value));
});
