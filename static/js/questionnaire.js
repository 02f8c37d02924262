// The editor's small helps: what a type does not need is folded away, marks are pressed instead of typed. The forms work without.
(function () {
  "use strict";
  const all = (selector, from) => Array.from(from.querySelectorAll(selector));
  const forms = all("form[data-questionnaire]", document);

  function valueOf(form, name) {
    const fields = all(`[name="${name}"]`, form);
    if (fields.length && fields[0].type === "radio") return (fields.find((field) => field.checked) || { value: "" }).value;
    return fields.length ? fields[0].value : "";
  }

  // A part is shown for some values of another field; one with a fault is never hidden.
  function fold(form) {
    all("[data-when]", form).forEach((part) => {
      const value = valueOf(form, part.dataset.when);
      const fits = part.dataset.values ? part.dataset.values.split(" ").includes(value) : value !== part.dataset.not;
      part.hidden = !fits && !part.querySelector(".is-invalid");
    });
  }

  // Only the options of the question that was picked.
  function narrow(form) {
    const question = form.querySelector('[name="show_question"]');
    const option = form.querySelector('[name="show_option"]');
    if (!question || !option) return;
    const groups = option.questionnaireGroups || (option.questionnaireGroups = all("optgroup", option));
    const own = groups.filter((group) => group.querySelector("option").value.split("/")[0] === question.value);
    const chosen = option.value;
    all("optgroup", option).forEach((group) => group.remove());
    (question.value ? own : groups).forEach((group) => option.append(group));
    option.value = all("option", option).some((entry) => entry.value === chosen) ? chosen : "";
    // A question without options is compared by value.
    const operator = form.querySelector('[name="show_operator"]');
    const ofOptions = ["chosen", "not_chosen"];
    if (question.value && !own.length && ofOptions.includes(operator.value)) operator.value = "equal";
    if (own.length && ["equal", "at_least", "at_most"].includes(operator.value)) operator.value = "chosen";
  }

  // Marks of options: buttons beside each line write them into the text.
  const MARK = /\s*[[［【]([^[\]［］【】]*)[\]］】]\s*$/;
  const MEANINGS = ["不清楚", "拒答", "其他"];
  const EVIDENT = { 不清楚: "不清楚", 说不清: "不清楚", 拒答: "拒答", 不想说: "拒答", 不愿回答: "拒答", 其他: "其他", 其它: "其他" };
  const KNOWN = ["正面", "普通"].concat(MEANINGS);

  function read(line) {
    const found = line.match(MARK);
    const words = found ? found[1].trim().split(/[\s,，、]+/) : [];
    if (found && words.every((word) => KNOWN.includes(word)) && line.replace(MARK, "").trim()) return { label: line.replace(MARK, "").trim(), words };
    return { label: line.trim(), words: EVIDENT[line.trim()] ? [EVIDENT[line.trim()]] : [] };
  }

  function write(label, words) {
    const own = words.filter((word) => word !== "普通");
    if (!own.length) return EVIDENT[label] ? `${label} [普通]` : label;
    if (own.length === 1 && EVIDENT[label] === own[0]) return label;
    return `${label} [${own.join("，")}]`;
  }

  function press(area, at, word) {
    const lines = area.value.split("\n");
    const { label, words } = read(lines[at]);
    const isOn = words.includes(word);
    const rest = words.filter((other) => other !== word && (word === "正面" ? true : !MEANINGS.includes(other)));
    lines[at] = write(label, isOn ? rest : rest.concat(word));
    area.value = lines.join("\n");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function mark(area) {
    const list = area.parentNode.querySelector(".option-marks") || area.parentNode.appendChild(document.createElement("ul"));
    list.className = "option-marks";
    list.setAttribute("aria-label", "每个选项的标记");
    const kind = valueOf(area.form, "kind");
    // Leaving the text says "change" between press and click: a button that is pressed has to stay the same one.
    const state = `${kind}\n${area.value}`;
    if (list.marked === state) return;
    list.marked = state;
    const offered = (["single", "scale3", "scale5"].includes(kind) ? ["正面"] : []).concat(kind.startsWith("scale") ? MEANINGS.slice(0, 2) : MEANINGS);
    const focused = list.contains(document.activeElement) ? [document.activeElement.dataset.at, document.activeElement.dataset.word] : null;
    list.replaceChildren(...(kind === "ranking" ? [] : area.value.split("\n")).flatMap((line, at) => {
      const { label, words } = read(line);
      if (!label) return [];
      const item = document.createElement("li");
      const shown = document.createElement("span");
      shown.className = "option-words";
      shown.textContent = label;
      item.append(shown, ...offered.map((word) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn";
        button.dataset.word = word;
        button.dataset.at = at;
        button.textContent = word;
        button.setAttribute("aria-pressed", String(words.includes(word)));
        button.setAttribute("aria-label", `${label}：${word}`);
        button.addEventListener("click", () => press(area, at, word));
        return button;
      }));
      return [item];
    }));
    if (focused) {
      const again = all("button", list).find((button) => button.dataset.at === focused[0] && button.dataset.word === focused[1]);
      if (again) again.focus();
    }
  }

  // What nearly every scale says, in one press; offered while nothing is typed.
  function offer(form, area) {
    all("[data-usual-options]", form).forEach((button) => { button.hidden = area.value.trim() !== ""; });
  }

  function usual(form, area, button) {
    area.value = button.dataset.usualOptions.split("|").join("\n");
    const measure = form.querySelector('[name="measure"][value="satisfaction"]');
    if (measure && valueOf(form, "measure") === "") measure.checked = true;
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.dispatchEvent(new Event("change", { bubbles: true }));
  }

  forms.forEach((form) => {
    const areas = all("[data-option-lines]", form);
    const refresh = () => { narrow(form); fold(form); areas.forEach(mark); areas.forEach((area) => offer(form, area)); };
    form.addEventListener("change", refresh);
    form.addEventListener("input", (event) => { if (event.target.matches("[data-option-lines]")) { mark(event.target); offer(form, event.target); } });
    areas.forEach((area) => all("[data-usual-options]", form).forEach((button) => button.addEventListener("click", () => usual(form, area, button))));
    refresh();
  });
})();
