"""Tables by groups as they may be shown: small groups are taken together, small cells left out.

What is shown of a question by village, sex, age or mode follows from one table, the cells that suppression leaves.
A share whose cells are hidden is told as the range that the visible cells allow, so that it gives nothing away.
"""

from typing import NamedTuple

from surveys.suppression import THRESHOLD, hidden_groups, suppress

POSITIVE, NEGATIVE, OUT = "positive", "negative", "out"
REST = "rest"
REST_LABEL = "人数少，合在一起"


class Column(NamedTuple):
    """One or several options taken together; `kinds` say how each counts for the rate."""

    names: tuple
    label: str
    kinds: frozenset


class Row(NamedTuple):
    """A group as it is shown. `cells` hold None where hidden; `n` is None where the group itself is hidden."""

    key: str
    label: str
    n: int | None
    cells: tuple
    population: int | None = None


class Shown(NamedTuple):
    columns: list
    rows: list


def shown_groups(groups, sizes):
    """(groups to be shown one by one, groups that are taken together); those without answers in neither."""
    small = hidden_groups({group.key: sizes.get(group.key, 0) for group in groups})
    present = [group for group in groups if sizes.get(group.key, 0)]
    return [g for g in present if g.key not in small], [g for g in present if g.key in small]


def merged_columns(columns, totals):
    """Columns of which each has THRESHOLD people in all, small ones taken together; empty ones are left away.

    The totals over all groups are printed with every question, so no column may need its total hidden.
    """
    present = sorted((c for c in columns if totals[c.names]), key=lambda c: totals[c.names])
    small = [c for c in present if totals[c.names] < THRESHOLD]
    rest = present[len(small) :]
    while small and rest and sum(totals[c.names] for c in small) < THRESHOLD:
        small.append(rest.pop(0))
    if len(small) < 2:
        return [c for c in columns if c in present]
    order = {c.names: place for place, c in enumerate(columns)}
    small.sort(key=lambda c: order[c.names])
    joined = Column(
        tuple(name for c in small for name in c.names),
        "／".join(c.label for c in small),
        frozenset(kind for c in small for kind in c.kinds),
    )
    return [*(c for c in columns if c in rest), joined]


def table(shown, together, columns, count):
    """What may be seen of a table of groups and columns, or None where it would have to hide its own totals.

    `count(group, name)` says how many of the group are of an option. Rows of one table hold every person once.
    """
    groups = [*shown, *together]
    totals = {c.names: sum(count(g, name) for g in groups for name in c.names) for c in columns}
    columns = merged_columns(columns, totals)
    lines = [[group] for group in shown] + ([together] if together else [])
    cells = [[sum(count(g, name) for g in line for name in c.names) for c in columns] for line in lines]
    if not cells or not columns:
        return None
    found = suppress(cells)
    if found.total is None or None in found.row_totals or None in found.column_totals:
        return None
    rows = []
    for line, seen, n in zip(lines, found.cells, found.row_totals, strict=True):
        if line == together and together:
            rows.append(Row(REST, REST_LABEL, n, seen))
        else:
            rows.append(Row(line[0].key, line[0].label, n, seen, line[0].population))
    return Shown(columns, rows)


def bounds(row, columns):
    """((positive, valid) at the least, and at the most) of a row's rate, from its visible cells alone."""
    positive = valid = 0
    unknown, hidden_kinds = [], set()
    seen = 0
    for column, cell in zip(columns, row.cells, strict=True):
        if cell is None:
            hidden_kinds |= column.kinds
            continue
        seen += cell
        if len(column.kinds) > 1:
            unknown.append((cell, column.kinds))
        elif POSITIVE in column.kinds:
            positive, valid = positive + cell, valid + cell
        elif NEGATIVE in column.kinds:
            valid += cell
    if hidden_kinds:
        unknown.append((row.n - seen, frozenset(hidden_kinds)))
    least, most = (positive, valid), (positive, valid)
    for people, kinds in unknown:
        least = _with(least, people, next(k for k in (NEGATIVE, OUT, POSITIVE) if k in kinds))
        most = _with(most, people, next(k for k in (POSITIVE, OUT, NEGATIVE) if k in kinds))
    return least, most


def _with(pair, people, kind):
    positive, valid = pair
    return positive + people * (kind == POSITIVE), valid + people * (kind != OUT)
