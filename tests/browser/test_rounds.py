"""Journeys: the office prepares a round, prints its slips, begins it, and keys the paper sheets with a colleague."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from grids.access import Role
from surveys.actions import paper
from surveys.models import PaperSheet, Response, Round, SampledHousehold, TokenBatch
from tests.browser.conftest import DESKTOP
from tests.factories import AssignmentFactory, HouseholdFactory, ResidentFactory, UserFactory
from tests.factories.surveys import questionnaire_of, round_of

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def colleague(net):
    user = UserFactory(name="王二")
    AssignmentFactory(user=user, role=Role.TOWN_OFFICER, grid=net.town)
    return user


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_from_people_to_open(device, axe, net, cast, expecting):
    """The checklist leads: people, draw, slips, poster, begin."""
    for grid in [net.grid] * 6 + [net.other_grid] * 4:
        ResidentFactory(household=HouseholdFactory(grid=grid), is_head=True)
    questionnaire_of(cast.town_officer, net.town)
    today = timezone.localdate()
    page = device(cast.town_officer)
    page.goto("/rounds/")
    axe(page)
    page.get_by_role("link", name="新建调查").first.click()
    page.get_by_label(re.compile("^名称")).fill("下半年调查")
    page.get_by_label(re.compile("^问卷")).select_option(index=1)
    page.get_by_label(re.compile("^第一天")).fill(str(today))
    page.get_by_label(re.compile("^最后一天")).fill(str(today + timedelta(days=9)))
    for mode in ("入户", "扫码（一人一码）", "扫码（海报）"):
        page.get_by_text(mode, exact=True).click()
    axe(page)
    page.get_by_role("button", name="建立").click()
    page.get_by_text("按下面的清单一步步准备").wait_for()
    axe(page)
    assert fits(page)

    page.get_by_role("link", name="填人数").click()
    page.get_by_label("沟底村常住成年人口").fill("5")
    page.get_by_label("神堂坪村常住成年人口").fill("3")
    page.get_by_label("神堂坪村常住成年人口").press("Tab")
    page.get_by_text("N = 8").wait_for()
    assert page.locator(f"#quota-{net.village.code}").inner_text() == "5"
    axe(page)
    assert fits(page)
    with expecting(422):
        page.get_by_label(re.compile("^要收几份")).fill("9")
        page.get_by_role("button", name="保存").click()
        page.get_by_text("目标份数须在 8 与总人数 8 之间").wait_for()
        axe(page)
        assert page.get_by_label("沟底村常住成年人口").input_value() == "5"
        page.get_by_label(re.compile("^要收几份")).fill("")
        page.get_by_role("button", name="保存").click()
        page.get_by_text("共 8 人，要收 8 份").wait_for()

    page.get_by_role("link", name="抽样").click()
    page.get_by_label(re.compile("^种子")).fill("42")
    axe(page)
    page.get_by_role("button", name="抽样").click()
    page.get_by_text("抽好了").wait_for()
    axe(page)
    assert fits(page)
    assert SampledHousehold.objects.filter(state="waiting").count() == 8
    page.get_by_role("link", name="打印各村名单").click()
    page.get_by_role("heading", name="入户名单").wait_for()
    axe(page)
    page.get_by_role("link", name="返回").click()
    page.get_by_role("link", name="下半年调查").first.click()

    page.get_by_role("link", name="去印").click()
    axe(page)
    page.get_by_label(re.compile("^张数")).fill("12")
    page.get_by_role("button", name="生成，去打印").click()
    page.get_by_text("这些码只显示这一次").wait_for()
    axe(page)
    assert fits(page)
    assert page.locator(".slip").count() == 12 and TokenBatch.objects.get().size == 12
    page.get_by_role("link", name="返回").click()
    page.get_by_text("第 1 批").wait_for()
    axe(page)
    page.get_by_role("link", name="下半年调查").first.click()
    page.get_by_role("link", name="看海报").click()
    page.get_by_text("扫一扫").wait_for()
    axe(page)
    assert fits(page)
    page.get_by_role("link", name="返回").click()

    page.get_by_role("link", name="开始…").click()
    axe(page)
    page.get_by_role("button", name="开始调查").click()
    page.get_by_text("调查已开始").wait_for()
    axe(page)
    assert fits(page)
    assert Round.objects.get().state == "open"
    page.get_by_role("link", name="结束调查…").click()
    axe(page)
    page.get_by_role("button", name="结束调查").click()
    page.get_by_text("不再收答卷").wait_for()
    assert Round.objects.get().state == "closed"


def key(page, heard, number=None):
    if number:
        page.get_by_label(re.compile("^纸面编号")).fill(number)
    page.get_by_label(re.compile("^村/社区")).select_option("沟底村")
    page.get_by_text("女", exact=True).click()
    page.get_by_text("60–69 岁", exact=True).click()
    page.get_by_text(heard, exact=True).click()


def test_two_people_key_a_sheet(device, axe, net, cast, colleague):
    asked = round_of(cast.town_officer, net)
    page = device(cast.town_officer)
    page.goto(asked.get_absolute_url())
    page.get_by_role("link", name="录纸质问卷").click()
    axe(page)
    key(page, "知道", "0001")
    page.get_by_role("button", name="录好，下一张").click()
    page.get_by_text("编号 0001 录好了").wait_for()
    assert page.get_by_label(re.compile("^纸面编号")).input_value() == "0002"
    key(page, "听说过", "0002")
    page.get_by_role("button", name="录好，下一张").click()
    page.get_by_text("编号 0002 录好了").wait_for()

    page = device(colleague)
    page.goto(f"{asked.get_absolute_url()}paper/")
    axe(page)
    page.get_by_role("link", name="从编号 0001 起复录").click()
    axe(page)
    key(page, "知道")
    page.get_by_role("button", name="录好了，比对").click()
    page.get_by_text("两次一致，已入库").wait_for()
    assert Response.objects.count() == 1

    key(page, "不知道")
    page.get_by_role("button", name="录好了，比对").click()
    page.get_by_text("两次录的不一样").wait_for()
    axe(page)
    assert fits(page)
    page.get_by_text("都不对，另填").click()
    page.get_by_text("不清楚", exact=True).click()
    axe(page)
    page.get_by_role("button", name="就按这样入库").click()
    page.get_by_text("编号 0002 已入库").wait_for()
    axe(page)
    assert sorted(Response.objects.values_list("answers__heard", flat=True)) == ["unsure", "yes"]
    assert not PaperSheet.objects.exclude(state="done").exists()


def test_digits_key_a_sheet(desktop, axe, net, cast):
    """Eyes on the paper: a digit for each question, Enter at the end."""
    asked = round_of(cast.town_officer, net)
    page = desktop(cast.town_officer)
    page.goto(f"{asked.get_absolute_url()}paper/new/?area={net.village.code}")
    axe(page)
    page.get_by_label(re.compile("^纸面编号")).fill("0007")
    page.get_by_label(re.compile("^村/社区")).focus()
    page.keyboard.press("Tab")
    for digit in "24":
        page.keyboard.press(digit)
    page.keyboard.press("Tab")
    page.keyboard.press("2")
    page.keyboard.type("多种树")
    page.get_by_role("button", name="录好，下一张").press("Enter")
    page.get_by_text("编号 0007 录好了").wait_for()

    told = PaperSheet.objects.get().first
    assert (told["sex"], told["age"]) == ("f", "60")
    assert told["answers"] == {"heard": "some", "wishes": "多种树"}


def test_without_a_script_a_sheet_is_keyed_and_the_frame_reckoned(open_page, net, cast, colleague):
    asked = round_of(cast.town_officer, net)
    sheet = paper.key(
        round=asked,
        by=colleague,
        number="1",
        told={"area": net.village.code, "sex": "", "age": "", "proxy": False, "answers": {"heard": "no"}},
    )
    prepared = round_of(cast.town_officer, net, title="另一份", opened=False)
    page = open_page(DESKTOP, cast.town_officer, java_script_enabled=False)
    page.goto(f"{prepared.get_absolute_url()}frame/")
    page.get_by_label("沟底村常住成年人口").fill("7000")
    page.get_by_role("button", name="算一算").click()
    page.get_by_text("370 份").first.wait_for()

    page.goto(f"{asked.get_absolute_url()}paper/{sheet.uuid}/")
    page.get_by_label(re.compile("^村/社区")).select_option("沟底村")
    page.get_by_text("不知道", exact=True).click()
    page.get_by_role("button", name="录好了，比对").click()
    page.get_by_text("两次一致，已入库").wait_for()
    assert Response.objects.count() == 1
