"""Journeys: the lists of cases, on a phone that has just rung, at a desk by keyboard, in a meeting."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from cases.actions.advance import advance
from cases.actions.ratings import rate_by_call
from cases.actions.requests import ask, supervise
from cases.models import Case, CheckDraw, HardCase
from cases.vocabulary import Status
from grids.models import Unit, UnitMembership
from tests.browser.test_every_page import fault
from tests.factories.cases import CaseFactory, CategoryFactory, reported

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(net, cast):
    """A morning's cases: reported, taken, handed up, settled, late, hard."""
    now = timezone.now()
    unit = Unit.objects.create(town=net.town, name="供水站")
    UnitMembership.objects.create(user=cast.unit_officer, unit=unit, starts_on=date(2020, 1, 1))
    water = CategoryFactory(unit=unit)
    worker, head = cast.gridworker, cast.grid_head
    reported(
        worker, net.grid, place="水塔下面几户", affected_households=12, words="昨晚起就没水了", category=water
    )
    reported(cast.neighbour, net.neighbour_grid, subject="路坏", place="村口坡上", is_urgent=True)
    reported(
        cast.town_officer,
        net.grid,
        place="水塔下面几户",
        category=water,
        source=Case.Source.HOTLINE,
        upstream_no="12345-0817",
        upstream_due_at=now + timedelta(days=2),
    )
    for subject, who in (("杂物堆道", worker), ("狗没拴", worker), ("自己办的", head)):
        reported(who, net.grid, subject=subject, place="二排巷口", settled=True, measures="当面说好，已清走")
    taken = advance(case=reported(worker, net.grid, subject="邻里纠纷", place="三排"), press="take", by=head)
    up = advance(case=reported(worker, net.grid, subject="塌了一截路", place="后沟"), press="take", by=head)
    advance(case=up, press="hand_up", by=head, words="要挖机")
    done = advance(case=reported(worker, net.grid, subject="路灯不亮"), press="take", by=head)
    advance(case=done, press="finish", by=head, facts={"measures": "换了灯泡"})
    waits = advance(case=reported(worker, net.grid, subject="护坡"), press="take", by=cast.village_officer)
    ask(case=waits, by=cast.village_officer, kind="extend", days=3, reason="等沙子")
    made = {"grid": net.grid, "filed": True, "status": Status.HANDLING, "category": water}
    CaseFactory(**made, level=4, unit=unit, due_at=now - timedelta(hours=3), subject="管子漏水")
    CaseFactory(
        **made | {"grid": net.other_grid}, level=2, due_at=now - timedelta(days=1), subject="垃圾没清"
    )
    CaseFactory(
        **made | {"status": Status.SUSPENDED},
        suspended_since=now - timedelta(days=40),
        due_at=now + timedelta(days=30),
        subject="老墙开裂",
        reopen_count=1,
    )
    supervise(case=taken, by=cast.leader, words="两天内说清", reply_by=timezone.localdate())
    closed = CaseFactory(grid=net.grid, shut=True, was_self_closed=True, subject="门前雪", measures="扫净了")
    rate_by_call(case=closed, by=worker, score=1, words="又堆上了")
    return net


def test_a_grid_head_takes_one_and_confirms_the_small_ones(device, axe, town, cast):
    page = device(cast.grid_head)
    page.goto("/cases/todo/")
    page.get_by_role("heading", name="没有人接").wait_for()
    axe(page)
    page.get_by_role("button", name=re.compile("我来办.*水塔下面几户")).first.click()
    page.get_by_text("处置中，闫志平").wait_for()
    axe(page)

    confirm = page.get_by_role("region", name="等确认的")
    assert confirm.get_by_text("狗没拴", exact=True).is_visible()
    assert not confirm.get_by_text("自己办的", exact=True).is_visible()
    page.get_by_label("全选").check()
    page.get_by_text("已选 2 条").wait_for()
    page.get_by_role("button", name="确认", exact=True).click()
    page.get_by_role("heading", name="确认结果").wait_for()
    assert page.get_by_text("勾选 2 件，确认了 2 件").is_visible()
    axe(page)
    page.get_by_role("link", name="回到待办").click()
    page.get_by_text("没有等确认的").wait_for()


def test_a_grid_head_without_a_script(device, town, cast):
    page = device(cast.grid_head, java_script_enabled=False)
    page.goto("/cases/todo/")
    page.get_by_role("button", name="我来办").first.click()
    page.get_by_text("处置中，闫志平").wait_for()
    page.get_by_label("确认狗没拴").check()
    page.get_by_role("button", name="确认", exact=True).click()
    page.get_by_text("勾选 1 件，确认了 1 件").wait_for()


def test_the_queue_is_cleared_by_keyboard(desktop, axe, town, cast):
    page = desktop(cast.town_officer)
    page.goto("/cases/queue/")
    axe(page)
    rows = page.locator("[data-row]")
    assert rows.count() == 3
    assert rows.nth(0).get_by_text("紧急").is_visible()
    assert rows.nth(1).get_by_text("12345-0817").is_visible()
    again = rows.nth(2).get_by_role("cell", name=Case.objects.get(source="hotline").case_no)
    assert again.is_visible()
    page.keyboard.press("?")
    page.get_by_text("下一件、上一件").wait_for()
    axe(page)
    page.keyboard.press("?")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.get_by_text("处置中，供水站").wait_for()
    assert Case.objects.get(source="hotline").unit.name == "供水站"
    # The first row that is left has the focus already.
    page.keyboard.press("r")
    page.get_by_text("路坏：待交办").wait_for()
    assert rows.count() == 1
    page.get_by_role("heading", name="等交办").wait_for()
    axe(page)


def test_the_queue_on_a_phone(phone, axe, town, cast):
    page = phone(cast.village_officer)
    page.goto("/cases/queue/")
    axe(page)
    page.get_by_role("button", name="受理并交办").first.click()
    page.get_by_text("处置中，供水站").wait_for()
    axe(page)


def test_a_leader_sees_where_it_is_stuck(device, axe, town, cast):
    page = device(cast.leader)
    page.goto("/cases/late/")
    page.get_by_role("heading", name="已超期 2 件").wait_for()
    axe(page)
    page.get_by_role("link", name="供水站已超期 1 件").click()
    page.get_by_role("heading", name="已超期 · 供水站 1 件").wait_for()
    assert page.get_by_text("管子漏水").first.is_visible()
    axe(page)
    page.get_by_role("link", name="督办未答复 1，看明细").click()
    page.get_by_role("heading", name="督办未答复 1 件").wait_for()
    assert page.get_by_text("邻里纠纷").first.is_visible()


def test_a_hard_case_gets_an_owner_and_a_date(device, axe, town, cast):
    page = device(cast.leader)
    page.goto("/cases/hard/")
    axe(page)
    assert page.get_by_text("重办 1 次、挂账 40 天").is_visible()
    page.get_by_role("link", name=re.compile("安排.*老墙开裂")).click()
    page.get_by_label("包联人").select_option(label="沟底村干部")
    page.get_by_label("下次日期").fill((timezone.localdate() + timedelta(days=7)).isoformat())
    axe(page)
    page.get_by_role("button", name="保存").click()
    page.get_by_text("由沟底村干部包联").wait_for()
    assert HardCase.objects.get().owner == cast.village_officer


def test_a_draw_and_its_finding(device, axe, town, cast):
    page = device(cast.town_officer)
    page.goto("/cases/checks/")
    page.get_by_role("link", name="抽一次").first.click()
    page.get_by_label("结案从").fill((timezone.localdate() - timedelta(days=2)).isoformat())
    page.get_by_label("结案到").fill(timezone.localdate().isoformat())
    axe(page)
    Case.objects.filter(subject="门前雪").update(closed_at=timezone.now())
    page.get_by_role("button", name="抽取").click()
    page.get_by_text("占可抽的 0.0 %").wait_for()
    axe(page)
    page.get_by_label("属实", exact=True).check()
    page.get_by_role("button", name="记下结果").click()
    page.get_by_text("占可抽的 100.0 %").wait_for()
    axe(page)
    assert CheckDraw.objects.get().items.get().result == "true"


@pytest.mark.parametrize(
    ("who", "path", "words"),
    [
        ("grid_head", "/cases/todo/", "没有人接"),
        ("village_officer", "/cases/queue/", "受理台"),
        ("leader", "/cases/late/", "卡在哪里"),
        ("leader", "/cases/hard/", "老墙开裂"),
        ("gridworker", "/cases/verify/", "路灯不亮"),
        ("unit_officer", "/cases/unit/", "管子漏水"),
        ("town_officer", "/cases/unit/", "管子漏水"),
        ("town_officer", "/cases/requests/", "等沙子"),
        ("town_officer", "/cases/tasks/", "又堆上了"),
        ("village_officer", "/cases/", "后沟"),
        ("town_officer", "/cases/?status=open&mark=supervised", "邻里纠纷"),
        ("unit_officer", "/cases/", "管子漏水"),
    ],
)
def test_the_other_lists(device, axe, town, cast, who, path, words):
    page = device(getattr(cast, who))
    page.goto(path)
    page.get_by_text(words).first.wait_for()
    assert fault(axe, page) == []
