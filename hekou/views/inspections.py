"""The page of an inspection with the cases that grew from it, and the tap that makes one."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import NoReverseMatch
from django.views.decorators.http import require_POST

from grids import access
from grids.exceptions import DomainError
from grids.views.scoped import permission_required, visible_or_404
from hekou.inspections import case_of_failure, cases_of
from surveys.models import InspectionResult
from surveys.views.inspections import InspectionView

P = access.Permission


class InspectionPage(InspectionView):
    """An inspection; each failed item leads to its case or offers to make one."""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        grown = cases_of(context["record"], [row.item_id for row in context["failed"]])
        may_report = context["newer"] is None and access.can(
            self.request.user, P.REPORT_CASE, context["inspection"].grid_id
        )
        failed = [(row, grown.get(row.item_id)) for row in context["failed"]]
        return context | {
            "failed": [(row, case, case and _address(case)) for row, case in failed],
            "may_report": may_report,
        }


def _address(case):
    try:
        return case.get_absolute_url()
    except NoReverseMatch:
        return ""


@require_POST
@permission_required(P.REPORT_CASE)
def inspection_case(request, uuid, item):
    """转成事件: one tap for one failed item; a second tap finds the same case."""
    result = visible_or_404(
        InspectionResult,
        request.user,
        P.SEE_FIELDWORK,
        related=("item", "inspection__record__corrects", "inspection__grid", "inspection__site"),
        inspection__record__uuid=uuid,
        item=item,
    )
    try:
        case, made = case_of_failure(result=result, by=request.user)
    except DomainError as error:
        messages.warning(request, str(error))
    else:
        words = f"“{result.item.name}”已转成事件 {case.case_no}。"
        messages.success(request, words if made else f"“{result.item.name}”已经是事件 {case.case_no}。")
    return redirect(result.inspection)
