"""Writing down what a site was found to be, and taking it back."""

from dataclasses import dataclass

from django.db import transaction

from grids.access import Permission as P
from grids.actions import corrections, photos, records
from grids.exceptions import DomainError
from grids.models import FieldRecord
from surveys.models import Inspection, InspectionResult

State = InspectionResult.State
FACTS = ((Inspection, "record"),)


@dataclass(frozen=True)
class Verdict:
    """What one item was found to be, with a few words."""

    state: str
    note: str = ""

    def content(self):
        return {"state": str(self.state), "note": self.note.strip()}


def inspection_content(*, site, verdicts, note="", follows=None):
    """What an inspection says, in one spelling. `verdicts` maps items to a Verdict."""
    return {
        "site": str(site.uuid),
        "note": note.strip(),
        "verdicts": {str(item.pk): verdict.content() for item, verdict in verdicts.items()},
        "follows": str(follows.record.uuid) if follows else "",
    }


def log_inspection(
    *,
    by,
    envelope,
    site,
    verdicts,
    note="",
    follows=None,
    pictures=(),
    actor=None,
    corrects=None,
    reason="",
):
    """Record an inspection of a site, or with `follows` the recheck of a failed one. Returns a Receipt.

    The same post twice makes one. Raises PermissionDenied, DomainError, and what `records.receive` raises.
    """
    told = {"site": site, "verdicts": verdicts, "note": note, "follows": follows}
    with photos.removed_on_failure() as written, transaction.atomic():
        if corrects:
            corrects = corrections.lock_for_correction(record=corrects, by=by, uuid=envelope.uuid)
        receipt = records.receive(
            kind=FieldRecord.Kind.INSPECTION,
            by=by,
            actor=actor or by,
            grid=site.grid,
            envelope=envelope,
            content=inspection_content(**told),
            corrects=corrects,
            reason=reason,
            permission=P.INSPECT,
        )
        if receipt.created:
            _require_fit(envelope.happened_on, **told)
            _write(receipt.record, **told)
            photos.attach(record=receipt.record, pictures=pictures, written=written)
            if corrects:
                corrections.supersede(record=corrects, newer=receipt.record, keep_concerns=False, facts=FACTS)
                corrections.log_correction(record=corrects, by=by, reason=reason, label="更正")
            records.audit_entry(receipt.record, label=site.name)
        return receipt


def withdraw_inspection(*, record, by, reason):
    """Take an inspection back; see `corrections.withdraw`."""
    return corrections.withdraw(record=record, by=by, reason=reason, facts=FACTS)


def _require_fit(day, *, site, verdicts, note, follows):
    if site.retired_on and day >= site.retired_on:
        raise DomainError("这个地点已停用，不再考察。")
    if not verdicts:
        raise DomainError("请至少填一个检查项。")
    if any(item.checklist_id != site.checklist_id for item in verdicts):
        raise DomainError("检查项不属于这类地点，请刷新后再填。")
    if follows and (follows.site_id != site.pk or not follows.failed):
        raise DomainError("复查须跟在同一地点不合格的考察之后。")
    if follows and day < follows.inspected_on:
        raise DomainError("复查日期不能早于上次考察。")


def counts(verdicts):
    """(passed, failed) of verdicts."""
    states = [verdict.state for verdict in verdicts.values()]
    return states.count(State.PASS), states.count(State.FAIL)


def _write(record, *, site, verdicts, note, follows):
    passed, failed = counts(verdicts)
    inspection = Inspection.objects.create(
        record=record,
        grid=site.grid,
        site=site,
        inspector=record.actor,
        inspected_on=record.happened_on,
        note=note.strip(),
        follows=follows,
        passed=passed,
        failed=failed,
    )
    InspectionResult.objects.bulk_create(
        InspectionResult(inspection=inspection, item=item, grid=site.grid, **verdict.content())
        for item, verdict in verdicts.items()
    )
