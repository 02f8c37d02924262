"""Drawing households at random with a kept seed, and what became of the knock on the door."""

import random

from django.db import transaction
from django.db.models import Count

from grids import access
from grids.actions import audit
from grids.exceptions import DomainError, StaleVersion
from grids.models import AuditEntry, Placement
from surveys.models import Round, SampledHousehold

P = access.Permission
State = SampledHousehold.State
# For every household to be visited so many more are drawn as reserves, at most (local).
RESERVES = 1.0
# 无人 is final at the third try; before that the door is knocked at again (local).
MOST_TRIES = 3


@transaction.atomic
def draw(*, round, by, seed):
    """Draw `quota` households a village, and reserves, by the seed: the same seed and net give the same households.

    Drawing again replaces a draw of which nothing was visited. Raises DomainError where a village has too few.
    """
    access.require(by, P.RUN_SURVEY, round.town)
    round = Round.objects.select_for_update(of=("self",)).select_related("town").get(pk=round.pk)
    if round.state != Round.State.DRAFT:
        raise DomainError("已经开始的调查不能重新抽样。")
    areas = list(round.areas.select_related("area").order_by("area__code"))
    if not areas or any(area.quota is None for area in areas):
        raise DomainError("请先填各村的人数并算出配额。")
    round.sample.all().delete()
    chance = random.Random(seed)  # noqa: S311 - drawn so that anybody can draw it again
    rows = []
    for area in areas:
        rows += _drawn(round, area, chance)
    SampledHousehold.objects.bulk_create(rows)
    round.seed = seed
    round.save(update_fields=["seed"])
    label = f"抽样 {round.title}"[:90] + f" 种子 {seed} 共 {len(rows)} 户"
    audit.log(AuditEntry.Action.SETTING, by=by, grid=round.town, obj=round, label=label)
    return len(rows)


def _drawn(round, area, chance):
    placed = Placement.objects.current().filter(grid__code__startswith=area.area.code)
    doors = list(placed.order_by("household_id").values_list("household_id", "grid_id"))
    if len(doors) < area.quota:
        raise DomainError(f"{area.area.name}只有 {len(doors)} 户，不够配额 {area.quota} 份。")
    wanted = min(len(doors), area.quota + round_up(area.quota * RESERVES))
    for position, (household, grid) in enumerate(chance.sample(doors, wanted)):
        yield SampledHousehold(
            round=round,
            grid_id=grid,
            household_id=household,
            area=area.area,
            position=position,
            state=State.WAITING if position < area.quota else State.RESERVE,
        )


def round_up(number):
    return int(-(-number // 1))


@transaction.atomic
def tell_disposition(*, sampled, by, state, seen_tries=None):
    """Say what became of the visit without an interview; a final one brings the village's next reserve in.

    Returns the reserve that takes its place, or None. Raises StaleVersion where another try was told since `seen_tries`
    were seen: a double tap is one knock.
    """
    access.require(by, P.INTERVIEW, sampled.grid)
    sampled = SampledHousehold.objects.select_for_update().select_related("round").get(pk=sampled.pk)
    if not sampled.round.takes_answers:
        raise DomainError("这次调查不在进行中。")
    if sampled.state != State.WAITING:
        raise DomainError(f"这一户已登记为“{sampled.get_state_display()}”。")
    if state not in (State.REFUSED, State.ABSENT, State.INELIGIBLE, State.QUOTA_FULL):
        raise DomainError("请选择没有访成的原因。")
    if seen_tries is not None and seen_tries != sampled.tries:
        raise StaleVersion
    sampled.tries += 1
    final = state != State.ABSENT or sampled.tries >= MOST_TRIES
    if final:
        sampled.state = state
    sampled.save(update_fields=["tries", "state"])
    return _replace(sampled) if final and state != State.QUOTA_FULL else None


@transaction.atomic
def take_back(*, sampled, by):
    """Undo the last disposition, a wrong tap; the reserve that came in steps back. Raises DomainError when too late."""
    access.require(by, P.INTERVIEW, sampled.grid)
    sampled = SampledHousehold.objects.select_for_update().select_related("round").get(pk=sampled.pk)
    if not sampled.round.takes_answers:
        raise DomainError("这次调查不在进行中。")
    if not sampled.tries or sampled.state in (State.DONE, State.RESERVE):
        raise DomainError("这一户没有可撤销的结果。")
    reserve = SampledHousehold.objects.select_for_update().filter(replaces=sampled).first()
    if reserve is not None:
        if reserve.state != State.WAITING or reserve.tries:
            raise DomainError("替补的一户已经去过，不能撤销了。")
        reserve.state, reserve.replaces = State.RESERVE, None
        reserve.save(update_fields=["state", "replaces"])
    sampled.state, sampled.tries = State.WAITING, sampled.tries - 1
    sampled.save(update_fields=["state", "tries"])
    return sampled


def _replace(sampled):
    reserves = SampledHousehold.objects.select_for_update(skip_locked=True).filter(
        round_id=sampled.round_id, area_id=sampled.area_id, state=State.RESERVE
    )
    reserve = reserves.order_by("position").first()
    if reserve is None:
        return None
    reserve.state, reserve.replaces = State.WAITING, sampled
    reserve.save(update_fields=["state", "replaces"])
    return reserve


def dispositions(round):
    """{state: how many} of the drawn households; one query."""
    counted = round.sample.values_list("state").annotate(n=Count("pk")).order_by("state")
    return dict(counted)
