"""Opening and describing places of the net. Dividing and ending them is in `regrid`."""

from datetime import date
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from grids import access
from grids.actions import audit
from grids.exceptions import DomainError
from grids.models import AuditEntry, Grid, Tier, User

P = access.Permission

# Below which tiers the office opens places itself; the codes of villages and communities are the nation's.
CHILD_TIER = {Tier.AREA: Tier.GRID, Tier.GRID: Tier.MICRO}
KINDS = {
    Tier.GRID: (Grid.Kind.BASIC, Grid.Kind.DEDICATED),
    Tier.MICRO: (Grid.Kind.MICRO,),
}
DESCRIPTION = ("name", "area_words", "services", "duty_phone")


def free_codes(parent_code: str, count: int = 1) -> list[str]:
    """The next `count` codes that no place ever had, retired and planned ones included: after the highest, then gaps.

    Raises DomainError when the parent has no more numbers to give.
    """
    tier = CHILD_TIER[Tier(len(parent_code))]
    digits = tier - len(parent_code)
    codes = Grid.objects.under(parent_code).tier(tier).values_list("code", flat=True)
    taken = {int(code[-digits:]) for code in codes}
    highest = max(taken, default=0)
    numbers = chain(range(highest + 1, 10**digits), range(1, highest))
    free = [f"{parent_code}{n:0{digits}d}" for n in numbers if n not in taken][:count]
    if len(free) < count:
        raise DomainError("这里的编码已经用完，请联系系统管理员。")
    return free


@transaction.atomic
def open_place(
    *,
    parent: Grid,
    by: User,
    code: str,
    name: str,
    kind: str,
    opened_on: date,
    area_words: str = "",
    services: str = "",
    duty_phone: str = "",
) -> Grid:
    """Open a grid in a village or community, or a micro-grid in a grid, from a day on (past days included).

    Raises PermissionDenied, or DomainError for a code that was ever used or a parent not in use on the day.
    """
    access.require(by, P.EDIT_NET, parent)
    parent = Grid.objects.select_for_update().get(pk=parent.pk)
    if not parent.is_open_on(opened_on):
        raise DomainError(f"{parent.name}在 {opened_on:%Y-%m-%d} 没有启用，请换一个日期。")
    if parent.retired_on is not None:
        raise DomainError(f"{parent.name}已定于 {parent.retired_on:%Y-%m-%d} 停用，不能再开新的。")
    description = {"area_words": area_words, "services": services, "duty_phone": duty_phone}
    place = create_place(parent, code=code, name=name, kind=kind, opened_on=opened_on, **description)
    access.forget(by)
    audit.log(
        AuditEntry.Action.NET,
        by=by,
        grid=place,
        obj=place,
        changes={"启用": ["", opened_on.isoformat()], **_first_values(place)},
    )
    return place


def create_place(
    parent: Grid, *, code: str, name: str, kind: str, opened_on: date, ending=(), **values
) -> Grid:
    """Insert a place below a parent whose row the caller has locked; `ending` are places whose names become free."""
    tier = CHILD_TIER.get(Tier(parent.tier))
    if tier is None:
        raise DomainError(f"{parent.name}下面不能开新的网格。")
    if not (code.startswith(parent.code) and len(code) == tier and code.isascii() and code.isdigit()):
        raise DomainError(f"编码应是 {tier} 位数字，以 {parent.code} 开头。")
    if kind not in KINDS[tier]:
        raise DomainError("类型与层级不符。")
    if Grid.objects.filter(code=code).exists():
        raise DomainError(f"编码 {code} 用过了；编码不重复使用，停用的也不行。")
    staying = Grid.objects.under(parent.code).tier(tier).exclude(pk__in=[place.pk for place in ending])
    if staying.filter(Q(retired_on=None) | Q(retired_on__gt=opened_on), name=name).exists():
        raise DomainError(f"{parent.name}已有叫“{name}”的网格，请换一个名称。")
    return Grid.objects.create(code=code, tier=tier, kind=kind, name=name, opened_on=opened_on, **values)


@transaction.atomic
def describe(*, place: Grid, by: User, **values: Any) -> Grid:
    """Change a place's name, area in words, services or duty phone; the same again changes nothing."""
    access.require(by, P.EDIT_NET, place)
    place = Grid.objects.select_for_update().get(pk=place.pk)
    changes = {}
    for field in DESCRIPTION:
        old, new = getattr(place, field), values.get(field, getattr(place, field))
        if old != new:
            setattr(place, field, new)
            changes[Grid._meta.get_field(field).verbose_name] = [old, new]
    if changes:
        place.save(update_fields=DESCRIPTION)
        audit.log(AuditEntry.Action.NET, by=by, grid=place, obj=place, changes=changes)
    return place


@transaction.atomic
def draw(*, place: Grid, by: User, boundary: dict | None) -> Grid:
    """Keep a boundary that `geometry.read_boundary` made, or take it away (None); it is no sample any more."""
    access.require(by, P.EDIT_NET, place)
    place = Grid.objects.select_for_update().get(pk=place.pk)
    before = _outline(place.boundary)
    place.boundary, place.boundary_is_sample = boundary, False
    place.save(update_fields=["boundary", "boundary_is_sample"])
    audit.log(
        AuditEntry.Action.NET,
        by=by,
        grid=place,
        obj=place,
        changes={"边界": [before, _outline(boundary)]},
    )
    return place


def not_before_today(day: date) -> None:
    """Rights change on the day, and nobody's past rights are changed: DomainError for an earlier one."""
    if day < timezone.localdate():
        raise DomainError("日期不能早于今天。")


def _outline(boundary):
    return f"{sum(map(len, boundary['coordinates']))} 个点" if boundary else ""


def _first_values(place):
    fields = ("code", *DESCRIPTION)
    return {
        Grid._meta.get_field(field).verbose_name: ["", getattr(place, field)]
        for field in fields
        if getattr(place, field)
    }
