"""The question that a figure answers: whose, of which days, divided how, narrowed to what."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date

from grids import access
from grids.models import Grid, Tier

P = access.Permission
WITHOUT_UNIT = "none"


class By(models.TextChoices):
    """What the lines of a table are."""

    PLACE = "place", "村/社区、网格"
    CATEGORY = "category", "类别"
    UNIT = "unit", "承办单位"
    MONTH = "month", "月份"


@dataclass(frozen=True)
class Period:
    """The local days from `start` to before `end`."""

    start: date
    end: date

    def __post_init__(self):
        if self.end <= self.start:
            raise ValueError("a period has at least one day")

    @property
    def last_day(self):
        return self.end - timedelta(days=1)

    @property
    def moments(self):
        """The same as aware moments: (first, first after)."""
        zone = timezone.get_default_timezone()
        return tuple(datetime.combine(day, time.min, zone) for day in (self.start, self.end))

    def months(self):
        """The first days of the months it touches, in order."""
        month = self.start.replace(day=1)
        while month < self.end:
            yield month
            month = next_month(month)

    def within(self, month):
        """The part of it that lies in the month."""
        return Period(max(self.start, month), min(self.end, next_month(month)))


def next_month(day):
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_before(day, back=1):
    """The first day of the month so many months before the day's own."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


@dataclass(frozen=True)
class Asked:
    """What is asked for: by whom, of which days, divided how, narrowed to what.

    `place` is the code of a place and covers its subtree, with `own` the place alone; `category` a code; `unit` a
    uuid or `WITHOUT_UNIT`. `tier` says how long the codes of the lines are
    where the page knows; `now` is the moment for what is counted as it stands.
    """

    user: Any
    period: Period
    by: By = By.PLACE
    place: str = ""
    own: bool = False
    category: str = ""
    unit: str = ""
    tier: int = 0
    now: datetime = field(default_factory=lambda: timezone.now())
    kept: dict = field(default_factory=dict, compare=False, repr=False)

    def once(self, key, make):
        """What `make` gives, made once for this question and what is narrowed from it."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    @cached_property
    def places(self):
        """Ids of the places asked for, as a subquery; None without a narrower place."""
        if not self.place:
            return None
        found = Grid.objects.filter(code=self.place) if self.own else Grid.objects.under(self.place)
        return found.values("pk")

    @cached_property
    def digits(self):
        """How long the codes of the lines are: villages in a town, grids in a village."""
        if self.tier:
            return self.tier
        if self.place:
            return Tier.AREA if len(self.place) < Tier.AREA else Tier.GRID
        seen = Grid.objects.visible_to(self.user, P.SEE_NET).filter(tier=Tier.AREA)
        return Tier.AREA if seen.count() > 1 else Tier.GRID

    def at_line(self, key):
        """The same, narrowed to one line of its table."""
        match self.by:
            case By.PLACE:
                return replace(self, place=key, own=len(key) < self.digits)
            case By.CATEGORY:
                return replace(self, category=key)
            case By.UNIT:
                return replace(self, unit=key)
        return replace(self, period=self.period.within(date.fromisoformat(f"{key}-01")))

    @cached_property
    def address(self):
        """`query` as it stands in an address."""
        return urlencode(self.query())

    def query(self):
        """As the parameters of an address; the last day is inclusive there. `read` understands them."""
        given = {"since": self.period.start, "until": self.period.last_day, "grid": self.place}
        given |= {"own": 1 if self.own else "", "category": self.category, "unit": self.unit}
        return {name: str(value) for name, value in given.items() if value}


def read(user, given):
    """The `Asked` of an address's parameters, or None where they make no sense."""
    since, until = (_day(given.get(name, "")) for name in ("since", "until"))
    if not since or not until or until < since:
        return None
    unit = given.get("unit", "")
    if unit and unit != WITHOUT_UNIT and not _is_uuid(unit):
        return None
    return Asked(
        user,
        Period(since, until + timedelta(days=1)),
        place=_code(given.get("grid", "")),
        own=given.get("own") == "1",
        category=_code(given.get("category", "")),
        unit=unit,
    )


def _day(text):
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and 2000 <= day.year <= 2100 else None


def _code(text):
    return text if text.isascii() and text.isalnum() and len(text) <= Tier.MICRO else ""


def _is_uuid(text):
    try:
        return bool(UUID(text))
    except ValueError:
        return False
