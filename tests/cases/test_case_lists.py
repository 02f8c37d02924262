"""The lists that people live in: whose rows, in what order, and what a press on a row does."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.actions.advance import advance
from cases.actions.ratings import rate_by_call
from cases.actions.requests import ask, supervise
from cases.models import Case, CaseSupport
from cases.vocabulary import Level, Status
from grids.access import Role
from grids.models import Unit, UnitMembership
from tests.factories import AssignmentFactory, GridFactory
from tests.factories.cases import CaseFactory, CategoryFactory, one_of_each, reported

pytestmark = pytest.mark.django_db

LISTS = ("case_todo", "case_queue", "case_verify", "case_unit", "case_requests", "case_tasks")
LISTS += ("case_late", "case_hard", "case_checks", "case_list")


@pytest.fixture
def water_station(net, cast):
    unit = Unit.objects.create(town=net.town, name="供水站")
    UnitMembership.objects.create(user=cast.unit_officer, unit=unit, starts_on=date(2020, 1, 1))
    return unit


def found(login, user, name, key="rows", **query):
    """The cases of a list as the user sees it, in its order."""
    answer = login(user).get(reverse(name), query)
    assert answer.status_code == 200
    return [getattr(row, "case", row) for row in answer.context[key]]


def sent(case, **more):
    return {"case": str(case.uuid), "version": case.version} | more


# 待办


def test_a_grid_head_finds_what_is_theirs_to_do(login, net, cast):
    mine = reported(cast.gridworker, net.grid, subject="停水")
    reported(cast.neighbour, net.neighbour_grid, subject="别处")
    settled = reported(cast.gridworker, net.grid, subject="当场", settled=True, measures="扶起来了")
    own = reported(cast.grid_head, net.grid, subject="自办", settled=True, measures="自己办的")
    taken = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)

    assert found(login, cast.grid_head, "case_todo", "takeable") == [mine]
    assert found(login, cast.grid_head, "case_todo", "in_hand") == [taken]
    assert found(login, cast.grid_head, "case_todo", "to_confirm") == [settled]
    # A head's own work is confirmed by somebody else, the gridworker among them.
    assert found(login, cast.gridworker, "case_todo", "to_confirm") == [own]
    assert found(login, cast.gridworker, "case_todo", "takeable") == []
    assert [case.subject for case in found(login, cast.village_officer, "case_todo", "takeable")] == [
        *("停水", "别处")
    ]
    # The town takes from its desk; what a village has people for is theirs.
    assert found(login, cast.town_officer, "case_todo", "takeable") == []
    assert found(login, cast.town_officer, "case_todo", "to_confirm") == []


def test_urgent_ones_come_first_then_the_upstreams_then_the_oldest(login, net, cast):
    now = timezone.now()
    old = reported(cast.gridworker, net.grid, at=now - timedelta(days=1))
    urgent = reported(cast.gridworker, net.grid, is_urgent=True)
    upstream = reported(cast.gridworker, net.grid, upstream_due_at=now + timedelta(days=3))
    sooner = reported(cast.gridworker, net.grid, upstream_due_at=now + timedelta(days=2))

    expected = [urgent, sooner, upstream, old]
    assert found(login, cast.grid_head, "case_todo", "takeable") == expected
    assert found(login, cast.town_officer, "case_queue") == expected


def test_a_case_is_taken_in_one_tap(login, net, cast):
    case = reported(cast.gridworker, net.grid)
    answer = login(cast.grid_head).post(reverse("case_todo"), sent(case), follow=True)

    case.refresh_from_db()
    assert (case.status, case.holder) == (Status.HANDLING, cast.grid_head)
    assert f"{case.case_no} 停水：处置中，闫志平" in answer.content.decode()


def test_somebody_was_quicker(login, net, cast):
    case = reported(cast.gridworker, net.grid)
    advance(case=case, press="take", by=cast.village_officer)
    answer = login(cast.grid_head).post(reverse("case_todo"), sent(case), follow=True)

    assert "状态已变化" in answer.content.decode()
    assert "现在是「处置中」，在沟底村干部手上" in answer.content.decode()
    assert Case.objects.get().holder == cast.village_officer


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_press_without_a_version_changes_nothing(login, net, cast, version):
    case = reported(cast.gridworker, net.grid)
    answer = login(cast.grid_head).post(reverse("case_todo"), sent(case, version=version))

    assert answer.status_code == 422 and "没有办成" in answer.content.decode()
    assert Case.objects.get().status == Status.SUBMITTED


@pytest.mark.parametrize(("who", "status"), [("neighbour", 403), ("gridworker", 403), ("leader", 403)])
def test_who_may_not_take(login, net, cast, who, status):
    case = reported(cast.gridworker, net.grid)
    assert login(getattr(cast, who)).post(reverse("case_todo"), sent(case)).status_code == status


def test_a_forged_row_is_not_there(login, net, cast):
    elsewhere = reported(cast.neighbour, net.neighbour_grid)
    client = login(cast.grid_head)
    assert client.post(reverse("case_todo"), sent(elsewhere)).status_code == 404
    assert client.post(reverse("case_todo"), {"case": str(uuid4()), "version": 1}).status_code == 404
    assert client.post(reverse("case_todo"), {"case": "x", "version": 1}).status_code == 404


def test_what_was_handed_up_lies_on_the_desk_of_its_level(login, net, cast):
    case = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    case = advance(case=case, press="hand_up", by=cast.grid_head, words="要挖路")

    assert case.level == Level.AREA
    assert found(login, cast.village_officer, "case_todo", "on_desk") == [case]
    assert found(login, cast.village_officer, "case_queue", "on_desk") == [case]
    assert found(login, cast.grid_head, "case_todo", "on_desk") == []
    assert found(login, cast.town_officer, "case_todo", "on_desk") == []
    # With nobody in the village, it is the town's.
    cast.village_officer.assignments.update(ends_on=timezone.localdate())
    assert found(login, cast.town_officer, "case_todo", "on_desk") == [case]


# 批量确认


def test_confirming_in_bulk_is_told_row_by_row(login, net, cast):
    good, stale, own, left = (
        reported(who, net.grid, subject=subject, settled=True, measures="办了")
        for who, subject in (
            (cast.gridworker, "好的"),
            (cast.gridworker, "旧的"),
            (cast.grid_head, "自己的"),
            (cast.gridworker, "没勾的"),
        )
    )
    elsewhere = reported(cast.neighbour, net.neighbour_grid, settled=True, measures="办了")
    seen = [f"{case.uuid}:{case.version}" for case in (good, stale, own, elsewhere)]
    advance(case=stale, press="doubt", by=cast.village_officer, words="没扶起来")
    answer = login(cast.grid_head).post(reverse("case_bulk_confirm"), {"case": [*seen, "x", "x:1", ":"]})

    page = answer.content.decode()
    statuses = dict(Case.objects.values_list("subject", "status"))
    assert (statuses["好的"], statuses["旧的"]) == (Status.CLOSED, Status.REGISTERED)
    assert statuses["自己的"] == statuses["没勾的"] == Status.SELF_CLOSED
    assert [tone for _, _, tone in answer.context["results"]] == ["good", "warn", "bad", "bad"]
    assert "勾选 4 件，确认了 <b>1</b> 件" in page
    assert "状态已变化" in page and "自己办的事要由别人核实" in page and "没有找到这件事" in page
    assert str(left.case_no) not in page and str(elsewhere.case_no) not in page


def test_nothing_ticked(login, cast):
    answer = login(cast.grid_head).post(reverse("case_bulk_confirm"))
    assert answer.status_code == 422 and "还没有勾选" in answer.content.decode()


# 受理台


def test_the_queue_shows_what_a_report_may_repeat_in_one_query(login, net, cast):
    first = reported(cast.gridworker, net.grid, place="水塔下")
    again = reported(cast.gridworker, net.grid, place="水塔 下")
    reported(cast.gridworker, net.grid, place="村口")
    other = CategoryFactory(code="0602", name="水质")
    reported(cast.gridworker, net.grid, place="水塔下", category=other)
    rows = {row.pk: row for row in found(login, cast.town_officer, "case_queue")}

    assert rows[first.pk].repeats == [again] and rows[again.pk].repeats == [first]
    assert [len(row.repeats) for row in rows.values()] == [1, 1, 0, 0]


def test_the_usual_unit_gets_it_in_one_press(login, net, cast, water_station):
    category = CategoryFactory(unit=water_station)
    case = reported(cast.gridworker, net.grid, category=category)
    client = login(cast.town_officer)
    assert "受理并交办" in client.get(reverse("case_queue")).content.decode()
    client.post(reverse("case_queue"), sent(case, press="dispatch"))

    case.refresh_from_db()
    assert (case.status, case.unit, case.level) == (Status.HANDLING, water_station, Level.UNIT)
    assert found(login, cast.unit_officer, "case_unit") == [case]


def test_the_queue_shows_what_a_retiring_unit_still_has(login, net, cast, water_station):
    Unit.objects.filter(pk=water_station.pk).update(retired_on=timezone.localdate() + timedelta(days=9))
    given = {"filed": True, "status": Status.HANDLING, "level": 4, "unit": water_station}
    case = CaseFactory(grid=net.grid, **given)
    assert found(login, cast.town_officer, "case_queue", "orphaned") == [case]
    assert (
        reverse("case_press", args=[case.uuid, "hand_across"])
        in login(cast.town_officer).get(reverse("case_queue")).content.decode()
    )
    assert found(login, cast.grid_head, "case_queue", "orphaned") == []
    assert "起停用" in login(cast.town_officer).get(case.get_absolute_url()).content.decode()


def test_a_usual_unit_that_is_retired_is_no_button(login, net, cast, water_station):
    Unit.objects.filter(pk=water_station.pk).update(retired_on=timezone.localdate() + timedelta(days=9))
    reported(cast.gridworker, net.grid, category=CategoryFactory(unit=water_station))
    [row] = found(login, cast.town_officer, "case_queue")
    assert not row.may_dispatch


@pytest.mark.parametrize("name", ["case_queue", "case_verify", "case_hard"])
def test_a_village_is_chosen_in_the_address(login, net, cast, name):
    worked = {"filed": True, "status": Status.TO_VERIFY if name == "case_verify" else Status.HANDLING}
    given = {} if name == "case_queue" else worked | {"reopen_count": 1, "level": Level.TOWN}
    here, there = (CaseFactory(grid=grid, **given) for grid in (net.grid, net.other_grid))
    assert set(found(login, cast.town_officer, name)) == {here, there}
    assert found(login, cast.town_officer, name, grid=net.village.code) == [here]
    assert set(found(login, cast.town_officer, name, grid="140181100999")) == {here, there}
    assert "村、社区" in login(cast.town_officer).get(reverse(name)).content.decode()
    assert 'name="grid"' not in login(cast.village_officer).get(reverse(name)).content.decode()


def test_a_press_keeps_the_village_that_was_chosen(login, net, cast):
    case = reported(cast.gridworker, net.grid)
    url = f"{reverse('case_queue')}?grid={net.village.code}"
    assert login(cast.town_officer).post(url, sent(case, press="register")).url == url


def test_accepting_leaves_the_rest_for_later(login, net, cast):
    case = reported(cast.gridworker, net.grid)
    login(cast.village_officer).post(reverse("case_queue"), sent(case, press="register"))

    case.refresh_from_db()
    assert case.status == Status.REGISTERED
    assert found(login, cast.village_officer, "case_queue") == []
    assert found(login, cast.village_officer, "case_queue", "undecided") == [case]


def test_without_a_usual_unit_nothing_is_handed_out(login, net, cast):
    case = reported(cast.gridworker, net.grid)
    answer = login(cast.town_officer).post(reverse("case_queue"), sent(case, press="dispatch"), follow=True)
    assert "请选择交给谁办" in answer.content.decode()
    assert Case.objects.get().status == Status.SUBMITTED
    # A grid head accepts but hands out nothing.
    assert login(cast.grid_head).post(reverse("case_queue"), sent(case, press="dispatch")).status_code == 403


def test_what_waits_longer_than_four_working_hours_is_marked(login, net, cast, clock):
    clock(
        date(2026, 11, 25)
    )  # A Wednesday, nine in the morning: four working hours ago it was Tuesday 15:00.

    def at(hour):
        return datetime(2026, 11, 24, hour, tzinfo=timezone.get_current_timezone())

    waits, fresh = (reported(cast.gridworker, net.grid, at=at(hour)) for hour in (14, 16))
    rows = found(login, cast.town_officer, "case_queue")
    assert [(row.pk, row.waits_long) for row in rows] == [(waits.pk, True), (fresh.pk, False)]
    assert found(login, cast.leader, "case_late", show="unaccepted") == [waits]


# 待核实, 单位, 待批, 不满意


def finished(net, cast, by=None, subject="停水"):
    case = reported(cast.gridworker, net.grid, subject=subject)
    by = by or cast.grid_head
    case = advance(case=case, press="take", by=by)
    return advance(case=case, press="finish", by=by, facts={"measures": "换了管"})


def test_results_are_looked_at_by_others(login, net, cast):
    case = finished(net, cast)

    assert found(login, cast.gridworker, "case_verify") == [case]
    assert found(login, cast.village_officer, "case_verify") == [case]
    assert found(login, cast.grid_head, "case_verify") == []
    assert found(login, cast.neighbour, "case_verify") == []
    assert found(login, cast.town_officer, "case_verify") == []
    assert case.case_no in login(cast.gridworker).get(reverse("case_verify")).content.decode()


def test_the_town_looks_where_nobody_else_can(login, net, cast):
    case = finished(net, cast, by=cast.village_officer)
    for one in (cast.gridworker, cast.grid_head):
        one.assignments.update(ends_on=timezone.localdate())

    assert found(login, cast.town_officer, "case_verify") == [case]
    cast.village_officer.assignments.update(ends_on=timezone.localdate())
    assert found(login, cast.town_officer, "case_verify") == [case]


def test_the_town_closes_what_came_from_above(login, net, cast):
    case = reported(cast.town_officer, net.grid, source=Case.Source.HOTLINE)
    case = advance(case=case, press="take", by=cast.grid_head)
    case = advance(case=case, press="finish", by=cast.grid_head, facts={"measures": "换了管"})
    case = advance(case=case, press="verify", by=cast.village_officer)

    assert found(login, cast.town_officer, "case_verify", "to_close") == [case]
    assert found(login, cast.village_officer, "case_verify", "to_close") == []


def test_a_unit_sees_what_it_leads_and_supports(login, net, cast, water_station):
    other = Unit.objects.create(town=net.town, name="公路养护站")
    led, supported, foreign = (
        CaseFactory(grid=net.grid, filed=True, status=Status.HANDLING, level=4, unit=unit)
        for unit in (water_station, other, other)
    )
    CaseSupport.objects.create(case=supported, unit=water_station)

    rows = found(login, cast.unit_officer, "case_unit")
    assert [(row.pk, row.supports_only) for row in rows] == [(led.pk, False), (supported.pk, True)]
    everything = found(login, cast.town_officer, "case_unit")
    assert {row.pk for row in everything} == {led.pk, supported.pk, foreign.pk}
    only = found(login, cast.town_officer, "case_unit", unit=str(water_station.uuid))
    assert only == [led]
    assert len(found(login, cast.town_officer, "case_unit", unit="x")) == 3


def test_requests_wait_for_the_one_person_above(login, net, cast):
    case = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.village_officer)
    request = ask(case=case, by=cast.village_officer, kind="extend", days=2, reason="等料")

    assert login(cast.town_officer).get(reverse("case_requests")).context["rows"] == [request]
    assert login(cast.village_officer).get(reverse("case_requests")).context["rows"] == []


def test_the_earliest_task_is_on_top_and_late_ones_say_so(login, net, cast, clock):
    clock(date(2026, 11, 16))
    late = finished(net, cast, subject="早的")
    rate_by_call(case=_closed(late, cast), by=cast.gridworker, score=1, words="又坏了")
    clock(date(2026, 11, 25))
    fresh = finished(net, cast, subject="新的")
    rate_by_call(case=_closed(fresh, cast), by=cast.gridworker, score=1, words="慢")

    answer = login(cast.town_officer).get(reverse("case_tasks"))
    assert [(task.case.subject, task.is_late) for task in answer.context["rows"]] == [
        ("早的", True),
        ("新的", False),
    ]
    assert "已超期" in answer.content.decode() and "又坏了" in answer.content.decode()


def _closed(case, cast):
    return advance(case=case, press="verify_and_close", by=cast.gridworker)


# 超期与将超期


@pytest.fixture
def stuck(net, cast, water_station, clock):
    """One case for each reason, on a Wednesday at nine."""
    clock(date(2026, 11, 25))
    now = timezone.now()
    made = {"grid": net.grid, "filed": True, "status": Status.HANDLING}
    ahead = {"warn_at": now, "registered_at": now - timedelta(days=2)}
    unanswered = CaseFactory(**made, due_at=now + timedelta(days=9), subject="督办的", holder=cast.grid_head)
    supervise(case=unanswered, by=cast.leader, words="尽快", reply_by=timezone.localdate())
    cases = {
        "late": CaseFactory(**made | {"grid": net.other_grid}, due_at=now - timedelta(hours=1), level=2),
        "soon": CaseFactory(**made, **ahead, due_at=now + timedelta(hours=30), level=4, unit=water_station),
        "unaccepted": CaseFactory(grid=net.grid, reported_at=now - timedelta(days=1)),
        "suspended": CaseFactory(
            **made | {"status": Status.SUSPENDED},
            suspended_since=now - timedelta(days=31),
            due_at=now - timedelta(days=20),
        ),
        "unanswered": unanswered,
    }
    # None of these is pressing: in time, handled, closed late, settled on the spot.
    CaseFactory(**made, due_at=now + timedelta(days=8))
    CaseFactory(**made | {"status": Status.TO_VERIFY}, due_at=now, handled_at=now - timedelta(hours=2))
    CaseFactory(grid=net.grid, shut=True)
    return cases


@pytest.mark.parametrize("kind", ["late", "soon", "unaccepted", "suspended", "unanswered"])
def test_every_number_opens_its_rows(login, cast, stuck, kind):
    answer = login(cast.leader).get(reverse("case_late"), {"show": kind})

    assert list(answer.context["rows"]) == [stuck[kind]]
    stat = next(one for one in answer.context["stats"] if f"show={kind}#" in one["url"])
    assert stat["value"] == answer.context["n"] == 1


def test_counts_are_by_village_and_unit_and_lead_to_the_rows(login, net, cast, stuck):
    client = login(cast.leader)
    context = client.get(reverse("case_late")).context
    assert [line["name"] for line in context["areas"]] == ["沟底村", "神堂坪村"]
    assert [sum(line["counts"].values()) for line in context["areas"]] == [4, 1]
    assert {line["name"]: sum(line["counts"].values()) for line in context["units"]} == {
        "供水站": 1,
        "村、镇自办": 4,
    }
    for line in [*context["areas"], *context["units"]]:
        for _, n, url in line["cells"]:
            if n:
                opened = client.get(reverse("case_late") + url.partition("#")[0]).context
                assert len(opened["rows"]) == opened["n"] == n
    for wrong in ("show=x", "area=999", "unit=x", "area=140181100208001&show=late"):
        assert client.get(f"{reverse('case_late')}?{wrong}").status_code == 200


def test_no_person_is_counted(login, cast, stuck):
    page = login(cast.leader).get(reverse("case_late")).content.decode()
    tables = page.partition("卡在哪里")[2]
    assert "闫志平" not in tables and "张春燕" not in tables


def test_a_reply_past_its_day_is_on_top(login, net, cast, stuck, clock):
    clock(date(2026, 11, 26))
    newer = CaseFactory(grid=net.grid, filed=True, status=Status.HANDLING, holder=cast.grid_head)
    supervise(case=newer, by=cast.leader, words="问一下", reply_by=timezone.localdate())
    rows = found(login, cast.leader, "case_late", show="unanswered")
    assert rows == [stuck["unanswered"], newer]
    assert [row.owes_reply for row in rows] == [True, False]


def test_a_village_sees_its_own_late_cases(login, cast, stuck):
    assert found(login, cast.other_village_officer, "case_late", show="late") == [stuck["late"]]
    assert found(login, cast.village_officer, "case_late", show="late") == []
    assert found(login, cast.unit_officer, "case_late", show="soon") == [stuck["soon"]]


# Cost


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_for_two_rows_and_for_twenty(login, net, cast, water_station, name):
    client, counts = login(cast.town_officer), []
    category = CategoryFactory(unit=water_station)
    for more in (2, 18):
        for _ in range(more):
            one_of_each(cast, net.grid, category)
        client.get(reverse(name))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15


def test_a_stand_in_elsewhere_changes_no_list_here(login, net, cast):
    """Two villages of one officer are one list; a third stays out."""
    third = GridFactory(code="140181100210", name="第三村")
    AssignmentFactory(
        user=cast.village_officer,
        role=Role.VILLAGE_OFFICER,
        grid=net.other_village,
        starts_on=date(2020, 1, 1),
    )
    here = reported(cast.gridworker, net.grid)
    there = CaseFactory(grid=net.other_grid, case_no="20261124-0001")
    CaseFactory(grid=third, case_no="20261124-0002")
    assert set(found(login, cast.village_officer, "case_todo", "takeable")) == {here, there}


@pytest.mark.parametrize(
    ("who", "bar", "first"),
    [
        ("gridworker", ["今日", "走访", "上报", "我的网格"], "case_todo"),
        ("grid_head", ["今日", "待办", "上报", "我的网格"], "case_todo"),
        ("village_officer", ["今日", "待办", "上报", "我的网格"], "case_queue"),
        ("town_officer", ["今日", "待办", "上报", "我的网格"], "case_queue"),
        ("leader", ["超期", "走访", "网格"], "case_late"),
        ("unit_officer", ["单位事件", "网格"], "case_unit"),
    ],
)
def test_the_bar_and_the_rail_lead_to_what_one_lives_in(login, cast, water_station, who, bar, first):
    items = login(getattr(cast, who)).get(reverse("case_list")).context["nav_items"]

    assert [item.label for item in items["bar"]][: len(bar)] == bar
    rail = [item for item in items["rail"] if item.label == "事件"]
    assert [item.url for item in rail] == [reverse(first)]
    # Whatever list is open, the rail says that it is one of 事件.
    assert rail[0].current
