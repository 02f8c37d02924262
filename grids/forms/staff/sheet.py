"""Several people in one sheet: what was pasted becomes rows, and rows become lines to carry out."""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from django import forms
from django.core.exceptions import ValidationError

from grids.access import Permission as P
from grids.access import Role
from grids.actions.staff.sheet import Line
from grids.actions.staff.terms import StaffRefused, check_term
from grids.forms.accounts import MobileField
from grids.forms.staff.fields import day_field, staffable_places
from grids.models import User

MAX_ROWS = 200
COLUMNS = ("name", "phone", "role", "place", "starts_on")
HEADINGS = ("姓名", "手机号", "角色", "网格编码或名称", "起始日期")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?|(\d{4})(\d{2})(\d{2})")


class TooManyRows(ValidationError):
    """More rows than one sheet takes."""


def parse_sheet(text):
    """Rows of at most five cells out of text pasted from a spreadsheet or typed with commas. Pure.

    Tabs part cells where there are any in the line, else commas of either width. Empty lines and the line of
    headings are left out; missing cells are "". A cell keeps what was typed, trimmed.
    """
    rows = []
    for line in re.split(r"\r\n|\r|\n", text):
        parts = line.split("\t") if "\t" in line else re.split("[,，]", line)
        cells = [" ".join(part.split()) for part in parts]
        if not any(cells) or _is_heading(cells):
            continue
        cells = (cells + [""] * len(COLUMNS))[: len(COLUMNS)]
        rows.append(dict(zip(COLUMNS, cells, strict=True)))
    return rows


def _is_heading(cells):
    return cells[0] in ("姓名", "名字") and not any(re.search(r"\d", cell) for cell in cells)


def parse_day(text):
    """2026-3-1, 2026/03/01, 2026.3.1, 2026年3月1日 or 20260301 as a date; None for anything else. Pure."""
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        return None


class PasteForm(forms.Form):
    text = forms.CharField(
        label="名单",
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="从 Excel 里选中整行复制，粘贴到这里；也可以一行写一个人，用逗号隔开。",
        error_messages={"required": "请先粘贴名单。"},
    )

    def clean_text(self):
        rows = parse_sheet(self.cleaned_data["text"])
        if not rows:
            raise ValidationError("没有读到一行内容，请核对。")
        if len(rows) > MAX_ROWS:
            raise TooManyRows(f"一次最多 {MAX_ROWS} 行，这里有 {len(rows)} 行，请分几次办理。")
        self.rows = rows
        return self.cleaned_data["text"]


class Known(NamedTuple):
    """What rows are checked against, loaded once for the whole sheet."""

    places: dict
    people: dict
    twice: frozenset

    @classmethod
    def to(cls, user):
        """The places by code and by name (names that two places share are left out) and the people by phone."""
        places, twice = {}, set()
        for place in staffable_places(user):
            if place.name in places:
                twice.add(place.name)
            places[place.code] = places[place.name] = place
        people = {person.phone: person for person in User.objects.visible_to(user, P.EDIT_STAFF)}
        return cls(places, people, frozenset(twice))


_ROLES = {role.label: role for role in Role} | {
    "村干部": Role.VILLAGE_OFFICER,
    "社区干部": Role.VILLAGE_OFFICER,
    "管理员": Role.ADMIN,
}


class DayText(forms.CharField):
    """A day as people type it into spreadsheets."""

    def clean(self, value):
        day = parse_day(super().clean(value))
        if day is None:
            raise ValidationError("日期请写成 2026-03-01。")
        return day_field("起始日期").clean(day)


class RowForm(forms.Form):
    """One row, every cell as typed; `line()` is what it asks for."""

    name = forms.CharField(label="姓名", max_length=40, error_messages={"required": "缺姓名。"})
    phone = MobileField()
    role = forms.CharField(label="角色", max_length=20, error_messages={"required": "缺角色。"})
    place = forms.CharField(label="网格", max_length=60, error_messages={"required": "缺网格。"})
    starts_on = DayText(label="起始日期", max_length=20, error_messages={"required": "缺起始日期。"})

    def __init__(self, *args, known, **kwargs):
        kwargs.setdefault("use_required_attribute", False)
        super().__init__(*args, **kwargs)
        self.known = known

    def clean_name(self):
        return "".join(self.cleaned_data["name"].split())

    def clean_role(self):
        role = _ROLES.get(self.cleaned_data["role"].replace(" ", ""))
        if role is None:
            raise ValidationError(f"角色请写：{'、'.join(Role.labels)}。")
        return role

    def clean_place(self):
        words = self.cleaned_data["place"]
        if words in self.known.twice:
            raise ValidationError("有重名的网格，请写编码。")
        place = self.known.places.get(words)
        if place is None:
            raise ValidationError("没有这个网格，请写编码或全名。")
        return place

    def clean(self):
        given = super().clean()
        holder = self.known.people.get(given.get("phone"))
        if holder and "name" in given and holder.name != given["name"]:
            self.add_error("name", f"这个手机号登记的是{holder.name}。")
        if holder and not holder.is_active:
            self.add_error("phone", "账号已停用，请先重新启用。")
        if {"role", "place", "starts_on"} <= given.keys():
            try:
                check_term(given["role"], given["place"], given["starts_on"])
            except StaffRefused as refused:
                self.add_error("place", str(refused))
        return given

    @property
    def is_new_person(self):
        return self.is_valid() and self.cleaned_data["phone"] not in self.known.people

    def line(self):
        given = self.cleaned_data
        return Line(given["name"], given["phone"], given["role"], given["place"], given["starts_on"])


class RowSet(forms.BaseFormSet):
    """All rows; two rows of one phone must name one person."""

    def clean(self):
        names = {}
        for form in self.forms:
            given = getattr(form, "cleaned_data", {})
            if "phone" in given and "name" in given:
                first = names.setdefault(given["phone"], given["name"])
                if first != given["name"]:
                    form.add_error("phone", f"上面已有一行用这个手机号写了{first}。")

    def is_valid(self):
        """Rows may be wrong one by one; the set is unusable only when it was tampered with."""
        self.errors  # noqa: B018  (validates)
        return self.is_bound and not self.management_form.errors

    def sound_rows(self):
        return [form for form in self.forms if not form.errors]


SheetRows = forms.formset_factory(
    RowForm, formset=RowSet, extra=0, max_num=MAX_ROWS, absolute_max=MAX_ROWS, validate_max=True
)
