"""What is typed on the lists: the row a button meant, who looks after a hard case, a draw and its findings."""

import secrets
from datetime import timedelta

from django import forms
from django.utils import timezone

from cases.actions import hard
from cases.models import CheckItem, HardCase
from grids import access
from grids.forms.fields import DayField, LineField
from grids.forms.versioned import VersionedForm
from grids.models import User

P = access.Permission
MOST = 2_000_000_000


class SeenForm(forms.Form):
    """Which case a button of a list meant, and the version that was on the screen."""

    case = forms.UUIDField()
    version = forms.IntegerField(min_value=0, max_value=MOST)


class HardForm(VersionedForm):
    """Who looks after a 老大难, when it is next looked at, and how it is to be solved."""

    next_on = DayField(label="下次日期", ahead=730, help_text="到这一天再过问一次。")

    class Meta:
        model = HardCase
        fields = ["owner", "next_on", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, user, case, **kwargs):
        super().__init__(*args, **kwargs)
        fit = hard.possible_owners(case)
        people = User.objects.visible_to(user, P.SEE_CASES).filter(pk__in=fit)
        self.fields["owner"] = forms.ModelChoiceField(
            label="包联人",
            queryset=people.order_by("name", "pk"),
            to_field_name="uuid",
            empty_label="请选择",
            initial=self.instance.owner.uuid if self.instance.pk else None,
        )
        self.order_fields(["owner", "next_on", "note"])

    def clean_next_on(self):
        day = self.cleaned_data["next_on"]
        if day < timezone.localdate() and day != self.instance.next_on:
            raise forms.ValidationError("下次日期不能早于今天。")
        return day


class CheckDrawForm(forms.Form):
    """Of which days the matters settled on the spot are drawn."""

    start = DayField(label="结案从")
    end = DayField(label="结案到")
    seed = forms.IntegerField(
        label="种子",
        required=False,
        min_value=0,
        max_value=2**32 - 1,
        help_text="留空由系统给出；同一时段用同一个种子，抽中的是同样的件。",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        last_month = today.replace(day=1) - timedelta(days=1)
        self.initial = {"start": last_month.replace(day=1), "end": last_month} | self.initial

    def clean_seed(self):
        seed = self.cleaned_data["seed"]
        return secrets.randbelow(2**32) if seed is None else seed

    def clean(self):
        given = super().clean()
        if given.get("start") and given.get("end") and given["end"] < given["start"]:
            self.add_error("end", "止日不能早于起日。")
        return given


class CheckForm(forms.Form):
    """What the check of one drawn case found."""

    result = forms.ChoiceField(
        label="结果",
        choices=[(one.value, one.label) for one in CheckItem.Result if one != CheckItem.Result.OPEN],
        widget=forms.RadioSelect(attrs={"class": "chips"}),
    )
    words = LineField(
        label="情况", required=False, max_length=300, help_text="不属实要写明哪里不对；这件事会重办。"
    )

    def clean(self):
        given = super().clean()
        if given.get("result") == CheckItem.Result.UNTRUE and not given.get("words"):
            self.add_error("words", "不属实请写明情况。")
        return given
