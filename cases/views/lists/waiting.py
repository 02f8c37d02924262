"""What waits for somebody's word: results to verify, requests to decide, a unit's cases, people not satisfied."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cases.actions.requests import may_decide
from cases.models import Case, CaseRequest, CaseTask
from cases.views.lists import sheet
from cases.views.lists.rows import JOINS, NOT_SAID, SHOWN, around, dressed, in_place, shown
from cases.vocabulary import Status
from grids import access
from grids.models import Unit
from grids.views.scoped import permission_required

P = access.Permission
OF_CASE = tuple(f"case__{name}" for name in JOINS)
NOT_SAID_OF_CASE = tuple(f"case__{name}" for name in NOT_SAID)
# What a file says beside the case; what residents said in their own words stays on the page.
OF_REQUEST = (
    ("申请", lambda row: row.get_kind_display()),
    ("延长几个工作日", lambda row: row.days),
    ("理由", lambda row: row.reason),
    ("申请人", lambda row: row.asked_by.name),
    ("申请时间", lambda row: sheet.moment(row.asked_at)),
)
OF_TASK = (("处理期限", lambda row: sheet.moment(row.due_at)),)


@require_safe
@permission_required(P.VERIFY_CASE)
def to_verify(request):
    """待核实: what somebody else says is done; the longest waiting first."""
    user = request.user
    cases = Case.objects.visible_to(user, P.SEE_CASES).for_check_by(user)
    rows = cases.filter(status=Status.TO_VERIFY).order_by("-is_urgent", "handled_at", "pk")
    closing = Case.objects.visible_to(user, P.CLOSE_CASE).filter(status=Status.TO_CLOSE)
    closing = closing.exclude(handler_id=user.pk).by_deadline()
    (rows, closing), where = in_place(request, rows, closing)
    if sheet.wanted(request):
        sections = (("待核实", rows), ("待结案", closing))
        return sheet.of_cases(request, "待核实事件", sections, asked={"grid": where["place"]})
    context = {
        "rows": shown(rows),
        "to_close": shown(closing) if access.can(user, P.CLOSE_CASE) else [],
        **where,
        **around(user, "case_verify"),
    }
    return render(request, "cases/list_verify.html", context)


@require_safe
@permission_required(P.HANDLE_CASE)
def of_units(request):
    """单位事件: what a unit leads and supports; for the places, what units have of theirs. The earliest due first."""
    user = request.user
    own = access.unit_scope(user, P.HANDLE_CASE)
    cases = Case.objects.visible_to(user, P.SEE_CASES)
    cases = cases.led_or_supported_by(own) if own else cases.open().filter(unit__isnull=False)
    units = [] if own else _units(user)
    chosen = next((unit for unit in units if str(unit.uuid) == request.GET.get("unit")), None)
    if chosen:
        cases = cases.filter(unit=chosen)
    cases = cases.by_reply(timezone.localdate())
    if sheet.wanted(request):
        asked = {"unit": chosen.name if chosen else ""}
        return sheet.of_cases(request, "单位事件", (("单位事件", cases),), asked=asked)
    rows = shown(cases)
    for row in rows:
        row.supports_only = bool(own) and row.unit_id not in own
    context = {
        "rows": rows,
        "is_member": bool(own),
        "units": units,
        "chosen": chosen,
        **around(user, "case_unit"),
    }
    return render(request, "cases/list_unit.html", context)


def _units(user):
    return list(Unit.objects.visible_to(user, P.SEE_NET).filter(retired_on=None).order_by("name"))


@require_safe
@permission_required(P.APPROVE_REQUEST)
def requests(request):
    """待批: 延期 and 挂账 that this person may decide, the oldest first."""
    user = request.user
    rows = CaseRequest.objects.visible_to(user, P.APPROVE_REQUEST).filter(
        decision=CaseRequest.Decision.PENDING, case__status=Status.HANDLING
    )
    rows = rows.select_related("asked_by", *OF_CASE).defer(*NOT_SAID_OF_CASE).order_by("asked_at", "pk")
    # Who stands above whom depends on the level of each case; no query, and few requests wait at once.
    own = [row for row in rows[:500] if may_decide(user, row.case, row)]
    if sheet.wanted(request):
        mine = CaseRequest.objects.visible_to(user, P.APPROVE_REQUEST).filter(pk__in=[row.pk for row in own])
        mine = mine.select_related("asked_by").order_by("asked_at", "pk")
        return sheet.around_cases(request, "待批申请", mine, OF_REQUEST)
    dressed([row.case for row in own])
    return render(request, "cases/list_requests.html", {"rows": own, **around(user, "case_requests")})


@require_safe
@permission_required(P.CLOSE_CASE)
def tasks(request):
    """不满意: what the town owes to people who were not satisfied; late ones on top, being the earliest due."""
    user = request.user
    rows = CaseTask.objects.visible_to(user, P.CLOSE_CASE).select_related("rating", *OF_CASE)
    rows = rows.defer(*NOT_SAID_OF_CASE)
    now = timezone.now()
    waiting = rows.filter(done_at=None).order_by("due_at", "pk")
    if sheet.wanted(request):
        return sheet.around_cases(request, "不满意件", waiting, OF_TASK)
    waiting = list(waiting[:SHOWN])
    dressed([row.case for row in waiting])
    for row in waiting:
        row.is_late = row.due_at < now
    context = {
        "rows": waiting,
        "done": rows.filter(done_at__isnull=False).order_by("-done_at", "-pk")[:10],
        **around(user, "case_tasks"),
    }
    return render(request, "cases/list_tasks.html", context)
