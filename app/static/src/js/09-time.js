// "2 hours ago" goes on counting; the exact time comes from the server and shows on hover and focus.
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
const steps = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

function relative(seconds) {
  const found = steps.find(([, size]) => Math.abs(seconds) >= size * 0.85);
  const [unit, size] = found || ["second", 1];
  return words.format(Math.trunc(Math.round(seconds / size)) || Math.sign(seconds) || -1, unit);
}

function refresh() {
  document.querySelectorAll("time[data-relative]").forEach((time) => {
    time.textContent = relative((new Date(time.dateTime) - Date.now()) / 1000);
  });
}

setInterval(refresh, 30000);
