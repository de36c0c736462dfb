// Marking a passage in [data-passages] for a remark: with the mouse, or with the arrow keys while the text has the focus. The place goes into
// the hidden fields of [data-passage-form] as start and end (counted in code points, as Python does), quote, prefix and suffix.
const AROUND = 32;
const points = (text) => [...text].length;

function offset(root, node, at) {
  const range = document.createRange();
  range.selectNodeContents(root);
  range.setEnd(node, at);
  return range.toString().length;
}

function selected(root) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!root.contains(range.startContainer) || !root.contains(range.endContainer)) return null;
  return [offset(root, range.startContainer, range.startOffset), offset(root, range.endContainer, range.endOffset)];
}

function passage(text, start, end) {
  return {
    start: points(text.slice(0, start)), end: points(text.slice(0, end)), quote: text.slice(start, end),
    prefix: [...text.slice(0, start)].slice(-AROUND).join(""), suffix: [...text.slice(end)].slice(0, AROUND).join(""),
  };
}

function fill(root, place) {
  const form = document.querySelector("[data-passage-form]");
  if (!form || !place) return;
  const found = passage(root.textContent, ...place);
  Object.entries(found).forEach(([name, value]) => {
    const field = form.elements.namedItem(name);
    if (field) field.value = value;
  });
  form.dispatchEvent(new CustomEvent("passage", { bubbles: true, detail: found }));
}

const textOf = (target) => document.querySelector("[data-passages]");
const take = () => {
  const root = textOf();
  if (root) fill(root, selected(root));
};
document.addEventListener("pointerup", () => setTimeout(take));

// Typed or pasted words are looked up in the text, so that nobody needs a mouse.
document.addEventListener("change", (event) => {
  const root = textOf();
  if (!root || !event.target.matches("[data-passage-form] [name=quote]")) return;
  const start = root.textContent.indexOf(event.target.value.trim());
  const known = event.target.value.trim() && start >= 0;
  event.target.setCustomValidity(known || !event.target.value ? "" : event.target.dataset.notFound || "?");
  if (known) show(root, start, start + event.target.value.trim().length);
});

function place(root, at) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let rest = at;
  let node = walker.nextNode();
  while (node && rest > node.length) {
    rest -= node.length;
    node = walker.nextNode();
  }
  return [node, rest];
}

function show(root, start, end) {
  const [first, from] = place(root, start);
  const [last, to] = place(root, end);
  if (first && last) getSelection().setBaseAndExtent(first, from, last, to);
  fill(root, [start, end]);
}

const cut = (text, by) => [...new Intl.Segmenter(undefined, { granularity: by }).segment(text)].filter((part) => part.segment.trim() && part.isWordLike !== false);

// Right and left walk by word, down and up by sentence; with Shift the passage grows or shrinks.
function walk(root, event) {
  const by = { ArrowRight: "word", ArrowLeft: "word", ArrowDown: "sentence", ArrowUp: "sentence" }[event.key];
  const text = root.textContent;
  if (!by || !text) return;
  event.preventDefault();
  const forward = event.key === "ArrowRight" || event.key === "ArrowDown";
  const parts = cut(text, by).map(({ index, segment }) => [index, index + segment.trimEnd().length]);
  const [start, end] = selected(root) || [0, 0];
  const next = forward ? parts.find(([from, to]) => from >= end || (event.shiftKey && to > end)) : parts.findLast(([from, to]) => (event.shiftKey ? to < end : to <= start));
  if (!next) return;
  show(root, event.shiftKey && end ? Math.min(start, next[0]) : next[0], next[1]);
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("[data-passages]")) walk(event.target, event);
});
