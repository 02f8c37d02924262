"""A draft being edited: how its pages find it, save it, and take the last change back."""

from dataclasses import dataclass
from functools import wraps

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse

from grids import access
from grids.exceptions import DomainError, StaleVersion
from grids.views.scoped import visible_or_404
from surveys import schema as schemas
from surveys.actions import questionnaires
from surveys.models import Questionnaire, Version, schema_of
from surveys.schema import Schema

P = access.Permission
UNDO = "questionnaire_undo"


@dataclass
class Draft:
    """The open draft of a questionnaire with its questions."""

    questionnaire: Questionnaire
    version: Version
    schema: Schema

    @property
    def url(self):
        return reverse("questionnaire_edit", args=[self.questionnaire.uuid])


def drafting(view):
    """`view(request, draft, …)` for an address that begins with a questionnaire's uuid; without a draft, its page."""

    @wraps(view)
    def found(request, uuid, **kwargs):
        questionnaire = visible_or_404(Questionnaire, request.user, P.RUN_SURVEY, related=["town"], uuid=uuid)
        version = questionnaire.versions.filter(published_at=None).first()
        if version is None:
            messages.info(request, "这份问卷没有草稿。要修改，请先另开一版。")
            return redirect(questionnaire)
        return view(request, Draft(questionnaire, version, schema_of(version)), **kwargs)

    return found


def found(step, *given, **named):
    """An editing step's answer; a question or section that is not there is 404."""
    try:
        return step(*given, **named)
    except LookupError:
        raise Http404 from None


def save(request, draft, schema, seen_edits):
    """Keep the changed questions, and what they were for `undo`. Raises StaleVersion and DomainError."""
    before = draft.version.schema
    document = schemas.dump(schema)
    if document == before and seen_edits == draft.version.edits:
        return
    try:
        schemas.parse(document)
    except schemas.SchemaError as error:
        raise DomainError(f"没有保存：{error}。") from None
    version = questionnaires.save_draft(
        version=draft.version, by=request.user, schema=document, seen_edits=seen_edits
    )
    request.session[UNDO] = {"version": str(version.uuid), "edits": version.edits, "schema": before}


def undo(request, draft):
    """Put back what stood before this person's last save. False where somebody, or nobody, saved since."""
    kept = request.session.get(UNDO) or {}
    if kept.get("version") != str(draft.version.uuid) or kept.get("edits") != draft.version.edits:
        return False
    try:
        questionnaires.save_draft(
            version=draft.version, by=request.user, schema=kept["schema"], seen_edits=kept["edits"]
        )
    except StaleVersion:
        return False
    del request.session[UNDO]
    return True


def saved(request, draft, words):
    """Say so, with the way back."""
    url = reverse("questionnaire_undo", args=[draft.questionnaire.uuid])
    messages.success(request, words, extra_tags=f"undo:{url}")


def keep_typed(request, draft, form, schema):
    """Save a form's outcome; True when done. What is in the way is said at the form, and what was typed stays.

    Where somebody saved meanwhile, the form takes the new count, so that a second press saves over what is shown.
    """
    try:
        save(request, draft, schema, form.cleaned_data["seen_edits"])
    except StaleVersion:
        form.data = form.data.copy()
        form.data[form.add_prefix("seen_edits")] = draft.version.edits
        form.add_error(None, "这份问卷刚被别人改过。下面是您填的，旁边是现在保存着的；核对后再按一次保存。")
        form.is_stale = True
        return False
    except DomainError as error:
        form.add_error(None, str(error))
        return False
    return True
