"""Patrols: the form with its checklist and findings, the ledger, a patrol's page, and settling a finding."""

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView

from grids import access
from grids.actions.patrols import log_patrol, settle_finding
from grids.exceptions import DomainError
from grids.forms.patrols import PatrolFilterForm, PatrolForm, SettleForm
from grids.models import FieldRecord, Finding, Patrol, PatrolCheck
from grids.views.field_protocol import CorrectionMixin, FieldFormView
from grids.views.ledger import LedgerView
from grids.views.records import context_of, record_page
from grids.views.scoped import PermissionMixin, permission_required, visible_or_404

P = access.Permission


class PatrolNewView(FieldFormView):
    """A walk told afterwards or on the way."""

    form_class = PatrolForm
    template_name = "grids/patrol_form.html"
    saved_words = "巡查已登记。"
    action = staticmethod(log_patrol)


class PatrolCorrectView(CorrectionMixin, PatrolNewView):
    """A patrol told anew, findings included."""

    kind = FieldRecord.Kind.PATROL


class PatrolListView(LedgerView):
    """巡查台账."""

    model = Patrol
    filter_class = PatrolFilterForm
    template_name = "grids/patrol_list.html"
    label = "巡查台账"
    columns = ("日期", "网格", "路线或范围", "巡查记录", "发现问题", "待处理", "当事人", "录入人", "补录")

    def rows(self, queryset):
        still_open = Q(findings__state=Finding.State.OPEN)
        return (
            queryset.current()
            .select_related("record", "record__typed_by", "grid", "walker")
            .annotate(found=Count("findings"), still_open=Count("findings", filter=still_open))
            .order_by("-walked_on", "-record")
        )

    def cells(self, row):
        return (
            row.walked_on,
            row.grid.name,
            row.route,
            row.note,
            row.found,
            row.still_open,
            row.walker.name,
            row.record.typed_by.name,
            "补录" if row.record.is_late_entry else "",
        )


class PatrolView(PermissionMixin, TemplateView):
    """One patrol with its checklist and findings."""

    permission = P.SEE_FIELDWORK
    template_name = "grids/patrol.html"

    def get_context_data(self, **kwargs):
        record = record_page(self.request, kwargs["uuid"], FieldRecord.Kind.PATROL)
        context = context_of(self.request, record)
        patrol = record.patrol
        findings = patrol.findings.select_related("settled_by").order_by("pk")
        user, stands = self.request.user, context["newer"] is None
        return (
            super().get_context_data(**kwargs)
            | context
            | {
                "patrol": patrol,
                "checks": patrol.checks.select_related("point").order_by("point__position", "pk"),
                "findings": findings,
                "may_settle": stands and access.can(user, P.LOG_FIELDWORK, patrol.grid_id),
                "may_report": stands and access.can(user, P.REPORT_CASE, patrol.grid_id),
                "found_state": PatrolCheck.State.FOUND,
            }
        )


@require_POST
@permission_required(P.LOG_FIELDWORK)
def settle(request, uuid):
    """已处理: mark a finding as dealt with."""
    finding = visible_or_404(Finding, request.user, P.LOG_FIELDWORK, related=("patrol__record",), uuid=uuid)
    form = SettleForm(request.POST)
    if form.is_valid():
        try:
            settle_finding(finding=finding, by=request.user, seen_version=form.cleaned_data["version"])
            messages.success(request, "已记为处理好。")
        except DomainError as error:
            messages.warning(request, str(error))
    else:
        messages.warning(request, "页面太旧，请核对后再按一次。")
    return redirect(reverse("patrol", args=[finding.patrol.record.uuid]))
