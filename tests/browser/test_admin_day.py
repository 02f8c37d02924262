"""An administrator's day: vacancies, a new person and their first login, a handover, a leave, a sheet, a lost phone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grids.models import GridAssignment, User
from tests.factories import AssignmentFactory, HouseholdFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def chosen(page, label, words):
    """Choose the option that holds the words, in the select of that label."""
    box = page.get_by_label(label)
    box.select_option(box.locator("option", has_text=words).first.get_attribute("value"))


def held(user):
    """Where the person serves today."""
    return list(user.assignments.current().order_by("grid__code").values_list("grid__code", flat=True))


def test_a_vacancy_is_filled_by_a_new_person_who_logs_in(device, phone, axe, expecting, net, cast):
    page = device(cast.admin)
    page.goto("/staff/")
    page.get_by_text("空缺").first.wait_for()
    axe(page)
    page.get_by_role("link", name="添加人员").first.click()
    page.get_by_label("姓名").fill("贾新民")
    page.get_by_label("手机号").fill("1381234")
    axe(page)
    with expecting(422):
        page.get_by_role("button", name="添加").click()
        page.get_by_text("请填写 11 位手机号").first.wait_for()
    assert page.get_by_label("姓名").input_value() == "贾新民"
    axe(page)
    page.get_by_label("手机号").fill("138 1234 5678")
    chosen(page, "角色", "网格员")
    chosen(page, "任职范围", "神堂坪村第一网格")
    page.get_by_label("起始日期").fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="添加").click()
    page.get_by_role("heading", name="贾新民").wait_for()
    axe(page)
    newcomer = User.objects.get(phone="13812345678")
    assert held(newcomer) == [net.other_grid.code]

    page.get_by_role("button", name="发一次性登录码").click()
    page.get_by_role("heading", name="一次性登录码").wait_for()
    axe(page)
    code = page.locator(".code-slip").inner_text()

    theirs = phone()
    theirs.goto("/login/")
    theirs.get_by_role("link", name="用登录码登录").click()
    axe(theirs)
    theirs.get_by_label("手机号").fill("13812345678")
    theirs.get_by_label("登录码").fill(code)
    theirs.get_by_role("button", name="登录").click()
    theirs.get_by_role("heading", name="先设一个自己的密码").wait_for()
    axe(theirs)
    theirs.goto("/today/")
    theirs.get_by_role("heading", name="先设一个自己的密码").wait_for()
    for box in theirs.get_by_role("textbox", name="密码").all():
        box.fill("shentangping-2026")
    theirs.get_by_role("button", name="保存密码").click()
    theirs.goto("/today/")
    theirs.get_by_role("heading", name="今日").wait_for()


def test_work_is_handed_over_on_the_day(device, axe, expecting, net, cast):
    """What moves is shown before it moves; the household goes with the grid, not with the person."""
    HouseholdFactory(grid=net.grid)
    page = device(cast.admin)
    page.goto(cast.gridworker.get_absolute_url())
    page.get_by_role("link", name="办理交接").click()
    page.get_by_text("1 户").first.wait_for()
    axe(page)
    with expecting(422):
        page.get_by_role("button", name="看一遍再办").click()
        page.get_by_text("请写上谁接手").first.wait_for()
    page.get_by_label("谁接手").fill(cast.neighbour.phone)
    page.get_by_role("button", name="看一遍再办").click()
    page.get_by_text("请核对").wait_for()
    page.get_by_text("李隔壁").first.wait_for()
    axe(page)
    page.get_by_role("button", name="确认办理").click()
    page.get_by_text("已").first.wait_for()
    axe(page)

    assert held(cast.gridworker) == []
    assert held(cast.neighbour) == [net.grid.code, net.neighbour_grid.code]


def test_a_leave_has_a_stand_in(device, axe, net, cast):
    term = cast.gridworker.assignments.get()
    page = device(cast.admin)
    page.goto(cast.gridworker.get_absolute_url())
    page.get_by_role("link", name="安排代管").click()
    page.get_by_label("由谁代管").fill("李隔壁")
    page.get_by_label("到哪天为止").fill((timezone.localdate() + timedelta(days=9)).isoformat())
    axe(page)
    page.get_by_role("button", name="安排代管").click()
    page.get_by_text("代管").first.wait_for()
    page.goto("/staff/?state=cover")
    page.get_by_text("代 张春燕").first.wait_for()
    axe(page)

    cover = GridAssignment.objects.get(stand_in_for=term)
    assert cover.user == cast.neighbour and cover.ends_on == timezone.localdate() + timedelta(days=10)


def test_several_people_in_one_sheet(device, axe, net, cast):
    page = device(cast.admin)
    page.goto("/staff/sheet/")
    rows = [
        "姓名\t手机号\t角色\t网格\t起始日期",
        f"任一\t13912340001\t网格员\t{net.other_grid.code}\t2026-01-01",
        "任二\t1391234\t网格长\t神堂坪村第一网格\t2026年1月1日",
    ]
    page.get_by_label("名单").fill("\n".join(rows))
    axe(page)
    page.get_by_role("button", name="逐行核对").click()
    page.get_by_text("1 行要改").wait_for()
    axe(page)
    page.get_by_label("手机号").nth(1).fill("13912340002")
    page.get_by_role("button", name="再核对一遍").click()
    page.get_by_role("button", name="全部办理（2 行）").click()
    page.get_by_text("任二").first.wait_for()
    axe(page)

    for phone in ("13912340001", "13912340002"):
        assert held(User.objects.get(phone=phone)) == [net.other_grid.code]


def test_a_new_number_keeps_the_person_and_a_locked_one_is_let_in(device, axe, expecting, net, cast):
    stranger = device()
    stranger.goto("/login/")
    with expecting(403, 422, 429):
        for _ in range(6):
            stranger.get_by_label("手机号").fill(cast.gridworker.phone)
            stranger.get_by_role("textbox", name="密码").fill("wrong-password")
            stranger.get_by_role("button", name="登录").click()
            stranger.wait_for_load_state()
        axe(stranger)

    page = device(cast.admin)
    page.goto(cast.gridworker.get_absolute_url())
    page.get_by_role("button", name="解除限制").click()
    page.get_by_role("button", name="解除限制").wait_for(state="detached")
    page.get_by_role("link", name="改姓名或号码").click()
    page.get_by_label("手机号").fill("13700000001")
    axe(page)
    page.get_by_role("button", name="保存").click()
    page.get_by_text("13700000001").first.wait_for()

    stranger.goto("/login/")
    stranger.get_by_label("手机号").fill("13700000001")
    stranger.get_by_role("textbox", name="密码").fill("hekou-demo")
    stranger.get_by_role("button", name="登录").click()
    stranger.get_by_role("heading", name="今日").wait_for()
    assert held(cast.gridworker) == [net.grid.code]


def test_history_and_the_board(device, axe, net, cast):
    ended = UserFactory(name="旧网格员")
    today = timezone.localdate()
    AssignmentFactory(user=ended, grid=net.grid, starts_on=today - timedelta(days=99), ends_on=today)
    page = device(cast.admin)
    page.goto(ended.get_absolute_url())
    page.get_by_text("以前").wait_for()
    page.get_by_text("现在没有任职").wait_for()
    axe(page)
    page.goto("/staff/people/?state=free")
    page.get_by_role("link", name="旧网格员").wait_for()
    axe(page)
    page.goto(f"/net/{net.grid.code}/board/")
    page.get_by_text("张春燕").wait_for()
    assert page.get_by_text("旧网格员").count() == 0
    axe(page)
