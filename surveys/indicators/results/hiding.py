"""Tables by groups as they may be shown: small groups are taken together, small cells left out.

A question that feeds a rate is shown by group as its rate alone, positive against the rest of the valid answers; one
that feeds none as the counts of its options. Both hide what fewer than five said, and what would give it away.
"""

from typing import NamedTuple

from surveys.suppression import THRESHOLD, hidden_groups, suppress

REST = "rest"
REST_LABEL = "人数少，合在一起"


class Column(NamedTuple):
    """One or several options taken together."""

    names: tuple
    label: str


class Row(NamedTuple):
    """A group as it is shown; hidden cells are None."""

    key: str
    label: str
    n: int
    cells: tuple


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
    )
    return [*(c for c in columns if c in rest), joined]


def table(shown, together, columns, count):
    """What may be seen of a table of groups and columns, or None where it would have to hide its own totals.

    `count(group, name)` says how many of the group are of an option. Rows of one table hold every person once.
    """
    groups = [*shown, *together]
    totals = {c.names: sum(count(g, name) for g in groups for name in c.names) for c in columns}
    columns = merged_columns(columns, totals)
    lines = lines_of(shown, together)
    cells = [[sum(count(g, name) for g in line for name in c.names) for c in columns] for line in lines]
    if not cells or not columns:
        return None
    found = suppress(cells)
    if found.total is None or None in found.row_totals or None in found.column_totals:
        return None
    rows = [
        Row(*name_of(line, together), n, seen)
        for line, seen, n in zip(lines, found.cells, found.row_totals, strict=True)
    ]
    return Shown(columns, rows)


def lines_of(shown, together):
    """The groups of each line of a table: one each, and those that are taken together in the last."""
    return [[group] for group in shown] + ([together] if together else [])


def name_of(line, together):
    """(key, label) of a line."""
    return (REST, REST_LABEL) if line is together else (line[0].key, line[0].label)


def rate_ranges(pairs):
    """{key: (least, most positive)} of what may be told of groups' (positive, valid), whose sums are known.

    With fewer than THRESHOLD on one side a group is told as "up to four" there. Where the sum, less the others, would
    say more, the largest of the others, whose rate it blurs least, is told as a range too: what follows from the sum.
    So nothing here says more than the sum and "fewer than five" do. Groups told exactly have both ends alike.
    """
    own = {key: limits for key, pair in pairs.items() if (limits := _small(*pair))}
    hidden = dict(own)
    others = sorted((key for key in pairs if key not in own), key=lambda key: -pairs[key][1])
    while True:
        found = _follows(hidden, sum(pairs[key][0] for key in hidden))
        if not others or all(found[key] == limits for key, limits in own.items()):
            break
        key = others.pop(0)
        hidden[key] = (0, pairs[key][1])
    return {key: found.get(key, (positive, positive)) for key, (positive, _) in pairs.items()}


def _small(positive, n):
    """Between what the positive lie where either side is small; None where neither is."""
    if min(positive, n - positive) >= THRESHOLD or not n:
        return None
    if n < THRESHOLD:
        return 0, n
    few = THRESHOLD - 1
    return (0, few) if positive < THRESHOLD else (n - few, n)


def _follows(limits, total):
    """What each of some numbers can be, from its own limits and the sum of all."""
    least, most = (sum(ends) for ends in zip(*limits.values(), strict=True)) if limits else (0, 0)
    return {
        key: (max(low, total - (most - high)), min(high, total - (least - low)))
        for key, (low, high) in limits.items()
    }
