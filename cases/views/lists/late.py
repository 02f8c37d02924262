"""超期与将超期, a leader's phone in a meeting: what is late and where it is stuck, never who."""

from urllib.parse import urlencode

from django.db.models import Count
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cases.models import Case, moments_of
from cases.querysets import PRESSING_LABELS, Pressing, is_pressing
from cases.views.lists import sheet
from cases.views.lists.rows import SHOWN, around, shown
from grids import access
from grids.models import Grid, Tier
from grids.views.scoped import permission_required

P = access.Permission
TONES = {Pressing.LATE: "bad", Pressing.UNANSWERED: "bad", Pressing.SOON: "warn", Pressing.UNACCEPTED: "warn"}
OF_REPLY = (("督办答复期限", lambda case: case.reply_by),)
# Cases of no unit are the villages' and the town's own.
NO_UNIT = "none"


@require_safe
@permission_required(P.SEE_CASES)
def late(request):
    """Five numbers, two tables of them, and the rows of the one that was asked for."""
    user, today = request.user, timezone.localdate()
    moments = moments_of(user.town_id)
    cases = Case.objects.visible_to(user, P.SEE_CASES)
    counted = _counted(cases, moments)
    total = {kind: sum(row[kind] for row in counted) for kind in PRESSING_LABELS}
    areas, units = _by_area(user, counted), _by_unit(counted)
    kind = _asked(request, total)
    area = next((line for line in areas if line["key"] == request.GET.get("area")), None)
    unit = next((line for line in units if line["key"] == request.GET.get("unit")), None)
    rows = cases.pressing(kind, moments)
    if area:
        rows = rows.filter(responsible_grid__code__startswith=area["key"])
    if unit:
        rows = rows.filter(unit__uuid=unit["key"]) if unit["key"] != NO_UNIT else rows.filter(unit=None)
    rows = rows.by_reply(today)
    if sheet.wanted(request):
        asked = {"show": PRESSING_LABELS[kind], "at": (area or unit or {}).get("name")}
        return sheet.of_cases(request, "超期与将超期", ((PRESSING_LABELS[kind], rows),), OF_REPLY, asked)
    rows = shown(rows)
    for row in rows:
        row.owes_reply = bool(row.reply_by and row.reply_by < today)
        row.may_supervise = not row.reply_by and access.can(user, P.SUPERVISE, row.responsible_grid_id)
    context = {
        "stats": [_stat(one, total[one], one == kind) for one in PRESSING_LABELS],
        "labels": PRESSING_LABELS.values(),
        "areas": _linked(areas, "area"),
        "units": _linked(units, "unit"),
        "kind": kind,
        "label": PRESSING_LABELS[kind],
        "place": area or unit,
        "rows": rows,
        "n": (area or unit or {"counts": total})["counts"][kind],
        "most": SHOWN,
        "today": today,
        "soon_until": moments.soon_until,
        "accept_since": moments.accept_since,
        **around(user, "case_late"),
    }
    return render(request, "cases/list_late.html", context)


def _counted(cases, moments):
    """Rows {grid's code, unit, a count a kind} of the open cases; one query."""
    counts = {kind: Count("pk", filter=is_pressing(kind, moments)) for kind in PRESSING_LABELS}
    places = cases.open().order_by().values("responsible_grid__code", "unit__uuid", "unit__name")
    return [row for row in places.annotate(**counts) if any(row[kind] for kind in counts)]


def _asked(request, total):
    """The number whose rows are shown: the one asked for, else the first that is not nothing."""
    try:
        return Pressing(request.GET.get("show", ""))
    except ValueError:
        return next((kind for kind, n in total.items() if n), Pressing.LATE)


def _lines(counted, key_of, name_of):
    lines = {}
    for row in counted:
        key = key_of(row)
        line = lines.setdefault(
            key, {"key": key, "name": name_of(row), "counts": dict.fromkeys(PRESSING_LABELS, 0)}
        )
        for kind in PRESSING_LABELS:
            line["counts"][kind] += row[kind]
    return list(lines.values())


def _by_area(user, counted):
    codes = {row["responsible_grid__code"][: Tier.AREA] for row in counted}
    places = Grid.objects.visible_to(user, P.SEE_NET).filter(code__in=codes)
    named = dict(places.values_list("code", "name"))

    def code(row):
        return row["responsible_grid__code"][: Tier.AREA]

    lines = _lines(counted, code, lambda row: named.get(code(row), code(row)))
    return sorted(lines, key=lambda line: line["key"])


def _by_unit(counted):
    lines = _lines(
        counted,
        lambda row: str(row["unit__uuid"] or NO_UNIT),
        lambda row: row["unit__name"] or "村、镇自办",
    )
    return sorted(lines, key=lambda line: (-sum(line["counts"].values()), line["name"]))


def _stat(kind, n, current):
    return {
        "label": PRESSING_LABELS[kind],
        "value": n,
        "url": f"?show={kind}#rows",
        "tone": TONES.get(kind, "plain") if n else "plain",
        "current": current,
    }


def _linked(lines, name):
    """The lines with a link behind every number that is not nothing."""
    for line in lines:
        line["cells"] = [
            (PRESSING_LABELS[kind], n, n and f"?{urlencode({'show': kind, name: line['key']})}#rows")
            for kind, n in line["counts"].items()
        ]
    return lines
