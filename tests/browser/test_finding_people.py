"""Finding somebody in a real browser: no name in an address, back and reload without a question; then their move."""

import re

import pytest

from grids.models import Residence
from tests.factories import HouseholdFactory, ResidentFactory

pytestmark = pytest.mark.django_db(transaction=True)

KEYED = re.compile(r"/search/\?typed=[\w-]{12}$")


@pytest.fixture
def elder(net):
    home = HouseholdFactory(grid=net.grid, address="沟底村 1 号")
    HouseholdFactory(grid=net.grid, address="沟底村 2 号")
    return ResidentFactory(household=home, name="赵存喜", is_head=True)


def test_results_come_while_typing_and_survive_reload_and_back(device, axe, elder, cast):
    page = device(cast.gridworker)
    page.goto("/search/")
    page.get_by_role("searchbox").last.press_sequentially("zcx")
    page.get_by_role("link", name="赵存喜").wait_for()
    page.wait_for_url(KEYED)
    axe(page)
    page.reload()
    page.get_by_role("link", name="赵存喜").click()
    page.wait_for_url("**/households/**")
    page.go_back()
    page.get_by_role("link", name="赵存喜").wait_for()
    assert KEYED.search(page.url) and page.get_by_role("searchbox").last.input_value() == "zcx"
    assert page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)").count("赵存喜") == 0


def test_pressing_enter_and_a_browser_without_scripts(open_page, phone, elder, cast):
    for page in (phone(cast.gridworker), phone(cast.gridworker, java_script_enabled=False)):
        page.goto("/search/")
        box = page.locator("#main input[type=search]")
        box.fill("赵存喜")
        box.press("Enter")
        page.wait_for_url(KEYED)
        page.get_by_role("link", name="赵存喜").wait_for()
        page.reload()
        page.get_by_role("link", name="赵存喜").wait_for()


def test_somebody_moves_to_another_door(device, axe, elder, cast):
    page = device(cast.gridworker)
    page.goto(f"/residents/{elder.uuid}/move/")
    page.locator("#main input[type=search]").fill("2 号")
    page.locator("#main").get_by_role("button", name="查找").click()
    page.get_by_text("沟底村 2 号").wait_for()
    axe(page)
    page.get_by_label("与户主关系").fill("叔叔")
    page.get_by_role("button", name="迁到这一户").click()
    page.get_by_text("赵存喜已迁入沟底村 2 号").wait_for()
    page.get_by_text("赵存喜住进来").wait_for()
    axe(page)
    assert Residence.objects.filter(resident=elder).count() == 2
    page.goto(f"/residents/{elder.uuid}/")
    page.get_by_text("住过的户").wait_for()
    axe(page)
