"""Every figure of the product in its one order, in sets that a table can show side by side."""

from typing import NamedTuple

from cases import indicators as cases
from grids import access, coverage


class FigureSet(NamedTuple):
    key: str
    label: str
    figures: tuple


SETS = {
    one.key: one
    for one in (
        FigureSet("intake", "上报受理", cases.INTAKE),
        FigureSet("closing", "处置结案", cases.CLOSING),
        FigureSet("own", "网格自办", cases.OWN),
        FigureSet("times", "用时", cases.TIMES),
        FigureSet("ratings", "满意度", cases.RATINGS),
        FigureSet("state", "此刻未结", cases.STATE),
        FigureSet("fieldwork", "走访入户", coverage.FIELDWORK),
        FigureSet("net", "网格覆盖", coverage.NET),
    )
}
FIGURES = {figure.key: figure for one in SETS.values() for figure in one.figures}


def sets_for(user):
    """The sets of which the user may see all figures somewhere."""
    return [
        one
        for one in SETS.values()
        if all(access.scope(user, figure.rows.permission) for figure in one.figures)
    ]
