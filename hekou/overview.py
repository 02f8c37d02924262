"""总览: a month of the office on one screen, by village and community, or by grid inside one of them.

Every figure is counted from the rows that its link shows: the same scope, the same filter.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.db.models.functions import Left
from django.urls import reverse

from grids import access
from grids.indicators import Figures, figures_of, owed_in
from grids.models import Concern, Grid, HouseholdVisit, Tier
from grids.tree import OPEN, Net

P = access.Permission
State = Concern.State


@dataclass
class Counts:
    """What happened in a place in the month; `open` is what waits for an answer now, whenever it was heard."""

    owed: Figures = field(default_factory=lambda: Figures(due=0, done=0, phoned=0))
    visits: int = 0
    heard: int = 0
    settled: int = 0
    answered: int = 0
    open: int = 0


@dataclass
class Line:
    """A place of the table with its figures and where each of them leads; `counts` is None without fieldwork."""

    grid: Grid
    grids: int
    households: int
    vacant: int
    counts: Counts | None
    links: dict[str, str]


@dataclass
class Overview:
    """The whole page: the lines, their total, and the net they were counted in."""

    net: Net
    tier: int
    lines: list[Line]
    total: Counts | None
    links: dict[str, str]


def overview(user, start: date, end: date, day: date):
    """What the user may see of the month [start, end) on a day. Twelve queries, with or without many places."""
    net = Net(user, day)
    tier = Tier.AREA if len(net.open_at(Tier.AREA)) > 1 else Tier.GRID
    counts, total = None, None
    if access.can(user, P.SEE_FIELDWORK):
        counts, total = _counts(user, tier, start, end)
    see_households = access.can(user, P.SEE_HOUSEHOLDS)
    lines = []
    for node in net.open_at(tier):
        grids = [one for one in node.walk() if one.grid.tier == Tier.GRID and one.state == OPEN]
        links = _links(start, end, day, node.grid.code, see_households) if counts is not None else {}
        lines.append(
            Line(
                grid=node.grid,
                grids=len(grids),
                households=node.households,
                vacant=sum(one.is_vacant for one in node.walk()),
                counts=counts[node.grid.code] if counts is not None else None,
                links=links,
            )
        )
    links = _links(start, end, day, "", see_households) if counts is not None else {}
    return Overview(net, tier, lines, total, links)


def _counts(user, tier, start, end):
    """({code: Counts}, the total), the total counted from all rows and not from the lines."""
    grouped, total = defaultdict(Counts), Counts()
    owed = owed_in(user=user, month=start)
    by_code = defaultdict(list)
    for one in owed:
        by_code[one.grid.code[:tier]].append(one)
    total.owed = figures_of(owed)
    for code, rows in by_code.items():
        grouped[code].owed = figures_of(rows)
    for code, figures in _visits(user, tier, start, end):
        _add(grouped[code], total, figures)
    for code, figures in _concerns(user, tier, start, end):
        _add(grouped[code], total, figures)
    return grouped, total


def _add(counts, total, figures):
    for name, n in figures.items():
        setattr(counts, name, n)
        setattr(total, name, getattr(total, name) + n)


def _visits(user, tier, start, end):
    visits = HouseholdVisit.objects.visible_to(user, P.SEE_FIELDWORK).current()
    rows = visits.filter(visited_on__gte=start, visited_on__lt=end).annotate(place=Left("grid__code", tier))
    for code, n in rows.values_list("place").annotate(n=Count("pk")).order_by("place"):
        yield code, {"visits": n}


def _concerns(user, tier, start, end):
    concerns = Concern.objects.visible_to(user, P.SEE_FIELDWORK).current()
    heard = Q(heard_on__gte=start, heard_on__lt=end)
    rows = concerns.filter(heard | Q(state=State.WATCHING)).annotate(place=Left("grid__code", tier))
    grouped = rows.values("place").annotate(
        heard=Count("pk", filter=heard),
        settled=Count("pk", filter=heard & Q(state=State.SETTLED)),
        answered=Count("pk", filter=heard & Q(state=State.ANSWERED)),
        open=Count("pk", filter=Q(state=State.WATCHING)),
    )
    for row in grouped.order_by("place"):
        yield row.pop("place"), row


def _links(start, end, day, code, see_households):
    """The list behind each figure of a place; "" for everything in sight."""
    span = {"since": start, "until": min(end - timedelta(days=1), max(day, start))}
    month = {"month": f"{start:%Y-%m}"}
    asked = {
        "visits": ("visit_list", span),
        "heard": ("concern_list", span),
        "settled": ("concern_list", span | {"state": State.SETTLED}),
        "answered": ("concern_list", span | {"state": State.ANSWERED}),
        "open": ("concern_list", {"state": State.WATCHING}),
        "rate": ("visit_rate", month),
        "due": ("visit_rate_rows", month | {"which": "due"}),
        "done": ("visit_rate_rows", month | {"which": "done"}),
        "missed": ("visit_rate_rows", month | {"which": "missed"}),
        "phoned": ("visit_rate_rows", month | {"which": "phoned"}),
    }
    if see_households:
        asked["households"] = ("household_list", {})
    place = {"grid": code} if code else {}
    return {
        name: f"{reverse(page)}?{urlencode(place | filters)}".removesuffix("?")
        for name, (page, filters) in asked.items()
    }
