"""网格长待办, on a phone that has just rung: take it, see what is in hand, confirm the small ones in one go."""

from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from cases.actions.advance import advance
from cases.models import Case
from cases.rights import NotAllowed
from cases.views.lists import sheet
from cases.views.lists.rows import JOINS, SHOWN, around, dressed, press_here, shown, state_words
from cases.vocabulary import Status
from grids import access
from grids.exceptions import DomainError
from grids.views.scoped import permission_required

P = access.Permission
# A phone's page stays light.
MOST = 30


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(P.SETTLE_CASE)
def todo(request):
    """One query a section; a press takes the case as it was seen (我来办)."""
    status = 200
    if request.method == "POST":
        status = press_here(request, "take", P.HANDLE_CASE)
        if status is None:
            return redirect("case_todo")
    user, today = request.user, timezone.localdate()
    cases = Case.objects.visible_to(user, P.SEE_CASES)
    takeable = cases.takeable_by(user).by_urgency()
    in_hand, on_desk = cases.in_hand_of(user).by_reply(today), cases.on_desk_of(user).by_reply(today)
    to_confirm = _to_confirm(user).order_by("handled_at", "pk")
    if sheet.wanted(request):
        sections = (
            ("没有人接", takeable),
            ("提请上来", on_desk),
            ("在我手上", in_hand),
            ("等确认", to_confirm),
        )
        return sheet.of_cases(request, "待办事件", sections)
    context = {
        "takeable": shown(takeable, MOST + 1),
        "in_hand": shown(in_hand, MOST + 1),
        "on_desk": shown(on_desk, MOST + 1),
        "to_confirm": shown(to_confirm, SHOWN),
        "to_verify": cases.for_check_by(user).filter(status=Status.TO_VERIFY).count(),
        "may_report": access.can(user, P.REPORT_CASE),
        "may_take": access.can(user, P.HANDLE_CASE),
        "most": MOST,
        **around(user, "case_todo"),
    }
    return render(request, "cases/list_todo.html", context, status=status)


def _to_confirm(user):
    return Case.objects.visible_to(user, P.SEE_CASES).for_check_by(user).filter(status=Status.SELF_CLOSED)


@require_POST
@permission_required(P.VERIFY_CASE)
def bulk_confirm(request):
    """确认 of the ticked rows, each on its own: what was refused does not hold up the others."""
    asked = _asked(request.POST.getlist("case"))
    rows = Case.objects.visible_to(request.user, P.SEE_CASES).filter(uuid__in=asked)
    cases = {case.uuid: case for case in dressed(rows.select_related(*JOINS))}
    results = [
        _confirm(request.user, cases[uuid], version) if uuid in cases else (None, "没有找到这件事。", "bad")
        for uuid, version in asked.items()
    ]
    if not results:
        messages.warning(request, "还没有勾选。先勾选要确认的，再按「确认」。")
    context = {
        "results": results,
        "done": sum(tone == "good" for _, _, tone in results),
        **around(request.user, "case_todo"),
    }
    return render(request, "cases/list_confirmed.html", context, status=200 if results else 422)


def _asked(values):
    """{uuid: version} of "uuid:version" values; what is none of these is left out."""
    asked = {}
    for value in values[:SHOWN]:
        uuid, _, version = value.partition(":")
        try:
            asked[UUID(uuid)] = int(version)
        except ValueError:
            continue
    return asked


def _confirm(user, case, version):
    """(case, what came of it, tone)."""
    try:
        advance(case=case, press="confirm", by=user, seen_version=version)
    except NotAllowed as refused:
        return case, str(refused), "bad"
    except DomainError:
        now = Case.objects.visible_to(user, P.SEE_CASES).select_related("unit", "holder").get(pk=case.pk)
        return case, f"状态已变化：{state_words(now)}。", "warn"
    return case, "已确认，结案。", "good"
