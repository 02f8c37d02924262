"""Taking a field fact back, or putting another in its place. Facts stay; a newer record supersedes them."""

from datetime import timedelta
from uuid import uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from grids import access
from grids.actions import audit
from grids.actions.records import Envelope, receive
from grids.exceptions import DomainError
from grids.models import AuditEntry, Concern, FieldRecord, Finding, HouseholdVisit, Patrol

P = access.Permission

# What a record of each kind holds, by the field that leads from the fact to its record.
_FACTS = {
    FieldRecord.Kind.VISIT: ((HouseholdVisit, "record"), (Concern, "record")),
    FieldRecord.Kind.PATROL: ((Patrol, "record"), (Finding, "patrol__record")),
    FieldRecord.Kind.CONCERN: ((Concern, "record"),),
}


def may_correct(*, record, by):
    """Who did or typed a fact may correct it; heads and offices may correct any of their grids."""
    return access.can(by, P.LOG_FIELDWORK, record.grid_id) and (
        by.pk in (record.actor_id, record.typed_by_id) or access.can(by, P.LOG_FOR_OTHERS, record.grid_id)
    )


def may_withdraw(*, record, by):
    """The same people may take it back, but who did it only on the day it came in and the day after."""
    if access.can(by, P.LOG_FOR_OTHERS, record.grid_id):
        return access.can(by, P.LOG_FIELDWORK, record.grid_id)
    recent = timezone.localdate() <= timezone.localdate(record.received_at) + timedelta(days=1)
    return recent and may_correct(record=record, by=by)


@transaction.atomic
def withdraw(*, record, by, reason, facts=None):
    """Take a fact back with everything that was told with it; done twice, it is done once.

    `facts` are the (model, path to the record) of a kind that another app keeps. Returns the withdrawal's
    record. Raises PermissionDenied, or DomainError when the fact was corrected meanwhile.
    """
    locked = _lock(record)
    newer = FieldRecord.objects.filter(corrects=locked).first()
    if newer and newer.kind == FieldRecord.Kind.WITHDRAWAL:
        return newer
    if newer:
        raise DomainError("这条记录已更正，请打开新的一条再撤销。")
    facts = facts or _FACTS.get(locked.kind)
    if facts is None or not may_withdraw(record=locked, by=by):
        raise PermissionDenied("withdrawal is not allowed")
    receipt = receive(
        kind=FieldRecord.Kind.WITHDRAWAL,
        by=by,
        actor=by,
        grid=locked.grid,
        household=locked.household,
        # A record can be withdrawn once, so its withdrawal has one name whoever presses how often.
        envelope=Envelope(
            uuid=uuid5(locked.uuid, "withdrawal"),
            captured_at=timezone.now(),
            happened_on=timezone.localdate(),
        ),
        content={"withdraws": str(locked.uuid), "reason": reason},
        corrects=locked,
        reason=reason,
    )
    supersede(record=locked, newer=receipt.record, keep_concerns=False, facts=facts)
    log_correction(record=locked, by=by, reason=reason, label="撤销")
    return receipt.record


def lock_for_correction(*, record, by, uuid):
    """Lock a record that the record `uuid` is to correct and give it back; raises PermissionDenied or DomainError."""
    locked = _lock(record)
    # The same correction posted twice is let through: `receive` answers it with the first one's receipt.
    if FieldRecord.objects.filter(corrects=locked).exclude(uuid=uuid).exists():
        raise DomainError("这条记录已被更正或撤销，请打开最新的一条。")
    if not may_correct(record=locked, by=by):
        raise PermissionDenied("correction is not allowed")
    return locked


def supersede(*, record, newer, keep_concerns, facts=None):
    """Mark the facts of a record as replaced. What was heard at a visit outlives a correction of the visit."""
    for model, path in facts or _FACTS[record.kind]:
        if keep_concerns and model is Concern and record.kind == FieldRecord.Kind.VISIT:
            continue
        model.objects.filter(**{path: record}, superseded_by=None).update(superseded_by=newer)


def log_correction(*, record, by, reason, label):
    """The audit entry of a correction or withdrawal; the last thing an action does."""
    audit.log(
        AuditEntry.Action.CORRECTION,
        by=by,
        grid=record.grid,
        obj=record,
        label=f"{label}{record.get_kind_display()} {record.happened_on:%Y-%m-%d}",
        reason=reason,
    )


def _lock(record):
    rows = FieldRecord.objects.select_for_update(of=("self",))
    return rows.select_related("grid", "household").get(pk=record.pk)
