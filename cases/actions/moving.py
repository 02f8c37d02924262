"""How a case is written: under a lock, an event for what happened, and the snapshot that follows from it."""

from dataclasses import fields
from functools import cached_property

from django.utils import timezone

from cases import snapshot as snapshots
from cases import tallies
from cases.exceptions import IllegalTransition
from cases.models import Case, CaseEvent, calendar_of, rules_of
from cases.snapshot import Move, Snapshot
from cases.vocabulary import Clock, Status
from cases.workflow import TRANSITIONS

_COLUMNS = tuple(field.name for field in fields(Snapshot))
_UNCHANGED = object()


class TownClock:
    """The working calendar and rules of a case's town, read once an action and only if asked for."""

    def __init__(self, town_id, since=None):
        self.town_id = town_id
        self.since = since and timezone.localdate(since)

    @cached_property
    def rules(self):
        return rules_of(self.town_id)

    @cached_property
    def calendar(self):
        return calendar_of(self.town_id, since=self.since, rules=self.rules)


def locked(case, *others):
    """The cases, locked in the order of their keys, as they stand now; a list when there are others.

    Rows around a case (grid, unit, category) are read when an action asks for them: most presses ask for none.
    """
    rows = Case.objects.select_for_update(no_key=True)
    if not others:
        return rows.get(pk=case.pk)
    wanted = [one.pk for one in (case, *others)]
    by_pk = {row.pk: row for row in rows.filter(pk__in=wanted).order_by("pk")}
    return [by_pk[pk] for pk in wanted]


def require_version(case, seen_version):
    """Raise IllegalTransition where somebody was quicker; None trusts the lock alone (commands, bulk)."""
    if seen_version is not None and case.version != seen_version:
        raise IllegalTransition


def snapshot_of(case):
    """The snapshot columns of a row as the pure value."""
    values = {name: getattr(case, name) for name in _COLUMNS}
    values["status"] = Status(values["status"] or Status.DRAFT)
    values["steps_done"] = tuple(values["steps_done"])
    values["pauses"] = tuple((_aware(a), _aware(b)) for a, b in values["pauses"])
    return Snapshot(**values)


def _aware(moment):
    return timezone.datetime.fromisoformat(moment) if isinstance(moment, str) else moment


def put(case, snapshot):
    """Write a snapshot onto the row, unsaved."""
    for name in _COLUMNS:
        value = getattr(snapshot, name)
        setattr(case, name, list(value) if isinstance(value, tuple) else value)


def snapshot_columns():
    """The names of the model's fields that a snapshot is kept in."""
    return {Case._meta.get_field(name.removesuffix("_id")).name for name in _COLUMNS}


def moved(
    case,
    press,
    *,
    clock,
    at=None,
    status=None,
    level=None,
    holder_id=_UNCHANGED,
    unit_id=_UNCHANGED,
    **data,
):
    """Apply one press or deed to the row in memory and give back the Move, whole, for the log."""
    before = snapshot_of(case)
    if case.tallied is None:
        case.tallied = tallies.shares_of(case)
    move = Move(
        press=str(press),
        at=snapshots.as_kept(at or timezone.now()),
        status=status or before.status,
        level=before.level if level is None else level,
        holder_id=before.holder_id if holder_id is _UNCHANGED else holder_id,
        unit_id=before.unit_id if unit_id is _UNCHANGED else unit_id,
        data=data,
    )
    after = snapshots.apply(before, move)
    transition = TRANSITIONS.get(move.press)
    if snapshots.moves_limit(transition, move.press):
        due = snapshots.due_of(after, clock.calendar, case.upstream_due_at)
        if due:
            data["due"] = due
    if transition and transition.clock == Clock.END:
        data["seconds"] = snapshots.seconds_of(after, clock.calendar)
    put(case, snapshots.apply(before, move))
    return move


def events_of(case, move, *, by, words="", record=None, told=None):
    """The rows of the log for one press: one for each step it completes, at least one.

    `told` adds to the first row's data what the page shows of it.
    """
    transition = TRANSITIONS.get(move.press)
    steps = sorted(transition.completes) if transition and transition.completes else [None]
    return [
        CaseEvent(
            case=case,
            press=move.press,
            position=position,
            step=step,
            by=by,
            happened_at=move.at,
            status=move.status,
            level=move.level,
            holder_id=move.holder_id,
            unit_id=move.unit_id,
            words=words.strip() if position == 0 else "",
            data={**move.data, **(told or {})} if position == 0 else {},
            record=record if position == 0 else None,
        )
        for position, step in enumerate(steps)
    ]


def write(case, move, *, by, words="", record=None, told=None, also=()):
    """Save the snapshot (and the columns named by `also`) and append the events. Inside the action's transaction."""
    case.save(update_fields=snapshot_columns() | set(also))
    events = CaseEvent.objects.bulk_create(
        events_of(case, move, by=by, words=words, record=record, told=told)
    )
    tally(case)
    return events


def tally(case):
    """Bring the counts of the case's months up to what `moved` made of it: last, since it makes writers take turns."""
    tallies.change(case, before=case.tallied)
    case.tallied = None


def moves_of(events):
    """The moves that a case's log holds, from its events in order."""
    return [
        Move(
            press=event.press,
            at=event.happened_at,
            status=Status(event.status),
            level=event.level,
            holder_id=event.holder_id,
            unit_id=event.unit_id,
            data=event.data,
        )
        for event in events
        if event.position == 0
    ]
