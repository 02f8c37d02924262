"""Writing down a walk of the responsibility field, and settling what was found."""

from django.db import transaction
from django.utils import timezone

from grids import access
from grids.actions import corrections, photos, records
from grids.actions.records import receive
from grids.exceptions import DomainError, StaleVersion
from grids.models import FieldRecord, Finding, Patrol, PatrolCheck

P = access.Permission


def finding_content(*, theme, place, words, state=Finding.State.OPEN):
    """What one finding says, in one spelling."""
    return {"theme": str(theme), "place": place.strip(), "words": words.strip(), "state": str(state)}


def patrol_content(*, grid, route, note="", checks=None, findings=()):
    """What a patrol says, in one spelling. `checks` maps points to states."""
    return {
        "grid": grid.code,
        "route": route.strip(),
        "note": note.strip(),
        "checks": {str(point.pk): str(state) for point, state in (checks or {}).items()},
        "findings": [finding_content(**found) for found in findings],
    }


def log_patrol(
    *,
    by,
    envelope,
    grid,
    route,
    note="",
    checks=None,
    findings=(),
    pictures=(),
    actor=None,
    corrects=None,
    reason="",
):
    """Record a patrol, its checklist and its findings. Returns a Receipt; the same post twice makes one patrol.

    Raises PermissionDenied, DomainError, and what `records.receive` raises.
    """
    checks = checks or {}
    told = {"grid": grid, "route": route, "note": note, "checks": checks, "findings": findings}
    with photos.removed_on_failure() as written, transaction.atomic():
        if corrects:
            corrects = corrections.lock_for_correction(record=corrects, by=by, uuid=envelope.uuid)
        receipt = receive(
            kind=FieldRecord.Kind.PATROL,
            by=by,
            actor=actor or by,
            grid=grid,
            envelope=envelope,
            content=patrol_content(**told),
            corrects=corrects,
            reason=reason,
        )
        if receipt.created:
            _write(receipt.record, **told)
            photos.attach(record=receipt.record, pictures=pictures, written=written)
            if corrects:
                corrections.supersede(record=corrects, newer=receipt.record, keep_concerns=False)
                corrections.log_correction(record=corrects, by=by, reason=reason, label="更正")
            records.audit_entry(receipt.record, label=route[:60])
        return receipt


def _write(record, *, grid, route, note, checks, findings):
    patrol = Patrol.objects.create(
        record=record,
        grid=grid,
        walker=record.actor,
        walked_on=record.happened_on,
        route=route.strip(),
        note=note.strip(),
    )
    PatrolCheck.objects.bulk_create(
        PatrolCheck(patrol=patrol, point=point, state=state) for point, state in checks.items()
    )
    now = timezone.now()
    for found in findings:
        finding = Finding(patrol=patrol, grid=grid, **finding_content(**found))
        if finding.state == Finding.State.SETTLED:
            finding.settled_by, finding.settled_at = record.actor, now
        finding.save()


@transaction.atomic
def settle_finding(*, finding, by, seen_version):
    """Mark a finding as dealt with. Raises PermissionDenied, StaleVersion or DomainError."""
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    access.require(by, P.LOG_FIELDWORK, finding.grid_id)
    if finding.superseded_by_id or finding.state == Finding.State.PASSED_ON:
        raise DomainError("这个问题已更正、撤销或转出，不用再处理。")
    if finding.state == Finding.State.SETTLED:
        return finding
    if finding.version != seen_version:
        raise StaleVersion
    finding.state = Finding.State.SETTLED
    finding.settled_by, finding.settled_at = by, timezone.now()
    finding.version += 1
    finding.save(update_fields=["state", "settled_by", "settled_at", "version"])
    return finding


def pass_on(*, finding):
    """A case grew from the finding (转事件); inside the action that makes the case. Gives back the locked row."""
    finding = Finding.objects.select_for_update(no_key=True).get(pk=finding.pk)
    if finding.superseded_by_id:
        raise DomainError("这个问题已更正或撤销，不能再转事件。")
    if finding.state == Finding.State.PASSED_ON:
        raise DomainError("这个问题已经转成事件。")
    finding.state = Finding.State.PASSED_ON
    finding.version += 1
    finding.save(update_fields=["state", "version"])
    return finding
