"""A questionnaire changed by one step: questions and sections added, moved, copied, replaced, taken away.

Each step gives a new Schema. A name or position that is not there raises LookupError, too much a SchemaError.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from surveys.schema.document import SchemaError
from surveys.schema.model import MAX_QUESTIONS, MAX_SECTIONS, Question, Schema, Section

Sections = tuple[Section, ...]


def fresh_name(schema: Schema, stem: str = "q") -> str:
    """A name that no question or section has; names are compared without case."""
    taken = {q.name.casefold() for q in schema.questions()} | {s.name.casefold() for s in schema.sections}
    taken |= {q.other_name.casefold() for q in schema.questions()}
    return next(f"{stem}{n}" for n in range(1, len(taken) + 2) if f"{stem}{n}" not in taken)


def place_of(schema: Schema, name: str) -> tuple[int, int]:
    """Section and position of a question, counted from 0."""
    for at, section in enumerate(schema.sections):
        for index, question in enumerate(section.questions):
            if question.name == name:
                return at, index
    raise LookupError(name)


def insert(schema: Schema, question: Question, *, after: str = "", section: int | None = None) -> Schema:
    """The question behind another, else at the end of a section, else at the end of all."""
    if sum(1 for _ in schema.questions()) >= MAX_QUESTIONS:
        raise SchemaError(f"题目最多 {MAX_QUESTIONS} 道，请先删去不用的。")
    if not schema.sections:
        return replace(schema, sections=(Section(questions=(question,)),))
    if after:
        at, index = place_of(schema, after)
        return _with_questions(schema, at, _put(schema.sections[at].questions, index + 1, question))
    at = len(schema.sections) - 1 if section is None else section
    if not 0 <= at < len(schema.sections):
        raise LookupError(at)
    return _with_questions(schema, at, (*schema.sections[at].questions, question))


def replace_question(schema: Schema, name: str, question: Question) -> Schema:
    """Another question in its place; where it is called differently, the conditions follow."""
    at, index = place_of(schema, name)
    questions = schema.sections[at].questions
    changed = _with_questions(schema, at, (*questions[:index], question, *questions[index + 1 :]))
    return changed if question.name == name else _renamed(changed, name, question.name)


def copy(schema: Schema, name: str) -> tuple[Schema, str]:
    """A second one behind it, and the name it got."""
    at, index = place_of(schema, name)
    new = fresh_name(schema)
    return insert(schema, replace(schema.sections[at].questions[index], name=new), after=name), new


def remove(schema: Schema, name: str) -> Schema:
    at, index = place_of(schema, name)
    questions = schema.sections[at].questions
    return _tidy(_with_questions(schema, at, questions[:index] + questions[index + 1 :]))


def move(schema: Schema, name: str, step: int) -> Schema:
    """One place up (-1) or down (1), over the edge into the neighbouring section; at the very end nothing changes."""
    at, index = place_of(schema, name)
    questions = schema.sections[at].questions
    question, rest = questions[index], questions[:index] + questions[index + 1 :]
    if 0 <= index + step < len(questions):
        return _with_questions(schema, at, _put(rest, index + step, question))
    if not 0 <= at + step < len(schema.sections):
        return schema
    beside = schema.sections[at + step].questions
    moved = _with_questions(schema, at, rest)
    return _tidy(_with_questions(moved, at + step, _put(beside, len(beside) if step < 0 else 0, question)))


def add_section(schema: Schema, section: Section) -> Schema:
    """A section behind all others."""
    if len(schema.sections) >= MAX_SECTIONS:
        raise SchemaError(f"分节最多 {MAX_SECTIONS} 个。")
    return replace(schema, sections=(*schema.sections, section))


def replace_section(schema: Schema, at: int, section: Section) -> Schema:
    """Another title, name and condition; the questions stay."""
    kept = replace(section, questions=section_at(schema, at).questions)
    return replace(schema, sections=(*schema.sections[:at], kept, *schema.sections[at + 1 :]))


def section_at(schema: Schema, at: int) -> Section:
    if not 0 <= at < len(schema.sections):
        raise LookupError(at)
    return schema.sections[at]


def move_section(schema: Schema, at: int, step: int) -> Schema:
    """A whole section one place up or down."""
    section = section_at(schema, at)
    if not 0 <= at + step < len(schema.sections):
        return schema
    rest = schema.sections[:at] + schema.sections[at + 1 :]
    return _tidy(replace(schema, sections=(*rest[: at + step], section, *rest[at + step :])))


def dissolve_section(schema: Schema, at: int) -> Schema:
    """The section goes, its questions stay: in the one before, or where there is none, outside of any."""
    section = section_at(schema, at)
    rest = list(schema.sections[:at] + schema.sections[at + 1 :])
    if at > 0:
        rest[at - 1] = replace(rest[at - 1], questions=rest[at - 1].questions + section.questions)
    elif section.questions:
        rest.insert(0, Section(questions=section.questions))
    return _tidy(replace(schema, sections=tuple(rest)))


def _put(questions: tuple[Question, ...], index: int, question: Question) -> tuple[Question, ...]:
    return (*questions[:index], question, *questions[index:])


def _with_questions(schema: Schema, at: int, questions: tuple[Question, ...]) -> Schema:
    section = replace(schema.sections[at], questions=questions)
    return replace(schema, sections=(*schema.sections[:at], section, *schema.sections[at + 1 :]))


def _tidy(schema: Schema) -> Schema:
    """Sections without a name exist only by their questions, and two of them beside each other are one."""
    return replace(schema, sections=tuple(_joined(schema.sections)))


def _joined(sections: Iterable[Section]) -> list[Section]:
    found: list[Section] = []
    for section in sections:
        is_bare = not (section.name or section.title or section.relevance)
        if is_bare and not section.questions:
            continue
        if is_bare and found and not found[-1].name:
            found[-1] = replace(found[-1], questions=found[-1].questions + section.questions)
        else:
            found.append(section)
    return found


def _renamed(schema: Schema, old: str, new: str) -> Schema:
    asked = re.compile(rf"\$\{{\s*{re.escape(old)}\s*\}}")

    def follow(condition: str) -> str:
        return asked.sub(lambda _: f"${{{new}}}", condition)

    return replace(
        schema,
        sections=tuple(
            replace(
                section,
                relevance=follow(section.relevance),
                questions=tuple(
                    replace(q, relevance=follow(q.relevance), constraint=follow(q.constraint))
                    for q in section.questions
                ),
            )
            for section in schema.sections
        ),
    )
