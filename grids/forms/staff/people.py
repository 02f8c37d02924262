"""People: filter, look for, add, edit."""

from django import forms

from grids.access import Role
from grids.forms.accounts import MobileField
from grids.forms.staff.fields import PlaceField, day_field, role_field
from grids.models import Grid, Tier, User

NAME_ERRORS = {"required": "请填写姓名。"}


class StaffFilterForm(forms.Form):
    """The bar above the tree; anything it does not understand simply filters nothing."""

    STATES = (("vacant", "有空缺"), ("ending", "30 天内到期"), ("cover", "有代管"), ("future", "有待上任"))

    q = forms.CharField(
        label="姓名、拼音或手机尾号",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    area = forms.ChoiceField(label="村/社区", required=False)
    role = forms.ChoiceField(label="角色", required=False, choices=[("", "全部"), *Role.choices])
    state = forms.ChoiceField(label="情况", required=False, choices=[("", "全部"), *STATES])

    def __init__(self, *args, places, **kwargs):
        super().__init__(*args, **kwargs)
        areas = [(place.code, place.name) for place in places if place.tier == Tier.AREA]
        self.fields["area"].choices = [("", "全部"), *areas]

    def asked(self, name):
        """What the filter asks for; an unreadable value counts as empty."""
        self.is_valid()
        return self.cleaned_data.get(name, "")


class PeopleFilterForm(forms.Form):
    STATES = (
        ("holding", "在任"),
        ("free", "没有任职"),
        ("never", "从未登录"),
        ("inactive", "已停用"),
    )

    q = forms.CharField(
        label="姓名、拼音或手机尾号",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = forms.ChoiceField(label="情况", required=False, choices=[("", "全部"), *STATES])

    def asked(self, name):
        self.is_valid()
        return self.cleaned_data.get(name, "")


class PersonForm(forms.Form):
    """Name and number; the number is the login."""

    name = forms.CharField(
        label="姓名", max_length=User._meta.get_field("name").max_length, error_messages=NAME_ERRORS
    )
    phone = MobileField(
        help_text="也是登录用的号码，工作号码。", widget=forms.TextInput(attrs={"type": "tel"})
    )

    def clean_name(self):
        return "".join(self.cleaned_data["name"].split()) or self.cleaned_data["name"]


class NewPersonForm(PersonForm):
    """A new person with a first term, or without one for now."""

    town = forms.ModelChoiceField(queryset=Grid.objects.none(), label="所属镇", empty_label=None)
    role = role_field(required=False, help_text="先不安排也可以，以后再办。")
    grid = PlaceField(required=False)
    starts_on = day_field("起始日期", required=False)

    def __init__(self, *args, places, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["grid"].offer(places)
        towns = [place for place in places if place.tier == Tier.TOWN]
        self.fields["town"].queryset = places.tier(Tier.TOWN)
        if len(towns) == 1:
            self.fields["town"].widget = forms.HiddenInput()
            self.fields["town"].initial = towns[0].pk

    def clean(self):
        given = super().clean()
        wanted = {"role": "请选择角色。", "grid": "请选择任职范围。", "starts_on": "请填写起始日期。"}
        if given.get("role") or given.get("grid"):
            for name, words in wanted.items():
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return given
