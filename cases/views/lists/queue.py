"""受理台: the clerk at half past eight, with the keyboard, clears what came in overnight."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from cases import duplicates
from cases.models import Case, moments_of
from cases.views.lists import sheet
from cases.views.lists.rows import SHOWN, around, dressed, in_place, press_here, shown
from cases.vocabulary import Status
from grids import access
from grids.views.scoped import permission_required

P = access.Permission
# What a row's buttons may press here; everything else is done on the case's page.
PRESSES = {"register": {}, "dispatch": {"unit": lambda case: case.category.unit}}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(P.REGISTER_CASE)
def queue(request):
    """Submitted cases by urgency, the upstream's deadline and age, with what they may repeat; then what waits for a
    hand: 待交办, 已退回, and what was handed up to this desk."""
    user, status = request.user, 200
    if request.method == "POST":
        press = request.POST.get("press")
        press = press if press in PRESSES else "register"
        permission = P.DISPATCH_CASE if press == "dispatch" else P.REGISTER_CASE
        status = press_here(request, press, permission, **PRESSES[press])
        if status is None:
            return redirect(request.get_full_path())
    moments = moments_of(user.town_id)
    mine = Case.objects.visible_to(user, P.REGISTER_CASE)
    submitted = mine.filter(status=Status.SUBMITTED)
    undecided = mine.filter(status__in=[Status.REGISTERED, Status.RETURNED]).by_urgency()
    on_desk = Case.objects.visible_to(user, P.SEE_CASES).on_desk_of(user).by_deadline()
    orphaned = Case.objects.visible_to(user, P.DISPATCH_CASE).of_retired_units().by_deadline()
    (submitted, undecided, on_desk, orphaned), where = in_place(
        request, submitted, undecided, on_desk, orphaned
    )
    if sheet.wanted(request):
        sections = (("待受理", submitted.by_urgency()), ("等交办", undecided), ("提请上来", on_desk))
        sections += (("承办单位已停用", orphaned),)
        return sheet.of_cases(request, "受理台", sections, asked={"grid": where["place"]})
    rows = shown(submitted.select_related("category__unit").by_urgency())
    repeats = duplicates.likely_of(user, rows)
    dispatches = access.scope(user, P.DISPATCH_CASE)
    for row in rows:
        row.repeats = dressed(repeats[row.pk])
        row.waits_long = row.reported_at < moments.accept_since
        usual = row.category.unit
        row.may_dispatch = bool(usual and not usual.retired_on) and row.responsible_grid_id in dispatches
    context = {
        "rows": rows,
        "waiting": submitted.count() if len(rows) == SHOWN else len(rows),
        "undecided": shown(undecided),
        "on_desk": shown(on_desk),
        "orphaned": shown(orphaned),
        "may_dispatch": bool(dispatches),
        **where,
        **around(user, "case_queue"),
    }
    return render(request, "cases/list_queue.html", context, status=status)
