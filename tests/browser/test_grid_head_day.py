"""Journeys: a grid head's day: entering for others, settling, looking, dialling, the board."""

import pytest

from grids.models import AuditEntry, HouseholdVisit
from tests.factories import ConcernFactory, FindingFactory, HouseholdFactory, ResidentFactory

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "13812345678"


@pytest.fixture
def resident(net):
    household = HouseholdFactory(grid=net.grid, address="沟底村 101 号")
    person = ResidentFactory(household=household, name="李桂花", is_head=True)
    person.phone = PHONE
    person.save()
    return person


def test_a_visit_is_entered_for_somebody_else(device, axe, net, cast, resident):
    page = device(cast.grid_head)
    page.goto("/visits/new/household/")
    axe(page)
    page.get_by_label("住址或姓名").fill("lgh")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name="选这户").click()
    page.get_by_label("情况记录").fill("张春燕打电话来说的")
    page.get_by_label("当事人").select_option(label="张春燕")
    axe(page)
    page.get_by_role("button", name="保存走访").click()
    page.get_by_text("走访已登记。").wait_for()
    axe(page)
    assert page.get_by_text("代录").first.is_visible()
    assert page.get_by_text("当事人 张春燕").is_visible()
    assert page.get_by_text("录入人 闫志平").is_visible()
    assert HouseholdVisit.objects.get().visitor == cast.gridworker


def test_a_concern_and_a_finding_are_settled(device, axe, net, cast, resident):
    ConcernFactory(grid=net.grid, household=resident.household, heard_by=cast.gridworker)
    FindingFactory(patrol__grid=net.grid, patrol__walker=cast.gridworker)
    page = device(cast.grid_head)
    page.goto("/concerns/")
    axe(page)
    page.get_by_role("link", name="好几天没水了").click()
    page.get_by_label("答复").fill("供水站换了管，已通水。")
    axe(page)
    page.get_by_role("button", name="已答复").click()
    page.get_by_text("闫志平 ·").wait_for()
    assert page.get_by_role("paragraph").filter(has_text="供水站换了管，已通水。").is_visible()
    axe(page)

    page.goto("/patrols/")
    page.get_by_text("1 件", exact=True).wait_for()
    page.get_by_role("table").get_by_role("link").first.click()
    axe(page)
    page.get_by_role("button", name="已处理").click()
    page.get_by_role("listitem").filter(has_text="水塔下的坡道").get_by_text("闫志平").wait_for()
    assert not page.get_by_role("button", name="已处理").is_visible()
    axe(page)


def test_the_rate_and_the_board(device, axe, net, cast):
    page = device(cast.grid_head)
    page.goto("/visits/rate/")
    page.get_by_role("table", name="走访率").wait_for()
    axe(page)
    page.goto(net.grid.get_absolute_url())
    axe(page)
    page.get_by_role("link", name="公示牌").click()
    page.get_by_role("heading", name="沟底村第一网格").wait_for()
    assert page.get_by_text("张春燕").is_visible()
    assert page.get_by_text(f"网格编码 {net.grid.code}").is_visible()
    axe(page)


def test_a_resident_is_dialled(device, axe, net, cast, resident):
    page = device(cast.grid_head)
    page.goto(f"/households/{resident.household.uuid}/")
    axe(page)
    with page.expect_response("**/call/") as answer:
        page.get_by_role("button", name="拨打李桂花").first.click()
    assert answer.value.json() == {"tel": PHONE}
    assert AuditEntry.objects.get(action="call").by == cast.grid_head


def test_without_a_script_the_number_is_there_to_press(device, axe, net, cast, resident):
    page = device(cast.grid_head, java_script_enabled=False)
    page.goto(f"/households/{resident.household.uuid}/")
    page.get_by_role("button", name="拨打李桂花").first.click()
    page.get_by_role("link", name=PHONE).wait_for()
    assert page.get_by_text("这次拨打已记入审计日志").is_visible()
