"""Questions as a form, page by page, with errors at the questions; the preview walks through it."""

import pytest
from django.http import QueryDict
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import schema as schemas
from surveys.actions import questionnaires
from surveys.forms.answers import AnswerForm
from surveys.models import Response, TokenDraft
from surveys.schema import Kind, Meaning, Option, Question, Schema, Section

YES_NO = (Option("yes", "是"), Option("no", "否"))
ORDERED = Question(
    "rank", Kind.RANKING, "排一排", options=(Option("a", "甲"), Option("b", "乙"), Option("c", "丙"))
)
WALK = Schema(
    "walk",
    "走一遍",
    intro="开头的话",
    thanks="谢谢您来试",
    sections=(
        Section(
            "one",
            "第一节",
            (
                Question("knows", Kind.SINGLE, "知道吗？", options=YES_NO, is_required=True),
                Question("why", Kind.SHORT_TEXT, "为什么？", is_required=True, relevance="${knows} = 'no'"),
            ),
        ),
        Section(
            "two", "第二节", (Question("age", Kind.NUMBER, "几岁？", is_whole=True),), "${knows} = 'yes'"
        ),
        Section(
            "three",
            "第三节",
            (
                Question("note", Kind.NOTE, "快答完了"),
                Question(
                    "many",
                    Kind.MULTIPLE,
                    "哪些？",
                    options=(*YES_NO, Option("other", "其他", Meaning.OTHER)),
                ),
                ORDERED,
                Question("day", Kind.DATE, "哪天？"),
                Question("more", Kind.LONG_TEXT, "还有吗？"),
            ),
        ),
    ),
)


def form(answers="", page=None, **given):
    return AnswerForm(WALK, QueryDict(answers) if answers is not None else None, page=page, **given)


def test_a_page_shows_its_section():
    first = form(None, 0)

    assert [a.question.name for part in first.parts for a in part.asked] == ["knows"]
    assert first.pages == [0, 2] and first.following == 2 and first.previous is None and first.place == (1, 2)


def test_a_question_that_an_answer_brings_comes_with_the_same_page():
    """It is new, not wrong: nobody saw it yet."""
    posted = form("shown=knows&a-knows=no", 0)

    assert not posted.is_valid()
    assert posted.revealed == ("why",) and "why" not in posted.errors
    assert [a.is_new for a in posted.parts[0].asked] == [False, True]
    assert not form("shown=knows&shown=why&a-knows=no", 0).is_valid()
    assert form("shown=knows&shown=why&a-knows=no&a-why=x", 0).is_valid()
    assert form("shown=knows&a-knows=yes", 0).following == 1


def test_errors_stand_at_the_questions_of_the_page_alone():
    posted = form("a-knows=maybe&a-age=x", 0)

    assert not posted.is_valid() and list(posted.errors) == ["knows"]
    assert form("a-knows=yes&a-age=x", 0).is_valid()
    assert form("a-knows=yes&a-age=x").first_wrong_page == 1


def test_what_is_unticked_is_gone_and_what_was_not_seen_stays():
    known = {"knows": "yes", "many": ["yes"], "age": 40}

    assert form("shown=many", 2, initial=known).answers == {"knows": "yes", "age": 40}
    assert form("shown=age&a-age=41", 1, initial=known).answers["many"] == ["yes"]


@pytest.mark.parametrize(
    ("posted", "stored"),
    [
        ("a-rank.a=2&a-rank.b=1&a-rank.c=3", ["b", "a", "c"]),
        ("a-rank=c&a-rank=a&a-rank=b", ["c", "a", "b"]),
        ("a-rank.a=&a-rank.b=&a-rank.c=", None),
        ("a-rank.a=1&a-rank.b=1&a-rank.c=2", "error"),
        ("a-rank.a=1&a-rank.b=9&a-rank.c=2", "error"),
    ],
)
def test_ranks(posted, stored):
    asked = form(f"a-knows=yes&{posted}")
    if stored == "error":
        assert not asked.is_valid() and list(asked.errors) == ["rank"]
        assert '<option value="2" selected>' in str(asked["rank"])
    else:
        assert asked.is_valid() and asked.clean_answers.get("rank") == stored


def test_what_is_written_behind_other_is_kept():
    asked = form("a-knows=yes&a-many=other&a-many_other=%E7%8B%97")

    assert asked.is_valid() and asked.clean_answers["many_other"] == "狗"


def test_answers_of_another_version_are_told():
    asked = form("a-knows=yes&a-gone=1")

    assert not asked.is_valid() and "问卷可能已更新" in str(asked.non_field_errors())
    assert "gone" not in asked.answers


def test_paper_shows_everything():
    names = [a.question.name for part in form(None, everything=True).parts for a in part.asked]

    assert names == [q.name for q in WALK.questions()]


NAMES = [q.name for q in WALK.questions()] + ["many_other", "rank.a", "rank.b", "rank.c", "nobody", ""]
KEYS = st.sampled_from([f"a-{name}" for name in NAMES] + ["shown", "page", "go", "x"])
VALUES = st.sampled_from(["yes", "no", "other", "1", "2", "3", "b", "2026-01-01", *NAMES]) | st.text(
    max_size=20
)


@settings(max_examples=150, deadline=None)
@given(
    posted=st.lists(st.tuples(KEYS, VALUES), max_size=14),
    page=st.none() | st.integers(0, 3),
    everything=st.booleans(),
)
def test_whatever_is_posted_is_answered_as_the_schema_says(posted, page, everything):
    data = QueryDict(mutable=True)
    for key, value in posted:
        data.appendlist(key, value)
    asked = AnswerForm(WALK, data, page=page, everything=everything)
    is_valid = asked.is_valid()

    asked.render("surveys/questions.html")
    assert set(asked.errors) <= set(asked.fields) | {"__all__"}
    if page is None and is_valid:
        assert schemas.validate(WALK, asked.clean_answers, today=asked.today).errors == {}
    carried = QueryDict(mutable=True)
    for key, value in asked.carried:
        carried.appendlist(key, value)
    assert AnswerForm(WALK, carried, page=page).carried == asked.carried or everything


@pytest.fixture
def preview(net, cast, client):
    made = questionnaires.create(town=net.town, by=cast.town_officer, title="走", schema=schemas.dump(WALK))
    return reverse("questionnaire_preview", args=[made.versions.get().preview_token])


@pytest.mark.django_db
def test_anybody_with_the_link_walks_through(client, preview):
    page = client.get(preview)
    text = page.content.decode()
    assert "开头的话" in text and "不会保存" in text and "noindex" in page["X-Robots-Tag"]
    assert len(page.content) < 20_000
    on = {"page": 0, "go": "on", "shown": ["knows"], "a-knows": "yes"}
    assert "几岁？" in client.post(preview, on).content.decode()
    second = {"page": 1, "go": "on", "shown": ["age"], "a-knows": "yes", "a-age": "七十"}
    answer = client.post(preview, second)
    assert answer.status_code == 422 and "七十" in answer.content.decode()
    assert "知道吗？" in client.post(preview, second | {"go": "back"}).content.decode()
    here = ["many", "rank", "day", "more"]
    last = {"page": 2, "go": "on", "shown": here, "a-knows": "yes", "a-age": "70"}
    assert "谢谢您来试" in client.post(preview, last).content.decode()
    assert not Response.objects.exists() and not TokenDraft.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["99", "-1", "x", "", "一", "9" * 50])
def test_a_page_that_is_none(client, preview, page):
    assert client.post(preview, {"page": page, "go": "on", "a-knows": ["yes", "no"]}).status_code in (
        200,
        422,
    )


@pytest.mark.django_db
def test_a_link_that_opens_nothing(client, preview):
    assert client.get(preview.replace("preview/", "preview/x")).status_code == 404
