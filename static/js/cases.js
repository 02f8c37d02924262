// The clerk's queue by keyboard; every key presses a link or a button that is on the page.
(function () {
  "use strict";
  const body = document.querySelector("[data-queue]");
  const keys = document.querySelector("[data-keys]");
  if (!body) return;
  const rows = () => Array.from(body.querySelectorAll("[data-row]"));
  const current = () => rows().find((row) => row.contains(document.activeElement)) || null;

  function move(step) {
    const all = rows();
    const at = all.indexOf(current());
    const next = all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "nearest" }); }
  }
  function press(selector) {
    const row = current();
    const target = row && row.querySelector(selector);
    if (target) target.click();
    return Boolean(target);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, select, textarea, dialog, [contenteditable]")) return;
    const acts = {
      j: () => move(1),
      k: () => move(-1),
      r: () => press("[data-key=r]"),
      d: () => press("[data-key=d]"),
      "?": () => { if (keys) { keys.open = !keys.open; } },
      // On a link or a button Enter already means it.
      Enter: () => event.target.matches("[data-row]") && press("a[href]"),
    };
    const act = acts[event.key];
    if (act && act() !== false) event.preventDefault();
  });

  // After a press the page comes back: the next row is the first one.
  if (document.querySelector("main .messages .notice")) move(1);
})();
