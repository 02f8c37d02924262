"""Splitting and merging: fill in, look at what will be, confirm. Nothing is saved before the last step."""

from datetime import timedelta

from django.contrib import messages
from django.shortcuts import redirect

from grids.actions import net, regrid
from grids.exceptions import DomainError
from grids.forms.regrid import MergeForm, SplitForm, asked_shares
from grids.models import Tier
from grids.views.net.changes import page, place_or_404

STEPS = ("divide", "edit", "preview", "confirm")


def step_of(request):
    """Which button was pressed; an unknown one only previews."""
    step = request.POST.get("step")
    return step if step in STEPS else "preview"


def carried(request):
    """What the preview hands on to the confirmation, field by field."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "step")
        for value in values
    ]


def net_split(request, code):
    """Divide a grid in two or more."""
    grid = place_or_404(request, code, Tier.GRID, Tier.MICRO)
    try:
        return _split(request, grid)
    except DomainError as refused:
        messages.error(request, str(refused))
        return redirect(grid)


def _split(request, grid):
    given = {"grid": grid, "user": request.user, "parts": _asked_parts(request)}
    if request.method != "POST":
        return _split_page(request, grid, SplitForm(**given))
    step = step_of(request)
    if step == "divide":
        return _split_page(request, grid, _divided(request, given))
    form = SplitForm(request.POST, **given)
    if step == "edit" or not form.is_valid():
        return _split_page(request, grid, form)
    if step == "confirm":
        try:
            new = regrid.split(
                grid=grid,
                by=request.user,
                effective_on=form.cleaned_data["effective_on"],
                parts=form.as_parts(),
                newcomers=form.cleaned_data["newcomers"],
            )
        except DomainError as refused:
            form.add_error(None, str(refused))
            return _split_page(request, grid, form)
        names = "、".join(f"{place.name}（{place.code}）" for place in new)
        messages.success(request, f"定于 {form.cleaned_data['effective_on']:%Y-%m-%d} 拆分为{names}。")
        return redirect(grid)
    return page(
        request,
        "grids/net_split_preview.html",
        grid,
        "拆分",
        form=form,
        carried=carried(request),
        last_day=form.cleaned_data["effective_on"] - timedelta(days=1),
        newcomers=form.label(form.cleaned_data["newcomers"]),
        chosen_terms=_chosen(form),
        staying_out=_staying_out(form),
        unstaffed=_unstaffed(form),
    )


def _asked_parts(request):
    text = (request.POST or request.GET).get("parts", "")
    return int(text) if text in map(str, range(2, regrid.MAX_PARTS + 1)) else 2


def _divided(request, given):
    """The page again with what was typed, and the households dealt out by the numbers asked for."""
    form = SplitForm(**given)
    initial = {name: request.POST[name] for name in form.fields if name in request.POST}
    initial["terms"] = request.POST.getlist("terms")
    return SplitForm(
        **given, initial=initial, division=asked_shares(request.POST, len(form.rows), given["parts"])
    )


def _split_page(request, grid, form):
    numbers = range(2, regrid.MAX_PARTS + 1)
    return page(request, "grids/net_split.html", grid, "拆分", form=form, part_numbers=numbers)


def _chosen(form):
    """The words of the ticked terms."""
    labels = dict(form.fields["terms"].choices)
    return [labels[value] for value in form.cleaned_data["terms"]]


def _unstaffed(form):
    """The names of new grids in which nobody goes on."""
    staffed = {int(value.split("-")[1]) for value in form.cleaned_data["terms"]}
    return [form.cleaned_data[f"name_{i}"] for i in range(form.count) if i not in staffed]


def _staying_out(form):
    """The people whose term ends and who go on nowhere."""
    going_on = {int(value.split("-")[0]) for value in form.cleaned_data["terms"]}
    return [term for term in form.terms if term.pk not in going_on]


def net_merge(request, code):
    """Join several grids of an area, or micro-grids of a grid."""
    parent = place_or_404(request, code, *net.CHILD_TIER)
    try:
        return _merge(request, parent)
    except DomainError as refused:
        messages.error(request, str(refused))
        return redirect(parent)


def _merge(request, parent):
    title = "合并网格" if parent.tier == Tier.AREA else "合并微网格"
    template = "grids/net_merge.html"
    given = {"parent": parent, "user": request.user}
    if request.method != "POST":
        return page(request, template, parent, title, form=MergeForm(**given))
    step = step_of(request)
    form = MergeForm(request.POST, **given)
    if step == "edit" or not form.is_valid():
        return page(request, template, parent, title, form=form)
    if step == "confirm":
        try:
            place = regrid.merge(by=request.user, **_merge_values(form))
        except DomainError as refused:
            form.add_error(None, str(refused))
            return page(request, template, parent, title, form=form)
        day = form.cleaned_data["effective_on"]
        messages.success(request, f"定于 {day:%Y-%m-%d} 合并为{place.name}（{place.code}）。")
        return redirect(place)
    labels = dict(form.fields["terms"].choices)
    return page(
        request,
        "grids/net_merge_preview.html",
        parent,
        title,
        form=form,
        carried=carried(request),
        last_day=form.cleaned_data["effective_on"] - timedelta(days=1),
        chosen_terms=[labels[value] for value in form.cleaned_data["terms"]],
        grid_labels=[form.fields["grids"].label_from_instance(g) for g in form.cleaned_data["grids"]],
    )


def _merge_values(form):
    given = dict(form.cleaned_data)
    return given | {"grids": list(given["grids"]), "terms": tuple(map(int, given["terms"]))}
