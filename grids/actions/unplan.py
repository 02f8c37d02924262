"""Cancelling a planned split, merge or retirement (取消计划) before its date, as if it had not been decided.

A new place of the plan never comes into force: it opens and is retired on the day of the cancellation, so no page
offers it, and its code stays taken like every other one (it may stand on a notice, and does in the audit log). One
rule for all codes needs no exception to remember.

What people arranged on top of the plan by hand is never undone with it: the cancellation is refused, naming it, until
they have taken it back themselves. Moves and shorter terms arranged since in the old places stay as they are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from grids import access
from grids.actions import audit
from grids.exceptions import DomainError
from grids.models import (
    AuditEntry,
    Grid,
    GridAssignment,
    GridSuccession,
    Household,
    Placement,
    Regridding,
    User,
)

P = access.Permission
SHOWN_ADDRESSES = 5


@dataclass
class Undoing:
    """What cancelling a plan would do now, row by row; `obstacles` say in words what stands against it."""

    plan: Regridding
    ends: list[Grid]
    opens: list[Grid]
    successors: list[Grid]
    parents: list[Grid]
    # Rows of the plan, and for each the row of the old place that it continues, or None where it only changed place.
    placements: list[tuple[Placement, Placement | None]] = field(default_factory=list)
    ended_terms: list[tuple[GridAssignment, date | None]] = field(default_factory=list)
    carried_terms: list[GridAssignment] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)

    @property
    def households(self) -> int:
        return len({placement.household_id for placement, _ in self.placements})


@transaction.atomic
def cancel(*, plan: Regridding, by: User) -> Regridding:
    """Take the plan back; one audit entry. Raises PermissionDenied, or DomainError naming what stands against it."""
    undoing = foresee(plan, lock=True)
    for place in [*undoing.ends, *undoing.opens, *undoing.successors]:
        access.require(by, P.EDIT_NET, place)
    # Read anew behind the locks on its places: somebody else may have cancelled it.
    plan = Regridding.objects.select_for_update().get(pk=plan.pk)
    if not plan.is_pending:
        raise DomainError("这个计划已经取消，或已经生效，不能再取消。")
    if undoing.obstacles:
        raise DomainError("".join(undoing.obstacles))
    _put_back_terms(undoing)
    _put_back_households(undoing)
    GridSuccession.objects.filter(old__in=undoing.ends, effective_on=plan.effective_on).delete()
    today = timezone.localdate()
    _ids(Grid, undoing.ends).update(retired_on=None, ending_plan=None)
    _ids(Grid, undoing.opens).update(opened_on=today, retired_on=today, opening_plan=plan)
    plan.cancelled_by, plan.cancelled_at = by, timezone.now()
    plan.save(update_fields=["cancelled_by", "cancelled_at"])
    access.forget(by)
    _log(undoing, by)
    return plan


def foresee(plan: Regridding, *, lock: bool = False) -> Undoing:
    """What cancelling would do; with `lock` the rows are held, in the order in which a split takes them."""
    codes = _codes(plan)
    rows = Grid.objects.filter(codes).order_by("code")
    places = list(rows.select_for_update() if lock else rows)
    ends = [place for place in places if place.ending_plan_id == plan.pk]
    new_codes = tuple(place.code for place in places if place.opening_plan_id == plan.pk)
    # A micro-grid opened by hand below a new grid goes with it.
    below = [place for place in places if new_codes and place.code.startswith(new_codes)]
    opens = [place for place in below if not place.never_opened]
    old_ids, parent_codes = {place.pk for place in ends}, {place.parent_code for place in ends}
    heirs = GridSuccession.objects.filter(old__in=ends).values_list("new_id", flat=True)
    heir_ids = set(heirs) - {place.pk for place in opens}
    undoing = Undoing(
        plan,
        ends,
        opens,
        successors=[place for place in places if place.pk in heir_ids],
        parents=[place for place in places if place.code in parent_codes and place.pk not in old_ids],
    )
    _foresee_households(undoing, lock)
    _foresee_terms(undoing, lock)
    undoing.obstacles = [*_net_obstacles(undoing), *_household_obstacles(undoing), *_term_obstacles(undoing)]
    return undoing


def _codes(plan):
    """A condition for the places of the plan, what lies below its new ones, and their parents."""
    own = Grid.objects.filter(Q(opening_plan=plan) | Q(ending_plan=plan))
    condition = Q(pk__in=GridSuccession.objects.filter(old__ending_plan=plan).values("new"))
    for place in own.only("code", "tier"):
        condition |= Q(code__startswith=place.code) | Q(code=place.parent_code)
    return condition


def _foresee_households(undoing, lock):
    new = [*undoing.opens, *undoing.successors]
    taken = Placement.objects.filter(grid__in=new, moved_from__in=undoing.ends)
    if lock:
        households = Household.objects.filter(pk__in=taken.values("household_id"))
        list(households.select_for_update().order_by("pk").values_list("pk"))
    before = Placement.objects.filter(grid__in=undoing.ends, ends_on=undoing.plan.effective_on)
    if lock:
        taken = taken.select_for_update(of=("self",))
        before = before.select_for_update(of=("self",))
    continued = {(row.household_id, row.grid_id): row for row in before.order_by("pk")}
    for row in taken.order_by("pk"):
        begins_with_plan = row.starts_on == undoing.plan.effective_on
        old = continued.get((row.household_id, row.moved_from_id)) if begins_with_plan else None
        undoing.placements.append((row, old))


def _foresee_terms(undoing, lock):
    given = undoing.plan.terms
    rows = GridAssignment.objects.select_related("user", "grid").order_by("pk")
    rows = rows.select_for_update(of=("self",)) if lock else rows
    for term in rows.filter(pk__in=given.get("ended", ()), ends_on=undoing.plan.effective_on):
        end = given["ended"][str(term.pk)]
        undoing.ended_terms.append((term, end and date.fromisoformat(end)))
    undoing.carried_terms = list(rows.filter(pk__in=given.get("carried", ())))


def _net_obstacles(undoing):
    for place in [*undoing.opens, *undoing.successors]:
        if place.ending_plan_id and place.retired_on:
            yield f"{place.name}又定于 {place.retired_on:%Y-%m-%d} 停用，请先取消它。"
    for place in undoing.parents:
        if place.retired_on:
            yield f"{place.name}已定于 {place.retired_on:%Y-%m-%d} 停用，请先取消它。"
    mine = {place.pk for place in undoing.ends + undoing.opens}
    for place in undoing.ends:
        beside = Grid.objects.under(place.parent_code).tier(place.tier).filter(retired_on=None)
        if beside.filter(name=place.name).exclude(pk__in=mine).exists():
            yield f"又有了叫“{place.name}”的网格，请先给它换一个名称。"


def _household_obstacles(undoing):
    """Households that somebody placed in a new grid by hand; what the successor of a retirement holds is its own."""
    planned = [placement.pk for placement, _ in undoing.placements]
    by_hand = Placement.objects.filter(grid__in=undoing.opens).exclude(pk__in=planned)
    rows = list(by_hand.select_related("household", "grid").order_by("household__address_key", "pk"))
    if rows:
        named = "、".join(row.household.address for row in rows[:SHOWN_ADDRESSES])
        more = "等" if len(rows) > SHOWN_ADDRESSES else ""
        yield f"另有 {len(rows)} 户安排迁入新网格（{named}{more}），请先为他们改安排。"


def _term_obstacles(undoing):
    carried = undoing.plan.terms.get("carried", {})
    for term in GridAssignment.objects.filter(grid__in=undoing.opens).select_related("user", "grid"):
        who = f"{term.user.name}在{term.grid.name}的任职（{term.get_role_display()}）"
        if str(term.pk) not in carried:
            yield f"{who}是后来安排的，请先到人员与任职里撤销。"
        elif carried[str(term.pk)] != (term.ends_on and term.ends_on.isoformat()):
            yield f"{who}后来改过日期，请先到人员与任职里撤销。"


def _put_back_terms(undoing):
    carried = undoing.carried_terms
    _ids(GridAssignment, carried).delete()
    for term, ends_on in undoing.ended_terms:
        term.ends_on = ends_on
    GridAssignment.objects.bulk_update([term for term, _ in undoing.ended_terms], ["ends_on"])


def _put_back_households(undoing):
    """The new row goes and the old one takes its end, whatever was arranged for later; a planned one changes place."""
    joined = [(row, old) for row, old in undoing.placements if old]
    moved = [row for row, old in undoing.placements if old is None]
    _ids(Placement, [row for row, _ in joined]).delete()
    for row, old in joined:
        old.ends_on = row.ends_on
    Placement.objects.bulk_update([old for _, old in joined], ["ends_on"])
    for row in moved:
        row.grid_id, row.moved_from = row.moved_from_id, None
    Placement.objects.bulk_update(moved, ["grid", "moved_from"])


def _ids(model, rows):
    return model.objects.filter(pk__in=[row.pk for row in rows])


def _log(undoing, by):
    plan, obj = undoing.plan, undoing.ends[0]
    changes = {
        "取消计划": [f"{plan.get_kind_display()}，{plan.effective_on.isoformat()} 起", ""],
        "恢复": ["", _named(undoing.ends)],
        "户": ["", f"{undoing.households} 户留在原网格"],
    }
    if undoing.opens:
        changes["不再启用"] = [_named(undoing.opens), ""]
    if undoing.ended_terms or undoing.carried_terms:
        changes["任职"] = [
            _holders(undoing.carried_terms),
            _holders(term for term, _ in undoing.ended_terms),
        ]
    audit.log(AuditEntry.Action.REGRID, by=by, grid=obj, obj=obj, changes=changes)


def _named(places):
    return "、".join(f"{place.name} {place.code}" for place in places)


def _holders(terms: Iterable[GridAssignment]):
    return "、".join(f"{t.user.name}（{t.get_role_display()}，{t.grid.name}）" for t in terms)
