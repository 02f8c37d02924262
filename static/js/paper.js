// Keying a sheet of paper: a digit picks that option of the question one is at, and goes on to the next question.
(function () {
  "use strict";
  const form = document.querySelector("form[data-keying]");
  if (!form) return;

  function follow(group) {
    const stops = Array.from(form.querySelectorAll("input:not([type=hidden]), select, textarea, button"));
    const own = stops.filter((stop) => group.contains(stop));
    const next = stops[stops.indexOf(own[own.length - 1]) + 1];
    if (next) next.focus();
  }

  form.addEventListener("keydown", (event) => {
    const at = event.target;
    if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (at.type !== "radio" && at.type !== "checkbox") return;
    const group = at.closest(".choices");
    const picked = group && group.querySelectorAll("input")[Number(event.key) - 1];
    if (!picked) return;
    event.preventDefault();
    picked.click();
    if (picked.type === "radio") follow(group);
    else picked.focus();
  });
})();
