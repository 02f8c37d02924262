"""The counts kept beside the cases (CaseTally): how a press changes them, how they are made anew, what is read there.

Conditions are taken from `cases.indicators`; `cases.shares` says the same of one case.
"""

from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Count, F, FloatField, Q, Sum
from django.db.models.functions import Cast, NullIf, TruncMonth
from django.utils import timezone

from cases import indicators as figures
from cases.models import Case, CaseTally
from cases.shares import difference, shares
from grids import access
from grids.figures import Rows, tallied
from grids.models import Tier

P = access.Permission


def _filter(figure, part="n"):
    return figure.condition(None, part)


def _rows(where):
    return Count("pk", filter=where)


_IN_GRIDS = figures.FROM_GRIDS
_TIMED = _filter(figures.MEAN_TIME)

# {clock: {column: what it is over the cases of a grid and a month}}
COLUMNS = {
    "reported_at": {"reported": _rows(_filter(figures.REPORTED)), "valid": _rows(_filter(figures.VALID))},
    "registered_at": {"filed": _rows(_filter(figures.FILED))},
    "due_at": {
        "due": _rows(_filter(figures.DUE_CASES)),
        "handled": _rows(_filter(figures.HANDLED)),
        "handled_in_time": _rows(_filter(figures.HANDLED_IN_TIME)),
        "settled": _rows(_filter(figures.SETTLED)),
        "settled_in_time": _rows(_filter(figures.SETTLED_IN_TIME)),
        "ever_handled": _rows(_filter(figures.REWORKED, "d")),
        "reworked": _rows(_filter(figures.REWORKED)),
        "reworks": Sum("rework_count", filter=_filter(figures.REWORKS)),
    },
    "closed_at": {
        "closures": _rows(_filter(figures.CLOSURES)),
        "from_grids": _rows(_IN_GRIDS),
        "by_worker": _rows(_IN_GRIDS & figures.IN_GRID_WORKER.numerator),
        "by_head": _rows(_IN_GRIDS & figures.IN_GRID_HEAD.numerator),
        "timed": _rows(_TIMED),
        "natural_seconds": Sum("natural_seconds", filter=_TIMED),
        "working_seconds": Sum("working_seconds", filter=_TIMED),
        "rated": _rows(_filter(figures.RATED)),
        "pleased": _rows(_filter(figures.SATISFIED)),
    },
}
_NAMES = [column for columns in COLUMNS.values() for column in columns]

# One statement with its rows in the order of their key, so that two writers wait for each other in the same order.
_ADD = f"""
INSERT INTO cases_casetally AS tally (grid_id, month, {", ".join(_NAMES)}) VALUES {{rows}}
ON CONFLICT (grid_id, month) DO UPDATE SET {", ".join(f"{name} = tally.{name} + excluded.{name}" for name in _NAMES)}
"""  # noqa: S608 - our own column names


def _zone():
    return ZoneInfo(timezone.get_default_timezone_name())


def shares_of(case):
    """What the case adds to its months as its columns stand."""
    return shares(case, _zone())


def change(case, *, before):
    """Add to the counts what has become of the case since `before`; at most one statement."""
    changed = difference(before, shares_of(case))
    if not changed:
        return
    row = f"(%s, %s, {', '.join(['%s'] * len(_NAMES))})"
    values = [
        value
        for month, counts in sorted(changed.items())
        for value in (case.grid_id, month, *(counts[name] for name in _NAMES))
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ADD.format(rows=", ".join([row] * len(changed))), values)


def counted():
    """{(grid id, month): {column: number}} of all cases, by the definitions themselves."""
    found = {}
    for clock, columns in COLUMNS.items():
        columns = {f"sum_{column}": over for column, over in columns.items()}
        rows = Case.objects.filter(**{f"{clock}__isnull": False}).order_by()
        grouped = rows.annotate(month=TruncMonth(clock)).values("grid_id", "month").annotate(**columns)
        for row in grouped:
            key = row.pop("grid_id"), timezone.localdate(row.pop("month"))
            kept = {column.removeprefix("sum_"): number for column, number in row.items() if number}
            if kept:
                found.setdefault(key, {}).update(kept)
    return found


def kept():
    """The same as the table has it."""
    found = {}
    for row in CaseTally.objects.values("grid_id", "month", *_NAMES):
        key = row.pop("grid_id"), row.pop("month")
        numbers = {column: number for column, number in row.items() if number}
        if numbers:
            found[key] = numbers
    return found


def wrong():
    """What differs, as (grid id, month, column, in the table, by the cases); both read at one moment."""
    with transaction.atomic():
        _still()
        table, cases = kept(), counted()
    return [
        (grid, month, column, table.get((grid, month), {}).get(column, 0), number)
        for grid, month in sorted({*table, *cases})
        for column in _NAMES
        if (number := cases.get((grid, month), {}).get(column, 0))
        != table.get((grid, month), {}).get(column, 0)
    ]


@transaction.atomic
def rebuild():
    """Make the table anew from the cases; presses wait meanwhile. Returns the number of rows."""
    _still()
    CaseTally.objects.all().delete()
    rows = [CaseTally(grid_id=grid, month=month, **numbers) for (grid, month), numbers in counted().items()]
    CaseTally.objects.bulk_create(rows, batch_size=1000)
    return len(rows)


def _still():
    """Nobody changes a count until the transaction ends; readers go on.

    Who changes a case in a way that counts commits only after its count, so the cases stand as still as the counts.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE cases_casetally IN SHARE ROW EXCLUSIVE MODE")


def _tally(asked):
    return CaseTally.objects.order_by()


TALLY = Rows(_tally, P.SEE_CASES, place="grid")


def _read(figure, n, d=None, *, where=None, **more):
    sums = {"n": Sum(n, filter=where)} | ({"d": Sum(d, filter=where)} if d else {}) | more
    return tallied(figure, TALLY, "month", **sums)


_GRIDS = Q(grid__tier__gte=Tier.GRID)


def _mean(seconds):
    return Cast(Sum(seconds), FloatField()) / NullIf(Sum("timed"), 0)


REPORTED = _read(figures.REPORTED, "reported")
VALID = _read(figures.VALID, "valid")
FILED = _read(figures.FILED, "filed")
DUE_CASES = _read(figures.DUE_CASES, "due")
HANDLED = _read(figures.HANDLED, "handled", "due")
HANDLED_IN_TIME = _read(figures.HANDLED_IN_TIME, "handled_in_time", "due")
SETTLED = _read(figures.SETTLED, "settled", "due")
SETTLED_IN_TIME = _read(figures.SETTLED_IN_TIME, "settled_in_time", "due")
REWORKED = _read(figures.REWORKED, "reworked", "ever_handled")
REWORKS = _read(figures.REWORKS, "reworks")
CLOSURES = _read(figures.CLOSURES, "closures")
IN_GRID = tallied(
    figures.IN_GRID,
    TALLY,
    "month",
    n=Sum(F("by_worker") + F("by_head"), filter=_GRIDS),
    d=Sum("from_grids", filter=_GRIDS),
)
IN_GRID_WORKER = _read(figures.IN_GRID_WORKER, "by_worker", "from_grids", where=_GRIDS)
IN_GRID_HEAD = _read(figures.IN_GRID_HEAD, "by_head", "from_grids", where=_GRIDS)
MEAN_TIME = _read(figures.MEAN_TIME, "timed", value=_mean("natural_seconds"))
MEAN_WORK = _read(figures.MEAN_WORK, "timed", value=_mean("working_seconds"))
SATISFIED = _read(figures.SATISFIED, "pleased", "rated")
RATED = _read(figures.RATED, "rated", "closures")

TALLIED = (
    *(REPORTED, VALID, FILED, DUE_CASES, HANDLED, HANDLED_IN_TIME, SETTLED, SETTLED_IN_TIME),
    *(REWORKED, REWORKS, CLOSURES, IN_GRID, IN_GRID_WORKER, IN_GRID_HEAD, MEAN_TIME, MEAN_WORK),
    *(SATISFIED, RATED),
)
