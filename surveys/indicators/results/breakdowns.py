"""A question by village, sex, age or mode: one table of counts, hidden where people are few, and what follows."""

from fractions import Fraction

from surveys import counting, rates
from surveys.indicators.results import shares
from surveys.indicators.results.hiding import (
    NEGATIVE,
    OUT,
    POSITIVE,
    REST,
    Column,
    bounds,
    shown_groups,
    table,
)
from surveys.indicators.results.summaries import DIMENSIONS
from surveys.schema import Kind
from surveys.schema.model import CHOOSE_ONE

MISSING = ""
WITH_BREAKDOWN = CHOOSE_ONE | {Kind.MULTIPLE, Kind.NUMBER}


class Divided:
    """The answers of a round along one dimension."""

    def __init__(self, summaries, dimension):
        self.summaries, self.dimension = summaries, dimension
        self.counts = summaries.counts_by(dimension)
        self.cells = summaries.cells_by(dimension)
        sizes = {}
        for part in summaries.parts:
            key = getattr(part, dimension)
            sizes[key] = sizes.get(key, 0) + part.n
        self.sizes = sizes
        self.shown, self.together = shown_groups(summaries.groups(dimension), sizes)

    @property
    def says_something(self):
        """Whether there is more than one line to lay side by side."""
        return len(self.shown) + bool(self.together) > 1

    def keys(self, row):
        """The groups behind a row."""
        return [group.key for group in self.together] if row.key == REST else [row.key]

    def tallies(self, row, counted):
        """{(village, cell): (positive, n)} of a row; `counted(counts)` gives the pair of one summary."""
        found = {}
        for key in self.keys(row):
            for pair, counts in self.cells.get(key, {}).items():
                positive, n = counted(counts)
                before = found.get(pair, (0, 0))
                found[pair] = before[0] + positive, before[1] + n
        return found


def columns_of(question):
    """What the answers to a question of one choice are counted under, those who gave none included."""
    kinds = {None: OUT, True: POSITIVE, False: NEGATIVE}
    options = [
        Column((option.name,), option.label, frozenset({kinds[question.judged(option.name)]}))
        for option in question.options
    ]
    return [*options, Column((MISSING,), "未答", frozenset({OUT}))]


def counted(divided, question):
    """What says how many of a group are of an option; MISSING is who did not answer."""

    def count(group, name):
        counts = divided.counts.get(group.key, {})
        if name == MISSING:
            return divided.sizes.get(group.key, 0) - counting.asked(counts, question)
        return counting.chosen(counts, question, name)

    return count


def of_question(divided, question, *, effect):
    """A question along a dimension as JSON, or None where it cannot be divided or says nothing."""
    if question.kind not in WITH_BREAKDOWN or not divided.says_something:
        return None
    if question.kind == Kind.NUMBER:
        return _of_number(divided, question)
    if question.kind == Kind.MULTIPLE:
        return _of_several(divided, question)
    found = seen(divided, question)
    if found is None:
        return kept_lines(divided, [], [])
    rows = [_rated(divided, question, row, found.columns, effect) for row in found.rows]
    return kept_lines(
        divided, [column.label for column in found.columns], rows, rated=question.measure is not None
    )


def seen(divided, question):
    """What may be seen of a question of one choice."""
    return table(divided.shown, divided.together, columns_of(question), counted(divided, question))


def _rated(divided, question, row, columns, effect):
    line = _line(row, list(row.cells))
    if question.measure is None:
        return line
    least, most = bounds(row, columns)
    if least == most:
        line["share"] = shares.plain(*least, effect=effect, population=row.population)
        tallies = divided.tallies(row, lambda counts: counting.judged(counts, question))
        line["weighted"] = shares.weighted(tallies, divided.summaries.raked.weights, effect=effect)
    else:
        line["share"] = shares.between(least, most, effect=effect)
    return line


def _line(row, cells):
    return {"key": row.key, "label": row.label, "n": row.n, "cells": cells}


def kept_lines(divided, columns, rows, rated=False):
    """A breakdown as it is stored. `tiers` are villages from high to low, those in one tier without rank."""
    kept = {
        "dimension": divided.dimension,
        "label": DIMENSIONS[divided.dimension],
        "columns": columns,
        "rows": rows,
    }
    if rated and divided.dimension == "area":
        kept["tiers"] = tiers(rows)
    return kept


def tiers(rows):
    """[[label]]: villages with a rate, grouped by what can be told apart; [] for fewer than two."""
    estimates = {}
    for row in rows:
        share = row.get("share")
        if share and row["key"] not in ("", REST) and share["n"] >= rates.SHOWN_FROM:
            middle = share if share["value"] else share | {"value": _middle(share)}
            estimates[row["label"]] = shares.estimate_of(middle)
    if len(estimates) < 2:
        return []
    order = {row["label"]: place for place, row in enumerate(rows)}
    return [sorted(labels, key=order.__getitem__) for labels in rates.groups(estimates)]


def _middle(share):
    low, high = (Fraction(share[name]) for name in ("from", "to"))
    return shares.decimal((low + high) / 2)


def _of_several(divided, question):
    """Several choices: each option is a table of its own, of those who chose it and those who did not."""
    rows = {}
    for option in question.options:
        columns = [Column((option.name,), option.label, frozenset()), Column((MISSING,), "", frozenset())]

        def count(group, name, option=option):
            chosen = counting.chosen(divided.counts.get(group.key, {}), question, option.name)
            return divided.sizes.get(group.key, 0) - chosen if name == MISSING else chosen

        found = table(divided.shown, divided.together, columns, count)
        for row in found.rows if found else ():
            names = [column.names for column in found.columns]
            seen = row.cells[names.index(columns[0].names)] if columns[0].names in names else None
            line = rows.setdefault(row.key, _line(row, {}))
            line["cells"][option.name] = seen
    for line in rows.values():
        line["cells"] = [line["cells"].get(option.name) for option in question.options]
    return kept_lines(divided, [option.label for option in question.options], list(rows.values()))


def _of_number(divided, question):
    """The mean of each group from n ≥ 30."""
    rows = []
    for group in divided.shown:
        counts = divided.counts.get(group.key, {})
        n = counting.asked(counts, question)
        line = {"key": group.key, "label": group.label, "n": divided.sizes[group.key], "cells": []}
        rows.append(line | {"mean": mean(counts, question) if n >= rates.SHOWN_FROM else None})
    return kept_lines(divided, [], rows)


def mean(counts, question):
    """The mean of a number, as a decimal text; None where nobody answered."""
    n = counting.asked(counts, question)
    if not n:
        return None
    return shares.decimal(Fraction(str(counts.get(f"{question.name}:+", 0))) / n)
