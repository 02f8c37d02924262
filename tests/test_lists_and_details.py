"""A page of one row opens exactly for the rows that its list shows, whatever the net, the moves and the terms."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Case
from grids.access import ROLE_CODE_LENGTHS, Role
from grids.access import Permission as P
from grids.models import (
    Concern,
    GridSuccession,
    Household,
    HouseholdVisit,
    Patrol,
    Placement,
    Residence,
    Resident,
    Unit,
    UnitMembership,
)
from tests.factories import (
    AssignmentFactory,
    ConcernFactory,
    GridFactory,
    HouseholdFactory,
    PatrolFactory,
    ResidentFactory,
    UserFactory,
    VisitFactory,
)
from tests.factories.cases import CaseFactory, CategoryFactory, one_of_each

pytestmark = pytest.mark.django_db

TOWN, VILLAGES = "140181100", ("140181100208", "140181100209")
OLD, GRIDS = "140181100208001", ("140181100208002", "140181100208003", "140181100209001")
MICRO = "14018110020800201"

near_days = st.integers(-40, 40)
terms = st.lists(
    st.tuples(
        st.sampled_from(Role),
        st.sampled_from([TOWN, *VILLAGES, OLD, *GRIDS, MICRO]),
        near_days,
        st.none() | st.integers(1, 60),
    ),
    max_size=3,
)
# Where a household lives, and to where and when (in days from today) it moves.
homes = st.lists(
    st.tuples(
        st.sampled_from([OLD, *GRIDS, MICRO]), st.none() | st.tuples(st.sampled_from(GRIDS), near_days)
    ),
    min_size=1,
    max_size=4,
)
# Who (by number) moved to whose household, so many days ago.
flits = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 40)), max_size=2)
heard_in = st.lists(st.sampled_from([OLD, *GRIDS, MICRO]), max_size=3)


def build_net(today):
    """Two villages; the first grid of one was retired last week in favour of the second."""
    GridFactory(code=TOWN, name="河口镇")
    places = {code: GridFactory(code=code) for code in (*VILLAGES, OLD, *GRIDS, MICRO)}
    retired = today - timedelta(days=7)
    places[OLD].retired_on = retired
    places[OLD].save()
    GridSuccession.objects.create(old=places[OLD], new=places[GRIDS[0]], effective_on=retired)
    return places | {TOWN: UserFactory().town}


def settle(places, homes, heard_in, today):
    for first, move in homes:
        household = HouseholdFactory(grid=places[first])
        ResidentFactory(household=household)
        VisitFactory(household=household, grid=places[first])
        ConcernFactory(household=household, grid=places[first])
        if move and move[0] != first:
            moves_on = today + timedelta(days=move[1])
            Placement.objects.filter(household=household).update(ends_on=moves_on)
            Placement.objects.create(household=household, grid=places[move[0]], starts_on=moves_on)
    for code in heard_in:
        ConcernFactory(grid=places[code])
        PatrolFactory(grid=places[code])
        CaseFactory(grid=places[code])


def resettle(flits, today):
    """People move between the households; the last of the moves of one person stands."""
    people = list(Resident.objects.order_by("pk"))
    homes = [person.household for person in people]
    for who, where, ago in {flit[0] % len(people): flit for flit in flits}.values():
        resident, home = people[who % len(people)], homes[where % len(homes)]
        if resident.household != home:
            moved_on = today - timedelta(days=ago)
            resident.residences.update(ends_on=moved_on)
            Residence.objects.create(resident=resident, household=home, starts_on=moved_on)
            resident.household = home
            resident.save(update_fields=["household"])


def appoint(user, places, terms, today):
    taken = set()
    for role, code, since, days in terms:
        if len(code) in ROLE_CODE_LENGTHS[role] and (role, code) not in taken:
            taken.add((role, code))
            starts_on = today + timedelta(days=since)
            ends_on = days and starts_on + timedelta(days=days)
            AssignmentFactory(user=user, role=role, grid=places[code], starts_on=starts_on, ends_on=ends_on)


# page of one row → its list, the rows there are, and where the list holds what it shows
PAGES = {
    "household": ("household_list", Household, lambda context: [row.household for row in context["rows"]]),
    "visit": ("visit_list", HouseholdVisit, lambda context: context["object_list"]),
    "concern": ("concern_list", Concern, lambda context: context["object_list"]),
    "patrol": ("patrol_list", Patrol, lambda context: context["object_list"]),
    "case": ("case_list", Case, lambda context: context["object_list"]),
}


def uuid_of(row):
    """What its page is addressed by: its own uuid, else its record's."""
    return getattr(row, "uuid", None) or row.record.uuid


def statuses(client, page, rows):
    return {uuid_of(row): client.get(reverse(page, args=[uuid_of(row)])).status_code for row in rows}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(terms=terms, homes=homes, heard_in=heard_in, flits=flits)
def test_a_page_opens_exactly_for_what_its_list_shows(client, terms, homes, heard_in, flits):
    today = timezone.localdate()
    with transaction.atomic():
        places = build_net(today)
        settle(places, homes, heard_in, today)
        resettle(flits, today)
        user = UserFactory()
        appoint(user, places, terms, today)
        client.force_login(user)

        for page, (list_page, model, shown_in) in PAGES.items():
            answer = client.get(reverse(list_page))
            shown = [uuid_of(row) for row in shown_in(answer.context)] if answer.status_code == 200 else []
            closed = 404 if answer.status_code == 200 else 403
            rows = model.objects.all()
            expected = {uuid_of(row): 200 if uuid_of(row) in shown else closed for row in rows}
            assert statuses(client, page, rows) == expected, page

        people = Resident.objects.select_related("household")
        of_households = statuses(client, "household", [person.household for person in people])
        of_people = statuses(client, "resident", people)
        assert [of_people[p.uuid] for p in people] == [of_households[p.household.uuid] for p in people]
        # The history of a household names who left it, and leads to them only where they may be opened.
        for household in Household.objects.all():
            answer = client.get(household.get_absolute_url())
            for move in answer.context["moves"] if answer.status_code == 200 else []:
                assert not move["url"] or client.get(move["url"]).status_code == 200
        transaction.set_rollback(True)


# list of cases → where it holds its rows
CASE_LISTS = {
    "case_todo": ("takeable", "in_hand", "on_desk", "to_confirm"),
    "case_queue": ("rows", "undecided", "on_desk"),
    "case_verify": ("rows", "to_close"),
    "case_unit": ("rows",),
    "case_requests": ("rows",),
    "case_tasks": ("rows",),
    "case_late": ("rows",),
    "case_hard": ("rows",),
    "case_list": ("object_list",),
}


def rows_of(client, name):
    """The cases that a list shows somebody, whatever it calls them; none to whom it is closed."""
    answer = client.get(reverse(name))
    if answer.status_code == 403:
        return []
    return [getattr(row, "case", row) for key in CASE_LISTS[name] for row in answer.context[key]]


@pytest.mark.parametrize("name", CASE_LISTS)
def test_every_row_of_a_list_of_cases_is_one_s_to_see_and_opens(client, net, cast, name):
    unit = Unit.objects.create(town=net.town, name="供水站")
    UnitMembership.objects.create(user=cast.unit_officer, unit=unit, starts_on=timezone.localdate())
    one_of_each(cast, net.grid, CategoryFactory(unit=unit))
    CaseFactory(grid=net.other_grid)
    seen = set()
    for user in cast:
        client.force_login(user)
        rows = rows_of(client, name)
        seen |= set(rows)
        assert set(rows) <= set(Case.objects.visible_to(user, P.SEE_CASES))
        assert [client.get(row.get_absolute_url()).status_code for row in rows] == [200] * len(rows)
    assert seen
