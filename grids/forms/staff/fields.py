"""People and places as an admin names them."""

import re
from datetime import timedelta
from itertools import groupby

from django import forms
from django.db.models import Q
from django.utils import timezone

from grids.access import Permission as P
from grids.access import Role
from grids.models import Grid, User

PEOPLE_LIST = "people-list"


def staffable_places(user):
    """Places that are open or will be, in which the user may give out terms; by code."""
    lasting = Q(retired_on=None) | Q(retired_on__gt=timezone.localdate())
    return Grid.objects.visible_to(user, P.EDIT_STAFF).filter(lasting).order_by("code")


def assignable_people(user):
    """People with an open account to whom the user may give terms, in the order of their pinyin."""
    return User.objects.visible_to(user, P.EDIT_STAFF).filter(is_active=True).order_by("name_index", "phone")


def role_field(**kwargs):
    choices = [("", "请选择"), *Role.choices]
    return forms.ChoiceField(label="角色", choices=choices, error_messages=_needed("请选择角色。"), **kwargs)


def _needed(words):
    return {"required": words}


class PlaceField(forms.ModelChoiceField):
    """A place of the net, grouped by village or community."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", "任职范围")
        errors = {"required": "请选择任职范围。", "invalid_choice": "没有这个范围，请重新选择。"}
        super().__init__(queryset=Grid.objects.none(), empty_label="请选择", error_messages=errors, **kwargs)

    def offer(self, places):
        """Take the choices from loaded places, in the order of their codes: no query for the choices."""
        self.queryset = places
        groups = groupby(places, key=lambda place: place.area_code)
        listed = [(area_code, list(members)) for area_code, members in groups]
        self.widget.choices = [
            ("", self.empty_label),
            *(
                (members[0].name, [(p.pk, self.label_from_instance(p)) for p in members])
                for _, members in listed
            ),
        ]

    def label_from_instance(self, place):
        return f"{place.name}（{place.get_tier_display()}）" if place.tier < 15 else place.name


class PersonField(forms.CharField):
    """A person by phone, by name, or both as the list under the field offers them; gives the User."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", "人员")
        kwargs.setdefault("help_text", "写姓名或手机号，或从下拉中选。")
        widget = forms.TextInput(attrs={"list": PEOPLE_LIST, "autocomplete": "off"})
        super().__init__(max_length=80, widget=widget, error_messages=_needed("请写上由谁担任。"), **kwargs)
        self.people = []

    def clean(self, value):
        words = super().clean(value)
        if not words:
            return None
        phone = re.search(r"(?<!\d)1\d{10}(?!\d)", words)
        if phone:
            found = [person for person in self.people if person.phone == phone[0]]
        else:
            found = [person for person in self.people if person.name == words.strip()]
        if len(found) > 1:
            raise forms.ValidationError(f"有 {len(found)} 位叫{words.strip()}的，请写上手机号。")
        if not found:
            raise forms.ValidationError("没有找到这个人。还没有账号的，请先“添加人员”。")
        return found[0]


def person_words(person):
    """How a person is named in a PersonField."""
    return f"{person.name} {person.phone}"


def day_field(label, **kwargs):
    errors = {"required": f"请填写{label}。", "invalid": "请按 2026-03-01 的样子填写日期。"}
    return forms.DateField(label=label, error_messages=errors, validators=[_sane_day], **kwargs)


def _sane_day(day):
    """A slip of the keyboard, not a plan: ten years back or ahead."""
    today = timezone.localdate()
    reach = timedelta(days=366 * 10)
    if not today - reach <= day <= today + reach:
        raise forms.ValidationError("日期离今天太远，请核对年份。")


def add_refusal(form, refused):
    """Say an action's refusal at the field it is about, or over the form where it has none."""
    form.add_error(refused.field if refused.field in form.fields else None, str(refused))
