"""指标: a table of figures for any days, divided and narrowed, as page, file and JSON; and the rows behind a number."""

from datetime import timedelta
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header

from grids import access, due
from grids.actions.exports import log_export
from grids.figures import By, month_before, read, rows_behind, tabulate
from grids.figures.sheet import as_csv, as_data, as_workbook
from grids.models import Grid, Tier
from grids.views.scoped import permission_required, visible_or_404
from hekou.figure_pages import BEHIND, OF_CASES, in_words, link, shown
from hekou.forms.figures import FiguresForm
from hekou.indicators import FIGURES, sets_for

P = access.Permission
ROWS = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@permission_required(P.SEE_NET)
def figures(request):
    """`?format=csv|xlsx|json` gives the same table as a file; bad input the form again."""
    sets = sets_for(request.user)
    chosen = next((one for one in sets if one.key == request.GET.get("set")), sets[0] if sets else None)
    with_cases = chosen is not None and chosen.figures[0].rows.category != ""
    given = request.GET.copy()
    month = due.period_of(timezone.localdate(), due.MONTHLY)
    if not given.get("since") and not given.get("until"):
        given["since"], given["until"] = str(month[0]), str(month[1] - timedelta(days=1))
    form = FiguresForm(given, user=request.user, with_cases=with_cases)
    context = {"form": form, "chosen": chosen, "tabs": _tabs(request, sets, chosen)}
    if chosen is None or not form.is_valid():
        return render(request, "hekou/figures.html", context, status=422 if form.errors else 200)
    table = tabulate(request.user, form.period, form.divided, figures=chosen.figures, **form.narrowed)
    wanted = request.GET.get("format")
    if wanted in ("csv", "xlsx", "json"):
        return _file(request, wanted, chosen, table)
    lines, total = shown(table)
    lines = [(line, _inside(request, table, line)) for line in lines]
    period = form.period
    context |= {
        "table": table,
        "lines": lines,
        "total": total,
        "period": period,
        "spans": _spans(timezone.localdate()),
        "is_running": period.start <= timezone.localdate() < period.end,
        "left_out": [figure.label for figure in chosen.figures if figure not in table.figures],
    }
    return render(request, "hekou/figures.html", context)


def _inside(request, table, line):
    """The same table inside a village or a class; "" where there is nothing inside."""
    asked, given = table.asked, request.GET.copy()
    if asked.by == By.PLACE and len(line.key) == Tier.AREA == asked.digits:
        given["grid"] = line.key
    elif asked.by == By.CATEGORY and not asked.category:
        given["category"] = line.key
    else:
        return ""
    return f"?{given.urlencode()}"


def _tabs(request, sets, chosen):
    kept = {name: value for name, value in request.GET.items() if name in ("since", "until", "by", "grid")}
    return [
        {"label": one.label, "url": f"?{urlencode({'set': one.key, **kept})}", "current": one is chosen}
        for one in sets
    ]


def _spans(today):
    """(label, first day, last day) of the periods that the office closes."""
    month, _ = due.period_of(today, due.MONTHLY)
    quarter, after = due.period_of(today, due.QUARTERLY)
    year = today.replace(month=1, day=1)
    day = timedelta(days=1)
    return [
        ("本月", month, due.period_of(today, due.MONTHLY)[1] - day),
        ("上月", month_before(month), month - day),
        ("本季", quarter, after - day),
        ("本年", year, year.replace(year=year.year + 1) - day),
        ("去年", year.replace(year=year.year - 1), year - day),
    ]


def _file(request, wanted, chosen, table):
    period = table.asked.period
    title = f"{chosen.label}{period.start:%Y%m%d}-{period.last_day:%Y%m%d}"
    asked = {"since": str(period.start), "until": str(period.last_day), "by": table.asked.by.label}
    log_export(by=request.user, what=f"指标 {chosen.label}", rows=len(table.lines), asked=asked)
    if wanted == "json":
        return JsonResponse(as_data(table), json_dumps_params={"ensure_ascii": False})
    content, kind = (as_csv(table), "text/csv; charset=utf-8")
    if wanted == "xlsx":
        content, kind = as_workbook(table, chosen.label), XLSX
    disposition = content_disposition_header(True, f"{title}.{wanted}")
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": disposition})


@permission_required(P.SEE_NET)
def figure_rows(request):
    """`?figure=…&part=n|d&since=…&until=…&grid=…&category=…&unit=…`: exactly the rows that a number counted."""
    figure, asked = FIGURES.get(request.GET.get("figure", "")), read(request.user, request.GET)
    if figure is None or asked is None:
        return redirect("figures")
    access.require(request.user, figure.rows.permission)
    place = (
        visible_or_404(Grid, request.user, figure.rows.permission, code=asked.place) if asked.place else None
    )
    part = "d" if request.GET.get("part") == "d" and "d" in figure.parts else "n"
    if figure.address:
        page, given = figure.address(asked, part)
        return redirect(f"{page}?{urlencode(given)}")
    if figure.key in OF_CASES:
        return redirect(link(figure, asked, part))
    rows = rows_behind(figure, asked, part)
    behind = BEHIND[rows.model]
    ordered = rows.select_related(*behind.related).order_by(*behind.order)
    if "grid" in behind.related:
        ordered = ordered.defer("grid__boundary")
    page = Paginator(ordered, ROWS).get_page(request.GET.get("page"))
    context = {
        "figure": figure,
        "part": part,
        "asked": asked,
        "place": place,
        "page": page,
        "heads": behind.heads,
        "rows": in_words(rows.model, list(page.object_list), request.user),
    }
    return render(request, "hekou/figure_rows.html", context)
