"""What hangs on a term of office: numbers alone, so they ask for no right to the persons behind them."""

from collections import Counter
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from grids import access, due, indicators
from grids.access import Permission as P
from grids.models import Concern, Finding, Grid, GridSuccession, Placement, Resident


class Workload(NamedTuple):
    """What is at the places of a term today: households, persons due and not yet seen, open concerns and findings."""

    households: int
    due: int
    concerns: int
    findings: int


def workload_of(terms):
    """{term id: Workload} for terms with fieldwork; the same number of queries for any number of terms."""
    terms = [term for term in terms if term.role in access.roles_with(P.LOG_FIELDWORK)]
    under = Q(pk__in=[])
    for term in terms:
        under |= Q(code__startswith=term.grid.code)
    codes = dict(Grid.objects.filter(under).values_list("pk", "code"))
    counts = [_by_code(counted, codes) for counted in _counted_at(codes.keys())]
    return {
        term.pk: Workload(
            *(sum(n for code, n in count.items() if code.startswith(term.grid.code)) for count in counts)
        )
        for term in terms
    }


def _by_code(grid_ids, codes):
    return Counter(codes[grid_id] for grid_id in grid_ids)


def _counted_at(grid_ids):
    """Of each figure, the grid id of every single thing counted."""
    home = dict(
        Placement.objects.current().filter(grid_id__in=grid_ids).values_list("household_id", "grid_id")
    )
    cared_for = Resident.objects.filter(household_id__in=home, care__isnull=False)
    household = dict(cared_for.values_list("pk", "household_id"))
    waiting = _waiting(list(household))
    now_at = _successors(grid_ids)
    concerns = Concern.objects.current().open()
    concerns = concerns.filter(Q(household_id__in=home) | Q(household=None, grid_id__in=now_at))
    findings = Finding.objects.current().open().filter(grid_id__in=now_at)
    return (
        home.values(),
        [home[household[resident]] for resident in waiting],
        [
            home.get(household_id) or now_at[grid_id]
            for household_id, grid_id in concerns.values_list("household_id", "grid_id")
        ],
        [now_at[grid_id] for grid_id in findings.values_list("grid_id", flat=True)],
    )


def _waiting(resident_ids):
    """Who of them is owed a visit in a week, month or quarter that holds today, and was not met in it."""
    today = timezone.localdate()
    periods = [due.period_of(today, frequency) for frequency in (due.WEEKLY, due.MONTHLY, due.QUARTERLY)]
    start, end = min(period[0] for period in periods), max(period[1] for period in periods)
    ledger = due.Ledger(indicators.facts_of(resident_ids, start, end))
    return {obligation.resident for obligation in ledger.current(today) if not obligation.is_done}


def _successors(grid_ids):
    """{grid id: the one of `grid_ids` that answers for it}: each for itself, and for those it succeeded."""
    now_at = {grid_id: grid_id for grid_id in grid_ids}
    pairs = list(
        GridSuccession.objects.filter(effective_on__lte=timezone.localdate()).values_list("new_id", "old_id")
    )
    found = True
    while found:
        found = {old: now_at[new] for new, old in pairs if new in now_at and old not in now_at}
        now_at |= found
    return now_at
