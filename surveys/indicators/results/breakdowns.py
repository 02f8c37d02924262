"""A question by village, sex, age or mode: one table of counts, hidden where people are few, and what follows."""

from fractions import Fraction

from surveys import counting, rates
from surveys.indicators.results import shares
from surveys.indicators.results.hiding import (
    REST,
    Column,
    lines_of,
    name_of,
    rate_ranges,
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

    @property
    def lines(self):
        """The groups of each line."""
        return lines_of(self.shown, self.together)

    def pairs(self, judged):
        """{key of a line: (positive, valid)}."""
        return {name_of(line, self.together)[0]: self.pair_of(line, judged) for line in self.lines}

    def pair_of(self, line, judged):
        """(positive, valid) of a line."""
        counted = [judged(self.counts.get(group.key, {})) for group in line]
        return tuple(map(sum, zip(*counted, strict=True)))

    def people(self, line):
        """How many answered, in a line."""
        return sum(self.sizes.get(group.key, 0) for group in line)

    def tallies(self, line, judged):
        """{(village, cell): (positive, valid)} of a line."""
        found = {}
        for group in line:
            for pair, counts in self.cells.get(group.key, {}).items():
                positive, n = judged(counts)
                before = found.get(pair, (0, 0))
                found[pair] = before[0] + positive, before[1] + n
        return found


def columns_of(question):
    """What the answers to a question of one choice are counted under, those who gave none included."""
    options = [Column((option.name,), option.label) for option in question.options]
    return [*options, Column((MISSING,), "未答")]


def of_question(divided, question, *, effect):
    """A question along a dimension as JSON, or None where it cannot be divided or says nothing."""
    if question.kind not in WITH_BREAKDOWN or not divided.says_something:
        return None
    if question.kind == Kind.NUMBER:
        return _of_number(divided, question)
    if question.kind == Kind.MULTIPLE:
        return _of_several(divided, question)
    if question.measure is not None:
        return rated(divided, counting.judge(question), effect=effect)
    found = table(divided.shown, divided.together, columns_of(question), _counted(divided, question))
    if found is None:
        return kept_lines(divided, [], [])
    rows = [_line(row, list(row.cells)) for row in found.rows]
    return kept_lines(divided, [column.label for column in found.columns], rows)


def _counted(divided, question):
    """What says how many of a group are of an option; MISSING is who did not answer."""

    def count(group, name):
        counts = divided.counts.get(group.key, {})
        if name == MISSING:
            return divided.sizes.get(group.key, 0) - counting.asked(counts, question)
        return counting.chosen(counts, question, name)

    return count


def rated(divided, judged, *, effect):
    """The rate of each group; `judged(counts)` gives its (positive, valid). n is the valid answers."""
    rows = []
    pairs = divided.pairs(judged)
    told = rate_ranges(pairs)
    for line in divided.lines:
        key, label = name_of(line, divided.together)
        positive, n = pairs[key]
        least, most = told[key]
        row = {"key": key, "label": label, "n": n, "cells": [], "share": None, "weighted": None}
        if least == most:
            population = line[0].population if len(line) == 1 else None
            tallies = divided.tallies(line, judged)
            row["share"] = shares.plain(positive, n, effect=effect, population=population)
            weights = divided.summaries.raked.weights
            row["weighted"] = shares.weighted(tallies, weights, effect=effect, population=population)
        else:
            row["share"] = shares.between(least, most, n, effect=effect)
        rows.append(row)
    return kept_lines(divided, [], rows, is_rated=True)


def _line(row, cells):
    return {"key": row.key, "label": row.label, "n": row.n, "cells": cells}


def kept_lines(divided, columns, rows, is_rated=False):
    """A breakdown as it is stored. `tiers` are villages from high to low, those in one tier without rank."""
    kept = {
        "dimension": divided.dimension,
        "label": DIMENSIONS[divided.dimension],
        "columns": columns,
        "rows": rows,
    }
    if is_rated and divided.dimension == "area":
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
        columns = [Column((option.name,), option.label), Column((MISSING,), "")]

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
