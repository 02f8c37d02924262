"""Describing, opening, drawing and ending one place."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone

from grids.access import Permission as P
from grids.actions import net, regrid
from grids.exceptions import DomainError
from grids.forms.net import BoundaryForm, OpenPlaceForm, PlaceForm, RetireForm
from grids.models import Grid, Placement, Tier
from grids.tree import Net
from grids.views.net import maps
from grids.views.net.page import trail_to
from grids.views.scoped import visible_or_404
from grids.views.submitting import status_of


def place_or_404(request, code, *tiers):
    """The place that the user may edit; other tiers have no such page."""
    grid = visible_or_404(Grid, request.user, P.EDIT_NET, code=code)
    if tiers and grid.tier not in tiers:
        raise Http404("no such page for this tier")
    return grid


def posted(request):
    """A form's data and files: bound by every POST, an empty one too, and by nothing else."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def page(request, template, grid, title, *, form=None, status=200, **context):
    """A form's page below a place."""
    above = trail_to(grid, request.user)
    trail = [*above[:-1], (grid.name, grid.get_absolute_url()), (title, "")]
    given = {"grid": grid, "title": title, "trail": trail, "form": form, **context}
    return render(request, template, given, status=status_of(form) if form else status)


def net_edit(request, code):
    """Name, area in words, services, duty phone."""
    grid = place_or_404(request, code)
    form = PlaceForm(posted(request)[0], instance=grid)
    if request.method == "POST" and form.is_valid():
        net.describe(place=grid, by=request.user, **form.cleaned_data)
        messages.success(request, "已保存。")
        return redirect(grid)
    return page(request, "grids/net_form.html", grid, "修改", form=form, label="保存")


def net_open(request, code):
    """A new grid in an area, a new micro-grid in a grid."""
    parent = place_or_404(request, code, *net.CHILD_TIER)
    title = "新设网格" if parent.tier == Tier.AREA else "新设微网格"
    try:
        form = OpenPlaceForm(posted(request)[0], parent=parent)
        if request.method == "POST" and form.is_valid():
            place = net.open_place(parent=parent, by=request.user, **form.values())
            messages.success(request, f"{place.name}（{place.code}）已设立，请安排人员。")
            return redirect(place)
    except DomainError as refused:
        if request.method != "POST":
            messages.error(request, str(refused))
            return redirect(parent)
        form.add_error(None, str(refused))
    return page(request, "grids/net_form.html", parent, title, form=form, label="设立")


def net_retire(request, code):
    """End a grid on a date, its households going to another one."""
    grid = place_or_404(request, code, Tier.GRID, Tier.MICRO)
    form = RetireForm(posted(request)[0], grid=grid, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            regrid.retire(grid=grid, by=request.user, **form.cleaned_data)
            messages.success(request, f"{grid.name}定于 {form.cleaned_data['on']:%Y-%m-%d} 停用。")
            return redirect(grid)
        except DomainError as refused:
            form.add_error(None, str(refused))
    placed = Placement.objects.visible_to(request.user, P.EDIT_NET).current()
    households = placed.filter(grid__code__startswith=grid.code).count()
    return page(request, "grids/net_retire.html", grid, "停用", form=form, households=households)


def net_boundary(request, code):
    """Paste or upload a boundary, or take it away."""
    grid = place_or_404(request, code)
    if request.method == "POST" and "remove" in request.POST:
        net.draw(place=grid, by=request.user, boundary=None)
        messages.success(request, "边界已删除。")
        return redirect(grid)
    form = BoundaryForm(*posted(request))
    if request.method == "POST" and form.is_valid():
        read = form.cleaned_data["boundary"]
        net.draw(place=grid, by=request.user, boundary=read.geometry)
        messages.success(request, "边界已保存。")
        if read.was_repaired:
            messages.warning(request, "边界的线有一处自己交叉，已自动修好，请在地图上核对。")
        if _lies_apart(request.user, grid, read.geometry):
            messages.warning(request, "这条边界不在上一级的边界之内，请核对坐标。")
        return redirect(grid)
    context = {
        "form": form,
        "map": maps.map_data(request.user, grid.parent_code or grid.code, _tree(request)),
    }
    return page(request, "grids/net_boundary.html", grid, "边界", **context)


def _tree(request):
    return Net(request.user, timezone.localdate())


def _lies_apart(user, grid, boundary):
    """Whether the parent is drawn somewhere else altogether: kept, but worth a look."""
    from grids.geometry import shape_of

    parent = Grid.objects.visible_to(user, P.SEE_NET).filter(code=grid.parent_code).first()
    around = shape_of(parent.boundary) if parent else None
    return around is not None and not around.intersects(shape_of(boundary))
