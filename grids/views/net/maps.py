"""The net on a map, its overlaps and gaps, and in which grid a point lies. Every map has its list beside it."""

from collections import defaultdict

from django.conf import settings
from django.http import JsonResponse
from django.shortcuts import render
from django.utils import timezone

from grids.access import Permission as P
from grids.forms.net import LocateForm
from grids.middleware import wants_json
from grids.models import Grid, Tier
from grids.tree import OPEN, Net
from grids.views.scoped import permission_required


def map_data(user, code, tree):
    """What map.js draws of a subtree: one entry for each drawn place in use, one query."""
    drawn = Grid.objects.visible_to(user, P.SEE_NET).under(code).filter(boundary__isnull=False)
    boundaries = dict(drawn.values_list("code", "boundary"))
    # A retired or planned place is drawn on its own page only.
    nodes = [n for n in tree if n.grid.code in boundaries and (n.state == OPEN or n.grid.code == code)]
    return {
        "tiles": settings.MAP_TILE_URL,
        "attribution": settings.MAP_TILE_ATTRIBUTION,
        "features": [_feature(node, boundaries[node.grid.code]) for node in nodes],
    }


def _feature(node, boundary):
    names = [f"{term.get_role_display()} {term.user.name}" for term in node.posts]
    gaps = [f"缺{role.label}" for role in node.missing] + (["没有网格"] if node.lacks_grids else [])
    return {
        "code": node.grid.code,
        "name": node.grid.name,
        "url": node.grid.get_absolute_url(),
        "tier": node.grid.tier,
        "tone": "bad" if node.is_vacant else "good",
        "lines": [f"{node.households} 户", *names, *gaps],
        "boundary": boundary,
    }


@permission_required(P.SEE_NET)
def net_map(request):
    """`/net/map/`: boundaries coloured by vacancy; places without a boundary stand in the list."""
    tree = Net(request.user, timezone.localdate())
    areas = [node for node in tree if node.state == OPEN and node.grid.tier != Tier.TOWN]
    drawn = [node.grid for node in areas if node.grid.is_drawn]
    context = {
        "map": map_data(request.user, "", tree),
        "nodes": [node for node in areas if node.grid.tier != Tier.MICRO],
        "is_sample": any(grid.boundary_is_sample for grid in drawn),
        "n_drawn": len(drawn),
    }
    return render(request, "grids/net_map.html", context)


@permission_required(P.SEE_NET)
def net_report(request):
    """`/net/report/`: ground claimed twice or by nobody, areas without grids, grids without boundary."""
    from grids import geometry

    tree = Net(request.user, timezone.localdate())
    grids = Grid.objects.visible_to(request.user, P.SEE_NET).open().order_by("code")
    by_code = {grid.code: grid for grid in grids}
    grids_of = defaultdict(list)
    for grid in by_code.values():
        if grid.tier == Tier.GRID:
            grids_of[grid.area_code].append(grid)
    areas = [grid for grid in by_code.values() if grid.tier == Tier.AREA]
    findings = _overlaps(areas, by_code)
    for area in areas:
        findings += _area_findings(area, grids_of[area.code], by_code)
    context = {
        "findings": findings,
        "areas_without_grids": tree.areas_without_grids,
        "undrawn": tree.undrawn,
        "unreadable": [
            grid
            for grid in by_code.values()
            if grid.boundary is not None and geometry.shape_of(grid.boundary) is None
        ],
    }
    context["map"] = _findings_on_map(areas, findings)
    return render(request, "grids/net_report.html", context)


def _area_findings(area, grids, by_code):
    """What does not fit in one village or community."""
    from grids import geometry

    boundaries = [grid.boundary for grid in grids]
    findings = _overlaps(grids, by_code)
    gap = geometry.uncovered(area.boundary, boundaries) if any(boundaries) else None
    if gap:
        findings.append(_finding("gap", "没有网格覆盖", gap, [area]))
    for grid in grids:
        outside = geometry.beyond(area.boundary, [grid.boundary])
        if outside:
            findings.append(_finding("beyond", f"超出{area.name}的边界", outside, [grid]))
    return findings


def _overlaps(grids, by_code):
    from grids import geometry

    found = geometry.overlaps((grid.code, grid.boundary) for grid in grids)
    return [_finding("overlap", "重叠", o, [by_code[o.first], by_code[o.second]]) for o in found]


def _finding(kind, words, measured, places):
    from grids import geometry

    return {
        "id": "-".join([kind, *(place.code for place in places)]),
        "words": words,
        "hectares": geometry.hectares(measured.area_m2),
        "geometry": measured.geometry,
        "places": places,
    }


def _findings_on_map(areas, findings):
    """Findings in red over the outlines of the areas."""
    outlines = [
        {"code": area.code, "name": area.name, "url": area.get_absolute_url(), "tier": area.tier}
        | {"tone": "plain", "lines": [], "boundary": area.boundary}
        for area in areas
        if area.boundary
    ]
    marks = [
        {
            "code": f["id"],
            "name": "、".join(place.name for place in f["places"]),
            "url": "",
            "tier": Tier.GRID,
        }
        | {"tone": "bad", "lines": [f"{f['words']} {f['hectares']} 公顷"], "boundary": f["geometry"]}
        for f in findings
    ]
    return {
        "tiles": settings.MAP_TILE_URL,
        "attribution": settings.MAP_TILE_ATTRIBUTION,
        "features": outlines + marks,
    }


@permission_required(P.SEE_NET)
def net_locate(request):
    """`/net/locate/?lat=&lng=`: the grid in scope that holds the point, as a page or (Accept) as JSON."""
    from grids import geometry

    form = LocateForm(request.GET or None)
    found, asked = None, form.is_bound and form.is_valid()
    if asked:
        drawn = Grid.objects.visible_to(request.user, P.SEE_NET).open().filter(boundary__isnull=False)
        code = geometry.point_in(
            form.cleaned_data["lng"], form.cleaned_data["lat"], drawn.values_list("code", "boundary")
        )
        found = drawn.filter(code=code).first() if code else None
    if wants_json(request):
        return _locate_json(form, found)
    return render(request, "grids/net_locate.html", {"form": form, "found": found, "asked": asked})


def _locate_json(form, found):
    if not form.is_bound or form.errors:
        errors = form.errors.get_json_data() if form.is_bound else {}
        return JsonResponse({"status": "invalid", "errors": errors}, status=422)
    if found is None:
        return JsonResponse({"status": "outside"})
    where = {"code": found.code, "name": found.name, "tier": found.tier, "url": found.get_absolute_url()}
    return JsonResponse({"status": "found", **where})
