"""Writing down a knock on a door."""

from django.db import transaction

from grids.actions import corrections, photos, places, records
from grids.actions.concerns import add_concerns, concern_content
from grids.actions.records import receive
from grids.exceptions import DomainError
from grids.models import FieldRecord, HouseholdVisit, VisitMet

Mode, Outcome = HouseholdVisit.Mode, HouseholdVisit.Outcome


def visit_content(
    *, household, mode=Mode.HOME, outcome=Outcome.MET, met=(), purposes=(), note="", concerns=()
):
    """What a visit says, in one spelling: the digest is taken over it and a conflict keeps it."""
    return {
        "household": str(household.uuid),
        "mode": str(mode),
        "outcome": str(outcome),
        "met": sorted(str(resident.uuid) for resident in met) if outcome == Outcome.MET else [],
        "purposes": sorted(str(purpose) for purpose in purposes),
        "note": note.strip(),
        "concerns": [concern_content(**heard) for heard in concerns],
    }


def log_visit(
    *,
    by,
    envelope,
    household,
    mode=Mode.HOME,
    outcome=Outcome.MET,
    met=(),
    purposes=(),
    note="",
    concerns=(),
    pictures=(),
    actor=None,
    corrects=None,
    reason="",
):
    """Record a visit, whom it met and what was heard. Returns a Receipt; the same post twice makes one visit.

    `concerns` are mappings of theme, words and state; `corrects` is the record this one replaces, with a reason.
    Raises PermissionDenied, DomainError, and what `records.receive` raises.
    """
    told = {"household": household, "mode": mode, "outcome": outcome, "met": met, "purposes": purposes}
    told |= {"note": note, "concerns": concerns}
    with photos.removed_on_failure() as written, transaction.atomic():
        if any(resident.household_id != household.pk for resident in met):
            raise DomainError("见到的人须是这一户的。")
        if corrects:
            corrects = corrections.lock_for_correction(record=corrects, by=by, uuid=envelope.uuid)
        receipt = receive(
            kind=FieldRecord.Kind.VISIT,
            by=by,
            actor=actor or by,
            grid=places.grid_of(household=household, day=envelope.happened_on),
            household=household,
            envelope=envelope,
            content=visit_content(**told),
            corrects=corrects,
            reason=reason,
        )
        if receipt.created:
            _write(receipt.record, **told)
            photos.attach(record=receipt.record, pictures=pictures, written=written)
            if corrects:
                corrections.supersede(record=corrects, newer=receipt.record, keep_concerns=True)
                corrections.log_correction(record=corrects, by=by, reason=reason, label="更正")
            records.audit_entry(receipt.record, label=household.address)
        return receipt


def _write(record, *, household, mode, outcome, met, purposes, note, concerns):
    visit = HouseholdVisit.objects.create(
        record=record,
        household=household,
        grid=record.grid,
        visitor=record.actor,
        visited_on=record.happened_on,
        mode=mode,
        outcome=outcome,
        purposes=sorted(purposes),
        note=note.strip(),
    )
    if outcome == Outcome.MET:
        # By telephone, by message or through a neighbour somebody was spoken to, not seen.
        in_person = mode == Mode.HOME
        VisitMet.objects.bulk_create(
            VisitMet(visit=visit, resident=resident, visited_on=record.happened_on, in_person=in_person)
            for resident in met
        )
    add_concerns(record=record, concerns=concerns)
