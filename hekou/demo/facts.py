"""Field facts in bulk: what the actions of fieldwork write one by one, for thousands at a time.

A `Fact` carries what the action would be called with. A test writes the same facts both ways and compares the rows.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from grids.actions.audit import key_of
from grids.actions.concerns import concern_content, report_content
from grids.actions.patrols import finding_content, patrol_content
from grids.actions.records import Envelope, digest_of
from grids.actions.visits import visit_content
from grids.models import (
    AuditEntry,
    Concern,
    FieldRecord,
    Finding,
    Grid,
    Household,
    HouseholdVisit,
    Patrol,
    PatrolCheck,
    User,
    VisitMet,
)
from hekou.demo.copying import copy_in, reserve
from surveys.actions.inspections import counts, inspection_content
from surveys.models import Inspection, InspectionResult

Kind, Action = FieldRecord.Kind, AuditEntry.Action


def walk_content(*, site, verdicts, note, follows):
    """What an inspection says; the one it follows is a fact whose record was made before it."""
    before = Inspection(record=follows.record) if follows else None
    return inspection_content(site=site, verdicts=verdicts, note=note, follows=before)


CONTENT = {
    Kind.VISIT: visit_content,
    Kind.PATROL: patrol_content,
    Kind.CONCERN: report_content,
    Kind.CASE: lambda told, grid, level: told.content(grid),
    Kind.CASE_NOTE: dict,
    Kind.INSPECTION: walk_content,
}


def envelope_at(uuid, moment):
    """What a phone sends around a fact of that moment, without a position."""
    return Envelope(uuid=uuid, captured_at=moment, happened_on=timezone.localdate(moment))


@dataclass
class Fact:
    """One record with everything told in it; `told` are the keyword arguments of its action.

    `later` maps the position of a concern or finding to (who, when, words): the answer, or the settling.
    """

    kind: str
    by: User
    actor: User
    grid: Grid
    envelope: Envelope
    received_at: datetime
    told: dict[str, Any]
    household: Household | None = None
    corrects: "Fact | None" = None
    reason: str = ""
    label: str = ""
    later: dict[int, tuple] = field(default_factory=dict)
    record: FieldRecord | None = None
    newer: "Fact | None" = None


def content_of(fact):
    """What the record's digest is taken over."""
    if fact.kind == Kind.WITHDRAWAL:
        return {"withdraws": str(fact.corrects.envelope.uuid), "reason": fact.reason}
    return CONTENT[fact.kind](**fact.told)


def write(facts, uuid):
    """Write facts (a corrected one before its correction) and give back the audit entries they owe, unsaved.

    `uuid` makes the uuids of concerns and findings.
    """
    for fact in facts:
        fact.record = fact.record or record_of(fact)
        if fact.corrects:
            fact.corrects.newer = fact
    reserve([fact.record for fact in facts])
    for fact in facts:
        fact.record.corrects = fact.corrects and fact.corrects.record
    copy_in([fact.record for fact in facts])
    of_kind = {kind: [fact for fact in facts if fact.kind == kind] for kind in Kind}
    _write_visits(of_kind[Kind.VISIT])
    _write_patrols(of_kind[Kind.PATROL], uuid)
    _write_inspections(of_kind[Kind.INSPECTION])
    copy_in([row for fact in facts for row in _concerns(fact, uuid)])
    return [entry for fact in facts for entry in _entries(fact)]


def record_of(fact):
    """The record of a fact, unsaved and without a key."""
    content = {**content_of(fact), "actor": fact.actor.uuid, "happened_on": fact.envelope.happened_on}
    return FieldRecord(
        kind=fact.kind,
        grid=fact.grid,
        household=fact.household,
        actor=fact.actor,
        typed_by=fact.by,
        received_at=fact.received_at,
        digest=digest_of(fact.kind, content),
        reason=fact.reason,
        **fact.envelope.columns(),
    )


def _write_visits(facts):
    visits, met = [], []
    for fact in facts:
        said = content_of(fact)
        visit = HouseholdVisit(
            record=fact.record,
            household=fact.household,
            grid=fact.grid,
            visitor=fact.actor,
            visited_on=fact.envelope.happened_on,
            superseded_by=fact.newer and fact.newer.record,
            **{name: said[name] for name in ("mode", "outcome", "purposes", "note")},
        )
        visits.append(visit)
        if visit.outcome == HouseholdVisit.Outcome.MET:
            in_person = visit.mode == HouseholdVisit.Mode.HOME
            met += [
                VisitMet(
                    visit=visit, resident=resident, visited_on=fact.envelope.happened_on, in_person=in_person
                )
                for resident in fact.told["met"]
            ]
    copy_in(visits)
    copy_in(met)


def _write_patrols(facts, uuid):
    patrols, checks, findings = [], [], []
    for fact in facts:
        superseded_by = fact.newer and fact.newer.record
        patrol = Patrol(
            record=fact.record,
            grid=fact.grid,
            walker=fact.actor,
            walked_on=fact.envelope.happened_on,
            route=fact.told["route"],
            note=fact.told["note"],
            superseded_by=superseded_by,
        )
        patrols.append(patrol)
        checks += [
            PatrolCheck(patrol=patrol, point=point, state=state)
            for point, state in fact.told["checks"].items()
        ]
        for position, found in enumerate(fact.told["findings"]):
            finding = Finding(
                uuid=uuid(),
                patrol=patrol,
                grid=fact.grid,
                superseded_by=superseded_by,
                **finding_content(**found),
            )
            if finding.state == Finding.State.SETTLED:
                finding.settled_by, finding.settled_at = fact.actor, fact.received_at
            elif position in fact.later:
                finding.settled_by, finding.settled_at, _ = fact.later[position]
                finding.state, finding.version = Finding.State.SETTLED, 2
            findings.append(finding)
    copy_in(patrols)
    copy_in(checks)
    copy_in(findings)


def _write_inspections(facts):
    inspections, results = [], []
    for fact in facts:
        verdicts, follows = fact.told["verdicts"], fact.told["follows"]
        passed, failed = counts(verdicts)
        inspection = Inspection(
            record=fact.record,
            grid=fact.grid,
            site=fact.told["site"],
            inspector=fact.actor,
            inspected_on=fact.envelope.happened_on,
            note=fact.told["note"],
            follows_id=follows and follows.record.pk,
            passed=passed,
            failed=failed,
            superseded_by=fact.newer and fact.newer.record,
        )
        inspections.append(inspection)
        results += [
            InspectionResult(inspection=inspection, item=item, grid=fact.grid, **verdict.content())
            for item, verdict in verdicts.items()
        ]
    copy_in(inspections)
    copy_in(results)


def _concerns(fact, uuid):
    """What was heard; it outlives a correction of the visit, and goes with a withdrawal."""
    if fact.kind == Kind.CONCERN:
        heard = [{name: fact.told[name] for name in ("theme", "words", "state")}]
    else:
        heard = fact.told.get("concerns", ())
    gone = fact.newer and (fact.kind != Kind.VISIT or fact.newer.kind == Kind.WITHDRAWAL)
    for position, told in enumerate(heard):
        concern = Concern(
            uuid=uuid(),
            record=fact.record,
            grid=fact.grid,
            household=fact.household,
            heard_by=fact.actor,
            heard_on=fact.envelope.happened_on,
            superseded_by=fact.newer.record if gone else None,
            **concern_content(**told),
        )
        if position in fact.later:
            concern.answered_by, concern.answered_at, concern.answer = fact.later[position]
            concern.state, concern.version = Concern.State.ANSWERED, 2
        yield concern


def _entries(fact):
    """The audit entries of one fact, in the order in which its action writes them."""
    about = {"by": fact.by, "grid": fact.grid, "at": fact.received_at, "object_type": "fieldrecord"}
    if fact.corrects:
        verb = "撤销" if fact.kind == Kind.WITHDRAWAL else "更正"
        old = fact.corrects.record
        yield AuditEntry(
            action=Action.CORRECTION,
            object_key=key_of(old),
            object_label=f"{verb}{old.get_kind_display()} {old.happened_on:%Y-%m-%d}",
            reason=fact.reason,
            **about,
        )
    if fact.kind in (Kind.WITHDRAWAL, Kind.CASE_NOTE):
        return
    about |= {"object_key": key_of(fact.record), "object_label": fact.label}
    if fact.record.is_late_entry:
        yield AuditEntry(action=Action.LATE_ENTRY, **about)
    if fact.record.is_typed_for_another:
        changes = {"当事人": ["", fact.actor.name]}
        yield AuditEntry(action=Action.PROXY_ENTRY, changes=changes, **about)
