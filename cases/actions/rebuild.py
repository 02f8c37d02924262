"""The snapshot columns of a case against its log: what they should say, and putting them right."""

from dataclasses import fields

from django.db import transaction

from cases import snapshot as snapshots
from cases.actions import moving
from cases.models import Case
from cases.snapshot import Snapshot

BATCH = 500


def told_by_log(case):
    """The snapshot that the case's own events give; reads `case.events` as prefetched, in any order."""
    events = sorted(case.events.all(), key=lambda event: event.pk)
    first = Snapshot(responsible_grid_id=case.grid_id)
    return snapshots.fold(first, moving.moves_of(events))


def differences(case):
    """{column: (as the row says, as the log says)} where the two differ."""
    row, log = moving.snapshot_of(case), told_by_log(case)
    pairs = {field.name: (getattr(row, field.name), getattr(log, field.name)) for field in fields(Snapshot)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def differing(tick=lambda: None):
    """(case, differences) of every case whose row and log differ, in order; reads in batches."""
    last = 0
    while True:
        rows = Case.objects.filter(pk__gt=last).order_by("pk").prefetch_related("events")[:BATCH]
        for case in rows:
            tick()
            found = differences(case)
            if found:
                yield case, found
            last = case.pk
        if len(rows) < BATCH:
            return


@transaction.atomic
def rebuild(case):
    """Write onto the row what its log says; the log itself gains nothing.

    How a row that was changed past its log was counted, nobody can say: `tallies.rebuild` has to follow.
    """
    case = moving.locked(case)
    moving.put(case, told_by_log(case))
    case.save(update_fields=moving.snapshot_columns())
    return case
