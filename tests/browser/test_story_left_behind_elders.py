"""Story 6: a month of left-behind elders in its figures, and whom they are hidden from."""

import pytest

from tests.factories.stories import OVERDUE, left_behind_elders

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)

FEBRUARY = "/visits/rate/?month=2027-02"


@pytest.fixture
def story(net, cast):
    left_behind_elders(net.grid, cast.gridworker)


def cells(page, name):
    """A row of the table of figures, as it reads: 应访, 已访, 走访率, 未见, 电话."""
    row = page.get_by_role("table", name="走访率").get_by_role("row").filter(has_text=name)
    return row.get_by_role("cell").all_inner_texts()


def test_the_figures_and_the_rows_behind_them(device, axe, net, cast, story):
    page = device(cast.gridworker)
    page.goto(FEBRUARY)
    page.get_by_role("heading", name="走访率", exact=True).wait_for()
    axe(page)
    assert cells(page, "沟底村第一网格") == ["29", "28", "96.6 %", "1", "1"]
    assert cells(page, "合计") == ["29", "28", "96.6 %", "1", "1"]
    missed = page.get_by_role("table", name="走访任务").get_by_role("row").filter(has_text="2月15日至2月21日")
    missed.get_by_role("link", name=OVERDUE).wait_for()
    assert missed.get_by_text("2月16日电话联系").is_visible()

    total = page.get_by_role("row").filter(has_text="合计")
    total.get_by_role("link", name="28").click()
    page.get_by_role("heading", name="已访 28").wait_for()
    axe(page)
    page.get_by_role("link", name="电话").click()
    page.get_by_role("heading", name="电话联系 1").wait_for()
    axe(page)
    page.get_by_role("link", name=OVERDUE).click()
    page.get_by_text(f"电话，联系上了{OVERDUE}").wait_for()
    axe(page)


def test_once_the_week_is_over_the_name_is_overdue(device, axe, net, cast):
    left_behind_elders(net.grid, cast.gridworker, year=2021)
    page = device(cast.grid_head)
    page.goto("/visits/rate/?month=2021-02")
    page.get_by_text("逾期未见").wait_for()
    axe(page)
    assert cells(page, "合计") == ["29", "28", "96.6 %", "1", "1"]
    assert page.get_by_role("link", name=OVERDUE).is_visible()


def test_another_grids_worker_finds_nothing(device, axe, expecting, net, cast, story):
    page = device(cast.neighbour)
    page.goto(FEBRUARY)
    axe(page)
    assert cells(page, "合计") == ["0", "0", "—", "0", "0"]
    with expecting(404):
        for address in (FEBRUARY, "/visits/rate/rows/?month=2027-02&which=missed"):
            assert page.goto(f"{address}&grid={net.grid.code}").status == 404
            axe(page)
            assert not page.get_by_text(OVERDUE).is_visible()
