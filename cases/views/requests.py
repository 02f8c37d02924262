"""Asked for and decided: 延期 and 挂账, 督办 and its answer."""

from cases import rights
from cases.actions import requests
from cases.forms import deeds as forms
from cases.models import CaseRequest, Supervision
from cases.views.forms import CaseFormView, RowFormView
from cases.vocabulary import Status


class AskView(CaseFormView):
    """申请延期或挂账."""

    form_class = forms.AskForm
    heading = "申请延期或挂账"
    label = "提出申请"
    done = "申请已提出，等上一级批复；批复前照常计时。"

    def may(self, user, case):
        return rights.has_in_hand(user, case)

    def fits(self, case):
        return case.status == Status.HANDLING

    def act(self, form):
        by, told = self.request.user, form.told()
        requests.ask(case=self.case, by=by, seen_version=form.seen_version, **told)


class DecideView(RowFormView):
    """批复 of one request."""

    model = CaseRequest
    row_related = ("asked_by", "decided_by")
    form_class = forms.DecideForm
    template_name = "cases/case_decide.html"
    heading = "批复申请"
    label = "批复"
    done = "已批复。"

    def may(self, user, case):
        return requests.may_decide(user, case, self.row)

    def fits(self, case):
        return case.status == Status.HANDLING and self.row.decision == CaseRequest.Decision.PENDING

    def act(self, form):
        given = form.cleaned_data
        requests.decide(
            request=self.row, by=self.request.user, agreed=given["agreed"], opinion=given["opinion"]
        )


class SuperviseView(CaseFormView):
    """督办 one case."""

    form_class = forms.SuperviseForm
    heading = "督办"
    label = "督办"
    done = "已督办，答复前排在承办人名单最上面。"

    def may(self, user, case):
        return rights.may_supervise(user, case)

    def fits(self, case):
        return case.is_open and case.status != Status.SELF_CLOSED

    def act(self, form):
        given = form.cleaned_data
        requests.supervise(
            case=self.case,
            by=self.request.user,
            words=given["words"],
            reply_by=given["reply_by"],
            seen_version=form.seen_version,
        )


class ReplyView(RowFormView):
    """答复 one 督办."""

    model = Supervision
    row_related = ("by",)
    form_class = forms.ReplyForm
    template_name = "cases/case_reply.html"
    heading = "答复督办"
    label = "答复"
    done = "已答复。"

    def may(self, user, case):
        return requests.may_reply(user, case)

    def fits(self, case):
        return self.row.replied_at is None

    def act(self, form):
        words = form.cleaned_data["words"]
        requests.reply(supervision=self.row, by=self.request.user, words=words)
