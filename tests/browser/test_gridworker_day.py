"""Journeys: a gridworker's day, from the login to the diary."""

import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from PIL import Image

from grids import access
from grids.models import FieldRecord, HouseholdVisit, Photo
from tests.factories import (
    CareCategoryFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    VisitFactory,
)

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)

TEXT_FILE = {"name": "名单.txt", "mimeType": "text/plain", "buffer": "不是照片".encode()}


@pytest.fixture
def elders(net, cast):
    """Three who are due every week: seen nine days ago, never seen, and never seen but for a call."""
    lonely = CareCategoryFactory(name="独居老人", frequency="weekly")
    people = []
    for number, name in enumerate(("赵老汉", "钱秀英", "孙福贵"), start=1):
        household = HouseholdFactory(grid=net.grid, address=f"沟底村 {number}01 号")
        resident = ResidentFactory(household=household, name=name, is_head=True)
        ResidentCareFactory(resident=resident, category=lonely)
        people.append(resident)
    nine_days_ago = timezone.localdate() - timedelta(days=9)
    VisitFactory(household=people[0].household, met=people[:1], visited_on=nine_days_ago)
    return people


def jpeg(name="门口.jpg"):
    written = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 140, 120)).save(written, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": written.getvalue()}


def door(page, name):
    return page.get_by_role("listitem").filter(has_text=name).filter(has=page.get_by_role("button"))


def choose(page, group, *choices):
    """Press chips of a group, the way a thumb does: on the words."""
    for choice in choices:
        page.get_by_role("group", name=group).get_by_text(choice, exact=True).click()


def test_login_leads_to_who_is_due_and_why(device, axe, net, cast, elders):
    page = device()
    page.goto("/")
    axe(page)
    page.get_by_label("手机号").fill(cast.gridworker.phone)
    page.get_by_label("密码").fill("hekou-demo")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("heading", name="今日", exact=True).wait_for()
    axe(page)
    door(page, "赵老汉").get_by_text("独居老人，已 9 天未走访").wait_for()
    door(page, "钱秀英").get_by_text("独居老人，从未走访").wait_for()
    assert page.get_by_text("本周还差 3 人").is_visible()
    assert page.get_by_text("3 户", exact=True).is_visible()


def test_one_tap_and_its_undo(device, axe, net, cast, elders):
    page = device(cast.gridworker)
    page.goto("/today/")
    door(page, "赵老汉").get_by_role("button", name="见到了").click()
    page.get_by_text("沟底村 101 号：见到了，已登记。").wait_for()
    axe(page)
    assert page.get_by_text("今天已走访 1 户").is_visible()
    assert page.get_by_text("本周还差 2 人").is_visible()
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("已撤回，这一户还在名单里。").wait_for()
    axe(page)
    door(page, "赵老汉").get_by_text("已 9 天未走访").wait_for()
    assert page.get_by_text("本周还差 3 人").is_visible()


def test_the_list_stays_where_it_was(device, axe, net, cast, elders):
    """A press swaps the page's content: no new page, the list not scrolled, the focus on what was said."""
    page = device(cast.gridworker)
    page.goto("/today/")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 420})
    page.evaluate("window.stayed = true; window.scrollTo(0, 240)")
    for name, left in (("钱秀英", 2), ("赵老汉", 1)):
        door(page, name).get_by_role("button", name="见到了").click()
        page.get_by_text(f"本周还差 {left} 人").wait_for(state="attached")
        assert page.evaluate("window.stayed && document.activeElement.innerText").endswith("撤销")
    assert page.evaluate("window.scrollY") > 0
    axe(page)
    assert page.get_by_role("button", name="撤销").is_visible()
    moments = FieldRecord.objects.filter(actor=cast.gridworker).values_list("captured_at", flat=True)
    assert len(set(moments)) == 2


def test_a_refused_press_says_why(device, axe, expecting, net, cast, elders):
    second = ResidentFactory(household=elders[0].household, name="赵大娘")
    ResidentCareFactory(resident=second, category=elders[0].care.get().category)
    page = device(cast.gridworker)
    page.goto("/today/?all=1")
    row = door(page, "赵大娘")
    for name in ("赵老汉", "赵大娘"):
        row.get_by_text(name, exact=True).click()
    with expecting(422):
        row.get_by_role("button", name="见到了").click()
        page.get_by_text("请至少选一个见到的人。").first.wait_for()
    assert page.evaluate("document.activeElement.innerText").strip().startswith("还不能保存")
    axe(page)
    page.get_by_text("赵大娘", exact=True).click()
    page.get_by_role("button", name="见到了").click()
    page.get_by_text("沟底村 101 号：见到了，已登记。").wait_for()


def test_a_press_that_does_not_arrive_is_told(device, axe, expecting, faults, net, cast, elders):
    page = device(cast.gridworker)
    page.goto("/today/")
    page.context.set_offline(True)
    door(page, "赵老汉").get_by_role("button", name="见到了").click()
    page.get_by_text("没有连上网络").wait_for()
    faults.clear()  # The browser tells its console that it is offline.
    axe(page)
    page.context.set_offline(False)
    door(page, "赵老汉").get_by_role("button", name="见到了").click()
    page.get_by_text("沟底村 101 号：见到了，已登记。").wait_for()

    cast.gridworker.assignments.update(grid=net.neighbour_grid)
    access.forget(cast.gridworker)
    with expecting(404):
        door(page, "钱秀英").get_by_role("button", name="见到了").click()
        page.get_by_text("这一户已经不在您的网格里").wait_for()
    axe(page)


def test_signed_out_meanwhile_a_press_leads_to_the_login(device, net, cast, elders):
    page = device(cast.gridworker)
    page.goto("/today/")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    door(page, "赵老汉").get_by_role("button", name="见到了").click()
    page.get_by_role("heading", name="登录").wait_for()
    page.get_by_label("手机号").fill(cast.gridworker.phone)
    page.get_by_label("密码").fill("hekou-demo")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("heading", name="今日", exact=True).wait_for()


def test_nobody_at_home_comes_back_later(device, axe, net, cast, elders):
    page = device(cast.gridworker)
    page.goto("/today/")
    door(page, "钱秀英").get_by_role("button", name="家里没人").click()
    page.get_by_text("沟底村 201 号：家里没人，已登记。").wait_for()
    axe(page)
    again = timezone.localdate() + timedelta(days=HouseholdVisit.RETURN_DAYS)
    assert door(page, "钱秀英").get_by_text(f"{again.month}月{again.day}日再去").is_visible()
    assert page.get_by_role("heading", name="稍后再来").is_visible()


def test_a_visit_in_full(device, axe, net, cast, elders):
    page = device(cast.gridworker)
    page.goto("/today/")
    door(page, "赵老汉").get_by_role("link", name="详细记").click()
    axe(page)
    choose(page, "走访内容", "健康随访", "安全隐患")
    page.get_by_label("情况记录").fill("炉子烟筒换过了，人精神。")
    page.get_by_text("听到的诉求（选填）").click()
    heard = page.get_by_role("group", name="诉求 1")
    heard.get_by_label("主题").select_option(label="吃水用水")
    heard.get_by_label("说了什么").fill("水管冻了三天")
    page.get_by_label("照片").set_input_files(jpeg())
    page.get_by_alt_text("门口.jpg").wait_for()
    axe(page)
    page.get_by_role("button", name="保存走访").click()
    page.get_by_text("走访已登记。").wait_for()
    axe(page)
    assert page.get_by_text("炉子烟筒换过了，人精神。").is_visible()
    assert page.get_by_text("健康随访").is_visible()
    assert Photo.objects.count() == 1

    page.get_by_role("link", name="水管冻了三天").click()
    page.get_by_text("持续关注").wait_for()
    axe(page)
    page.goto(f"/households/{elders[0].household.uuid}/")
    page.get_by_role("heading", name="沟底村 101 号").wait_for()
    assert page.get_by_text("水管冻了三天").is_visible()
    axe(page)


def test_bad_input_loses_nothing_typed(device, axe, expecting, net, cast, elders):
    page = device(cast.gridworker)
    page.goto(f"/visits/new/?household={elders[0].household.uuid}")
    page.get_by_label("情况记录").fill("说好周五再来")
    page.get_by_text("听到的诉求（选填）").click()
    heard = page.get_by_role("group", name="诉求 1")
    heard.get_by_label("说了什么").fill("路灯不亮")
    page.get_by_label("照片").set_input_files([jpeg(), TEXT_FILE])
    with expecting(422):
        page.get_by_role("button", name="保存走访").click()
        page.get_by_role("alert").get_by_text("名单.txt").wait_for()
    axe(page)
    assert page.get_by_label("情况记录").input_value() == "说好周五再来"
    assert heard.get_by_label("说了什么").input_value() == "路灯不亮"
    assert page.get_by_text("照片要重新选一次").is_visible()
    heard.get_by_label("主题").select_option(label="道路出行")
    page.get_by_label("照片").set_input_files(jpeg())
    page.get_by_role("button", name="保存走访").click()
    page.get_by_text("走访已登记。").wait_for()
    assert page.get_by_role("link", name="路灯不亮").is_visible()


def test_a_patrol_with_a_finding(device, axe, net, cast):
    page = device(cast.gridworker)
    page.goto("/patrols/new/")
    axe(page)
    page.get_by_label("路线或范围").fill("村口到水塔")
    page.get_by_text("发现的问题（选填）").click()
    found = page.get_by_role("group", name="问题 1")
    found.get_by_label("主题").select_option(label="道路出行")
    found.get_by_label("地点").fill("水塔下的坡道")
    found.get_by_label("发现了什么").fill("路面塌了一块")
    axe(page)
    page.get_by_role("button", name="保存巡查").click()
    page.get_by_text("路面塌了一块").wait_for()
    axe(page)
    page.goto("/patrols/")
    page.get_by_text("1 件").wait_for()
    axe(page)


def test_the_evening_and_the_diary(device, axe, net, cast, elders):
    page = device(cast.gridworker)
    page.goto("/today/")
    page.get_by_role("link", name="晚上补记").click()
    axe(page)
    for name in ("赵老汉", "孙福贵"):
        page.get_by_label(name).check()
    page.get_by_role("button", name="保存补记").click()
    page.get_by_text("已补记 2 户。").wait_for()
    axe(page)
    assert page.get_by_text("今天已走访 2 户").is_visible()

    page.goto("/diary/")
    page.get_by_text("2 户次").wait_for()
    assert page.get_by_role("link", name="沟底村 301 号").is_visible()
    axe(page)
    page.get_by_role("link", name="我的本月").click()
    page.get_by_role("heading", name="我的本月").wait_for()
    assert page.get_by_text("上门见到").is_visible()
    axe(page)


def test_a_double_tap_is_one_visit(device, net, cast, elders):
    page = device(cast.gridworker)
    page.goto("/today/")
    door(page, "赵老汉").get_by_role("button", name="见到了").dblclick()
    page.get_by_text("已登记。").wait_for()
    page.get_by_text("今天已走访 1 户").wait_for()
    assert HouseholdVisit.objects.filter(visitor=cast.gridworker).count() == 1


def test_without_javascript(device, net, cast, elders):
    page = device(cast.gridworker, java_script_enabled=False)
    page.goto("/today/")
    door(page, "孙福贵").get_by_role("button", name="见到了").click()
    page.get_by_text("沟底村 301 号：见到了，已登记。").wait_for()
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("已撤回，这一户还在名单里。").wait_for()
    door(page, "孙福贵").get_by_role("link", name="详细记").click()
    page.get_by_label("情况记录").fill("门前的雪扫了")
    page.get_by_role("button", name="保存走访").click()
    page.get_by_text("门前的雪扫了").wait_for()
