"""The filter of the ledger of cases: a plain GET form whose state is the page's address."""

from datetime import datetime, time, timedelta
from itertools import groupby

from django import forms
from django.db.models import Q
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from cases.deadlines import Light
from cases.forms.words import LIGHT_WORDS
from cases.indicators import ASKED_BY
from cases.models import Case, CaseCategory
from cases.vocabulary import LEVEL_LABELS, OPEN, STATUS_LABELS, Status
from grids import access, names
from grids.forms.fields import LineField
from grids.models import Grid, Tier, Unit

P = access.Permission
ALL = ("", "全部")
NUMBER_LENGTH = len("20261123-0001")

MARKS = {
    "urgent": ("紧急", Q(is_urgent=True)),
    "supervised": ("督办", Q(was_supervised=True)),
    "extended": ("已延期", Q(is_extended=True)),
    "duplicate": ("重复件", Q(status=Status.MERGED)),
    "recurring": ("疑似复发", Q(recurs_of__isnull=False)),
    "reworked": ("返工过", Q(rework_count__gt=0)),
    "reopened": ("重办过", Q(reopen_count__gt=0)),
    "self_closed": ("当场办结", Q(was_self_closed=True)),
    "unchecked": ("未抽查", Q(is_unchecked=True)),
}
LATE = "late"
MINE = "mine"


class PlainSelect(forms.Select):
    """A select written in one go: a template for each of two hundred options took half of the page's time."""

    def render(self, name, value, attrs=None, renderer=None):
        options = _options(self.choices, "" if value is None else str(value))
        return format_html(
            '<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), options
        )


def _options(choices, chosen):
    """Options, and groups of them, in their order."""
    parts = []
    for is_group, some in groupby(choices, key=lambda one: isinstance(one[1], list | tuple)):
        if is_group:
            inside = ((label, _plain(options, chosen)) for label, options in some)
            parts.append(format_html_join("", '<optgroup label="{}">{}</optgroup>', inside))
        else:
            parts.append(_plain(some, chosen))
    return format_html_join("", "{}", ((part,) for part in parts))


def _plain(options, chosen):
    marked = ((value, " selected" if str(value) == chosen else "", label) for value, label in options)
    return format_html_join("", '<option value="{}"{}>{}</option>', marked)


def _choice(label, choices=()):
    return forms.ChoiceField(label=label, choices=[ALL, *choices], required=False, widget=PlainSelect)


class CaseFilterForm(forms.Form):
    """What cannot be read filters nothing. A field NAME is applied by the method `by_NAME(rows, value)`.

    Three queries, whatever is asked: the choices are read once and know the keys that they stand for. With `counted`
    the rows are those of a figure, which has its own place, days, class and unit: the rest narrows them further.
    """

    grid = _choice("范围")
    category = _choice("类别")
    status = _choice("状态", [("open", "未办结"), *((s.value, label) for s, label in STATUS_LABELS.items())])
    light = _choice(
        "亮灯", [*((key.value, words) for key, words in LIGHT_WORDS.items()), (LATE, "超期（含已结案）")]
    )
    no = LineField(label="编号", required=False, max_length=20)
    level = _choice("层级", [(str(level.value), label) for level, label in LEVEL_LABELS.items()])
    source = _choice("来源", Case.Source.choices)
    unit = _choice("承办单位")
    mark = _choice("标记", [(MINE, "我上报的"), *((key, label) for key, (label, _) in MARKS.items())])
    since = forms.DateField(label="上报从", required=False)
    until = forms.DateField(label="上报到", required=False)
    closed_since = forms.DateField(label="结案从", required=False)
    closed_until = forms.DateField(label="结案到", required=False)

    # Shown at once; the rest is folded away until somebody asks for it.
    FIRST = ("grid", "category", "status", "light", "no")

    def __init__(self, *args, user, counted=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["no"].widget.attrs |= {"placeholder": "20261123-0001", "inputmode": "numeric"}
        if counted:
            for name in ASKED_BY:
                self.fields.pop(name, None)
            return
        self._offer_places(user)
        self._offer_categories(user)
        self._offer_units(user)

    def _offer_places(self, user):
        places = Grid.objects.visible_to(user, P.SEE_CASES).order_by("code")
        self.places = list(places.values_list("pk", "code", "name", "tier"))
        if not self.places:
            del self.fields["grid"]
            return
        shown = [(code, name if tier < Tier.GRID else f"　{name}") for _, code, name, tier in self.places]
        deep = {code for _, code, _, tier in self.places if tier > Tier.GRID}
        self.fields["grid"].choices = [ALL, *(one for one in shown if one[0] not in deep)]

    def _offer_categories(self, user):
        rows = CaseCategory.objects.visible_to(user, P.SEE_NET).order_by("code", "pk")
        self.categories = list(rows.values_list("pk", "code", "name", "parent_id"))
        groups = {
            pk: (f"{code} {name}", [(code, f"{name}（全部）")])
            for pk, code, name, parent in self.categories
            if parent is None
        }
        for _, code, name, parent in self.categories:
            if parent in groups:
                groups[parent][1].append((code, name))
        self.fields["category"].choices = [ALL, *groups.values()]

    def _offer_units(self, user):
        rows = Unit.objects.visible_to(user, P.SEE_NET).values_list("pk", "uuid", "name")
        self.units = sorted(rows, key=lambda row: names.reading(row[2]))
        self.fields["unit"].choices = [ALL, *((str(uuid), name) for _, uuid, name in self.units)]

    def first_fields(self):
        return [self[name] for name in self.FIRST if name in self.fields]

    def more_fields(self):
        return [self[name] for name in self.fields if name not in self.FIRST]

    @property
    def is_narrowed(self):
        """Whether one of the folded fields filters."""
        return any(self.data.get(name) for name in self.fields if name not in self.FIRST)

    def apply(self, rows):
        """The rows that the filter lets through."""
        self.is_valid()
        for name, value in self.cleaned_data.items():
            if value:
                rows = getattr(self, f"by_{name}")(rows, value)
        return rows

    def by_grid(self, rows, code):
        ids = [pk for pk, under, _, _ in self.places if under.startswith(code)]
        return rows.filter(responsible_grid_id__in=ids)

    def by_category(self, rows, code):
        """A class brings its sub-categories along: their codes start with its own."""
        ids = [pk for pk, under, _, _ in self.categories if under.startswith(code)]
        return rows.filter(category_id__in=ids)

    def by_status(self, rows, status):
        return rows.filter(status__in=OPEN) if status == "open" else rows.filter(status=status)

    def by_light(self, rows, light):
        return rows.late() if light == LATE else rows.lit(Light(light))

    def by_no(self, rows, number):
        """A whole number, or how numbers begin: a month, a day."""
        number = number.replace(" ", "")
        if len(number) >= NUMBER_LENGTH:
            return rows.filter(case_no=number)
        # A range instead of LIKE: the plain index serves it, whatever the database's collation.
        return rows.filter(case_no__gte=number, case_no__lt=number[:-1] + chr(ord(number[-1]) + 1))

    def by_level(self, rows, level):
        return rows.filter(level=int(level))

    def by_source(self, rows, source):
        return rows.filter(source=source)

    def by_unit(self, rows, uuid):
        return rows.filter(unit_id__in=[pk for pk, known, _ in self.units if str(known) == uuid])

    def by_mark(self, rows, mark):
        return rows.filter(reporter=self.user) if mark == MINE else rows.filter(MARKS[mark][1])

    def by_since(self, rows, day):
        return rows.filter(reported_at__gte=_midnight(day))

    def by_until(self, rows, day):
        return rows.filter(reported_at__lt=_midnight(day, 1))

    def by_closed_since(self, rows, day):
        return rows.filter(closed_at__gte=_midnight(day))

    def by_closed_until(self, rows, day):
        return rows.filter(closed_at__lt=_midnight(day, 1))


def _midnight(day, later=0):
    """When a local day begins, or so many days later; the calendar's own ends serve for days beyond them."""
    try:
        return timezone.make_aware(datetime.combine(day + timedelta(days=later), time()))
    except OverflowError:
        return timezone.make_aware(datetime.combine(day, time()))
