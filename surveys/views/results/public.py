"""结果公示: what the town tells everybody. Frozen figures alone, without an account, without a script."""

from functools import lru_cache

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from surveys.actions.results import is_intact
from surveys.indicators.results import figures_of, published, stand_of
from surveys.views.results import shown


@login_not_required
@require_GET
def public_results(request):
    """Every result that is put up, the newest first."""
    rounds = published().order_by("-starts_on", "-pk")
    rounds = rounds.only("uuid", "title", "starts_on", "ends_on", "frozen_on")
    return render(request, "surveys/public_results.html", {"rounds": rounds})


@login_not_required
@require_GET
def public_result(request, uuid):
    """One of them: measures, questions, villages from n ≥ 30; a result that is not put up is not there."""
    round = get_object_or_404(published(), uuid=uuid)
    context = {
        "round": round,
        "result": round.frozen,
        "figures": figures_for_everybody(round.pk, stand_of(round)),
        "is_intact": is_intact(round),
    }
    return render(request, "surveys/public_result.html", context)


@lru_cache(maxsize=8)
def figures_for_everybody(pk, stand):
    """The measures and questions of a frozen round in words, made once a process."""
    result = figures_of(pk, stand)
    context = {
        "result": result,
        "measures": [_for_everybody(one) for one in shown.measures(result)],
        "questions": [one for one in shown.questions(result) if one.options or one.ranks or one.mean],
        "weights": shown.weights(result),
    }
    return render_to_string("surveys/public_figures.html", context)


def _for_everybody(measure):
    """A measure with its villages alone, and of them those whose rate may be shown."""
    villages = [
        one._replace(lines=[line for line in one.lines if line.bar])
        for one in measure.divided
        if one.dimension == "area"
    ]
    return measure._replace(divided=[one for one in villages if one.lines])
