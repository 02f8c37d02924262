"""知晓率, 支持率, 满意率: each over the questions that feed it.

Where several questions feed one rate, their positive and their valid answers are added up. One person's answers to
several questions are no separate people: the interval goes by the number of people, not of answers.
"""

from fractions import Fraction

from surveys import counting, rates
from surveys.indicators.results import shares
from surveys.indicators.results.breakdowns import kept_lines, of_question, seen
from surveys.indicators.results.hiding import NEGATIVE, POSITIVE, Column, bounds, table
from surveys.schema import MEASURE_LABELS, Measure


def measure_of(summaries, measure, *, effect, divided=()):
    """A measure as JSON, or None where no question feeds it; `divided` are the dimensions it is laid out along."""
    questions = [q for q in summaries.schema.questions() if q.measure == measure]
    if not questions:
        return None
    pooled = Pooled(summaries, questions, effect)
    kept = {
        "key": measure.value,
        "label": MEASURE_LABELS[measure],
        "questions": [question.name for question in questions],
        **pooled.told(summaries.total, summaries.cell_counts, summaries.frame),
        "by": [one for one in (pooled.along(along) for along in divided) if one],
    }
    kept["posters"] = pooled.of_posters()
    return kept


MEASURES = tuple(Measure)


class Pooled:
    """Several questions of one rate, taken together."""

    def __init__(self, summaries, questions, effect):
        self.summaries, self.questions, self.effect = summaries, questions, effect

    def judged(self, counts):
        """(positive, valid) over all the questions."""
        pairs = [counting.judged(counts, question) for question in self.questions]
        return sum(positive for positive, _ in pairs), sum(n for _, n in pairs)

    def people(self, counts):
        """How many gave a valid answer, at the least: as many as to the question answered most."""
        return max(counting.judged(counts, question)[1] for question in self.questions)

    def told(self, counts, cells, population=None):
        """Share and weighted share of some people, `n` being people and `answers` what they answered."""
        positive, answers = self.judged(counts)
        people = self.people(counts)
        if not people:
            return {"n": 0, "answers": 0, "share": None, "weighted": None}
        effect = self.effect * Fraction(answers, people)
        alone = population if len(self.questions) == 1 else None
        share = shares.plain(positive, answers, effect=effect, population=alone) | {"n": people}
        weighted = shares.weighted(
            {pair: self.judged(one) for pair, one in cells.items()},
            self.summaries.raked.weights,
            effect=effect,
        )
        return {"n": people, "answers": answers, "share": share, "weighted": weighted}

    def of_posters(self):
        """What those said who chose to answer: beside the result, never in it."""
        counts = counting.total(part.counts for part in self.summaries.posters)
        n = sum(part.n for part in self.summaries.posters)
        if n < rates.SHOWN_FROM:
            return {"n": n, "share": None}
        return {"n": n, "share": self.told(counts, {})["share"]}

    def along(self, divided):
        """The rate along a dimension."""
        if len(self.questions) == 1:
            found = of_question(divided, self.questions[0], effect=self.effect)
            return found and found | {"columns": [], "rows": [row | {"cells": []} for row in found["rows"]]}
        if not divided.says_something:
            return None
        found = table(divided.shown, divided.together, PAIR, self._count(divided))
        if found is None:
            return kept_lines(divided, [], [])
        alone = self._only_one_hidden(divided)
        rows = [self._row(divided, row, found.columns, row.key in alone) for row in found.rows]
        return kept_lines(divided, [], rows, rated=True)

    def _count(self, divided):
        def count(group, name):
            positive, answers = self.judged(divided.counts.get(group.key, {}))
            return positive if name == POSITIVE else answers - positive

        return count

    def _only_one_hidden(self, divided):
        """Rows in which a single question is hidden: the sum, less the others, would tell it."""
        hidden = {}
        for question in self.questions:
            found = seen(divided, question)
            for row in found.rows if found else ():
                least, most = bounds(row, found.columns)
                hidden[row.key] = hidden.get(row.key, 0) + (least != most)
        return {key for key, n in hidden.items() if n == 1}

    def _row(self, divided, row, columns, is_alone):
        counts = counting.total(divided.counts.get(key, {}) for key in divided.keys(row))
        n = sum(divided.sizes.get(key, 0) for key in divided.keys(row))
        line = {"key": row.key, "label": row.label, "n": n, "cells": [], "share": None, "weighted": None}
        least, most = bounds(row, columns)
        if least != most or is_alone:
            return line | {"is_hidden": True}
        positive, answers = self.judged(counts)
        if not answers:
            return line
        effect = self.effect * Fraction(answers, self.people(counts))
        share = shares.plain(positive, answers, effect=effect)
        weighted = shares.weighted(
            divided.tallies(row, self.judged), self.summaries.raked.weights, effect=effect
        )
        # How many of a small group had no opinion is not to be read off its denominator.
        share = {name: value for name, value in share.items() if name != "positive"} | {"n": n}
        return line | {"share": share, "weighted": weighted}


PAIR = [
    Column((POSITIVE,), "正面", frozenset({POSITIVE})),
    Column((NEGATIVE,), "其他", frozenset({NEGATIVE})),
]
