"""Two rounds laid side by side: a change is an interval of the difference, not two numbers."""

from fractions import Fraction
from typing import NamedTuple

from surveys import rates
from surveys.indicators.results.shares import estimate_of

KINDS = ("share", "weighted")


class Change(NamedTuple):
    """A share in the earlier and the later result and what lies between, unweighted or weighted."""

    before: dict
    after: dict
    low: Fraction
    high: Fraction

    @property
    def difference(self):
        return estimate_of(self.after).value - estimate_of(self.before).value

    @property
    def is_told_apart(self):
        return self.low > 0 or self.high < 0


class Compared(NamedTuple):
    """One line: a measure, a question or an option; `weighted` is None where either round has no weights."""

    label: str
    share: Change
    weighted: Change | None

    @property
    def is_change(self):
        """Whether a change can be seen: in the unweighted and in the weighted figures, and the same way."""
        changes = [change for change in (self.share, self.weighted) if change]
        return all(one.is_told_apart for one in changes) and len({one.difference > 0 for one in changes}) == 1


def change(before, after):
    """What lies between two kept shares, or None where one is missing."""
    first, second = estimate_of(before), estimate_of(after)
    if first is None or second is None:
        return None
    return Change(before, after, *rates.difference(second, first))


def compared(label, before, after):
    """The line of two dicts with `share` and `weighted`, or None where there is nothing to compare."""
    share = change(before.get("share"), after.get("share"))
    return share and Compared(label, share, change(before.get("weighted"), after.get("weighted")))


class Comparison(NamedTuple):
    measures: list
    questions: list
    left_out: list


def compare(before, after):
    """Two results (report.Reckoning.page or what was frozen): `before` is the earlier.

    Questions are the same when name, kind and rule of counting are; others of the same name are told as left out.
    """
    measures, questions, left_out = [], [], []
    for one in after["measures"]:
        other = next((m for m in before["measures"] if m["key"] == one["key"]), None)
        if other and set(other["questions"]) == set(one["questions"]):
            measures.append(compared(one["label"], other, one))
        elif other:
            left_out.append(f"{one['label']}（两次由不同的题算出）")
    earlier = {question["name"]: question for question in before["questions"]}
    for one in after["questions"]:
        other = earlier.get(one["name"])
        if other is None:
            continue
        if not _is_same(other, one):
            left_out.append(one["label"])
        elif one["measure"]:
            questions.append(compared(one["label"], other, one))
        else:
            questions += _by_option(other, one)
    return Comparison([m for m in measures if m], [q for q in questions if q], left_out)


def _is_same(before, after):
    same = all(before[name] == after[name] for name in ("kind", "measure", "rule"))
    return same and _options(before) == _options(after)


def _options(question):
    return {option["name"] for option in question["options"]}


def _by_option(before, after):
    earlier = {option["name"]: option for option in before["options"]}
    return [
        compared(f"{after['label']}：{option['label']}", earlier[option["name"]], option)
        for option in after["options"]
    ]
