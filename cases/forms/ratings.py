"""The resident's word: a typed code, a rating, a call back, and what the town did about 不满意."""

from django import forms

from cases.forms.fields import CaseForm, words_field
from cases.models import Case
from grids.forms.field import chips

SCORES = Case.Score.choices


class CodeForm(forms.Form):
    """查询码, however it is typed."""

    code = forms.CharField(
        label="查询码",
        max_length=40,
        help_text="12 位字母和数字，有没有横线、大写小写都行。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class RateForm(forms.Form):
    """One rating of the result."""

    score = forms.TypedChoiceField(
        label="这件事办得怎么样？",
        choices=SCORES,
        coerce=int,
        widget=chips(),
        error_messages={"required": "请选一项。"},
    )
    words = words_field("还想说什么", required=False, rows=2, most=500)


class CallForm(CaseForm):
    """回访: what was said on the telephone."""

    score = forms.TypedChoiceField(label="反映人怎么说", choices=SCORES, coerce=int, widget=chips())
    words = words_field("说了什么", required=False, rows=2, most=500)


class TaskForm(CaseForm):
    """不满意件: what was done about it, and whether the case is taken up again."""

    outcome = words_field("怎么处理的", most=500, help_text="和反映人说了什么、怎么解决的。")
    reopen = forms.BooleanField(label="同时重办这件事", required=False, help_text="事件回到处置中，接着办。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.case.status != "closed":
            del self.fields["reopen"]
