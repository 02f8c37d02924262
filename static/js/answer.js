// A questionnaire's pages carry what was answered in themselves. Without a script each is posted and shown; with one the
// phone's own key for going back is 上一步, and what cannot be sent for want of a signal stays on the screen.
(function () {
  "use strict";
  if (!window.fetch || !window.FormData || !window.DOMParser || !window.history.pushState) return;
  const all = (selector, from) => Array.from(from.querySelectorAll(selector));
  let depth = (window.history.state && window.history.state.depth) || 0;
  let pressed = null;

  const answering = () => document.querySelector("form[data-answering]");
  const back = () => document.querySelector('form[data-answering] button[name="go"][value="back"]');

  function show(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const main = document.getElementById("main");
    main.parentNode.replaceChild(document.adoptNode(page.getElementById("main")), main);
    document.title = page.title;
    window.scrollTo(0, 0);
    (document.querySelector("[data-error-summary]") || document.getElementById("main")).focus();
  }

  function release(form) {
    delete form.dataset.sent;
    all("[data-held]", form).forEach((button) => { button.disabled = false; button.removeAttribute("data-held"); });
  }

  function unsent(form) {
    release(form);
    const notice = form.querySelector("[data-unsent]");
    notice.hidden = false;
    notice.focus();
  }

  function send(form, go) {
    const data = new FormData(form);
    if (go) data.append("go", go);
    fetch(form.action, { method: "POST", body: data, credentials: "same-origin" }).then((answer) => {
      if (answer.status >= 500) throw new Error(answer.status);
      const elsewhere = answer.redirected || new URL(answer.url, window.location).pathname !== new URL(form.action).pathname;
      if (elsewhere) { window.location.assign(answer.url); return null; }
      return answer.text().then((text) => {
        if (answer.ok && go !== "back") { depth += 1; window.history.pushState({ depth }, ""); }
        show(text);
      });
    }).catch(() => unsent(form));
  }

  document.addEventListener("click", (event) => { pressed = event.target.closest('button[name="go"]'); }, true);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-answering]")) return;
    event.preventDefault();
    const button = event.submitter || pressed;
    const go = button && button.name === "go" ? button.value : form.querySelector('[name="go"]') ? "on" : "";
    if (go === "back" && depth > 0) window.history.back();
    else send(form, go);
  });
  window.addEventListener("popstate", (event) => {
    // A link within the page, from the list of what is missing: the same page.
    if (!event.state && window.location.hash) { window.history.replaceState({ depth }, ""); return; }
    const target = (event.state && event.state.depth) || 0;
    if (target > depth) { window.history.go(depth - target); return; }
    if (target === depth) return;
    depth = target;
    if (back()) send(answering(), "back");
  });
})();
