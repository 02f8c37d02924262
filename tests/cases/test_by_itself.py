"""What happens to cases by itself, each once and with an event: late confirmation, regridding, leaving, new days."""

from datetime import date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from cases.actions import daily
from cases.actions.advance import advance
from cases.models import CalendarDay, Case
from cases.vocabulary import Level, Status
from grids import crypto
from grids.access import Role
from grids.actions.staff import units
from grids.actions.staff.terms import StaffRefused
from grids.models import GridAssignment, GridSuccession, Placement, Unit
from tests.factories import AssignmentFactory, HouseholdFactory, UserFactory
from tests.factories.cases import reported

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def at(monkeypatch):
    def set_time(*moment):
        then = datetime(*moment, tzinfo=SHANGHAI)
        monkeypatch.setattr(timezone, "now", lambda: then)
        return then

    return set_time


def presses(case):
    return list(case.events.filter(position=0).order_by("id").values_list("press", flat=True))


def settled(cast, net):
    return reported(cast.gridworker, net.grid, settled=True, measures="换了阀门")


# 未抽查


def test_unconfirmed_for_three_working_days_it_closes_by_itself_once(net, cast, at):
    at(2026, 11, 23, 9, 0)
    case = settled(cast, net)

    # Monday nine o'clock and 24 working hours end on Wednesday evening; a moment before, nothing happens.
    assert daily.close_unchecked(at(2026, 11, 26, 8, 59)) == 0
    assert daily.close_unchecked(at(2026, 11, 26, 9, 0)) == 1
    assert daily.close_unchecked(at(2026, 11, 27, 9, 0)) == 0

    case.refresh_from_db()
    assert (case.status, case.is_unchecked, case.closed_in_grid) == (Status.CLOSED, True, True)
    assert presses(case) == ["settle", "close_unchecked"]
    assert set(case.events.filter(press="close_unchecked").values_list("by", flat=True)) == {None}


def test_a_confirmed_one_and_a_supervised_one_are_left_alone(net, cast, at):
    at(2026, 11, 23, 9, 0)
    confirmed, supervised = settled(cast, net), settled(cast, net)
    advance(case=confirmed, press="confirm", by=cast.grid_head)
    # One that was settled while that was still allowed.
    Case.objects.filter(pk=supervised.pk).update(was_supervised=True, reply_by=date(2026, 11, 25))

    assert daily.close_unchecked(at(2026, 12, 23, 9, 0)) == 0

    supervised.refresh_from_db()
    assert supervised.status == Status.SELF_CLOSED


def test_the_towns_own_number_of_days_counts(net, cast, at):
    from cases.models import CaseRules

    CaseRules.objects.create(town=net.town, unchecked_days=1)
    at(2026, 11, 23, 9, 0)
    settled(cast, net)

    assert daily.close_unchecked(at(2026, 11, 24, 9, 0)) == 1


# 网格调整


def retire(grid, *successors):
    today = timezone.localdate()
    grid.retired_on = today
    grid.save()
    for place, new in enumerate(successors):
        GridSuccession.objects.create(old=grid, new=new, effective_on=today, takes_newcomers=place == 0)


def test_an_open_case_follows_its_household_else_the_successor(net, cast):
    home = HouseholdFactory(grid=net.grid)
    of_home = reported(cast.gridworker, net.grid, household=home)
    of_nobody = reported(cast.gridworker, net.grid)
    shut = advance(case=settled(cast, net), press="confirm", by=cast.grid_head)
    today = timezone.localdate()
    Placement.objects.filter(household=home).update(ends_on=today)
    Placement.objects.create(household=home, grid=net.other_grid, starts_on=today)
    retire(net.grid, net.neighbour_grid, net.other_grid)

    assert (daily.follow_the_net(timezone.now()), daily.follow_the_net(timezone.now())) == (2, 0)

    for case, grid in ((of_home, net.other_grid), (of_nobody, net.neighbour_grid), (shut, net.grid)):
        case.refresh_from_db()
        assert (case.responsible_grid, case.grid) == (grid, net.grid)
    assert presses(of_home) == ["submit", "regrid"] and of_home.events.last().by is None


def test_without_a_successor_it_stays_where_the_village_sees_it(net, cast):
    case = reported(cast.gridworker, net.grid)
    retire(net.grid)

    assert daily.follow_the_net(timezone.now()) == 0
    assert case in Case.objects.visible_to(cast.village_officer, "see_cases")


# 离任


def test_who_left_loses_the_case_to_the_desk_of_its_level(net, cast):
    head = UserFactory(name="王老")
    AssignmentFactory(user=head, role=Role.GRID_HEAD, grid=net.grid)
    case = advance(case=reported(cast.gridworker, net.grid), press="take", by=head)
    assert daily.free_of_leavers(timezone.now()) == 0
    GridAssignment.objects.filter(user=head).update(ends_on=timezone.localdate())

    assert (daily.free_of_leavers(timezone.now()), daily.free_of_leavers(timezone.now())) == (1, 0)

    case.refresh_from_db()
    assert (case.holder, case.status, case.level) == (None, Status.HANDLING, Level.HEAD)
    assert case.events.last().data["from"] == "王老"
    done = advance(case=case, press="finish", by=cast.grid_head, facts={"measures": "修好"})
    assert done.status == Status.TO_VERIFY


def test_an_account_that_was_closed_serves_nowhere(net, cast):
    case = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    type(cast.grid_head).objects.filter(pk=cast.grid_head.pk).update(is_active=False)

    assert daily.free_of_leavers(timezone.now()) == 1
    case.refresh_from_db()
    assert case.holder is None


# 重算期限


@pytest.fixture
def provisional(net, cast, at):
    """Taken on Thursday 31 December at five in the afternoon, where nobody entered 2027 yet."""
    CalendarDay.objects.create(town=net.town, day=date(2026, 12, 31), is_workday=True)
    at(2026, 12, 31, 17, 0)
    case = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    # New Year's Day is off by rule, then the weekend.
    assert case.is_provisional and timezone.localtime(case.due_at) == datetime(
        2027, 1, 4, 17, tzinfo=SHANGHAI
    )
    return case


def enter(town, first, *workdays):
    for n, is_workday in enumerate(workdays):
        CalendarDay.objects.create(town=town, day=first + timedelta(days=n), is_workday=is_workday)


def test_entered_days_decide_the_deadline_anew_with_an_event(net, provisional):
    assert daily.recompute_deadlines() == 0
    enter(net.town, date(2027, 1, 1), False, True, True, False)

    said = StringIO()
    call_command("recompute_deadlines", stdout=said)

    provisional.refresh_from_db()
    assert "重算期限 1 件" in said.getvalue()
    assert timezone.localtime(provisional.due_at) == datetime(2027, 1, 2, 17, tzinfo=SHANGHAI)
    assert not provisional.is_provisional and presses(provisional)[-1] == "recompute"
    assert daily.recompute_deadlines() == 0


def test_a_certain_deadline_stays_whatever_is_entered_later(net, cast, at):
    enter(net.town, date(2026, 11, 23), *[True] * 5)
    at(2026, 11, 23, 9, 0)
    case = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    CalendarDay.objects.filter(day=date(2026, 11, 24)).update(is_workday=False)

    assert daily.recompute_deadlines() == 0
    due_at = case.due_at
    case.refresh_from_db()
    assert case.due_at == due_at


# The command, units, keys


def test_the_daily_command_says_what_it_did_and_twice_is_once(net, cast, at):
    at(2026, 11, 23, 9, 0)
    settled(cast, net)
    at(2026, 11, 27, 9, 0)
    for n in (1, 0):
        said = StringIO()
        call_command("daily", stdout=said)
        assert f"未抽查自动结案 {n}" in said.getvalue()


def test_a_unit_with_open_cases_is_not_retired(net, cast):
    unit = Unit.objects.create(town=net.town, name="供水站")
    case = reported(cast.gridworker, net.grid)
    case = advance(case=case, press="dispatch", by=cast.town_officer, unit=unit)
    yesterday = timezone.localdate() - timedelta(days=1)

    with pytest.raises(StaffRefused, match="还有没办结的事件"):
        units.retire_unit(unit=unit, last_day=yesterday, by=cast.admin)
    unit.refresh_from_db()
    assert unit.retired_on is None

    advance(case=case, press="void", by=cast.town_officer, words="重复登记")
    assert units.retire_unit(unit=unit, last_day=yesterday, by=cast.admin).retired_on


def test_a_callers_number_is_resealed_with_the_others(net, cast, settings):
    case = reported(cast.gridworker, net.grid, caller_name="赵", caller_phone="13812345678")
    settings.FIELD_KEYS = [f"z:{'A' * 43}=", *settings.FIELD_KEYS]

    said = StringIO()
    call_command("rotate_keys", stdout=said)

    case.refresh_from_db()
    assert "case.caller_phone：改封 1 条" in said.getvalue()
    assert case.caller_phone_sealed.startswith(f"{crypto.newest_key_id()}:")
    assert case.caller_phone == "13812345678"


def test_a_handover_shows_how_many_cases_are_in_the_persons_hand(net, cast, login):
    for _ in range(2):
        advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    settled(cast, net)

    desk = login(cast.admin)
    pages = [
        desk.get(f"{reverse('staff_handover')}?person={person.uuid}").content.decode()
        for person in (cast.grid_head, cast.village_officer)
    ]

    assert "手上还有 2 件没办结的事件" in pages[0] and "没办结的事件" not in pages[1]


def test_the_page_says_why_a_unit_is_not_retired(net, cast, login):
    unit = Unit.objects.create(town=net.town, name="供水站")
    advance(case=reported(cast.gridworker, net.grid), press="dispatch", by=cast.town_officer, unit=unit)

    page = login(cast.admin).post(
        reverse("staff_unit_retire", args=[unit.uuid]), {"last_day": timezone.localdate()}
    )

    assert page.status_code == 422 and "还有没办结的事件" in page.content.decode()
