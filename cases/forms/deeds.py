"""What is written down of a case without moving it: notes, facts, class, help, requests, 督办."""

from datetime import timedelta
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from cases.forms.fields import CaseForm, CategoryField, SupportField, affected_field, words_field
from cases.models import CaseExpert, CaseRequest
from grids import access, search
from grids.forms.field import FieldForm, PicturesField, chips
from grids.forms.fields import DayField, LineField, PhoneField
from grids.models import Household

P = access.Permission


class NoteForm(FieldForm):
    """处置记录: what was found or done, with a place of its own where that is not where it was reported."""

    words = words_field("看到什么、做了什么", help_text="几个字就行。", most=2000)
    place = LineField(
        label="地点", required=False, max_length=120, help_text="和上报的地点不一样时填，会记为处置地点。"
    )
    needs_expert = forms.BooleanField(label="需专业人员", required=False)
    photos = PicturesField(help_text="不强制，最多 6 张，每张不超过 10 MB。")

    def __init__(self, *args, case, **kwargs):
        self.case = case
        super().__init__(*args, **kwargs)

    def told(self):
        given = self.cleaned_data
        return {name: given[name] for name in ("words", "place", "needs_expert")} | {"case": self.case}

    def content(self):
        return {name: self.cleaned_data[name] for name in ("words", "place", "needs_expert")}


class FactsForm(CaseForm):
    """补充情况: what the people who settle it found out."""

    place = LineField(label="发现地点", max_length=120)
    handling_place = LineField(label="处置地点", required=False, max_length=120)
    affected_households = affected_field()
    cause = words_field("原因", required=False, rows=2)
    measures = words_field("措施", required=False, most=2000)
    helpers = LineField(label="协同人员", required=False, max_length=120)
    reply = words_field(
        "给反映人的答复", required=False, rows=2, most=500, help_text="请不要写别人的姓名和电话。"
    )

    facts = ("place", "handling_place", "affected_households", "cause", "measures", "helpers", "reply")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.facts:
            self.fields[name].initial = getattr(self.case, name)

    def told(self):
        return {name: self.cleaned_data[name] for name in self.facts}


class ClassifyForm(CaseForm):
    """更改类别."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["category"] = CategoryField(self.case, help_text="时限跟着新的类别，从立案时间起算。")


class UrgentForm(CaseForm):
    """标为紧急, or not any more: the button says which."""


class SupportForm(CaseForm):
    """协办单位: exactly the ticked ones."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        named = [support.unit.uuid for support in self.case.supports.all()]
        self.fields["units"] = SupportField(self.user, self.case, initial=named)


class HouseholdsForm(CaseForm):
    """相关住户: which doors it touches; found by address or name, ticked, kept while one looks for the next."""

    most = 20

    q = LineField(
        label="找一户",
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "住址、姓名或拼音首字母", "autocomplete": "off"}
        ),
    )
    households = forms.ModelMultipleChoiceField(
        Household.objects.none(),
        label="相关住户",
        required=False,
        to_field_name="uuid",
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(("invalid_choice", "invalid_pk_value"), "请重新选住户。"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["households"]
        field.queryset = mine = Household.objects.visible_to(self.user, P.SEE_HOUSEHOLDS)
        linked = mine.filter(pk__in=self.case.households.values("pk"))
        field.initial = list(linked.values_list("uuid", flat=True))
        rows = {row.uuid: row for row in linked.with_head().order_by("address_key", "pk")}
        self.found = self._found(mine)
        rows |= {row.uuid: row for row in [*self._ticked(mine), *self.found]}
        field.choices = [(key, self._words(row)) for key, row in rows.items()]

    def _found(self, mine):
        """What the typed words find; for no words nothing, since everything would bury what is ticked."""
        words = self.data.get("q", "")[: self.fields["q"].max_length].replace("\x00", "")
        if not search.normalised(words):
            return []
        return list(
            search.households_like(mine.with_head(), words).order_by("address_key", "pk")[: self.most]
        )

    def _ticked(self, mine):
        """What was ticked and is not saved yet; a forged number is for the field to refuse."""
        sent = self.data.getlist("households") if self.is_bound else []
        uuids = [one for one in sent if _is_uuid(one)]
        return mine.filter(uuid__in=uuids).with_head().order_by("address_key", "pk") if uuids else []

    @staticmethod
    def _words(row):
        return "，".join(part for part in (row.address, row.head_name, row.grid_name) if part)


def _is_uuid(text):
    try:
        return bool(UUID(text))
    except ValueError:
        return False


class MomentField(forms.DateTimeField):
    """A moment of a day, to the minute, as a phone's own picker gives it."""

    def __init__(self, **kwargs):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, required=False, **kwargs)

    def validate(self, value):
        super().validate(value)
        if value and value > timezone.now() + timedelta(minutes=1):
            raise ValidationError("时间不能晚于现在。")
        if value and value < timezone.now() - timedelta(days=366):
            raise ValidationError("时间太早，请核对。")


class ExpertForm(forms.ModelForm):
    """外请专业人员: who, for what, when they came and were done."""

    version = forms.IntegerField(
        widget=forms.HiddenInput, min_value=1, max_value=2_000_000_000, required=False
    )
    phone = PhoneField(required=False)
    arrived_at = MomentField(label="到场")
    finished_at = MomentField(label="完工")

    class Meta:
        model = CaseExpert
        fields = ["name", "phone", "work", "arrived_at", "finished_at"]

    def __init__(self, *args, case, user, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version
            self.fields["phone"].initial = self.instance.phone

    def clean(self):
        given = super().clean()
        arrived, finished = given.get("arrived_at"), given.get("finished_at")
        if finished and not arrived and not self.errors:
            self.add_error("arrived_at", "填了完工时间，也要填到场时间。")
        if arrived and finished and finished < arrived:
            self.add_error("finished_at", "完工时间不能早于到场时间。")
        return given

    def told(self):
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class AskForm(CaseForm):
    """申请延期或挂账."""

    kind = forms.ChoiceField(label="申请什么", choices=CaseRequest.Kind.choices, widget=chips())
    days = forms.IntegerField(
        label="延长几个工作日", required=False, min_value=1, max_value=60, help_text="只有延期要填，最多 60。"
    )
    reason = words_field("为什么", most=300, help_text="批复之前照常计时。")

    def clean(self):
        given = super().clean()
        if (
            given.get("kind") == CaseRequest.Kind.EXTEND
            and not given.get("days")
            and "days" not in self.errors
        ):
            self.add_error("days", "请填要延长几个工作日。")
        return given

    def told(self):
        return {name: self.cleaned_data[name] for name in ("kind", "days", "reason")}


class DecideForm(CaseForm):
    """批复: agree or not, in a word."""

    agreed = forms.TypedChoiceField(
        label="同意吗",
        choices=[("yes", "同意"), ("no", "不同意")],
        coerce=lambda value: value == "yes",
        widget=chips(),
    )
    opinion = words_field("意见", required=False, rows=2, most=300, help_text="不同意请写明意见。")

    def clean(self):
        given = super().clean()
        if given.get("agreed") is False and not given.get("opinion"):
            self.add_error("opinion", "不同意请写明意见。")
        return given


class SuperviseForm(CaseForm):
    """督办: words, and a day to answer by."""

    words = words_field("督办意见", most=500)
    reply_by = DayField(label="哪天前答复", ahead=366)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["reply_by"].initial = today + timedelta(days=1)
        self.fields["reply_by"].widget.attrs["min"] = today

    def clean_reply_by(self):
        day = self.cleaned_data["reply_by"]
        if day < timezone.localdate():
            raise ValidationError("答复期限不能早于今天。")
        return day


class ReplyForm(CaseForm):
    """答复督办."""

    words = words_field("答复", help_text="办到哪一步、什么时候办完。")
