"""The visit rate (走访率): facts loaded with a constant number of queries, and the figures made of them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from grids import access, due
from grids.models import (
    Absence,
    CareCategory,
    CareFrequency,
    Grid,
    Household,
    Placement,
    Residence,
    Resident,
    ResidentCare,
    Tier,
    VisitMet,
)
from grids.names import mask_name

P = access.Permission

VISIT_RATE_DEFINITION = (
    "应访：每人、每个重点类别、每个自然周期（周从星期一算起、月、季度）记一次，周期最后一天落在本月的算本月；"
    "那一天已不在该类别、已离开（外出、住院、迁出、去世）或没有住处登记的不算。"
    "已访：在该周期内上门见到本人。走访率 = 已访 ÷ 应访，没有应访时显示“—”。"
    "电话联系：该周期内以电话、微信或邻里代访联系过，单独列出，不计入已访。"
    "人按周期最后一天所住的网格统计；补录和更正后数字随之更新。"
)


def facts_of(resident_ids, start, end):
    """What `due.Ledger` needs about these residents for periods within [start, end). Five queries.

    `resident_ids` is a list or a subquery; the caller answers for the scope.
    """
    of_them = {"resident_id__in": resident_ids}
    care = ResidentCare.objects.filter(**of_them).during(start, end)
    homes = Residence.objects.filter(**of_them, household__placements__starts_on__lt=end).during(start, end)
    absences = Absence.objects.filter(**of_them).during(start, end)
    met = VisitMet.objects.filter(
        **of_them, visited_on__gte=start, visited_on__lt=end, visit__superseded_by=None
    )
    period = ("starts_on", "ends_on")
    placed = [f"household__placements__{column}" for column in ("grid_id", *period)]
    return due.Facts(
        care=_spans(care.values_list("resident_id", "category_id", *period)),
        frequencies=_spans(
            CareFrequency.objects.during(start, end).values_list("category_id", "frequency", *period)
        ),
        homes=_homes(homes.values_list("resident_id", *period, *placed)),
        absences=_spans(absences.values_list("resident_id", "reason", *period)),
        meetings=[due.Meeting(*row) for row in met.values_list("resident_id", "visited_on", "in_person")],
    )


def _spans(rows):
    return [due.Span(*row) for row in rows]


def _homes(rows):
    """Where a resident was on a day: in the household they lived in then, and that in its grid of then."""
    homes = []
    for resident, moved_in, moved_out, grid, placed_on, placed_until in rows:
        start = max(moved_in, placed_on)
        end = min((day for day in (moved_out, placed_until) if day), default=None)
        if end is None or start < end:
            homes.append(due.Span(resident, grid, start, end))
    return homes


@dataclass(frozen=True)
class Figures:
    """应访, 已访, 电话联系 of a set of obligations."""

    due: int
    done: int
    phoned: int

    @property
    def missed(self):
        return self.due - self.done

    @property
    def rate(self):
        """In percent, or None when nothing was due."""
        return 100 * self.done / self.due if self.due else None


class Owed(NamedTuple):
    """One obligation and the grid it counts for: where the resident lived on the period's last day."""

    obligation: due.Obligation
    grid: Grid


# What each figure counts; the page's links and the rows behind them use the same table.
WHICH = {
    "due": ("应访", lambda owed: True),
    "done": ("已访", lambda owed: owed.obligation.is_done),
    "missed": ("未见", lambda owed: not owed.obligation.is_done),
    "phoned": ("电话联系", lambda owed: owed.obligation.phoned_on is not None),
}


def month_of(day):
    """The half-open month that holds the day."""
    return due.period_of(day, due.MONTHLY)


def owed_in(*, user, month: date, code=""):
    """The month's obligations in the user's SEE_FIELDWORK scope, under the code of a place. Seven queries."""
    start, end = month_of(month)
    return owed_between(user, start, end, code)


def owed_between(user, start, end, code=""):
    """The same for what fell due in [start, end)."""
    # A quarter that ends in the month began two months before, a week at most six days.
    earliest, _ = due.period_of(start, due.QUARTERLY)
    earliest = min(earliest, start - timedelta(days=6))
    grids = {grid.pk: grid for grid in Grid.objects.visible_to(user, P.SEE_FIELDWORK).under(code)}
    placed = Placement.objects.during(start, end).filter(grid_id__in=grids)
    lived = Residence.objects.during(start, end).filter(household_id__in=placed.values("household_id"))
    cared_for = ResidentCare.objects.filter(resident_id__in=lived.values("resident_id")).during(start, end)
    resident_ids = list(cared_for.values_list("resident_id", flat=True).distinct())
    ledger = due.Ledger(facts_of(resident_ids, earliest, end))
    owed = []
    for obligation in ledger.ended_in(start, end):
        grid_id = ledger.grid_on(obligation.resident, obligation.end - timedelta(days=1))
        if grid_id in grids:
            owed.append(Owed(obligation, grids[grid_id]))
    return owed


def figures_of(owed):
    """The figures of any set of obligations; totals are made from all rows, never from other figures."""
    return Figures(
        due=len(owed),
        done=sum(WHICH["done"][1](one) for one in owed),
        phoned=sum(WHICH["phoned"][1](one) for one in owed),
    )


def by_place(owed):
    """Figures a place, by code: by village or community where there are several, else by grid.

    Gives (digits of the codes, {code: Figures}).
    """
    areas = {one.grid.code[: Tier.AREA] for one in owed}
    digits = Tier.AREA if len(areas) > 1 else Tier.GRID
    grouped = {}
    for one in owed:
        grouped.setdefault(one.grid.code[:digits], []).append(one)
    return digits, {code: figures_of(rows) for code, rows in sorted(grouped.items())}


class OwedRow(NamedTuple):
    """An obligation with the words a page shows; the household only where the user may open it today."""

    obligation: due.Obligation
    grid: Grid
    resident: Resident
    category: str
    household: Household | None

    @property
    def last_day(self):
        return self.obligation.end - timedelta(days=1)

    @property
    def masked_name(self):
        return mask_name(self.resident.name)


def with_words(owed, user):
    """Names for obligations, in the order of grid, name and period. Three queries."""
    residents = Resident.objects.in_bulk({one.obligation.resident for one in owed})
    categories = dict(CareCategory.objects.values_list("pk", "name"))
    households = Household.objects.visible_to(user, P.SEE_HOUSEHOLDS).in_bulk(
        {resident.household_id for resident in residents.values()}
    )
    rows = []
    for one in owed:
        resident = residents[one.obligation.resident]
        household = households.get(resident.household_id)
        rows.append(
            OwedRow(one.obligation, one.grid, resident, categories[one.obligation.category], household)
        )
    return sorted(rows, key=lambda row: (row.grid.code, row.resident.name_key, row.obligation.start))
