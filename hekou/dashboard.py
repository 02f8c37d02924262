"""看板: the state of today, a month's figures, a year's course and the places, for whoever sees cases.

The months come from the counts beside the cases; links lead to the cases themselves. What fieldwork adds is one count
each: who was due how often is the visit rate's own page.
"""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from cases import indicators as cases
from cases import tallies
from grids import access, coverage
from grids.figures import By, Cell, Period, Table, month_before, next_month, tabulate
from grids.models import Grid, Tier

P = access.Permission
TREND_MONTHS = 12

HEARD = (coverage.VISITS, coverage.HEARD)
# Who was seen is a question about every person in care, too dear for every look at the page: seconds it is kept.
WARMED_FOR = 300
PLACES = (
    *(tallies.REPORTED, tallies.FILED, tallies.DUE_CASES, tallies.SETTLED, tallies.SETTLED_IN_TIME),
    *(tallies.REWORKED, tallies.CLOSURES, tallies.IN_GRID, tallies.SATISFIED),
)
# The last month of the year is reckoned from all its rows, and is the total of the places.
TREND = (*PLACES, tallies.RATED, tallies.MEAN_TIME)
# What the map can be shaded by; the first is taken where nothing is chosen.
SHADES = {
    figure.key: figure
    for figure in (
        tallies.SETTLED_IN_TIME,
        tallies.SETTLED,
        tallies.IN_GRID,
        tallies.SATISFIED,
        tallies.REWORKED,
        tallies.REPORTED,
    )
}


@dataclass(frozen=True)
class Place:
    """A place of the lines, as the map and the table name it."""

    code: str
    name: str
    boundary: Any
    is_sample: bool


@dataclass(frozen=True)
class Dashboard:
    month: date
    tier: int
    places: list[Place]
    state: Table
    fieldwork: Table
    warmed: Cell
    warmed_at: datetime
    trend: Table
    by_place: Table

    @property
    def now(self):
        """The cells of the month, by key, from the last line of the year."""
        return {cell.figure.key: cell for cell in self.trend.lines[-1].cells}


def dashboard(user, month, place=""):
    """What the user sees of the month, in the place with this code or everywhere. Ten queries."""
    places, tier = _places(user, place)
    period = Period(month, next_month(month))
    year = Period(month_before(month, TREND_MONTHS - 1), period.end)
    narrowed = {"place": place, "tier": tier}

    def table(figures, by=By.PLACE, over=period, **more):
        return tabulate(user, over, by, figures=figures, **narrowed, **more)

    warmed, warmed_at = _warmed(user, period, place)
    return Dashboard(
        month=month,
        tier=tier,
        places=places,
        state=table(cases.STATE, lines=False),
        fieldwork=table(HEARD, lines=False),
        warmed=warmed,
        warmed_at=warmed_at,
        trend=table(TREND, By.MONTH, year, total=False),
        by_place=table(PLACES, total=False),
    )


def _warmed(user, period, place):
    """(the care residents seen, when that was counted): at most so many seconds ago, which the page says."""
    grids = sorted(access.scope(user, P.SEE_FIELDWORK))
    scope = sha256(repr((grids, period, place, timezone.localdate())).encode()).hexdigest()
    found = cache.get(f"warmed-{scope}")
    if found is None:
        table = tabulate(user, period, By.PLACE, figures=[coverage.CARE_SEEN], lines=False, place=place)
        found = table.total[0].n, table.total[0].d, timezone.now()
        cache.set(f"warmed-{scope}", found, WARMED_FOR)
    n, d, at = found
    return coverage.CARE_SEEN.cell({"n": n, "d": d}), at


def _places(user, place):
    """(the places of the lines with their boundaries, the digits of their codes): villages, or grids inside one."""
    seen = Grid.objects.visible_to(user, P.SEE_CASES).open().under(place)
    rows = list(
        seen.filter(tier__in=[Tier.AREA, Tier.GRID])
        .order_by("code")
        .values_list("tier", "code", "name", "boundary", "boundary_is_sample")
    )
    areas = [row for row in rows if row[0] == Tier.AREA]
    tier = Tier.AREA if len(areas) > 1 else Tier.GRID
    return [Place(*row[1:]) for row in rows if row[0] == tier], tier
