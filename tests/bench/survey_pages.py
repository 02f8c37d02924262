"""Surveys: a round with many answers, one that takes answers, and the rows of the table that measure both."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import psycopg
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from grids import models
from surveys import schema as schemas
from surveys.actions import questionnaires, rounds, tokens
from surveys.models import Mode, Response, Round
from surveys.ready import CIVILISED_CITY
from surveys.views.answering.sitting import Sheet
from tests.bench.client import Request
from tests.bench.seed import TOWN, _uuid, copy

# The ready questionnaire with as many more as make fifteen.
_ASKED = list(CIVILISED_CITY.questions())
_MORE = tuple(replace(_ASKED[2], name=f"more{n}") for n in range(15 - len(_ASKED)))
FIFTEEN = replace(CIVILISED_CITY, sections=(*CIVILISED_CITY.sections, schemas.Section("more", "还有", _MORE)))

# The row whose cost is compared between the two sizes.
RESULTS = "results of a round, 15 questions"
MODES = (Mode.TOKEN, Mode.PAPER, Mode.EVENT, Mode.POSTER)
_random = random.Random(372)


def answers() -> dict:
    """One of many ways to answer it."""
    found = {}
    for question in FIFTEEN.questions():
        names = [option.name for option in question.options]
        found[question.name] = _random.choice(names) if question.kind != schemas.Kind.MULTIPLE else names[:2]
    return found


def _round(title: str, people: int) -> Round:
    """An open round of all villages and communities, weighted by village and by sex and age."""
    by = models.User.objects.get(phone="13900000002")
    town = models.Grid.objects.get(code=TOWN)
    schema = schemas.dump(FIFTEEN)
    made = questionnaires.create(town=town, by=by, title=title, schema=schema)
    version = questionnaires.publish(version=made.versions.get(), by=by, seen_edits=0)
    today = timezone.localdate()
    days = {"starts_on": today - timedelta(days=2), "ends_on": today + timedelta(days=30)}
    round = rounds.create(town=town, by=by, version=version, title=title, modes=list(MODES), **days)
    areas = models.Grid.objects.filter(tier=12).order_by("code")
    rounds.declare_frame(
        round=round,
        by=by,
        populations={area: people + 100 * n for n, area in enumerate(areas)},
        cells=dict.fromkeys(rounds.cells(), people),
    )
    return rounds.open_round(round=round, by=by)


def seed_answers(superuser: psycopg.Connection, count: int) -> UUID:
    """A round that is over, with so many answers in all villages, sexes, ages and modes; its uuid."""
    round = _round(f"测速 {count}", count)
    areas = list(round.areas.values_list("area_id", flat=True))
    cells = rounds.cells()

    def rows():
        for n in range(count):
            sex, band = cells[n % len(cells)]
            told = json.dumps(answers())
            mode = MODES[n % 37 % len(MODES)].value
            yield _uuid(), round.pk, areas[n * 7 % len(areas)], sex, band, mode, n % 11 == 0, told, "-"

    columns = ["id", "round", "area", "sex", "age_band", "mode", "is_proxy", "answers", "digest"]
    copy(superuser, Response, columns, rows())
    Round.objects.filter(pk=round.pk).update(state=Round.State.CLOSED)
    call_command("check_strata", rebuild=True, verbosity=0)
    return round.uuid


def waiting_answers(count: int) -> Iterator[Request]:
    """The last page of so many people, each under a code of their own, ready to be sent.

    The pages before it travel in the sheet that the last one carries; they are not part of the measure.
    """
    by = models.User.objects.get(phone="13900000002")
    round = _round("测速答题", 1_000_000)
    round.areas.update(quota=None)
    round.quotas.update(quota=None)
    places = list(round.areas.values_list("area__code", flat=True))
    last = FIFTEEN.sections[-1]
    requests = []
    while len(requests) < count:
        _, codes = tokens.print_batch(
            round=round, by=by, size=min(2000, count - len(requests)), expires_on=round.ends_on
        )
        for code in codes:
            sex, band = _random.choice(rounds.cells())
            who = {"area": _random.choice(places), "sex": sex, "age_band": band, "is_proxy": False}
            told = answers()
            here = [(f"a-{q.name}", told.pop(q.name)) for q in last.questions]
            sheet = Sheet.fresh(round, who=who, answers=told).signed(f"token.{tokens.token_of(code).pk}")
            fields = [("sheet", sheet), ("page", len(FIFTEEN.sections) - 1), ("go", "on"), *here]
            fields += [("shown", q.name) for q in last.questions]
            requests.append(Request("POST", reverse("answer", args=[code]), urlencode(fields, doseq=True)))
    return iter(requests)


# What one size of the bench sends: three runs and the warming up.
ANSWERS = 400
SENT = 3 * ANSWERS + 40


def survey_pages(make, over: UUID, waiting: Iterator[Request]) -> list:
    """Rows of the table; `make` is the class of a row. What waits is sent once."""
    results = reverse("round_results", args=[over])
    return [
        make(
            "finish a response, 15 questions",
            lambda: next(waiting),
            n=ANSWERS,
            expected=302,
            floor="b",
            target=">= 0.35",
            who="resident",
        ),
        make(
            RESULTS,
            lambda: Request("GET", results),
            n=150,
            floor="c",
            target="<= 15 queries, p99 <= 500 ms",
            who="town",
        ),
    ]
