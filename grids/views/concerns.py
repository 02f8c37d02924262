"""Concerns (诉求): the form, the 民情台账, a concern's page with its answer."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.views.generic import FormView

from grids import access
from grids.actions.concerns import answer_concern, grid_answering, log_concern
from grids.exceptions import DomainError, StaleVersion
from grids.forms.concerns import AnswerForm, ConcernFilterForm, ConcernForm
from grids.models import Concern, FieldRecord
from grids.views.field_protocol import CorrectionMixin
from grids.views.ledger import LedgerView
from grids.views.records import context_of, record_page
from grids.views.scoped import PermissionMixin, visible_or_404
from grids.views.visits import HouseholdFormView, HouseholdPickView

P = access.Permission


class ConcernPickView(HouseholdPickView):
    """Which household told it."""

    target = "concern_new"


class ConcernNewView(HouseholdFormView):
    """记诉求: something heard, with or without a household."""

    form_class = ConcernForm
    template_name = "grids/concern_form.html"
    saved_words = "诉求已登记。"
    action = staticmethod(log_concern)


class ConcernCorrectView(CorrectionMixin, ConcernNewView):
    """A concern told anew."""

    kind = FieldRecord.Kind.CONCERN

    def find_household(self):
        return self.old.household


class ConcernListView(LedgerView):
    """民情台账."""

    model = Concern
    filter_class = ConcernFilterForm
    template_name = "grids/concern_list.html"
    label = "民情台账"
    columns = (
        "日期",
        "网格",
        "住址",
        "主题",
        "说了什么",
        "状态",
        "答复",
        "答复人",
        "听取人",
        "录入人",
        "补录",
    )

    def rows(self, queryset):
        return (
            queryset.current()
            .select_related("record", "record__typed_by", "household", "grid", "heard_by", "answered_by")
            .order_by("-heard_on", "-pk")
        )

    def cells(self, row):
        return (
            row.heard_on,
            row.grid.name,
            row.household.address if row.household else "",
            row.get_theme_display(),
            row.words,
            row.get_state_display(),
            row.answer,
            row.answered_by.name if row.answered_by else "",
            row.heard_by.name,
            row.record.typed_by.name,
            "补录" if row.record.is_late_entry else "",
        )


class ConcernView(PermissionMixin, FormView):
    """One concern; who may answer does it here."""

    permission = P.SEE_FIELDWORK
    template_name = "grids/concern.html"
    form_class = AnswerForm

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            self.concern = visible_or_404(
                Concern,
                request.user,
                self.permission,
                related=("record", "grid", "household", "heard_by", "answered_by"),
                uuid=kwargs["uuid"],
            )
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self):
        return {"version": self.concern.version, "answer": self.concern.answer}

    def get_context_data(self, **kwargs):
        record = record_page(self.request, self.concern.record.uuid, self.concern.record.kind)
        concern, user = self.concern, self.request.user
        grid = None if concern.superseded_by_id else grid_answering(concern)
        return (
            super().get_context_data(**kwargs)
            | context_of(self.request, record)
            | {
                "concern": concern,
                "is_alone": record.kind == FieldRecord.Kind.CONCERN,
                "may_answer": grid is not None and access.can(user, P.ANSWER_CONCERN, grid),
                "may_report": grid is not None and access.can(user, P.REPORT_CASE, grid),
            }
        )

    def form_valid(self, form):
        given = form.cleaned_data
        try:
            answer_concern(
                concern=self.concern,
                by=self.request.user,
                answer=given["answer"],
                seen_version=given["version"],
            )
        except StaleVersion as error:
            form.add_error(
                None, f"{error}（现在是：{self.concern.answer or self.concern.get_state_display()}）"
            )
            form.data = form.data.copy()
            form.data["version"] = self.concern.version
            return self.form_invalid(form)
        except DomainError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, "答复已保存。")
        return redirect(self.concern)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


def concern_of_record(request, uuid):
    """A concern's record leads to the concern: records are named by their own uuid."""
    record = visible_or_404(
        FieldRecord, request.user, P.SEE_FIELDWORK, uuid=uuid, kind=FieldRecord.Kind.CONCERN
    )
    concern = record.concerns.first()
    if concern is None:
        raise Http404("no concern")
    return redirect(concern)
