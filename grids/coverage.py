"""Figures of fieldwork and of the net: visits, people and households seen, and what the net covers.

A fact counts in its grid of that day, a household or a person where they live on the last day that is counted.
"""

from datetime import timedelta

from django.db.models import Exists, FilteredRelation, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from grids import access
from grids.access import REQUIRED_AT_GRID
from grids.figures import By, Count, Rate, Reckoned, Rows
from grids.indicators import figures_of, owed_between
from grids.models import (
    Concern,
    Grid,
    GridAssignment,
    HouseholdVisit,
    Placement,
    Resident,
    ResidentCare,
    Tier,
    VisitMet,
)

P = access.Permission
ON_THE_DAY = "按本期最后一天（本期没过完的按今天）的情况。"


def _day(asked):
    return min(asked.period.last_day, timezone.localdate(asked.now))


def _on(day, prefix):
    """That a dated row at the end of the path holds on the day."""
    ends = Q(**{f"{prefix}ends_on": None}) | Q(**{f"{prefix}ends_on__gt": day})
    return ends & Q(**{f"{prefix}starts_on__lte": day})


VISIT_ROWS = Rows(lambda asked: HouseholdVisit.objects.current().order_by(), P.SEE_FIELDWORK)
CONCERN_ROWS = Rows(lambda asked: Concern.objects.current().order_by(), P.SEE_FIELDWORK)

VISITS = Count(
    key="visits",
    label="走访",
    definition="走访的户次，电话、微信和邻里代访也算；更正和撤销了的不算。",
    cohort="按走访日期归期，按当时的网格统计。",
    rows=VISIT_ROWS,
    clock="visited_on",
    unit="户次",
)
HEARD = Count(
    key="heard",
    label="听到诉求",
    definition="记下的诉求，更正和撤销了的不算。",
    cohort="按听到的日期归期，按当时的网格统计。",
    rows=CONCERN_ROWS,
    clock="heard_on",
    unit="条",
)


def _cared_for(asked):
    day, period = _day(asked), asked.period
    care = ResidentCare.objects.filter(resident=OuterRef("pk")).on(day)
    met = VisitMet.objects.filter(
        resident=OuterRef("pk"),
        in_person=True,
        visited_on__gte=period.start,
        visited_on__lt=period.end,
        visit__superseded_by=None,
    )
    home = FilteredRelation("household__placements", condition=_on(day, "household__placements__"))
    return Resident.objects.at_home(day).filter(Exists(care)).annotate(home=home, seen=Exists(met)).order_by()


CARE_SEEN = Rate(
    key="care_seen",
    label="重点人群见到率",
    definition="本期内当面见到过的 ÷ 在册重点人群（人）；外出、住院、迁出和去世的不算。该访几次看走访率。",
    cohort=ON_THE_DAY,
    rows=Rows(_cared_for, P.SEE_FIELDWORK, place="home__grid"),
    unit="人",
    numerator=Q(seen=True),
)


def _households(asked):
    day, period = _day(asked), asked.period
    seen = HouseholdVisit.objects.current().filter(
        household=OuterRef("household"),
        mode=HouseholdVisit.Mode.HOME,
        outcome=HouseholdVisit.Outcome.MET,
        visited_on__gte=period.start,
        visited_on__lt=period.end,
    )
    return Placement.objects.on(day).annotate(seen=Exists(seen)).order_by()


HOUSEHOLDS_SEEN = Rate(
    key="households_seen",
    label="入户覆盖率",
    definition="本期内上门见到人的户 ÷ 全部户。",
    cohort=ON_THE_DAY,
    rows=Rows(_households, P.SEE_FIELDWORK),
    unit="户",
    numerator=Q(seen=True),
)
HOUSEHOLDS_PLACED = Rate(
    key="households_placed",
    label="住户进网格率",
    definition="在一个在用网格里的户 ÷ 全部户；直接挂在村或镇、或挂在已停用网格的不算进网格。",
    cohort=ON_THE_DAY,
    rows=Rows(lambda asked: Placement.objects.on(_day(asked)).order_by(), P.SEE_NET),
    unit="户",
    numerator=lambda asked: _open(_day(asked), "grid__") & Q(grid__tier__gte=Tier.GRID),
)


def _open(day, prefix=""):
    running = Q(**{f"{prefix}retired_on": None}) | Q(**{f"{prefix}retired_on__gt": day})
    return running & Q(**{f"{prefix}opened_on__lte": day})


def _areas(asked):
    day = _day(asked)
    inside = Grid.objects.filter(tier=Tier.GRID, code__startswith=OuterRef("code")).open_on(day)
    return Grid.objects.filter(tier=Tier.AREA).open_on(day).annotate(has_grid=Exists(inside)).order_by()


def _grids(asked):
    day = _day(asked)
    found = Grid.objects.filter(tier=Tier.GRID).open_on(day)
    for role in REQUIRED_AT_GRID:
        held = GridAssignment.objects.filter(grid=OuterRef("pk"), role=role, user__is_active=True).on(day)
        found = found.alias(**{f"has_{role.value}": Exists(held)})
    return found.order_by()


AREAS_COVERED = Rate(
    key="areas_covered",
    label="网格覆盖率",
    definition="有在用网格的村和社区 ÷ 全部村和社区。",
    cohort=ON_THE_DAY,
    rows=Rows(_areas, P.SEE_NET, place=""),
    unit="个",
    numerator=Q(has_grid=True),
)
GRIDS_STAFFED = Rate(
    key="grids_staffed",
    label="网格人员齐备率",
    definition="网格员和网格长都有人的网格 ÷ 全部网格。",
    cohort=ON_THE_DAY,
    rows=Rows(_grids, P.SEE_NET, place=""),
    unit="个",
    numerator=Q(**{f"has_{role.value}": True for role in REQUIRED_AT_GRID}),
)


def _owed(asked):
    found = owed_between(asked.user, asked.period.start, asked.period.end, asked.place)
    return [one for one in found if one.grid.code == asked.place] if asked.own else found


def _reckon(asked):
    owed, lines = _owed(asked), {}
    for one in owed:
        month = asked.by == By.MONTH
        last_day = one.obligation.end - timedelta(days=1)
        key = f"{last_day:%Y-%m}" if month else one.grid.code[: asked.digits]
        lines.setdefault(key, []).append(one)
    return _parts(owed), {key: _parts(rows) for key, rows in lines.items()}


def _parts(owed):
    found = figures_of(owed)
    return {"n": found.done, "d": found.due}


def _rows_page(asked, part):
    return reverse("visit_rate_rows"), asked.query() | {"which": "done" if part == "n" else "due"}


VISIT_RATE = Reckoned(
    key="visit_rate",
    label="走访率",
    definition="周期内上门见到的 ÷ 应访的（人次）；每人、每类、每个自然周期（周、月、季度）记一次，电话联系不算。",
    cohort="按周期最后一天归期；那天已不在类别、已离开或没有住处登记的不算；还没到期的也计在内。",
    rows=Rows(lambda asked: Resident.objects.none(), P.SEE_FIELDWORK),
    unit="人次",
    reckon=_reckon,
    address=_rows_page,
)

FIELDWORK = (VISITS, HEARD, VISIT_RATE, CARE_SEEN, HOUSEHOLDS_SEEN)
NET = (AREAS_COVERED, GRIDS_STAFFED, HOUSEHOLDS_PLACED)
FIGURES = {figure.key: figure for figure in (*FIELDWORK, *NET)}
