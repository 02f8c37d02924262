"""An auditor's day: the usual questions, one entry, a drawn sheet to print; and no door to anybody's household."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grids.actions import audit
from grids.models import AuditEntry
from tests.factories import HouseholdFactory

pytestmark = pytest.mark.django_db(transaction=True)

Action = AuditEntry.Action


# What an auditor's pages may do besides leading somewhere: ask, print, and what every reader has, an opinion included.
HARMLESS = {"查询", "筛选", "计算", "打印", "大字", "大字开关", "退出", "查找", "提交意见"}


@pytest.fixture
def log(net, cast):
    for number in range(3):
        audit.log(Action.CALL, by=cast.gridworker, grid=net.grid, obj=cast.neighbour, label=f"李** {number}")
    audit.log(
        Action.REVEAL,
        by=cast.town_officer,
        grid=net.other_grid,
        label="赵**",
        changes={"身份证号": ["", "140***********0006"]},
        reason="核对低保资料",
    )


def test_the_usual_questions(device, axe, log, cast):
    page = device(cast.auditor)
    page.goto("/audit/")
    page.get_by_role("heading", name="审计").wait_for()
    axe(page)
    page.get_by_role("link", name="查看号码").click()
    page.get_by_text("核对低保资料").wait_for()
    assert page.get_by_text("李**").count() == 0
    page.get_by_role("link", name="第 4 条的明细").click()
    page.get_by_text("140***********0006").wait_for()
    axe(page)
    page.goto("/audit/")
    page.get_by_label("操作人").fill("zcy")
    page.get_by_role("button", name="查询").click()
    page.get_by_text("李** 2").wait_for()
    assert page.get_by_text("核对低保资料").count() == 0
    axe(page)


def test_who_did_what_to_whom_and_when(device, axe, log, cast):
    """By object, by day and by the links of one entry; a slip keeps what was typed."""
    page, today = device(cast.auditor), timezone.localdate()
    page.goto("/audit/")
    page.get_by_label("对象").fill("神堂坪")
    page.get_by_role("button", name="查询").click()
    page.get_by_text("核对低保资料").wait_for()
    assert page.get_by_text("李**").count() == 0
    page.get_by_label("对象").fill("")
    page.get_by_label("止日").fill((today - timedelta(days=1)).isoformat())
    page.get_by_role("button", name="查询").click()
    page.get_by_text("没有符合条件的记录").wait_for()
    axe(page)
    page.get_by_label("起日").fill(today.isoformat())
    page.get_by_role("button", name="查询").click()
    page.get_by_text("止日不能早于起日").first.wait_for()
    page.get_by_text("改好再查").wait_for()
    assert page.get_by_label("起日").input_value() == today.isoformat()
    axe(page)
    page.get_by_label("止日").fill(today.isoformat())
    page.get_by_label("动作").select_option(label="拨打电话")
    page.get_by_role("button", name="查询").click()
    page.get_by_role("link", name="第 2 条的明细").click()
    page.get_by_role("heading", name="第 2 条 · 拨打电话").wait_for()
    page.get_by_role("link", name="此对象的记录").click()
    page.get_by_text("只列出同一对象的记录").wait_for()
    page.get_by_text("李** 2").wait_for()
    axe(page)
    page.get_by_role("link", name="看全部").click()
    page.get_by_text("核对低保资料").wait_for()
    page.get_by_role("link", name="第 4 条的明细").click()
    page.get_by_role("link", name="此人的记录").click()
    page.get_by_text("只列出同一操作人的记录").wait_for()
    assert page.get_by_text("李**").count() == 0


def test_an_auditor_reads_and_changes_nothing(device, axe, log, net, cast):
    """Whatever the auditor's own places offer leads somewhere; no button of theirs changes a thing."""
    page = device(cast.auditor)
    entries = AuditEntry.objects.count()
    page.goto("/audit/")
    places = page.locator("nav a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    places = sorted({place for place in places if place.startswith("/")} | {net.grid.get_absolute_url()})
    assert {"/audit/", "/net/", "/staff/"} <= set(places)
    for place in places:
        page.goto(place)
        page.get_by_role("heading", level=1).wait_for()
        offered = {one.inner_text().strip() for one in page.get_by_role("main").get_by_role("button").all()}
        assert offered <= HARMLESS | {""}, f"{place} offers {offered - HARMLESS}"
        axe(page)

    assert AuditEntry.objects.count() == entries


def test_a_sheet_is_drawn_and_signed(device, axe, log, cast):
    page = device(cast.auditor)
    page.goto("/audit/")
    page.get_by_role("link", name="生成抽查单").click()
    axe(page)
    page.get_by_label("抽多少条").fill("2")
    page.get_by_role("button", name="生成抽查单").click()
    page.get_by_text("条中抽 2 条").wait_for()
    axe(page)
    page.emulate_media(media="print")
    page.get_by_text("抽查人").last.wait_for()
    page.get_by_text("□ 相符").first.wait_for()
    for tool in (page.get_by_role("button", name="打印"), page.get_by_role("link", name="返回")):
        assert not tool.is_visible()
    page.emulate_media(media="screen")
    drawn = page.get_by_role("main").inner_text()
    page.reload()
    assert page.get_by_role("main").inner_text() == drawn
    page.get_by_role("button", name="打印").wait_for()
    page.get_by_role("link", name="返回").click()
    page.get_by_role("link", name="看抽查单").or_(
        page.get_by_role("link", name="第 5 条的明细")
    ).first.click()
    page.get_by_role("link", name="看抽查单").click()
    page.get_by_role("heading", name="审计抽查单").wait_for()
    assert AuditEntry.objects.filter(action=Action.AUDIT, by=cast.auditor).count() == 1


def test_a_slip_of_the_date_keeps_what_was_typed(device, axe, expecting, log, cast):
    page = device(cast.auditor)
    page.goto("/audit/")
    page.get_by_role("link", name="生成抽查单").click()
    page.get_by_label("止日").fill("2020-01-01")
    page.get_by_label("抽多少条").fill("7")
    with expecting(422):
        page.get_by_role("button", name="生成抽查单").click()
        page.get_by_text("止日不能早于起日").first.wait_for()
    assert page.get_by_label("抽多少条").input_value() == "7"
    axe(page)


def test_households_are_closed(device, axe, expecting, log, net, cast):
    household = HouseholdFactory(grid=net.grid)
    page = device(cast.auditor)
    for address in (household.get_absolute_url(), "/households/", "/visits/", "/today/"):
        with expecting(403):
            page.goto(address)
            page.get_by_role("heading", level=1).wait_for()
            assert page.get_by_text(household.address).count() == 0
            axe(page)
