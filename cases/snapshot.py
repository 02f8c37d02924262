"""How a case stands, folded from its events. Pure: the same function moves a case and rebuilds it from the log.

What depends on the working calendar of its day (deadline, working time) was decided when the event was written and is
carried in its `data`, so that a holiday entered later changes no past.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from cases.deadlines import Limit, LimitUnit, WorkCalendar, deadline
from cases.vocabulary import Clock, Deed, Level, Status, Step
from cases.workflow import TRANSITIONS, Transition

Pause = tuple[datetime, datetime]


class Move(NamedTuple):
    """One press or deed as the log keeps it: the state after it, and what else it decided (`data`).

    `data` may hold handler, limit [amount, unit], category, extended_minutes, due, seconds, main, reply_by, urgent,
    grid, score; a key that is absent changes nothing.
    """

    press: str
    at: datetime
    status: Status
    level: int
    holder_id: int | None
    unit_id: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """The columns of a case that its events decide, in the same names."""

    status: Status = Status.DRAFT
    level: int = Level.WORKER
    holder_id: int | None = None
    handler_id: int | None = None
    unit_id: int | None = None
    category_id: int | None = None
    responsible_grid_id: int | None = None
    steps_done: tuple[int, ...] = ()
    version: int = 0
    is_urgent: bool = False
    was_supervised: bool = False
    reply_by: date | None = None
    is_extended: bool = False
    registered_at: datetime | None = None
    limit_amount: int | None = None
    limit_unit: str = ""
    extended_minutes: int = 0
    pauses: tuple[Pause, ...] = field(default=())
    suspended_since: datetime | None = None
    warn_at: datetime | None = None
    due_at: datetime | None = None
    due_by: str = "limit"
    is_provisional: bool = False
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    natural_seconds: int | None = None
    working_seconds: int | None = None
    level_closed: int | None = None
    rework_count: int = 0
    reopen_count: int = 0
    was_self_closed: bool = False
    is_unchecked: bool = False
    was_reviewed: bool = False
    merged_into_id: int | None = None
    status_before: str = ""
    rating: int | None = None
    rated_at: datetime | None = None

    @property
    def limit(self) -> Limit | None:
        if self.limit_amount is None:
            return None
        return Limit(self.limit_amount, LimitUnit(self.limit_unit))


# These change the limit or what of it has run; the deadline is decided anew with them.
_MOVE_THE_LIMIT = frozenset({Deed.CLASSIFY, Deed.EXTEND, Deed.RECOMPUTE})


def apply(before: Snapshot, move: Move) -> Snapshot:
    """How the case stands after the move."""
    data = move.data
    after = replace(
        before,
        version=before.version + 1,
        status=move.status,
        level=move.level,
        holder_id=move.holder_id,
        unit_id=move.unit_id,
        handler_id=data.get("handler", before.handler_id),
        category_id=data.get("category", before.category_id),
        responsible_grid_id=data.get("grid", before.responsible_grid_id),
        is_urgent=data.get("urgent", before.is_urgent),
        extended_minutes=data.get("extended_minutes", before.extended_minutes),
        is_extended=before.is_extended or "extended_minutes" in data,
    )
    if "limit" in data and (before.registered_at or _starts(move)):
        amount, unit = data["limit"]
        after = replace(after, limit_amount=amount, limit_unit=unit)
    transition = TRANSITIONS.get(move.press)
    after = _pressed(after, before, transition, move) if transition else _done(after, move)
    if "due" in data:
        warn_at, due_at, due_by, is_provisional = data["due"]
        after = replace(
            after,
            warn_at=_moment(warn_at),
            due_at=_moment(due_at),
            due_by=due_by,
            is_provisional=is_provisional,
        )
    if "seconds" in data:
        natural, working = data["seconds"]
        after = replace(after, natural_seconds=natural, working_seconds=working)
    return after


def fold(first: Snapshot, moves: Iterable[Move]) -> Snapshot:
    """The snapshot that the whole log gives."""
    for move in moves:
        first = apply(first, move)
    return first


def _starts(move: Move) -> bool:
    transition = TRANSITIONS.get(move.press)
    return transition is not None and transition.clock == Clock.START


def _pressed(after: Snapshot, before: Snapshot, transition: Transition, move: Move) -> Snapshot:
    steps = set(before.steps_done) - {*map(int, transition.undoes)} | {*map(int, transition.completes)}
    after = replace(after, steps_done=tuple(sorted(steps)))
    if Step.FEEDBACK in transition.completes:
        after = replace(after, handled_at=move.at)
    if Step.FEEDBACK in transition.undoes:
        after = replace(after, handled_at=None)
    return _marked(_clocked(after, before, transition, move), before, transition.name, move)


def _marked(after: Snapshot, before: Snapshot, press: str, move: Move) -> Snapshot:
    """What single presses count and remember."""
    match press:
        case "rework":
            after = replace(after, rework_count=before.rework_count + 1)
        case "settle":
            after = replace(after, was_self_closed=True)
        case "doubt":
            after = replace(after, was_self_closed=False, rework_count=before.rework_count + 1)
        case "close_unchecked":
            after = replace(after, is_unchecked=True)
        case "review":
            after = replace(after, was_reviewed=True)
        case "merge":
            after = replace(after, merged_into_id=move.data["main"], status_before=before.status)
        case "unmerge":
            after = replace(after, merged_into_id=None, status_before="")
        case "reopen":
            after = replace(
                after,
                reopen_count=before.reopen_count + 1,
                is_unchecked=False,
                was_self_closed=False,
                rating=None,
                rated_at=None,
            )
    return after


def _clocked(after: Snapshot, before: Snapshot, transition: Transition, move: Move) -> Snapshot:
    match transition.clock:
        case Clock.START if before.registered_at is None:
            return replace(after, registered_at=move.at)
        case Clock.STOP if before.registered_at and before.suspended_since is None:
            return replace(after, suspended_since=move.at)
        case Clock.RESUME if before.suspended_since and move.status != Status.SUSPENDED:
            paused = (*before.pauses, (before.suspended_since, move.at))
            return replace(after, pauses=paused, suspended_since=None)
        case Clock.END:
            return replace(after, closed_at=move.at, level_closed=move.level)
        case Clock.REOPEN if before.closed_at:
            paused = (*before.pauses, (before.closed_at, move.at))
            return replace(
                after,
                pauses=paused,
                closed_at=None,
                level_closed=None,
                natural_seconds=None,
                working_seconds=None,
            )
    return after


def _done(after: Snapshot, move: Move) -> Snapshot:
    match move.press:
        case Deed.SUPERVISE:
            return replace(after, was_supervised=True, reply_by=_day(move.data["reply_by"]))
        case Deed.REPLY:
            return replace(after, reply_by=None)
        case Deed.RATE:
            steps = tuple(sorted({*after.steps_done, int(Step.EVALUATE)}))
            return replace(after, rating=move.data["score"], rated_at=move.at, steps_done=steps)
    return after


def moves_limit(transition: Transition | None, press: str) -> bool:
    """Whether the deadline has to be decided anew with this press."""
    if transition is None:
        return press in _MOVE_THE_LIMIT
    return transition.clock in (Clock.START, Clock.RESUME, Clock.REOPEN)


def due_of(snapshot: Snapshot, calendar: WorkCalendar, upstream_due_at: datetime | None) -> list[Any] | None:
    """[warn_at, due_at, due_by, is_provisional] of a registered case: the earlier of its limit and the upstream's."""
    if snapshot.registered_at is None or snapshot.limit is None:
        return None
    found = deadline(
        snapshot.registered_at,
        snapshot.limit,
        calendar,
        extended=timedelta(minutes=snapshot.extended_minutes),
        stopped=snapshot.pauses,
    )
    if upstream_due_at is None or found.due_at <= upstream_due_at:
        return [found.warn_at, found.due_at, "limit", found.is_provisional]
    start = snapshot.registered_at
    upstream_due_at = as_kept(upstream_due_at)
    # Whole seconds: what is finer would be lost in the log.
    left = timedelta(seconds=int(calendar.worked(start, upstream_due_at).total_seconds() * 4 / 5))
    warn_at = min(calendar.after(start, left), upstream_due_at) if left else upstream_due_at
    return [warn_at, upstream_due_at, "upstream", False]


def seconds_of(snapshot: Snapshot, calendar: WorkCalendar) -> list[int]:
    """[natural, working] seconds from the registration to the closure, less what was paused."""
    start, end = snapshot.registered_at, snapshot.closed_at
    if start is None or end is None:
        raise ValueError("a case that is not closed has no duration")
    natural = end - start - sum((b - a for a, b in snapshot.pauses), timedelta(0))
    working = calendar.worked(start, end)
    working -= sum((calendar.worked(a, b) for a, b in snapshot.pauses), timedelta(0))
    return [max(int(one.total_seconds()), 0) for one in (natural, working)]


def as_kept(moment: datetime) -> datetime:
    """To the millisecond, as JSON keeps it: what is folded from the log is then exactly what the row says."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _moment(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
