"""A grid head's day: what came by telephone is typed for who did it, what was heard is answered."""

import pytest
from django.core.management import call_command

from grids.models import AuditEntry, Concern, FieldRecord
from tests.factories import ConcernFactory, FindingFactory, HouseholdFactory, PatrolFactory, ResidentFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(net, cast):
    call_command("setup_town", verbosity=0)
    household = HouseholdFactory(grid=net.grid, address="沟底村 1 号")
    elder = ResidentFactory(household=household, name="赵存喜", is_head=True)
    elder.phone = "13812345678"
    elder.save()
    return household


def test_a_visit_for_somebody_else(device, axe, home, cast):
    page = device(cast.grid_head)
    page.goto(f"/visits/new/?household={home.uuid}")
    page.get_by_label("情况记录").fill("张春燕打电话说见到了")
    page.get_by_label("当事人").select_option(label="张春燕")
    page.get_by_role("button", name="保存走访").click()
    page.get_by_text("走访已登记").wait_for()
    axe(page)
    record = FieldRecord.objects.get()
    assert (record.actor, record.typed_by) == (cast.gridworker, cast.grid_head)
    page.goto("/visits/?entry=proxy")
    page.get_by_text("沟底村 1 号").first.wait_for()
    axe(page)


def test_a_concern_is_answered_and_a_finding_settled(device, axe, expecting, home, net, cast):
    concern = ConcernFactory(grid=net.grid, heard_by=cast.gridworker, words="路灯不亮")
    FindingFactory(patrol=PatrolFactory(grid=net.grid, walker=cast.gridworker))
    page = device(cast.grid_head)
    page.goto("/concerns/?state=watching")
    axe(page)
    page.get_by_role("link", name="路灯不亮").first.click()
    page.get_by_label("答复").fill("灯泡换了，已告诉李大娘")
    axe(page)
    page.get_by_role("button", name="已答复").click()
    page.get_by_text("答复已保存").wait_for()
    axe(page)
    concern.refresh_from_db()
    assert concern.state == Concern.State.ANSWERED and concern.answered_by == cast.grid_head

    page.goto("/patrols/")
    axe(page)
    page.get_by_role("row").filter(has_text="村口到水塔").get_by_role("link").click()
    page.get_by_role("button", name="已处理").click()
    page.get_by_text("闫志平").last.wait_for()
    axe(page)


def test_a_number_is_dialled_in_one_press(device, home, cast):
    page = device(cast.grid_head)
    page.goto(home.get_absolute_url())
    with page.expect_response(lambda answer: "/call/" in answer.url) as answered:
        page.get_by_role("button", name="拨打").or_(page.get_by_role("button", name="打电话")).first.click()
    assert answered.value.json() == {"tel": "13812345678"}
    assert AuditEntry.objects.get(action="call").changes == {"电话": ["", "138****5678"]}


def test_the_board_of_the_grid(device, axe, home, net, cast):
    page = device(cast.grid_head)
    page.goto("/net/")
    axe(page)
    page.get_by_role("heading", name="沟底村第一网格").wait_for()
    page.get_by_text("张春燕").first.wait_for()
    axe(page)
    page.get_by_role("link", name="公示牌").first.click()
    page.get_by_text("闫志平").first.wait_for()
    axe(page)
