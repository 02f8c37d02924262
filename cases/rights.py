"""Who may press what on a case. The page offers what this allows, and the action asks it again under the lock.

A permission is held in the place that works the case, by a unit that leads it, or by the person who has it in hand.
Beyond it, `Bar` names who may not although they may, and `Condition` what must hold of the case.
"""

from django.core.exceptions import PermissionDenied

from cases.models import Case
from cases.vocabulary import Bar, Condition, Level, Status
from cases.workflow import TRANSITIONS, Transition, presses_from
from grids import access

P = access.Permission

# Where the town itself closes (DOMAIN): L3 and L4, what was supervised, what came from above.
FROM_ABOVE = frozenset({Case.Source.HOTLINE, Case.Source.ASSIGNED})
SETTLED_BY_TOWN = "12345、上级交办和督办的要核实后由镇里结案，不能当场办结。"


class NotAllowed(PermissionDenied):
    """The permission is not held here, or a rule keeps this person from it; `str()` is a sentence for the page."""


def may(user, permission, case):
    """Whether the permission is held over the case: by place, by its leading unit, or in person."""
    if access.can(user, permission, case.responsible_grid_id):
        return True
    if case.unit_id and case.unit_id in access.unit_scope(user, permission):
        return True
    if permission == P.HANDLE_CASE:
        return case.holder_id == user.pk and access.can(user, P.SETTLE_CASE, case.responsible_grid_id)
    return permission in (P.REPORT_CASE, P.VERIFY_CASE) and case.reporter_id == user.pk


def sees_whole(user, case):
    """Whether the user sees more than the reporter's view of an own case."""
    if access.can(user, P.SEE_CASES, case.responsible_grid_id):
        return True
    units = access.unit_scope(user, P.SEE_CASES)
    return bool(units) and (
        case.unit_id in units or any(support.unit_id in units for support in case.supports.all())
    )


def has_in_hand(user, case):
    """Whether the case is this person's to work on.

    A unit without accounts is spoken for by those who hand out work around the case.
    """
    if case.unit_id:
        if case.unit_id in access.unit_scope(user, P.HANDLE_CASE):
            return True
        speaks = access.can(user, P.DISPATCH_CASE, case.responsible_grid_id)
        # Read through `all`, so that a page that brought the memberships along asks no more.
        return speaks and not any(one.is_current for one in case.unit.memberships.all())
    if case.holder_id:
        return case.holder_id == user.pk
    levels = access.levels_at(user, P.HANDLE_CASE, case.responsible_grid_id)
    return bool(levels) and levels[-1] >= case.level


def works_on(user, case):
    """Whether the user writes on the case: has it in hand, hands out work around it, or is of a supporting unit."""
    if has_in_hand(user, case) or may(user, P.DISPATCH_CASE, case):
        return True
    units = access.unit_scope(user, P.HANDLE_CASE)
    return bool(units) and any(support.unit_id in units for support in case.supports.all())


def may_describe(user, case):
    """Whether the user says what kind of matter it is and how urgent."""
    return may(user, P.REGISTER_CASE, case) or has_in_hand(user, case)


def may_name_support(user, case):
    return may(user, P.DISPATCH_CASE, case) or has_in_hand(user, case)


def may_link_households(user, case):
    """Whether the user says which doors it touches: works on it, and may open those doors."""
    return access.can(user, P.SEE_HOUSEHOLDS, case.responsible_grid_id) and works_on(user, case)


def may_issue_link(user, case):
    """Whether the user hands the resident a code."""
    return may(user, P.VERIFY_CASE, case) or has_in_hand(user, case)


def may_call_back(user, case):
    """回访 is made by somebody of the place who did not handle it."""
    return access.can(user, P.VERIFY_CASE, case.responsible_grid_id) and user.pk != case.handler_id


def may_supervise(user, case):
    return access.can(user, P.SUPERVISE, case.responsible_grid_id)


def barred(user, case, bars):
    """The sentence for who may not press, or ""."""
    if Bar.HANDLER in bars and user.pk == case.handler_id:
        return "自己办的事要由别人核实。"
    if Bar.NOT_REPORTER in bars and user.pk != case.reporter_id:
        return "只有上报的人可以这样做。"
    if Bar.NOT_HOLDER in bars and not has_in_hand(user, case):
        return "这件事现在不在您手上。"
    return ""


def is_from_above(case):
    """Whether somebody above asked for it: the town answers for it, whoever settled it."""
    return case.was_supervised or case.source in FROM_ABOVE


def closes_in_town(case):
    """Whether the town closes it after the verification, rather than the verification itself."""
    if case.level < Level.TOWN and not is_from_above(case):
        return False
    # No case waits for a person who does not exist: where only its handler could close it, verifying closes it.
    return bool(_closers(case.responsible_grid) - {case.handler_id})


def _closers(grid):
    """Who may close in the grid; kept on the loaded row, since two presses of a page ask for it."""
    if not hasattr(grid, "_closers"):
        grid._closers = access.holders(P.CLOSE_CASE, grid)
    return grid._closers


def reads_rules(transition):
    """Whether `require` reads the town's rules for the press; for the others they may be None."""
    return transition.condition == Condition.IN_REACH


def fits(user, case, condition, rules):
    """Whether what must hold of the case does; `rules` gives the days in which a grid head may reopen."""
    match condition:
        case Condition.CLOSES_DIRECTLY:
            return not closes_in_town(case)
        case Condition.CLOSES_IN_TOWN:
            return closes_in_town(case)
        case Condition.SETTLES_AT_ONCE:
            return not is_from_above(case)
        case Condition.BELOW_UNIT:
            return case.level < Level.UNIT
        case Condition.REVIEW_LEFT:
            return not case.was_reviewed
        case Condition.WAS_MERGED:
            return case.merged_into_id is not None
        case Condition.IN_REACH:
            return _in_reach(user, case, rules)
    return True


def _in_reach(user, case, rules):
    levels = access.levels_at(user, P.REOPEN_CASE, case.responsible_grid_id)
    if levels and levels[-1] >= Level.TOWN:
        return True
    return case.closed_in_grid and rules.may_reopen(case.closed_at)


def require(user, case, transition: Transition, rules):
    """Raise NotAllowed unless the user may press it now; the status itself is not looked at."""
    if transition.automatic or not may(user, transition.permission, case):
        raise NotAllowed("您没有这项权限。")
    words = barred(user, case, transition.bars)
    if words:
        raise NotAllowed(words)
    if not fits(user, case, transition.condition, rules):
        at_once = transition.condition == Condition.SETTLES_AT_ONCE
        raise NotAllowed(SETTLED_BY_TOWN if at_once else "这件事现在不能这样办。")


def allowed(user, case, rules):
    """The presses that the page offers this person, in the order of the table."""
    return [one for one in presses_from(Status(case.status)) if is_allowed(user, case, one, rules)]


def is_allowed(user, case, transition, rules):
    """The same as `require`, as an answer."""
    try:
        require(user, case, TRANSITIONS[transition.name], rules)
    except NotAllowed:
        return False
    return True
