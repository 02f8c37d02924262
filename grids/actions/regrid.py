"""Splitting, merging and retiring grids (拆分, 合并, 停用) from a date on.

Everything is written on the day of the decision with the date it holds from; rights, households and posts then
change on that date by themselves. Old codes stay with the old records, and each new place names what it succeeds.
Until the date the plan may be taken back (`unplan`); a `Regridding` keeps what that needs to know.

Locks, always in this order: parent and places by code, households by id, their placements, their terms. A
placement begun at the same moment (`placements.begin`) locks the place too, so neither overlooks the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import Q

from grids import access
from grids.actions import audit, net
from grids.exceptions import DomainError
from grids.models import (
    AuditEntry,
    Grid,
    GridAssignment,
    GridSuccession,
    Household,
    Placement,
    Regridding,
    Tier,
    User,
)

P = access.Permission
Kind = Regridding.Kind
MAX_PARTS = 6


@dataclass(frozen=True)
class Part:
    """A new grid of a split: what it is called, which households (ids) it takes, which terms (ids) go on in it."""

    code: str
    name: str
    households: frozenset[int] = frozenset()
    terms: tuple[int, ...] = ()


@dataclass(frozen=True)
class Division:
    """Which new place each household (id) goes to: the one it was named for, else the default."""

    default: Grid
    named: dict[int, Grid] = field(default_factory=dict)

    def of(self, household_id: int) -> Grid:
        return self.named.get(household_id, self.default)


@transaction.atomic
def split(
    *, grid: Grid, by: User, effective_on: date, parts: Sequence[Part], newcomers: int = 0
) -> list[Grid]:
    """Divide a grid (or micro-grid) into new ones with codes of their own; one audit entry for the whole.

    Households that no part names, such as those entered meanwhile, go to `parts[newcomers]`. Raises
    PermissionDenied, or DomainError naming what does not fit; then nothing has changed.
    """
    access.require(by, P.EDIT_NET, grid)
    parent, [grid] = _locked([grid], effective_on)
    if not 2 <= len(parts) <= MAX_PARTS:
        raise DomainError(f"请拆分成 2 到 {MAX_PARTS} 个网格。")
    if not 0 <= newcomers < len(parts):
        raise DomainError("请选择未划分的户归入哪个新网格。")
    ending = _subtree(grid, effective_on)
    plan = _decide(Kind.SPLIT, by, effective_on)
    new = [
        net.create_place(
            parent,
            code=part.code,
            name=part.name,
            kind=grid.kind,
            opened_on=effective_on,
            ending=ending,
            opening_plan=plan,
            services=grid.services,
            duty_phone=grid.duty_phone,
        )
        for part in parts
    ]
    households = _move_households(ending, effective_on, _division(parts, new, newcomers))
    carried = [(place, part.terms) for place, part in zip(new, parts, strict=True)]
    posts = _end_terms(plan, ending, carried, by)
    _retire(plan, ending, new, newcomers=new[newcomers])
    access.forget(by)
    _log(by, grid, effective_on, [grid], new, households, posts)
    return new


@transaction.atomic
def merge(
    *,
    grids: Iterable[Grid],
    by: User,
    effective_on: date,
    code: str,
    name: str,
    kind: str,
    terms: Sequence[int] = (),
) -> Grid:
    """Join several grids of one village or community (or micro-grids of one grid) in a new one with a code of its own.

    `terms` are the ids of the terms that go on in the new grid. Where all boundaries touch, the new one is their union.
    """
    from grids import geometry

    grids = list(grids)
    for grid in grids:
        access.require(by, P.EDIT_NET, grid)
    if len({grid.pk for grid in grids}) < 2:
        raise DomainError("请选择至少两个要合并的网格。")
    if len({(grid.tier, grid.parent_code) for grid in grids}) > 1:
        raise DomainError("只能合并同一个村或社区里同一层的网格。")
    parent, grids = _locked(grids, effective_on)
    ending = [place for grid in grids for place in _subtree(grid, effective_on)]
    plan = _decide(Kind.MERGE, by, effective_on)
    place = net.create_place(
        parent, code=code, name=name, kind=kind, opened_on=effective_on, ending=ending, opening_plan=plan
    )
    place.boundary = geometry.union([grid.boundary for grid in grids])
    place.boundary_is_sample = place.boundary is not None and any(g.boundary_is_sample for g in grids)
    place.save(update_fields=["boundary", "boundary_is_sample"])
    households = _move_households(ending, effective_on, Division(place))
    posts = _end_terms(plan, ending, [(place, terms)], by)
    _retire(plan, ending, [place], newcomers=place)
    access.forget(by)
    _log(by, place, effective_on, grids, [place], households, posts)
    return place


@transaction.atomic
def retire(*, grid: Grid, by: User, on: date, successor: Grid | None = None) -> Grid:
    """End a grid from a day on; its households and its past go to the successor, without which it must be empty."""
    access.require(by, P.EDIT_NET, grid)
    if successor is not None:
        access.require(by, P.EDIT_NET, successor)
    _, places = _locked([grid] if successor is None else [grid, successor], on)
    grid = next(place for place in places if place.pk == grid.pk)
    ending = _subtree(grid, on)
    if successor is None:
        if _placements_from(ending, on).exists():
            raise DomainError(f"{grid.name}里还有住户，请选择并入哪个网格，或先拆分、合并。")
        households, new = {}, []
    else:
        successor = next(place for place in places if place.pk == successor.pk)
        if successor.pk in {place.pk for place in ending} or successor.area_code != grid.area_code:
            raise DomainError("接收的网格应是同一个村或社区里的另一个网格。")
        households = _move_households(ending, on, Division(successor))
        new = [successor]
    plan = _decide(Kind.RETIRE, by, on)
    posts = _end_terms(plan, ending, [], by)
    _retire(plan, ending, new, newcomers=successor)
    access.forget(by)
    if successor is None:
        changes = {"停用": ["", on.isoformat()], **posts}
        audit.log(AuditEntry.Action.NET, by=by, grid=grid, obj=grid, changes=changes)
    else:
        _log(by, grid, on, [grid], new, households, posts)
    return grid


def _decide(kind, by, day):
    return Regridding.objects.create(kind=kind, effective_on=day, decided_by=by)


def _locked(grids, day):
    """The parent (or common parent) and the places, locked in the order of codes and fit to take part from the day."""
    net.not_before_today(day)
    if any(grid.tier not in (Tier.GRID, Tier.MICRO) for grid in grids):
        raise DomainError("村和社区的编码由国家统一编制，不能在这里拆分、合并或停用。")
    parents = {grid.parent_code for grid in grids}
    codes = parents | {grid.code for grid in grids}
    rows = Grid.objects.select_for_update().filter(code__in=codes).order_by("code")
    by_code = {row.code: row for row in rows}
    locked = [by_code[grid.code] for grid in grids]
    for grid in locked:
        if grid.retired_on is not None:
            raise DomainError(f"{grid.name}已定于 {grid.retired_on:%Y-%m-%d} 停用。")
        if grid.opened_on >= day:
            raise DomainError(f"{grid.name} {grid.opened_on:%Y-%m-%d} 才启用，日期须在这之后。")
    parent = by_code[min(parents)]
    if parent.retired_on is not None:
        raise DomainError(f"{parent.name}已定于 {parent.retired_on:%Y-%m-%d} 停用，请先处理它。")
    return parent, locked


def _subtree(grid, day):
    """The grid and those of its micro-grids that still run on the day, all locked: they end together."""
    places = list(Grid.objects.select_for_update().under(grid.code).order_by("code"))
    running = [place for place in places if place.retired_on is None or place.retired_on > day]
    for place in running:
        if place.opened_on >= day:
            raise DomainError(f"{place.name} {place.opened_on:%Y-%m-%d} 才启用，日期须在这之后。")
        if place.retired_on is not None:
            raise DomainError(f"{place.name}已定于 {place.retired_on:%Y-%m-%d} 停用，日期须在这之后。")
    return running


def _placements_from(places, day):
    """Placements in the places that hold on the day or later."""
    return Placement.objects.filter(Q(ends_on=None) | Q(ends_on__gt=day), grid__in=places)


def _division(parts, new, newcomers):
    """Which household goes where. Raises DomainError if two parts name the same one."""
    named = {}
    for part, place in zip(parts, new, strict=True):
        if named.keys() & part.households:
            raise DomainError("同一户划给了两个网格，请核对。")
        named.update(dict.fromkeys(part.households, place))
    return Division(new[newcomers], named)


def _move_households(ending, day, division):
    """End placements on the day and begin them in their new place; returns {place: number of households}.

    A placement that had not begun by the day only changes its place: it never held.
    """
    households = Household.objects.filter(pk__in=_placements_from(ending, day).values("household_id"))
    list(households.select_for_update().order_by("pk").values_list("pk"))
    placements = list(_placements_from(ending, day).select_for_update(of=("self",)).order_by("pk"))
    foreign = division.named.keys() - {placement.household_id for placement in placements}
    if foreign:
        raise DomainError(f"有 {len(foreign)} 户已不在这个网格里，请重新核对后再提交。")
    begun = [placement for placement in placements if placement.starts_on < day]
    planned = [placement for placement in placements if placement.starts_on >= day]
    for placement in planned:
        placement.moved_from = placement.grid
        placement.grid = division.of(placement.household_id)
    Placement.objects.bulk_update(planned, ["grid", "moved_from"])
    Placement.objects.filter(pk__in=[placement.pk for placement in begun]).update(ends_on=day)
    Placement.objects.bulk_create(
        Placement(
            household_id=placement.household_id,
            grid=division.of(placement.household_id),
            starts_on=day,
            ends_on=placement.ends_on,
            moved_from_id=placement.grid_id,
        )
        for placement in begun
    )
    moved = {}
    for household_id in {placement.household_id for placement in placements}:
        place = division.of(household_id)
        moved[place] = moved.get(place, 0) + 1
    return moved


def _end_terms(plan, ending, carried, by):
    """End every term in the places on the day; carry on those named per new place. Returns the audit's account.

    The plan keeps the ends that are lost by it.
    """
    day = plan.effective_on
    terms = GridAssignment.objects.filter(Q(ends_on=None) | Q(ends_on__gt=day), grid__in=ending)
    terms = {
        term.pk: term
        for term in terms.select_for_update(of=("self",)).select_related("user", "grid").order_by("pk")
    }
    for term in terms.values():
        if term.starts_on >= day:
            raise DomainError(
                f"{term.user.name}在{term.grid.name}的任职 {term.starts_on:%Y-%m-%d} 才开始，请先到人员与任职里改掉。"
            )
    new_terms = {}
    for place, ids in carried:
        for pk in ids:
            if pk not in terms:
                raise DomainError("要接任的人已不在原网格任职，请重新核对。")
            term = terms[pk]
            new_terms[term.user_id, term.role, place.pk] = GridAssignment(
                user=term.user,
                role=term.role,
                grid=place,
                starts_on=day,
                ends_on=term.ends_on,
                note=f"由{term.grid.name}接续"[:200],
                created_by=by,
            )
    ends = _ends(terms.values())
    GridAssignment.objects.filter(pk__in=terms).update(ends_on=day)
    begun = GridAssignment.objects.bulk_create(new_terms.values())
    plan.terms = {"ended": ends, "carried": _ends(begun)}
    plan.save(update_fields=["terms"])
    ended = "、".join(f"{term.user.name}（{term.get_role_display()}）" for term in terms.values())
    going_on = "、".join(
        f"{term.user.name}（{term.get_role_display()}，{term.grid.name}）" for term in new_terms.values()
    )
    return {"任职": [ended, going_on]} if ended else {}


def _ends(terms):
    return {str(term.pk): term.ends_on and term.ends_on.isoformat() for term in terms}


def _retire(plan, ending, new, *, newcomers):
    """Retire the places on the day; every new place succeeds each of them, so that nobody's past is orphaned."""
    day = plan.effective_on
    Grid.objects.filter(pk__in=[place.pk for place in ending]).update(retired_on=day, ending_plan=plan)
    GridSuccession.objects.bulk_create(
        GridSuccession(old=old, new=place, effective_on=day, takes_newcomers=place == newcomers)
        for old in ending
        for place in new
    )


def _log(by, obj, day, old, new, households, posts):
    before = "、".join(f"{grid.name} {grid.code}" for grid in old)
    after = "、".join(f"{place.name} {place.code}（{households.get(place, 0)} 户）" for place in new)
    audit.log(
        AuditEntry.Action.REGRID,
        by=by,
        grid=obj,
        obj=obj,
        changes={"网格": [before, after], "生效日": ["", day.isoformat()], **posts},
    )
