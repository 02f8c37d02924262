"""Reporting a problem (上报): one field record, one case with the next number of its day, its first events."""

from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from cases import rights
from cases.actions import moving
from cases.models import Case, CaseEvent, CaseHousehold
from cases.vocabulary import Deed, Level, Status
from grids import access, names
from grids.actions import concerns, patrols, photos, records
from grids.actions.records import Receipt
from grids.exceptions import DomainError
from grids.models import FieldRecord, User

P = access.Permission
S = Status
Source = Case.Source

# Taken as the last statement before the case's own insert: taken early it would make all reports of a day wait.
_NEXT_NUMBER = """
INSERT INTO cases_casecounter AS counter (town_id, day, last) VALUES (%s, %s, 1)
ON CONFLICT (town_id, day) DO UPDATE SET last = counter.last + 1
RETURNING last
"""


@dataclass(frozen=True)
class Told:
    """What a report says. `subject` are the tile's words; `settled` says that it was dealt with on the spot."""

    subject: str
    category: object
    place: str
    words: str = ""
    affected_households: int | None = None
    source: str = Source.PATROL
    upstream_no: str = ""
    upstream_due_at: object = None
    caller_name: str = ""
    caller_phone: str = ""
    is_urgent: bool = False
    measures: str = ""
    settled: bool = False
    concern: object = None
    finding: object = None
    origin: object = None
    origin_case: object = None
    recurs_of: object = None
    household: object = None
    households: tuple = ()

    def content(self, grid):
        """What the report says, in one spelling, for the digest."""
        due = self.upstream_due_at
        return {
            "grid": grid.code,
            "subject": self.subject.strip(),
            "category": self.category.code,
            "place": self.place.strip(),
            "words": self.words.strip(),
            "affected_households": self.affected_households,
            "source": str(self.source),
            "upstream_no": self.upstream_no.strip(),
            "upstream_due_at": due.isoformat() if due else "",
            "caller_name": self.caller_name.strip(),
            "caller_phone": self.caller_phone.strip(),
            "is_urgent": self.is_urgent,
            "measures": self.measures.strip(),
            "settled": self.settled,
            **{
                name: str(row.uuid) if row else ""
                for name, row in (
                    ("concern", self.concern),
                    ("finding", self.finding),
                    ("origin_case", self.origin_case),
                    ("household", self.household),
                )
            },
            "households": sorted(str(one.uuid) for one in self.households),
        }


def report(*, by, envelope, grid, told: Told, actor: User | None = None, pictures=()) -> Receipt:
    """Take in a report; with `told.settled` it is 当场办结 in the same press. The same post twice makes one case.

    The case is `receipt.record.case`. Raises PermissionDenied, DomainError, and what `records.receive` raises.
    """
    with photos.removed_on_failure() as written, transaction.atomic():
        _require_fit(by, grid, told)
        receipt = records.receive(
            kind=FieldRecord.Kind.CASE,
            by=by,
            actor=actor or by,
            grid=grid,
            household=told.household,
            envelope=envelope,
            content=told.content(grid),
            permission=P.REPORT_CASE,
        )
        if receipt.created:
            photos.attach(record=receipt.record, pictures=pictures, written=written)
            records.audit_entry(receipt.record, label=f"{told.subject} {told.place}"[:60])
            _write(receipt.record, told)
        return receipt


def _require_fit(by, grid, told):
    if told.category.parent_id is None or told.category.town.code != grid.town_code:
        raise DomainError("请选择本镇的小类。")
    if told.settled:
        access.require(by, P.SETTLE_CASE, grid)
        if told.source in rights.FROM_ABOVE:
            raise DomainError(rights.SETTLED_BY_TOWN)


def _write(record, told):
    if told.concern:
        concerns.pass_on(concern=told.concern)
        # One that was settled on the spot stays so, hence the question here.
        if Case.objects.filter(concern=told.concern).exists():
            raise DomainError("这条诉求已经转成事件。")
    if told.finding:
        patrols.pass_on(finding=told.finding)
    # Whoever presses on the origin holds it before the counts, so it is held before them here too.
    origin = moving.locked(told.origin_case) if told.origin_case else None
    case = new_case(record, told)
    clock = moving.TownClock(case.town_id, since=case.reported_at)
    press = "settle" if told.settled else "submit"
    given = {"status": S.SELF_CLOSED if told.settled else S.SUBMITTED, "category": told.category.pk}
    if told.settled:
        settler = record.actor
        given |= {
            "level": (access.levels_at(settler, P.SETTLE_CASE, record.grid) or [Level.WORKER])[0],
            "holder_id": settler.pk,
            "handler": settler.pk,
            "limit": list(told.category.limit),
        }
    if told.is_urgent:
        given["urgent"] = True
    move = moving.moved(case, press, clock=clock, at=case.reported_at, **given)
    CaseEvent.objects.bulk_create(
        moving.events_of(case, move, by=record.actor, words=told.words, record=record)
    )
    CaseHousehold.objects.bulk_create(
        CaseHousehold(case=case, household=household) for household in told.households
    )
    moving.tally(case)
    case.case_no = _next_number(case.town_id, timezone.localdate())
    case.save(force_insert=True)
    if origin:
        _tell_origin(origin, case, record)
    return case


def new_case(record, told, key=None):
    """The row with a key of its own, not yet stored: its events go in first, so that the number is held shortly.

    `key` is one that was drawn before, for many at a time.
    """
    grid = record.grid
    case = Case(
        pk=key or _next_key(),
        town_id=told.category.town_id,
        record=record,
        grid=grid,
        responsible_grid=grid,
        household=told.household,
        subject=told.subject.strip(),
        category=told.category,
        place=told.place.strip(),
        place_key=names.address_key(told.place.strip()),
        words=told.words.strip(),
        longitude=record.longitude,
        latitude=record.latitude,
        affected_households=told.affected_households,
        source=told.source,
        upstream_no=told.upstream_no.strip(),
        upstream_due_at=told.upstream_due_at,
        reporter=record.actor,
        caller_name=told.caller_name.strip(),
        # A phone's clock may run ahead; nothing is settled before it was reported.
        reported_at=min(record.captured_at, timezone.now()),
        concern=told.concern,
        finding=told.finding,
        origin=told.origin,
        origin_case=told.origin_case,
        recurs_of=told.recurs_of,
        measures=told.measures.strip(),
        status=S.DRAFT,
        level=Level.WORKER.value,
    )
    case.caller_phone = told.caller_phone.strip()
    return case


def _next_key():
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('cases_case', 'id'))")
        return cursor.fetchone()[0]


def _next_number(town_id, day):
    """The next readable number of the town's day, as 20261123-0007."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_NUMBER, [town_id, day])
        return f"{day:%Y%m%d}-{cursor.fetchone()[0]:04d}"


def _tell_origin(origin, case, record):
    """The case from which another problem was reported says so in its log."""
    move = moving.moved(origin, Deed.BESIDE, clock=moving.TownClock(origin.town_id), at=case.reported_at)
    moving.write(origin, move, by=record.actor, told={"case_no": case.case_no, "case": str(case.uuid)})
