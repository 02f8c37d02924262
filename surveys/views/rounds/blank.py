"""The questionnaire on paper, to be filled in by hand: boxes to tick, lines to write on, and who answers what."""

from typing import NamedTuple

from django.shortcuts import render

from grids import access
from grids.views.scoped import permission_required
from surveys.models import AgeBand, Sex, schema_of
from surveys.schema import Kind, Question, simple
from surveys.views.rounds.listing import round_or_404

P = access.Permission


class Line(NamedTuple):
    """A question as it is printed; `only` says who answers it, empty for everybody."""

    question: Question
    number: int | None
    only: str
    hint: str


class Part(NamedTuple):
    title: str
    only: str
    lines: list[Line]


@permission_required(P.RUN_SURVEY)
def paper_blank(request, uuid):
    """One copy; the office copies as many as it needs and numbers them."""
    found = round_or_404(request, uuid)
    schema = schema_of(found.version)
    context = {"round": found, "schema": schema, "parts": parts_of(schema), "sexes": Sex, "bands": AgeBand}
    return render(request, "surveys/paper_blank.html", context)


def parts_of(schema):
    """The sections, their questions numbered as the pages of keying number them."""
    asking = [question.name for question in schema.questions() if question.kind != Kind.NOTE]
    numbers = {name: number for number, name in enumerate(asking, start=1)}
    return [
        Part(
            section.title,
            _only(section.relevance, schema, numbers),
            [
                Line(q, numbers.get(q.name), _only(q.relevance, schema, numbers), _how(q))
                for q in section.questions
            ],
        )
        for section in schema.sections
    ]


def _only(relevance, schema, numbers):
    """Who answers, by the number of the question that it hangs on; as it is written where it says more than that."""
    if not relevance:
        return ""
    read = simple.read(relevance, schema)
    asked = schema.question(read.question) if read else None
    if asked is None:
        return f"只在这时答：{relevance}"
    words = simple.describe(relevance, schema).removeprefix(f"“{simple.shortened(asked.label)}”")
    return f"第 {numbers[asked.name]} 题{words}的人答"


def _how(question):
    """What a tick box alone does not say."""
    if question.kind == Kind.MULTIPLE:
        return "可多选"
    if question.kind == Kind.RANKING:
        return "在横线上写名次，1 为最先"
    return ""
