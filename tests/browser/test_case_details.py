"""Smaller ways through the pages of cases: two notes at once, a photo sent back, a grid from where one stands."""

import pytest

from cases import tallies
from cases.actions.advance import advance
from cases.models import Case
from grids.models import Grid, Unit
from tests.factories.cases import CaseFactory, CategoryFactory, TileFactory, one_of_each, reported
from tests.factories.inspections import InspectionFactory, SiteFactory
from tests.test_matrix import tiny_jpeg

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_second_note_stands_beside_the_first(device, axe, expecting, net, cast):
    case = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    page = device(cast.grid_head)
    page.goto(f"/cases/{case.uuid}/note/")
    number = page.locator("input[name=uuid]").input_value()
    page.get_by_label("看到什么、做了什么").fill("铁管锈蚀开裂")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("处置记录已保存").wait_for()
    # As a phone may that was told to keep the page, and is written on once more.
    page.goto(f"/cases/{case.uuid}/note/")
    page.locator("input[name=uuid]").evaluate("(input, number) => { input.value = number; }", number)
    page.get_by_label("看到什么、做了什么").fill("阀门也坏了")
    with expecting(409):
        page.get_by_role("button", name="保存").click()
        page.get_by_role("heading", name="两份内容，请核对").wait_for()
    assert page.get_by_text("铁管锈蚀开裂").is_visible() and page.get_by_text("阀门也坏了").is_visible()
    axe(page)
    page.get_by_role("button", name="另存为新记录").click()
    page.get_by_text("已另存为一条新的处置记录").wait_for()
    assert page.get_by_text("阀门也坏了").first.is_visible()


def test_what_is_sent_back_is_shown(device, axe, net, cast):
    case = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    advance(case=case, press="finish", by=cast.grid_head, facts={"measures": "换了阀门"})
    page = device(cast.gridworker)
    page.goto(f"/cases/{case.uuid}/")
    page.get_by_role("link", name="返工").click()
    page.get_by_label("哪里要返工").fill("还在滴")
    page.get_by_label("照片").set_input_files(
        {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": tiny_jpeg()}
    )
    axe(page)
    page.get_by_role("button", name="返工").click()
    page.get_by_role("heading", name="核实时还没办好").wait_for()
    axe(page)


def test_the_grid_is_proposed_from_where_one_stands(phone, axe, net, cast):
    TileFactory(category=CategoryFactory())
    for grid, west in ((net.grid, 112.0), (net.neighbour_grid, 112.1)):
        corners = [[west, 37.8], [west + 0.1, 37.8], [west + 0.1, 37.9], [west, 37.9], [west, 37.8]]
        Grid.objects.filter(pk=grid.pk).update(boundary={"type": "Polygon", "coordinates": [corners]})
    here = {"longitude": 112.15, "latitude": 37.85, "accuracy": 20}
    page = phone(cast.village_officer, geolocation=here, permissions=["geolocation"])
    page.goto("/cases/new/")
    page.get_by_text("停水", exact=True).click()
    page.get_by_label("在哪里").fill("水塔下")
    page.get_by_role("button", name="按我的位置选网格").click()
    page.get_by_text("按位置选了沟底村第二网格").wait_for()
    assert page.locator("select[name=grid]").input_value() == net.neighbour_grid.code
    axe(page)
    page.get_by_role("button", name="上报", exact=True).click()
    page.get_by_role("heading", name="已上报").wait_for()
    case = Case.objects.get()
    assert (case.grid, case.longitude) == (net.neighbour_grid, 112.15)


def test_the_grid_is_chosen_without_a_script(phone, net, cast):
    TileFactory(category=CategoryFactory())
    page = phone(cast.village_officer, java_script_enabled=False)
    page.goto("/cases/new/")
    assert not page.get_by_role("button", name="按我的位置选网格").is_visible()
    assert page.locator("select[name=grid]").is_visible()


def test_every_list_leaves_as_a_file(device, axe, net, cast):
    one_of_each(cast, net.grid, CategoryFactory(unit=Unit.objects.create(town=net.town, name="供水站")))
    CaseFactory(grid=net.other_grid)
    site = SiteFactory(grid=net.grid, name="三组后巷")
    for _ in range(3):
        InspectionFactory(grid=net.grid, site=site, verdicts={"垃圾": "fail"})
    page = device(cast.town_officer)
    for name in ("todo", "queue", "verify", "unit", "late", "hard", "requests", "tasks", "checks"):
        page.goto(f"/cases/{name}/")
        link = page.get_by_role("link", name="导出 Excel")
        with page.expect_download() as download:
            link.click()
        assert download.value.suggested_filename.endswith(".xlsx")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        axe(page)
    page.goto("/cases/hard/")
    assert page.get_by_role("link", name="三组后巷").is_visible()
    page.get_by_text("只看一个村、社区").click()
    page.get_by_label("村、社区").select_option(label="神堂坪村")
    page.get_by_role("button", name="查看").click()
    assert page.url.endswith(f"grid={net.other_village.code}")
    assert page.get_by_role("link", name="三组后巷").count() == 0


def test_a_number_of_the_dashboard_is_taken_off(device, axe, net, cast):
    CaseFactory.create_batch(3, grid=net.grid, shut=True)
    page = device(cast.leader)
    page.goto("/cases/")
    page.get_by_text("共 3 件").wait_for()
    page.goto("/cases/?figure=closures&since=2020-01-01&until=2020-01-31")
    axe(page)
    assert page.get_by_role("link", name="结案数 · 2020-01-01 至 2020-01-31").is_visible()
    page.get_by_role("link", name="结案数 · 2020-01-01 至 2020-01-31").click()
    page.get_by_text("共 3 件").wait_for()


def test_the_dashboard_fits_on_paper(desktop, net, cast):
    """A4 less its margins is 688 pixels wide; nothing of the numbers is cut off or runs over its neighbour."""
    CaseFactory.create_batch(12, grid=net.grid, shut=True, rating=2)
    tallies.rebuild()
    page = desktop(cast.leader)
    page.goto("/dashboard/")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    wide = "(nodes) => nodes.filter((node) => node.scrollWidth > node.clientWidth + 1).map((node) => node.innerText)"
    assert page.locator(".stat, .figures td, .figures th").evaluate_all(wide) == []
    assert page.locator(".only-print").is_visible()
    assert not page.get_by_role("link", name="CSV").is_visible()
