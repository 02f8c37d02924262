"""A gridworker's day, on a phone and on a desk: who is due, the knock on the door, what was heard, the diary."""

from datetime import date
from io import BytesIO

import pytest
from django.core.management import call_command
from PIL import Image

from grids.models import CareCategory, Concern, Finding, HouseholdVisit
from tests.factories import HouseholdFactory, ResidentCareFactory, ResidentFactory

pytestmark = pytest.mark.django_db(transaction=True)

Outcome = HouseholdVisit.Outcome
NOT_A_PICTURE = {"name": "假的.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"}


@pytest.fixture
def village(net, cast):
    """Three doors with an elder who lives alone, of whom nobody was ever visited, and one household without care."""
    call_command("setup_town", verbosity=0)
    alone = CareCategory.objects.get(name="独居老人")
    for number, name in enumerate(("赵存喜", "李桂花", "王满仓"), 1):
        household = HouseholdFactory(grid=net.grid, address=f"沟底村 {number} 号")
        elder = ResidentFactory(household=household, name=name, is_head=True)
        ResidentCareFactory(resident=elder, category=alone, starts_on=date(2024, 1, 1))
    ResidentFactory(household=HouseholdFactory(grid=net.grid, address="沟底村 9 号"), name="张爱莲")
    return net.grid


@pytest.fixture
def picture():
    written = BytesIO()
    Image.new("RGB", (640, 480), "#4a7").save(written, "JPEG")
    return {"name": "水管.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}


def door(page, name):
    return (
        page.get_by_role("listitem")
        .filter(has_text=name)
        .filter(has=page.get_by_role("button", name="见到了"))
    )


def pick(page, question, answer):
    page.get_by_role("group", name=question).get_by_text(answer, exact=True).click()


def visits(**about):
    return HouseholdVisit.objects.current().filter(**about)


def test_the_morning(device, axe, village, cast):
    """Log in, see who is due and why, tap, take it back, tap again."""
    page = device()
    page.goto("/")
    axe(page)
    page.get_by_label("手机号").fill(cast.gridworker.phone)
    page.get_by_role("textbox", name="密码").fill("hekou-demo")
    page.get_by_role("button", name="登录").click()
    page.goto("/today/")
    page.get_by_text("独居老人，从未走访").first.wait_for()
    assert door(page, "赵存喜").count() == 1
    axe(page)

    door(page, "赵存喜").get_by_role("button", name="见到了").click()
    page.get_by_text("沟底村 1 号：见到了，已登记。").wait_for()
    assert door(page, "赵存喜").count() == 0
    page.get_by_text("今天已走访 1 户").wait_for()
    axe(page)
    page.get_by_role("button", name="撤销").click()
    door(page, "赵存喜").wait_for()
    assert not visits().exists()

    door(page, "赵存喜").get_by_role("button", name="见到了").dblclick()
    page.get_by_text("今天已走访 1 户").wait_for()
    door(page, "李桂花").get_by_role("button", name="家里没人").click()
    page.get_by_text("沟底村 2 号：家里没人，已登记。").wait_for()
    page.get_by_role("heading", name="稍后再来").wait_for()
    assert [v.outcome for v in visits().order_by("pk")] == [Outcome.MET, Outcome.NOT_HOME]


def test_a_tap_stays_where_it_was_made(phone, village, cast):
    """The list is exchanged under the finger: no new page, and the answer is read out."""
    page = phone(cast.gridworker)
    page.goto("/today/")
    page.evaluate("window.untouched = true")
    door(page, "王满仓").get_by_role("button", name="不愿见").click()
    said = page.get_by_text("沟底村 3 号：不愿见，已登记。")
    said.wait_for()

    assert page.evaluate("window.untouched") and page.url.endswith("/today/")
    assert page.evaluate("document.activeElement.textContent").count("不愿见")


def test_without_a_network_a_tap_says_so_and_can_be_made_again(phone, expecting, faults, village, cast):
    page = phone(cast.gridworker)
    page.goto("/today/")
    page.context.set_offline(True)
    door(page, "赵存喜").get_by_role("button", name="见到了").click()
    page.get_by_text("没有送到").wait_for()
    page.context.set_offline(False)
    assert not visits().exists()
    faults.clear()

    door(page, "赵存喜").get_by_role("button", name="见到了").click()
    page.get_by_text("沟底村 1 号：见到了，已登记。").wait_for()
    assert visits().count() == 1


def test_without_scripts(phone, village, cast):
    page = phone(cast.gridworker, java_script_enabled=False)
    page.goto("/today/")
    door(page, "赵存喜").get_by_role("button", name="见到了").click()
    page.get_by_text("沟底村 1 号：见到了，已登记。").wait_for()
    page.get_by_role("button", name="撤销").click()
    door(page, "赵存喜").wait_for()

    assert not visits().exists()


def test_a_visit_told_in_full(device, axe, expecting, village, cast, picture):
    """A picture that is none is refused by name and nothing typed is lost; then all of it is kept."""
    page = device(cast.gridworker)
    page.goto("/today/")
    door(page, "赵存喜").get_by_role("link", name="详细记").click()
    # The only person of the house is ticked already.
    page.get_by_label("情况记录").fill("老人精神好，水管冻裂了")
    page.get_by_text("听到的诉求").click()
    heard = page.get_by_role("group", name="诉求 1")
    heard.get_by_label("主题").select_option("water")
    heard.get_by_label("说了什么").fill("水龙头三天没水")
    page.get_by_label("照片").set_input_files(NOT_A_PICTURE)
    axe(page)
    with expecting(422):
        page.get_by_role("button", name="保存走访").click()
        page.get_by_text("假的.jpg").first.wait_for()
    axe(page)
    assert page.get_by_label("情况记录").input_value() == "老人精神好，水管冻裂了"
    assert heard.get_by_label("说了什么").input_value() == "水龙头三天没水"

    page.get_by_label("照片").set_input_files(picture)
    page.get_by_role("button", name="保存走访").click()
    page.get_by_text("走访已登记").wait_for()
    page.get_by_text("水龙头三天没水").wait_for()
    page.get_by_role("img", name="照片").first.wait_for()
    axe(page)
    visit = visits().get()
    assert visit.met.get().resident.name == "赵存喜" and visit.record.photos.count() == 1

    page.get_by_role("link", name="沟底村 1 号").first.click()
    page.get_by_role("heading", name="沟底村 1 号").wait_for()
    page.get_by_text("水龙头三天没水").first.wait_for()
    axe(page)


def test_a_patrol_finds_something(device, axe, village, cast):
    page = device(cast.gridworker)
    page.goto("/patrols/new/")
    axe(page)
    page.get_by_label("路线或范围").fill("村口到水塔")
    page.get_by_text("发现的问题").click()
    found = page.get_by_role("group", name="问题 1")
    found.get_by_label("主题").select_option("road")
    found.get_by_label("地点").fill("水塔下的坡道")
    found.get_by_label("发现了什么").fill("路面塌了一块")
    page.get_by_role("button", name="保存巡查").click()
    page.get_by_text("路面塌了一块").wait_for()
    axe(page)
    page.get_by_role("button", name="已处理").click()
    page.get_by_text("张春燕").last.wait_for()
    assert Finding.objects.get().state == Finding.State.SETTLED


def test_the_evening_and_the_diary(device, axe, village, cast):
    """晚上补记 makes a visit of each household ticked; the day and the month can be printed."""
    page = device(cast.gridworker)
    page.goto("/today/")
    page.get_by_role("link", name="晚上补记").click()
    axe(page)
    page.get_by_text("赵存喜").click()
    page.get_by_text("张爱莲").click()
    page.get_by_role("button", name="保存补记").click()
    page.get_by_text("已补记 2 户").wait_for()
    assert visits(outcome=Outcome.MET).count() == 2

    page.goto("/diary/")
    page.get_by_text("2 户次").wait_for()
    axe(page)
    page.get_by_role("link", name="打印").click()
    page.get_by_text("张爱莲").wait_for()
    axe(page)
    page.goto("/diary/month/")
    page.get_by_role("heading", name="我的本月").wait_for()
    axe(page)
    for address in ("/visits/", "/visits/new/household/", "/concerns/", "/patrols/", "/households/"):
        page.goto(address)
        axe(page)


def test_something_heard_on_the_road(device, axe, village, cast):
    page = device(cast.gridworker)
    page.goto("/concerns/")
    page.get_by_role("link", name="上报").filter(visible=True).first.click()
    axe(page)
    pick(page, "什么事", "吃水用水")
    page.get_by_label("说了什么").fill("水塔下面几户没水")
    page.get_by_role("button", name="上报").click()
    page.get_by_text("水塔下面几户没水").first.wait_for()
    axe(page)
    assert Concern.objects.get().heard_by == cast.gridworker
