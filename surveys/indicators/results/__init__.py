"""What the office reads out of a round. Everything comes from the strata; only crosstabs and words read responses."""

from surveys.indicators.results.report import Reckoning
from surveys.indicators.results.summaries import DIMENSIONS, read
from surveys.models import Round

__all__ = ["DIMENSIONS", "Reckoning", "has_result", "published", "question_of", "read", "result_of"]


def has_result(round):
    """Whether figures may be shown: once no answer comes in any more.

    Before that, whoever looks twice would see the answer given between; the progress is all there is.
    """
    return round.state == Round.State.CLOSED


def result_of(round, *, with_fieldwork=True):
    """The frozen result, or what the strata say now; of a round that still asks, only how far it is."""
    if round.frozen is not None:
        return round.frozen
    reckoning = Reckoning(read(round, with_fieldwork=with_fieldwork))
    return reckoning.page() if has_result(round) else reckoning.about()


def question_of(round, name):
    """One question with all its breakdowns, or None for one that is not asked."""
    if round.frozen is not None:
        return next((one for one in round.frozen["questions"] if one["name"] == name), None)
    reckoning = Reckoning(read(round, with_fieldwork=False))
    question = next((one for one in reckoning.asked() if one.name == name), None)
    return question and reckoning.question(question, divided=reckoning.dimensions)


def published():
    """The rounds whose frozen result everybody may read."""
    return Round.objects.filter(is_public=True)
