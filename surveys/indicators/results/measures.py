"""知晓率, 支持率, 满意率: each over the questions that feed it.

Where several questions feed one rate, their positive and their valid answers are added up. One person's answers to
several questions are no separate people: the interval goes by the number of people, not of answers.
"""

from fractions import Fraction

from surveys import counting, rates
from surveys.indicators.results import shares
from surveys.indicators.results.breakdowns import kept_lines, rated
from surveys.indicators.results.hiding import name_of, rate_ranges
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
        self.judges = [counting.judge(question) for question in questions]

    def judged(self, counts):
        """(positive, valid) over all the questions."""
        positive = valid = 0
        for judge in self.judges:
            one, n = judge(counts)
            positive, valid = positive + one, valid + n
        return positive, valid

    def people(self, counts):
        """How many gave a valid answer, at the least: as many as to the question answered most."""
        return max(judge(counts)[1] for judge in self.judges)

    def told(self, counts, cells, population=None):
        """Share and weighted share of some people, `n` being people and `answers` what they answered."""
        positive, answers = self.judged(counts)
        people = self.people(counts)
        if not people:
            return {"n": 0, "answers": 0, "share": None, "weighted": None}
        alone = population if len(self.questions) == 1 else None
        effect = self._effect(answers, people, None if alone else population)
        share = shares.plain(positive, answers, effect=effect, population=alone) | {"n": people}
        tallies = {pair: self.judged(one) for pair, one in cells.items()}
        weights = self.summaries.raked.weights
        weighted = shares.weighted(tallies, weights, effect=effect, population=alone)
        return {"n": people, "answers": answers, "share": share, "weighted": weighted}

    def _effect(self, answers, people, population):
        """The design effect of answers that come several from one person."""
        return shares.narrowed(self.effect * Fraction(answers, people), people, population)

    def of_posters(self):
        """What those said who chose to answer: beside the result, never in it."""
        counts = counting.total(part.counts for part in self.summaries.posters)
        n = sum(part.n for part in self.summaries.posters)
        if n < rates.SHOWN_FROM:
            return {"n": n, "share": None}
        return {"n": n, "share": self.told(counts, {})["share"]}

    def along(self, divided):
        """The rate along a dimension."""
        if not divided.says_something:
            return None
        if len(self.questions) == 1:
            return rated(divided, self.judged, effect=self.effect)
        pairs, uncertain = divided.pairs(self.judged), self._uncertain(divided)
        told = rate_ranges(pairs)
        rows = []
        for line in divided.lines:
            key, label = name_of(line, divided.together)
            row = {"key": key, "label": label, "n": divided.people(line), "cells": [], "share": None}
            ends = told[key]
            if ends[0] == ends[1]:
                ends = self._widened(pairs[key], uncertain[key])
            rows.append(row | self._told_of_line(divided, line, pairs[key], ends))
        return kept_lines(divided, [], rows, is_rated=True)

    def _uncertain(self, divided):
        """{key of a line: what each hidden question may be more or less than it is}."""
        found = {name_of(line, divided.together)[0]: [] for line in divided.lines}
        for judge in self.judges:
            pairs = divided.pairs(judge)
            for key, (least, most) in rate_ranges(pairs).items():
                if least != most:
                    found[key].append((least - pairs[key][0], most - pairs[key][0]))
        return found

    @staticmethod
    def _widened(pair, uncertain):
        """The positive of all questions, as a range where the sum would tell what single questions hide.

        That is where one question alone is hidden, or where all hidden ones stand at the same end of their ranges.
        """
        positive, _ = pair
        low, high = sum(less for less, _ in uncertain), sum(more for _, more in uncertain)
        if len(uncertain) == 1 or (uncertain and 0 in (low, high)):
            return positive + low, positive + high
        return positive, positive

    def _told_of_line(self, divided, line, pair, ends):
        """Share and weighted share of a line; people, not answers, are its n."""
        n, answers = divided.people(line), pair[1]
        if not answers:
            return {"weighted": None}
        people = max(divided.pair_of(line, judge)[1] for judge in self.judges)
        effect = self._effect(answers, people, line[0].population if len(line) == 1 else None)
        if ends[0] != ends[1]:
            share, weighted = shares.between(*ends, answers, effect=effect), None
        else:
            weights = self.summaries.raked.weights
            share = shares.plain(*pair, effect=effect)
            weighted = shares.weighted(divided.tallies(line, self.judged), weights, effect=effect)
        # Counts of answers to several questions say nothing to anybody.
        return {"share": share | {"n": n, "positive": None}, "weighted": weighted}
