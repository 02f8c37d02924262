"""The door that a field form opens in one query says what the slower questions say."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids import access
from grids.actions.places import grid_of
from grids.actions.records import Envelope, receive
from grids.doors import household_at
from grids.exceptions import DomainError
from grids.models import Absence, FieldRecord, Household, HouseholdVisit, Placement, Resident
from tests.factories import HouseholdFactory, ResidentFactory, VisitFactory

pytestmark = pytest.mark.django_db

P = access.Permission


@pytest.fixture
def day():
    return timezone.localdate()


@pytest.fixture
def home(net):
    return HouseholdFactory(grid=net.grid, address="沟底村 7 号")


def test_a_door_brings_the_grid_and_who_is_at_home(cast, net, home, day, django_assert_num_queries):
    second = ResidentFactory(household=home, name="王秀英")
    head = ResidentFactory(household=home, name="赵老汉", is_head=True)
    away, back = ResidentFactory(household=home), ResidentFactory(household=home, name="赵小军")
    Absence.objects.create(resident=away, reason="work", starts_on=day - timedelta(days=9))
    Absence.objects.create(resident=back, reason="hospital", starts_on=day - timedelta(days=9), ends_on=day)

    found = household_at(cast.gridworker, P.LOG_FIELDWORK, home.uuid, day)

    with django_assert_num_queries(0):
        assert (found, found.address, found.door.grid.name) == (home, "沟底村 7 号", "沟底村第一网格")
        assert [person.name for person in found.door.people] == [head.name, second.name, back.name]
        assert {person.household_id for person in found.door.people} == {home.pk}
        assert grid_of(household=found, day=day) == net.grid


def test_an_empty_house_is_a_door_too(cast, home, day):
    assert household_at(cast.gridworker, P.LOG_FIELDWORK, home.uuid, day).door.people == []


def test_nobody_opens_a_door_outside_the_scope(cast, net, home, day):
    for user in (cast.neighbour, cast.leader, cast.auditor, cast.volunteer, cast.outsider):
        assert household_at(user, P.LOG_FIELDWORK, home.uuid, day) is None
    Placement.objects.filter(household=home).update(ends_on=day)
    assert household_at(cast.gridworker, P.LOG_FIELDWORK, home.uuid, day) is None
    assert household_at(cast.gridworker, P.LOG_FIELDWORK, uuid4(), day) is None


def test_the_door_of_one_day_answers_for_no_other(cast, net, home, day):
    Placement.objects.filter(household=home).update(ends_on=day)
    Placement.objects.create(household=home, grid=net.neighbour_grid, starts_on=day)
    found = household_at(cast.village_officer, P.LOG_FIELDWORK, home.uuid, day)

    assert grid_of(household=found, day=day) == net.neighbour_grid
    assert grid_of(household=found, day=day - timedelta(days=1)) == net.grid


def test_what_the_door_did_not_read_is_read_when_asked_for(cast, home, day):
    person = ResidentFactory(household=home, relation="长子")
    found = household_at(cast.gridworker, P.LOG_FIELDWORK, home.uuid, day)

    assert found.created_at == Household.objects.get(pk=home.pk).created_at
    assert found.door.people[0].relation == Resident.objects.get(pk=person.pk).relation == "长子"


def test_a_tap_takes_seven_statements(login, cast, home):
    person, client = ResidentFactory(household=home), login(cast.gridworker)
    client.get(reverse("account"))
    sent = {"household": str(home.uuid), "outcome": "met", "met": [str(person.uuid)]}
    with CaptureQueriesContext(connection) as queries:
        assert client.post(reverse("visit_quick"), sent | {"uuid": str(uuid4())}).status_code == 302

    # The test's own transaction makes a savepoint of what is one transaction in production.
    told = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert HouseholdVisit.objects.get().met.get().resident == person
    assert len(told) == 7, told


def test_a_second_correction_of_a_record_breaks_no_transaction(cast, net, home):
    """Actions lock what they correct; should one forget, the key of the table still answers in words."""
    old = VisitFactory(household=home, grid=net.grid, visitor=cast.gridworker).record

    def correct():
        return receive(
            kind=FieldRecord.Kind.VISIT,
            by=cast.gridworker,
            actor=cast.gridworker,
            grid=net.grid,
            household=home,
            envelope=Envelope(uuid=uuid4(), captured_at=timezone.now(), happened_on=timezone.localdate()),
            content={},
            corrects=old,
            reason="写错了",
        )

    assert correct().created
    with pytest.raises(DomainError, match="已被更正"):
        correct()
    assert FieldRecord.objects.filter(corrects=old).count() == 1
