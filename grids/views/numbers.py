"""拨打 and 查看号码: a sealed number is given for one moment, and each time is in the audit log."""

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from grids import access
from grids.actions import numbers
from grids.crypto import CannotOpen
from grids.exceptions import DomainError, ReasonRequired
from grids.forms.residents import ReasonForm
from grids.middleware import wants_json
from grids.models import Relative, Resident
from grids.views.scoped import visible_or_404
from grids.views.submitting import posted, status_of

P = access.Permission

CANNOT_OPEN = "这个号码打不开了，请联系系统管理员。"


@require_POST
def resident_call(request, uuid):
    """Dial a resident."""
    person = visible_or_404(Resident, request.user, P.CALL_RESIDENT, uuid=uuid)
    return _call(request, person, person)


@require_POST
def relative_call(request, uuid):
    """Dial a resident's relative away from home."""
    person = visible_or_404(Relative, request.user, P.CALL_RESIDENT, uuid=uuid, removed_on=None)
    return _call(request, person, person.resident)


def _call(request, person, resident):
    """{"tel": number} for the script that dials, or a page with the number to tap."""
    form = ReasonForm(posted(request) if "reason" in request.POST else None)
    reason = form.cleaned_data["reason"] if form.is_bound and form.is_valid() else ""
    try:
        number = numbers.call(person=person, by=request.user, reason=reason)
    except ReasonRequired as error:
        if wants_json(request):
            return JsonResponse({"status": "reason_required", "message": str(error)}, status=422)
        context = {"form": form, "person": person, "resident": resident}
        return render(request, "grids/call_reason.html", context, status=status_of(form))
    except (DomainError, CannotOpen) as error:
        words = CANNOT_OPEN if isinstance(error, CannotOpen) else str(error)
        if wants_json(request):
            return JsonResponse({"status": "refused", "message": words}, status=422)
        messages.warning(request, words)
        return redirect(resident.household)
    if wants_json(request):
        return JsonResponse({"tel": number})
    return render(request, "grids/call.html", {"number": number, "person": person, "resident": resident})


def resident_reveal(request, uuid):
    """A resident's whole id number, after a reason, on this one answer only."""
    person = visible_or_404(Resident, request.user, P.REVEAL_NUMBER, uuid=uuid)
    form = ReasonForm(posted(request))
    number = ""
    if request.method == "POST" and form.is_valid():
        try:
            number = numbers.reveal_id_number(
                resident=person, by=request.user, reason=form.cleaned_data["reason"]
            )
        except DomainError as error:
            form.add_error(None, str(error))
        except CannotOpen:
            form.add_error(None, CANNOT_OPEN)
    context = {"form": form, "resident": person, "number": number}
    return render(request, "grids/reveal.html", context, status=status_of(form))
