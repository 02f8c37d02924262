"""The result of a round as JSON: what its pages show, what is frozen, published and compared. Made from `Summaries`."""

from fractions import Fraction

from surveys import counting, rates
from surveys.indicators.results import shares
from surveys.indicators.results.breakdowns import Divided, mean, of_question
from surveys.indicators.results.measures import MEASURES, measure_of
from surveys.indicators.results.summaries import DIMENSIONS
from surveys.models import Mode
from surveys.schema import KIND_LABELS, Kind, Meaning
from surveys.schema.model import CHOOSE, CHOOSE_ONE

FORMAT = 1


class Reckoning:
    """Reckons parts of a result from the summaries; dimensions are divided once and used by every question."""

    def __init__(self, summaries):
        self.summaries = summaries
        self.effect = Fraction(summaries.round.design_effect, 100)
        self._divided = {}

    def along(self, dimension):
        if dimension not in self._divided:
            self._divided[dimension] = Divided(self.summaries, dimension)
        return self._divided[dimension]

    @property
    def dimensions(self):
        return [self.along(dimension) for dimension in DIMENSIONS]

    @property
    def is_enough(self):
        """Whether there are answers enough for any figure; below, only their number is told."""
        return self.summaries.n >= rates.SHOWN_FROM

    def whole(self):
        """Everything, for freezing, but for the fieldwork."""
        return {
            **self.overview(),
            "questions": [self.question(q, divided=self.dimensions) for q in self.asked()],
        }

    def page(self):
        """What the page of the whole result shows: breakdowns of the measures, not of every question."""
        return {**self.overview(), "questions": [self.question(q) for q in self.asked()]}

    def asked(self):
        return [q for q in self.summaries.schema.questions() if q.kind != Kind.NOTE]

    def overview(self):
        """Whose result it is, how many answered, how they were weighted, and the measures."""
        found = [
            measure_of(self.summaries, measure, effect=self.effect, divided=self.dimensions)
            for measure in MEASURES
            if self.is_enough
        ]
        return {
            "format": FORMAT,
            **self.about(),
            "is_enough": self.is_enough,
            "weights": self.weights(),
            "measures": [one for one in found if one],
        }

    def about(self):
        """What may be told while answers still come in: how many, and how; no answer."""
        round, summaries = self.summaries.round, self.summaries
        return {
            "title": round.title,
            "starts_on": round.starts_on.isoformat(),
            "ends_on": round.ends_on.isoformat(),
            "questionnaire": summaries.schema.title,
            "version": round.version.number,
            "version_digest": round.version.digest,
            "n": summaries.n,
            "posters": sum(part.n for part in summaries.posters),
            "frame": summaries.frame,
            "target": round.target_n,
            "effect": round.design_effect,
            "by_mode": self._by_mode(),
            "proxy": int(summaries.total.get(counting.PROXY, 0)),
        }

    def _by_mode(self):
        found = {}
        for part in (*self.summaries.parts, *self.summaries.posters):
            found[part.mode] = found.get(part.mode, 0) + part.n
        return [[mode.label, found[mode.value]] for mode in Mode if found.get(mode.value)]

    def weights(self):
        """How the answers were brought to the frame; what had to be joined, by name."""
        raked = self.summaries.raked
        if not raked.weights:
            return None
        labels = {group.key: group.label for group in self.summaries.groups("area")}
        sexes = {group.key: group.label for group in self.summaries.groups("sex")}
        ages = {group.key: group.label for group in self.summaries.groups("age")}

        def named(key):
            return labels.get(key) or f"{sexes.get(key[:1], '')}{ages.get(key[1:], '')}"

        used = [weight for pair, weight in raked.weights.items() if self.summaries.answered.get(pair)]
        return {
            "by_cell": raked.by_cell,
            "joined": [[named(key) for key in keys] for keys in raked.joined],
            "empty": [named(key) for key in raked.empty],
            "least": shares.decimal(min(used)),
            "most": shares.decimal(max(used)),
            "worth": self._worth(used),
        }

    def _worth(self, used):
        """What all answers are worth after weighting (Kish)."""
        answered, weights = self.summaries.answered, self.summaries.raked.weights
        whole = sum(weights[pair] * n for pair, n in answered.items() if n)
        squares = sum(weights[pair] ** 2 * n for pair, n in answered.items() if n)
        return int(whole * whole / squares) if used and squares else 0

    def question(self, question, *, divided=()):
        """One question over the town, and along the given dimensions."""
        summaries = self.summaries
        asked = counting.asked(summaries.total, question)
        kept = {
            "name": question.name,
            "label": question.label,
            "kind": question.kind.value,
            "kind_label": KIND_LABELS[question.kind],
            "theme": question.theme,
            "measure": question.measure.value if question.measure else "",
            "rule": question.counting_rule,
            "asked": asked,
            "missing": summaries.n - asked,
            "is_conditional": self._is_conditional(question),
            "options": [],
            "by": [],
        }
        if not self.is_enough or not asked:
            return kept
        if question.kind in CHOOSE:
            kept["options"] = [self._option(question, option, asked) for option in question.options]
        if question.kind in CHOOSE_ONE and question.measure:
            kept |= self._rate(question)
        if question.kind == Kind.NUMBER:
            kept |= self._mean(question)
        if question.kind == Kind.RANKING:
            kept["options"] = self._ranks(question, asked)
        along = [of_question(one, question, effect=self.effect) for one in divided]
        return kept | {"by": [one for one in along if one]}

    def _is_conditional(self, question):
        """Whether some were not asked, so that 未答 holds them too."""
        placed = self.summaries.schema.placed()
        return any(q.name == question.name and (q.relevance or s.relevance) for s, q in placed)

    def _option(self, question, option, asked):
        summaries = self.summaries
        n = counting.chosen(summaries.total, question, option.name)
        chosen, all_of_them = f"{question.name}:{option.name}", f"{question.name}:"
        tallies = {
            pair: (counts.get(chosen, 0), counts.get(all_of_them, 0))
            for pair, counts in summaries.cell_counts.items()
        }
        return {
            "name": option.name,
            "label": option.label,
            "is_unsure": option.meaning in (Meaning.UNSURE, Meaning.REFUSED),
            "is_positive": option.is_positive,
            "n": n,
            "share": shares.plain(n, asked, effect=self.effect, population=summaries.frame),
            "weighted": shares.weighted(
                tallies, summaries.raked.weights, effect=self.effect, population=summaries.frame
            ),
        }

    def _rate(self, question):
        summaries = self.summaries
        judge = counting.judge(question)
        pair = judge(summaries.total)
        tallies = {key: judge(counts) for key, counts in summaries.cell_counts.items()}
        return {
            "share": shares.plain(*pair, effect=self.effect, population=summaries.frame),
            "weighted": shares.weighted(
                tallies, summaries.raked.weights, effect=self.effect, population=summaries.frame
            ),
        }

    def _mean(self, question):
        weights, top, base = self.summaries.raked.weights, Fraction(0), Fraction(0)
        for pair, counts in self.summaries.cell_counts.items():
            weight = weights.get(pair, Fraction(0))
            top += weight * Fraction(str(counts.get(f"{question.name}:+", 0)))
            base += weight * counting.asked(counts, question)
        return {
            "mean": mean(self.summaries.total, question),
            "weighted_mean": shares.decimal(top / base) if base else None,
        }

    def _ranks(self, question, asked):
        total = self.summaries.total
        ranked = [
            (Fraction(int(total.get(f"{question.name}:#{option.name}", 0)), asked), option)
            for option in question.options
        ]
        ranked.sort(key=lambda pair: pair[0])
        return [{"name": o.name, "label": o.label, "mean": shares.decimal(rank)} for rank, o in ranked]
