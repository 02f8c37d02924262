"""The page of one case: what it shows to whom, and what it costs."""

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from cases.actions.advance import advance
from cases.actions.deeds import add_note, call_expert, change_facts
from cases.actions.ratings import issue_link, rate_by_call, rate_by_link
from cases.actions.requests import ask, supervise
from cases.models import Case, CaseHousehold, CaseSupport
from cases.setup import enter_days
from cases.vocabulary import Status
from grids import access
from grids.access import Role
from grids.actions import photos
from grids.models import UnitMembership
from tests.factories import AssignmentFactory, ConcernFactory, HouseholdFactory, UnitFactory, UserFactory
from tests.factories.cases import CategoryFactory, envelope, reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(net, cast):
    return reported(
        cast.gridworker,
        net.grid,
        words="好几户没水",
        affected_households=12,
        caller_name="赵大爷",
        caller_phone="13812345678",
    )


def press(case, name, by, **given):
    case.refresh_from_db()
    return advance(case=case, press=name, by=by, seen_version=case.version, **given)


def text(client, case):
    answer = client.get(case.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def picture():
    written = BytesIO()
    Image.new("RGB", (8, 8)).save(written, "JPEG")
    return photos.prepare(SimpleUploadedFile("x.jpg", written.getvalue(), "image/jpeg"))


def member_of(unit, cast):
    UnitMembership.objects.create(user=cast.unit_officer, unit=unit, starts_on=timezone.localdate())
    access.forget(cast.unit_officer)
    return cast.unit_officer


def reporter_from_elsewhere(net, name="王外村"):
    """Somebody who reported in the grid while serving there, and serves in another now."""
    user = UserFactory(name=name)
    term = AssignmentFactory(user=user, role=Role.GRIDWORKER, grid=net.grid)
    AssignmentFactory(user=user, role=Role.GRIDWORKER, grid=net.other_grid)
    case = reported(user, net.grid, words="坡上没水")
    term.ends_on = timezone.localdate()
    term.save()
    access.forget(user)
    return user, case


def test_the_page_of_a_fresh_report(login, cast, case):
    page = text(login(cast.grid_head), case)
    for words in (
        case.case_no,
        "停水",
        "水塔下",
        "好几户没水",
        "12 户",
        "待受理",
        "我来办",
        "张春燕",
        "信息收集",
    ):
        assert words in page
    assert "核实结案" not in page and "合并" not in page and "13812345678" not in page


def labels(client, case):
    may = client.get(case.get_absolute_url()).context["may"]
    first = [button.label for button in (may["primary"], may["second"]) if button]
    return first, {button.label for button in (*may["presses"], *may["deeds"])}


@pytest.mark.parametrize(
    ("who", "first", "also"),
    [
        ("gridworker", [], {"当场办结", "撤回"}),
        ("grid_head", ["我来办", "不予受理"], {"当场办结", "受理", "退回补充", "更改类别"}),
        ("village_officer", ["受理并交办", "我来办"], {"不予受理", "合并", "协办单位"}),
        ("town_officer", ["受理并交办", "我来办"], {"督办", "合并", "标为紧急"}),
        ("leader", [], {"督办"}),
    ],
)
def test_exactly_the_allowed_buttons(login, cast, case, who, first, also):
    found, rest = labels(login(getattr(cast, who)), case)
    assert found == first
    assert also <= rest
    if who == "leader":
        assert rest == {"督办"}


def test_what_stands_at_the_thumb_follows_the_status(login, cast, net, case):
    head = login(cast.grid_head)
    press(case, "take", cast.grid_head)
    assert labels(head, case)[0] == ["办好了", "处置记录"]
    press(case, "finish", cast.grid_head, facts={"measures": "换了阀门"})
    assert labels(head, case)[0] == []
    worker = login(cast.gridworker)
    assert labels(worker, case)[0] == ["核实结案", "返工"]
    press(case, "verify_and_close", cast.gridworker)
    first, rest = labels(worker, case)
    assert first == [] and "回访" in rest and "重办" not in rest
    page = text(worker, case)
    assert "待评价" in page and "按期结案" in page and "用时" in page


def test_what_was_saved_without_signal_says_so(login, cast, case):
    press(case, "take", cast.grid_head)
    earlier = timezone.now() - timedelta(minutes=40)
    add_note(
        case=case,
        by=cast.grid_head,
        envelope=envelope(earlier),
        words="铁管锈蚀开裂",
        place="后沟两公里处",
        needs_expert=True,
        pictures=[picture()],
    )
    page = text(login(cast.gridworker), case)
    assert "迟传" in page and "收到" in page and "需要：专业人员" in page
    assert "处置地点：后沟两公里处" in page
    assert page.count("/photos/") == 4  # Under the evidence and under its line, each a link and a picture.


def test_one_line_a_press_with_its_steps(login, cast, case):
    press(case, "take", cast.grid_head)
    lines = login(cast.grid_head).get(case.get_absolute_url()).context["timeline"]
    assert [line.title for line in lines] == ["我来办", "上报"]
    assert lines[0].steps == ["案卷建立", "任务派遣"]
    assert ("经办", "闫志平") in lines[0].told


def test_flags_and_clock_in_words(login, cast, net):
    category = CategoryFactory(town=net.town)
    until = timezone.now() + timedelta(minutes=90)
    case = reported(
        cast.gridworker, net.grid, category=category, upstream_due_at=until, source=Case.Source.HOTLINE
    )
    press(case, "take", cast.grid_head)
    page = text(login(cast.grid_head), case)
    assert "按上级时限" in page and "还剩 1 小时" in page
    Case.objects.filter(pk=case.pk).update(
        due_at=timezone.now() - timedelta(hours=3), warn_at=timezone.now() - timedelta(hours=4)
    )
    page = text(login(cast.grid_head), case)
    assert "超期" in page and "已超 3 小时" in page
    Case.objects.filter(pk=case.pk).update(is_provisional=True)
    assert "期限待定" in text(login(cast.grid_head), case)


@pytest.mark.parametrize(
    ("now", "limit", "words"),
    [
        ((23, 9, 0), (8, "working_hours"), "还剩 1 个工作日"),
        ((23, 11, 40), (8, "working_hours"), "还剩 5 工作时 20 分"),
        ((23, 20, 0), (8, "working_hours"), "还剩 1 工作时"),
        ((24, 8, 48), (8, "working_hours"), "还剩 12 分"),
        ((24, 15, 0), (8, "working_hours"), "已超 4 工作时"),
        ((24, 9, 0), (3, "working_days"), "还剩 2 个工作日"),
        ((25, 10, 0), (3, "working_days"), "还剩 7 工作时"),
        ((23, 21, 0), (2, "urgent_hours"), "已超 10 小时"),
    ],
)
def test_what_is_left_is_told_as_the_limit_is_counted(login, cast, net, monkeypatch, now, limit, words):
    enter_days(net.town)
    start = datetime(2026, 11, 23, 9, tzinfo=timezone.get_default_timezone())
    amount, unit = limit
    category = CategoryFactory(town=net.town, limit_amount=amount, limit_unit=unit)
    monkeypatch.setattr(timezone, "now", lambda: start)
    case = press(reported(cast.gridworker, net.grid, category=category), "take", cast.grid_head)
    day, hour, minute = now
    monkeypatch.setattr(timezone, "now", lambda: start.replace(day=day, hour=hour, minute=minute))
    assert words in text(login(cast.grid_head), case)


def test_a_reporter_from_elsewhere_sees_steps_and_result_without_names(login, cast, net):
    user, case = reporter_from_elsewhere(net)
    case = press(case, "take", cast.grid_head)
    change_facts(case=case, by=cast.grid_head, seen_version=case.version, reply="今晚来水")
    page = text(login(user), case)
    assert "处置中" in page and "今晚来水" in page and "坡上没水" in page
    for secret in (cast.grid_head.name, cast.grid_head.phone, "经过", "交办单", "赵大爷"):
        assert secret not in page
    for name in ("case_sheet", "case_slip"):
        assert login(user).get(reverse(name, args=[case.uuid])).status_code == 403


def test_a_reporter_from_elsewhere_gets_no_name_from_forms_either(login, cast, net):
    user, case = reporter_from_elsewhere(net)
    press(case, "take", cast.grid_head)
    case = press(case, "finish", cast.grid_head, facts={"measures": "换了阀门"})
    page = reverse("case_press", args=[case.uuid, "rework"])
    shown = login(user).get(page).content.decode()
    press(case, "rework", cast.gridworker, words="还在滴")
    stale = login(user).post(page, {"version": case.version, "words": "没水"})
    assert (
        stale.status_code == 409 and "没水" in stale.content.decode() and "处置中" in stale.content.decode()
    )
    assert cast.grid_head.name not in shown + stale.content.decode()
    other = reverse("case_press", args=[case.uuid, "dispatch"])
    assert login(user).post(other, {"version": case.version}).status_code == 403
    press(case, "finish", cast.grid_head, facts={"measures": "又换"})
    press(case, "verify_and_close", cast.gridworker)
    assert login(user).get(reverse("case_call", args=[case.uuid])).status_code == 403
    assert "回访" not in text(login(user), case)


def test_a_reporter_who_serves_nowhere_any_more_still_follows_it(login, net, cast):
    user, case = reporter_from_elsewhere(net)
    user.assignments.update(ends_on=timezone.localdate())
    access.forget(user)
    assert "待受理" in text(login(user), case)
    other = reported(cast.gridworker, net.grid)
    assert login(user).get(other.get_absolute_url()).status_code == 403


def test_every_reporter_of_a_merged_case_sees_the_main_one(login, cast, net, case):
    user, second = reporter_from_elsewhere(net)
    press(second, "merge", cast.town_officer, main_case=case)
    case = press(case, "take", cast.grid_head)
    change_facts(case=case, by=cast.grid_head, seen_version=case.version, reply="换好了水管")
    page = text(login(user), second)
    assert case.case_no in page and "处置中" in page and "换好了水管" in page
    assert case.get_absolute_url() not in page
    whole = text(login(cast.gridworker), second)
    assert case.get_absolute_url() in whole
    assert "并入本件" in text(login(cast.gridworker), case)


@pytest.mark.parametrize("relation", ["leads", "supports", "none"])
def test_a_unit_sees_what_it_leads_or_supports(login, cast, net, case, relation):
    unit = UnitFactory(town=net.town, name="供水站")
    officer = member_of(unit, cast)
    if relation == "leads":
        press(case, "dispatch", cast.town_officer, unit=unit)
    if relation == "supports":
        press(case, "dispatch", cast.town_officer, holder=cast.grid_head, supporting=[unit])
    client = login(officer)
    answer = client.get(case.get_absolute_url())
    assert answer.status_code == (404 if relation == "none" else 200)
    if relation == "none":
        return
    first = [
        button.label
        for button in (answer.context["may"]["primary"], answer.context["may"]["second"])
        if button
    ]
    assert first == (["办好了", "处置记录"] if relation == "leads" else ["处置记录"])
    assert answer.context["households"] == []
    assert client.get(reverse("case_note", args=[case.uuid])).status_code == 200


def test_photos_follow_the_case(login, cast, net, case):
    press(case, "take", cast.grid_head)
    add_note(case=case, by=cast.grid_head, envelope=envelope(), words="拍了", pictures=[picture()])
    photo = case.pictures().get()
    url = reverse("case_photo", args=[case.uuid, photo.uuid])
    other = reported(cast.neighbour, net.neighbour_grid)
    for who, status in (("leader", 200), ("gridworker", 200), ("neighbour", 404), ("auditor", 403)):
        answer = login(getattr(cast, who)).get(url)
        assert answer.status_code == status
        for close in answer._resource_closers if answer.streaming else ():
            close()
    elsewhere = reverse("case_photo", args=[other.uuid, photo.uuid])
    assert login(cast.town_officer).get(elsewhere).status_code == 404


def test_linked_households_only_for_who_may_open_them(login, cast, net, case):
    CaseHousehold.objects.create(case=case, household=HouseholdFactory(grid=net.grid, address="沟底村 7 号"))
    assert "沟底村 7 号" in text(login(cast.gridworker), case)
    unit = UnitFactory(town=net.town)
    officer = member_of(unit, cast)
    CaseSupport.objects.create(case=case, unit=unit)
    assert "沟底村 7 号" not in text(login(officer), case)


def test_it_leads_back_to_the_concern_it_grew_from(login, cast, net):
    concern = ConcernFactory(grid=net.grid, heard_by=cast.gridworker)
    case = reported(cast.gridworker, net.grid, concern=concern)
    assert concern.get_absolute_url() in text(login(cast.gridworker), case)


def laden(net, cast, case, n):
    """Everything that can hang on a case, n times, and a case that waits to be verified by the town."""
    units = [UnitFactory(town=net.town) for _ in range(n)]
    head = cast.grid_head
    press(case, "dispatch", cast.town_officer, unit=units[0], supporting=units[1:])
    for turn in range(n):
        add_note(
            case=case, by=cast.town_officer, envelope=envelope(), words=f"第{turn}次", pictures=[picture()]
        )
        call_expert(case=case, by=cast.town_officer, name=f"师傅{turn}")
        CaseHousehold.objects.create(case=case, household=HouseholdFactory(grid=net.grid))
        beside = reported(cast.gridworker, net.grid, place=f"别处{turn}", origin_case=case)
        again = reported(head, net.grid, place=f"再别处{turn}")
        press(again, "merge", cast.town_officer, main_case=case)
        assert beside.origin_case == case
    supervise(case=case, by=cast.leader, words="抓紧", reply_by=timezone.localdate())


def cost(client, case):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(case.get_absolute_url()).status_code == 200
    return len(queries)


def test_it_costs_the_same_whatever_hangs_on_it(login, cast, net):
    few, many = reported(cast.gridworker, net.grid), reported(cast.gridworker, net.grid, place="大槐树")
    laden(net, cast, few, 2)
    laden(net, cast, many, 8)
    for case in (few, many):
        case.refresh_from_db()
        ask(case=case, by=cast.town_officer, kind="extend", reason="等管子", days=2)
    client = login(cast.town_officer)
    client.get(few.get_absolute_url())
    assert cost(client, few) == cost(client, many) <= 15
    for case in (few, many):
        press(case, "finish", cast.town_officer, facts={"measures": "换了"})
    assert cost(client, few) == cost(client, many) <= 15
    for case in (few, many):
        case = press(case, "verify", cast.town_officer)
        press(case, "close", cast.town_officer)
        _, code = issue_link(case=case, by=cast.gridworker)
        rate_by_link(code=code, score=1, words="还是没水")
    assert cost(client, few) == cost(client, many) <= 15


def test_a_rating_and_its_task_are_shown(login, cast, net, case):
    press(case, "take", cast.grid_head)
    press(case, "finish", cast.grid_head, facts={"measures": "换了阀门"})
    case = press(case, "verify_and_close", cast.gridworker)
    rate_by_call(case=case, by=cast.village_officer, score=1, words="水还是小")
    case.refresh_from_db()
    assert case.status == Status.CLOSED
    page = text(login(cast.town_officer), case)
    assert "不满意" in page and "水还是小" in page
    assert reverse("case_task", args=[case.tasks.get().uuid]) in page
    assert reverse("case_task", args=[case.tasks.get().uuid]) not in text(login(cast.gridworker), case)
