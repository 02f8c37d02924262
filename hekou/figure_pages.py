"""Figures as pages show them: every number with its link, and the rows behind a number in words."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from cases.indicators import FIGURES as OF_CASES
from grids import access
from grids.figures import Cell
from grids.models import Concern, Grid, Household, HouseholdVisit, Placement, Resident
from grids.names import mask_name

P = access.Permission


class Number(NamedTuple):
    """A cell and where its parts lead."""

    cell: Cell
    n_url: str
    d_url: str


class Shown(NamedTuple):
    key: str
    label: str
    numbers: list[Number]


def link(figure, asked, part="n"):
    """The page of exactly the rows that a part of the number counted."""
    if figure.address:
        page, given = figure.address(asked, part)
        return f"{page}?{urlencode(given)}"
    # The numerator needs no saying: a page of a hundred links is shorter for it.
    said = "&part=d" if part == "d" else ""
    return f"{_page(figure.key in OF_CASES)}?figure={figure.key}{said}&{asked.address}"


@cache
def _page(is_of_cases):
    """An address that does not change while the server runs; a page holds hundreds of it. Cases have their ledger."""
    return reverse("case_list" if is_of_cases else "figure_rows")


def number(cell, asked):
    return Number(cell, link(cell.figure, asked), link(cell.figure, asked, "d") if cell.d is not None else "")


def shown(table):
    """(the lines, the total) of a table with their links."""
    lines = []
    for line in table.lines:
        at_line = table.asked.at_line(line.key)
        lines.append(Shown(line.key, line.label, [number(cell, at_line) for cell in line.cells]))
    total = [number(cell, table.asked) for cell in table.total or ()]
    return lines, Shown("", "合计", total)


class Behind(NamedTuple):
    """How rows of one table are shown: what joins they need, the heads, and the words and link of each."""

    related: tuple
    order: tuple
    heads: tuple
    words: Callable
    visible: Callable


def _visit(visit, may_open):
    return [
        (f"{visit.visited_on:%Y-%m-%d}", visit.get_absolute_url() if may_open else ""),
        (visit.grid.name, ""),
        (visit.get_mode_display(), ""),
        (visit.outcome_words, ""),
    ]


def _concern(concern, may_open):
    return [
        (f"{concern.heard_on:%Y-%m-%d}", reverse("concern", args=[concern.uuid]) if may_open else ""),
        (concern.grid.name, ""),
        (concern.get_theme_display(), ""),
        (concern.get_state_display(), ""),
    ]


def _placement(placement, may_open):
    household = placement.household
    return [
        (
            household.address if may_open else "（现在不在您的范围）",
            household.get_absolute_url() if may_open else "",
        ),
        (placement.grid.name, ""),
    ]


def _resident(resident, may_open):
    page = reverse("household", args=[resident.household.uuid])
    return [(resident.name if may_open else mask_name(resident.name), page if may_open else "")]


def _grid(grid, may_open):
    return [(grid.name, grid.get_absolute_url()), (grid.code, "")]


def _visible_households(user, rows):
    ids = {getattr(row, "household_id", None) for row in rows}
    return set(
        Household.objects.visible_to(user, P.SEE_HOUSEHOLDS).filter(pk__in=ids).values_list("pk", flat=True)
    )


def _own(model, permission):
    def visible(user, rows):
        seen = model.objects.visible_to(user, permission).filter(pk__in=[row.pk for row in rows])
        return set(seen.values_list("pk", flat=True))

    return visible


BEHIND = {
    HouseholdVisit: Behind(
        ("grid", "record"),
        ("-visited_on", "-pk"),
        ("日期", "网格", "方式", "结果"),
        _visit,
        _own(HouseholdVisit, P.SEE_FIELDWORK),
    ),
    Concern: Behind(
        ("grid",),
        ("-heard_on", "-pk"),
        ("日期", "网格", "主题", "状态"),
        _concern,
        _own(Concern, P.SEE_FIELDWORK),
    ),
    Placement: Behind(
        ("grid", "household"),
        ("household__address_key", "pk"),
        ("住址", "网格"),
        _placement,
        _visible_households,
    ),
    Resident: Behind(("household",), ("name_key", "pk"), ("姓名",), _resident, _visible_households),
    Grid: Behind((), ("code",), ("名称", "编码"), _grid, _own(Grid, P.SEE_NET)),
}


def in_words(model, rows, user):
    """The rows of one page as lists of (words, address or "")."""
    behind = BEHIND[model]
    seen = behind.visible(user, rows)
    key = "household_id" if behind.visible is _visible_households else "pk"
    return [behind.words(row, getattr(row, key) in seen) for row in rows]
