"""Households: the list, opening, correcting at once, moving to another grid on a date."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids.actions import households
from grids.exceptions import DomainError, StaleVersion
from grids.models import Absence, AuditEntry, Household, Resident
from tests.factories import (
    CareCategoryFactory,
    GridFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db


def open_one(net, by, address="沟底村 3 排 12 号", **head):
    return households.open_household(
        by=by, grid=net.grid, address=address, head={"name": "李桂花", "phone": "", **head}
    )


def grids_of(household):
    return [
        (place.grid.code[-3:], place.starts_on, place.ends_on)
        for place in household.placements.select_related("grid").order_by("starts_on")
    ]


class TestOpening:
    def test_a_household_is_placed_today_and_has_a_head(self, net, cast):
        household = open_one(net, cast.gridworker, phone="13812345678")

        head = household.residents.get()
        assert (head.name, head.is_head, head.phone) == ("李桂花", True, "13812345678")
        assert grids_of(household) == [("001", timezone.localdate(), None)]

    def test_the_audit_log_keeps_no_door_no_name_no_number(self, net, cast):
        open_one(net, cast.gridworker, phone="13812345678")

        kept = str(list(AuditEntry.objects.values_list("object_label", "changes")))
        assert "13812345678" not in kept and "李桂花" not in kept and "12 号" not in kept
        assert "138****5678" in kept and "李**" in kept and "沟底村 * 排 ** 号" in kept

    def test_only_where_one_may_edit(self, net, cast):
        with pytest.raises(Exception, match="not held"):
            open_one(net, cast.neighbour)
        assert not Household.objects.exists()

    def test_a_village_is_no_place_to_live_in(self, net, cast):
        with pytest.raises(DomainError, match="网格或微网格"):
            households.open_household(
                by=cast.village_officer, grid=net.village, address="某处", head={"name": "某人"}
            )

    def test_the_page_asks_before_a_second_household_at_one_address(self, net, cast, login):
        client = login(cast.gridworker)
        data = {"grid": net.grid.pk, "address": "沟底村 9 号", "head_name": "王五"}

        client.post(reverse("household_new"), data)
        again = client.post(reverse("household_new"), data)
        sure = client.post(reverse("household_new"), data | {"same_address": "on"})

        assert "已有同一住址" in again.content.decode()
        assert sure.status_code == 302
        assert Household.objects.count() == 2

    def test_another_grids_id_is_not_found(self, net, cast, login):
        data = {"grid": net.other_grid.pk, "address": "某处", "head_name": "王五"}

        answer = login(cast.gridworker).post(reverse("household_new"), data)

        assert answer.status_code == 404
        assert not Household.objects.exists()

    def test_wrong_input_loses_nothing(self, net, cast, login):
        data = {"grid": net.grid.pk, "address": "沟底村 9 号", "head_name": "", "head_phone": "1381234"}

        page = login(cast.gridworker).post(reverse("household_new"), data).content.decode()

        assert "手机号应为 11 位，现在是 7 位" in page
        assert "沟底村 9 号" in page and "1381234" in page


class TestCorrecting:
    def test_a_stale_copy_is_refused(self, net, cast):
        household = open_one(net, cast.gridworker)
        change = {"address": "沟底村 1 号", "note": "", "longitude": None, "latitude": None}
        households.update_household(household=household, by=cast.gridworker, seen_version=1, **change)

        with pytest.raises(StaleVersion):
            households.update_household(household=household, by=cast.grid_head, seen_version=1, **change)

    def test_two_at_once_both_shown_nothing_lost(self, net, cast, login):
        household = open_one(net, cast.gridworker)
        url = reverse("household_edit", args=[household.uuid])
        client = login(cast.gridworker)
        client.post(url, {"version": 1, "address": "沟底村 1 号", "note": "拐角那家"})

        page = client.post(url, {"version": 1, "address": "沟底村 2 号", "note": "拐角那家"}).content.decode()
        household.refresh_from_db()
        assert household.address == "沟底村 1 号"
        assert "刚被别人改过" in page and "沟底村 1 号" in page and "沟底村 2 号" in page
        assert 'name="version" value="2"' in page

        done = client.post(url, {"version": 2, "address": "沟底村 2 号", "note": "拐角那家"})
        household.refresh_from_db()
        assert done.status_code == 302 and household.address == "沟底村 2 号"

    def test_the_same_form_twice_is_one_change(self, net, cast, login):
        household = open_one(net, cast.gridworker)
        url = reverse("household_edit", args=[household.uuid])
        data = {"version": 1, "address": "沟底村 1 号", "note": ""}
        client = login(cast.gridworker)

        answers = [client.post(url, data).status_code for _ in range(2)]

        household.refresh_from_db()
        assert answers == [302, 302] and household.version == 2

    def test_half_a_position_is_no_position(self, net, cast, login):
        household = open_one(net, cast.gridworker)
        data = {"version": 1, "address": "沟底村 1 号", "lng": "112.1", "lat": ""}

        page = login(cast.gridworker).post(reverse("household_edit", args=[household.uuid]), data)

        assert "要么都填" in page.content.decode()


class TestMoving:
    @pytest.fixture
    def household(self, net):
        return HouseholdFactory(grid=net.grid)

    def test_the_placement_ends_and_the_next_begins_that_day(self, net, cast, household):
        households.move_household(
            household=household, by=cast.village_officer, grid=net.neighbour_grid, on=date(2026, 3, 1)
        )

        assert grids_of(household) == [
            ("001", date(2020, 1, 1), date(2026, 3, 1)),
            ("002", date(2026, 3, 1), None),
        ]

    def test_the_new_worker_sees_it_from_that_day(self, net, cast, household, login):
        later = timezone.localdate() + timedelta(days=5)
        page = reverse("household", args=[household.uuid])
        move = {"household": household, "by": cast.village_officer, "grid": net.neighbour_grid}

        households.move_household(**move, on=later)
        assert login(cast.neighbour).get(page).status_code == 404
        assert login(cast.gridworker).get(page).status_code == 200

        with pytest.raises(DomainError, match="已在"):
            households.move_household(**move, on=later)

    def test_a_new_decision_replaces_a_planned_move(self, net, cast, household):
        today = timezone.localdate()
        third = GridFactory(code="140181100208003")
        by = cast.village_officer
        households.move_household(household=household, by=by, grid=third, on=today + timedelta(days=30))
        households.move_household(
            household=household, by=by, grid=net.neighbour_grid, on=today + timedelta(days=5)
        )

        assert [code for code, _, _ in grids_of(household)] == ["001", "002"]

    @pytest.mark.parametrize(
        ("on", "words"),
        [(date(2019, 12, 31), "之后"), (date(2020, 1, 1), "日期须在这之后")],
        ids=["before it was placed", "on its first day"],
    )
    def test_the_day_must_follow(self, net, cast, household, on, words):
        with pytest.raises(DomainError, match=words):
            households.move_household(
                household=household, by=cast.village_officer, grid=net.neighbour_grid, on=on
            )

    def test_both_grids_must_be_in_scope(self, net, cast, household, login):
        url = reverse("household_move", args=[household.uuid])
        data = {"grid": net.other_grid.pk, "on": "2026-03-01"}

        assert login(cast.village_officer).post(url, data).status_code == 404
        assert login(cast.other_village_officer).post(url, data).status_code == 404
        assert login(cast.town_officer).post(url, data).status_code == 302

    def test_no_past_move_behind_a_present_one(self, net, cast, household):
        by, today = cast.village_officer, timezone.localdate()
        households.move_household(household=household, by=by, grid=net.neighbour_grid, on=today)

        with pytest.raises(DomainError, match="之后"):
            households.move_household(household=household, by=by, grid=net.grid, on=today - timedelta(days=9))


class TestList:
    def addresses(self, client, **query):
        page = client.post(reverse("household_list"), {"q": ""} | query, follow=True)
        return [row.household.address for row in page.context["rows"]]

    def test_scoped_and_in_the_order_of_house_numbers(self, net, cast, login):
        for number in (12, 2):
            HouseholdFactory(grid=net.grid, address=f"沟底村 {number} 号")
        HouseholdFactory(grid=net.neighbour_grid)

        assert self.addresses(login(cast.gridworker)) == ["沟底村 2 号", "沟底村 12 号"]
        assert len(self.addresses(login(cast.village_officer))) == 3

    def test_filters(self, net, cast, login):
        elder = CareCategoryFactory(name="独居老人")
        cared = ResidentCareFactory(resident__household__grid=net.grid, category=elder).resident
        away = ResidentFactory(household__grid=net.neighbour_grid, name="张春燕")
        Absence.objects.create(resident=away, reason="work", starts_on=date(2026, 1, 1))
        dead = ResidentFactory(household__grid=net.grid, name="孙旧")
        Absence.objects.create(resident=dead, reason="died", starts_on=date(2026, 1, 1))
        client = login(cast.village_officer)
        there = {"cared": cared.household.address, "away": away.household.address}

        assert self.addresses(client, care=elder.pk) == [there["cared"]]
        assert self.addresses(client, away="away") == [there["away"]]
        assert self.addresses(client, away="empty") == [there["away"]]
        assert there["away"] not in self.addresses(client, away="home")
        assert self.addresses(client, grid=net.neighbour_grid.code) == [there["away"]]
        assert self.addresses(client, grid=net.village.code, q="zcy") == [there["away"]]
        assert self.addresses(client, q=there["cared"]) == [there["cared"]]
        assert self.addresses(client, grid=net.other_grid.code) == []

    def test_the_filter_is_folded_until_it_is_used_and_open_for_offices(self, net, cast, login):
        def is_open(who, **query):
            return login(who).get(reverse("household_list"), query).context["filter_open"]

        assert not is_open(cast.gridworker)
        assert is_open(cast.gridworker, grid=net.grid.code)
        assert is_open(cast.gridworker, typed="over")
        assert is_open(cast.town_officer)

    def test_the_same_cost_for_two_and_twenty(self, net, cast, login):
        client = login(cast.gridworker)

        def cost():
            with CaptureQueriesContext(
                connection,
            ) as captured:
                client.get(reverse("household_list"))
            return len(captured)

        def fill(count):
            for _ in range(count):
                household = HouseholdFactory(grid=net.grid)
                care = ResidentCareFactory(resident__household=household)
                VisitFactory(household=household, visitor=cast.gridworker, met=[care.resident])

        fill(2)
        client.get(reverse("household_list"))
        few = cost()
        fill(18)
        assert cost() == few <= 14

    def test_who_is_counted(self, net, cast, login):
        household = HouseholdFactory(grid=net.grid)
        _, away, gone = (ResidentFactory(household=household, name=name) for name in "甲乙丙")
        Absence.objects.create(resident=away, reason="work", starts_on=date(2026, 1, 1))
        Absence.objects.create(resident=gone, reason="moved", starts_on=date(2026, 1, 1))

        row = login(cast.gridworker).get(reverse("household_list")).context["rows"][0]

        assert (row.people, row.away) == (2, 1)
        assert Resident.objects.count() == 3
