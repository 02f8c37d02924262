"""The clerk's morning and month's end: from a light to its cases, from a village to its grids, to the month's table."""

import pytest
from django.utils import timezone

from cases import tallies
from grids.models import Grid
from tests.factories.cases import CaseFactory, reported
from tests.hekou.test_dashboard import SQUARE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(net, cast):
    now = timezone.now()
    Grid.objects.filter(pk=net.village.pk).update(boundary=SQUARE)
    for grid in (net.grid, net.other_grid):
        reported(cast.town_officer, grid)
        CaseFactory.create_batch(3, grid=grid, shut=True, registered_at=now, reported_at=now, rating=3)
        CaseFactory(grid=grid, filed=True, status="handling", registered_at=now, reported_at=now)
    tallies.rebuild()
    return net


def test_from_the_dashboard_to_the_rows(device, town, cast, axe):
    page = device(cast.town_officer)
    # A box that is still fading in has no contrast yet.
    page.emulate_media(reduced_motion="reduce")
    page.goto("/")
    assert page.url.endswith("/dashboard/")
    for words in ("听民声", "暖民心", "解民忧", "此刻"):
        assert page.get_by_role("heading", name=words, exact=True).is_visible()
    assert page.locator("svg.chart").count() == 2
    axe(page)
    page.locator("summary", has_text="看数字").first.click()
    assert page.get_by_role("cell", name="8", exact=False).first.is_visible()
    axe(page)

    page.get_by_role("link", name="未结 4，看明细").click()
    chip = page.get_by_role("link", name="未结 · 此刻")
    assert chip.is_visible() and page.get_by_text("共 4 件").is_visible()
    axe(page)
    chip.click()
    assert page.get_by_text("共 10 件").is_visible()
    page.go_back()
    page.go_back()
    page.get_by_role("link", name="结案率", exact=True).click()
    assert page.url.endswith("shade=closed#map")
    page.get_by_role("button", name="在地图上看沟底村").click()
    assert page.locator(".leaflet-popup").get_by_text("结案率").is_visible()
    axe(page)

    page.get_by_role("table", name="各村和社区").get_by_role("link", name="沟底村").click()
    assert page.get_by_role("heading", name="看板 · 沟底村").is_visible()
    page.get_by_role("link", name="全部指标和导出").click()
    page.get_by_role("link", name="处置结案").click()
    page.locator("select[name=by]").select_option("month")
    page.get_by_role("button", name="计算").click()
    page.get_by_role("heading", name="指标 · 处置结案").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    axe(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")
