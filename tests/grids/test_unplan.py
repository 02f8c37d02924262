"""Cancelling a planned split, merge or retirement: as if it had not been decided, and nothing of others' lost."""

from datetime import timedelta

import pytest
from django.urls import reverse

from grids import access
from grids.access import Permission as P
from grids.access import Role
from grids.actions import net as net_actions
from grids.actions import placements, regrid, unplan
from grids.actions.households import move_household
from grids.actions.staff import terms
from grids.exceptions import DomainError
from grids.models import AuditEntry, Grid, GridAssignment, GridSuccession, Household, Placement, Regridding
from tests.factories import AssignmentFactory, GridFactory, HouseholdFactory, UserFactory
from tests.grids.test_regrid import FIRST, TODAY, on  # noqa: F401 (a fixture)

EAST, WEST = "140181100208003", "140181100208004"
DAY = timedelta(days=1)


@pytest.fixture
def grid(on, net, cast):  # noqa: F811
    """A grid with a micro-grid, five households, a term that ends by itself and one that is open."""
    GridFactory(code=f"{net.grid.code}01", name="一号楼")
    HouseholdFactory.create_batch(3, grid=net.grid)
    HouseholdFactory.create_batch(2, grid=Grid.objects.get(code=f"{net.grid.code}01"))
    cast.grid_head.assignments.update(ends_on=FIRST + 90 * DAY)
    return net.grid


def split(grid, by, **given):
    ids = list(
        Household.objects.filter(placements__grid__code__startswith=grid.code).values_list("pk", flat=True)
    )
    carried = tuple(grid.assignments.values_list("pk", flat=True))
    parts = [
        regrid.Part(EAST, "东", frozenset(ids[:2]), terms=carried),
        regrid.Part(WEST, "西", frozenset(ids[2:])),
    ]
    return regrid.split(grid=grid, by=by, **{"effective_on": FIRST, "parts": parts} | given)


def merge(grid, by):
    other = Grid.objects.get(code="140181100208002")
    terms_ = tuple(GridAssignment.objects.filter(grid__in=[grid, other]).values_list("pk", flat=True))
    regrid.merge(
        grids=[grid, other], by=by, effective_on=FIRST, code=EAST, name="合", kind="basic", terms=terms_
    )


def retire(grid, by):
    regrid.retire(grid=grid, by=by, on=FIRST, successor=Grid.objects.get(code="140181100208002"))


def retire_empty(grid, by):
    regrid.retire(grid=Grid.objects.get(code="140181100209001"), by=by, on=FIRST)


PLANS = {"split": split, "merge": merge, "retire": retire, "retire empty": retire_empty}


def plan_of(place):
    place = Grid.objects.select_related("opening_plan", "ending_plan").get(pk=place.pk)
    return place.pending_plan


def only_plan():
    return Regridding.objects.get(cancelled_at=None)


def state():
    """All that a plan changes, by what people see; places that never opened are as good as none."""
    return (
        list(Grid.objects.order_by("code").exclude(code__in=[EAST, WEST]).values_list("code", "retired_on")),
        list(
            Placement.objects.order_by("household", "starts_on").values_list(
                "household", "grid", "starts_on", "ends_on"
            )
        ),
        list(GridAssignment.objects.order_by("pk").values_list("pk", "grid", "starts_on", "ends_on")),
        GridSuccession.objects.count(),
    )


@pytest.mark.parametrize("decide", PLANS.values(), ids=PLANS)
def test_a_cancelled_plan_leaves_everything_as_it_was(grid, cast, decide):
    planned = HouseholdFactory(grid=Grid.objects.get(code="140181100209001"))
    micro = Grid.objects.get(code=f"{grid.code}01")
    if decide is not retire_empty:
        # A household that comes after the date: it only changes its place.
        Placement.objects.filter(household=planned).update(ends_on=FIRST + 5 * DAY)
        Placement.objects.create(household=planned, grid=micro, starts_on=FIRST + 5 * DAY)
    else:
        Placement.objects.filter(household=planned).update(grid=grid)
    before, entries = state(), AuditEntry.objects.count()
    decide(grid, cast.town_officer)
    assert state() != before

    unplan.cancel(plan=only_plan(), by=cast.town_officer)

    assert state() == before
    assert AuditEntry.objects.count() == entries + 2
    entry = AuditEntry.objects.latest("id")
    assert entry.action == AuditEntry.Action.REGRID and "取消计划" in entry.changes


def test_it_holds_on_the_date_and_the_same_may_be_decided_again(on, grid, cast):  # noqa: F811
    split(grid, cast.admin)
    unplan.cancel(plan=only_plan(), by=cast.admin)

    on(FIRST)
    assert Grid.objects.get(pk=grid.pk).is_open
    assert access.can(cast.gridworker, P.SEE_HOUSEHOLDS, grid)
    assert not Grid.objects.open().filter(code__in=[EAST, WEST]).exists()
    again = [regrid.Part("140181100208005", "东"), regrid.Part("140181100208006", "西")]
    assert len(split(grid, cast.admin, effective_on=FIRST + DAY, parts=again)) == 2


def test_a_code_that_never_came_into_force_stays_taken(grid, net, cast):
    new = split(grid, cast.admin)
    unplan.cancel(plan=only_plan(), by=cast.admin)

    new[0].refresh_from_db()
    assert new[0].never_opened and not new[0].is_open
    assert net_actions.free_codes(net.village.code) == ["140181100208005"]
    with pytest.raises(DomainError, match="用过"):
        split(grid, cast.admin)


def test_households_entered_or_moved_since_keep_what_was_arranged(on, grid, net, cast):  # noqa: F811
    split(grid, cast.admin)
    entered = Household.objects.create(address="新来的", address_key="xinlaide")
    placements.begin(household=entered, grid=grid, on=TODAY)
    leaving, staying = list(Household.objects.filter(placements__grid=grid).order_by("pk"))[:2]
    move_household(household=leaving, by=cast.town_officer, grid=net.other_grid, on=FIRST - 2 * DAY)
    move_household(household=staying, by=cast.town_officer, grid=net.other_grid, on=FIRST + 9 * DAY)

    unplan.cancel(plan=only_plan(), by=cast.admin)

    def periods(household):
        rows = household.placements.order_by("starts_on")
        return list(rows.values_list("grid__code", "ends_on"))

    assert periods(entered) == [(grid.code, None)]
    assert periods(leaving) == [(grid.code, FIRST - 2 * DAY), (net.other_grid.code, None)]
    assert periods(staying) == [(grid.code, FIRST + 9 * DAY), (net.other_grid.code, None)]


def test_a_term_ended_or_taken_back_since_stays_so(on, grid, cast):  # noqa: F811
    split(grid, cast.admin)
    term = cast.gridworker.assignments.get(grid=grid)
    terms.set_last_day(term=term, last_day=TODAY + DAY, by=cast.admin)
    terms.cancel_term(term=cast.grid_head.assignments.get(grid__code=EAST), by=cast.admin)

    unplan.cancel(plan=only_plan(), by=cast.admin)

    term.refresh_from_db()
    assert term.ends_on == TODAY + 2 * DAY
    assert cast.grid_head.assignments.get().ends_on == FIRST + 90 * DAY


def added_term(grid, cast):
    AssignmentFactory(user__name="新来的", grid=Grid.objects.get(code=WEST), starts_on=FIRST)


def changed_term(grid, cast):
    term = cast.gridworker.assignments.get(grid__code=EAST)
    terms.set_last_day(term=term, last_day=FIRST + 9 * DAY, by=cast.admin)


def moved_household(grid, cast):
    household = HouseholdFactory(grid=Grid.objects.get(code="140181100209001"), address="窑头 7 号")
    move_household(
        household=household, by=cast.town_officer, grid=Grid.objects.get(code=WEST), on=FIRST + DAY
    )


def divided_again(grid, cast):
    parts = [regrid.Part("140181100208007", "甲"), regrid.Part("140181100208008", "乙")]
    place = Grid.objects.get(code=WEST)
    regrid.split(grid=place, by=cast.admin, effective_on=FIRST + 30 * DAY, parts=parts)


def same_name(grid, cast):
    village = Grid.objects.get(code="140181100208")
    net_actions.open_place(
        parent=village, by=cast.admin, code="140181100208009", name=grid.name, kind="basic", opened_on=FIRST
    )


ON_TOP = {
    "a term added": (added_term, "新来的在西的任职"),
    "a term changed": (changed_term, "张春燕在东的任职（网格员）后来改过"),
    "a household moved in": (moved_household, "窑头 7 号"),
    "a new grid divided": (divided_again, "西又定于 2026-12-31 停用"),
    "the name given away": (same_name, "换一个名称"),
}


@pytest.mark.parametrize(("change", "words"), ON_TOP.values(), ids=ON_TOP)
def test_what_was_arranged_on_top_is_named_and_nothing_is_lost(grid, cast, login, change, words):
    split(grid, cast.admin)
    plan = plan_of(grid)
    change(grid, cast)
    before = state()

    with pytest.raises(DomainError, match=words):
        unplan.cancel(plan=plan, by=cast.admin)
    url = reverse("net_plan_cancel", args=[grid.code])
    shown = login(cast.town_officer).get(url).content.decode()
    refused = login(cast.town_officer).post(url)

    assert words in shown and 'type="submit">取消拆分计划' not in shown
    assert refused.status_code == 422 and words in refused.content.decode()
    assert state() == before


def test_the_later_of_two_plans_is_cancelled_first(grid, cast):
    split(grid, cast.admin)
    first = only_plan()
    divided_again(grid, cast)
    second = plan_of(Grid.objects.get(code=WEST))

    assert second != first
    unplan.cancel(plan=second, by=cast.admin)
    unplan.cancel(plan=first, by=cast.admin)

    assert Placement.objects.filter(grid__code__startswith=grid.code, ends_on=None).count() == 5


def test_a_micro_grid_opened_below_a_new_grid_goes_with_it(grid, cast):
    east, _ = split(grid, cast.admin)
    micro = net_actions.open_place(
        parent=east, by=cast.admin, code=f"{EAST}01", name="二号楼", kind="micro", opened_on=FIRST
    )

    unplan.cancel(plan=only_plan(), by=cast.admin)

    micro.refresh_from_db()
    assert micro.never_opened


def test_on_the_date_it_is_too_late_and_twice_is_once(on, grid, cast, login):  # noqa: F811
    split(grid, cast.admin)
    plan, before = only_plan(), state()
    on(FIRST)
    with pytest.raises(DomainError, match="已经生效"):
        unplan.cancel(plan=plan, by=cast.admin)
    page = login(cast.town_officer).post(reverse("net_plan_cancel", args=[grid.code]), follow=True)
    assert "没有可以取消的计划" in page.content.decode() and state() == before

    on(TODAY)
    unplan.cancel(plan=plan, by=cast.admin)
    with pytest.raises(DomainError, match="已经取消"):
        unplan.cancel(plan=plan, by=cast.admin)


@pytest.mark.parametrize("who", ["gridworker", "village_officer", "leader", "auditor", "outsider"])
def test_only_those_who_edit_the_net_cancel(grid, cast, who):
    split(grid, cast.admin)

    with pytest.raises(access.PermissionDenied):
        unplan.cancel(plan=only_plan(), by=getattr(cast, who))


def test_by_the_pages_from_the_old_grid_and_the_new(grid, cast, login):
    split(grid, cast.admin)
    client, url = login(cast.town_officer), reverse("net_plan_cancel", args=[EAST])
    for code in (grid.code, EAST):
        page = client.get(reverse("net_grid", args=[code])).content.decode()
        assert "取消拆分计划" in page and reverse("net_plan_cancel", args=[code]) in page
    assert (
        "取消拆分计划"
        not in login(cast.gridworker).get(reverse("net_grid", args=[grid.code])).content.decode()
    )

    client = login(cast.town_officer)
    asked = client.get(url).content.decode()
    assert "5 户留在原网格" in asked and EAST in asked and "张春燕（网格员，东）" in asked
    assert only_plan().is_pending
    done = client.post(url, follow=True)

    assert done.request["PATH_INFO"] == grid.get_absolute_url()
    assert "已取消拆分计划" in done.content.decode() and "取消拆分计划</a>" not in done.content.decode()
    assert "没有启用过" in client.get(reverse("net_grid", args=[EAST])).content.decode()


def test_the_cost_of_the_page_does_not_grow(grid, cast, login, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    split(grid, cast.admin)
    client, url = login(cast.town_officer), reverse("net_plan_cancel", args=[grid.code])
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for household in HouseholdFactory.create_batch(18, grid=GridFactory(code="140181100209001")):
        Placement.objects.filter(household=household).delete()
        placements.begin(household=household, grid=grid, on=TODAY)
    for _ in range(18):
        AssignmentFactory(
            user=UserFactory(), role=Role.GRIDWORKER, grid=Grid.objects.get(code=WEST), starts_on=FIRST
        )
    with django_assert_num_queries(len(few)):
        client.get(url)
