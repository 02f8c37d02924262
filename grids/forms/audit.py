"""What an auditor asks for: by person, object, day and action; and the draw of a spot check."""

from datetime import timedelta

from django import forms
from django.db.models import Q
from django.utils import timezone

from grids import access, search
from grids.forms.fields import DayField, LineField
from grids.models import AuditEntry, User

P = access.Permission
Action = AuditEntry.Action

# The questions auditors come with, in the office's words: label → actions.
PRESETS = {
    "reveal": ("查看号码", [Action.REVEAL]),
    "call": ("拨打", [Action.CALL]),
    "export": ("导出", [Action.EXPORT]),
    "staff": ("任职变动", [Action.ASSIGNMENT, Action.HANDOVER, Action.ACCOUNT]),
    "late": ("补录", [Action.LATE_ENTRY]),
    "proxy": ("代录", [Action.PROXY_ENTRY]),
    "login": ("登录受限", [Action.LOGIN_BLOCKED, Action.UNLOCK]),
    "correction": ("更正", [Action.CORRECTION, Action.CONFLICT]),
}


class _PeriodForm(forms.Form):
    """A first and a last day, in order."""

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("start") and cleaned.get("end") and cleaned["end"] < cleaned["start"]:
            self.add_error("end", "止日不能早于起日。")
        return cleaned


class AuditFilterForm(_PeriodForm):
    """The filter of the log; `person`, `key` and `preset` come by links."""

    by = LineField(label="操作人", required=False, max_length=40)
    label = LineField(label="对象", required=False, max_length=60)
    action = forms.ChoiceField(label="动作", required=False, choices=[("", "全部"), *Action.choices])
    start = DayField(label="起日", required=False)
    end = DayField(label="止日", required=False)
    person = forms.UUIDField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    preset = forms.ChoiceField(
        required=False,
        choices=[("", ""), *((key, label) for key, (label, _) in PRESETS.items())],
        widget=forms.HiddenInput,
    )

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["by"].widget.attrs["placeholder"] = "姓名或拼音"
        self.fields["label"].widget.attrs["placeholder"] = "住址或网格"

    def narrow(self, entries):
        """The entries asked for; none while the question itself is wrong."""
        if not self.is_valid():
            return entries.none()
        given = self.cleaned_data
        people = User.objects.visible_to(self.user, P.SEE_AUDIT)
        if given["preset"]:
            entries = entries.filter(action__in=PRESETS[given["preset"]][1])
        if given["action"]:
            entries = entries.filter(action=given["action"])
        if given["person"]:
            entries = entries.filter(by__in=people.filter(uuid=given["person"]))
        if given["by"]:
            entries = entries.filter(by__in=search.staff_like(people, given["by"]))
        if given["key"]:
            entries = entries.filter(object_key=given["key"])
        if given["label"]:
            entries = entries.filter(
                Q(object_label__icontains=given["label"]) | Q(grid__name__icontains=given["label"])
            )
        return entries.in_period(given["start"], given["end"])


class DrawForm(_PeriodForm):
    """A seeded draw of entries of a period."""

    start = DayField(label="起日")
    end = DayField(label="止日")
    kinds = forms.MultipleChoiceField(
        label="抽哪些动作",
        required=False,
        choices=Action.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "chips"}),
        help_text="不选就从全部记录里抽。",
    )
    size = forms.IntegerField(label="抽多少条", min_value=1, max_value=200)
    seed = forms.RegexField(
        r"^[0-9A-Za-z_-]*$",
        label="种子",
        required=False,
        max_length=32,
        help_text="留空由系统给出；填上以前的种子，可重抽同一张单。",
        error_messages={"invalid": "种子由字母、数字组成。"},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        last_month = today.replace(day=1) - timedelta(days=1)
        self.initial = {
            "start": last_month.replace(day=1),
            "end": today,
            "size": 20,
        } | self.initial
