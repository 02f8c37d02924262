"""When something is shown, picked from lists: a question, a sign, an option or a value; or written out."""

from django import forms

from surveys.schema.expressions import ExpressionError, parse_expression
from surveys.schema.model import WITH_OPTIONS, Kind
from surveys.schema.simple import (
    OF_OPTIONS,
    OPERATOR_LABELS,
    Operator,
    Simple,
    Unfit,
    read,
    shortened,
    write,
)

ALWAYS, PICKED, WRITTEN = "always", "picked", "written"
MODES = ((ALWAYS, "总是显示"), (PICKED, "满足条件才显示"), (WRITTEN, "自己写条件"))
EXPRESSION_HELP = "XLSForm 的写法，例如：${q1} = 'yes' and ${age} >= 60。只能用前面的题。"


class ExpressionField(forms.CharField):
    """A condition written out, in one piece; the form reads it only where it is wanted."""

    def __init__(self, **kwargs):
        widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "code"})
        super().__init__(**{"required": False, "max_length": 1000, "widget": widget, **kwargs})

    def to_python(self, value):
        return " ".join(super().to_python(value).split())


class ConditionForm(forms.Form):
    """The fields of a 显示条件. `earlier` are the questions that may be asked for."""

    show_mode = forms.ChoiceField(
        label="什么时候显示",
        choices=MODES,
        widget=forms.RadioSelect(attrs={"class": "chips", "data-mode": "show"}),
    )
    show_question = forms.ChoiceField(label="看哪道题", required=False)
    show_operator = forms.ChoiceField(
        label="回答", required=False, choices=[(o.value, label) for o, label in OPERATOR_LABELS.items()]
    )
    show_option = forms.ChoiceField(label="哪个选项", required=False, help_text="用“选了”“没有选”时填。")
    show_value = forms.CharField(
        label="比较的值", required=False, max_length=100, help_text="数字、日期（2026-11-23）或文字题用。"
    )
    show_expression = ExpressionField(label="自己写的显示条件", help_text=EXPRESSION_HELP)

    def __init__(self, *args, schema, relevance="", earlier=(), **kwargs):
        self.earlier = {q.name: q for q in earlier if q.kind != Kind.NOTE}
        kwargs["initial"] = _initial(relevance, schema) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        for name in ("show_question", "show_operator", "show_option", "show_value", "show_expression"):
            # Asked for only with the condition it belongs to.
            self.fields[name].need = "条件要用时填"
        self.fields["show_question"].choices = [
            ("", "请选择"),
            *((name, f"{shortened(q.label, 30)}（{name}）") for name, q in self.earlier.items()),
        ]
        self.fields["show_option"].choices = [("", "请选择"), *self._offered()]
        if not self.earlier:
            self.fields["show_mode"].choices = [mode for mode in MODES if mode[0] != PICKED]
            if self.initial["show_mode"] == PICKED:
                # What it asked for stands behind it by now; as it is written it can be put right.
                self.initial |= {"show_mode": WRITTEN, "show_expression": relevance}

    def _offered(self):
        """All options of all earlier questions, grouped, so that picking works without a script."""
        for name, question in self.earlier.items():
            if question.kind in WITH_OPTIONS:
                yield (
                    shortened(question.label, 30),
                    [(f"{name}/{option.name}", option.label) for option in question.options],
                )

    def clean(self):
        cleaned = super().clean()
        mode = cleaned.get("show_mode")
        self._relevance = ""
        if mode == PICKED:
            try:
                self._relevance = self._picked(cleaned)
            except Unfit as error:
                self.add_error(self._blamed(cleaned), str(error))
        elif mode == WRITTEN:
            self._relevance = cleaned.get("show_expression") or ""
            if not self._relevance and "show_expression" not in self.errors:
                self.add_error("show_expression", "请写条件，或者改选“总是显示”。")
            self.check_expression("show_expression", self._relevance)
        return cleaned

    def relevance(self):
        return self._relevance

    def check_expression(self, name, text):
        """Words at the field where a condition cannot be read."""
        try:
            if text:
                parse_expression(text)
        except ExpressionError as error:
            self.add_error(name, f"{error}。")

    def _picked(self, cleaned):
        asked = self.earlier.get(cleaned.get("show_question"))
        if asked is None:
            raise Unfit("请选一道前面的题。")
        operator = Operator(cleaned.get("show_operator") or Operator.CHOSEN)
        value = (cleaned.get("show_value") or "").strip()
        if operator in OF_OPTIONS:
            owner, _, value = (cleaned.get("show_option") or "").partition("/")
            if owner and owner != asked.name:
                raise Unfit("这个选项不是所选题目的，请重新选。")
        return write(Simple(asked.name, operator, value), asked)

    def _blamed(self, cleaned):
        """The field to look at for a pick that makes no condition."""
        asked = self.earlier.get(cleaned.get("show_question"))
        if asked is None:
            return "show_question"
        is_of_option = (cleaned.get("show_operator") or Operator.CHOSEN) in OF_OPTIONS
        if is_of_option != (asked.kind in WITH_OPTIONS):
            return "show_operator"
        return "show_option" if is_of_option else "show_value"


def _initial(relevance, schema):
    simple = read(relevance, schema)
    if simple is None:
        mode = WRITTEN if relevance else ALWAYS
        return {"show_mode": mode, "show_expression": relevance, "show_operator": Operator.CHOSEN}
    found = {
        "show_mode": PICKED,
        "show_question": simple.question,
        "show_operator": simple.operator,
        "show_expression": relevance,
    }
    if simple.operator in OF_OPTIONS:
        return found | {"show_option": f"{simple.question}/{simple.value}"}
    return found | {"show_value": simple.value}
