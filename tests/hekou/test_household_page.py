"""The household page: what a gridworker reads at the gate, for whom, at what cost."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.models import CaseHousehold
from grids.models import Absence, Consent, Frequency, Relative
from tests.factories import (
    CareCategoryFactory,
    ConcernFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    VisitFactory,
)
from tests.factories.cases import reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def household(net):
    return HouseholdFactory(grid=net.grid, address="沟底村 3 排 12 号")


def add_person(household, name, **fields):
    resident = ResidentFactory(household=household, name=name, **fields)
    resident.phone = "13812345678"
    resident.save()
    relative = Relative(resident=resident, name=f"{name}之子", relation="儿子", workplace="太原")
    relative.phone = "13900000000"
    relative.save()
    ResidentCareFactory(resident=resident, category=CareCategoryFactory(frequency=Frequency.WEEKLY))
    Consent.objects.create(resident=resident, kind="family", given_on=date(2026, 1, 1))
    return resident


def page_of(client, household):
    return client.get(reverse("household", args=[household.uuid]))


def test_the_gate_in_one_screen(household, cast, login):
    elder = add_person(household, "李桂花", is_head=True, born_on=date(1950, 3, 12), sex="f")
    ConcernFactory(household=household, grid=household.placements.get().grid, words="水管冻了")
    ResidentFactory(household=household, name="李已故")
    Absence.objects.create(
        resident=household.residents.get(name="李已故"), reason="died", starts_on=date(2026, 1, 1)
    )

    page = page_of(login(cast.gridworker), household)

    text = page.content.decode()
    assert all(
        words in text
        for words in ("沟底村 3 排 12 号", "李桂花", "李桂花之子", "太原", "水管冻了", "告知子女")
    )
    assert "从未走访" in text and "已迁出或去世 1 人" in text
    assert [one.resident for one in page.context["due"]] == [elder]
    assert f"?household={household.uuid}" in text
    assert "13812345678" not in text and "13900000000" not in text


def test_a_visit_ends_what_is_due(household, cast, login):
    elder = add_person(household, "李桂花")
    VisitFactory(household=household, visitor=cast.gridworker, met=[elder], note="精神不错")

    page = page_of(login(cast.gridworker), household)

    assert page.context["due"] == []
    assert "见到了李桂花" in page.content.decode() and "本期已见" in page.content.decode()


def test_who_is_away_is_not_due(household, cast, login):
    elder = add_person(household, "李桂花")
    Absence.objects.create(
        resident=elder,
        reason="hospital",
        starts_on=date(2026, 1, 1),
        ends_on=timezone.localdate() + timedelta(days=60),
    )

    page = page_of(login(cast.gridworker), household)

    assert page.context["due"] == [] and "住院" in page.content.decode()


def test_the_leader_reads_without_numbers_or_buttons(household, cast, login):
    add_person(household, "李桂花", is_head=True)

    text = page_of(login(cast.leader), household).content.decode()

    assert "李桂花" in text
    assert "拨打" not in text and "记走访" not in text and "修改" not in text and "5678" not in text


def test_only_ones_own_grid_dials_at_once(household, cast, login):
    add_person(household, "李桂花", is_head=True)

    assert "data-call" in page_of(login(cast.gridworker), household).content.decode()
    assert "data-call" not in page_of(login(cast.village_officer), household).content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("gridworker", 200),
        ("grid_head", 200),
        ("village_officer", 200),
        ("town_officer", 200),
        ("leader", 200),
        ("neighbour", 404),
        ("other_village_officer", 404),
        ("admin", 403),
        ("auditor", 403),
        ("unit_officer", 403),
        ("volunteer", 403),
        ("outsider", 403),
    ],
)
def test_who_may_open_it(household, cast, login, who, status):
    assert page_of(login(getattr(cast, who)), household).status_code == status


def test_the_cases_that_touch_the_door_are_on_its_page(household, net, cast, login):
    case = reported(cast.gridworker, net.grid, subject="停水", place="水塔下")
    other = reported(cast.gridworker, net.grid, subject="路坏")
    elsewhere = reported(cast.other_village_officer, net.other_grid, subject="别处的事")
    for one in (case, elsewhere):
        CaseHousehold.objects.create(case=one, household=household)

    text = page_of(login(cast.gridworker), household).content.decode()

    assert case.get_absolute_url() in text and "停水 · 待受理" in text
    assert other.get_absolute_url() not in text and "别处的事" not in text


def test_at_most_fifteen_queries_whoever_lives_there(household, cast, login):
    client = login(cast.gridworker)

    def fill(count):
        for number in range(count):
            resident = add_person(household, f"李{number}")
            VisitFactory(household=household, visitor=cast.gridworker, met=[resident])
            ConcernFactory(household=household, grid=household.placements.get().grid)
            Absence.objects.create(resident=resident, reason="work", starts_on=date(2026, 1, 1))
            case = reported(cast.gridworker, household.placements.get().grid)
            CaseHousehold.objects.create(case=case, household=household)

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert page_of(client, household).status_code == 200
        return len(captured)

    fill(2)
    cost()
    few = cost()
    fill(18)
    assert cost() == few <= 15
