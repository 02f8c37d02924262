"""The office's side of a rating: codes for residents, calls back, and what is done about 不满意."""

import segno
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from cases import rights
from cases.actions import ratings
from cases.forms.ratings import CallForm, TaskForm
from cases.models import CaseTask
from cases.views.forms import CaseFormView, RowFormView
from cases.views.offered import may_link
from cases.views.one import case_or_404, moved_on
from cases.vocabulary import Status
from grids import access
from grids.crypto import CannotOpen
from grids.exceptions import DomainError
from grids.views.numbers import CANNOT_OPEN

P = access.Permission


@never_cache
@sensitive_variables("code")
def case_link(request, uuid):
    """A code for the resident: asked for by GET, made by POST, shown this once."""
    case = case_or_404(request.user, uuid)
    if not rights.may_issue_link(request.user, case):
        raise rights.NotAllowed("您没有这项权限。")
    if not may_link(request.user, case):
        return moved_on(request, case)
    context = {"case": case}
    if request.method == "POST":
        link, code = ratings.issue_link(case=case, by=request.user)
        url = request.build_absolute_uri(reverse("my_case_rate", args=[code]))
        context |= {
            "link": link,
            "code": ratings.dashed(code),
            "url": url,
            "qr": segno.make(url, error="m").svg_data_uri(scale=6, border=3),
        }
    return render(request, "cases/case_link.html", context)


class CallView(CaseFormView):
    """回访: the number to dial, and what was said."""

    form_class = CallForm
    template_name = "cases/case_call.html"
    related = ("reporter",)
    heading = "回访"
    done = "回访已记下。"

    def may(self, user, case):
        return rights.may_call_back(user, case)

    def fits(self, case):
        return case.status == Status.CLOSED and case.rating is None

    def post(self, request, *args, **kwargs):
        """`dial` gives out the caller's number, which is logged; anything else is the rating."""
        if "dial" not in request.POST:
            return super().post(request, *args, **kwargs)
        form = self.form_class(case=self.case, user=request.user)
        try:
            number = ratings.caller_number(case=self.case, by=request.user)
        except (DomainError, CannotOpen) as error:
            words = CANNOT_OPEN if isinstance(error, CannotOpen) else str(error)
            return self.render_to_response(self.get_context_data(form=form, no_number=words))
        return self.render_to_response(self.get_context_data(form=form, number=number))

    def get_context_data(self, **kwargs):
        may_dial = bool(self.case.caller_phone_sealed) and access.can(
            self.request.user, P.CALL_RESIDENT, self.case.responsible_grid_id
        )
        return super().get_context_data(**kwargs) | {"may_dial": may_dial}

    def act(self, form):
        given = form.cleaned_data
        ratings.rate_by_call(case=self.case, by=self.request.user, score=given["score"], words=given["words"])


class TaskView(RowFormView):
    """不满意件: finished with words, and the case taken up again where that is what it needs."""

    model = CaseTask
    row_related = ("rating", "done_by")
    form_class = TaskForm
    template_name = "cases/case_task.html"
    heading = "处理不满意件"
    label = "处理完"
    done = "已记下处理结果。"

    def may(self, user, case):
        return access.can(user, P.CLOSE_CASE, case.responsible_grid_id)

    def fits(self, case):
        return self.row.done_at is None

    def act(self, form):
        given, by = form.cleaned_data, self.request.user
        ratings.finish_task(
            task=self.row,
            by=by,
            outcome=given["outcome"],
            reopen=given.get("reopen", False),
            seen_version=form.seen_version,
        )
