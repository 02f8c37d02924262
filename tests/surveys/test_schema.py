"""Questionnaires: one document each, what keeps them from being published, and the advice on them."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ready import CIVILISED_CITY
from surveys.schema import (
    Kind,
    Meaning,
    Measure,
    Option,
    Order,
    Question,
    Schema,
    SchemaError,
    Section,
    check,
    compatible,
    dump,
    dumps,
    estimated_seconds,
    fingerprint,
    lint,
    parse,
)
from surveys.schema.reach import reachable
from tests.surveys.strategies import JSON, schemas

AB = (Option("a", "甲"), Option("b", "乙"))
Q1 = Question("q1", Kind.SINGLE, "一？", options=AB)


def form(*questions, **kwargs):
    return Schema("form", "问卷", (Section("s", "节", questions),), **kwargs)


def said(problems):
    return " ".join(f"{where}:{message}" for where, message in problems)


@given(schemas())
def test_a_document_comes_back_as_it_was(schema):
    assert check(schema) == ()
    document = dump(schema)

    assert parse(document) == schema == parse(dumps(schema))
    assert dump(parse(document)) == document == json.loads(dumps(schema))


@settings(max_examples=40, deadline=None)
@given(schemas())
def test_advice_is_given_on_every_questionnaire(schema):
    assert all(problem.message for problem in lint(schema))
    assert estimated_seconds(schema) >= 0


@given(JSON | st.text(max_size=30))
def test_what_is_no_questionnaire_is_refused(document):
    with pytest.raises(SchemaError):
        parse(document)


@settings(max_examples=60)
@given(schemas(), st.data())
def test_a_damaged_document_is_read_or_refused(schema, data):
    """One value anywhere is replaced by another: the reader has one kind of error, and what it reads can be checked."""
    document = json.loads(dumps(schema))
    place = document
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(JSON)
        break
    try:
        read = parse(document)
    except SchemaError:
        return
    check(read)
    lint(read)


def test_a_fingerprint_is_of_the_content():
    assert fingerprint(parse(dump(CIVILISED_CITY))) == fingerprint(CIVILISED_CITY)
    assert fingerprint(replace(CIVILISED_CITY, title="别的")) != fingerprint(CIVILISED_CITY)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "不是 JSON"),
        ([], "一组名称"),
        ({"format": 2}, "格式版本"),
        ({"format": 1, "title": 3}, "应当是文字"),
        ({"format": 1, "sections": {}}, "应当是列表"),
        ({"format": 1, "sections": [{"questions": [{"name": "q"}]}]}, "sections 1 › questions 1：没有题型"),
        ({"format": 1, "sections": [{"questions": [{"kind": "essay"}]}]}, "值不认识"),
        ({"format": 1, "sections": [{"questions": [{"kind": "note", "required": 1}]}]}, "真或假"),
        ({"format": 1, "sections": [{"colour": "red"}]}, "不认识“colour”"),
        ({"format": 1, "sections": [{}] * 31}, "最多 30 项"),
        ("[" * 100_000, "不是 JSON"),
    ],
)
def test_a_refusal_says_where(document, message):
    with pytest.raises(SchemaError, match=message):
        parse(document)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (Schema("", ""), "没有标题"),
        (Schema("form", "问卷"), "还没有题目"),
        (form(Q1, replace(Q1, name="Q1")), "q1:名称“q1”重复"),
        (form(Q1, replace(Q1, name="s")), "s:名称“s”重复"),
        (form(replace(Q1, name="1 a")), "不能用"),
        (
            form(
                Question("q", Kind.SINGLE, "？", options=(*AB, Option("other", "其他", Meaning.OTHER))),
                Question("q_other", Kind.NOTE, "注"),
            ),
            "q_other:名称“q_other”重复",
        ),
        (form(replace(Q1, relevance="${zz} = 1")), "引用了不存在的题目“zz”"),
        (form(replace(Q1, relevance="${q2} = 1"), Question("q2", Kind.NUMBER, "二")), "引用了后面的题目“q2”"),
        (form(replace(Q1, relevance=". = 'a'")), "不能用“.”"),
        (form(replace(Q1, relevance="${q1} = 'a'")), "互相引用：q1 → q1"),
        (
            form(
                replace(Q1, relevance="${q3} = 1"),
                Question("q2", Kind.NUMBER, "二", relevance="selected(${q1}, 'a')"),
                Question("q3", Kind.NUMBER, "三", relevance="${q2} > 1"),
            ),
            "互相引用：q1 → q3 → q2 → q1",
        ),
        (form(replace(Q1, constraint="${q1} >")), "校验条件写得不对，第 8 个字符处"),
        (form(Q1, Question("q2", Kind.NUMBER, "二", relevance="${q1} > 3")), "只能用来比两个数字或两个日期"),
        (form(Q1, Question("q2", Kind.NUMBER, "二", relevance="${q1} = 'z'")), "没有选项“z”"),
        (form(Q1, Question("q2", Kind.NUMBER, "二", relevance="selected(${q1}, 'z')")), "没有选项“z”"),
        (form(Q1, Question("q2", Kind.NUMBER, "二", relevance="${q1}")), "不是条件"),
        (form(Question("q2", Kind.NUMBER, "二", constraint=". = 'x'")), "不是一类"),
        (form(Question("q2", Kind.NUMBER, "二", constraint="string-length(.) = 1")), "只能用于文字题"),
        (form(Question("q2", Kind.NUMBER, "二", constraint="count-selected(.) = 1")), "只能用于选择题"),
        (form(Question("q2", Kind.NUMBER, "二", constraint="selected(., 'a')")), "不是选择题"),
        (form(Question("q2", Kind.MULTIPLE, "二", options=AB, constraint=". = 'a'")), "要用 selected"),
        (form(Question("q2", Kind.NUMBER, "二", constraint="(. > 1) = true()")), "不能和别的值比较"),
        (
            form(Question("n", Kind.NOTE, "注"), replace(Q1, relevance="${n} = 'x'")),
            "说明文字没有回答",
        ),
        (
            form(replace(Q1, options=tuple(Option(f"o{n}", f"{n}") for n in range(10_000)))),
            "选项有 10000 个，最多 100 个",
        ),
        (form(replace(Q1, options=AB[:1])), "至少要有两个选项"),
        (form(replace(Q1, options=(AB[0], AB[0]))), "选项名称“a”重复"),
        (form(replace(Q1, options=(*AB, Option("c d", "丙")))), "不含空格"),
        (form(replace(Q1, options=(*AB, Option("else", "其他", Meaning.OTHER)))), "必须是 other"),
        (form(replace(Q1, kind=Kind.SCALE3)), "正好 3 个等级"),
        (form(replace(Q1, kind=Kind.NUMBER)), "没有选项"),
        (
            form(replace(Q1, kind=Kind.RANKING, options=(*AB, Option("u", "不清楚", Meaning.UNSURE)))),
            "排序题的选项不能",
        ),
        (form(replace(Q1, measure=Measure.SUPPORT)), "哪些选项算正面回答"),
        (form(replace(Q1, options=(Option("a", "甲", is_positive=True), AB[1]))), "不设计分选项"),
        (form(Question("n", Kind.NOTE, "注", is_required=True)), "说明文字不能必答"),
        (form(replace(Q1, label=" 一")), "首尾有空格"),
        (form(replace(Q1, label="一\x00")), "不能显示的字符"),
        (form(replace(Q1, label="一" * 2001)), "超过 2000 个字"),
        (form(*(replace(Q1, name=f"q{n}") for n in range(201))), "最多 200 道"),
        (
            form(Question("k", Kind.SCALE3, "？", options=(*AB, Option("c", "丙")), order=Order.ROTATED)),
            "量表要按顺序",
        ),
        (Schema("form", "问卷", (Section("s", "节"), Section(questions=(Q1,)))), "这一节里没有题目"),
        (
            Schema("form", "问卷", (Section(questions=(Q1,)), Section(questions=(replace(Q1, name="b"),)))),
            "放在一起",
        ),
        (Schema("form", "问卷", (Section(title="节", questions=(Q1,)),)), "要有名称"),
        (
            Schema("form", "问卷", (Section("s", "节", (Q1,), relevance="${q1} = 'a'"),)),
            "引用了后面的题目“q1”",
        ),
    ],
)
def test_what_cannot_be_published(schema, message):
    assert message in said(check(schema))


def test_a_type_never_changes_under_a_name():
    old = form(Q1, Question("n", Kind.NUMBER, "数", is_whole=True))
    new = form(
        Question("q1", Kind.MULTIPLE, "一？", options=(Option("a", "甲", Meaning.UNSURE), AB[1])),
        Question("n", Kind.NUMBER, "数"),
        Question("fresh", Kind.DATE, "新"),
    )

    assert said(compatible(old, new)).count("不能") == 2
    assert "“单选”改成“多选”" in said(compatible(old, new)) and "性质变了" in said(compatible(old, new))
    assert compatible(old, old) == ()
    reworded = form(replace(Q1, label="换个说法？", relevance="true()", options=(*AB, Option("c", "丙"))))
    assert compatible(old, reworded) == ()


def number(name, **kwargs):
    return Question(name, Kind.NUMBER, "数", **kwargs)


@pytest.mark.parametrize(
    ("earlier", "relevance", "is_reached"),
    [
        ((Q1,), "selected(${q1}, 'a')", True),
        ((Q1,), "selected(${q1}, 'a') and selected(${q1}, 'b')", False),
        ((Q1,), "false()", False),
        ((Q1,), "${q1} = ''", True),
        ((replace(Q1, is_required=True),), "${q1} = ''", False),
        ((number("n"),), "${n} > 3 and ${n} < 4", True),
        ((number("n", is_whole=True),), "${n} > 3 and ${n} < 4", False),
        ((number("n", constraint=". >= 16"),), "${n} < 16", False),
        ((number("n", constraint=". >= 16"),), "${n} < 17", True),
        ((Q1, number("n", relevance="${q1} = 'a'")), "${n} = 1 and ${q1} = 'b'", False),
        ((Q1, number("n", relevance="${q1} = 'a'")), "${n} = 1", True),
        (
            (Question("m", Kind.MULTIPLE, "多", options=AB),),
            "selected(${m}, 'a') and selected(${m}, 'b')",
            True,
        ),
        ((Question("m", Kind.MULTIPLE, "多", options=AB),), "count-selected(${m}) > 2", False),
        ((Question("m", Kind.MULTIPLE, "多", options=AB),), "count-selected(${m}) = 2", True),
        ((Question("t", Kind.SHORT_TEXT, "文"),), "${t} = '灯' and string-length(${t}) = 2", False),
        ((Question("t", Kind.SHORT_TEXT, "文"),), "string-length(${t}) > 30", True),
        ((Question("d", Kind.DATE, "日"),), "${d} > date('2026-01-01') and ${d} < date('2026-01-03')", True),
        ((Question("d", Kind.DATE, "日"),), "${d} > date('2026-01-01') and ${d} < date('2026-01-02')", False),
        ((Question("d", Kind.DATE, "日"),), "${d} > today()", True),
    ],
)
def test_a_question_nobody_can_see_is_found(earlier, relevance, is_reached):
    schema = form(*earlier, Question("last", Kind.DATE, "末", relevance=relevance))

    assert check(schema) == ()
    assert ("last" in reachable(schema)) is is_reached
    assert ("怎么答都不会显示" in said(lint(schema))) is not is_reached


def test_the_search_for_unreachable_questions_gives_up():
    """Thirty wide questions in one condition: it ends, and says nothing."""
    many = [
        replace(Q1, name=f"q{n}", options=tuple(Option(f"o{i}", f"{i}") for i in range(20)))
        for n in range(30)
    ]
    relevance = " and ".join(f"${{q{n}}} = 'o1'" for n in range(30)) + " and false()"

    assert "last" in reachable(form(*many, Question("last", Kind.DATE, "末", relevance=relevance)))


def test_advice():
    scale = Question("k", Kind.SCALE3, "满意吗？", options=(*AB, Option("c", "丙")))
    many = form(*(replace(scale, name=f"k{n}", label="很长的题目" * 12) for n in range(16)))

    assert "没有“不清楚”选项" in said(lint(form(scale)))
    assert "有 16 道题，建议不超过 15 道" in said(lint(many))
    assert f"估计要 {estimated_seconds(many) / 60:.1f}"[:6] in said(lint(many))
    assert lint(form(Q1)) == ()


def test_the_estimate_by_hand():
    """12 characters at 5 a second and 3 seconds to choose, rounded up."""
    asked = Question("q", Kind.SINGLE, "您满意吗？", options=(Option("a", "满意"), Option("b", "不满意")))

    assert estimated_seconds(form(asked)) == 6  # 节 + 5 + 2 + 3 = 11 characters: 2.2 + 3 seconds


def test_options_turn_by_the_seed_and_the_tail_stays():
    question = Question(
        "w",
        Kind.MULTIPLE,
        "？",
        options=(
            *AB,
            Option("c", "丙"),
            Option("other", "其他", Meaning.OTHER),
            Option("u", "不清楚", Meaning.UNSURE),
        ),
        order=Order.ROTATED,
    )
    seen = {tuple(o.name for o in question.ordered_options(f"seed-{n}")) for n in range(60)}

    assert seen == {
        ("a", "b", "c", "other", "u"),
        ("b", "c", "a", "other", "u"),
        ("c", "a", "b", "other", "u"),
    }
    assert question.ordered_options("x") == question.ordered_options("x")
    assert replace(question, order=Order.FIXED).ordered_options("x") == question.options


def test_what_counts_for_a_rate():
    aware, yards = CIVILISED_CITY.question("aware"), CIVILISED_CITY.question("yards")

    assert [aware.judged(o) for o in ("know", "heard", "never", "unsure")] == [True, True, False, False]
    assert [yards.judged(o) for o in ("satisfied", "fairly", "dissatisfied", "unsure")] == [
        True,
        True,
        False,
        None,
    ]
    assert yards.judged("forged") is None and CIVILISED_CITY.question("worst").judged("yards") is None
    assert yards.counting_rule == "满意率＝选“满意”、“基本满意”者 ÷ 有效回答；分母不含“不清楚”。"
    assert aware.counting_rule.endswith("分母为全部回答。")


def test_the_ready_questionnaire():
    questions = list(CIVILISED_CITY.questions())
    themes = {q.theme for q in questions}

    assert check(CIVILISED_CITY) == () and lint(CIVILISED_CITY) == ()
    assert len(questions) == 13 and estimated_seconds(CIVILISED_CITY) <= 180
    assert themes >= {
        "庭院",
        "背街小巷",
        "乱堆乱放",
        "乱停乱行",
        "安全",
        "公厕",
        "照明",
        "老人和孩子",
        "诉求办理",
    }
    assert {q.measure for q in questions} == {None, *Measure} and all(q.theme for q in questions)
