"""Which questions can be shown at all, found by trying answers.

For each condition the answers that matter are few: every option, and numbers, dates and texts at and beside those it
names. All combinations are tried, with what constraints and required answers allow, up to a limit of work; beyond it,
and where a condition asks for today, a question counts as reachable.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, pairwise, product
from typing import NamedTuple

from surveys.schema.evaluation import Value, truth
from surveys.schema.expressions import (
    Compared,
    ExpressionError,
    Joined,
    Literal,
    Measured,
    Node,
    Not,
    Selected,
    Today,
    parse_expression,
    references,
)
from surveys.schema.model import CHOOSE_ONE, MAX_LONG, Kind, Question, Schema

# Trials for the whole questionnaire: a fraction of a second.
MOST_TRIALS = 50_000
_SOME_DAY = date(2026, 1, 1)


class _Asked(NamedTuple):
    """A question with its conditions read; conditions of its section stand before its own."""

    question: Question
    relevance: tuple[Node, ...]
    constraint: tuple[Node, ...]

    @property
    def references(self) -> frozenset[str]:
        return frozenset().union(*(references(tree) for tree in self.relevance + self.constraint)) - {""}


def reachable(schema: Schema) -> frozenset[str]:
    """The names of the questions that some answers lead to. Conditions that cannot be read hide nothing."""
    asked: dict[str, _Asked] = {}
    for section, question in schema.placed():
        relevance = (*_read(section.relevance), *_read(question.relevance))
        asked[question.name] = _Asked(question, relevance, _read(question.constraint))
    trials = iter(range(MOST_TRIALS))
    return frozenset(name for name in asked if _is_reachable(name, asked, trials))


def _read(condition: str) -> tuple[Node, ...]:
    try:
        return (parse_expression(condition),) if condition.strip() else ()
    except ExpressionError:
        return ()


def _is_reachable(name: str, asked: dict[str, _Asked], trials: Iterator[int]) -> bool:
    if not asked[name].relevance:
        return True
    chain = _chain(name, asked)
    trees = [tree for item in chain for tree in item.relevance + item.constraint]
    parts = [part for tree in trees for part in _parts(tree)]
    if any(isinstance(part, Today) for part in parts):
        return True
    answers = [_candidates(item, parts) for item in chain if item.question.name != name]
    return any(next(trials, None) is None or _leads_to(name, chain, given) for given in product(*answers))


def _chain(name: str, asked: dict[str, _Asked]) -> list[_Asked]:
    """The question and all it depends on, in the order of the questionnaire."""
    found, open_ends = {name}, [name]
    while open_ends:
        for other in asked[open_ends.pop()].references:
            if other in asked and other not in found:
                found.add(other)
                open_ends.append(other)
    return [item for item in asked.values() if item.question.name in found]


def _leads_to(name: str, chain: list[_Asked], given: tuple[Value, ...]) -> bool:
    """Whether somebody who gives these answers sees the question."""
    values: dict[str, Value] = {}
    offered = iter(given)
    for item in chain:
        is_shown = all(truth(tree, values, _SOME_DAY) for tree in item.relevance)
        if item.question.name == name:
            return is_shown
        value = next(offered)
        if not is_shown or value is None:
            continue
        own = values | {"": value, item.question.name: value}
        if not all(truth(tree, own, _SOME_DAY) for tree in item.constraint):
            return False
        values[item.question.name] = value
    return False


def _parts(tree: Node) -> Iterator[Node]:
    yield tree
    match tree:
        case Not(inner):
            yield from _parts(inner)
        case Joined(_, left, right) | Compared(_, left, right):
            yield from _parts(left)
            yield from _parts(right)


def _candidates(item: _Asked, parts: list[Node]) -> list[Value]:
    """The answers to one question that a condition could tell apart."""
    question = item.question
    literals = [part.value for part in parts if isinstance(part, Literal)]
    found: list[Value] = [] if question.is_required and question.kind != Kind.NOTE else [None]
    if question.kind in CHOOSE_ONE:
        found += [option.name for option in question.options]
    elif question.kind == Kind.RANKING:
        found.append(tuple(option.name for option in question.options))
    elif question.kind == Kind.MULTIPLE:
        found += _subsets(question, parts)
    elif question.kind == Kind.NUMBER:
        found += _numbers(Decimal(v) for v in literals if isinstance(v, Decimal))
    elif question.kind == Kind.DATE:
        found += _days(v for v in literals if isinstance(v, date))
    elif question.kind != Kind.NOTE:
        found += _words(literals)
    if question.is_whole:
        found = [v for v in found if not isinstance(v, Decimal) or v == v.to_integral_value()]
    return found


def _subsets(question: Question, parts: list[Node]) -> list[tuple[str, ...]]:
    """Every choice among the options a condition names, and one of each size."""
    names = [option.name for option in question.options]
    named = {p.option for p in parts if isinstance(p, Selected) and p.answer.name in (question.name, "")}
    told = [name for name in names if name in named][:8]
    rest = [name for name in names if name not in told]
    counts = any(isinstance(p, Measured) and p.function == "count-selected" for p in parts)
    fillers = range(len(rest) + 1) if counts else range(min(1, len(rest)) + 1)
    return [
        chosen + tuple(rest[:filler])
        for size in range(len(told) + 1)
        for chosen in combinations(told, size)
        for filler in fillers
        if chosen or filler
    ]


def _numbers(literals: Iterable[Decimal]) -> list[Decimal]:
    """At each number named, one beside it on both sides, and between two of them."""
    named = sorted({Decimal(0), *literals})
    between = [(a + b) / 2 for a, b in pairwise(named)]
    return sorted({v + step for v in named for step in (-1, 0, 1)} | set(between))


def _days(literals: Iterable[date]) -> list[date]:
    days = {_SOME_DAY}
    for day in literals:
        days |= {date.fromordinal(max(1, day.toordinal() - 1)), day}
        days |= {day + timedelta(days=1)} if day < date.max else set()
    return sorted(days)


def _words(literals: list[str | Decimal | date | bool]) -> list[str]:
    words = {v for v in literals if isinstance(v, str) and v} | {"某"}
    lengths = {int(v) + step for v in literals if isinstance(v, Decimal) for step in (-1, 0, 1)}
    return sorted(words | {"某" * length for length in lengths if 0 < length <= MAX_LONG})
