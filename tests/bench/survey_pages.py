"""Surveys: a round with many answers, one that takes answers, and the rows of the table that measure both."""

import json
import random
from datetime import timedelta
from uuid import UUID

import psycopg
from django.core.management import call_command
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from grids import models
from surveys import schema as schemas
from surveys.actions import questionnaires, rounds
from surveys.actions.answering import finish
from surveys.models import Mode, Response, Round
from surveys.ready import CIVILISED_CITY
from tests.bench.client import Request
from tests.bench.seed import TOWN, _uuid, copy

# The row whose cost is compared between the two sizes.
RESULTS = "results of a round, 15 questions"
MODES = (Mode.TOKEN, Mode.PAPER, Mode.EVENT, Mode.POSTER)
_random = random.Random(372)


def answers() -> dict:
    """One of many ways to answer the ready questionnaire."""
    found = {}
    for question in CIVILISED_CITY.questions():
        names = [option.name for option in question.options]
        found[question.name] = _random.choice(names) if question.kind != schemas.Kind.MULTIPLE else names[:2]
    return found


def _round(title: str, people: int) -> Round:
    """An open round of all villages and communities, weighted by village and by sex and age."""
    by = models.User.objects.get(phone="13900000002")
    town = models.Grid.objects.get(code=TOWN)
    schema = schemas.dump(CIVILISED_CITY)
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


def open_for_answers() -> int:
    """A round that takes answers without a quota; its key."""
    round = _round("测速答题", 1_000_000)
    round.areas.update(quota=None)
    round.quotas.update(quota=None)
    return round.pk


def finish_one(request, pk: int, key: UUID):
    """`/bench/finish/`: what any page does at its end. The pages before it are not part of the measure."""
    round = Round.objects.select_related("version").get(pk=pk)
    area = list(round.areas.select_related("area").defer("area__boundary"))[key.int % 17].area
    sex, band = rounds.cells()[key.int % 10]
    finish(round=round, response=key, mode=Mode.EVENT, answers=answers(), area=area, sex=sex, age_band=band)
    return redirect("/bench/constant/")


def survey_pages(make, over: UUID, asking: int) -> list:
    """Rows of the table; `make` is the class of a row."""
    results = reverse("round_results", args=[over])
    return [
        make(
            "finish a response, 15 questions",
            lambda: Request("POST", f"/bench/finish/{asking}/{_uuid()}/"),
            n=400,
            expected=302,
            floor="b",
            target=">= 0.35",
            who="town",
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
