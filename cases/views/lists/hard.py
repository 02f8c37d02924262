"""老大难: what came back, was taken up again or rests for long, with who looks after it and when next."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case as Choose
from django.db.models import F, When
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cases.actions.hard import look_after, may_look_after
from cases.exceptions import IllegalTransition
from cases.forms.lists import HardForm
from cases.models import Case, HardCase
from cases.querysets import LONG_SUSPENSION
from cases.views.lists import sheet
from cases.views.lists.rows import around, in_place, shown, state_words
from grids import access
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, status_of, submitted

P = access.Permission


@require_safe
@permission_required(P.SEE_CASES)
def hard_cases(request):
    """Overdue next dates on top, then what nobody looks after, then by the next date."""
    user, today = request.user, timezone.localdate()
    first = Choose(When(hard__next_on__lt=today, then=0), When(hard=None, then=1), default=2)
    cases = Case.objects.visible_to(user, P.SEE_CASES).hard().select_related("hard__owner")
    cases = cases.order_by(first, F("hard__next_on").asc(nulls_first=True), "reported_at", "pk")
    (cases,), where = in_place(request, cases)
    if sheet.wanted(request):
        asked = {"grid": where["place"]}
        return sheet.of_cases(request, "老大难事件", (("老大难", cases),), OF_PLAN, asked)
    rows = shown(cases, 100)
    for row in rows:
        row.why = _why(row)
        row.plan = getattr(row, "hard", None)
        row.is_overdue = row.plan is not None and row.plan.next_on < today
        row.may_edit = may_look_after(user, row)
    return render(request, "cases/list_hard.html", {"rows": rows, **where, **around(user, "case_hard")})


def _why(case):
    return "、".join(_reasons(case))


def _reasons(case):
    if case.reopen_count:
        yield f"重办 {case.reopen_count} 次"
    if case.recurs_of_id:
        yield "复发"
    if case.suspended_since and case.suspended_since < timezone.now() - LONG_SUSPENSION:
        yield f"挂账 {(timezone.now() - case.suspended_since).days} 天"


OF_PLAN = (
    ("为什么", _why),
    ("包联人", lambda case: case.hard.owner.name if hasattr(case, "hard") else ""),
    ("下次日期", lambda case: case.hard.next_on if hasattr(case, "hard") else ""),
    ("怎么解决", lambda case: case.hard.note if hasattr(case, "hard") else ""),
)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, uuid):
    """Name the owner and the next date."""
    case = visible_or_404(
        Case,
        request.user,
        P.SEE_CASES,
        related=("responsible_grid", "unit", "holder", "category"),
        uuid=uuid,
    )
    if not may_look_after(request.user, case):
        raise PermissionDenied("hard case")
    row = HardCase.objects.visible_to(request.user, P.SEE_CASES).select_related("owner").filter(case=case)
    form = HardForm(posted(request), instance=row.first(), user=request.user, case=case)

    def act(form):
        seen = form.cleaned_data.get("version")
        look_after(case=case, by=request.user, seen_version=seen, **form.values())

    try:
        if submitted(request, form, act):
            messages.success(request, f"{case.case_no} 由{form.cleaned_data['owner'].name}包联。")
            return redirect("case_hard")
    except IllegalTransition:
        messages.warning(request, f"状态已变化：{state_words(case)}。")
        return redirect("case_hard")
    context = {"form": form, "case": case}
    return render(request, "cases/list_hard_edit.html", context, status=status_of(form))
