"""抽查: a draw among the matters settled on the spot, and what the town found of each. The seed makes it checkable."""

import random

from django.db import transaction
from django.utils import timezone

from cases import rights
from cases.actions import moving
from cases.actions.advance import advance
from cases.exceptions import IllegalTransition
from cases.models import Case, CheckDraw, CheckItem, rules_of
from cases.vocabulary import Deed, Status
from grids import access
from grids.exceptions import DomainError
from grids.scoped import next_day

P = access.Permission
Result = CheckItem.Result


def eligible(town, start, end):
    """Cases of the town settled on the spot and closed in the half-open local period, in the order of their keys."""
    rows = Case.objects.filter(town=town, status=Status.CLOSED, was_self_closed=True)
    return rows.filter(closed_at__gte=_midnight(start), closed_at__lt=_midnight(end)).order_by("pk")


def _midnight(day):
    return timezone.make_aware(timezone.datetime.combine(day, timezone.datetime.min.time()))


def chosen(keys, percent, seed):
    """The drawn ones of the keys in order: so many percent, rounded up, the same for the same seed."""
    size = -(-len(keys) * percent // 100)
    return sorted(random.Random(seed).sample(keys, size))  # noqa: S311 - a lot that can be drawn again, no secret


@transaction.atomic
def draw(*, by, town, start, last_day, seed):
    """Draw from what was closed from `start` to `last_day`; the percentage is the town's. Returns the CheckDraw.

    Raises PermissionDenied, and DomainError where there is nothing to draw from.
    """
    access.require(by, P.CLOSE_CASE, town)
    end = next_day(last_day)
    keys = list(eligible(town, start, end).values_list("pk", flat=True))
    if not keys:
        raise DomainError("这段时间没有当场办结的件，请换个时段。")
    percent = rules_of(town.pk).spot_check_percent
    made = CheckDraw.objects.create(
        town=town,
        starts_on=start,
        ends_on=end,
        percent=percent,
        seed=seed,
        eligible=len(keys),
        drawn_by=by,
        drawn_at=timezone.now(),
    )
    drawn = chosen(keys, percent, seed)
    CheckItem.objects.bulk_create(CheckItem(draw=made, case_id=key) for key in drawn)
    return made


@transaction.atomic
def record(*, item, by, result, words=""):
    """Write down what the check of a drawn case found; 不属实 takes the case up again (重办).

    Raises PermissionDenied, DomainError, and IllegalTransition where somebody recorded it meanwhile.
    """
    case = moving.locked(item.case)
    item = CheckItem.objects.select_for_update().get(pk=item.pk)
    if not access.can(by, P.CLOSE_CASE, case.responsible_grid_id):
        raise rights.NotAllowed("您没有这项权限。")
    if by.pk == case.handler_id:
        raise rights.NotAllowed("自己办的事要由别人抽查。")
    if item.result != Result.OPEN:
        raise IllegalTransition
    if result == Result.UNTRUE and not words.strip():
        raise DomainError("不属实请写明情况。")
    item.result, item.words = Result(result), words.strip()
    item.checked_by, item.checked_at = by, timezone.now()
    item.save()
    move = moving.moved(case, Deed.CHECK, clock=moving.TownClock(case.town_id))
    moving.write(case, move, by=by, words=words, told={"result": item.get_result_display()})
    # Somebody may have taken it up again already, after a call or a complaint.
    if item.result == Result.UNTRUE and case.status == Status.CLOSED:
        advance(case=case, press="reopen", by=by, words=f"抽查不属实：{words.strip()}")
    return item
