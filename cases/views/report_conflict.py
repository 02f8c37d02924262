"""Two contents under one report's number (409): both side by side, and the second saved as a case of its own."""

from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cases.actions.report import Told, report
from cases.models import Case, CaseCategory
from grids import access, names
from grids.actions.conflicts import save_as_new
from grids.actions.records import Envelope, content_of
from grids.exceptions import DomainError
from grids.models import Grid, Household, User
from grids.views.scoped import permission_required, visible_or_404

P = access.Permission


@permission_required(P.REPORT_CASE)
def case_conflict(request, uuid, conflict):
    """The page of a kept second content; posting saves it as a case of its own."""
    case = visible_or_404(Case, request.user, P.REPORT_CASE, related=("record",), uuid=uuid)
    kept = get_object_or_404(case.record.conflicts.select_related("record", "saved_as"), uuid=conflict)
    if request.method != "POST":
        return show(request, kept)
    if kept.typed_by_id != request.user.pk:
        raise PermissionDenied("somebody else typed it")
    try:
        saved = _save_as_new(kept, request.user)
    except DomainError as error:
        messages.error(request, f"还不能另存：{error}")
        return redirect(request.path)
    messages.success(request, "已另存为一件新的。")
    return redirect("case_reported", saved.case.uuid)


def show(request, kept, status=200):
    """Both contents beside each other."""
    case, other = kept.record.case, content_of(kept)
    context = {
        "conflict": kept,
        "stands": _stored(case),
        "arrived": _arrived(request.user, other),
        "lost_photos": other.get("photos", 0),
        "record_url": reverse("case_reported", args=[case.uuid]),
        "saved_url": reverse("case_reported", args=[kept.saved_as.case.uuid]) if kept.saved_as_id else "",
        "save_url": reverse("case_conflict", args=[case.uuid, kept.uuid]),
        "is_mine": kept.typed_by_id == request.user.pk,
    }
    return render(request, "grids/conflict.html", context, status=status)


def _stored(case):
    return [
        ("编号", case.case_no),
        ("什么事", case.subject),
        ("在哪里", case.place),
        ("怎么回事", case.words),
        ("影响户数", case.affected_households),
        ("来源", case.get_source_display()),
        ("上级编号", case.upstream_no),
        ("反映人", names.mask_name(case.caller_name)),
    ]


def _arrived(user, content):
    return [
        ("日期", content["happened_on"]),
        ("什么事", content["subject"]),
        ("在哪里", content["place"]),
        ("怎么回事", content["words"]),
        ("影响户数", content["affected_households"]),
        ("来源", Case.Source(content["source"]).label),
        ("上级编号", content["upstream_no"]),
        ("反映人", names.mask_name(content["caller_name"])),
    ]


def _save_as_new(kept, user):
    """Report the kept content under a new uuid; what it grew from belongs to the first."""
    content = content_of(kept)
    grid = _one_of(Grid, user, code=content["grid"])
    category = _one_of(CaseCategory, user, code=content["category"], town__code=grid.town_code)
    actor = None
    if content["actor"] != str(user.uuid):
        actor = get_object_or_404(User.objects.visible_to(user, P.LOG_FOR_OTHERS), uuid=content["actor"])
    household = None
    if content["household"]:
        household = visible_or_404(Household, user, P.REPORT_CASE, uuid=content["household"])
    plain = ("subject", "place", "words", "affected_households", "source", "upstream_no", "caller_name")
    plain += ("caller_phone", "is_urgent", "measures", "settled")
    told = Told(
        category=category,
        upstream_due_at=parse_datetime(content["upstream_due_at"]) if content["upstream_due_at"] else None,
        household=household,
        households=(household,) if household else (),
        **{name: content[name] for name in plain},
    )
    envelope = Envelope(
        uuid=uuid4(),
        captured_at=kept.received_at,
        happened_on=timezone.localdate(kept.received_at),
    )
    return save_as_new(
        conflict=kept, by=user, action=report, actor=actor, envelope=envelope, grid=grid, told=told
    )


def _one_of(model, user, **lookup):
    row = model.objects.visible_to(user, P.REPORT_CASE).filter(**lookup).first()
    if row is None:
        raise DomainError("网格或类别已经不在您的范围内，请重新上报。")
    return row
