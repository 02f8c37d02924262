"""设置 of cases in a real browser: a limit, a tile, a day, a year, on a phone and at a desk."""

import pytest
from django.core.management import call_command

from cases.models import CalendarDay, CaseCategory, ReportTile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(device, net, cast):
    call_command("setup_town", verbosity=0)
    return device(cast.town_officer)


def test_one_row_of_tabs_leads_through_all_settings(page, axe):
    page.goto("/settings/care/")
    for name in ("事件类别", "上报说法", "工作日历", "事件规则", "名称与电话"):
        page.get_by_role("navigation", name="设置").get_by_role("link", name=name).click()
        page.locator('[aria-current="page"]', has_text=name).first.wait_for()
        axe(page)


def test_a_limit_is_changed_and_the_page_says_for_whom(page, axe):
    page.goto("/settings/categories/")
    page.get_by_role("link", name="停水", exact=True).click()
    page.get_by_text("已受理的 0 件仍按受理时的时限").wait_for()
    axe(page)
    page.get_by_label("处置时限").fill("6")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("“停水”已保存").wait_for()
    assert CaseCategory.objects.get(name="停水").limit_words == "6 个工作时"


def test_a_tile_in_the_villagers_words(page, axe):
    page.goto("/settings/tiles/")
    page.get_by_role("textbox", name="说法").fill("没路灯")
    page.get_by_label("对应小类").select_option(label="村道 · 路灯不亮")
    page.get_by_text("停电", exact=True).last.click()
    page.get_by_role("button", name="新增").click()
    page.get_by_role("link", name="没路灯").wait_for()
    axe(page)
    assert ReportTile.objects.get(name="没路灯").icon == "bolt"


def test_a_day_and_a_year_of_the_calendar(page, axe, expecting):
    page.goto("/settings/calendar/?month=2027-02")
    page.get_by_text("未登记").first.wait_for()
    axe(page)
    page.get_by_label("放假和调休").fill("随便")
    with expecting(422):
        page.get_by_role("button", name="登记这一年").click()
        page.get_by_text("第 1 行看不懂").first.wait_for()
        axe(page)
    page.get_by_label("放假和调休").fill("2月5日至2月11日 休 春节\n2月14日 上班 调休")
    page.get_by_role("button", name="登记这一年").click()
    page.get_by_text("2027 年登记或改动了 365 天").wait_for()
    page.goto("/settings/calendar/?month=2027-02")
    page.get_by_role("link", name="14 上班 调休").click()
    page.get_by_text("休息", exact=True).last.click()
    page.get_by_role("button", name="登记这一天").click()
    page.get_by_text("2027-02-14 已登记为休息").wait_for()
    axe(page)
    assert not CalendarDay.objects.get(day="2027-02-14").is_workday


def test_the_towns_numbers(page, axe):
    page.goto("/settings/case-rules/")
    page.get_by_label("抽查比例").fill("15")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("事件规则已保存").wait_for()
    axe(page)
