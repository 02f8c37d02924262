"""The single answers as they may leave the system: recoded, in a random order, without the words.

Rows are in the order of their random keys, which are not given out; there is no time and no number. Village, sex, age,
mode and proxy go out as far as at least five rows are alike, and a village from 30 answers (surveys.recoding). What
somebody wrote in words stands apart, in an order of its own, and so does not lead back to the row. There are no
weights: they would tell the village and the age that were left out.
"""

from functools import cached_property
from typing import NamedTuple

from django.db.models import Count

from surveys import rates
from surveys.indicators.results.words import answers_to, masked, written
from surveys.models import AgeBand, Mode, Response, Sex, schema_of
from surveys.recoding import recode
from surveys.schema import KIND_LABELS, Kind
from surveys.schema.model import CHOOSE_ONE

CHUNK = 2000
_KNOWN = ("area__code", "sex", "age_band", "mode", "is_proxy")


class Variable(NamedTuple):
    """A column: `values` are pairs of code and label for what is coded, None for a number, a date or a village.

    `pick(recoded, answers)` gives the code, the number or the text of a row; None for none.
    """

    name: str
    label: str
    question: str
    kind: str
    values: list | None
    pick: object


class Microdata:
    """The answers of a round that is over."""

    def __init__(self, round):
        self.round = round
        self.schema = schema_of(round.version)

    @cached_property
    def _sizes(self):
        rows = Response.objects.filter(round=self.round).values_list(*_KNOWN)
        return {tuple(key): n for *key, n in rows.annotate(rows=Count("pk")).order_by()}

    @cached_property
    def n(self):
        return sum(self._sizes.values())

    @property
    def is_enough(self):
        return self.n >= rates.SHOWN_FROM

    @cached_property
    def _released(self):
        return recode(
            {_as_key(key): n for key, n in self._sizes.items()},
        )

    @cached_property
    def villages(self):
        """{code: name} of the round's areas."""
        return dict(self.round.areas.order_by("area__code").values_list("area__code", "area__name"))

    @cached_property
    def variables(self):
        """The columns in order: what is known of a row, then its answers."""
        found = [
            Variable("village", "村/社区", "", "编码", list(self.villages.items()), lambda r, a: r[0]),
            _background("sex", "性别", Sex, 1),
            _background("age", "年龄", AgeBand, 2),
            _background("mode", "方式", Mode, 3),
            Variable("proxy", "代填", "", "编码", [(0, "本人"), (1, "代填")], lambda r, a: _digit(r[4])),
        ]
        for place, question in enumerate(self.schema.questions(), start=1):
            found += _of_question(question, f"q{place}")
        return found

    def rows(self):
        """Each answer as a list in the order of the variables; drawn from the database as they are read."""
        released, variables = self._released, self.variables
        rows = Response.objects.filter(round=self.round).order_by("pk").values_list(*_KNOWN, "answers")
        for *known, answers in rows.iterator(chunk_size=CHUNK):
            recoded = released[_as_key(known)]
            yield [variable.pick(recoded, answers) for variable in variables]

    def texts(self):
        """(question, words) of everything that was written."""
        for name, label in written(self.schema):
            for text in answers_to(self.round, name).iterator(chunk_size=CHUNK):
                yield label, masked(text)


def _as_key(known):
    area, sex, age, mode, is_proxy = known
    return (area or None, sex or None, age or None, mode, str(int(is_proxy)))


def _digit(value):
    return None if value is None else int(value)


def _background(name, label, choices, place):
    """What the stratum knows of somebody, coded from 1 in the order of the choices."""
    codes = {choice.value: code for code, choice in enumerate(choices, start=1)}
    values = [(codes[choice.value], choice.label) for choice in choices]
    return Variable(name, label, "", "编码", values, lambda r, a: codes.get(r[place]))


def _of_question(question, short):
    name, kind, label = question.name, KIND_LABELS[question.kind], question.label
    if question.kind in CHOOSE_ONE:
        codes = {option.name: code for code, option in enumerate(question.options, start=1)}
        values = [(codes[option.name], option.label) for option in question.options]
        return [Variable(short, label, name, kind, values, lambda r, a: codes.get(a.get(name)))]
    if question.kind == Kind.MULTIPLE:
        return [
            Variable(
                f"{short}_{code}",
                f"{label}：{option.label}",
                name,
                kind,
                [(0, "未选"), (1, "选了")],
                _chosen(name, option.name),
            )
            for code, option in enumerate(question.options, start=1)
        ]
    if question.kind == Kind.RANKING:
        return [
            Variable(
                f"{short}_{code}",
                f"{label}：{option.label}（名次）",
                name,
                kind,
                None,
                _rank(name, option.name),
            )
            for code, option in enumerate(question.options, start=1)
        ]
    if question.kind in (Kind.NUMBER, Kind.DATE):
        return [Variable(short, label, name, kind, None, lambda r, a: a.get(name))]
    return []


def _chosen(name, option):
    return lambda r, a: int(option in a[name]) if name in a else None


def _rank(name, option):
    return lambda r, a: a[name].index(option) + 1 if option in a.get(name, ()) else None
