"""走访率 by place, and exactly the rows behind each number. Places are compared, persons never."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from grids import access, figures
from grids.indicators import (
    VISIT_RATE_DEFINITION,
    WHICH,
    by_place,
    figures_of,
    owed_between,
    owed_in,
    with_words,
)
from grids.models import Grid
from grids.views.diary import month_asked, month_links
from grids.views.scoped import permission_required, visible_or_404

P = access.Permission

ROWS = 100


@permission_required(P.SEE_FIELDWORK)
def visit_rate(request):
    """The month's figures by village, or by grid inside one."""
    start, end = month_asked(request)
    place = _place(request)
    code = place.code if place else ""
    owed = owed_in(user=request.user, month=start, code=code)
    digits, grouped = by_place(owed)
    places = Grid.objects.visible_to(request.user, P.SEE_NET)
    named = dict(places.filter(code__in=grouped).values_list("code", "name"))
    lines = [
        {"code": code, "name": named.get(code, code), "figures": figures, "links": _links(start, code)}
        for code, figures in grouped.items()
    ]
    missed = [one for one in owed if not one.obligation.is_done]
    context = month_links(start) | {
        "month": start,
        "place": place,
        "lines": lines,
        "total": figures_of(owed),
        "total_links": _links(start, code),
        "is_open": end > timezone.localdate(),
        "definition": VISIT_RATE_DEFINITION,
        "by_area": digits == 12,
        "missed": with_words(missed[:20], request.user),
        "more_missed": max(len(missed) - 20, 0),
        "today": timezone.localdate(),
    }
    return render(request, "grids/rate.html", context)


@permission_required(P.SEE_FIELDWORK)
def visit_rate_rows(request):
    """What one number of the table counted, one line an obligation."""
    start, end = month_asked(request)
    place = _place(request)
    which = request.GET.get("which", "")
    if which not in WHICH:
        which = "due"
    label, counts = WHICH[which]
    span = figures.read(request.user, request.GET)
    if span:
        start, end = span.period.start, span.period.end
    owed = owed_between(request.user, start, end, place.code if place else "")
    rows = [one for one in owed if counts(one) and not (span and span.own and one.grid.code != place.code)]
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {
        "month": start,
        "span": span and span.period,
        "place": place,
        "which": which,
        "label": label,
        "n": len(rows),
        "page": page,
        "rows": with_words(page.object_list, request.user),
        "definition": VISIT_RATE_DEFINITION,
        "today": timezone.localdate(),
        "tabs": [
            {
                "label": words,
                "url": _links(start, place.code if place else "", span)[key],
                "current": key == which,
            }
            for key, (words, _) in WHICH.items()
        ],
    }
    return render(request, "grids/rate_rows.html", context)


def _place(request):
    """The place of ?grid=, which must lie in scope; None without one."""
    code = request.GET.get("grid", "")
    return visible_or_404(Grid, request.user, P.SEE_FIELDWORK, code=code) if code else None


def _links(month, code, span=None):
    """Where each number's rows are: of a month, or of the days that were asked for instead."""
    rows = reverse("visit_rate_rows")
    asked = {"month": f"{month:%Y-%m}"} | ({"grid": code} if code else {})
    if span:
        asked = span.query()
    return {key: f"{rows}?{urlencode(asked | {'which': key})}" for key in WHICH}
