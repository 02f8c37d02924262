"""What is typed about a person: who they are, why they are looked after, when they are away, whom to ring."""

from django import forms
from django.utils import timezone

from grids import access, search
from grids.forms.fields import DayField, IdNumberField, LineField, PhoneField, born_on, sex_of
from grids.forms.versioned import VersionedForm
from grids.models import Absence, CareCategory, Consent, Household, Relative, Resident

P = access.Permission

_LINES = {"rows": 3, "maxlength": 1000}


class KeptNumbersMixin:
    """Sealed numbers are shown masked and stay as they are unless retyped or ticked away."""

    kept_numbers = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.kept_numbers:
            masked = getattr(self.instance, f"masked_{name}") if self.instance.pk else ""
            if masked:
                self.fields[name].help_text = f"已登记 {masked}；不改就留空。"
            else:
                del self.fields[f"drop_{name}"]

    def _number(self, name):
        """What the action is to write: the typed number, "" for dropped, else the one that was there."""
        if self.cleaned_data[name]:
            return self.cleaned_data[name]
        return "" if self.cleaned_data.get(f"drop_{name}") else getattr(self.instance, name)

    def values(self):
        return super().values() | {name: self._number(name) for name in self.kept_numbers}


class ResidentForm(KeptNumbersMixin, VersionedForm):
    """A person of a household. Birth date and sex are taken from the id number where they are left open."""

    sex = forms.ChoiceField(
        label="性别",
        required=False,
        choices=Resident.Sex.choices,
        widget=forms.RadioSelect(attrs={"class": "chips"}),
    )
    phone = PhoneField(required=False)
    drop_phone = forms.BooleanField(label="删去已登记的电话", required=False)
    id_number = IdNumberField(required=False)
    drop_id_number = forms.BooleanField(label="删去已登记的身份证号", required=False)
    born_on = DayField(label="出生日期", required=False, help_text="填了身份证号可留空。")

    since = DayField(label="哪天住进来的", required=False, help_text="一直住在这里的留空。")

    kept_numbers = ("phone", "id_number")
    field_order = [
        "name",
        "sex",
        "relation",
        "is_head",
        "since",
        "phone",
        "drop_phone",
        "id_number",
        "drop_id_number",
        "born_on",
        "difficulties",
        "help_given",
        "version",
    ]

    class Meta:
        model = Resident
        fields = ["name", "sex", "born_on", "is_head", "relation", "difficulties", "help_given"]
        field_classes = {"name": LineField, "relation": LineField}
        widgets = {"difficulties": forms.Textarea(attrs=_LINES), "help_given": forms.Textarea(attrs=_LINES)}

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["relation"].widget.attrs["placeholder"] = "户主、配偶、儿子、孙女…"
        if self.instance.pk:
            # Once entered, somebody changes households by a dated move.
            del self.fields["since"]

    def clean(self):
        cleaned = super().clean()
        number = cleaned.get("id_number")
        if number:
            self._agree(cleaned, "born_on", born_on(number), "与身份证号里的出生日期不一致，请核对或留空。")
            self._agree(cleaned, "sex", sex_of(number), "与身份证号里的性别不一致，请核对或不选。")
            self._refuse_second_entry(number)
        return cleaned

    def _agree(self, cleaned, field, from_number, words):
        if not cleaned.get(field):
            cleaned[field] = from_number
        elif cleaned[field] != from_number and field in self.changed_data:
            self.add_error(field, words)
        else:
            cleaned[field] = from_number

    def _refuse_second_entry(self, number):
        same = Resident.objects.visible_to(self.user, P.EDIT_HOUSEHOLDS).filter(
            id_number_hash=Resident.id_number.hash_of(number)
        )
        known = same.exclude(pk=self.instance.pk).select_related("household").first()
        if known:
            self.add_error(
                "id_number",
                f"这个身份证号已登记在{known.household.address}的{known.name}名下；搬了家请在那里用“迁到另一户”。",
            )


class CareForm(forms.Form):
    """Into which category, from which day on."""

    category = forms.ModelChoiceField(CareCategory.objects.none(), label="类别", empty_label="请选择")
    starts_on = DayField(label="从哪天起", ahead=31)
    note = LineField(label="说明", max_length=200, required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        categories = CareCategory.objects.visible_to(user, P.EDIT_HOUSEHOLDS).filter(retired_on=None)
        self.fields["category"].queryset = categories.order_by("position", "pk")
        self.initial.setdefault("starts_on", timezone.localdate())


class EndCareForm(forms.Form):
    """The last day in the category."""

    last_day = DayField(label="最后一天", ahead=366)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("last_day", timezone.localdate())


class AbsenceForm(forms.Form):
    """Why somebody is away, from when, and until when if that is known."""

    reason = forms.ChoiceField(
        label="原因", choices=Absence.Reason.choices, widget=forms.RadioSelect(attrs={"class": "chips"})
    )
    starts_on = DayField(label="从哪天起", ahead=366)
    ends_on = DayField(
        label="哪天回来", ahead=3660, required=False, help_text="不知道就留空；到了这一天自动恢复走访。"
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("starts_on", timezone.localdate())

    def clean(self):
        cleaned = super().clean()
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        died = cleaned.get("reason") == Absence.Reason.DIED
        if died and starts_on and starts_on > timezone.localdate():
            self.add_error("starts_on", "去世日期不能晚于今天。")
        if died and ends_on:
            self.add_error("ends_on", "登记去世不填返回日期。")
        elif starts_on and ends_on and ends_on <= starts_on:
            self.add_error("ends_on", "返回日期须晚于离开日期。")
        return cleaned


class ReturnForm(forms.Form):
    """The day somebody is back."""

    back_on = DayField(label="哪天回来", ahead=366)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("back_on", timezone.localdate())


class RelativeForm(KeptNumbersMixin, forms.ModelForm):
    """A family member away from home."""

    phone = PhoneField(required=False)
    drop_phone = forms.BooleanField(label="删去已登记的电话", required=False)

    kept_numbers = ("phone",)
    field_order = ["name", "relation", "phone", "drop_phone", "workplace"]

    class Meta:
        model = Relative
        fields = ["name", "relation", "workplace"]
        field_classes = {"name": LineField, "relation": LineField, "workplace": LineField}
        widgets = {"relation": forms.TextInput(attrs={"placeholder": "儿子、女儿、侄子…"})}

    def values(self):
        typed = {name: self.cleaned_data[name] for name in self._meta.fields}
        return typed | {name: self._number(name) for name in self.kept_numbers}


class ConsentForm(forms.Form):
    """What was agreed to, and when."""

    kind = forms.ChoiceField(
        label="同意的事项", choices=Consent.Kind.choices, widget=forms.RadioSelect(attrs={"class": "chips"})
    )
    given_on = DayField(label="同意日期")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("given_on", timezone.localdate())


class FindHouseholdForm(forms.Form):
    """Where somebody moves to: looked for by address or by a name."""

    q = forms.CharField(
        label="搬到哪一户",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "住址、户主姓名或拼音"}),
    )

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)

    def found(self, besides):
        """Up to 20 households of the user's scope that fit, without the one they leave; none for no words."""
        if not self.is_valid() or not self.cleaned_data["q"]:
            return []
        rows = Household.objects.visible_to(self.user, P.EDIT_HOUSEHOLDS).exclude(pk=besides.pk)
        like = search.households_like(rows, self.cleaned_data["q"])
        return like.with_head().order_by("address_key", "pk")[: search.LIMIT]


class MoveResidentForm(forms.Form):
    """Into which household, from which day on, as whose what."""

    household = forms.ModelChoiceField(
        Household.objects.none(),
        label="搬到哪一户",
        to_field_name="uuid",
        error_messages={"required": "请选搬到哪一户。"},
    )
    on = DayField(label="哪天搬的", help_text="这一天起算住在新的一户；以前的走访率仍算在原来的网格。")
    relation = LineField(label="与户主关系", max_length=20, required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["household"].queryset = Household.objects.visible_to(user, P.EDIT_HOUSEHOLDS)
        self.initial.setdefault("on", timezone.localdate())


class ReasonForm(forms.Form):
    """Why a number is asked for; kept in the audit log."""

    reason = LineField(
        label="原因",
        min_length=2,
        max_length=200,
        help_text="会记入审计日志，例如：代办高龄补贴、核对低保信息。",
    )
