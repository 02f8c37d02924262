"""合格率 of inspections by item, kind of place and village over months, and the sites that keep failing."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Count, F, Q
from django.db.models.functions import Left, TruncMonth
from django.utils import timezone

from grids import access
from grids.models import Grid, Tier
from surveys.models import Checklist, InspectionResult, Site
from surveys.models.inspection import months_before

P = access.Permission
State = InspectionResult.State

MONTHS = 6
DEFINITION = (
    "合格率 = 合格 ÷（合格 + 不合格），按考察日期统计，不涉及的项不计；更正、撤销的以最新一次为准。"
    "复查只看上次不合格的项，不计入合格率，另列“复查合格”。合计由各项结果重新计算，不是各行平均。"
)
BY = {"item": "检查项", "kind": "地点类型", "place": "村/社区"}


@dataclass(frozen=True)
class Share:
    """合格 and 合格 + 不合格 of a set of results."""

    passed: int = 0
    n: int = 0

    @property
    def failed(self):
        return self.n - self.passed

    @property
    def rate(self):
        """In percent, or None when nothing was counted."""
        return 100 * self.passed / self.n if self.n else None

    def __add__(self, other):
        return Share(self.passed + other.passed, self.n + other.n)


class Line(NamedTuple):
    """One row of the table: `key` is what its links filter by; `months` are shares in the order of the columns."""

    key: str
    label: str
    months: list
    total: Share
    rechecks: Share


class Table(NamedTuple):
    months: list
    lines: list
    total: Line


def months_until(last):
    """The first days of the six months that end with the month of `last`, oldest first."""
    first = last.replace(day=1)
    return [months_before(first, back) for back in reversed(range(MONTHS))]


def end_of_month(first):
    """The last day of the month that begins on the day."""
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def pass_rates(*, user, by, last: date, code="", kind=None):
    """The table of 合格率 in the user's SEE_FIELDWORK scope; `by` is a key of BY. Two queries."""
    months = months_until(last)
    results = InspectionResult.objects.visible_to(user, P.SEE_FIELDWORK).current().counted()
    results = results.filter(
        inspection__inspected_on__gte=months[0], inspection__inspected_on__lte=end_of_month(months[-1])
    )
    if code:
        results = results.filter(grid__code__startswith=code)
    if kind:
        results = results.filter(item__checklist=kind)
    digits = Tier.GRID if len(code) >= Tier.AREA else Tier.AREA
    keys = {"item": F("item__name"), "kind": F("item__checklist"), "place": Left("grid__code", int(digits))}
    rows = results.annotate(
        key=keys[by],
        month=TruncMonth("inspection__inspected_on"),
        again=Q(inspection__follows__isnull=False),
    )
    found, rechecks = defaultdict(Share), defaultdict(Share)
    rows = rows.values_list("key", "month", "again")
    for key, month, again, n, passed in rows.annotate(n=Count("pk"), p=Count("pk", filter=Q(state="pass"))):
        if again:
            rechecks[key] += Share(passed, n)
        else:
            found[key, month] += Share(passed, n)
    lines = [
        _line(key, label, months, found, rechecks[key])
        for key, label in _labels(by, {key for key, _ in found} | rechecks.keys(), user)
    ]
    if by == "item":
        lines.sort(key=lambda line: -line.total.failed)
    return Table(months, lines, _sum(lines, months))


def _labels(by, keys, user):
    """(key, label) in the order of the table."""
    if by == "item":
        return [(name, name) for name in sorted(keys)]
    if by == "kind":
        kinds = Checklist.objects.visible_to(user, P.SEE_FIELDWORK).filter(pk__in=keys)
        return [(kind.pk, kind.name) for kind in kinds.order_by("position", "pk")]
    names = dict(Grid.objects.filter(code__in=keys).values_list("code", "name"))
    return [(code, names[code]) for code in sorted(keys)]


def _line(key, label, months, found, rechecks):
    shares = [found[key, month] for month in months]
    return Line(str(key), label, shares, sum(shares, Share()), rechecks)


def _sum(lines, months):
    """The last row, from the results themselves."""
    shares = [sum((line.months[place] for line in lines), Share()) for place in range(len(months))]
    again = sum((line.rechecks for line in lines), Share())
    return Line("", "合计", shares, sum(shares, Share()), again)


class Stubborn(NamedTuple):
    """A site that keeps failing: how often in the six months to the day, and when last."""

    site: Site
    failures: int
    last: date


def stubborn_sites(user, day=None):
    """老大难 sites of the user's SEE_FIELDWORK scope, the most failures first; one query."""
    sites = Site.objects.visible_to(user, P.SEE_FIELDWORK).stubborn(day or timezone.localdate())
    sites = sites.select_related("grid", "checklist").defer("grid__boundary")
    return [
        Stubborn(site, site.failures, site.failed_on)
        for site in sites.order_by("-failures", "-failed_on", "pk")
    ]
