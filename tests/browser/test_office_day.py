"""A day at the town's grid office: the month at a glance, the map, a search, a workbook, an opinion answered."""

from datetime import date

import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from grids.models import CareCategory, Grid
from tests.factories import (
    ConcernFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

SQUARE = [[112.0, 37.9], [112.1, 37.9], [112.1, 38.0], [112.0, 38.0], [112.0, 37.9]]
BESIDE = [
    [112.05, 37.9],
    [112.15, 37.9],
    [112.15, 38.0],
    [112.05, 38.0],
    [112.05, 37.9],
]  # half of it on SQUARE


@pytest.fixture
def town(net, cast):
    """A household with an elder who was visited and said something, and one grid with a boundary."""
    call_command("setup_town", verbosity=0)
    elder = ResidentFactory(
        household=HouseholdFactory(grid=net.grid, address="沟底村 7 号"), name="张存英", is_head=True
    )
    elder.phone = "13812345678"
    elder.save()
    ResidentCareFactory(
        resident=elder, category=CareCategory.objects.get(name="留守老人"), starts_on=date(2024, 1, 1)
    )
    VisitFactory(household=elder.household, visitor=cast.gridworker, met=[elder], note="=1+1 老人说水压低")
    ConcernFactory(grid=net.grid, household=elder.household, heard_by=cast.gridworker, words="水压太低")
    Grid.objects.filter(pk=net.grid.pk).update(
        boundary={"type": "Polygon", "coordinates": [SQUARE]}, boundary_is_sample=True
    )
    return elder


def test_the_month_at_a_glance(device, axe, town, cast):
    """Every number is a link to its rows."""
    page = device(cast.town_officer)
    page.goto("/office/")
    for pillar in ("听民声", "暖民心", "解民忧"):
        page.get_by_role("heading", name=pillar).wait_for()
    axe(page)
    page.get_by_role("region", name="听民声").get_by_role("link").last.click()
    page.get_by_text("水压太低").first.wait_for()
    axe(page)


def test_the_map_and_its_list(device, axe, town, net, cast):
    page = device(cast.town_officer)
    page.goto("/net/")
    axe(page)
    page.get_by_role("link", name="地图").first.click()
    page.get_by_text("示例边界").first.wait_for()
    page.locator("svg path.leaflet-interactive").first.wait_for()
    axe(page)
    show = page.get_by_role("button", name="在地图上看沟底村第一网格")
    show.focus()
    page.keyboard.press("Enter")
    assert show.get_attribute("aria-pressed") == "true"
    page.locator(".leaflet-popup").get_by_text("沟底村第一网格").wait_for()
    page.goto("/net/locate/")
    axe(page)


def test_what_overlaps_and_what_is_missing(device, axe, town, net, cast):
    page = device(cast.town_officer)
    page.goto("/net/")
    page.get_by_role("link", name="重叠与空白").click()
    page.get_by_text("边界没有重叠和空白").wait_for()
    axe(page)
    Grid.objects.filter(pk=net.neighbour_grid.pk).update(
        boundary={"type": "Polygon", "coordinates": [BESIDE]}, boundary_is_sample=True
    )
    page.reload()
    found = page.get_by_role("row").filter(has_text="沟底村第二网格").filter(has_text="重叠")
    show = found.get_by_role("button", name="在地图上看重叠：沟底村第一网格、沟底村第二网格")
    show.focus()
    page.keyboard.press("Enter")
    assert show.get_attribute("aria-pressed") == "true"
    page.get_by_role("link", name="神堂坪村第一网格").wait_for()
    axe(page)


def test_a_person_is_found_by_initials_and_by_the_end_of_a_number(device, axe, town, cast):
    page = device(cast.town_officer)
    page.goto("/search/")
    for words in ("zcy", "5678", "沟底村 7"):
        page.get_by_role("searchbox").fill(words)
        page.get_by_role("button", name="查找").click()
        page.get_by_role("link", name="张存英").or_(
            page.get_by_role("link", name="沟底村 7 号")
        ).first.wait_for()
        axe(page)
    page.get_by_role("link", name="沟底村 7 号").first.click()
    page.get_by_role("heading", name="沟底村 7 号").wait_for()


def test_a_workbook_of_the_visits(device, town, cast, tmp_path):
    """Names are masked, cells are text, and no cell is a formula."""
    page = device(cast.town_officer)
    page.goto("/visits/")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出").click()
    path = tmp_path / "visits.xlsx"
    download.value.save_as(path)
    cells = [cell for row in load_workbook(path).active.iter_rows() for cell in row if cell.value is not None]

    words = [cell.value for cell in cells]
    assert "张**" in words and "张存英" not in words and "=1+1 老人说水压低" in words
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_an_opinion_is_heard_and_answered(device, axe, town, cast):
    page = device(cast.gridworker)
    page.goto("/today/")
    page.get_by_role("link", name="意见反馈").first.click()
    page.get_by_label("意见").or_(page.get_by_role("textbox")).first.fill("字再大一点")
    axe(page)
    page.get_by_role("button", name="提交意见").click()
    page.get_by_text("还没有答复").wait_for()
    axe(page)

    office = device(cast.town_officer)
    office.goto("/feedback/")
    office.get_by_role("link", name="大家的意见").click()
    axe(office)
    office.get_by_role("link", name="答复", exact=True).click()
    office.get_by_role("textbox").first.fill("点右上角“大字”就会变大")
    axe(office)
    office.get_by_role("button", name="答复").click()
    office.get_by_role("heading", name="大家的意见").wait_for()

    page.goto("/feedback/")
    page.get_by_text("点右上角").wait_for()


def test_the_office_sets_how_often(device, axe, town, cast):
    page = device(cast.town_officer)
    page.goto("/settings/care/")
    axe(page)
    page.get_by_role("link", name="留守老人").click()
    page.get_by_text("现有 1 人").first.wait_for()
    axe(page)
    page.get_by_text("每周", exact=True).click()
    page.get_by_role("button", name="改变频次").click()
    page.get_by_role("dialog").get_by_text("确定改变走访频次").wait_for()
    axe(page)
    page.get_by_role("dialog").get_by_role("button").last.click()
    page.get_by_text("起改变，已记入审计").wait_for()
    axe(page)


def test_the_office_sets_what_is_looked_at(device, axe, expecting, town, cast):
    page = device(cast.town_officer)
    page.goto("/settings/care/")
    page.get_by_role("link", name="巡查检查点").click()
    axe(page)
    taken = page.get_by_role("table").get_by_role("link").first.inner_text()
    box = page.get_by_role("textbox", name="检查点")
    box.fill(taken)
    with expecting(422):
        page.get_by_role("button", name="新增").click()
        page.get_by_text("停用的也算").first.wait_for()
    assert box.input_value() == taken
    axe(page)
    box.fill("蓄水池盖板")
    page.get_by_role("button", name="新增").click()
    page.get_by_text("已新增检查点“蓄水池盖板”").wait_for()
    page.get_by_role("button", name="上移 蓄水池盖板").click()
    page.get_by_role("button", name="下移 蓄水池盖板").wait_for()
    page.get_by_role("link", name="蓄水池盖板").click()
    axe(page)

    theirs = device(cast.gridworker)
    theirs.goto("/patrols/new/")
    theirs.get_by_text("蓄水池盖板").first.wait_for()
    axe(theirs)


def test_the_office_names_itself(device, axe, expecting, town, net, cast):
    """A number typed wrong keeps the rest of the form; the right one is printed on the grid's board."""
    page = device(cast.town_officer)
    page.goto("/settings/town/")
    axe(page)
    page.get_by_label("正式名称").fill("河口镇综治中心（新）")
    page.get_by_label("值班电话").fill("12")
    with expecting(422):
        page.get_by_role("button", name="保存").click()
        page.get_by_text("请填写电话号码").first.wait_for()
    assert page.get_by_label("正式名称").input_value() == "河口镇综治中心（新）"
    axe(page)
    page.get_by_label("值班电话").fill("0351-5131234")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("名称与电话已保存").wait_for()
    page.goto(net.grid.get_absolute_url())
    page.get_by_role("link", name="公示牌").click()
    page.get_by_text("河口镇综治中心（新）").wait_for()
    page.get_by_text("5131234").wait_for()
    axe(page)


def test_help_speaks_of_the_readers_own_work_first(device, axe, town, cast):
    page = device(cast.town_officer)
    page.goto("/office/")
    page.get_by_role("link", name="帮助").last.click()
    page.get_by_role("link", name="网格拆分与合并").click()
    page.get_by_role("heading", name="网格拆分与合并").wait_for()
    axe(page)
    page.get_by_text("审计", exact=True).last.click()
    page.get_by_text("审计日志记着").wait_for()
    axe(page)
    for address in ("/account/", "/visits/rate/"):
        page.goto(address)
        axe(page)
