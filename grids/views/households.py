"""The list of households, opening one, correcting it, placing it in another grid."""

from typing import NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Max
from django.shortcuts import redirect, render
from django.urls import reverse

from grids import access
from grids.actions import households
from grids.actions.placed import grid_of
from grids.forms.households import (
    HouseholdFilterForm,
    HouseholdForm,
    MoveHouseholdForm,
    NewHouseholdForm,
)
from grids.models import Absence, Household, HouseholdVisit
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, status_of, submitted
from grids.views.typed import PARAMETER, takes_typed

P = access.Permission

PAGE = 50


class Row(NamedTuple):
    """One household of the list. `people` counts who lives there, `away` those of them who are away today."""

    household: Household
    people: int
    away: int
    tags: list
    last_met: object


@permission_required(P.SEE_HOUSEHOLDS)
@takes_typed("q")
def household_list(request):
    """Households of the user's scope in the order of their addresses, narrowed by a filter."""
    form = HouseholdFilterForm(request.filters, user=request.user)
    found = form.narrow(Household.objects.visible_to(request.user, P.SEE_HOUSEHOLDS))
    ordered = found.with_head().order_by("address_key", "pk")
    ordered = ordered.prefetch_related("residents__absences", "residents__care__category")
    page = Paginator(ordered, PAGE).get_page(request.GET.get("page"))
    is_filtered = any(request.filters.get(name) for name in form.fields)
    last_met = _last_met(request.user, [household.pk for household in page])
    context = {
        "form": form,
        "page": page,
        "rows": [_row(household, last_met.get(household.pk)) for household in page],
        "is_filtered": is_filtered,
        # Open where somebody filters or their search is over, and for offices, who nearly always do.
        "filter_open": is_filtered or PARAMETER in request.GET or access.can(request.user, P.EXPORT),
        "has_several_places": len(form.fields["grid"].queryset) > 1,
        "may_add": access.can(request.user, P.EDIT_HOUSEHOLDS),
    }
    return render(request, "grids/household_list.html", context)


def _last_met(user, household_ids):
    """When somebody was last met behind each of the doors, in one query."""
    met = HouseholdVisit.objects.visible_to(user, P.SEE_FIELDWORK).current()
    met = met.filter(household__in=household_ids, outcome=HouseholdVisit.Outcome.MET)
    return dict(met.values_list("household").annotate(Max("visited_on")))


def _row(household, last_met):
    absent = [
        next((absence for absence in resident.absences.all() if absence.is_current), None)
        for resident in household.residents.all()
    ]
    gone = sum(absence is not None and absence.reason in Absence.FOR_GOOD for absence in absent)
    away = sum(absence is not None for absence in absent) - gone
    tags = {
        care.category
        for resident in household.residents.all()
        for care in resident.care.all()
        if care.is_current
    }
    in_order = sorted(tags, key=lambda category: (category.position, category.pk))
    return Row(household, len(absent) - gone, away, in_order, last_met)


@permission_required(P.EDIT_HOUSEHOLDS)
def household_new(request):
    """A new household with its head; the others are added on its page."""
    form = NewHouseholdForm(posted(request), user=request.user)
    made = []

    def act(form):
        household = households.open_household(
            by=request.user, grid=form.cleaned_data["grid"], head=form.head(), **form.values()
        )
        made.append(household)

    if submitted(request, form, act):
        messages.success(request, "已建户。家里还有别人的，接着添加。")
        return redirect(made[0])
    return render(request, "grids/household_new.html", {"form": form}, status=status_of(form))


def household_edit(request, uuid):
    """Correct the address, the note, the position; two at once see both versions."""
    household = visible_or_404(Household, request.user, P.EDIT_HOUSEHOLDS, uuid=uuid)
    form = HouseholdForm(posted(request), instance=household)

    def act(form):
        version = form.cleaned_data["version"]
        households.update_household(
            household=household, by=request.user, seen_version=version, **form.values()
        )

    if submitted(request, form, act):
        messages.success(request, "已保存。")
        return redirect("household", uuid)
    context = {"form": form, "household": household}
    return render(request, "grids/household_edit.html", context, status=status_of(form))


def household_move(request, uuid):
    """Place the household in another grid from a date on; both must be in the user's scope."""
    household = visible_or_404(Household, request.user, P.EDIT_HOUSEHOLDS, uuid=uuid)
    grid = grid_of(household)
    form = MoveHouseholdForm(posted(request), user=request.user, household_grid=grid)

    def act(form):
        given = form.cleaned_data
        households.move_household(household=household, by=request.user, grid=given["grid"], on=given["on"])

    if submitted(request, form, act):
        new = form.cleaned_data["grid"]
        messages.success(request, f"{form.cleaned_data['on']:%Y-%m-%d} 起归{new.name}。")
        if access.can(request.user, P.SEE_HOUSEHOLDS, new):
            return redirect("household", uuid)
        return redirect(reverse("household_list"))
    context = {"form": form, "household": household, "grid": grid}
    return render(request, "grids/household_move.html", context, status=status_of(form))
