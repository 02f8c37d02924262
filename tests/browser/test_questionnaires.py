"""Journeys: a questionnaire drafted from the ready one, tried out as on a phone, and published."""

import re

import pytest

from surveys import schema as schemas
from surveys.actions import questionnaires
from surveys.models import Questionnaire, Version
from surveys.ready import CIVILISED_CITY

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def draft(net, cast):
    return questionnaires.create(
        town=net.town, by=cast.town_officer, title="创城问卷", schema=schemas.dump(CIVILISED_CITY)
    )


def schema_now():
    return schemas.parse(Version.objects.get().schema)


def test_from_the_ready_one_to_published(device, axe, net, cast, expecting):
    page = device(cast.town_officer)
    page.goto("/questionnaires/")
    axe(page)
    page.get_by_role("link", name="新建问卷").first.click()
    axe(page)
    page.get_by_label("问卷名称").fill("2026 年下半年问卷")
    page.get_by_role("button", name="建立草稿").click()
    page.get_by_text("问卷已建立").wait_for()
    axe(page)

    # A question behind another, with a condition and marks, without typing a bracket.
    page.get_by_role("link", name=re.compile("在后面加题：您知道我们这里")).click()
    page.get_by_label(re.compile("^题目 ")).fill("您从哪里听说的？")
    page.get_by_label(re.compile("^选项 ")).fill("网格员上门\n村里广播\n别处")
    page.get_by_role("button", name="别处：其他").click()
    page.get_by_text("满足条件才显示").click()
    page.get_by_label("看哪道题").select_option("aware")
    page.get_by_label("哪个选项").select_option(label="听说过")
    axe(page)
    page.locator("#look").get_by_text("村里广播").wait_for()
    with expecting(422):
        page.get_by_label("哪个选项").select_option("")
        page.get_by_role("button", name="保存").click()
        page.get_by_text("还不能保存").wait_for()
        axe(page)
        assert page.get_by_label(re.compile("^选项 ")).input_value() == "网格员上门\n村里广播\n别处 [其他]"
        page.get_by_label("哪个选项").select_option(label="听说过")
        page.get_by_role("button", name="保存").click()
        page.get_by_text("已加一道题").wait_for()
    made = list(schema_now().questions())[1]
    assert (made.relevance, made.options[2].name) == ("${aware} = 'heard'", "other")
    page.locator(".draft-if").get_by_text("听说过").wait_for()

    # Moved, deleted, brought back.
    page.get_by_role("button", name="下移：您从哪里听说的？").click()
    page.get_by_text("次序已调整").wait_for()
    page.get_by_role("button", name="删去：您从哪里听说的？").click()
    page.get_by_text("已删去这道题").wait_for()
    axe(page)
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("已撤销上一次改动").wait_for()
    assert list(schema_now().questions())[2].label == "您从哪里听说的？"

    page.get_by_role("link", name="发布…").click()
    axe(page)
    page.get_by_role("button", name="发布").click()
    page.get_by_text("第 1 版已发布").wait_for()
    axe(page)
    assert Questionnaire.objects.get().versions.get().published_by == cast.town_officer


def test_the_keyboard_alone_adds_a_question(desktop, net, cast, draft):
    page = desktop(cast.town_officer)
    page.goto(f"/questionnaires/{draft.uuid}/edit/questions/new/?after=aware")
    page.get_by_label("单选").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type("您赞成哪些？")
    page.keyboard.press("Tab")
    page.keyboard.type("种树\n修路")
    page.get_by_role("textbox", name="提示 选填", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_text("已加一道题").wait_for()

    made = list(schema_now().questions())[1]
    assert (made.kind, made.label, len(made.options)) == ("multiple", "您赞成哪些？", 2)


def test_a_scale_is_filled_by_one_press(desktop, net, cast, draft):
    page = desktop(cast.town_officer)
    page.goto(f"/questionnaires/{draft.uuid}/edit/questions/new/?after=aware")
    page.get_by_text("三级量表", exact=True).click()
    page.get_by_label(re.compile("^题目 ")).fill("村里的路灯，您满意吗？")
    page.get_by_role("button", name="填上常用的：满意、基本满意").click()
    assert not page.get_by_role("button", name="填上常用的：满意、基本满意").is_visible()
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已加一道题").wait_for()

    made = list(schema_now().questions())[1]
    assert [(o.label, o.is_positive) for o in made.options] == [
        ("满意", True),
        ("基本满意", True),
        ("不满意", False),
        ("不清楚", False),
    ]
    assert made.measure == "satisfaction"
    # The look beside it is a page of its own, whose title is not the editor's.
    page.locator("#preview").wait_for()
    assert page.title().startswith("编辑 创城问卷")


def test_a_colleague_tries_the_draft_on_the_link(device, axe, net, cast, draft, expecting):
    """Without an account, in large type, page by page; what was chosen stays."""
    page = device()
    page.goto(f"/questionnaires/preview/{draft.versions.get().preview_token}/")
    axe(page)
    with expecting(422):
        page.get_by_text("听说过", exact=True).click()
        page.get_by_role("button", name="下一页").click()
        page.get_by_text("还有几处要看一下").wait_for()
    axe(page)
    assert page.get_by_label("听说过", exact=True).is_checked()
    page.get_by_text("非常支持", exact=True).click()
    page.get_by_role("button", name="下一页").click()
    page.get_by_text("第 2 页，共 3 页").wait_for()
    page.get_by_role("button", name="上一页").click()
    page.get_by_text("第 1 页，共 3 页").wait_for()
    assert page.get_by_label("非常支持").is_checked()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_the_phone_beside_the_draft_is_tried_in_place(desktop, axe, net, cast, draft, expecting):
    page = desktop(cast.town_officer)
    page.goto(f"/questionnaires/{draft.uuid}/edit/")
    screen = page.get_by_role("group", name="试填，不会保存")
    screen.get_by_text("第 1 页，共 3 页").wait_for()
    axe(page)
    screen.get_by_text("知道", exact=True).click()
    screen.get_by_text("支持", exact=True).click()
    screen.get_by_role("button", name="下一页").click()
    screen.get_by_text("第 2 页，共 3 页").wait_for()
    with expecting(422):
        screen.get_by_role("button", name="下一页").click()
        screen.get_by_text("这道题需要回答").first.wait_for()
    assert page.url.endswith("/edit/")
