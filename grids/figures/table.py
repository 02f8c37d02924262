"""Reckoning: all figures of a table at once, its total, and the rows behind a number."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from grids import access
from grids.figures.asked import WITHOUT_UNIT, Asked, By
from grids.figures.kinds import Cell, Figure, Reckoned
from grids.models import Grid

P = access.Permission


@dataclass(frozen=True)
class Line:
    key: str
    label: str
    cells: list[Cell]


@dataclass(frozen=True)
class Table:
    """What `tabulate` found: the figures in order, a line for each part, and the total of all rows."""

    asked: Asked
    figures: list[Figure]
    lines: list[Line]
    total: list[Cell] | None

    @property
    def sample(self):
        """A cell of each figure, with nothing in it."""
        return [figure.cell(defaultdict(int)) for figure in self.figures]


def tabulate(user, period, by, *, figures, total=True, lines=True, **narrowed):
    """The figures of a period, divided: a query for each source and clock, two with lines and a total.

    `narrowed` are fields of `Asked`. Figures that cannot be divided as asked are left out. Without `lines` or without
    `total` that half is not reckoned.
    """
    asked = Asked(user, period, by, **narrowed)
    figures = [figure for figure in figures if figure.fits(asked)]
    whole: dict[str, Cell] = {}
    parts: dict[str, dict[str, Cell]] = defaultdict(dict)
    labels: dict[str, str] = {}
    for batch in _batches(figures):
        found = (
            _reckoned(asked, batch)
            if isinstance(batch[0], Reckoned)
            else _counted(asked, batch, total, lines)
        )
        whole |= found[0]
        for key, cells in found[1].items():
            parts[key] |= cells
        labels |= found[2]
    found = []
    for key, label in _lines(asked, parts, labels) if lines else ():
        empty = {figure.key: figure.cell(defaultdict(int)) for figure in figures}
        cells = empty | parts.get(key, {})
        found.append(Line(key, label, [cells[figure.key] for figure in figures]))
    return Table(asked, figures, found, [whole[figure.key] for figure in figures] if total else None)


def rows_behind(figure, asked, part):
    """The rows that a number counted."""
    rows = figure.rows.asked_for(asked).filter(figure.during(asked))
    return rows.filter(figure.condition(asked, part))


def _batches(figures: Iterable[Figure]):
    """Figures that one query can answer together."""
    batches = defaultdict(list)
    for figure in figures:
        alone = figure.key if isinstance(figure, Reckoned) else ""
        batches[figure.rows, figure.clock, alone].append(figure)
    return batches.values()


def _counted(asked, batch, total, lines):
    """({figure: total}, {key of a line: {figure: cell}}, {key: label}) of one batch."""
    first = batch[0]
    rows = first.rows.asked_for(asked).filter(first.during(asked))
    sums = [figure.aggregates(asked) for figure in batch]
    wanted = {f"f{at}_{part}": found for at, parts in enumerate(sums) for part, found in parts.items()}

    def cells(values):
        return {
            figure.key: figure.cell({part: values[f"f{at}_{part}"] for part in sums[at]})
            for at, figure in enumerate(batch)
        }

    whole = cells(rows.order_by().aggregate(**wanted)) if total else {}
    if not lines:
        return whole, {}, {}
    key, label = first.rows.lines(asked, first.clock)
    if label is not None:
        wanted["line_label"] = label
    parts, labels = {}, {}
    for values in rows.order_by().annotate(line_key=key).values("line_key").annotate(**wanted):
        name = _key_words(asked, values["line_key"])
        parts[name] = cells(values)
        if label is not None:
            labels[name] = values["line_label"] or "没有承办单位"
    return whole, parts, labels


def _reckoned(asked, batch):
    [figure] = batch
    whole, lines = figure.reckon(asked)
    parts = {key: {figure.key: figure.cell(values)} for key, values in lines.items()}
    return {figure.key: figure.cell(whole)}, parts, {}


def _key_words(asked, key):
    if asked.by == By.MONTH:
        return f"{key:%Y-%m}"
    return WITHOUT_UNIT if key is None else str(key)


def _lines(asked, parts, labels):
    """(key, label) of the lines: every month, every place in use, and what else had a row."""
    if asked.by == By.MONTH:
        return [(f"{month:%Y-%m}", f"{month.year}年{month.month}月") for month in asked.period.months()]
    if asked.by == By.PLACE:
        return _places(asked, parts)
    return sorted(((key, labels[key]) for key in parts), key=lambda one: (one[0] == WITHOUT_UNIT, one[0]))


def _places(asked, parts):
    seen = Grid.objects.visible_to(asked.user, P.SEE_NET)
    if asked.places is not None:
        seen = seen.filter(pk__in=asked.places)
    running = seen.filter(tier=asked.digits).open_on(min(asked.period.last_day, timezone.localdate()))
    named = Grid.objects.filter(Q(pk__in=running.values("pk")) | Q(code__in=list(parts)))
    names = dict(named.values_list("code", "name"))
    found = set(names) | set(parts)
    return [
        (key, names.get(key, key) + ("（不分网格）" if len(key) < asked.digits else ""))
        for key in sorted(found)
    ]
