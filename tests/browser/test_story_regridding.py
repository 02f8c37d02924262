"""Story 10: a grid of 120 households is split into 62 and 58 from the 1st of next month, pressed by the town office."""

from datetime import date

import pytest

from grids.models import AuditEntry, Grid
from tests.factories import (
    AssignmentFactory,
    ConcernFactory,
    GridFactory,
    HouseholdFactory,
    UserFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

TODAY, FIRST = date(2026, 11, 23), date(2026, 12, 1)
OLD, NEW_1, NEW_2 = "140181100006001", "140181100006002", "140181100006003"


@pytest.fixture
def old(clock, net):
    clock(TODAY)
    GridFactory(code=OLD[:12], kind="community", name="寨上社区")
    grid = GridFactory(code=OLD, name="寨上第一网格")
    for number in range(1, 121):
        HouseholdFactory(grid=grid, address=f"寨上小区 {number} 号")
    AssignmentFactory(user=UserFactory(name="郝丽娟"), grid=grid, starts_on=date(2024, 1, 1))
    return grid


def test_a_grid_is_split_on_a_date(device, axe, expecting, clock, old, cast):
    worker, newcomer = old.assignments.get().user, UserFactory(name="高新来")
    last = old.placements.get(household__address="寨上小区 120 号").household
    visit = VisitFactory(household=last, visitor=worker, visited_on=TODAY)
    concern = ConcernFactory(grid=old, household=None, heard_by=worker, words="楼道灯不亮")

    page = device(cast.town_officer)
    page.goto(f"/net/{OLD}/")
    page.get_by_role("link", name="拆分", exact=True).click()
    page.get_by_label("多少户归").fill("62")
    page.get_by_role("button", name="按住址顺序分").click()
    page.get_by_text("62 户").first.wait_for()
    page.get_by_text("58 户").first.wait_for()
    axe(page)
    names = page.get_by_label("名称")
    names.nth(0).fill("寨上东网格")
    names.nth(1).fill("寨上西网格")
    entries = AuditEntry.objects.count()
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("heading", name="核对后确认拆分").wait_for()
    page.get_by_text("2026年12月1日").first.wait_for()
    axe(page)
    page.get_by_role("button", name="确认拆分").click()
    page.get_by_text("已安排").first.wait_for()
    axe(page)

    assert AuditEntry.objects.count() == entries + 1
    parts = {code: Grid.objects.get(code=code) for code in (NEW_1, NEW_2)}
    assert [parts[code].placements.count() for code in (NEW_1, NEW_2)] == [62, 58]
    AssignmentFactory(user=newcomer, grid=parts[NEW_2], starts_on=FIRST)

    # Before the date the old worker opens the visit and the new one has nothing.
    page = device(worker)
    page.goto(f"/visits/{visit.record.uuid}/")
    page.get_by_role("heading").first.wait_for()
    page = device(newcomer)
    with expecting(403):
        page.goto(f"/visits/{visit.record.uuid}/")
        page.get_by_text("没有").first.wait_for()

    # From the date on it is the other way round; the facts keep the old code, which is not given out again.
    clock(FIRST)
    page = device(newcomer)
    page.goto(f"/visits/{visit.record.uuid}/")
    page.get_by_text("寨上小区 120 号").first.wait_for()
    axe(page)
    page.goto(f"/concerns/{concern.uuid}/")
    page.get_by_text("楼道灯不亮").first.wait_for()
    page = device(worker)
    with expecting(403):
        page.goto(f"/visits/{visit.record.uuid}/")
    for fact in (visit, concern):
        fact.refresh_from_db()
        assert fact.grid.code == OLD

    page = device(cast.town_officer)
    page.goto(f"/net/{OLD}/")
    page.get_by_text("已停用").first.wait_for()
    axe(page)
    page.goto(f"/net/{OLD[:12]}/open/")
    axe(page)
    assert page.get_by_label("编码").input_value() == "140181100006004"
