"""One box: names and their readings, numbers, addresses, places, staff; each within its scope."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids import search
from grids.models import Absence
from tests.factories import HouseholdFactory, ResidentCareFactory, ResidentFactory

pytestmark = pytest.mark.django_db

# Sequence 000 is never issued; both check digits are right.
ID_NUMBER, WITH_X = "140181195003120006", "14018119500109000X"


def person(grid, name, phone="", id_number="", address=None):
    given_ = {"address": address} if address else {}
    resident = ResidentFactory(household=HouseholdFactory(grid=grid, **given_), name=name)
    resident.phone, resident.id_number = phone, id_number
    resident.save()
    return resident


@pytest.fixture
def people(net):
    return {
        "here": person(net.grid, "张春燕", "13812345678", ID_NUMBER, "沟底村 3 排 12 号"),
        "there": person(net.other_grid, "张春燕", "13987655678", address="神堂坪村 9 号"),
        "heteronym": person(net.grid, "单曾", "03515151234", WITH_X, "沟底村 4 排 1 号"),
    }


def found(login, user, q, kind="residents"):
    context = login(user).post(reverse("search"), {"q": q}, follow=True).context
    rows = context.get(kind, [])
    return [row["resident"] for row in rows] if kind == "residents" else list(rows)


@pytest.mark.parametrize(
    ("q", "who"),
    [
        ("张春燕", "here"),
        ("春燕", "here"),
        ("zcy", "here"),
        ("ZCY", "here"),
        ("ｚｃｙ", "here"),
        ("zhangchunyan", "here"),
        ("zhang chun", "here"),
        ("shanzeng", "heteronym"),
        ("chanceng", "heteronym"),
        ("dz", "heteronym"),
        ("sc", "heteronym"),
        ("5678", "here"),
        ("13812345678", "here"),
        ("138 1234 5678", "here"),
        ("03515151234", "heteronym"),
        ("000x", "heteronym"),
        ("000X", "heteronym"),
        ("0006", "here"),
    ],
)
def test_a_person_is_found_by(people, cast, login, q, who):
    assert found(login, cast.gridworker, q) == [people[who]]


def test_an_id_number_needs_its_right_check_digit(people, cast, login):
    assert found(login, cast.gridworker, ID_NUMBER) == [people["here"]]
    assert found(login, cast.gridworker, f"{ID_NUMBER[:-1]}0") == []


@pytest.mark.parametrize("q", ["3 排", "3排 沟底", "goudicun", "12 号"])
def test_a_door_is_found_by_words_of_its_address(people, cast, login, q):
    words = q if q != "3排 沟底" else "3 排 沟底"
    assert people["here"].household in found(login, cast.gridworker, words, "households")


@pytest.mark.parametrize("q", ["第一网格", "140181100208001", "208001", "140181100208"])
def test_a_place_is_found_by_name_and_code(net, cast, login, q):
    assert net.grid in found(login, cast.gridworker, q, "grids")


def test_everything_is_scoped(people, net, cast, login):
    here, there = people["here"], people["there"]

    assert found(login, cast.gridworker, "5678") == [here]
    assert found(login, cast.other_village_officer, "5678") == [there]
    assert set(found(login, cast.town_officer, "5678")) == {here, there}
    assert found(login, cast.gridworker, "神堂坪", "households") == []
    assert found(login, cast.gridworker, "神堂坪", "grids") == []


def test_numbers_find_only_for_those_who_may_ring_or_reveal(people, cast, login):
    assert len(found(login, cast.leader, "张春燕")) == 2
    assert found(login, cast.leader, "5678") == []
    assert found(login, cast.leader, "13812345678") == []
    assert found(login, cast.leader, "0006") == []


@pytest.mark.parametrize("who", ["admin", "auditor", "unit_officer"])
def test_without_the_residents_permission_only_places_and_staff(people, cast, login, who):
    page = login(getattr(cast, who)).post(reverse("search"), {"q": "沟底村"}, follow=True)

    assert page.context["grids"] and not page.context["residents"] and not page.context["households"]
    assert "3 排" not in page.content.decode()


def test_staff_for_those_who_see_staff(cast, login):
    assert found(login, cast.grid_head, "yzp", "staff") == [cast.grid_head]
    assert found(login, cast.town_officer, cast.gridworker.phone, "staff") == [cast.gridworker]
    assert found(login, cast.gridworker, "yzp", "staff") == []


@pytest.mark.parametrize("q", ["", " ", "z", "1", "12"])
def test_a_short_query_answers_kindly(cast, login, q):
    page = login(cast.gridworker).post(reverse("search"), {"q": q}, follow=True)

    assert page.status_code == 200 and page.context["words"] == ""


def test_at_most_twenty_and_the_same_cost(net, cast, login):
    client = login(cast.gridworker)

    def fill(count):
        for _ in range(count):
            resident = person(net.grid, "王小二")
            ResidentCareFactory(resident=resident)
            Absence.objects.create(resident=resident, reason="work", starts_on=date(2026, 1, 1))

    def ask():
        with CaptureQueriesContext(connection) as captured:
            page = client.post(reverse("search"), {"q": "王小"}, follow=True)
        return len(page.context["residents"]), len(captured)

    fill(2)
    ask()
    assert ask() == (2, ask()[1])
    few = ask()[1]
    fill(22)
    assert ask() == (search.LIMIT, few)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=st.one_of(st.text(max_size=60), st.text("0123456789Xx%_ '\\-", max_size=30), st.just("字" * 5000)))
def test_no_query_is_a_server_error(client, cast, q):
    client.force_login(cast.gridworker)

    for name, typed in (("search", {"q": q}), ("household_list", {"q": q, "grid": q, "page": q})):
        assert client.post(reverse(name), typed, follow=True).status_code in {200, 400}
        assert client.get(reverse(name), {"typed": q, "page": q}).status_code in {200, 400}
