"""What pages of field records share: versions of a record, its photos, flags, and taking it back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from grids import access
from grids.actions import corrections
from grids.exceptions import DomainError
from grids.forms.field import WithdrawForm
from grids.models import FieldRecord
from grids.views.scoped import permission_required, visible_or_404

P = access.Permission
Kind = FieldRecord.Kind

# Where a record of each kind is corrected.
_CORRECTED_AT = {
    Kind.VISIT: "visit_correct",
    Kind.PATROL: "patrol_correct",
    Kind.CONCERN: "concern_correct",
    Kind.INSPECTION: "inspection_correct",
}
# Where it is taken back, unless here.
_WITHDRAWN_AT = {Kind.INSPECTION: "inspection_withdraw"}


# Where a record is shown, for kinds whose page is not named like them; a page of cases leads on to its case.
_SHOWN_AT = {Kind.CONCERN: "concern_of_record", Kind.CASE: "case_of"}

# What a record's page shows beside the record, in the same query.
_RELATED = ("grid", "household", "actor", "typed_by", "corrects", "corrected_by", "corrected_by__typed_by")


def address_of(record):
    """The page of a record's fact."""
    return reverse(_SHOWN_AT.get(record.kind, record.kind), args=[record.uuid])


def record_page(request, uuid, kind):
    """A record the user may see, ready for its page; 404 otherwise."""
    return visible_or_404(FieldRecord, request.user, P.SEE_FIELDWORK, related=_RELATED, uuid=uuid, kind=kind)


def older_versions(record):
    """The records that this one replaced, newest first; as many queries as there were corrections."""
    versions = []
    while record.corrects_id:
        record = record.corrects
        versions.append(record)
    return versions


def context_of(request, record):
    """What every record page shows: flags, versions, photos of all versions, and what may be done."""
    older = older_versions(record)
    newer = getattr(record, "corrected_by", None)
    photos = [photo for version in (record, *older) for photo in version.photos.order_by("pk")]
    return {
        "record": record,
        "flags": flags_of(record),
        "newer": newer,
        "is_withdrawn": newer is not None and newer.kind == Kind.WITHDRAWAL,
        "newer_url": address_of(newer) if newer and newer.kind in _CORRECTED_AT else "",
        "withdraw_url": reverse(_WITHDRAWN_AT.get(record.kind, "record_withdraw"), args=[record.uuid]),
        "correct_url": reverse(_CORRECTED_AT[record.kind], args=[record.uuid]),
        "older": older,
        "older_links": [(version, address_of(version)) for version in older],
        "photos": photos,
        "may_correct": newer is None and corrections.may_correct(record=record, by=request.user),
        "may_withdraw": newer is None and corrections.may_withdraw(record=record, by=request.user),
    }


def flags_of(record):
    """(words, tone) of what is unusual about a record; colour is never the only sign."""
    flags = (
        (record.is_late_entry, "补录", "info"),
        (record.is_late_arrival, "迟传", "info"),
        (record.is_typed_for_another, "代录", "info"),
        (record.outside_town, "定位不在本镇", "warn"),
        (record.clock_is_off, "时钟偏差", "warn"),
    )
    return [(words, tone) for holds, words, tone in flags if holds]


@permission_required(P.LOG_FIELDWORK)
def withdraw(request, uuid, act=corrections.withdraw):
    """Take a record back, with a reason; `act` does it where more follows from it than this room knows."""
    return withdrawal(request, uuid, _CORRECTED_AT.keys() - _WITHDRAWN_AT.keys(), act)


def withdrawal(request, uuid, kinds, act):
    """The page that takes back a record of the kinds by `act(record=, by=, reason=)`."""
    record = visible_or_404(FieldRecord, request.user, P.LOG_FIELDWORK, uuid=uuid, kind__in=list(kinds))
    if not corrections.may_withdraw(record=record, by=request.user):
        raise PermissionDenied("withdrawal is not allowed")
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            act(record=record, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, "已撤销。原来的内容还看得到，不再计入统计。")
        except DomainError as error:
            messages.warning(request, str(error))
        return redirect(address_of(record))
    status = 422 if form.is_bound else 200
    context = {"form": form, "record": record, "back": address_of(record)}
    return render(request, "grids/record_withdraw.html", context, status=status)


@require_POST
@permission_required(P.LOG_FIELDWORK)
def undo(request, uuid, act=corrections.withdraw):
    """Undo a tap on 今日: a withdrawal whose reason is the slip of the finger. `act` as in `withdraw`."""
    record = visible_or_404(FieldRecord, request.user, P.LOG_FIELDWORK, uuid=uuid, kind=Kind.VISIT)
    try:
        act(record=record, by=request.user, reason="点错了，当场撤回")
        messages.info(request, "已撤回，这一户还在名单里。")
    except DomainError as error:
        messages.warning(request, str(error))
    return redirect("today")
