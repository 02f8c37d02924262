"""Terms: begin, end, take back, stand in."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from grids.access import Permission as P
from grids.actions.staff import terms as actions
from grids.actions.staff.terms import StaffRefused
from grids.forms.staff.fields import add_refusal, assignable_people, person_words, staffable_places
from grids.forms.staff.terms import AssignForm, LastDayForm, StandInForm
from grids.models import GridAssignment
from grids.scoped import next_day
from grids.views.scoped import permission_required, visible_or_404
from grids.views.staff.deed import done
from grids.views.submitting import status_of


@require_http_methods(["GET", "POST"])
@permission_required(P.EDIT_STAFF)
def staff_assign(request):
    """Give somebody a role at a place; a vacancy or a person's page fills in what it knows."""
    people = list(assignable_people(request.user))
    places = staffable_places(request.user)
    form = AssignForm(request.POST or None, places=places, people=people, initial=_known(request.GET, people))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            term = actions.assign(
                person=given["person"],
                role=given["role"],
                grid=given["grid"],
                starts_on=given["starts_on"],
                ends_on=next_day(given["last_day"]),
                by=request.user,
            )
        except StaffRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"已安排：{term.user.name}，{actions.term_words(term)}。")
            if "person" in request.GET:
                return redirect(term.user)
            return redirect(f"{reverse('staff')}#g{term.grid.code}")
    context = {"form": form, "people": people}
    return render(request, "grids/staff_assign.html", context, status=status_of(form))


def _known(given, people):
    """What the address already says: role, grid (its id) and person (a uuid), read leniently."""
    initial = {name: given[name] for name in ("role", "grid") if name in given}
    for person in people:
        if str(person.uuid) == given.get("person"):
            initial["person"] = person_words(person)
    return initial


def _term_or_404(request, pk):
    return visible_or_404(GridAssignment, request.user, P.EDIT_STAFF, pk=pk)


@require_http_methods(["GET", "POST"])
def staff_term(request, pk):
    """Let a term end on a day, or later, or not at all."""
    term = _term_or_404(request, pk)
    form = LastDayForm(request.POST or None, initial={"last_day": term.last_day or timezone.localdate()})
    changed = done(request, form, lambda **given: actions.set_last_day(term=term, **given))
    if changed:
        messages.success(request, f"已改：{actions.term_words(changed)}。")
        return redirect(changed.user)
    can_cancel = term.starts_on > timezone.localdate()
    context = {"form": form, "term": term, "can_cancel": can_cancel}
    return render(request, "grids/staff_term.html", context, status=status_of(form))


@require_POST
def staff_term_cancel(request, pk):
    term = _term_or_404(request, pk)
    try:
        actions.cancel_term(term=term, by=request.user)
    except StaffRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "已撤销，这项任职不会开始。")
    return redirect(term.user)


@require_http_methods(["GET", "POST"])
def staff_stand_in(request, pk):
    """Somebody covers a leave (代管)."""
    term = _term_or_404(request, pk)
    people = [person for person in assignable_people(request.user) if person.pk != term.user_id]
    form = StandInForm(request.POST or None, people=people)
    cover = done(request, form, lambda **given: actions.stand_in(term=term, **given))
    if cover:
        messages.success(request, f"已安排代管：{cover.user.name}，{actions.term_words(cover)}。")
        return redirect(term.user)
    context = {"form": form, "term": term, "people": people}
    return render(request, "grids/staff_stand_in.html", context, status=status_of(form))
