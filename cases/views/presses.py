"""Every press of the table from one address: at once where it asks nothing, else by its own form."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils.functional import cached_property

from cases import rights
from cases.actions.advance import advance
from cases.actions.again import send_again
from cases.forms.press import form_for
from cases.models import rules_of
from cases.views.forms import CaseFormView
from cases.views.offered import label_of, posts_at_once
from cases.views.one import moved_on
from cases.vocabulary import STATUS_LABELS
from cases.workflow import TRANSITIONS

# Agreed to by answering a request, never pressed for itself.
_NOT_PRESSED = frozenset({"suspend"})
_DANGEROUS = frozenset({"void", "reject"})


class PressView(CaseFormView):
    """`/cases/<uuid>/press/<press>/`."""

    @property
    def related(self):
        """What the forms offer; a press at once shows none."""
        return () if posts_at_once(self.transition) else ("category__unit", "holder")

    def dispatch(self, request, *args, **kwargs):
        self.transition = TRANSITIONS.get(kwargs["press"])
        if self.transition is None or self.transition.automatic or kwargs["press"] in _NOT_PRESSED:
            raise Http404("no such press")
        return super().dispatch(request, *args, **kwargs)

    @property
    def with_hands(self):
        return not posts_at_once(self.transition)

    @cached_property
    def rules(self):
        return rules_of(self.case.town_id) if rights.reads_rules(self.transition) else None

    def may(self, user, case):
        """Who may never press it here; a condition that no longer holds makes the page stale instead."""
        words = rights.barred(user, case, self.transition.bars)
        return rights.may(user, self.transition.permission, case) and (
            not words or not self._fits_status(case)
        )

    def fits(self, case):
        return self._fits_status(case) and rights.is_allowed(
            self.request.user, case, self.transition, self.rules
        )

    def _fits_status(self, case):
        return case.status in self.transition.sources

    @property
    def heading(self):
        return label_of(self.transition, self.case)

    label = heading

    @property
    def tone(self):
        return "danger" if self.transition.name in _DANGEROUS else "primary"

    @property
    def template_name(self):
        return _PAGES.get(self.transition.name, "cases/case_form.html")

    def get_form(self, form_class=None):
        return form_for(self.transition.name, **self.get_form_kwargs())

    def act(self, form):
        by, told = self.request.user, form.told()
        if self.transition.name == "submit":
            self.case = send_again(case=self.case, by=by, seen_version=form.seen_version, **told)
        else:
            press = self.transition.name
            self.case = advance(case=self.case, press=press, by=by, seen_version=form.seen_version, **told)

    @property
    def done(self):
        return f"{self.heading}：已登记，现在是「{STATUS_LABELS[self.case.status]}」。"

    def stale(self, form):
        """The same press by the same person has been received already; or the page is too old for what it asked."""
        self.case = self.again()
        if self._was_mine():
            messages.success(self.request, "这一下已经收到过，没有重复登记。")
            return redirect(self.case)
        if posts_at_once(self.transition):
            return moved_on(self.request, self.case)
        return super().stale(form)

    def _was_mine(self):
        if self._fits_status(self.case):
            return False
        last = self.case.events.filter(position=0).order_by("-id").first()
        return last is not None and (last.press, last.by_id) == (self.transition.name, self.request.user.pk)


_PAGES = {
    "finish": "cases/press_finish.html",
    "merge": "cases/press_merge.html",
    "rework": "cases/press_sent_back.html",
    "doubt": "cases/press_sent_back.html",
}
