// Runs before the first paint, so that large type never blinks.
(function (root) {
  root.classList.add("js");
  try {
    if (localStorage.getItem("large") === "1") root.classList.add("large");
  } catch (error) {
    // Storage may be closed in private windows; ordinary type then.
  }
})(document.documentElement);
