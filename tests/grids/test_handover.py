"""办理交接: what hangs on a term, and that all of it goes over on the day."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids import access
from grids.access import Permission as P
from grids.access import Role
from grids.actions.staff import terms
from grids.actions.staff.handover import Move, hand_over
from grids.actions.staff.terms import StaffRefused
from grids.actions.staff.workload import Workload, workload_of
from grids.models import AuditEntry, Frequency, GridAssignment, GridSuccession
from tests.factories import (
    AssignmentFactory,
    CareCategoryFactory,
    ConcernFactory,
    FindingFactory,
    GridFactory,
    HouseholdFactory,
    PatrolFactory,
    ResidentCareFactory,
    ResidentFactory,
    UserFactory,
)

DAY = timedelta(days=1)


@pytest.fixture
def today(db):
    return timezone.localdate()


@pytest.fixture
def leaving(cast, net):
    """The gridworker, who also stands for nothing else: one term at `net.grid`."""
    return cast.gridworker


def term_of(user):
    return user.assignments.get()


def test_rights_change_on_the_day(leaving, cast, net, today):
    hand_over(person=leaving, on=today, moves=[Move(term_of(leaving), cast.outsider)], by=cast.admin)

    for user, holds in ((leaving, False), (cast.outsider, True)):
        access.forget(user)
        assert access.can(user, P.LOG_FIELDWORK, net.grid) == holds
    assert term_of(leaving).ends_on == term_of(cast.outsider).starts_on == today


def test_until_a_coming_day_nothing_changes(leaving, cast, net, today):
    hand_over(
        person=leaving, on=today + 5 * DAY, moves=[Move(term_of(leaving), cast.outsider)], by=cast.admin
    )

    access.forget(leaving)
    assert access.can(leaving, P.LOG_FIELDWORK, net.grid)
    assert not access.can(cast.outsider, P.LOG_FIELDWORK, net.grid)


def test_several_terms_go_in_one_entry(leaving, cast, net, today):
    second = AssignmentFactory(user=leaving, grid=net.neighbour_grid)
    first = leaving.assignments.get(grid=net.grid)

    new = hand_over(
        person=leaving, on=today, moves=[Move(first, cast.outsider), Move(second, None)], by=cast.admin
    )

    assert [term.grid for term in new] == [net.grid]
    entry = AuditEntry.objects.get()
    assert entry.action == "handover" and entry.grid == net.town
    assert entry.changes[f"网格员（{net.grid.name}）"] == ["张春燕", "外人"]
    assert entry.changes[f"网格员（{net.neighbour_grid.name}）"] == ["张春燕", "空缺"]


def test_the_taker_holds_it_until_it_would_have_ended(leaving, cast, today):
    GridAssignment.objects.filter(user=leaving).update(ends_on=today + 90 * DAY)

    [new] = hand_over(person=leaving, on=today, moves=[Move(term_of(leaving), cast.outsider)], by=cast.admin)

    assert new.ends_on == today + 90 * DAY


def test_the_stand_in_may_take_over_for_good(leaving, cast, today):
    term = term_of(leaving)
    terms.stand_in(
        term=term, person=cast.outsider, starts_on=today - 3 * DAY, last_day=today + 9 * DAY, by=cast.admin
    )
    coming = terms.stand_in(
        term=term, person=cast.outsider, starts_on=today + 20 * DAY, last_day=today + 29 * DAY, by=cast.admin
    )

    hand_over(person=leaving, on=today, moves=[Move(term, cast.outsider)], by=cast.admin)

    cover, lasting = cast.outsider.assignments.order_by("starts_on")
    assert (cover.ends_on, lasting.starts_on, lasting.ends_on) == (today, today, None)
    assert not GridAssignment.objects.filter(pk=coming.pk).exists()


def test_a_refusal_changes_nothing(leaving, cast, net, today):
    AssignmentFactory(user=cast.outsider, grid=net.neighbour_grid)
    second = AssignmentFactory(user=leaving, grid=net.neighbour_grid)
    first = leaving.assignments.get(grid=net.grid)

    with pytest.raises(StaffRefused, match="不能重叠"):
        hand_over(
            person=leaving,
            on=today,
            moves=[Move(first, cast.outsider), Move(second, cast.outsider)],
            by=cast.admin,
        )

    assert not leaving.assignments.exclude(ends_on=None).exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("starts", "ends", "on"),
    [(-10, None, -1), (0, None, 0), (3, None, 2), (-10, 5, 5), (-10, 5, 9)],
    ids=["past day", "began today", "not begun", "over that day", "over before"],
)
def test_days_that_do_not_fit(leaving, cast, today, starts, ends, on):
    GridAssignment.objects.filter(user=leaving).update(
        starts_on=today + starts * DAY, ends_on=ends and today + ends * DAY
    )

    with pytest.raises(StaffRefused) as refused:
        hand_over(
            person=leaving, on=today + on * DAY, moves=[Move(term_of(leaving), cast.outsider)], by=cast.admin
        )
    assert refused.value.field == "on"


def test_a_handover_to_oneself_or_of_somebody_elses_term(leaving, cast, today):
    for moves in ([Move(term_of(leaving), leaving)], [Move(term_of(cast.neighbour), cast.outsider)], []):
        with pytest.raises(StaffRefused):
            hand_over(person=leaving, on=today, moves=moves, by=cast.admin)


def test_the_last_admin_hands_over_but_does_not_just_go(cast, today):
    with pytest.raises(StaffRefused, match="没有管理员"):
        hand_over(person=cast.admin, on=today, moves=[Move(term_of(cast.admin), None)], by=cast.admin)

    hand_over(person=cast.admin, on=today, moves=[Move(term_of(cast.admin), cast.outsider)], by=cast.admin)

    access.forget(cast.outsider)
    assert access.can(cast.outsider, P.EDIT_STAFF)


# What hangs on a term


@pytest.fixture
def work(net):
    """Two households in the grid, one person due, one concern at a door and one without, one finding."""
    household, _ = HouseholdFactory(grid=net.grid), HouseholdFactory(grid=net.grid)
    weekly = CareCategoryFactory(frequency=Frequency.WEEKLY)
    monthly = CareCategoryFactory()
    resident = ResidentFactory(household=household)
    for category in (weekly, monthly):
        ResidentCareFactory(resident=resident, category=category)
    ConcernFactory(grid=net.grid, household=household)
    ConcernFactory(grid=net.grid, household=None)
    FindingFactory(patrol=PatrolFactory(grid=net.grid), grid=net.grid)
    HouseholdFactory(grid=net.neighbour_grid)
    return household


def test_what_hangs_on_a_grid(leaving, work):
    assert workload_of([term_of(leaving)]) == {term_of(leaving).pk: Workload(2, 1, 2, 1)}


def test_what_hangs_on_a_village_is_all_below(cast, work):
    assert workload_of([term_of(cast.village_officer)])[term_of(cast.village_officer).pk].households == 3


def test_terms_without_fieldwork_carry_nothing(cast, work):
    assert workload_of([term_of(cast.admin), term_of(cast.volunteer), term_of(cast.auditor)]) == {}


def test_what_a_retired_grid_left_is_with_its_successor(net, work, today):
    heir = GridFactory(code="140181100208003")
    GridSuccession.objects.create(old=net.grid, new=heir, effective_on=today)

    term = AssignmentFactory(grid=heir)

    # The households' placements stay where they are here; what has no household follows the succession.
    assert workload_of([term])[term.pk] == Workload(0, 0, 1, 1)


def test_counting_costs_the_same_for_many_terms(leaving, work):
    counts = []
    for more in (1, 18):
        for _ in range(more):
            AssignmentFactory(user=leaving)
        rows = list(leaving.assignments.select_related("grid"))
        with CaptureQueriesContext(connection) as queries:
            workload_of(rows)
        counts.append(len(queries))

    assert counts[0] == counts[1]


# The page


@pytest.fixture
def desk(cast, login):
    return login(cast.admin)


def url(person):
    return f"{reverse('staff_handover')}?person={person.uuid}"


def sent(person, **given):
    pk = person.assignments.get().pk
    return {
        "on": timezone.localdate().isoformat(),
        f"act_{pk}": "hand",
        f"taker_{pk}": "外人",
        "step": "preview",
    } | {key.replace("PK", str(pk)): value for key, value in given.items()}


def test_the_page_says_what_moves_and_why_nothing_else_has_to(desk, leaving, work):
    page = desk.get(url(leaving)).content.decode()

    for words in ("2 户", "1 人", "2 件", "1 处", "都跟着网格走"):
        assert words in page


def test_looked_at_first_and_done_then(desk, leaving, cast, net):
    page = desk.post(url(leaving), sent(leaving))
    assert page.context["moves"]
    assert "确认办理" in page.content.decode()
    assert term_of(leaving).ends_on is None

    done = desk.post(url(leaving), sent(leaving, step="confirm"))

    assert done["Location"] == leaving.get_absolute_url()
    assert term_of(cast.outsider).grid == net.grid


def test_back_keeps_what_was_typed(desk, leaving):
    page = desk.post(url(leaving), sent(leaving, step="back"))

    assert page.context["moves"] is None
    assert 'value="外人"' in page.content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"taker_PK": ""},
        {"taker_PK": "没有这个人"},
        {"taker_PK": "张春燕"},
        {"act_PK": "keep"},
        {"act_PK": "steal"},
        {"on": "2020-01-01"},
        {"on": ""},
    ],
)
def test_what_does_not_fit_comes_back(desk, leaving, given):
    response = desk.post(url(leaving), sent(leaving, **{"step": "confirm", **given}))

    assert response.status_code == 422
    assert response.context["form"].errors
    assert term_of(leaving).ends_on is None


def test_whose_is_asked_by_name(desk, leaving):
    address = reverse("staff_handover")
    response = desk.post(address, {"who": "张春燕"}, follow=True)

    assert response.redirect_chain[-1][0] == url(leaving)
    assert desk.post(address, {"who": "没有这个人"}, follow=True).context["form"].errors


@pytest.mark.parametrize("person", ["x", "", "00000000-0000-4000-8000-000000000000"])
def test_a_forged_person_does_not_exist(desk, person):
    assert desk.get(reverse("staff_handover"), {"person": person}).status_code == 404


def test_somebody_without_terms_has_nothing_to_hand_over(desk, cast):
    assert "不用交接" in desk.get(url(cast.outsider)).content.decode()


def test_past_terms_are_not_offered(desk, leaving, today):
    GridAssignment.objects.filter(user=leaving).update(ends_on=today)

    assert "不用交接" in desk.get(url(leaving)).content.decode()


def test_a_person_of_another_town_does_not_exist(desk):
    far = GridFactory(code="140181101", name="别镇")
    stranger = UserFactory(town=far)
    AssignmentFactory(user=stranger, grid=far, role=Role.ADMIN, starts_on=date(2020, 1, 1))

    assert desk.get(url(stranger)).status_code == 404
