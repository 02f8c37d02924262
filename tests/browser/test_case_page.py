"""Journeys around one case: a burst pipe from the report to the resident's word, a road that climbs to the town."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.actions.advance import advance
from cases.actions.ratings import issue_link
from cases.models import Case
from cases.setup import enter_days, set_up
from cases.vocabulary import Level, Status, Step
from cases.workflow import TRANSITIONS
from grids.access import Role
from tests.factories import AssignmentFactory, UnitFactory
from tests.factories.cases import CategoryFactory, reported

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def at(monkeypatch):
    """`at(24, 8, 50)`: it is ten to nine of 2026-11-24, for the server too."""

    def set_time(day, hour, minute):
        moment = datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment

    return set_time


def presses(case):
    """How often somebody pressed a button of the table, and how many people did."""
    events = case.events.filter(position=0, press__in=TRANSITIONS)
    return events.count(), events.values("by").distinct().count()


def open_case(page, case):
    page.goto(case.get_absolute_url())
    page.get_by_role("heading", name=case.subject, exact=True).wait_for()


def reported_by_tile(page, tile, place, households=""):
    """Report with a tile and a place, from the page that is open or a fresh one; gives back the case."""
    if "/cases/new/" not in page.url:
        page.goto(reverse("case_new"))
    page.get_by_role("group", name="什么事").get_by_text(tile, exact=True).click()
    page.get_by_label("在哪里").fill(place)
    page.get_by_label("影响多少户").fill(households)
    page.get_by_role("button", name="上报", exact=True).click()
    page.get_by_role("heading", name="已上报").wait_for()
    return Case.objects.get(place=place)


def sent_twice(route):
    """The answer to the first post is lost on the mountain, and the phone sends again."""
    if route.request.method == "POST":
        route.fetch(max_redirects=0)
    route.continue_()


def test_a_burst_pipe(phone, desktop, axe, at, net, cast):
    set_up(net.town)
    worker = phone(cast.gridworker)
    worker.clock.set_fixed_time(at(24, 7, 40))
    case = reported_by_tile(worker, "停水", "水塔下面几户", households="12")
    assert worker.get_by_role("link", name="打电话给网格长闫志平").is_visible()

    at(24, 7, 42)
    head = phone(cast.grid_head)
    head.clock.set_fixed_time(at(24, 7, 42))
    open_case(head, case)
    axe(head)
    assert head.get_by_role("link", name="给上报人张春燕打电话").get_attribute("href").startswith("tel:")
    head.get_by_role("button", name="我来办").click()
    head.get_by_text("处置中", exact=True).wait_for()
    axe(head)

    # Written at 08:50 without signal; it goes out at 08:53, twice.
    head.get_by_role("link", name="处置记录").click()
    head.get_by_label("看到什么、做了什么").fill("铁管锈蚀开裂")
    head.get_by_text("需专业人员").click()
    head.get_by_label("地点").fill("后沟两公里处")
    axe(head)
    head.clock.set_fixed_time(at(24, 8, 50))
    at(24, 8, 53)
    head.route("**/note/", sent_twice)
    head.get_by_role("button", name="保存").click()
    head.get_by_text("没有重复登记").wait_for()
    head.unroute("**/note/")
    assert head.get_by_text("处置地点：后沟两公里处").count() == 1
    assert head.get_by_text("11月24日 08:50").first.is_visible()

    head.get_by_text("更改类别").first.click()
    head.get_by_role("link", name="更改类别").click()
    head.get_by_label("类别").select_option(label="给水管道破裂（8 个工作时）")
    axe(head)
    head.get_by_role("button", name="保存").click()
    head.get_by_text("突发事件 › 给水管道破裂").wait_for()

    at(24, 9, 36)
    head.get_by_text("更改类别").first.click()
    head.get_by_role("link", name="外请专业人员").click()
    head.get_by_label("姓名或单位").fill("李师傅")
    head.get_by_label("做什么").fill("换管")
    head.get_by_label("到场").fill("2026-11-24T09:35")
    axe(head)
    head.get_by_role("button", name="保存").click()
    at(24, 10, 27)
    head.get_by_role("link", name="李师傅").click()
    head.get_by_label("完工").fill("2026-11-24T10:27")
    head.get_by_role("button", name="保存").click()
    head.get_by_text("52 分钟").wait_for()

    at(24, 10, 29)
    head.get_by_role("link", name="办好了").click()
    head.get_by_label("怎么办好的").fill("换了一段铁管")
    head.get_by_text("答复、原因、地点、协同人员、照片").click()
    head.get_by_label("给反映人的答复").fill("后沟的铁管锈裂了，已换好，来水了。")
    head.get_by_label("协同人员").fill("两名村干部")
    axe(head)
    head.get_by_role("button", name="办好了").click()
    head.get_by_role("main").get_by_text("待核实", exact=True).wait_for()
    assert not head.get_by_role("button", name="核实结案").count()

    head.get_by_role("link", name="另报一个问题").click()
    beside = reported_by_tile(head, "路坏", "后沟小路")
    assert beside.origin_case == case

    at(24, 10, 38)
    open_case(worker, case)
    worker.get_by_role("button", name="核实结案").click()
    worker.get_by_text("已结案", exact=True).wait_for()
    assert worker.get_by_text("用时 176 分钟").is_visible()
    assert worker.get_by_text("待评价").is_visible()
    axe(worker)
    case.refresh_from_db()
    assert (case.status, case.level_closed, case.natural_seconds) == (Status.CLOSED, Level.HEAD, 176 * 60)
    assert set(case.steps_done) == set(Step) - {Step.EVALUATE}
    assert presses(case) == (4, 2)

    office = desktop(cast.town_officer)
    open_case(office, case)
    assert office.get_by_role("link", name="路坏").first.is_visible()
    axe(office)
    office.get_by_role("link", name="案卷").click()
    office.get_by_role("heading", name="河口镇网格事件案卷").wait_for()
    axe(office)

    resident_rates(phone, axe, worker, case)


def resident_rates(phone, axe, worker, case):
    """The worker hands over a code; the resident, without an account, opens it twice and rates once."""
    worker.get_by_role("link", name="给反映人查询码").click()
    worker.get_by_role("button", name="给一个查询码").click()
    code = worker.locator(".big-number").inner_text()
    axe(worker)
    resident = phone(java_script_enabled=False)
    resident.goto(reverse("my_case"))
    resident.get_by_label("查询码").fill(code.lower())
    resident.get_by_role("button", name="查看").click()
    resident.get_by_text("已办结").wait_for()
    assert resident.get_by_text("来水了").is_visible()
    resident.reload()
    resident.get_by_text("满意", exact=True).click()
    resident.get_by_role("button", name="提交评价").click()
    resident.get_by_text("评价是“满意”").wait_for()
    case.refresh_from_db()
    assert case.rating == Case.Score.SATISFIED and Step.EVALUATE in case.steps_done


def test_a_small_matter_takes_two_presses(phone, axe, net, cast):
    set_up(net.town)
    worker = phone(cast.gridworker)
    worker.goto(reverse("case_new"))
    worker.get_by_role("group", name="什么事").get_by_text("垃圾", exact=True).click()
    worker.get_by_label("在哪里").fill("村口")
    worker.get_by_role("button", name="当场办结").click()
    worker.get_by_role("heading", name="已当场办结").wait_for()
    case = Case.objects.get()
    head = phone(cast.grid_head)
    open_case(head, case)
    axe(head)
    head.get_by_role("button", name="确认").click()
    head.get_by_text("已结案", exact=True).wait_for()
    case.refresh_from_db()
    assert case.level_closed == Level.WORKER and presses(case) == (2, 2)


def test_a_collapsed_road_climbs_to_the_town(phone, desktop, axe, at, signed_in, net, cast):
    enter_days(net.town)
    second = AssignmentFactory(role=Role.TOWN_OFFICER, grid=net.town).user
    at(23, 9, 0)
    road = CategoryFactory(town=net.town, code="0402", name="路面塌陷")
    case = reported(
        cast.gridworker, net.grid, subject="路塌了", place="后沟口", category=road, at=timezone.now()
    )
    head = phone(cast.grid_head)
    open_case(head, case)
    head.get_by_role("button", name="我来办").click()
    head.get_by_text("处置中", exact=True).wait_for()

    for who, moment in ((head, (23, 10, 15)), (phone(cast.village_officer), (23, 11, 30))):
        at(*moment)
        open_case(who, case)
        who.get_by_role("link", name="提请上级").click()
        who.get_by_label("为什么要上级来办").fill("塌得太深，要机械")
        axe(who)
        who.get_by_role("button", name="提请上级").click()
        who.get_by_text("提请上级：已登记").wait_for()

    town = desktop(cast.town_officer)
    lights = {(23, 17, 23): "正常", (23, 17, 25): "将超期", (24, 9, 1): "超期"}
    for moment, words in lights.items():
        at(*moment)
        # An office session ends after an hour without a press.
        open_case(signed_in(town, cast.town_officer), case)
        assert town.locator(".case-badges").get_by_text(words).first.inner_text().startswith(f"{words}，")
    assert town.get_by_text("L3 镇").is_visible()
    assert town.get_by_text("11月24日 09:00").first.is_visible()

    at(23, 17, 30)
    open_case(signed_in(town, cast.town_officer), case)
    town.get_by_text("补充情况").first.click()
    town.get_by_role("link", name="申请延期或挂账").click()
    town.get_by_text("延期", exact=True).click()
    town.get_by_label("延长几个工作日").fill("2")
    town.get_by_label("为什么").fill("等机械")
    axe(town)
    town.get_by_role("button", name="提出申请").click()
    town.get_by_text("待批申请").wait_for()
    other = desktop(second)
    open_case(other, case)
    other.get_by_role("link", name="批复").click()
    other.get_by_text("同意", exact=True).click()
    axe(other)
    other.get_by_role("button", name="批复").click()
    other.get_by_text("11月26日 09:00").first.wait_for()
    assert other.get_by_text("已延期").first.is_visible()
    assert other.get_by_text("11月25日 14:12 起将超期").is_visible()

    at(25, 16, 0)
    open_case(signed_in(town, cast.town_officer), case)
    assert town.locator(".case-badges").get_by_text("将超期").is_visible()
    town.get_by_role("link", name="办好了").click()
    town.get_by_label("怎么办好的").fill("填实并铺平")
    town.get_by_role("button", name="办好了").click()
    town.get_by_role("main").get_by_text("待核实", exact=True).wait_for()
    at(25, 17, 0)
    worker = phone(cast.gridworker)
    open_case(worker, case)
    worker.get_by_role("button", name="核实无误").click()
    worker.get_by_text("待结案", exact=True).wait_for()
    at(26, 8, 30)
    open_case(signed_in(other, second), case)
    other.get_by_role("button", name="结案").click()
    other.get_by_text("按期结案").wait_for()
    assert other.get_by_text("已延期").first.is_visible()
    case.refresh_from_db()
    assert case.level_closed == Level.TOWN and case.is_extended and not case.is_late
    assert presses(case)[0] <= 8


def test_the_office_hands_out_merges_and_supervises(device, axe, net, cast):
    UnitFactory(town=net.town, name="供水站")
    case = reported(cast.gridworker, net.grid, words="好几户没水")
    twin = reported(cast.grid_head, net.grid, words="又一户没水")
    page = device(cast.town_officer)
    open_case(page, twin)
    page.get_by_role("link", name="合并").click()
    axe(page)
    page.get_by_text("好几户没水").click()
    page.get_by_role("button", name="合并").click()
    page.get_by_text(f"已并入 {case.case_no}").wait_for()
    axe(page)

    open_case(page, case)
    page.get_by_role("link", name="受理并交办").click()
    axe(page)
    page.get_by_label("交给谁").select_option(label="供水站")
    page.get_by_role("button", name="受理并交办").click()
    page.get_by_text("承办单位").wait_for()
    page.get_by_text("补充情况").first.click()
    page.get_by_role("link", name="督办").click()
    page.get_by_label("督办意见").fill("今天通水")
    axe(page)
    page.get_by_role("button", name="督办").click()
    page.get_by_text("督办，等答复").wait_for()
    axe(page)
    page.get_by_role("link", name="督办单").click()
    page.get_by_role("heading", name="督办单").wait_for()
    axe(page)


def test_two_press_at_once_and_the_second_is_told(device, axe, expecting, net, cast):
    case = reported(cast.gridworker, net.grid)
    case = advance(case=case, press="take", by=cast.grid_head)
    page = device(cast.grid_head)
    open_case(page, case)
    page.get_by_role("link", name="办好了").click()
    page.get_by_label("怎么办好的").fill("写了好长一段")
    advance(case=case, press="hand_across", by=cast.village_officer, holder=cast.gridworker, words="换人")
    with expecting(409):
        page.get_by_role("button", name="办好了").click()
        page.get_by_text("状态已变化").wait_for()
    assert page.get_by_label("怎么办好的").input_value() == "写了好长一段"
    axe(page)


def test_a_resident_meets_every_kind_of_code(device, axe, expecting, net, cast):
    case = reported(cast.gridworker, net.grid, settled=True)
    case = advance(case=case, press="confirm", by=cast.grid_head)
    _, code = issue_link(case=case, by=cast.gridworker)
    page = device()
    page.goto("/my/")
    axe(page)
    with expecting(404):
        assert page.goto("/my/ABCDEFGHJKMN/").status == 404
        axe(page)
    page.goto(f"/my/{code}/")
    axe(page)
    page.get_by_text("不满意", exact=True).click()
    page.get_by_role("button", name="提交评价").click()
    page.get_by_text("镇里会有人联系处理").wait_for()
    axe(page)
    assert case.tasks.get().due_at > timezone.now() + timedelta(hours=8)
