"""Journeys: a resident on an old phone without JavaScript, by slip and by poster; an interview handed over and back."""

import re

import pytest
from django.core.cache import cache
from django.urls import reverse

from grids.models import TownProfile
from surveys.models import InterviewerTally, Response, SampledHousehold, Token
from tests.browser.test_every_page import fault
from tests.factories.interviews import codes_of, sampled_round, talk_of

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(net, cast):
    cache.clear()
    TownProfile.objects.create(town=net.town, office_name="镇网格办", duty_phone="0351-5170000")
    return talk_of(cast.town_officer, net)


@pytest.fixture
def code(asked, cast, net):
    return codes_of(asked, cast.town_officer, area=net.village)[1][0]


@pytest.fixture
def fine(axe):
    """`fine(page)`: accessible, no wider than the screen, one heading, and on a phone as high as a thumb; in large
    type, too."""

    def fine(page):
        assert not fault(axe, page)
        page.evaluate("document.documentElement.classList.add('large')")
        assert not fault(axe, page)
        page.evaluate("document.documentElement.classList.remove('large')")

    return fine


def choose(page, question, answer):
    page.get_by_role("group", name=re.compile(question)).get_by_text(answer, exact=True).click()


def tell_who(page, whose="我自己答"):
    choose(page, "谁来答", whose)
    choose(page, "性别", "女")
    choose(page, "年龄", "60–69 岁")


def test_by_a_slip_on_an_old_phone(phone, expecting, net, asked, code):
    """Typed code, no script; put aside in the middle, gone on with on another phone, and used a second time."""
    page = phone(java_script_enabled=False)
    page.goto("/s/")
    page.get_by_label("答题码").fill(f"{code[:5]}-{code[5:]}".lower())
    page.get_by_role("button", name="打开问卷").click()
    page.get_by_role("heading", name="创城居民问卷").wait_for()
    assert page.get_by_label("住在哪个村").input_value() == net.village.code
    tell_who(page, "替家里老人填")
    page.get_by_role("button", name="开始答题").click()
    page.get_by_text("请照老人的意思选").wait_for()
    choose(page, "您知道古交", "不知道")
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("为什么没听说过").wait_for()
    # The phone's own way back works, too: every page has an address, and nothing is posted again.
    page.go_back()
    page.get_by_text("您知道古交").wait_for()
    assert page.get_by_role("radio", name="不知道").is_checked()
    page.go_forward()
    with expecting(422):
        page.get_by_role("button", name="下一步").click()
        page.get_by_role("alert").wait_for()

    other = phone(java_script_enabled=False)
    other.goto(f"/s/{code}/")
    other.get_by_text("接着上次的答").wait_for()
    other.get_by_label("为什么没听说过").fill("没人说过")
    other.get_by_role("button", name="下一步").click()
    other.get_by_label("您还有什么想说的").fill("<b>路灯</b>")
    other.get_by_role("button", name="上一步").click()
    assert other.get_by_label("为什么没听说过").input_value() == "没人说过"
    other.get_by_role("button", name="下一步").click()
    assert other.get_by_label("您还有什么想说的").input_value() == "<b>路灯</b>"
    other.get_by_role("button", name="交卷").dblclick()
    other.get_by_role("heading", name="谢谢您，收到了").wait_for()
    assert code not in other.url and other.get_by_text("文明创建，你我同行").is_visible()
    assert other.get_by_role("link", name="0351-5170000").is_visible()
    response = Response.objects.get()
    assert response.is_proxy and response.answers["wishes"] == "<b>路灯</b>"
    with expecting(410):
        page.goto(f"/s/{code}/")
    assert page.get_by_text("已经答过一次了，谢谢您").is_visible()
    assert Token.objects.get().is_used


def test_by_a_poster(device, fine, expecting, faults, net, asked):
    page = device()
    page.goto(reverse("answer_poster", args=[asked.poster_code]))
    fine(page)
    page.get_by_label("住在哪个村").select_option(label="神堂坪村")
    tell_who(page)
    page.get_by_role("button", name="开始答题").click()
    page.get_by_text("第 1 页，共 2 页").wait_for()
    fine(page)
    choose(page, "您知道古交", "不知道")
    page.get_by_role("button", name="下一步").click()
    page.get_by_text("第 2 页，共 3 页").wait_for()
    # The phone's own way back is 上一步, to the first page and on again.
    page.go_back()
    page.get_by_text("第 1 页，共 3 页").wait_for()
    assert page.get_by_role("radio", name="不知道").is_checked()
    page.go_back()
    page.get_by_role("button", name="开始答题").wait_for()
    assert page.get_by_role("radio", name="60–69 岁").is_checked()
    page.get_by_role("button", name="开始答题").click()
    page.get_by_text("第 1 页，共 3 页").wait_for()
    page.get_by_role("button", name="下一步").click()
    page.get_by_text("第 2 页，共 3 页").wait_for()
    page.get_by_role("button", name="上一步").click()
    page.get_by_text("第 1 页，共 3 页").wait_for()
    # Out of reach for a moment: nothing is lost.
    page.context.set_offline(True)
    page.get_by_role("button", name="下一步").click()
    page.get_by_text("没有送出去").wait_for()
    page.context.set_offline(False)
    faults.clear()  # The browser says that it was offline.
    page.get_by_role("button", name="下一步").click()
    page.get_by_text("第 2 页，共 3 页").wait_for()
    with expecting(422):
        page.get_by_role("button", name="下一步").click()
        page.get_by_role("alert").wait_for()
    fine(page)
    page.get_by_role("alert").get_by_role("link").click()
    page.keyboard.type("没人说过")
    page.keyboard.press("Enter")
    page.get_by_text("第 3 页，共 3 页").wait_for()
    page.get_by_role("button", name="交卷").click()
    page.get_by_role("heading", name="谢谢您，收到了").wait_for()
    fine(page)
    assert Response.objects.get().area == net.other_village


def test_every_refusal_is_a_page(device, fine, expecting, net, cast, asked, code):
    page = device()
    with expecting(404):
        page.goto("/s/ABCDEFGHJK/")
    fine(page)
    page.get_by_role("link", name="重新填码").click()
    page.get_by_role("heading", name="填答题码").wait_for()
    fine(page)
    asked.areas.update(quota=0)
    page.goto(f"/s/{code}/")
    fine(page)
    tell_who(page)
    with expecting(409):
        page.get_by_role("button", name="开始答题").click()
        page.get_by_role("heading", name="已经问够了").wait_for()
    fine(page)


def test_an_interview_handed_over_and_back(phone, fine, net, cast):
    asked = sampled_round(cast.town_officer, net)
    door = asked.sample.filter(state="waiting").order_by("household__address_key").first()
    page = phone(cast.gridworker)
    page.goto("/today/")
    page.get_by_role("link", name="问卷访问：还有 2 户要去").click()
    page.get_by_role("heading", name="问卷访问").wait_for()
    fine(page)
    to_the_door = re.compile(f"去访问.*{door.household.address}")
    page.get_by_role("link", name=to_the_door).click()
    page.get_by_text("您好，我是").wait_for()
    fine(page)
    choose(page, "性别", "女")
    choose(page, "年龄", "60–69 岁")
    choose(page, "怎么答", "把手机交给住户自己填")
    page.get_by_role("button", name="愿意答，开始").click()
    page.get_by_text("照您的真实感受选就行").wait_for()
    fine(page)
    assert page.get_by_role("navigation").count() == 0 and cast.gridworker.name not in page.content()
    choose(page, "您知道古交", "知道")
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("您还有什么想说的").fill("路灯")
    page.go_back()
    page.get_by_text("您知道古交").wait_for()
    page.get_by_role("button", name="下一步").click()
    assert page.get_by_label("您还有什么想说的").input_value() == "路灯"
    page.get_by_role("button", name="答完，交卷").click()
    page.get_by_text("请把手机交还给网格员").wait_for()
    fine(page)
    assert door.household.address not in page.content()
    # Whatever is opened on this phone asks for it back, until the gridworker says that he has it.
    page.goto("/today/")
    page.get_by_text("请把手机交还给网格员").wait_for()
    page.get_by_role("button", name="网格员点这里继续").click()
    page.get_by_role("heading", name="问卷访问").wait_for()
    assert not page.get_by_role("link", name=to_the_door).count()
    assert InterviewerTally.objects.get().self_filled == Response.objects.count() == 1


def test_doors_that_gave_no_interview(phone, fine, net, cast):
    asked = sampled_round(cast.town_officer, net)
    page = phone(cast.gridworker)
    page.goto("/interviews/")
    page.get_by_role("link", name="去访问").first.click()
    page.get_by_role("button", name="家里没人").click()
    page.get_by_text("第 1 次").first.wait_for()
    fine(page)
    page.get_by_role("link", name="去访问").last.click()
    page.get_by_role("button", name="拒答").click()
    page.get_by_text("替补，已加进名单").wait_for()
    fine(page)
    assert page.get_by_text("替补", exact=True).is_visible()
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("已恢复为待访").wait_for()
    assert asked.sample.filter(state=SampledHousehold.State.WAITING).count() == 2


def test_a_stand_at_an_event_without_javascript(phone, net, cast):
    asked = sampled_round(cast.town_officer, net)
    page = phone(cast.gridworker, java_script_enabled=False)
    page.goto("/interviews/")
    page.get_by_role("link", name="活动现场收答卷").click()
    for number in (1, 2):
        page.get_by_label("他住在哪个村").select_option(label="沟底村")
        choose(page, "性别", "男")
        choose(page, "年龄", "45–59 岁")
        page.get_by_role("button", name="愿意答，开始").click()
        choose(page, "您知道古交", "知道")
        page.get_by_role("button", name="下一步").click()
        page.get_by_role("button", name="答完，收下").click()
        page.get_by_text(f"收了 {number} 份").wait_for()
    assert asked.responses.count() == 2
