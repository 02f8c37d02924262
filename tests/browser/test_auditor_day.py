"""An auditor's day: the usual questions, one entry, a drawn sheet to print; and no door to anybody's household."""

import pytest

from grids.actions import audit
from grids.models import AuditEntry
from tests.factories import HouseholdFactory

pytestmark = pytest.mark.django_db(transaction=True)

Action = AuditEntry.Action


@pytest.fixture
def log(net, cast):
    for number in range(3):
        audit.log(Action.CALL, by=cast.gridworker, grid=net.grid, label=f"李** {number}")
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


def test_a_sheet_is_drawn_and_signed(device, axe, log, cast):
    page = device(cast.auditor)
    page.goto("/audit/")
    page.get_by_role("link", name="生成抽查单").click()
    axe(page)
    page.get_by_label("抽多少条").fill("2")
    page.get_by_role("button", name="生成抽查单").click()
    page.get_by_text("条中抽 2 条").wait_for()
    axe(page)
    page.get_by_role("button", name="打印").wait_for()
    assert AuditEntry.objects.filter(action=Action.AUDIT, by=cast.auditor).count() == 1


def test_a_slip_of_the_date_keeps_what_was_typed(device, axe, log, cast):
    page = device(cast.auditor)
    page.goto("/audit/")
    page.get_by_role("link", name="生成抽查单").click()
    page.get_by_label("止日").fill("2020-01-01")
    page.get_by_label("抽多少条").fill("7")
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
            page.get_by_role("heading").first.wait_for()
            axe(page)
