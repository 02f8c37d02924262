"""Journeys: a lane walked on the phone, a failure that becomes a case, the recheck, and the office's rates."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from surveys.models import Checklist, Inspection
from tests.browser.test_gridworker_day import jpeg
from tests.factories.inspections import InspectionFactory, SiteFactory

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)

TO_CASE = re.compile("转成事件.*垃圾")
WALKED = ("乱堆乱放", "乱停乱行", "小广告", "飞线", "污水", "路面", "消防通道", "照明", "门前三包")


@pytest.fixture
def lane(net, cast):
    """A lane of ten items that was never seen, and a square that was seen last month."""
    call_command("setup_town", verbosity=0)
    kinds = {kind.name: kind for kind in Checklist.objects.all()}
    square = SiteFactory(grid=net.grid, name="戏台广场", checklist=kinds["广场"], place="村委会对面")
    last_month = timezone.localdate() - timedelta(days=30)
    InspectionFactory(
        grid=net.grid,
        site=square,
        inspected_on=last_month,
        inspector=cast.gridworker,
        verdicts={"垃圾": "pass", "绿化": "fail"},
    )
    return SiteFactory(grid=net.grid, name="三组后巷", checklist=kinds["背街小巷"], place="供销社往东 50 米")


def judge(page, item, verdict):
    """Press a chip, the way a thumb does: on the word."""
    group = page.get_by_role("group", name=item)
    group.get_by_text(verdict, exact=True).click()


def test_a_lane_a_failure_a_case_a_recheck(device, axe, net, cast, lane):
    page = device(cast.gridworker)
    page.goto("/inspections/sites/")
    axe(page)
    page.get_by_role("link", name=re.compile("考察.*三组后巷")).click()
    axe(page)
    assert page.get_by_role("radio", checked=True).count() == 0
    judge(page, "垃圾", "不合格")
    page.get_by_label("垃圾：哪里不合格").fill("桶满了，流到路上")
    page.get_by_role("button", name="没选的全部合格").click()
    assert page.get_by_role("radio", checked=True).count() == 10
    judge(page, "消防通道", "不涉及")
    page.get_by_label("照片").set_input_files(jpeg())
    axe(page)
    page.get_by_role("button", name="保存考察").click()
    page.get_by_text("考察已登记。").wait_for()
    axe(page)
    assert page.get_by_text("桶满了，流到路上").is_visible()
    page.get_by_role("button", name=TO_CASE).click()
    page.get_by_text("“垃圾”已转成事件").wait_for()
    axe(page)
    assert page.get_by_text("待受理").is_visible()
    assert not page.get_by_role("button", name=TO_CASE).count()

    page.get_by_role("link", name="复查").first.click()
    assert page.get_by_text("上次不合格：桶满了，流到路上").is_visible()
    assert page.get_by_role("radio").count() == 3
    page.get_by_label("照片").set_input_files(jpeg("收拾好了.jpg"))
    page.get_by_role("button", name="都整改好了，全部合格").click()
    axe(page)
    page.get_by_role("button", name="保存复查").click()
    page.get_by_text("复查已登记。").wait_for()
    axe(page)
    page.get_by_role("definition").get_by_role("link", name="三组后巷").click()
    page.get_by_role("heading", name="整改前后").wait_for()
    assert page.get_by_role("img", name="整改前照片 1").is_visible()
    assert page.get_by_role("img", name="整改后照片 1").is_visible()
    axe(page)


def test_what_is_missing_is_asked_and_nothing_is_lost(device, axe, expecting, net, cast, lane):
    page = device(cast.gridworker)
    page.goto(f"/inspections/sites/{lane.uuid}/inspect/")
    judge(page, "飞线", "不合格")
    page.get_by_label("飞线：哪里不合格").fill("电线垂到头顶")
    page.get_by_role("button", name="保存考察").click()
    assert page.get_by_role(
        "heading", name="考察 三组后巷"
    ).is_visible()  # The browser itself asks for the rest.
    page.evaluate("document.querySelector('main form').noValidate = true")
    with expecting(422):
        page.get_by_role("button", name="保存考察").click()
        page.get_by_role("alert").wait_for()
    axe(page)
    assert page.get_by_label("飞线：哪里不合格").input_value() == "电线垂到头顶"
    page.get_by_role("alert").get_by_role("link", name="垃圾：").click()
    page.get_by_role("button", name="没选的全部合格").click()
    page.get_by_role("button", name="保存考察").click()
    page.get_by_text("电线垂到头顶").wait_for()
    assert Inspection.objects.get(site=lane).failed == 1


def test_from_place_to_place(device, axe, net, cast, lane):
    page = device(cast.gridworker)
    page.goto(f"/inspections/sites/{lane.uuid}/inspect/")
    page.get_by_role("button", name="没选的全部合格").click()
    page.get_by_role("button", name="保存，去下一处").click()
    page.get_by_role("heading", name="考察 戏台广场").wait_for()
    assert page.get_by_text("还没整改：绿化").is_visible()
    axe(page)


def test_without_javascript_and_with_a_double_tap(device, net, cast, lane):
    page = device(cast.gridworker, java_script_enabled=False)
    page.goto(f"/inspections/sites/{lane.uuid}/inspect/")
    assert not page.get_by_role("button", name="没选的全部合格").is_visible()
    for item in WALKED:
        judge(page, item, "合格")
    judge(page, "垃圾", "不合格")
    page.get_by_role("button", name="保存考察").dblclick()
    page.get_by_role("button", name=TO_CASE).click()
    page.get_by_text("已转成事件").first.wait_for()
    assert Inspection.objects.filter(site=lane).count() == 1


def test_the_office_reads_rates_and_keeps_the_lists(device, axe, net, cast, lane):
    for back in (3, 40, 75):
        InspectionFactory(
            grid=net.grid,
            site=lane,
            inspected_on=timezone.localdate() - timedelta(days=back),
            inspector=cast.gridworker,
            verdicts={"垃圾": "fail", "飞线": "pass", "照明": "pass"},
        )
    page = device(cast.town_officer)
    page.goto("/inspections/sites/")
    page.get_by_text("老大难，半年 3 次").wait_for()
    axe(page)
    page.get_by_role("link", name="合格率", exact=True).click()
    axe(page)
    page.get_by_role("link", name="村/社区").click()
    page.get_by_role("rowheader", name="沟底村").wait_for()
    axe(page)
    page.get_by_role("link", name="沟底村合格 7 项，看明细").first.click()
    page.get_by_text("共 7 项结果").wait_for()
    axe(page)
    page.goto("/inspections/")
    axe(page)
    page.goto(f"/inspections/sites/{lane.uuid}/")
    page.get_by_text("半年内 3 次不合格").wait_for()
    axe(page)
    page.goto("/inspections/sites/new/")
    axe(page)
    page.get_by_label("网格").select_option(label="沟底村第二网格")
    page.get_by_role("group", name="地点类型").get_by_text("公厕", exact=True).click()
    page.get_by_label("名称").fill("二组公厕")
    page.get_by_role("button", name="新增地点").click()
    page.get_by_text("已新增“二组公厕”。").wait_for()
    axe(page)
    page.goto("/settings/checklists/")
    axe(page)
    page.get_by_role("link", name="公厕", exact=True).click()
    axe(page)
    page.get_by_role("textbox", name="检查项").fill("洗手池")
    page.get_by_label("转事件时的小类").select_option(label="0103 公厕脏污损坏")
    page.get_by_role("button", name="新增").click()
    page.get_by_text("已新增检查项“洗手池”。").wait_for()
    page.get_by_role("link", name="洗手池").click()
    axe(page)
