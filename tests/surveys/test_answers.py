"""Answers against the questionnaire: what stands, what is dropped, what is asked again."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ready import CIVILISED_CITY
from surveys.schema import Kind, Meaning, Option, Question, Schema, Section, hidden_answers, path, validate
from tests.surveys.strategies import JSON, schemas

TODAY = date(2026, 11, 23)
OPTIONS = (
    Option("a", "甲"),
    Option("b", "乙"),
    Option("other", "其他", Meaning.OTHER),
    Option("u", "不清楚", Meaning.UNSURE),
)
RANKED = OPTIONS[:2]


def one(kind, given_answer, **kwargs):
    """One question of a kind, answered; the clean answer and the error."""
    if kind in (Kind.SINGLE, Kind.MULTIPLE):
        kwargs.setdefault("options", OPTIONS)
    schema = Schema("form", "问卷", (Section(questions=(Question("q", kind, "？", **kwargs),)),))
    clean, errors = validate(schema, {"q": given_answer}, today=TODAY)
    return clean.get("q"), errors.get("q")


@pytest.mark.parametrize(
    ("kind", "answer", "clean"),
    [
        (Kind.SINGLE, "a", "a"),
        (Kind.SINGLE, ["b"], "b"),
        (Kind.SINGLE, "", None),
        (Kind.MULTIPLE, ["b", "a"], ["a", "b"]),
        (Kind.MULTIPLE, "a", ["a"]),
        (Kind.MULTIPLE, ["a", "a", ""], ["a"]),
        (Kind.MULTIPLE, [], None),
        (Kind.MULTIPLE, ["u"], ["u"]),
        (Kind.NUMBER, "12", 12),
        (Kind.NUMBER, " １２．５ ", 12.5),
        (Kind.NUMBER, 7, 7),
        (Kind.NUMBER, 0.25, 0.25),
        (Kind.NUMBER, Decimal("1E+2"), 100),
        (Kind.NUMBER, "-0", 0),
        (Kind.DATE, "2026-11-23", "2026-11-23"),
        (Kind.DATE, date(2026, 1, 2), "2026-01-02"),
        (Kind.SHORT_TEXT, "  路\n灯 \x00 ", "路 灯"),
        (Kind.SHORT_TEXT, "<script>alert(1)</script>", "<script>alert(1)</script>"),
        (Kind.LONG_TEXT, "一\r\n二\x07", "一\n二"),
        (Kind.LONG_TEXT, "\x00", None),
        (Kind.NOTE, "x", None),
    ],
)
def test_what_stands(kind, answer, clean):
    assert one(kind, answer) == (clean, None)


@pytest.mark.parametrize(
    ("kind", "answer", "message"),
    [
        (Kind.SINGLE, "z", "请从列出的选项中选择。"),
        (Kind.SINGLE, ["a", "b"], "只能选一项"),
        (Kind.SINGLE, {"a": 1}, "请从列出的选项"),
        (Kind.SINGLE, True, "请从列出的选项"),
        (Kind.MULTIPLE, ["a", "z"], "请从列出的选项"),
        (Kind.MULTIPLE, ["a"] * 9, "请从列出的选项"),
        (Kind.MULTIPLE, ["a", "u"], "选了“不清楚”就不要再选别的。"),
        (Kind.NUMBER, "一百", "请填数字"),
        (Kind.NUMBER, True, "请填数字"),
        (Kind.NUMBER, "1e3", "请填数字"),
        pytest.param(Kind.NUMBER, 10**5000, "请填数字", id="a number without a text"),
        (Kind.NUMBER, float("nan"), "请填数字"),
        (Kind.NUMBER, Decimal("sNaN"), "请填数字"),
        (Kind.NUMBER, "1.23456", "请填数字"),
        (Kind.DATE, "2026-02-30", "请填日期"),
        (Kind.DATE, [], None),
        (Kind.DATE, {}, "请填日期"),
        (Kind.DATE, "0001-01-01", "年份不对"),
        (Kind.SHORT_TEXT, "字" * 101, "不要超过 100 个字"),
        (Kind.LONG_TEXT, "字" * 1001, "不要超过 1000 个字"),
        (Kind.SHORT_TEXT, 5, "请填文字"),
    ],
)
def test_what_is_asked_again(kind, answer, message):
    clean, error = one(kind, answer)

    assert clean is None
    assert error == message or message in error


def test_whole_numbers_rankings_and_required():
    assert one(Kind.NUMBER, "1.5", is_whole=True) == (None, "请填整数。")
    assert one(Kind.NUMBER, "1.0", is_whole=True) == (1, None)
    assert one(Kind.RANKING, ["b", "a"], options=RANKED) == (["b", "a"], None)
    for wrong in (["a"], ["a", "a"], ["a", "b", "a"], "a"):
        assert "排一个名次" in one(Kind.RANKING, wrong, options=RANKED)[1]
    assert one(Kind.SINGLE, "", is_required=True) == (None, "这道题需要回答。")
    assert one(Kind.LONG_TEXT, " \x00 ", is_required=True) == (None, "这道题需要回答。")


def test_constraints_speak_for_themselves():
    asked = {"constraint": ". >= 16 and . <= 120", "constraint_message": "年龄在 16 到 120 岁之间。"}

    assert one(Kind.NUMBER, "15", **asked) == (None, "年龄在 16 到 120 岁之间。")
    assert one(Kind.NUMBER, "16", **asked) == (16, None)
    assert one(Kind.NUMBER, "", **asked) == (None, None)
    assert "不符合" in one(Kind.DATE, "2026-11-24", constraint=". <= today()")[1]
    assert "校验条件写错了" in one(Kind.NUMBER, "1", constraint="1 +")[1]


def test_what_is_written_behind_other_is_kept_with_it():
    schema = Schema(
        "form", "问卷", (Section(questions=(Question("q", Kind.SINGLE, "？", options=OPTIONS),)),)
    )

    assert validate(schema, {"q": "other", "q_other": " 水 "}, today=TODAY) == (
        {"q": "other", "q_other": "水"},
        {},
    )
    assert validate(schema, {"q": "other", "q_other": ""}, today=TODAY) == ({"q": "other"}, {})
    assert validate(schema, {"q": "a", "q_other": "水"}, today=TODAY) == ({"q": "a"}, {})
    assert "不要超过" in validate(schema, {"q": "other", "q_other": "水" * 101}, today=TODAY).errors["q"]


BRANCHING = Schema(
    "form",
    "问卷",
    (
        Section(
            questions=(
                Question("has", Kind.SINGLE, "有车吗？", options=OPTIONS[:2], is_required=True),
                Question(
                    "cars", Kind.NUMBER, "几辆？", relevance="${has} = 'a'", is_required=True, is_whole=True
                ),
            )
        ),
        Section(
            "more",
            "多车",
            (
                Question("why", Kind.SHORT_TEXT, "为什么？"),
                Question("n", Kind.NOTE, "谢谢", relevance="${why} != ''"),
            ),
            relevance="${cars} > 1",
        ),
    ),
)


def test_hidden_questions_are_dropped_and_named():
    answers = {"has": "b", "cars": "3", "why": "多"}

    assert validate(BRANCHING, answers, today=TODAY) == ({"has": "b"}, {})
    assert hidden_answers(BRANCHING, answers, today=TODAY) == ("cars", "why")
    assert path(BRANCHING, answers, today=TODAY) == ("has",)


def test_the_path_follows_the_answers():
    assert path(BRANCHING, {}, today=TODAY) == ("has",)
    assert path(BRANCHING, {"has": "a"}, today=TODAY) == ("has", "cars")
    assert path(BRANCHING, {"has": "a", "cars": 2, "why": "多"}, today=TODAY) == ("has", "cars", "why", "n")
    # An answer that does not stand leads nowhere.
    assert path(BRANCHING, {"has": "a", "cars": "two"}, today=TODAY) == ("has", "cars")


def test_names_from_nowhere_are_an_error_of_the_form():
    clean, errors = validate(BRANCHING, {"has": "b", "x": "1", "has_other": "?", 3: 4}, today=TODAY)

    assert clean == {"has": "b"}
    assert list(errors) == [""] and "有 3 项回答不属于这份问卷" in errors[""]
    assert validate(BRANCHING, ["has"], today=TODAY).errors[""]


def test_a_condition_that_cannot_be_read_hides_nothing():
    broken = replace(BRANCHING.sections[1], relevance="(")

    assert "why" in path(replace(BRANCHING, sections=(BRANCHING.sections[0], broken)), {}, today=TODAY)


def test_the_ready_questionnaire_filled_in():
    answers = {q.name: q.options[0].name for q in CIVILISED_CITY.questions() if q.options}
    clean, errors = validate(CIVILISED_CITY, answers, today=TODAY)

    assert errors == {} and set(clean) == set(answers)
    four = answers | {"worst": ["yards", "lanes", "rubbish", "parking"]}
    assert validate(CIVILISED_CITY, four, today=TODAY).errors == {"worst": "最多选 3 样。"}


def _answers_to(schema):
    """Answers of which many fit."""
    fitting = {
        q.name: st.sampled_from([o.name for o in q.options] or ["5", "2026-01-01", "路灯", "", 3, "17"])
        | st.lists(st.sampled_from([o.name for o in q.options] or [""]), max_size=4, unique=True)
        | JSON
        for q in schema.questions()
    }
    return st.fixed_dictionaries({}, optional=fitting)


@settings(deadline=None)
@given(schemas(), st.data())
def test_validation_never_raises_and_keeps_only_what_is_shown(schema, data):
    answers = data.draw(_answers_to(schema))
    clean, errors = validate(schema, answers, today=TODAY)
    shown = path(schema, answers, today=TODAY)

    names = {name for name in clean if schema.question(name)}
    assert names <= set(shown) and not names & set(errors)
    assert set(errors) <= set(shown)
    for question in schema.questions():
        if question.is_required and question.name in shown:
            assert question.name in clean or question.name in errors
    # What was stored stands when it is checked again, and leads along the same path.
    again = validate(schema, clean, today=TODAY)
    assert again.clean == clean and path(schema, clean, today=TODAY) == shown


@given(schemas(), JSON)
def test_validation_takes_anything(schema, answers):
    clean, errors = validate(schema, answers, today=TODAY)

    assert isinstance(clean, dict) and all(isinstance(message, str) for message in errors.values())
