"""Advice on a questionnaire that could be published: what respondents will stumble over."""

from fractions import Fraction

from surveys.schema.checks import Problem
from surveys.schema.model import CHOOSE_ONE, Kind, Meaning, Question, Schema
from surveys.schema.reach import reachable

MOST_QUESTIONS = 15
MOST_SECONDS = 180
# Reading aloud to oneself, as older people do; adults in a hurry read twice as fast.
CHARACTERS_PER_SECOND = 5
# From the last word read to the answer given, on a phone.
SECONDS_TO_ANSWER = {
    Kind.SINGLE: 3,
    Kind.SCALE3: 3,
    Kind.SCALE5: 3,
    Kind.MULTIPLE: 6,
    Kind.NUMBER: 5,
    Kind.DATE: 8,
    Kind.SHORT_TEXT: 15,
    Kind.LONG_TEXT: 30,
    Kind.NOTE: 0,
}
SECONDS_TO_RANK_ONE = 3


def lint(schema: Schema) -> tuple[Problem, ...]:
    """Advice by question; the empty name is the questionnaire as a whole. None of it keeps it from being published."""
    found = []
    reached = reachable(schema)
    for question in schema.questions():
        if question.name not in reached:
            found.append(Problem(question.name, "怎么答都不会显示这道题，请核对显示条件。"))
        elif _needs_unsure(question):
            found.append(Problem(question.name, "没有“不清楚”选项，不了解情况的人只能乱选。"))
    asked = sum(q.kind != Kind.NOTE for q in schema.questions())
    if asked > MOST_QUESTIONS:
        found.append(Problem("", f"有 {asked} 道题，建议不超过 {MOST_QUESTIONS} 道。"))
    seconds = estimated_seconds(schema)
    if seconds > MOST_SECONDS:
        found.append(Problem("", f"估计要 {_minutes(seconds)} 分钟，建议不超过 {MOST_SECONDS // 60} 分钟。"))
    return tuple(found)


def estimated_seconds(schema: Schema) -> int:
    """How long an unhurried person needs for all questions, rounded up to a second.

    Reading: every character of the introduction, section titles, questions, hints and options at 5 a second. Answering:
    `SECONDS_TO_ANSWER` a question, for a ranking 3 seconds an item. All questions count, also those that only some see:
    the estimate is an upper bound.
    """
    characters = len(schema.intro) + sum(len(s.title) for s in schema.sections)
    seconds = Fraction(0)
    for question in schema.questions():
        characters += len(question.label) + len(question.hint) + sum(len(o.label) for o in question.options)
        seconds += SECONDS_TO_ANSWER.get(question.kind, SECONDS_TO_RANK_ONE * len(question.options))
    total = seconds + Fraction(characters, CHARACTERS_PER_SECOND)
    return -(-total.numerator // total.denominator)


def _minutes(seconds: int) -> str:
    return f"{-(-seconds * 10 // 60) / 10:g}"


def _needs_unsure(question: Question) -> bool:
    """Opinions need it; who knows their own sex or village does not."""
    is_opinion = question.measure is not None or question.kind in (Kind.SCALE3, Kind.SCALE5)
    return (
        question.kind in CHOOSE_ONE
        and is_opinion
        and not any(option.meaning == Meaning.UNSURE for option in question.options)
    )
