"""How a view comes to one case, and what every page about one says when it moved on meanwhile."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone

from cases import rights
from cases.models import Case, calendar_of
from grids import access

P = access.Permission

# What rights read of a case; every join more is planned anew for every press.
_ALWAYS = ("responsible_grid", "unit")
# A boundary is long and no page of a case shows it.
_NEVER = ("responsible_grid__boundary",)


def case_or_404(user, uuid, *related, with_hands=True):
    """The case in the user's scope, their own reports included.

    `with_hands` brings the units that support it along, which most presses never ask for.
    Raises PermissionDenied where the user sees no cases at all, Http404 where not this one.
    """
    rows = Case.objects.visible_to(user, P.SEE_CASES).select_related(*_ALWAYS, *related).defer(*_NEVER)
    try:
        # Not `first`: an order, of one row too, is looked for among all the columns that are read.
        return (rows.with_hands() if with_hands else rows).get(uuid=uuid)
    except Case.DoesNotExist:
        access.require(user, P.SEE_CASES)
        raise Http404("no case") from None


def row_or_404(model, user, uuid, *related):
    """A row that hangs on a case the user may see, as `case_or_404` finds the case."""
    row = (
        model.objects.visible_to(user, P.SEE_CASES).filter(uuid=uuid).select_related("case", *related).first()
    )
    if row is None:
        access.require(user, P.SEE_CASES)
        raise Http404("no row")
    return row


def calendar_to_deadline(case, rules):
    """The working time between now and the deadline, for a limit that counts it and runs; else None. One query."""
    runs = case.is_open and case.due_at and not case.suspended_since and not case.handled_at
    if not runs or case.due_by == Case.DueBy.UPSTREAM or case.limit is None or case.limit.is_round_the_clock:
        return None
    first, last = sorted(timezone.localdate(moment) for moment in (timezone.now(), case.due_at))
    return calendar_of(case.town_id, since=first, until=last, rules=rules)


def stands(user, case):
    """How the case stands, for a sentence: 处置中，闫志平经办; without a name for a reporter from elsewhere."""
    words = case.get_status_display()
    named = (case.holder_id or case.unit_id) and rights.sees_whole(user, case)
    return f"{words}，{case.holder_words}经办" if named else words


def moved_on(request, case):
    """Back to the case, saying that it is not what the page showed."""
    messages.warning(
        request,
        f"状态已变化：这件事现在是「{case.get_status_display()}」。刚才那一下没有登记，请核对后再办理。",
    )
    return redirect(case)
