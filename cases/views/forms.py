"""A page with one form about one case: who may open it, what a stale page says, how a refusal comes back."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.views.generic import FormView

from cases import rights
from cases.exceptions import IllegalTransition
from cases.rights import NotAllowed
from cases.views.one import case_or_404, moved_on, row_or_404, stands
from grids.exceptions import DomainError, StaleVersion


class CaseFormView(FormView):
    """Subclasses give `heading`, `label`, `may(user, case)`, `fits(case)` for the status, and `act(form)`.

    A page that is not for this person answers 403; one that no longer fits leads back to the case with its state.
    """

    template_name = "cases/case_form.html"
    related = ()
    with_hands = True
    heading = ""
    label = "保存"
    tone = "primary"
    help_text = ""
    done = "已登记。"

    def may(self, user, case):
        raise NotImplementedError

    def fits(self, case):
        return True

    def act(self, form):
        raise NotImplementedError

    def dispatch(self, request, *args, **kwargs):
        self.case = self.again()
        if not self.may(request.user, self.case):
            if self._was_overtaken():
                return self.stale(self.get_form())
            raise NotAllowed("您没有这项权限。")
        if not self.fits(self.case) and request.method != "POST":
            return moved_on(request, self.case)
        return super().dispatch(request, *args, **kwargs)

    def again(self):
        """The case as it stands now."""
        uuid = self.kwargs["uuid"]
        return case_or_404(self.request.user, uuid, *self.related, with_hands=self.with_hands)

    def _was_overtaken(self):
        """Whether the page was opened while it was this person's turn: what was typed is not thrown away."""
        seen = self.request.POST.get("version", "")
        moved = seen.isdecimal() and seen != str(self.case.version)
        return moved and rights.sees_whole(self.request.user, self.case)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"case": self.case, "user": self.request.user}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {
            "case": self.case,
            "heading": self.heading,
            "label": self.label,
            "tone": self.tone,
            "help_text": self.help_text,
        }

    def form_valid(self, form):
        if not self.fits(self.case):
            return self.stale(form)
        try:
            self.act(form)
        except (IllegalTransition, StaleVersion):
            return self.stale(form)
        except DomainError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        if self.done:
            messages.success(self.request, self.done)
        return HttpResponseRedirect(self.get_success_url())

    def get_success_url(self):
        return self.case.get_absolute_url()

    def form_invalid(self, form):
        if self.request.FILES:
            form.photos_lost = True
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def stale(self, form):
        """Somebody was quicker: what stands now beside what was typed, to be sent again where it still fits."""
        self.case = self.again()
        form.data = form.data.copy()
        form.data["version"] = self.version()
        context = self.get_context_data(
            form=form, stale=stands(self.request.user, self.case), fits=self.still_fits()
        )
        return self.render_to_response(context, status=409)

    def version(self):
        """The version that the form sends again."""
        return self.case.version

    def still_fits(self):
        return self.fits(self.case) and self.may(self.request.user, self.case)


class RowFormView(CaseFormView):
    """The same about a row that hangs on the case and has an address of its own: `model`, `row_related`."""

    model = None
    row_related = ()

    def again(self):
        """The case and the row as they stand now."""
        self.row = row_or_404(self.model, self.request.user, self.kwargs["row"], *self.row_related)
        return case_or_404(self.request.user, self.row.case.uuid, *self.related)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"row": self.row}
