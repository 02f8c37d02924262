"""Two notes under one number (409): both side by side, and the second saved as a note of its own."""

from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from cases.actions.deeds import add_note
from cases.views.case import whole_or_403
from grids.actions.conflicts import save_as_new
from grids.actions.records import Envelope, content_of
from grids.exceptions import DomainError


def note_of(case, record):
    """The event by which the record is a note of the case, or None."""
    return case.events.filter(record=record, position=0).first()


def note_conflict(request, uuid, conflict):
    """The page of a kept second note; posting saves it as a note of its own."""
    case = whole_or_403(request.user, uuid)
    event = case.events.filter(record__conflicts__uuid=conflict, position=0).select_related("record").first()
    if event is None:
        raise Http404("no conflict")
    kept = event.record.conflicts.select_related("saved_as").get(uuid=conflict)
    if request.method != "POST":
        return show(request, case, event, kept)
    if kept.typed_by_id != request.user.pk:
        raise PermissionDenied("somebody else typed it")
    try:
        _save_as_new(case, kept, request.user)
    except DomainError as error:
        messages.error(request, f"还不能另存：{error}")
        return redirect(request.path)
    messages.success(request, "已另存为一条新的处置记录。")
    return redirect(case)


def show(request, case, event, kept, status=200):
    """Both contents beside each other."""
    content = content_of(kept)
    stands = _pairs(event.words, event.data.get("handling_place", ""), event.data.get("needs_expert"))
    context = {
        "conflict": kept,
        "stands": stands,
        "arrived": _pairs(content["words"], content["place"], content["needs_expert"]),
        "lost_photos": content.get("photos", 0),
        "record_url": case.get_absolute_url(),
        "saved_url": case.get_absolute_url(),
        "save_url": reverse("case_note_conflict", args=[case.uuid, kept.uuid]),
        "is_mine": kept.typed_by_id == request.user.pk,
    }
    return render(request, "grids/conflict.html", context, status=status)


def _pairs(words, place, needs_expert):
    return [
        ("看到什么、做了什么", words),
        ("处置地点", place),
        ("需专业人员", "是" if needs_expert else "否"),
    ]


def _save_as_new(case, kept, user):
    content = content_of(kept)
    envelope = Envelope(
        uuid=uuid4(), captured_at=kept.received_at, happened_on=timezone.localdate(kept.received_at)
    )
    told = {name: content[name] for name in ("words", "place", "needs_expert")}
    return save_as_new(conflict=kept, by=user, action=add_note, case=case, envelope=envelope, **told)
