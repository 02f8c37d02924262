"""What came out of a round: the whole, one question, two against each other, the words, and two rounds side by side.

Seen with SEE_SURVEYS. While a round still asks there are no figures, only how far it is (indicators.results).
"""

from functools import lru_cache
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from grids import access
from grids.views.scoped import visible_or_404
from surveys.actions.results import is_intact
from surveys.indicators.results import figures_of, has_result, question_of, result_of, stand_of
from surveys.indicators.results.comparison import compare
from surveys.indicators.results.crosstab import crossable, crosstab
from surveys.indicators.results.words import answers_to, masked, written
from surveys.models import Round, schema_of
from surveys.views.results import shown
from surveys.views.results.changes import changes

P = access.Permission
WORDS = 50


def round_or_404(request, uuid):
    """The round of this address, with what its pages say of it."""
    related = ["town", "version__questionnaire", "frozen_by"]
    return visible_or_404(Round, request.user, P.SEE_SURVEYS, related=related, uuid=uuid)


def _tabs(current, has_words):
    names = [("round_results", "结果"), ("round_crosstab", "交叉"), ("round_compare", "两次比较")]
    if has_words:
        names.insert(2, ("round_open_answers", "开放回答"))
    return [(name, label, name == current) for name, label in names]


def page(request, template, round, current, **context):
    """A page of a round, with the tabs of all its results; of a round that still asks, that there is none yet."""
    schema = schema_of(round.version)
    if not has_result(round) and current != "round_results":
        template = "surveys/results_waiting.html"
    context |= {
        "round": round,
        "has_result": has_result(round),
        "tabs": _tabs(current, bool(written(schema))),
        "may_run": access.can(request.user, P.RUN_SURVEY, round.town),
        "may_export": access.can(request.user, P.EXPORT, round.town),
    }
    return render(request, template, context)


@require_GET
def results(request, uuid):
    """The whole report: the measures, then each question; frozen figures once it is frozen."""
    round = round_or_404(request, uuid)
    result = result_of(round)
    context = {"result": result, "sampling": shown.sampling(result), "weights": shown.weights(result)}
    if has_result(round):
        context |= {
            "figures": figures_in_words(round.pk, round.uuid, stand_of(round)),
            "is_intact": round.frozen is None or is_intact(round),
        }
    return page(request, "surveys/results.html", round, "round_results", **context)


@lru_cache(maxsize=8)
def figures_in_words(pk, uuid, stand):
    """The measures and questions of a round as it stands, as the page shows them to everybody who may see it.

    Hundreds of shares with their drawings take longer than all the rest; they are put into words once for each stand.
    """
    result = figures_of(pk, stand)
    context = {"result": result, "uuid": uuid}
    context |= {"measures": shown.measures(result), "questions": shown.questions(result)}
    return render_to_string("surveys/results_figures.html", context)


@require_GET
def question(request, uuid, name):
    """One question by village, sex, age and mode."""
    round = round_or_404(request, uuid)
    schema = schema_of(round.version)
    asked = [one.name for one in schema.questions() if one.kind != "note"]
    if name not in asked:
        raise Http404
    context = {}
    if has_result(round):
        kept = question_of(round, name)
        context = {"question": shown.question(kept, asked.index(name) + 1), "result": round.frozen}
        place = asked.index(name)
        context["before"] = schema.question(asked[place - 1]) if place else None
        context["after"] = schema.question(asked[place + 1]) if place + 1 < len(asked) else None
    return page(request, "surveys/results_question.html", round, "round_question", **context)


@require_GET
def cross(request, uuid):
    """Two questions of one choice: `?down=…&across=…`. What is no such question asks nothing."""
    round = round_or_404(request, uuid)
    choices = crossable(schema_of(round.version))
    by_name = {one.name: one for one in choices}
    down, across = (by_name.get(request.GET.get(side, "")) for side in ("down", "across"))
    context = {"offered": [(one.name, one.label) for one in choices], "down": down, "across": across}
    if has_result(round) and down and across and down != across:
        found = crosstab(round, down, across)
        context |= {"table": found and _with_shares(found), "is_asked": True}
    return page(request, "surveys/results_crosstab.html", round, "round_crosstab", **context)


def _with_shares(found):
    """The table with the share of each visible cell in its row."""
    rows = [
        row | {"cells": [(n, f"{100 * n / row['n']:.1f} %") if n is not None else None for n in row["cells"]]}
        for row in found["rows"]
    ]
    return found | {"rows": rows}


@require_GET
def words(request, uuid):
    """What people wrote under one question: `?question=…`, the first without one."""
    round = round_or_404(request, uuid)
    questions = written(schema_of(round.version))
    wanted = request.GET.get("question", "")
    name = wanted if wanted in dict(questions) else (questions[0][0] if questions else "")
    context = {"questions": questions, "name": name, "label": dict(questions).get(name, "")}
    if has_result(round) and name:
        lines = Paginator(answers_to(round, name), WORDS).get_page(request.GET.get("page"))
        lines.object_list = [masked(text) for text in lines.object_list]
        context["page"] = lines
    return page(request, "surveys/results_words.html", round, "round_open_answers", **context)


@require_GET
def comparing(request, uuid):
    """This round against another that is over: `?with=<uuid>`."""
    round = round_or_404(request, uuid)
    rounds = Round.objects.visible_to(request.user, P.SEE_SURVEYS).filter(state=Round.State.CLOSED)
    others = list(
        rounds.exclude(pk=round.pk).order_by("-starts_on", "-pk").only("uuid", "title", "starts_on")
    )
    other = _other(request, rounds.exclude(pk=round.pk))
    context = {"others": others, "other": other}
    if has_result(round) and other:
        before, after = sorted((other, round), key=lambda one: (one.starts_on, one.pk))
        found = compare(*(figures_of(one.pk, stand_of(one)) for one in (before, after)))
        context |= {"before": before, "after": after, "comparison": changes(found)}
    return page(request, "surveys/results_compare.html", round, "round_compare", **context)


def _other(request, rounds):
    """The round that `?with=` names; None for no uuid, 404 for one that is not there."""
    try:
        wanted = UUID(request.GET.get("with", ""))
    except ValueError:
        return None
    found = rounds.select_related("version").filter(uuid=wanted).first()
    if found is None:
        raise Http404
    return found
