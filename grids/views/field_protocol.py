"""One protocol for every field form (FIELD.md): pages are answered with a redirect, programs with JSON and a status.

`Accept: application/json` gets 201 created or 200 known with the uuid and the hash of what is stored; 422 with the
fields' errors; 409 with the conflict that was kept; 401, 403 and 404 come from the middleware and error views.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.shortcuts import redirect
from django.views.generic import FormView

from grids import access
from grids.actions.corrections import may_correct
from grids.actions.records import keep_conflict
from grids.exceptions import DomainError, ForeignRecord, SameUuidOtherContent
from grids.middleware import wants_json
from grids.models import FieldRecord
from grids.views.conflicts import conflict_page
from grids.views.contents import stored_content
from grids.views.records import address_of
from grids.views.scoped import PermissionMixin, visible_or_404

P = access.Permission


class FieldFormView(PermissionMixin, FormView):
    """A form whose post becomes one field fact, once.

    Subclasses set `form_class`, `template_name`, `saved_words` and `action`, which takes what the form told and
    returns a Receipt.
    """

    permission = P.LOG_FIELDWORK
    saved_words = "已保存。"
    action = None

    def surroundings(self, form):
        """What the action is given beside what the form told."""
        given = {"by": self.request.user, "actor": form.done_by(), "envelope": form.envelope()}
        return given | {"pictures": form.pictures()}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_success_url(self, record):
        return address_of(record)

    def form_valid(self, form):
        try:
            receipt = type(self).action(**self.surroundings(form), **form.told())
        except SameUuidOtherContent as error:
            return self.conflict(form, error)
        except ForeignRecord as error:
            raise Http404(str(error)) from error
        except DomainError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        return self.saved(receipt)

    def saved(self, receipt):
        record = receipt.record
        if wants_json(self.request):
            status, code = ("created", 201) if receipt.created else ("known", 200)
            answer = {"status": status, "uuid": str(record.uuid), "sha256": record.digest}
            return JsonResponse(answer, status=code)
        self.tell(receipt)
        return redirect(self.get_success_url(record))

    def tell(self, receipt):
        words = self.saved_words if receipt.created else "这条记录已经收到过，没有重复登记。"
        messages.success(self.request, words)

    def form_invalid(self, form):
        if wants_json(self.request):
            return JsonResponse({"status": "invalid", "errors": all_errors(form)}, status=422)
        if self.request.FILES:
            form.photos_lost = True
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def conflict(self, form, error):
        """Keep the second content for a person to look at, and answer 409."""
        content = form.content() | {
            "actor": str(form.done_by().uuid),
            "happened_on": form.envelope().happened_on.isoformat(),
            "photos": len(form.pictures()),
        }
        kept = keep_conflict(record=error.record, by=self.request.user, digest=error.digest, content=content)
        if wants_json(self.request):
            answer = {"status": "conflict", "uuid": str(error.record.uuid), "conflict": str(kept.uuid)}
            return JsonResponse(answer, status=409)
        return self.show_conflict(kept)

    def show_conflict(self, kept):
        """The page of both contents, for a reader with a browser."""
        return conflict_page(self.request, kept, status=409)


class CorrectionMixin:
    """A field form that replaces a record of `kind`: the old values are there to change, and a reason is asked for."""

    kind = None
    saved_words = "已更正，原来的记录仍看得到。"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            self.old = visible_or_404(
                FieldRecord,
                request.user,
                P.LOG_FIELDWORK,
                related=("grid", "household", "actor"),
                uuid=kwargs["uuid"],
                kind=self.kind,
            )
            if not may_correct(record=self.old, by=request.user):
                raise PermissionDenied("correction is not allowed")
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self):
        content = self.stored_content()
        initial = self.form_class.typed_from(content) | {"happened_on": self.old.happened_on}
        if self.old.actor_id != self.request.user.pk:
            initial["actor"] = content["actor"]
        return initial

    def stored_content(self):
        """What the old record says, in the spelling of its form."""
        return stored_content(self.old)

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        form.fields["reason"] = forms.CharField(label="更正原因", max_length=200)
        return form

    def surroundings(self, form):
        given = super().surroundings(form)
        return given | {"corrects": self.old, "reason": form.cleaned_data["reason"]}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"corrects": self.old}


def all_errors(form):
    """A form's errors and those of the rows inside it, as {field: [words]}."""
    errors = {name: [str(word) for word in words] for name, words in form.errors.items()}
    for name in ("concerns", "findings"):
        rows = getattr(form, name, None)
        if rows is None or not rows.is_bound:
            continue
        for row in rows.forms:
            for field, words in row.errors.items():
                errors[row.add_prefix(field)] = [str(word) for word in words]
    return errors
