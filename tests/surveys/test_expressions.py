"""Conditions: what they say, what is refused, and that no text breaks the reader."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.schema import Kind, Question, Schema, Section, check
from surveys.schema.evaluation import holds, truth
from surveys.schema.expressions import MAX_DEPTH, MAX_LENGTH, ExpressionError, parse_expression, references

TODAY = date(2026, 11, 23)
VALUES = {
    "": Decimal("3.5"),
    "n": Decimal(7),
    "one": "a",
    "digit": "3",
    "many": ("a", "c"),
    "day": date(2026, 3, 1),
    "words": "路灯",
    "nothing": None,
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", True),
        (". > 3 and . < 4", True),
        (".>=3.5", True),
        ("${n} = 7", True),
        ("${n} != 7", False),
        ("${n} = '7'", True),
        ("${n} < -1", False),
        ("${one} = 'a'", True),
        ('${one} != "a"', False),
        ("${ one } = 'a'", True),
        ("${digit} = 3", True),
        ("selected(${one}, 'a')", True),
        ("selected(${many}, 'c') and not(selected(${many}, 'b'))", True),
        ("selected(${nothing}, 'a')", False),
        ("count-selected(${many}) = 2", True),
        ("string-length(${words}) <= 2", True),
        ("string-length(${nothing}) = 0", True),
        ("${day} < date('2026-03-02')", True),
        ("${day} <= today()", True),
        ("${nothing} = ''", True),
        ("${words} != ''", True),
        ("${nothing} > 3 or ${nothing} < 3", False),
        ("${nothing} != 3", True),
        ("${unknown} = ''", True),
        ("true() and not(false())", True),
        ("false() or true() and false()", False),  # "and" binds closer
        ("(true() or false()) and false()", False),
        ("${one} < ${words}", False),  # texts have no order
    ],
)
def test_what_a_condition_says(condition, expected):
    assert holds(condition, VALUES, TODAY) is expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("${n} >", "没有写完"),
        ("${n} > 3 ${n}", "不该有"),
        ("${n} ≥ 3", "看不懂"),
        ("${} = 1", "不是题目的名称"),
        ("${a b} = 1", "不是题目的名称"),
        ("(${n} = 1", "缺少"),
        ("selected(${n})", "缺少"),
        ("selected('a', 'b')", "要写一道题"),
        ("selected(${n}, 3)", "引号里的文字"),
        ("__import__('os')", "看不懂"),
        ("regex(., 'x')", "不支持“regex”"),
        ("${n} + 1 = 2", "看不懂"),
        ("${n} = 'a", "看不懂"),
        ("date('2026-13-01') = .", "日期要写成"),
        ("${n} = 1.", "看不懂"),
        ("", "没有写完"),
        ("(" * 30, "层"),
        ("x" * 1001, "超过"),
        ("or".join(["."] * 200), "太多"),
    ],
)
def test_what_is_refused_says_where(condition, message):
    with pytest.raises(ExpressionError, match=message) as refused:
        parse_expression(condition)

    assert str(refused.value).startswith("第 ")
    assert 1 <= refused.value.position <= len(condition) + 1


PIECES = st.sampled_from(
    [
        *"()=<>.,'\" \n",
        "!=",
        "${a}",
        "${",
        "selected(",
        "not(",
        "date(",
        "and",
        " or ",
        "'x'",
        "12",
        "-",
        "true()",
    ]
)


@given(st.text(max_size=60) | st.lists(PIECES, max_size=25).map("".join))
def test_any_text_is_read_or_refused(text):
    try:
        tree = parse_expression(text)
    except ExpressionError:
        return
    assert isinstance(truth(tree, VALUES, TODAY), bool)
    assert isinstance(references(tree), frozenset)


VALUE = (
    st.none()
    | st.text("ab1", max_size=2)
    | st.decimals(-9, 9, places=1)
    | st.dates()
    | st.lists(st.sampled_from("ab"), max_size=2).map(tuple)
)


@given(VALUE, VALUE, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
def test_comparisons_are_total_and_consistent(left, right, sign):
    values = {"a": left, "b": right}
    said = holds(f"${{a}} {sign} ${{b}}", values, TODAY)
    opposite = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}[sign]

    assert holds(f"not(${{a}} {sign} ${{b}})", values, TODAY) is not said
    if sign in ("=", "!="):
        assert holds(f"${{a}} {opposite} ${{b}}", values, TODAY) is not said
    else:
        assert not (said and holds(f"${{a}} {opposite} ${{b}}", values, TODAY))


def test_the_bounds_are_wide_enough_and_kept():
    deep = "(" * (MAX_DEPTH - 1) + "true()" + ")" * (MAX_DEPTH - 1)
    long = " and ".join(["${n} = 7"] * 76)

    assert holds(deep, VALUES, TODAY) and holds(long, VALUES, TODAY)
    assert len(long) <= MAX_LENGTH
    with pytest.raises(ExpressionError):
        parse_expression(f"({deep})")


def test_the_tallest_tree_is_walked():
    """Chains inside brackets inside chains, as high as the length allows."""
    text = "."
    while len(text) < 650:
        text = "not(" + text + ")" + "or." * 99
    tree = parse_expression(text)

    assert truth(tree, VALUES, TODAY) and references(tree) == {""}
    problems = check(
        Schema("f", "问卷", (Section(questions=(Question("q", Kind.NUMBER, "？", constraint=text),)),))
    )
    assert "不是条件" in problems[0].message


def test_references():
    assert references(
        parse_expression("selected(${a}, 'x') and (. > ${b} or not(string-length(${c}) = 0))")
    ) == {*("", "a", "b", "c")}
