"""What the office reads out of a round. Everything comes from the strata; only crosstabs and words read responses."""

from functools import lru_cache

from django.db import connection

from surveys.indicators.results.fieldwork import fieldwork_of
from surveys.indicators.results.report import Reckoning
from surveys.indicators.results.summaries import DIMENSIONS, read
from surveys.models import Round

__all__ = [
    "DIMENSIONS",
    "Reckoning",
    "fieldwork_of",
    "figures_of",
    "has_result",
    "published",
    "question_of",
    "read",
    "result_of",
    "stand_of",
    "whole_of",
]

# Every row of a stratum that is written anew lies elsewhere or was written by another transaction.
_STAND = """
SELECT count(*), coalesce(sum(n), 0), coalesce(sum(hashtextextended(ctid::text || ' ' || xmin::text, 0)), 0)::text
FROM surveys_stratum WHERE round_id = %s
"""


def has_result(round):
    """Whether figures may be shown: once no answer comes in any more.

    Before that, whoever looks twice would see the answer given between; the progress is all there is.
    """
    return round.state == Round.State.CLOSED


def stand_of(round):
    """What the figures of a round that is over depend on: equal only while no row of its strata was written."""
    if round.frozen is not None:
        return round.frozen_digest
    with connection.cursor() as cursor:
        cursor.execute(_STAND, [round.pk])
        return cursor.fetchone()


@lru_cache(maxsize=8)
def figures_of(pk, stand):
    """The figures of the round with this key as it stands: reckoned once for each stand and process.

    Nothing stale is shown: whoever asks has just looked up how the rows stand. Nobody may change what it returns.
    """
    round = Round.objects.select_related("version").get(pk=pk)
    return round.frozen if round.frozen is not None else Reckoning(read(round)).page()


def result_of(round):
    """The figures and the fieldwork; of a round that still asks, only how far it is."""
    if round.frozen is not None:
        return round.frozen
    if has_result(round):
        return figures_of(round.pk, stand_of(round)) | {"fieldwork": fieldwork_of(round)}
    return Reckoning(read(round)).about() | {"fieldwork": fieldwork_of(round)}


def whole_of(round):
    """Everything that is kept of a round when it is frozen."""
    return Reckoning(read(round)).whole() | {"fieldwork": fieldwork_of(round)}


def question_of(round, name):
    """One question with all its breakdowns, or None for one that is not asked."""
    if round.frozen is not None:
        return next((one for one in round.frozen["questions"] if one["name"] == name), None)
    reckoning = Reckoning(read(round))
    question = next((one for one in reckoning.asked() if one.name == name), None)
    return question and reckoning.question(question, divided=reckoning.dimensions)


def published():
    """The rounds whose frozen result everybody may read."""
    return Round.objects.filter(is_public=True)
