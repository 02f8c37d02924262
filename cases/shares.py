"""What one case adds to the counts of its months, from its own columns. Pure: no query, no clock.

The conditions are those of `cases.indicators`, said in Python; a test holds the two equal on random histories.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from cases.vocabulary import Level, Status

# What came to the grid from the people there, and not from above or from an inspection.
GRID_SOURCES = frozenset({"visit", "patrol", "resident", "phone"})
# Satisfied and fairly satisfied (Case.Score).
PLEASED = 2

Shares = dict[date, Counter[str]]


class Counted(Protocol):
    """The columns of a case that the counts go by."""

    status: str
    source: str
    reported_at: datetime
    registered_at: datetime | None
    due_at: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    level_closed: int | None
    natural_seconds: int | None
    working_seconds: int | None
    rework_count: int
    was_self_closed: bool
    rating: int | None


def shares(case: Counted, zone: ZoneInfo) -> Shares:
    """{first day of a local month: {column: number}}, without what is nothing."""
    found: Shares = {}
    for moment, counts in ((case.reported_at, _reported), (case.registered_at, _filed)):
        _add(found, moment, zone, counts(case))
    for moment, counts in ((case.due_at, _due), (case.closed_at, _closed)):
        _add(found, moment, zone, counts(case))
    return {month: counts for month, counts in found.items() if counts}


def difference(before: Shares, after: Shares) -> Shares:
    """What has to be added to go from the one to the other, without what stays."""
    changed: Shares = {}
    for month in {*before, *after}:
        counts = Counter(after.get(month, {}))
        counts.subtract(before.get(month, {}))
        counts = Counter({column: number for column, number in counts.items() if number})
        if counts:
            changed[month] = counts
    return changed


def _add(found: Shares, moment: datetime | None, zone: ZoneInfo, counts: Iterator[tuple[str, int]]) -> None:
    if moment is None:
        return
    month = moment.astimezone(zone).date().replace(day=1)
    kept = {column: int(number) for column, number in counts if number}
    found.setdefault(month, Counter()).update(kept)


def _is_filed(case: Counted) -> bool:
    return case.registered_at is not None and case.status not in (Status.MERGED, Status.VOIDED)


def _reported(case: Counted) -> Iterator[tuple[str, int]]:
    yield "reported", case.status != Status.DRAFT
    yield "valid", _is_filed(case) and case.status != Status.SELF_CLOSED


def _filed(case: Counted) -> Iterator[tuple[str, int]]:
    yield "filed", _is_filed(case)


def _due(case: Counted) -> Iterator[tuple[str, int]]:
    if case.due_at is None or case.status in (Status.MERGED, Status.VOIDED, Status.SUSPENDED):
        return
    yield "due", 1
    yield "handled", case.handled_at is not None
    yield "handled_in_time", case.handled_at is not None and case.handled_at <= case.due_at
    yield "settled", case.closed_at is not None
    yield "settled_in_time", case.closed_at is not None and case.closed_at <= case.due_at
    yield "ever_handled", case.handled_at is not None or case.rework_count > 0
    yield "reworked", case.rework_count > 0
    yield "reworks", case.rework_count


def _closed(case: Counted) -> Iterator[tuple[str, int]]:
    if case.status != Status.CLOSED:
        return
    yield "closures", 1
    if case.source in GRID_SOURCES:
        yield "from_grids", 1
        yield "by_worker", case.level_closed == Level.WORKER
        yield "by_head", case.level_closed == Level.HEAD
    if not case.was_self_closed and case.natural_seconds is not None:
        yield "timed", 1
        yield "natural_seconds", case.natural_seconds
        yield "working_seconds", case.working_seconds or 0
    yield "rated", case.rating is not None
    yield "pleased", case.rating is not None and case.rating >= PLEASED
