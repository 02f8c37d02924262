"""A questionnaire as the office reads it: sections and questions in words, with what is to be said about each."""

from typing import NamedTuple

from surveys.schema import KIND_LABELS, MEASURE_LABELS, Meaning, Order, Question, Section
from surveys.schema.simple import describe, shortened

MARKS = {Meaning.UNSURE: "不清楚", Meaning.REFUSED: "拒答", Meaning.OTHER: "可填写"}


class Choice(NamedTuple):
    """An option with the words of its mark."""

    label: str
    mark: str
    is_positive: bool


class Shown(NamedTuple):
    """A question with its number among those that ask, and words about it."""

    question: Question
    number: int | None
    kind: str
    choices: list[Choice]
    measure: str
    condition: str
    problems: list[str]
    advice: list[str]


class Outline(NamedTuple):
    """A section with its position."""

    at: int
    section: Section
    condition: str
    questions: list[Shown]
    problems: list[str]


def outline(schema, problems, advice):
    """All sections, with problems and advice at the questions they are about."""
    found, number = [], 0
    names = {q.name for q in schema.questions()}
    for at, section in enumerate(schema.sections):
        questions = []
        for question in section.questions:
            number += question.kind != "note"
            questions.append(
                Shown(
                    question,
                    number if question.kind != "note" else None,
                    KIND_LABELS[question.kind],
                    [Choice(o.label, _mark(o), o.is_positive) for o in question.options],
                    MEASURE_LABELS[question.measure] if question.measure else "",
                    _condition(question.relevance, schema),
                    _about(question, problems, names),
                    [text for where, text in advice if where == question.name],
                )
            )
        own = [text for where, text in problems if where and where == section.name and where not in names]
        found.append(Outline(at, section, _condition(section.relevance, schema), questions, own))
    return found


def _about(question, problems, names):
    """What is said of a question; a clash with its 其他 field is its own."""
    own = {question.name}
    if question.other and question.other_name not in names:
        own.add(question.other_name)
    return [text for where, text in problems if where in own]


def _mark(option):
    return MARKS.get(option.meaning, "")


def _condition(relevance, schema):
    """When it is shown, in words; as it is written where it says more than one can pick."""
    return describe(relevance, schema) or relevance


def summary(schema, question):
    """A question in pairs, to be laid beside what somebody else typed."""
    rows = [
        ("题型", KIND_LABELS[question.kind]),
        ("题目", question.label),
        ("提示", question.hint),
        ("选项", "；".join(o.label for o in question.options)),
        ("必答", "是" if question.is_required else "否"),
        ("计入", MEASURE_LABELS[question.measure] if question.measure else "不计入"),
        ("次序", "轮换" if question.order == Order.ROTATED else ""),
        ("显示条件", _condition(question.relevance, schema) or "总是显示"),
        ("限制", question.constraint),
    ]
    return [(term, value) for term, value in rows if value]


class Row(NamedTuple):
    """A problem with the way to where it is put right."""

    place: str
    message: str
    anchor: str

    @classmethod
    def of(cls, schema, where, message):
        question = schema.question(where) or schema.question(where.removesuffix("_other"))
        if question:
            return cls(f"“{shortened(question.label)}”", message, f"#q-{question.name}")
        at = next((at for at, section in enumerate(schema.sections) if where and section.name == where), None)
        if at is not None:
            return cls(f"分节“{schema.sections[at].title}”", message, f"#s-{at}")
        return cls("整份问卷", message, "")
