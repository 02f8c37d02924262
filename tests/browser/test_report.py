"""Journeys: a problem reported on a path, settled on the spot, grown from what was heard, taken down at the desk."""

import pytest

from cases.models import Case
from cases.setup import set_up
from tests.factories import ConcernFactory, FindingFactory, HouseholdFactory, ResidentFactory
from tests.factories.cases import reported

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def town(net):
    set_up(net.town)
    return net.town


class Thumb:
    """Presses on a page, counted."""

    def __init__(self, page):
        self.page, self.presses = page, 0

    def press(self, name):
        self.presses += 1
        self.page.get_by_role("button", name=name, exact=True).click()


def fill(page, tile="停水", place="水塔下面"):
    page.get_by_role("group", name="什么事").get_by_text(tile, exact=True).click()
    page.get_by_label("在哪里").fill(place)


def open_report(page):
    page.goto("/today/")
    page.get_by_role("link", name="上报", exact=True).locator("visible=true").click()
    page.get_by_role("heading", name="上报问题").wait_for()


def test_tile_place_and_one_press(device, axe, net, cast):
    page = device(cast.gridworker)
    open_report(page)
    axe(page)
    thumb = Thumb(page)
    fill(page)
    thumb.press("上报")
    page.get_by_role("heading", name="已上报").wait_for()
    axe(page)
    case = Case.objects.get()
    assert thumb.presses == 1 and case.status == "submitted" and case.reporter == cast.gridworker
    assert page.get_by_text(case.case_no, exact=True).is_visible()
    call = page.get_by_role("link", name="打电话给网格长闫志平")
    assert call.get_attribute("href") == f"tel:{cast.grid_head.phone}"
    page.get_by_role("button", name="复制到微信").click()
    page.get_by_text("已复制，去微信粘贴。").wait_for()
    page.get_by_role("link", name="再报一件").click()
    page.get_by_role("heading", name="上报问题").wait_for()


def test_settled_on_the_spot_is_one_press(device, axe, net, cast):
    page = device(cast.gridworker)
    open_report(page)
    thumb = Thumb(page)
    fill(page, tile="垃圾", place="村口")
    thumb.press("当场办结")
    page.get_by_role("heading", name="已当场办结").wait_for()
    axe(page)
    case = Case.objects.get()
    assert thumb.presses == 1 and case.status == "self_closed" and case.handler == cast.gridworker


def test_targets_and_buttons_are_at_the_thumb(phone, net, cast):
    page = phone(cast.gridworker)
    page.goto("/cases/new/")
    for tile in page.locator(".tile").all():
        box = tile.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
    for name in ("上报", "当场办结"):
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box["height"] >= 44 and 600 < box["y"] < 844
    # What has to be filled in is in sight without scrolling.
    assert page.get_by_label("在哪里").bounding_box()["y"] < 640


def test_what_was_reported_already_is_shown_while_writing(device, axe, net, cast, town):
    water = town.report_tiles.get(name="停水").category
    told = {"category": water, "place": "水塔下面", "affected_households": 12, "words": "从昨晚起"}
    first = reported(cast.grid_head, net.grid, **told)
    page = device(cast.gridworker)
    page.goto("/cases/new/")
    fill(page)
    page.get_by_text("可能已经有人报过").wait_for()
    axe(page)
    for said in (first.case_no, "12 户受影响", "从昨晚起", "待受理"):
        assert page.get_by_text(said).first.is_visible()
    # Having seen it, one press sends.
    page.get_by_role("button", name="上报", exact=True).click()
    page.get_by_role("heading", name="已上报").wait_for()
    assert Case.objects.count() == 2


def test_without_a_script_it_is_shown_before_it_is_sent(device, net, cast, town):
    reported(cast.grid_head, net.grid, category=town.report_tiles.get(name="停水").category, place="水塔下面")
    page = device(cast.gridworker, java_script_enabled=False)
    page.goto("/cases/new/")
    fill(page)
    page.get_by_role("button", name="上报", exact=True).click()
    page.get_by_text("可能已经有人报过").wait_for()
    assert page.get_by_label("在哪里").input_value() == "水塔下面"
    assert page.get_by_role("link", name="这是同一件事").is_visible()
    page.get_by_role("button", name="仍要上报").click()
    page.get_by_role("heading", name="已上报").wait_for()
    assert page.get_by_label("发到微信的文字").is_visible()
    assert Case.objects.count() == 2


def test_what_is_missing_is_asked_for(device, axe, expecting, net, cast):
    page = device(cast.gridworker, java_script_enabled=True)
    page.goto("/cases/new/")
    page.get_by_label("怎么回事").fill("没水两天了")
    # A script switched off, or a browser that does not check by itself.
    page.evaluate("document.querySelector('form.report').noValidate = true")
    with expecting(422):
        page.get_by_role("button", name="上报", exact=True).click()
        page.get_by_text("还不能保存").wait_for()
    axe(page)
    assert page.get_by_label("怎么回事").input_value() == "没水两天了"


def test_a_concern_and_a_finding_become_cases_in_one_tap(device, axe, net, cast):
    household = HouseholdFactory(grid=net.grid, address="沟底村 7 号")
    concern = ConcernFactory(grid=net.grid, household=household, heard_by=cast.gridworker)
    finding = FindingFactory(patrol__grid=net.grid, patrol__walker=cast.gridworker)
    page = device(cast.gridworker)
    page.goto(concern.get_absolute_url())
    axe(page)
    page.get_by_role("link", name="转事件").click()
    page.get_by_role("heading", name="上报问题").wait_for()
    axe(page)
    assert page.get_by_label("在哪里").input_value() == "沟底村 7 号"
    page.get_by_role("button", name="上报", exact=True).click()
    page.get_by_role("heading", name="已上报").wait_for()
    page.goto(concern.get_absolute_url())
    page.get_by_text("由此上报的事件").wait_for()
    axe(page)

    page.goto(f"/patrols/{finding.patrol.record.uuid}/")
    page.get_by_role("link", name="转事件").click()
    page.get_by_role("button", name="上报", exact=True).click()
    page.get_by_role("heading", name="已上报").wait_for()
    page.goto(f"/patrols/{finding.patrol.record.uuid}/")
    page.get_by_role("link", name="看事件").wait_for()
    axe(page)
    assert {case.subject for case in Case.objects.all()} == {"停水", "路坏"}


def test_what_is_settled_at_the_door_costs_no_more_than_telling_it(device, net, cast):
    household = HouseholdFactory(grid=net.grid, address="沟底村 7 号")
    ResidentFactory(household=household, name="赵老汉", is_head=True)
    page = device(cast.gridworker)
    page.goto(f"/visits/new/?household={household.uuid}")
    page.get_by_text("听到的诉求（选填）").click()
    row = page.get_by_role("group", name="诉求 1")
    row.get_by_label("主题").select_option(label="吃水用水")
    row.get_by_label("说了什么").fill("龙头漏水，换了垫圈")
    row.get_by_label("怎么样了").select_option(label="当场解决")
    thumb = Thumb(page)
    thumb.press("保存走访")
    page.get_by_text("由此上报的事件").wait_for()
    case = Case.objects.get()
    assert thumb.presses == 1 and case.status == "self_closed" and case.concern.state == "settled"


def test_the_desk_takes_a_number_from_above(device, axe, expecting, net, cast):
    page = device(cast.town_officer)
    page.goto("/cases/new/desk/")
    axe(page)
    page.get_by_role("group", name="来源").get_by_text("12345", exact=True).click()
    page.get_by_label("类别").select_option(label="0601 停水")
    page.get_by_label("在哪里").fill("沟底村水塔")
    page.get_by_label("网格").select_option(label=net.grid.name)
    page.get_by_label("反映人电话").fill("13812345678")
    with expecting(422):
        page.get_by_role("button", name="登记").click()
        page.get_by_text("12345的请填上级编号").first.wait_for()
    axe(page)
    page.get_by_label("上级编号").fill("20261125-88")
    page.get_by_role("button", name="登记").click()
    page.get_by_role("heading", name="已上报").wait_for()
    case = Case.objects.get()
    assert (case.source, case.upstream_no, case.caller_phone) == ("hotline", "20261125-88", "13812345678")
