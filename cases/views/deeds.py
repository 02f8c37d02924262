"""What is written down of a case while it is worked on: notes, facts, class, help, people called in."""

from uuid import uuid4

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from cases import rights
from cases.actions import deeds
from cases.exceptions import IllegalTransition
from cases.forms import deeds as forms
from cases.models import CaseExpert
from cases.views.forms import CaseFormView, RowFormView
from cases.views.note_conflict import note_of, show
from cases.views.one import case_or_404, moved_on
from cases.vocabulary import Status
from grids import access
from grids.actions.records import keep_conflict
from grids.middleware import wants_json
from grids.views.field_protocol import FieldFormView

P = access.Permission


class NoteView(FieldFormView):
    """处置记录, by the field protocol: a post repeated from the mountain is one note."""

    permission = P.SEE_CASES
    form_class = forms.NoteForm
    template_name = "cases/case_note.html"
    saved_words = "处置记录已保存。"
    action = staticmethod(deeds.add_note)

    def dispatch(self, request, *args, **kwargs):
        self.case = case_or_404(request.user, kwargs["uuid"])
        if request.method != "POST":
            if not rights.works_on(request.user, self.case):
                raise rights.NotAllowed("这件事现在不在您手上。")
            if self.case.status not in deeds.WORKED_ON:
                return moved_on(request, self.case)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"case": self.case}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"case": self.case}

    def surroundings(self, form):
        return {"by": self.request.user, "envelope": form.envelope(), "pictures": form.pictures()}

    def get_success_url(self, record):
        return self.case.get_absolute_url()

    def conflict(self, form, error):
        """Another note came in under this number: both are shown, and the second may be saved as a note of its own."""
        content = form.content() | {"case": str(self.case.uuid), "photos": len(form.pictures())}
        kept = keep_conflict(record=error.record, by=self.request.user, digest=error.digest, content=content)
        if wants_json(self.request):
            answer = {"status": "conflict", "uuid": str(error.record.uuid), "conflict": str(kept.uuid)}
            return JsonResponse(answer, status=409)
        event = note_of(self.case, error.record)
        if event:
            return show(self.request, self.case, event, kept, status=409)
        # The number is that of another matter, which is not for this page to show.
        form.data = form.data.copy()
        form.data["uuid"] = str(uuid4())
        form.add_error(None, "这条记录已存过另一份内容，先前的还在。要把这一份另存为新记录，请再按一次保存。")
        if self.request.FILES:
            form.photos_lost = True
        return self.render_to_response(self.get_context_data(form=form), status=409)


class FactsView(CaseFormView):
    """补充情况."""

    form_class = forms.FactsForm
    heading = "补充情况"

    def may(self, user, case):
        return rights.works_on(user, case)

    def fits(self, case):
        return not case.has_ended and case.status != Status.DRAFT

    def act(self, form):
        deeds.change_facts(
            case=self.case, by=self.request.user, seen_version=form.seen_version, **form.told()
        )


class ClassifyView(CaseFormView):
    """更改类别."""

    form_class = forms.ClassifyForm
    heading = "更改类别"
    done = "类别已更改。"

    def may(self, user, case):
        return rights.may_describe(user, case)

    def fits(self, case):
        return not case.has_ended

    def act(self, form):
        category = form.cleaned_data["category"]
        deeds.classify(
            case=self.case, by=self.request.user, category=category, seen_version=form.seen_version
        )


@require_POST
def urgent(request, uuid):
    """标为紧急 and back: the button says which, so the same press twice changes nothing twice."""
    case = case_or_404(request.user, uuid)
    if not rights.may_describe(request.user, case):
        raise rights.NotAllowed("您没有这项权限。")
    form = forms.UrgentForm(request.POST, case=case, user=request.user)
    if not form.is_valid() or case.has_ended:
        return moved_on(request, case)
    try:
        case = deeds.mark_urgent(
            case=case, by=request.user, urgent=not case.is_urgent, seen_version=form.seen_version
        )
    except IllegalTransition:
        return moved_on(request, case)
    messages.success(request, "已标为紧急。" if case.is_urgent else "不再标为紧急。")
    return redirect(case)


class SupportView(CaseFormView):
    """协办单位."""

    form_class = forms.SupportForm
    heading = "协办单位"
    help_text = "协办单位看得到这件事，也能写处置记录。"

    def may(self, user, case):
        return rights.may_name_support(user, case)

    def fits(self, case):
        return not case.has_ended and case.status != Status.DRAFT

    def act(self, form):
        units = list(form.cleaned_data["units"])
        deeds.name_support(case=self.case, by=self.request.user, units=units, seen_version=form.seen_version)


class HouseholdsView(CaseFormView):
    """相关住户: looked for by POST, since a name in an address would be kept where addresses are."""

    form_class = forms.HouseholdsForm
    template_name = "cases/case_households.html"
    heading = "相关住户"
    done = "相关住户已登记。"

    def may(self, user, case):
        return rights.may_link_households(user, case)

    def fits(self, case):
        return not case.has_ended and case.status != Status.DRAFT

    def form_valid(self, form):
        if "look" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form, looked=True))
        return super().form_valid(form)

    def act(self, form):
        deeds.link_households(
            case=self.case,
            by=self.request.user,
            households=list(form.cleaned_data["households"]),
            seen_version=form.seen_version,
        )


class ExpertNewView(CaseFormView):
    """外请专业人员: called in, and when they came if they are there already."""

    form_class = forms.ExpertForm
    heading = "外请专业人员"

    def may(self, user, case):
        return rights.works_on(user, case)

    def fits(self, case):
        return not case.has_ended and case.status != Status.DRAFT

    def act(self, form):
        deeds.call_expert(case=self.case, by=self.request.user, **form.told())


class ExpertView(RowFormView, ExpertNewView):
    """When they came and were done."""

    model = CaseExpert

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"instance": self.row}

    def version(self):
        return self.row.version

    def act(self, form):
        # The form wrote what was typed onto its own copy; the action compares with the row itself.
        seen = form.cleaned_data["version"] or 0
        deeds.update_expert(expert=self.row, by=self.request.user, seen_version=seen, **form.told())
