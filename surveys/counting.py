"""What one answer adds to the summary of its stratum, and how a summary is read. Pure.

Keys are flat: "question:option" counts a choice, "question:" everybody who answered it, "question:+" is the sum of a
number, "question:#option" the sum of an option's ranks. No name holds any of these signs. ":proxy" counts answers that
somebody filled in for another; it is of no question, and no question has an empty name.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from surveys.schema import Kind, Question, Schema
from surveys.schema.model import CHOOSE_ONE

Counts = dict[str, int | float]
PROXY = ":proxy"


def counts_of(schema: Schema, answers: Mapping[str, Any], *, is_proxy: bool = False) -> Counts:
    """{key: number} of one answer that the schema let through."""
    counts: Counts = {PROXY: 1} if is_proxy else {}
    for question in schema.questions():
        if question.name in answers:
            counts[f"{question.name}:"] = 1
            counts |= _counts(question, answers[question.name])
    return counts


def _counts(question: Question, answer: Any) -> Counts:
    name = question.name
    if question.kind in CHOOSE_ONE:
        return {f"{name}:{answer}": 1}
    if question.kind == Kind.MULTIPLE:
        return {f"{name}:{option}": 1 for option in answer}
    if question.kind == Kind.RANKING:
        return {f"{name}:#{option}": rank for rank, option in enumerate(answer, 1)}
    return {f"{name}:+": answer} if question.kind == Kind.NUMBER else {}


def total(summaries: Iterable[Mapping[str, int | float]]) -> Counts:
    """The sum of any number of summaries."""
    found: Counts = {}
    for summary in summaries:
        for key, number in summary.items():
            found[key] = found.get(key, 0) + number
    return found


def asked(counts: Mapping[str, int | float], question: Question) -> int:
    """How many answered the question."""
    return int(counts.get(f"{question.name}:", 0))


def chosen(counts: Mapping[str, int | float], question: Question, option: str) -> int:
    """How many chose the option."""
    return int(counts.get(f"{question.name}:{option}", 0))


def judge(question: Question) -> Callable[[Mapping[str, int | float]], tuple[int, int]]:
    """What gives (positive, denominator) of the rate that a question of one choice feeds, from a summary.

    (0, 0) for a question that feeds none. It knows its keys, so that hundreds of summaries are judged quickly.
    """
    verdicts = {f"{question.name}:{option.name}": question.judged(option.name) for option in question.options}
    positive = [key for key, verdict in verdicts.items() if verdict]
    negative = [key for key, verdict in verdicts.items() if verdict is False]

    def pair(counts: Mapping[str, int | float]) -> tuple[int, int]:
        found: int | float = 0
        for key in positive:
            found += counts.get(key, 0)
        base = found
        for key in negative:
            base += counts.get(key, 0)
        return int(found), int(base)

    return pair


def judged(counts: Mapping[str, int | float], question: Question) -> tuple[int, int]:
    """(positive, denominator) of one summary."""
    return judge(question)(counts)
