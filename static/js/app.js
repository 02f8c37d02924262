// Small helps on top of pages that work without them. Each section stands alone and is found by a data attribute.
(function () {
  "use strict";
  const root = document.documentElement;
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));

  // Large type, kept on this device.
  function showLarge(on) {
    root.classList.toggle("large", on);
    all("[data-large]").forEach((button) => button.setAttribute("aria-pressed", String(on)));
  }
  function keepLarge(on) {
    try { localStorage.setItem("large", on ? "1" : "0"); } catch (error) { /* Private window: for this page only. */ }
  }

  // A version 4 uuid, also on plain http and in older browsers.
  function freshUuid() {
    if (window.crypto.randomUUID) return window.crypto.randomUUID();
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
  }

  // One question before an act that is hard to take back.
  function ask(text, yes) {
    const dialog = document.createElement("dialog");
    if (!dialog.showModal) { if (window.confirm(text)) yes(); return; }
    const words = document.createElement("p");
    words.textContent = text;
    words.id = "ask-words";
    dialog.setAttribute("aria-labelledby", words.id);
    const row = document.createElement("div");
    row.className = "row";
    [["再想想", "btn", null], ["确定", "btn btn-primary", yes]].forEach(([label, style, act]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = style;
      button.textContent = label;
      button.addEventListener("click", () => { dialog.close(); if (act) act(); });
      row.append(button);
    });
    dialog.append(words, row);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  function resubmit(form, submitter) {
    if (form.requestSubmit) { form.requestSubmit(submitter || undefined); return; }
    // Older WebViews: submit() leaves the pressed button out, so its value goes along as a hidden field.
    if (submitter && submitter.name) {
      const copy = document.createElement("input");
      copy.type = "hidden";
      copy.name = submitter.name;
      copy.value = submitter.value;
      form.append(copy);
    }
    form.submit();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const submitter = event.submitter;
    const text = (submitter && submitter.dataset.confirm) || form.dataset.confirm;
    if (!text || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(text, () => {
      form.dataset.confirmed = "1";
      resubmit(form, submitter);
      delete form.dataset.confirmed;
    });
  }, true);

  // A second press of the same button sends nothing; downloads answer without leaving the page, hence the timer.
  function release(form) {
    delete form.dataset.sent;
    all("[data-held]", form).forEach((button) => {
      button.disabled = false;
      button.removeAttribute("data-held");
    });
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    all("[data-now]", form).forEach((input) => {
      if (input.type === "hidden" || !input.value) input.value = new Date().toISOString();
    });
    form.dataset.sent = "1";
    setTimeout(() => all("button:not([type=button])", form).forEach((button) => {
      if (!button.disabled) { button.disabled = true; button.dataset.held = ""; }
    }));
    setTimeout(() => release(form), 10000);
  }, true); // On the way down: whatever sends the form finds it complete.

  // Calling a resident: the server logs the call and hands over the number.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-call]") || !window.fetch) return;
    event.preventDefault();
    fetch(form.action, {
      method: "POST", body: new FormData(form), credentials: "same-origin", headers: { Accept: "application/json" },
    })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .then((given) => { window.location.href = "tel:" + given.tel; })
      .catch(() => form.submit())
      .then(() => release(form));
  });

  // A long form with typed words warns before it is left.
  let dirty = false;
  document.addEventListener("input", (event) => {
    if (event.target.form && event.target.form.matches("[data-dirty]")) dirty = true;
  });
  document.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  // Where I am, only when asked for.
  function locate(button) {
    const form = button.form;
    const status = button.parentNode.querySelector("[data-locate-status]") || form.querySelector("[data-locate-status]") || document.createElement("output");
    if (!status.isConnected) { status.className = "muted small"; button.after(status); }
    if (!navigator.geolocation) { status.textContent = "这个浏览器不能定位，写清地点就可以。"; return; }
    status.textContent = "正在定位…";
    navigator.geolocation.getCurrentPosition((position) => {
      const found = { lat: position.coords.latitude.toFixed(6), lng: position.coords.longitude.toFixed(6), accuracy: Math.round(position.coords.accuracy) };
      Object.keys(found).forEach((name) => {
        const input = form.querySelector(`[name$="${name}"]`);
        if (input) input.value = found[name];
      });
      status.textContent = `已定位，误差约 ${found.accuracy} 米。`;
      form.dispatchEvent(new CustomEvent("located"));
    }, () => { status.textContent = "没有定到位，写清地点就可以。"; }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  }

  // What was typed into the password fields of the button's form, for those who type with gloves on.
  function showPassword(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    all("[data-password]", button.form).forEach((input) => { input.type = on ? "text" : "password"; });
  }

  function preview(input) {
    let box = input.parentNode.querySelector(".previews");
    if (!box) { box = document.createElement("div"); box.className = "previews"; input.after(box); }
    all("img", box).forEach((image) => URL.revokeObjectURL(image.src));
    box.replaceChildren(...Array.from(input.files, (file) => {
      const image = document.createElement("img");
      image.src = URL.createObjectURL(file);
      image.alt = file.name;
      return image;
    }));
  }

  // A text for WeChat; where the browser keeps the clipboard closed, the text is marked, ready to be copied by hand.
  function copy(button) {
    const text = document.getElementById(button.dataset.copy);
    const say = (words) => { button.parentNode.querySelector("[data-copy-status]").textContent = words; };
    const byHand = () => {
      text.focus();
      text.select();
      say(document.execCommand("copy") ? "已复制，去微信粘贴。" : "长按下面的文字复制。");
    };
    if (!navigator.clipboard) { byHand(); return; }
    navigator.clipboard.writeText(text.value).then(() => say("已复制，去微信粘贴。"), byHand);
  }

  function countSelected(form) {
    const boxes = all("tbody input[type=checkbox]", form);
    const count = boxes.filter((box) => box.checked).length;
    all("[data-selected-count]", form).forEach((place) => { place.textContent = count; });
    all("[data-select-all]", form).forEach((box) => {
      box.checked = count > 0 && count === boxes.length;
      box.indeterminate = count > 0 && count < boxes.length;
    });
  }

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.matches("[data-select-all]")) all("tbody input[type=checkbox]", input.form).forEach((box) => { box.checked = input.checked; });
    if (input.type === "checkbox" && input.form && input.form.querySelector("[data-select-all]")) countSelected(input.form);
    if (input.matches("input[type=file][data-preview]")) preview(input);
  });

  document.addEventListener("click", (event) => {
    const large = event.target.closest("[data-large]");
    if (large) { const on = !root.classList.contains("large"); keepLarge(on); showLarge(on); }
    const place = event.target.closest("[data-locate]");
    if (place) locate(place);
    if (event.target.closest("[data-print]")) window.print();
    const show = event.target.closest("[data-show-password]");
    if (show) showPassword(show);
    const copied = event.target.closest("[data-copy]");
    if (copied) copy(copied);
    if (event.target.closest("[data-leaves]")) dirty = false;
    all("details[data-closable][open]").forEach((open) => { if (!open.contains(event.target)) open.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details[data-closable][open]").forEach((open) => { open.open = false; open.querySelector("summary").focus(); });
  });

  // Undo is offered for a few seconds; the sentence stays.
  function countDown(form) {
    if (form.dataset.counting) return;
    form.dataset.counting = "1";
    setTimeout(() => { if (!form.dataset.sent) form.hidden = true; }, Number(form.dataset.undoSeconds) * 1000);
  }

  function start(from) {
    all("form[data-undo-seconds]", from).forEach(countDown);
    all("input[data-fresh-uuid]", from).forEach((input) => { if (!input.value) input.value = freshUuid(); });
    // A box that does not scroll needs no stop on the keyboard's way.
    all(".table-wrap, .steps", from).forEach((box) => { if (box.scrollWidth <= box.clientWidth) box.removeAttribute("tabindex"); });
    const summary = from.querySelector("[data-error-summary]");
    if (summary) summary.focus();
  }

  showLarge(root.classList.contains("large"));
  start(document);
  document.addEventListener("htmx:load", (event) => start(event.target));

  // A form that is sent without leaving the page: its answer takes the place of the page's content.
  function point(notice) {
    notice.tabIndex = -1;
    notice.focus({ preventScroll: true });
  }
  function complain(words) {
    const notice = document.getElementById("notice-bad").content.firstElementChild.cloneNode(true);
    notice.querySelector("p").textContent = words;
    document.querySelector("main .messages").replaceChildren(notice);
    point(notice);
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answer = event.detail;
    // What was refused and a conflict are pages that say what to do.
    if ([409, 422].includes(answer.xhr.status)) { answer.shouldSwap = true; answer.isError = false; }
    const [from, to] = [answer.xhr.responseURL, answer.pathInfo.requestPath].map((url) => new URL(url, window.location).pathname);
    if (!answer.shouldSwap || [window.location.pathname, to].includes(from)) return;
    // Led elsewhere, to the login or a first password: the page itself goes there and comes back.
    answer.shouldSwap = false;
    window.location.reload();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const notice = document.querySelector("main .messages .notice");
    if (event.detail.target.id === "main" && notice) point(notice);
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.elt.matches("form")) release(event.detail.elt); });
  document.addEventListener("htmx:responseError", (event) => {
    // Only what was sent can have gone missing; a hint that did not come is no trouble.
    if (!event.detail.elt.matches("form")) return;
    complain({
      403: "没有登记上：页面开得太久，或者权限已经变了。请刷新页面再按一次。",
      404: "没有登记上：这一户已经不在您的网格里。请刷新页面。",
    }[event.detail.xhr.status] || "系统出了点问题，可能没有登记上。请过一会儿再按一次，不会重复登记。");
  });
  ["htmx:sendError", "htmx:timeout"].forEach((name) => document.addEventListener(name, (event) => {
    if (!event.detail.elt.matches("form")) return;
    complain("没有连上网络，可能没有登记上。到有信号的地方再按一次，不会重复登记。");
  }));

  // Back from the browser's memory: the form was sent once already, so it gets a new identity and live buttons.
  window.addEventListener("pageshow", (event) => {
    all("form").forEach(release);
    if (event.persisted) all("input[data-fresh-uuid]").forEach((input) => { input.value = freshUuid(); });
  });
})();
