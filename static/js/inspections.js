// 全部合格: choose 合格 wherever nothing is chosen yet; what was chosen stays.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    const groups = {};
    button.form.querySelectorAll("input[type=radio][name^='item-']").forEach((input) => {
      (groups[input.name] = groups[input.name] || []).push(input);
    });
    Object.values(groups).forEach((inputs) => {
      if (inputs.some((input) => input.checked)) return;
      const input = inputs.find((one) => one.value === button.dataset.fill);
      input.checked = true;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    button.form.querySelector("[type=submit]").focus({ preventScroll: true });
  });
})();
