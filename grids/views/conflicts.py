"""Two contents under one record's number (409): both side by side, and the second saved as a record of its own."""

from functools import partial
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from grids import access
from grids.actions.concerns import log_concern
from grids.actions.conflicts import save_as_new
from grids.actions.patrols import log_patrol
from grids.actions.records import content_of
from grids.actions.visits import log_visit
from grids.exceptions import DomainError
from grids.forms.concerns import ConcernForm
from grids.forms.patrols import PatrolForm
from grids.forms.visits import VisitForm
from grids.models import FieldRecord, Household
from grids.views.contents import pairs, stored_content
from grids.views.records import address_of
from grids.views.scoped import permission_required, visible_or_404

P = access.Permission
Kind = FieldRecord.Kind

# kind → (its form, its action)
_KINDS = {
    Kind.VISIT: (VisitForm, log_visit),
    Kind.PATROL: (PatrolForm, log_patrol),
    Kind.CONCERN: (ConcernForm, log_concern),
}


@permission_required(P.LOG_FIELDWORK)
def conflict(request, uuid, conflict, actions=None):
    """The page of a kept second content; posting saves it as a new record.

    `actions` by kind take the place of this room's own where more follows from a fact.
    """
    save = partial(_save_as_new, actions=actions or {})
    return looked_at(request, uuid, conflict, kinds=_KINDS, page=conflict_page, save=save)


def looked_at(request, uuid, conflict, *, kinds, page, save):
    """The same for the kinds of another room: its `page(request, kept)` and `save(kept, user)`, giving a record."""
    record = visible_or_404(
        FieldRecord, request.user, P.LOG_FIELDWORK, uuid=uuid, kind__in=[str(kind) for kind in kinds]
    )
    kept = get_object_or_404(record.conflicts.select_related("record", "saved_as"), uuid=conflict)
    if request.method != "POST":
        return page(request, kept)
    if kept.typed_by_id != request.user.pk:
        raise PermissionDenied("somebody else typed it")
    try:
        saved = save(kept, request.user)
    except DomainError as error:
        messages.error(request, f"还不能另存：{error}")
        return redirect(request.path)
    messages.success(request, "已另存为新记录。")
    return redirect(address_of(saved))


def conflict_page(request, kept, status=200):
    """Both contents beside each other, with 另存为新记录."""
    record = kept.record
    stands, arrived = (
        pairs(request.user, record.kind, content) for content in (stored_content(record), content_of(kept))
    )
    return side_by_side(request, kept, stands, arrived, "record_conflict", status)


def side_by_side(request, kept, stands, arrived, url_name, status=200):
    """The page itself: (term, words) of both contents; `url_name` is where the second is saved."""
    record, other = kept.record, content_of(kept)
    context = {
        "conflict": kept,
        "stands": stands,
        "arrived": arrived,
        "save_url": reverse(url_name, args=[record.uuid, kept.uuid]),
        "lost_photos": other.get("photos", 0),
        "record_url": address_of(record),
        "saved_url": address_of(kept.saved_as) if kept.saved_as_id else "",
        "is_mine": kept.typed_by_id == request.user.pk,
    }
    return render(request, "grids/conflict.html", context, status=status)


def _save_as_new(kept, user, actions):
    """Send the kept content through its form and action again, under a new uuid."""
    form_class, action = _KINDS[kept.record.kind]
    action = actions.get(kept.record.kind, action)
    content = content_of(kept)
    typed = form_class.typed_from(content) | {
        "uuid": str(uuid4()),
        "captured_at": kept.received_at.isoformat(),
        "happened_on": content["happened_on"],
    }
    if content["actor"] != str(user.uuid):
        typed["actor"] = content["actor"]
    about = {"user": user}
    if content.get("household"):
        about["household"] = visible_or_404(Household, user, P.LOG_FIELDWORK, uuid=content["household"])
    form = form_class(_query(typed), **about)
    if not form.is_valid():
        raise DomainError("；".join(word for words in form.errors.values() for word in words))
    told = {"actor": form.done_by(), "envelope": form.envelope(), **form.told()}
    return save_as_new(conflict=kept, by=user, action=action, **told)


def _query(typed):
    """Typed fields as a browser would send them."""
    query = QueryDict(mutable=True)
    for name, value in typed.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query
