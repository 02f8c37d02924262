"""One question as the office types it."""

from dataclasses import replace

from django import forms

from surveys.forms.conditions import ALWAYS, PICKED, WRITTEN, ConditionForm, ExpressionField
from surveys.forms.questionnaires import CHIPS, NameField, PlainLineField, WordsField
from surveys.schema import KIND_LABELS, MEASURE_LABELS, Kind, Meaning, Measure, Order, Question
from surveys.schema.editing import fresh_name
from surveys.schema.model import CHOOSE_ONE, MAX_OPTIONS, WITH_OPTIONS
from surveys.schema.option_lines import read_lines, write_lines
from surveys.schema.simple import LIMITED, Limits, Unfit, read_limits, write_limits

NO_LIMIT = ((ALWAYS, "不限"), (PICKED, "限定最少和最多"), (WRITTEN, "自己写条件"))
# What scales usually say, offered for one press: (kind, lines, the same in words).
USUAL = (
    ("scale3", "满意 [正面]|基本满意 [正面]|不满意|不清楚", "满意、基本满意、不满意、不清楚"),
    (
        "scale5",
        "非常满意 [正面]|满意 [正面]|一般|不满意|非常不满意|不清楚",
        "非常满意、满意、一般、不满意、非常不满意、不清楚",
    ),
)
ROTATABLE = frozenset({Kind.SINGLE, Kind.MULTIPLE, Kind.RANKING})


class QuestionForm(ConditionForm):
    """A question. What a type has no use for is passed over, and stays typed while the type is being tried out."""

    seen_edits = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    kind = forms.ChoiceField(
        label="题型",
        choices=[(kind.value, label) for kind, label in KIND_LABELS.items()],
        widget=forms.RadioSelect(attrs=CHIPS | {"data-mode": "kind"}),
    )
    label = WordsField(label="题目", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    options = WordsField(
        label="选项",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "data-option-lines": ""}),
        help_text="一行一个。行末可以注明 [正面]、[不清楚]、[拒答]、[其他]；[其他] 后面居民可以写字。",
    )
    is_required = forms.BooleanField(label="必须回答", required=False)
    measure = forms.ChoiceField(
        label="计入哪个率",
        required=False,
        choices=[("", "不计入"), *((m.value, label) for m, label in MEASURE_LABELS.items())],
        widget=forms.RadioSelect(attrs=CHIPS | {"data-mode": "measure"}),
        help_text="只有单选和量表可以计入；选了标 [正面] 的选项就算正面回答。",
    )
    keeps = forms.MultipleChoiceField(
        label="哪些回答也留在分母里",
        required=False,
        choices=[(Meaning.UNSURE.value, "不清楚"), (Meaning.REFUSED.value, "拒答")],
        widget=forms.CheckboxSelectMultiple(attrs=CHIPS),
        help_text="不选的，算率时不计入有效回答。",
    )
    hint = PlainLineField(
        label="提示", required=False, max_length=200, help_text="题目下面的小字，例如：最多选 3 样"
    )
    is_whole = forms.BooleanField(label="只填整数", required=False)
    is_rotated = forms.BooleanField(label="选项轮换次序，免得排第一的总被多选", required=False)
    limit_mode = forms.ChoiceField(
        label="对回答的限制", choices=NO_LIMIT, widget=forms.RadioSelect(attrs=CHIPS | {"data-mode": "limit"})
    )
    least = forms.CharField(label="最少", required=False, max_length=20)
    most = forms.CharField(
        label="最多",
        required=False,
        max_length=20,
        help_text="数字题按数值，日期题按日期，多选题按选了几项，文字题按字数。",
    )
    limit_expression = ExpressionField(
        label="自己写的限制", help_text="“.”指本题的回答，例如：. >= 18 and . <= 120。"
    )
    constraint_message = PlainLineField(
        label="不符合时的提示", required=False, max_length=200, help_text="例如：最多选 3 样。"
    )
    theme = PlainLineField(
        label="主题", required=False, max_length=40, help_text="统计表里按它归类，例如：公厕"
    )
    name = NameField(label="题目代号")

    field_order = ["seen_edits", "kind", "label", "options", "is_required", "measure", "keeps"]
    what_now = "填过的内容都还在，改好后再保存一次。"

    def __init__(self, *args, schema, question=None, earlier=(), name="", **kwargs):
        self.schema, self.question, self.own_name = schema, question, name
        if question is not None:
            kwargs["initial"] = _initial(question) | kwargs.get("initial", {})
        else:
            start = {"kind": Kind.SINGLE, "measure": "", "limit_mode": ALWAYS, "is_required": True}
            kwargs["initial"] = start | kwargs.get("initial", {})
        relevance = question.relevance if question else ""
        super().__init__(*args, schema=schema, relevance=relevance, earlier=earlier, **kwargs)
        self.fields["options"].need = "选择题必填"

    def clean_kind(self):
        return Kind(self.cleaned_data["kind"])

    def clean_options(self):
        lines = sum(1 for line in self.cleaned_data["options"].splitlines() if line.strip())
        if lines > MAX_OPTIONS:
            raise forms.ValidationError(f"选项有 {lines} 个，最多 {MAX_OPTIONS} 个。")
        return self.cleaned_data["options"]

    def clean_name(self):
        name = self.cleaned_data["name"]
        if not name:
            return self.own_name or fresh_name(self.schema)
        taken = {q.name.casefold() for q in self.schema.questions() if q.name != self.own_name}
        taken |= {
            q.other_name.casefold() for q in self.schema.questions() if q.other and q.name != self.own_name
        }
        taken |= {s.name.casefold() for s in self.schema.sections}
        if name.casefold() in taken:
            raise forms.ValidationError(f"“{name}”已经用过了，请换一个。")
        return name

    def clean(self):
        cleaned = super().clean()
        kind = cleaned.get("kind")
        if kind in WITH_OPTIONS and not cleaned.get("options") and "options" not in self.errors:
            self.add_error("options", "请写选项，一行一个。")
        marked = any(option.is_positive for option in read_lines(cleaned.get("options") or ""))
        if kind in CHOOSE_ONE and marked and not cleaned.get("measure") and "measure" not in self.errors:
            self.add_error("measure", "有选项标了 [正面]：请选计入哪个率，或者去掉这个标记。")
        self._constraint = ""
        if kind is not None and kind != Kind.NOTE:
            self._limit(cleaned, kind)
        return cleaned

    def _limit(self, cleaned, kind):
        mode = cleaned.get("limit_mode")
        if mode == WRITTEN:
            self._constraint = cleaned.get("limit_expression") or ""
            self.check_expression("limit_expression", self._constraint)
        elif mode == PICKED and kind in LIMITED:
            limits = Limits((cleaned.get("least") or "").strip(), (cleaned.get("most") or "").strip())
            try:
                self._constraint = write_limits(limits, kind)
            except Unfit as error:
                self.add_error("most" if limits.most else "least", str(error))

    def built(self):
        """The question as it was typed; also of a form with faults, as far as it goes."""
        cleaned = self.cleaned_data
        kind = cleaned.get("kind") or Kind.SINGLE
        measure = Measure(cleaned["measure"]) if cleaned.get("measure") and kind in CHOOSE_ONE else None
        return Question(
            name=cleaned.get("name") or self.own_name or fresh_name(self.schema),
            kind=kind,
            label=cleaned.get("label", ""),
            hint=cleaned.get("hint", ""),
            options=self._options(kind, cleaned.get("options", ""), measure),
            order=Order.ROTATED if cleaned.get("is_rotated") and kind in ROTATABLE else Order.FIXED,
            is_required=cleaned.get("is_required", False) and kind != Kind.NOTE,
            relevance=self.relevance(),
            constraint=self._constraint,
            constraint_message=cleaned.get("constraint_message", "") if self._constraint else "",
            is_whole=cleaned.get("is_whole", False) and kind == Kind.NUMBER,
            measure=measure,
            keeps=frozenset(map(Meaning, cleaned.get("keeps", ()))) if measure else frozenset(),
            theme=cleaned.get("theme", ""),
        )

    def _options(self, kind, text, measure):
        if kind not in WITH_OPTIONS:
            return ()
        before = self.question.options if self.question else ()
        options = read_lines(text, before, is_plain=kind == Kind.RANKING)
        # Where nothing can be counted, a mark left from another type would only be in the way.
        return (
            options
            if measure or kind in CHOOSE_ONE
            else tuple(replace(option, is_positive=False) for option in options)
        )


def _initial(question):
    limits = read_limits(question.constraint, question.kind)
    mode = WRITTEN if limits is None else PICKED if question.constraint else ALWAYS
    limits = limits or Limits()
    return {
        "kind": question.kind,
        "label": question.label,
        "options": write_lines(question.options),
        "is_required": question.is_required,
        "measure": question.measure or "",
        "keeps": [meaning.value for meaning in question.keeps],
        "hint": question.hint,
        "is_whole": question.is_whole,
        "is_rotated": question.order == Order.ROTATED,
        "limit_mode": mode,
        "least": limits.least,
        "most": limits.most,
        "limit_expression": question.constraint,
        "constraint_message": question.constraint_message,
        "theme": question.theme,
        "name": question.name,
    }
