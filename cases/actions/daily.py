"""What happens to cases by itself: by date, by a regridding, by somebody's leaving. Repeated, it does nothing more.

Each change is an event of the case by nobody. Run by `manage.py daily`, inside its transaction.
"""

from django.utils import timezone

from cases.actions import moving
from cases.actions.advance import advance
from cases.actions.deeds import WORKED_ON
from cases.deadlines import WORKING_DAY
from cases.exceptions import IllegalTransition
from cases.models import Case
from cases.vocabulary import OPEN, Deed, Status
from grids import access
from grids.models import GridSuccession, Placement

P = access.Permission


def run(now=None):
    """Everything, in the order in which one thing leads to the next; {label: cases changed}."""
    now = now or timezone.now()
    return {
        "随网格调整": follow_the_net(now),
        "经办人已离任": free_of_leavers(now),
        "未抽查自动结案": close_unchecked(now),
        "重算期限": recompute_deadlines(),
    }


def close_unchecked(now):
    """Close what was settled on the spot and nobody confirmed within the town's days (未抽查)."""
    clocks, done = {}, 0
    waiting = Case.objects.filter(status=Status.SELF_CLOSED, reply_by=None).order_by("pk")
    for case in waiting.only("pk", "town_id", "handled_at"):
        # Without `since`: the calendar serves every case of the town.
        clock = clocks.setdefault(case.town_id, moving.TownClock(case.town_id))
        until = clock.calendar.after(case.handled_at, WORKING_DAY * clock.rules.unchecked_days)
        if until > now:
            continue
        try:
            advance(case=case, press="close_unchecked", by=None, at=now)
        except IllegalTransition:
            # Somebody confirmed it meanwhile.
            continue
        done += 1
    return done


def follow_the_net(now):
    """Open cases of a retired grid go to where their household lives today, else to who took over from the grid."""
    today = timezone.localdate(now)
    left = Case.objects.filter(status__in=OPEN, responsible_grid__retired_on__lte=today)
    rows = list(left.order_by("pk").values_list("pk", "household_id", "responsible_grid_id"))
    homes = Placement.objects.on(today).filter(household_id__in={home for _, home, _ in rows if home})
    homes = dict(homes.exclude(grid__retired_on__lte=today).values_list("household_id", "grid_id"))
    successors = _successors(today)
    done = 0
    for pk, home, grid in rows:
        new = homes.get(home) or _final(grid, successors)
        if new and new != grid:
            done += _deed(pk, Deed.REGRID, OPEN, now, grid=new)
    return done


def _successors(today):
    """{retired grid: the one that took over its newcomers, or the only one that took over}."""
    rows = GridSuccession.objects.filter(effective_on__lte=today).order_by("takes_newcomers", "-pk")
    return dict(rows.values_list("old_id", "new_id"))


def _final(grid, successors):
    seen = set()
    while grid in successors and grid not in seen:
        seen.add(grid)
        grid = successors[grid]
    return grid


def free_of_leavers(now):
    """Cases held by somebody who no longer serves where they are worked go back to the desk of their level."""
    held = Case.objects.filter(status__in=WORKED_ON, holder__isnull=False, unit=None)
    done, people = 0, {}
    for case in held.select_related("holder").order_by("pk"):
        holder = people.setdefault(case.holder_id, case.holder)
        grid = case.responsible_grid_id
        serves = any(access.levels_at(holder, one, grid) for one in (P.HANDLE_CASE, P.SETTLE_CASE))
        if not serves:
            told = {"from": holder.name}
            done += _deed(case.pk, Deed.HANDOVER, WORKED_ON, now, told=told, holder_id=None)
    return done


def recompute_deadlines(town=None, by=None):
    """Decide provisional deadlines anew where days were entered since; how many changed.

    A deadline that leans on no unknown day stays: a holiday entered later changes no past.
    """
    waiting = Case.objects.filter(status__in=OPEN, is_provisional=True)
    if town is not None:
        waiting = waiting.filter(town=town)
    done, clocks = 0, {}
    for pk, town_id in waiting.order_by("pk").values_list("pk", "town_id"):
        case = moving.locked(Case(pk=pk))
        if case.status not in OPEN or not case.is_provisional:
            continue
        clock = clocks.setdefault(town_id, moving.TownClock(town_id))
        before = (case.warn_at, case.due_at, case.is_provisional)
        move = moving.moved(case, Deed.RECOMPUTE, clock=clock)
        if (case.warn_at, case.due_at, case.is_provisional) != before:
            moving.write(case, move, by=by)
            done += 1
    return done


def _deed(pk, deed, statuses, now, told=None, **given):
    """Write one deed on a case that still stands so; 1 or 0."""
    case = moving.locked(Case(pk=pk))
    if case.status not in statuses:
        return 0
    clock = moving.TownClock(case.town_id, since=case.registered_at)
    move = moving.moved(case, deed, clock=clock, at=now, **given)
    moving.write(case, move, by=None, told=told)
    return 1
