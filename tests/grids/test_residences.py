"""A move between households is dated: the past stays where it was, and the two accounts of a home agree."""

from datetime import date, timedelta
from importlib import import_module
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids import due, indicators
from grids.actions import households, residents
from grids.exceptions import DomainError
from grids.models import AuditEntry, Residence, Resident
from tests.factories import CareCategoryFactory, HouseholdFactory, ResidentFactory, VisitFactory
from tests.factories.stories import cared_for

pytestmark = pytest.mark.django_db

LONG_AGO = date(2020, 1, 1)


def days_ago(days):
    return timezone.localdate() - timedelta(days=days)


@pytest.fixture
def old_home(net):
    return HouseholdFactory(grid=net.grid, address="沟底村 1 号")


@pytest.fixture
def new_home(net):
    return HouseholdFactory(grid=net.neighbour_grid, address="沟底村 2 号")


@pytest.fixture
def mover(old_home):
    return ResidentFactory(household=old_home, name="赵老汉", is_head=True)


@pytest.fixture
def move(cast):
    def act(resident, household, on=None):
        return residents.move_resident(resident=resident, by=cast.village_officer, household=household, on=on)

    return act


def lived(resident):
    rows = resident.residences.order_by("starts_on")
    return [(row.household.address, row.starts_on, row.ends_on) for row in rows]


def agree():
    """What a transaction does at its end."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


class TestMoving:
    def test_the_old_home_ends_where_the_new_one_begins(self, mover, old_home, new_home, move):
        move(mover, new_home, days_ago(30))
        agree()

        mover.refresh_from_db()
        assert (mover.household, mover.is_head, mover.version) == (new_home, False, 2)
        assert lived(mover) == [
            (old_home.address, LONG_AGO, days_ago(30)),
            (new_home.address, days_ago(30), None),
        ]

    def test_without_a_day_it_is_today(self, mover, new_home, move):
        assert move(mover, new_home).residences.get(ends_on=None).starts_on == days_ago(0)

    @pytest.mark.parametrize(
        ("ago", "why"), [(-1, "不能晚于今天"), (367, "一年以内"), (101, "才住进现在这一户"), (60, "才建户")]
    )
    def test_a_day_that_does_not_follow_is_refused(self, mover, new_home, move, net, ago, why):
        move(mover, new_home, days_ago(100))
        built_late = HouseholdFactory(grid=net.grid, grid__since=days_ago(50))

        with pytest.raises(DomainError, match=why):
            move(mover, built_late, days_ago(ago))
        assert len(lived(mover)) == 2

    def test_a_second_move_of_the_day_corrects_the_first(self, mover, old_home, new_home, move, net):
        right = HouseholdFactory(grid=net.grid, address="沟底村 3 号")
        move(mover, new_home, days_ago(5))
        move(mover, right, days_ago(5))
        assert lived(mover)[1:] == [(right.address, days_ago(5), None)]

        move(mover, old_home, days_ago(5))
        agree()
        assert lived(mover) == [(old_home.address, LONG_AGO, None)]

    def test_whoever_no_longer_holds_the_present_home_cannot_take_somebody_back(
        self, mover, old_home, new_home, move, cast
    ):
        stale = Resident.objects.get(pk=mover.pk)
        move(mover, new_home, days_ago(5))

        with pytest.raises(PermissionDenied):
            residents.move_resident(resident=stale, by=cast.gridworker, household=old_home)

    def test_a_refused_move_keeps_what_was_typed(self, mover, new_home, cast, login):
        client, url = login(cast.village_officer), reverse("resident_move", args=[mover.uuid])
        led = client.post(url, {"q": "2 号"}).url
        tomorrow = days_ago(-1).isoformat()

        answer = client.post(led, {"household": new_home.uuid, "on": tomorrow, "relation": "岳父"})

        text = answer.content.decode()
        assert answer.status_code == 422 and "日期不能晚于今天" in text
        assert tomorrow in text and "岳父" in text and f'value="{new_home.uuid}" required checked' in text
        assert len(lived(mover)) == 1

    def test_the_audit_log_says_from_when(self, mover, new_home, move):
        move(mover, new_home, days_ago(3))

        entry = mover_entries(mover).latest("pk")
        assert entry.changes["起始日"] == ["", days_ago(3).isoformat()]


def mover_entries(mover):
    return AuditEntry.objects.filter(object_key=str(mover.uuid))


class TestEntering:
    def test_somebody_entered_lives_there_since_the_household_is_known(self, old_home, cast):
        person = residents.add_resident(household=old_home, by=cast.gridworker, name="钱婆婆")

        assert lived(person) == [(old_home.address, LONG_AGO, None)]

    def test_or_since_the_day_that_is_told(self, old_home, cast, login):
        url = reverse("resident_new", args=[old_home.uuid])
        login(cast.gridworker).post(url, {"name": "新媳妇", "since": days_ago(9).isoformat()})

        assert lived(Resident.objects.get()) == [(old_home.address, days_ago(9), None)]
        assert mover_entries(Resident.objects.get()).get().changes["住进日期"][1] == days_ago(9).isoformat()

    def test_a_new_household_begins_today_with_its_head(self, net, cast):
        home = households.open_household(
            by=cast.gridworker, grid=net.grid, address="沟底村 9 号", head={"name": "孙一"}
        )
        agree()

        assert lived(home.residents.get()) == [("沟底村 9 号", days_ago(0), None)]

    def test_nobody_will_have_lived_somewhere(self, old_home, cast):
        with pytest.raises(DomainError, match="不能晚于今天"):
            residents.add_resident(household=old_home, by=cast.gridworker, since=days_ago(-1), name="未来人")


class TestAgreement:
    """The database itself refuses two accounts of where somebody lives."""

    def refuse(self, deed):
        with pytest.raises(IntegrityError, match="open residence"), transaction.atomic():
            deed()
            agree()

    def test_a_home_changed_past_the_residences(self, mover, new_home):
        self.refuse(lambda: Resident.objects.filter(pk=mover.pk).update(household=new_home))

    def test_a_residence_changed_past_the_resident(self, mover, new_home):
        self.refuse(lambda: mover.residences.update(household=new_home))
        self.refuse(lambda: mover.residences.update(ends_on=days_ago(1)))
        self.refuse(lambda: mover.residences.all().delete())

    def test_a_resident_without_one(self, old_home):
        self.refuse(lambda: Resident.objects.create(household=old_home, name="无处"))

    def test_two_at_a_time(self, mover, new_home):
        with pytest.raises(IntegrityError, match="residence_one_household"), transaction.atomic():
            Residence.objects.create(
                resident=mover, household=new_home, starts_on=LONG_AGO, ends_on=days_ago(9)
            )

    def test_rows_from_before_get_theirs_from_the_migration(self, mover, old_home):
        mover.residences.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(import_module("grids.migrations.0007_residences").FILL)
        agree()

        assert lived(mover) == [(old_home.address, LONG_AGO, None)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 380)), max_size=8))
def test_homes_follow_each_other_whatever_is_told(net, cast, told):
    """Every day since the beginning has one home: that of the last move told for it or before it."""
    with transaction.atomic():
        homes = [HouseholdFactory(grid=net.grid) for _ in range(4)]
        resident = ResidentFactory(household=homes[0])
        expected = {LONG_AGO: homes[0]}
        for number, ago in told:
            try:
                with transaction.atomic():
                    residents.move_resident(
                        resident=resident, by=cast.gridworker, household=homes[number], on=days_ago(ago)
                    )
            except DomainError:
                continue
            day = days_ago(ago)
            if homes[number] == expected[max(known for known in expected if known < day)]:
                # Back on the day of the move: as if it had never been told.
                expected.pop(day, None)
            else:
                expected[day] = homes[number]
        agree()

        resident.refresh_from_db()
        rows = list(resident.residences.order_by("starts_on"))
        assert rows[0].starts_on == LONG_AGO and rows[-1].ends_on is None
        assert all(one.ends_on == two.starts_on for one, two in pairwise(rows))
        assert rows[-1].household == resident.household
        for day in [*expected, days_ago(0)]:
            home = next(row.household for row in rows if row.holds_on(day))
            assert home == expected[max(known for known in expected if known <= day)]
        transaction.set_rollback(True)


class TestFigures:
    @pytest.fixture
    def month(self):
        """The last whole month, and its Sundays: the last days of its weeks."""
        end = days_ago(0).replace(day=1)
        start = (end - timedelta(days=1)).replace(day=1)
        days = [start + timedelta(days=n) for n in range((end - start).days)]
        return start, [day for day in days if day.weekday() == 6]

    def figures(self, user, month, code):
        return indicators.figures_of(indicators.owed_in(user=user, month=month, code=code))

    def test_the_old_grid_keeps_the_weeks_that_ended_there(self, net, cast, new_home, move, month):
        """Also the months before, entirely; and who met them in the new home counts for the new grid."""
        start, sundays = month
        mover = cared_for(net.grid, CareCategoryFactory(frequency="weekly"), "搬家的")
        VisitFactory(household=mover.household, met=[mover], visited_on=sundays[0])
        month_before = (start - timedelta(days=1)).replace(day=1)
        before = self.figures(cast.town_officer, month_before, net.grid.code)
        move(mover, new_home, sundays[1])
        VisitFactory(household=new_home, met=[mover], visited_on=sundays[2])

        old, new, both = (
            self.figures(cast.town_officer, start, code)
            for code in (net.grid.code, net.neighbour_grid.code, net.town.code)
        )

        assert (old.due, old.done) == (1, 1)
        assert (new.due, new.done) == (len(sundays) - 1, 1)
        assert (both.due, both.done) == (len(sundays), 2)
        assert self.figures(cast.town_officer, month_before, net.grid.code) == before
        assert self.figures(cast.town_officer, month_before, net.neighbour_grid.code).due == 0

    def test_placements_and_residences_are_crossed(self, net, mover, old_home, new_home, move):
        """The old household moves on by itself after somebody left it: they do not move with it."""
        move(mover, new_home, days_ago(20))
        placement = old_home.placements.get()
        placement.ends_on = days_ago(10)
        placement.save()
        old_home.placements.create(grid=net.other_grid, starts_on=days_ago(10))

        facts = indicators.facts_of([mover.pk], LONG_AGO, days_ago(-1))
        ledger = due.Ledger(facts)

        assert sorted((span.value, span.starts_on, span.ends_on) for span in facts.homes) == sorted(
            [
                (net.grid.pk, LONG_AGO, days_ago(20)),
                (net.neighbour_grid.pk, days_ago(20), None),
            ]
        )
        assert ledger.grid_on(mover.pk, days_ago(21)) == net.grid.pk
        assert ledger.grid_on(mover.pk, days_ago(5)) == net.neighbour_grid.pk

    def test_what_is_due_today_is_due_at_the_new_door(self, net, cast, new_home, move, login):
        mover = cared_for(net.grid, CareCategoryFactory(frequency="weekly"), "搬家的")
        move(mover, new_home)

        assert login(cast.gridworker).get(reverse("today")).context["doors"] == []
        doors = login(cast.neighbour).get(reverse("today")).context["doors"]
        assert [door.uuid for door, _ in doors] == [new_home.uuid]


class TestPages:
    def moves(self, client, household):
        page = client.get(reverse("household", args=[household.uuid]))
        return [(move["when"], move["title"], bool(move["url"])) for move in page.context["moves"]]

    def test_both_households_say_who_moved_and_when(self, mover, old_home, new_home, move, cast, login):
        when = f"{days_ago(30):%Y-%m-%d}"
        assert self.moves(login(cast.gridworker), old_home) == []
        move(mover, new_home, days_ago(30))

        assert self.moves(login(cast.gridworker), old_home) == [(when, "赵老汉搬到别的户", False)]
        assert self.moves(login(cast.neighbour), new_home) == [(when, "赵老汉住进来", True)]
        assert self.moves(login(cast.village_officer), old_home) == [(when, "赵老汉搬到别的户", True)]

    def test_the_old_grid_gains_nothing_on_who_left(self, mover, old_home, new_home, move, cast, login):
        move(mover, new_home, days_ago(30))
        client = login(cast.gridworker)

        assert new_home.address not in client.get(old_home.get_absolute_url()).content.decode()
        for page in ("resident", "resident_edit", "resident_move", "resident_reveal"):
            assert client.get(reverse(page, args=[mover.uuid])).status_code == 404
        assert client.get(new_home.get_absolute_url()).status_code == 404

    def test_the_new_grid_sees_that_there_was_another_home(
        self, mover, old_home, new_home, move, cast, login
    ):
        move(mover, new_home, days_ago(30))
        url = reverse("resident", args=[mover.uuid])

        abroad = login(cast.neighbour).get(url)
        within = login(cast.village_officer).get(url)

        assert [home["title"] for home in abroad.context["homes"]] == [new_home.address, "别处"]
        assert old_home.address not in abroad.content.decode()
        assert [home["title"] for home in within.context["homes"]] == [new_home.address, old_home.address]
