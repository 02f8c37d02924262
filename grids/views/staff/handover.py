"""办理交接: see what hangs on a person's terms, choose who takes over, look at it once more, do it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from grids.access import Permission as P
from grids.actions.staff.handover import hand_over
from grids.actions.staff.terms import StaffRefused
from grids.actions.staff.workload import workload_of
from grids.forms.staff.fields import add_refusal, assignable_people
from grids.forms.staff.handover import HandoverForm, WhomForm
from grids.models import GridAssignment, User
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import status_of
from grids.views.typed import takes_typed


@require_http_methods(["GET", "POST"])
@permission_required(P.EDIT_STAFF)
@takes_typed("who")
def staff_handover(request):
    """Without a person: whose. With one: the form, then the same form with what it would do, then done."""
    if "person" not in request.GET:
        return _whose(request)
    person = _person_or_404(request)
    people = [other for other in assignable_people(request.user) if other.pk != person.pk]
    terms = list(_terms_of(person, request.user))
    form = HandoverForm(request.POST or None, terms=terms, people=people)
    moves = None
    if request.method == "POST" and form.is_valid():
        moves = form.moves()
        step = request.POST.get("step")
        if step == "confirm":
            try:
                hand_over(person=person, on=form.cleaned_data["on"], moves=moves, by=request.user)
            except StaffRefused as refused:
                add_refusal(form, refused)
                moves = None
            else:
                messages.success(request, f"交接已办好：{person.name}的 {len(moves)} 项任职。")
                return redirect(person)
        elif step == "back":
            moves = None
    loads = workload_of(terms)
    context = {
        "person": person,
        "form": form,
        "rows": [(row, loads.get(row.term.pk)) for row in form.rows()],
        "moves": moves and [(move, loads.get(move.term.pk)) for move in moves],
        "people": people,
    }
    return render(request, "grids/handover.html", context, status=status_of(form))


def _person_or_404(request):
    """The person named in the address; what is no uuid names nobody."""
    try:
        uuid = UUID(request.GET["person"])
    except ValueError as error:
        raise Http404 from error
    return visible_or_404(User, request.user, P.EDIT_STAFF, uuid=uuid)


def _whose(request):
    people = list(assignable_people(request.user))
    form = WhomForm(request.filters if "who" in request.filters else None, people=people)
    if form.is_valid():
        return redirect(f"{reverse('staff_handover')}?person={form.cleaned_data['who'].uuid}")
    return render(request, "grids/handover_whose.html", {"form": form, "people": people})


def _terms_of(person, user):
    rows = GridAssignment.objects.visible_to(user, P.EDIT_STAFF).filter(user=person).current()
    return rows.select_related("grid", "stand_in_for__user").order_by("grid__code", "role")
