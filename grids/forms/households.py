"""What is typed about a household: its address, its grid, its move; and the filter of the list."""

from django import forms
from django.utils import timezone

from grids import access, names, search
from grids.forms.fields import DayField, LineField, PhoneField
from grids.forms.versioned import VersionedForm
from grids.models import CareCategory, Grid, Household, Tier

P = access.Permission


class GridChoiceField(forms.ModelChoiceField):
    """A place of the net, as the villages read it: 沟底村 · 第一网格."""

    def __init__(self, **kwargs):
        super().__init__(Grid.objects.none(), **{"empty_label": "请选择"} | kwargs)


def _homes(user):
    """Grids and micro-grids that are open and in which the user may edit households."""
    grids = Grid.objects.visible_to(user, P.EDIT_HOUSEHOLDS).open()
    return grids.filter(tier__in=[Tier.GRID, Tier.MICRO]).order_by("code")


class HouseholdForm(VersionedForm):
    """Corrects a household; its grid changes by a dated move, not here.

    The position is optional; its names end as the 定位 button expects them.
    """

    lng = forms.FloatField(label="经度", required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(label="纬度", required=False, min_value=-90, max_value=90)

    class Meta:
        model = Household
        fields = ["address", "note"]
        field_classes = {"address": LineField}
        widgets = {"note": forms.Textarea(attrs={"rows": 3, "maxlength": 300})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial |= {"lng": self.instance.longitude, "lat": self.instance.latitude}
        self.fields["address"].help_text = "写到门，例如：沟底村 3 排 12 号"

    def clean(self):
        cleaned = super().clean()
        if "lng" in cleaned and "lat" in cleaned and (cleaned["lng"] is None) != (cleaned["lat"] is None):
            self.add_error("lat", "经度和纬度要么都填，要么都不填。")
        return cleaned

    def values(self):
        position = {"longitude": self.cleaned_data["lng"], "latitude": self.cleaned_data["lat"]}
        return super().values() | position


class NewHouseholdForm(HouseholdForm):
    """A new household: where, in which grid, and its head; the others are added on its page."""

    grid = GridChoiceField(label="所属网格")
    head_name = LineField(label="户主姓名", max_length=40)
    head_phone = PhoneField(label="户主电话", required=False)
    same_address = forms.BooleanField(label="同一住址另有一户，仍要新建", required=False)

    field_order = ["grid", "address", "head_name", "head_phone", "note", "lng", "lat", "same_address"]

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        grids = _homes(user)
        self.fields["grid"].queryset = grids
        if len(grids) == 1:
            self.initial.setdefault("grid", grids[0])

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("same_address") and self._has_namesake(
            cleaned.get("grid"), cleaned.get("address")
        ):
            self.add_error("same_address", "这个网格里已有同一住址的户。确是分开的两户，请勾选后再保存。")
        return cleaned

    @property
    def asks_about_address(self):
        return "same_address" in self.errors or bool(self["same_address"].value())

    def head(self):
        return {"name": self.cleaned_data["head_name"], "phone": self.cleaned_data["head_phone"]}

    def _has_namesake(self, grid, address):
        if not grid or not address:
            return False
        seen = Household.objects.visible_to(self.user, P.EDIT_HOUSEHOLDS).placed_in([grid.pk])
        return seen.filter(address_key=names.address_key(address)).exists()


class MoveHouseholdForm(forms.Form):
    """Into which grid, from which day on."""

    grid = GridChoiceField(label="迁到哪个网格")
    on = DayField(label="从哪天起", ahead=366, help_text="这一天起算在新网格；以前的走访记录仍留在户里。")

    def __init__(self, *args, user, household_grid, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["grid"].queryset = _homes(user).exclude(pk=household_grid.pk)
        self.initial.setdefault("on", timezone.localdate())


class HouseholdFilterForm(forms.Form):
    """The list's filter: words of an address or a name, a place, a care category, who has somebody away."""

    q = forms.CharField(
        label="住址或姓名",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "住址、姓名或拼音"}),
    )
    grid = GridChoiceField(label="范围", to_field_name="code", required=False, empty_label="全部")
    care = forms.ModelChoiceField(
        CareCategory.objects.none(), label="重点类别", required=False, empty_label="不限"
    )
    away = forms.ChoiceField(
        label="在家情况",
        required=False,
        choices=[("", "不限"), ("away", "有人在外"), ("home", "都在家"), ("empty", "无人在家")],
    )

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        places = Grid.objects.visible_to(user, P.SEE_HOUSEHOLDS).open().exclude(tier=Tier.TOWN)
        self.fields["grid"].queryset = places.order_by("code")
        categories = CareCategory.objects.visible_to(user, P.SEE_HOUSEHOLDS)
        self.fields["care"].queryset = categories.filter(retired_on=None).order_by("position", "pk")

    def narrow(self, rows):
        """The households that fit the filter; none while the filter itself is wrong."""
        if not self.is_valid():
            return rows.none()
        given = self.cleaned_data
        if given["grid"]:
            places = Grid.objects.visible_to(self.user, P.SEE_HOUSEHOLDS).under(given["grid"].code)
            rows = rows.placed_in(places.values_list("pk", flat=True))
        if given["care"]:
            rows = rows.in_care(given["care"])
        if given["away"]:
            rows = rows.by_absence(given["away"])
        return search.households_like(rows, given["q"])
