"""Reporting a problem: the phone's page and the desk's, likely duplicates before it is sent, and what comes after."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from cases import duplicates
from cases.actions.report import report
from cases.contacts import whom_to_ring
from cases.forms.report import About, CaseForm, DeskForm, LikelyForm
from cases.models import Case
from cases.views.report_conflict import show
from grids import access
from grids.actions.placed import grid_of
from grids.middleware import wants_json
from grids.models import Concern, FieldRecord, Finding, Household
from grids.views.field_protocol import FieldFormView
from grids.views.scoped import permission_required, visible_or_404

P = access.Permission

# What a report may grow from: the parameter, the table, the permission that opens it, what comes in the same query,
# and what else must hold of the row.
_GROWN_FROM = {
    "concern": (Concern, P.REPORT_CASE, ("record", "grid", "household"), {}),
    "finding": (Finding, P.REPORT_CASE, ("patrol__record", "grid"), {}),
    "visit": (FieldRecord, P.REPORT_CASE, ("grid", "household"), {"kind": FieldRecord.Kind.VISIT}),
    "household": (Household, P.REPORT_CASE, (), {}),
    "beside": (Case, P.SEE_CASES, ("responsible_grid",), {}),
}


class ReportView(FieldFormView):
    """A form whose post becomes a case. A page first shows what it may repeat; a program (JSON) is never held up."""

    permission = P.REPORT_CASE
    action = staticmethod(report)

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and access.can(request.user, self.permission):
            self.about = about_of(request)
            taken = self.case_of_origin()
            if taken and not self._is_repeat(taken):
                return self.show_taken(taken)
        return super().dispatch(request, *args, **kwargs)

    def case_of_origin(self):
        """The case that already grew from the concern or finding, or None."""
        cases = Case.objects.visible_to(self.request.user, P.SEE_CASES).select_related("record")
        if self.about.concern:
            return cases.filter(concern=self.about.concern).first()
        return cases.filter(finding=self.about.finding).first() if self.about.finding else None

    def _is_repeat(self, case):
        return self.request.method == "POST" and self.request.POST.get("uuid") == str(case.record.uuid)

    def show_taken(self, case):
        words = f"已经转成事件 {case.case_no}，不用再报。"
        if wants_json(self.request):
            return JsonResponse({"status": "invalid", "errors": {"__all__": [words]}}, status=422)
        messages.info(self.request, words)
        return redirect("case_of", case.record.uuid)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"about": self.about}

    def form_valid(self, form):
        found = duplicates.likely(
            self.request.user,
            category=form.chosen_category(),
            place=form.cleaned_data["place"],
            **form.position(),
        )
        form.recurs_of = next((case for case in found if case.is_recurrence), None)
        unseen = any(str(case.uuid) not in form.cleaned_data["seen"] for case in found)
        # What came in already is answered as it was, whatever was reported since.
        if unseen and not wants_json(self.request) and not self._is_known(form):
            return self.ask(form, found)
        return super().form_valid(form)

    def _is_known(self, form):
        own = Case.objects.visible_to(self.request.user, P.SEE_CASES)
        return own.filter(record__uuid=form.cleaned_data["uuid"]).exists()

    def ask(self, form, found):
        """The form again, with what it may repeat; sending it once more sends it."""
        if self.request.FILES:
            form.photos_lost = True
        return self.render_to_response(self.get_context_data(form=form, likely=found, is_asked=True))

    def tell(self, receipt):
        if not receipt.created:
            messages.info(self.request, "这件已经收到过，没有重复登记。")

    def get_success_url(self, record):
        return reverse("case_reported", args=[record.case.uuid])

    def show_conflict(self, kept):
        return show(self.request, kept, status=409)

    def get_context_data(self, **kwargs):
        user, grid = self.request.user, self.about.grid
        return super().get_context_data(**kwargs) | {
            "about": self.about,
            "may_settle": access.can(user, P.SETTLE_CASE, grid),
            "may_desk": access.can(user, P.LOG_FOR_OTHERS),
        }


class CaseNewView(ReportView):
    """上报, on a path with patchy signal: a tile, a place, one press."""

    form_class = CaseForm
    template_name = "cases/report.html"


class CaseDeskView(ReportView):
    """接报, at the office: by telephone, from 12345, from above."""

    permission = P.LOG_FOR_OTHERS
    form_class = DeskForm
    template_name = "cases/report_desk.html"


def about_of(request):
    """What the report grows from, named in the address or the form; 404 for what the user may not report from."""
    for name, (model, permission, related, kind) in _GROWN_FROM.items():
        uuid = request.POST.get(name) or request.GET.get(name)
        if not uuid:
            continue
        try:
            row = visible_or_404(model, request.user, permission, related=related, uuid=uuid, **kind)
        except ValidationError as error:
            raise Http404("no uuid") from error
        return _about(request.user, name, row)
    return About()


def _about(user, name, row):
    household = row if name == "household" else getattr(row, "household", None) if name != "beside" else None
    grid = grid_of(household) if household else getattr(row, "grid", None)
    if name == "beside":
        grid = row.responsible_grid
    # A grid that was retired since, or is not the user's, is chosen anew.
    if grid and not (grid.is_open and access.can(user, P.REPORT_CASE, grid)):
        grid = None
    return About(grid=grid, **{"household": household, name: row})


@require_POST
@permission_required(P.REPORT_CASE)
def case_likely(request):
    """The likely duplicates of a report that is still being written; an empty answer where there are none."""
    form = LikelyForm(request.POST, user=request.user)
    asked = form.asked() if form.is_valid() else None
    found = duplicates.likely(request.user, **asked) if asked else []
    return render(request, "cases/report_likely.html", {"likely": found}) if found else HttpResponse()


def case_reported(request, uuid):
    """After sending: the number, who to ring, what to paste into WeChat, and on."""
    case = visible_or_404(Case, request.user, P.SEE_CASES, related=("grid", "responsible_grid"), uuid=uuid)
    post, people = whom_to_ring(case, request.user)
    return render(request, "cases/reported.html", {"case": case, "post": post, "people": people})


@permission_required(P.SEE_CASES)
def case_of(request, uuid):
    """From the uuid of a concern, a finding or a field record to the case that grew from it."""
    cases = Case.objects.visible_to(request.user, P.SEE_CASES).order_by()
    for path in ("concern__uuid", "finding__uuid", "record__uuid", "origin__uuid"):
        found = cases.filter(**{path: uuid})[:1]
        if found:
            return redirect(found[0])
    raise Http404("no case")
