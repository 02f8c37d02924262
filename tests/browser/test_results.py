"""Journeys: the office reads a result, freezes it and puts it up; a resident reads what is up."""

import pytest
from openpyxl import load_workbook

from surveys.models import AgeBand, Mode, Round, Sex
from surveys.ready import CIVILISED_CITY
from tests.factories.surveys import round_of, told

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)


def said(aware, satisfied, **more):
    names = (
        "yards",
        "lanes",
        "rubbish",
        "parking",
        "safety",
        "toilets",
        "lighting",
        "care",
        "requests",
        "overall",
    )
    return {"aware": aware, "support": "support", **dict.fromkeys(names, satisfied), **more}


@pytest.fixture
def over(net, cast):
    """Two villages, both sexes and two ages, a few posters, somebody who wrote."""
    asked = round_of(cast.town_officer, net, schema=CIVILISED_CITY, wanted=400)
    women = {"area": net.village, "sex": Sex.FEMALE, "age_band": AgeBand.A60}
    men = {"area": net.other_village, "sex": Sex.MALE, "age_band": AgeBand.A30}
    return told(
        asked,
        (80, said("know", "satisfied"), women),
        (20, said("never", "dissatisfied"), women),
        (60, said("heard", "fairly", worst=["other"], worst_other="路灯坏了"), men),
        (3, said("never", "unsure"), men),
        (40, said("never", "dissatisfied"), {"mode": Mode.POSTER}),
    )


def test_read_freeze_and_put_up(device, axe, cast, over, tmp_path):
    page = device(cast.town_officer)
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"/rounds/{over.uuid}/results/")
    assert page.get_by_text("85.9 %").first.is_visible()
    assert page.get_by_text("海报扫码 40 份").first.is_visible()
    axe(page)
    page.locator("summary", has_text="按性别看").first.click()
    assert page.get_by_role("rowheader", name="女").first.is_visible()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]

    page.get_by_role("link", name="按村、性别、年龄、方式看").first.click()
    assert page.get_by_role("heading", name="按年龄").is_visible()
    axe(page)
    page.get_by_role("link", name="下一题").click()
    assert page.get_by_role("heading", name="2. 您支持创建全国文明城市吗？").is_visible()
    page.get_by_role("link", name="结果", exact=True).first.click()

    page.get_by_role("button", name="定稿").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    page.get_by_text("结果已定稿").wait_for()
    assert page.get_by_text(Round.objects.get().frozen_digest).is_visible()
    axe(page)
    page.get_by_role("button", name="公示结果").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    page.get_by_text("结果已公示").wait_for()
    axe(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 Excel").click()
    download.value.save_as(tmp_path / "answers.xlsx")
    assert load_workbook(tmp_path / "answers.xlsx", read_only=True).sheetnames[0] == "答卷"


def test_two_questions_words_and_two_rounds(device, axe, net, cast, over):
    told(
        round_of(cast.town_officer, net, schema=CIVILISED_CITY, title="下半年"),
        (150, said("know", "satisfied"), {"area": net.village}),
        (5, said("never", "satisfied"), {"area": net.village}),
    )
    page = device(cast.leader)
    page.goto(f"/rounds/{over.uuid}/results/crosstab/")
    axe(page)
    page.get_by_label("横行").select_option("aware")
    page.get_by_label("竖列").select_option("overall")
    page.get_by_role("button", name="对照").click()
    page.get_by_role("table", name="交叉表").wait_for()
    assert page.get_by_text("隐去").first.is_visible()
    axe(page)
    page.get_by_role("link", name="开放回答").click()
    assert page.get_by_text("路灯坏了").count() == 50
    axe(page)
    page.get_by_role("link", name="两次比较").click()
    page.get_by_label("和哪一次比").select_option(index=1)
    page.get_by_role("button", name="比较", exact=True).click()
    assert page.get_by_text("看得出变化：升").first.is_visible()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_resident_reads_what_is_up_without_a_script(device, axe, cast, over):
    from surveys.actions import results

    results.freeze(round=over, by=cast.town_officer)
    results.set_public(round=over, by=cast.town_officer, public=True)
    page = device(java_script_enabled=False)
    page.goto("/results/")
    page.get_by_role("link", name=over.title).click()
    assert page.get_by_role("heading", name="知晓率").is_visible()
    page.locator("summary", has_text="各村").first.click()
    assert page.get_by_text("只列满 30 份的村").first.is_visible()
    assert page.get_by_text("路灯坏了").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    seen = device()
    seen.goto(page.url)
    axe(seen)
    seen.goto("/results/")
    axe(seen)


def test_while_it_asks_the_page_says_why_there_is_nothing(device, axe, net, cast, over):
    Round.objects.update(state=Round.State.OPEN)
    page = device(cast.town_officer)
    page.goto(f"/rounds/{over.uuid}/results/")
    assert page.get_by_text("调查还没有结束").is_visible() and page.get_by_text("163 份").is_visible()
    axe(page)
    page.get_by_role("link", name="交叉").click()
    axe(page)
    page.get_by_role("link", name="看进度").click()
    assert page.get_by_text("谁回答了").is_visible()
