"""今日: who is due, in which order, one tap, undo, and the evening's batch."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids.models import Absence, FieldRecord, HouseholdVisit, VisitMet
from grids.todo import todo
from tests.factories import (
    CareCategoryFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def weekly(net):
    return CareCategoryFactory(name="独居老人", frequency="weekly", position=0)


@pytest.fixture
def monthly(net):
    return CareCategoryFactory(name="低保", frequency="monthly", position=5)


def person(net, category, name="赵老汉", household=None, **care):
    resident = ResidentFactory(household=household or HouseholdFactory(grid=net.grid), name=name)
    ResidentCareFactory(resident=resident, category=category, **care)
    return resident


def tap(resident, outcome="met", **other):
    return {
        "uuid": str(uuid4()),
        "household": str(resident.household.uuid),
        "met": [str(resident.uuid)],
        "outcome": outcome,
    } | other


def names(doors):
    return [person.name for door in doors for person in door.people]


TUESDAY = date(2026, 11, 24)


def seen(resident, day, **visit):
    return VisitFactory(household=resident.household, met=[resident], visited_on=day, **visit)


def test_the_most_urgent_door_is_first(cast, net, weekly, monthly):
    kept = person(net, weekly, "按期")
    seen(kept, TUESDAY - timedelta(days=7))
    seen(person(net, weekly, "见过"), TUESDAY)
    calm = person(net, monthly, "月度")
    seen(calm, date(2026, 10, 20))
    never = person(net, weekly, "从未")
    tasks = todo(cast.gridworker, TUESDAY)

    assert names(tasks.doors) == ["从未", "按期", "月度"]
    assert [door.people[0].why(TUESDAY) for door in tasks.doors] == [
        "独居老人，从未走访",
        "独居老人，已 7 天未走访",
        "低保，已 35 天未走访",
    ]
    assert [door.tone for door in tasks.doors] == ["bad", "plain", "plain"]
    assert tasks.left_this_week == 2
    assert never.pk


def test_a_telephone_call_does_not_make_somebody_seen(cast, net, weekly):
    seen(person(net, weekly), TUESDAY, mode="phone")
    (door,) = todo(cast.gridworker, TUESDAY).doors

    assert door.people[0].phoned_on == TUESDAY


@pytest.mark.parametrize(
    ("outcome", "days_ago", "where"),
    [
        ("not_home", 0, "later"),
        ("not_home", 2, "later"),
        ("not_home", 3, "doors"),
        ("refused", 1, None),
        ("not_needed", 0, None),
        ("not_needed", 2, "doors"),
        ("met", 0, "doors"),
    ],
)
def test_what_an_outcome_does_to_the_list(cast, net, weekly, outcome, days_ago, where):
    """The week began on Monday; what was said before it does not count for it. Nobody was ticked."""
    resident = person(net, weekly)
    VisitFactory(household=resident.household, outcome=outcome, visited_on=TUESDAY - timedelta(days=days_ago))
    tasks = todo(cast.gridworker, TUESDAY)

    found = [place for place in ("doors", "later") if names(getattr(tasks, place))]
    assert found == ([where] if where else [])


def test_who_is_away_is_not_asked_for(cast, net, weekly, monthly):
    home = HouseholdFactory(grid=net.grid)
    person(net, weekly, "在家", home)
    away = person(net, monthly, "住院", home)
    Absence.objects.create(
        resident=away, reason="hospital", starts_on=TUESDAY - timedelta(days=1), ends_on=date(2026, 11, 28)
    )
    alone = person(net, monthly, "独自住院")
    Absence.objects.create(
        resident=alone, reason="hospital", starts_on=TUESDAY - timedelta(days=1), ends_on=date(2026, 11, 28)
    )
    gone = person(net, monthly, "外出")
    Absence.objects.create(resident=gone, reason="work", starts_on=TUESDAY)
    tasks = todo(cast.gridworker, TUESDAY)

    assert names(tasks.doors) == ["在家"]
    assert [door.waiting for door in tasks.later] == ["人不在家，11月28日回来"]


def test_a_withdrawn_visit_counts_for_nothing(cast, net, weekly):
    visit = seen(person(net, weekly), TUESDAY)
    visit.superseded_by = visit.record
    visit.save()

    assert todo(cast.gridworker, TUESDAY).doors[0].people[0].last_met is None


def test_another_grid_is_another_list(login, cast, net, weekly):
    resident = person(net, weekly)

    assert not todo(cast.neighbour, TUESDAY).doors
    assert login(cast.neighbour).post(reverse("visit_quick"), tap(resident)).status_code == 404
    for who in ("leader", "unit_officer", "volunteer", "admin", "auditor", "outsider"):
        assert login(getattr(cast, who)).get(reverse("today")).status_code == 403
        assert login(getattr(cast, who)).get(reverse("today_evening")).status_code == 403


def test_one_tap_and_its_undo(login, cast, net, weekly):
    resident = person(net, weekly)
    client = login(cast.gridworker)
    before = client.get(reverse("today")).content.decode()
    assert "独居老人，从未走访" in before and resident.household.address in before
    page = client.post(reverse("visit_quick"), tap(resident), follow=True).content.decode()

    visit = HouseholdVisit.objects.get()
    assert (visit.outcome, visit.mode, visit.purposes) == ("met", "home", ["care"])
    assert VisitMet.objects.get().resident == resident
    assert "从未走访" not in page
    undo = re.search(r'action="(/visits/[^"]+/undo/)"', page).group(1)
    assert undo == reverse("visit_undo", args=[visit.record.uuid])
    assert client.get(undo).status_code == 405
    for _ in range(2):
        page = client.post(undo, follow=True).content.decode()
        assert "从未走访" in page
    visit.refresh_from_db()
    assert visit.superseded_by.kind == "withdrawal"
    assert FieldRecord.objects.count() == 2


def test_a_press_in_the_whole_list_leads_back_to_it(login, cast, net, weekly):
    resident = person(net, weekly)
    client = login(cast.gridworker)
    assert "/visits/quick/?all=1" in client.get(reverse("today"), {"all": 1}).content.decode()
    assert "?all=1" not in client.get(reverse("today")).content.decode()

    for address, back in (("/visits/quick/?all=1", "/today/?all=1"), ("/visits/quick/", "/today/")):
        assert client.post(address, tap(resident)).url == back


def test_one_of_two_may_be_unticked(login, cast, net, weekly):
    home = HouseholdFactory(grid=net.grid)
    first, second = person(net, weekly, "老赵", home), person(net, weekly, "老钱", home)
    client = login(cast.gridworker)
    client.post(reverse("visit_quick"), tap(first))

    page = client.get(reverse("today")).content.decode()
    assert str(second.uuid) in page and str(first.uuid) not in page
    assert client.post(reverse("visit_quick"), tap(first, met=[])).status_code == 422


@pytest.mark.parametrize("outcome", ["not_home", "refused", "not_needed"])
def test_the_chips(login, cast, net, weekly, outcome):
    resident = person(net, weekly)
    page = login(cast.gridworker).post(reverse("visit_quick"), tap(resident, outcome), follow=True)

    assert HouseholdVisit.objects.get().outcome == outcome
    assert not VisitMet.objects.exists()
    assert "undo" in page.content.decode()


def test_ten_queries_for_three_hundred_households(login, cast, net, weekly, monthly):
    for number in range(300):
        resident = ResidentFactory(household=HouseholdFactory(grid=net.grid))
        if number % 3 == 0:
            ResidentCareFactory(resident=resident, category=(weekly, monthly)[number % 2])
        if number % 30 == 0:
            seen(resident, timezone.localdate(), visitor=cast.gridworker)
    client = login(cast.gridworker)
    client.get(reverse("today"))
    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("today"))

    assert len(queries) <= 10, [q["sql"][:120] for q in queries]
    assert page.content.decode().count('class="door"') == 20
    assert client.get(reverse("today"), {"all": 1}).content.decode().count('class="door"') == 90


def test_the_evening_batch(login, cast, net, weekly):
    home = HouseholdFactory(grid=net.grid)
    both = [person(net, weekly, "老赵", home), person(net, weekly, "老钱", home)]
    third = ResidentFactory(household=HouseholdFactory(grid=net.grid), name="孙三")
    foreign = ResidentFactory(household=HouseholdFactory(grid=net.other_grid))
    client = login(cast.gridworker)
    page = client.get(reverse("today_evening")).content.decode()
    assert page.index("老赵") < page.index("孙三")
    assert "孙三" in client.post(reverse("today_evening"), {"q": "ss"}, follow=True).content.decode()
    yesterday = timezone.localdate() - timedelta(days=1)
    sent = {
        "happened_on": yesterday.isoformat(),
        "purposes": ["care", "policy"],
        "met": [str(one.uuid) for one in (*both, third, foreign)] + ["x"],
    } | {f"uuid-{one.household.uuid}": str(uuid4()) for one in (both[0], third)}
    for _ in range(2):
        assert client.post(reverse("today_evening"), sent).status_code == 302

    assert HouseholdVisit.objects.count() == 2
    assert VisitMet.objects.filter(visit__household=home).count() == 2
    assert {v.visited_on for v in HouseholdVisit.objects.all()} == {yesterday}
    assert client.post(reverse("today_evening"), sent | {"met": []}).status_code == 422
    assert client.post(reverse("today_evening"), sent | {"happened_on": "2001-01-01"}).status_code == 422
