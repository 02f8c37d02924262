"""Story 6: left-behind elders in February 2027, read from a phone and from a desk."""

import pytest

from tests.stories import february_of_the_elders

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def story(net, cast):
    february_of_the_elders(net.grid, cast.gridworker)
    return net.grid


def figures(page):
    """The numbers of the last line of the table: due, seen, rate, missed, telephoned."""
    return page.get_by_role("row").filter(has_text="合计").get_by_role("cell").all_inner_texts()


def test_29_due_28_done_one_name_overdue(device, axe, story, cast):
    page = device(cast.gridworker)
    page.goto("/visits/rate/?month=2027-02")
    page.get_by_role("heading", name="走访率").wait_for()
    axe(page)
    assert figures(page) == ["29", "28", "96.6 %", "1", "1"]
    overdue = page.get_by_role("table", name="走访任务").get_by_role("row").filter(has_text="周3")
    assert overdue.count() == 1 and "2月16日电话联系" in overdue.inner_text()

    page.get_by_role("row").filter(has_text="合计").get_by_role("link", name="28").click()
    page.get_by_role("heading", name="已访 28").wait_for()
    axe(page)
    page.get_by_role("link", name="未见").click()
    page.get_by_role("heading", name="未见 1").wait_for()
    assert page.get_by_text("周3").count() == 1
    axe(page)


def test_another_grids_worker_finds_nothing_of_it(device, axe, expecting, story, cast):
    page = device(cast.neighbour)
    page.goto("/visits/rate/?month=2027-02")
    assert figures(page) == ["0", "0", "—", "0", "0"]
    with expecting(404):
        page.goto(f"/visits/rate/?month=2027-02&grid={story.code}")
        axe(page)
    assert page.get_by_text("周3").count() == 0
