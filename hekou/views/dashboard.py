"""The office's morning page, headed by the town's three: 听民声, 暖民心, 解民忧."""

from dataclasses import replace
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from grids import access
from grids.actions.exports import log_export
from grids.figures.sheet import as_csv, as_data
from grids.models import Grid, Tier
from grids.views.diary import month_asked, month_links
from grids.views.scoped import permission_required, visible_or_404
from hekou import charts
from hekou.dashboard import SHADES, dashboard
from hekou.figure_pages import number, shown

P = access.Permission

STATE_TONES = {
    "late": "bad",
    "overlooked": "bad",
    "unanswered": "bad",
    "red": "bad",
    "yellow": "warn",
    "green": "good",
}
# Four steps of a share in percent, or of a count against the highest; in words beside the colour.
STEPS = ((90, 4, "九成以上"), (75, 3, "七成半到九成"), (50, 2, "五成到七成半"), (0, 1, "不到五成"))
NOTHING = (0, "没有数")


@permission_required(P.SEE_CASES)
def dashboard_page(request):
    """`/dashboard/?month=&grid=&shade=`. At most 15 queries."""
    start, end = month_asked(request)
    code = request.GET.get("grid", "")
    place = visible_or_404(Grid, request.user, P.SEE_CASES, code=code) if code else None
    found = dashboard(request.user, start, code)
    shade = SHADES.get(request.GET.get("shade", ""), next(iter(SHADES.values())))
    today, links = timezone.localdate(), month_links(start)
    if request.GET.get("format") in ("csv", "json"):
        return _file(request, found, place)
    lines, _ = shown(found.by_place)
    by_code = {line.key: line for line in found.by_place.lines}
    shaded = [_shaded(one, by_code, found.by_place, shade) for one in found.places]
    context = links | {
        "found": found,
        "place": place,
        "today": today,
        "is_running": start <= today < end,
        "has_next": links["month_after"] <= today,
        "state": [
            (number(cell, found.state.asked), STATE_TONES.get(cell.figure.key, "plain"))
            for cell in found.state.total
        ],
        "fieldwork": {cell.figure.key: number(cell, found.fieldwork.asked) for cell in found.fieldwork.total},
        "warmed": number(found.warmed, found.fieldwork.asked),
        "now": {key: number(cell, found.by_place.asked) for key, cell in found.now.items()},
        "charts": _charts(found),
        "total": [number(found.now[one.key], found.by_place.asked) for one in found.by_place.figures],
        "explained": _explained(found),
        "lines": [(line, _inside(request, found, line)) for line in lines],
        "shade": shade,
        "shades": _shades(request, shade),
        "shaded": shaded,
        "steps": [(step, words) for _, step, words in STEPS] + [NOTHING],
        "map": _map(shaded),
        "is_sample": any(one.is_sample for one in found.places if one.boundary),
        "by_area": found.tier == Tier.AREA,
    }
    return render(request, "hekou/dashboard.html", context)


def _explained(found):
    """Every figure of the page, in its order."""
    return [
        *found.state.figures,
        *found.fieldwork.figures,
        found.warmed.figure,
        *found.trend.figures,
    ]


def _file(request, found, place):
    """The month by place as CSV; with today's state, fieldwork and the year as JSON. What the page shows, audited."""
    kind, where = request.GET["format"], place.name if place else ""
    log_export(
        by=request.user,
        what="看板",
        rows=len(found.by_place.lines),
        asked={"month": f"{found.month:%Y-%m}"} | ({"grid": where} if where else {}),
    )
    by_place = replace(found.by_place, total=[found.now[one.key] for one in found.by_place.figures])
    if kind == "csv":
        name = f"看板{where}{found.month:%Y%m}.csv"
        headers = {"Content-Disposition": content_disposition_header(True, name)}
        return HttpResponse(as_csv(by_place), content_type="text/csv; charset=utf-8", headers=headers)
    warmed = replace(found.fieldwork, figures=[found.warmed.figure], total=[found.warmed])
    tables = {"state": found.state, "fieldwork": found.fieldwork, "care": warmed}
    tables |= {"year": found.trend, "places": by_place}
    told = {name: as_data(table) for name, table in tables.items()}
    return JsonResponse(told, json_dumps_params={"ensure_ascii": False})


def _inside(request, found, line):
    """The same page inside a village."""
    if found.tier != Tier.AREA or len(line.key) != Tier.AREA:
        return ""
    return f"?{urlencode({**request.GET.dict(), 'grid': line.key})}"


def _charts(found):
    """Two drawings of the year and the table of each."""
    lines = found.trend.lines
    at = {figure.key: position for position, figure in enumerate(found.trend.figures)}
    drawn = []
    for title, keys, unit in (
        ("上报和结案（件）", ("reported", "closures"), ""),
        ("按期结案率、网格自办率、满意率", ("closed_in_time", "in_grid", "satisfied"), " %"),
    ):
        figures = [found.trend.figures[at[key]] for key in keys]
        series = tuple(
            (figure.label, tuple(line.cells[at[figure.key]].value for line in lines)) for figure in figures
        )
        months = tuple(f"{int(line.key[5:])}月" for line in lines)
        rows = [
            (line.label, [number(line.cells[at[key]], found.trend.asked.at_line(line.key)) for key in keys])
            for line in lines
        ]
        drawn.append(
            {
                "title": title,
                "svg": charts.render(f"{title}，近 12 个月", months, series, unit),
                "figures": figures,
                "rows": rows,
            }
        )
    return drawn


def _shades(request, chosen):
    kept = {name: value for name, value in request.GET.items() if name in ("month", "grid")}
    return [
        {
            "label": figure.label,
            "url": f"?{urlencode(kept | {'shade': key})}#map",
            "current": figure is chosen,
        }
        for key, figure in SHADES.items()
    ]


def _shaded(place, by_code, table, figure):
    """(place, number, step, words) of one place of the map."""
    position = table.figures.index(figure)
    line = by_code.get(place.code)
    # A place that was not there yet has no line.
    cell = line.cells[position] if line else table.sample[position]
    share = cell.value
    if cell.d is None:
        highest = max(one.cells[position].n for one in table.lines)
        share = 100 * cell.n / highest if cell.n else None
    step, words = NOTHING
    if share is not None:
        step, words = next((step, words) for least, step, words in STEPS if share >= least)
    return place, number(cell, table.asked.at_line(place.code)), step, words


def _map(shaded):
    """What map.js draws; a place without a boundary stands in the list alone."""
    return {
        "tiles": settings.MAP_TILE_URL,
        "attribution": settings.MAP_TILE_ATTRIBUTION,
        "features": [
            {
                "code": place.code,
                "name": place.name,
                "url": reverse("net_grid", args=[place.code]),
                "tier": len(place.code),
                "tone": f"shade-{step}",
                "lines": [f"{shown.cell.figure.label} {shown.cell.words}", words],
                "boundary": place.boundary,
            }
            for place, shown, step, words in shaded
            if place.boundary
        ],
    }
