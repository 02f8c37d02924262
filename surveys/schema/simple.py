"""The conditions that can be picked instead of written: one question, one sign, one option or value; and limits.

Reading is exact or nothing: what would not be written back as the same condition stays an expression.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from surveys.schema.expressions import (
    Answer,
    Compared,
    ExpressionError,
    Joined,
    Literal,
    Measured,
    Node,
    Not,
    Selected,
    parse_expression,
)
from surveys.schema.model import CHOOSE_ONE, WITH_OPTIONS, Kind, Question, Schema


class Operator(StrEnum):
    """What is asked of an earlier answer."""

    CHOSEN = "chosen"
    NOT_CHOSEN = "not_chosen"
    EQUAL = "equal"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


OPERATOR_LABELS = {
    Operator.CHOSEN: "选了",
    Operator.NOT_CHOSEN: "没有选",
    Operator.EQUAL: "等于",
    Operator.AT_LEAST: "不小于",
    Operator.AT_MOST: "不大于",
    Operator.ANSWERED: "已作答",
    Operator.UNANSWERED: "没有作答",
}
OF_OPTIONS = frozenset({Operator.CHOSEN, Operator.NOT_CHOSEN})
OF_VALUES = frozenset({Operator.EQUAL, Operator.AT_LEAST, Operator.AT_MOST})
_SIGNS = {Operator.EQUAL: "=", Operator.AT_LEAST: ">=", Operator.AT_MOST: "<="}
_TEXTS = frozenset({Kind.SHORT_TEXT, Kind.LONG_TEXT})


class Simple(NamedTuple):
    """A picked condition; `value` is an option's name, a number, a day or a text, empty where none is asked."""

    question: str
    operator: Operator
    value: str = ""


class Unfit(ValueError):
    """A choice that makes no condition; the message is for the office."""


def write(simple: Simple, asked: Question) -> str:
    """The condition as an expression. Raises Unfit where sign, value and question do not go together."""
    answer = f"${{{simple.question}}}"
    if asked.kind == Kind.NOTE:
        raise Unfit("说明文字没有回答，请另选一道题。")
    if simple.operator == Operator.ANSWERED:
        return f"{answer} != ''"
    if simple.operator == Operator.UNANSWERED:
        return f"{answer} = ''"
    if simple.operator in OF_OPTIONS:
        return _of_option(simple, asked, answer)
    return f"{answer} {_SIGNS[simple.operator]} {_literal(simple, asked)}"


def _of_option(simple: Simple, asked: Question, answer: str) -> str:
    if asked.kind not in WITH_OPTIONS:
        raise Unfit("这道题没有选项，请用“等于”“不小于”或“不大于”。")
    if asked.option(simple.value) is None:
        raise Unfit("请选这道题的一个选项。")
    is_negated = simple.operator == Operator.NOT_CHOSEN
    if asked.kind in CHOOSE_ONE:
        return f"{answer} {'!=' if is_negated else '='} '{simple.value}'"
    chosen = f"selected({answer}, '{simple.value}')"
    return f"not({chosen})" if is_negated else chosen


def _literal(simple: Simple, asked: Question) -> str:
    if asked.kind in WITH_OPTIONS:
        raise Unfit("选择题请用“选了”或“没有选”。")
    if not simple.value:
        raise Unfit("请填要比较的值。")
    if asked.kind in _TEXTS:
        if simple.operator != Operator.EQUAL:
            raise Unfit("文字只能用“等于”。")
        return _quoted(simple.value)
    return _bound(simple.value, asked.kind)


def _quoted(text: str) -> str:
    quote = '"' if "'" in text else "'"
    if quote in text:
        raise Unfit("文字里不能同时有单引号和双引号。")
    return f"{quote}{text}{quote}"


def _bound(text: str, kind: Kind) -> str:
    """A number or a day as an expression has it."""
    if kind == Kind.DATE:
        try:
            return f"date('{date.fromisoformat(text)}')"
        except ValueError:
            raise Unfit("日期要写成 2026-11-23 的样子。") from None
    try:
        found = parse_expression(text)
    except ExpressionError:
        found = None
    if not isinstance(found, Literal) or not isinstance(found.value, Decimal):
        raise Unfit("请填数字。")
    return str(found.value)


def read(condition: str, schema: Schema) -> Simple | None:
    """The picks that make this condition; None where none do."""
    tree = _tree(condition)
    found = _simple(tree, schema) if tree else None
    asked = schema.question(found.question) if found else None
    if found is None or asked is None:
        return None
    try:
        return found if parse_expression(write(found, asked)) == tree else None
    except (Unfit, ExpressionError):
        return None


def _tree(condition: str) -> Node | None:
    try:
        return parse_expression(condition) if condition.strip() else None
    except ExpressionError:
        return None


def _simple(tree: Node, schema: Schema) -> Simple | None:
    match tree:
        case Selected(Answer(name), option):
            return Simple(name, Operator.CHOSEN, option)
        case Not(Selected(Answer(name), option)):
            return Simple(name, Operator.NOT_CHOSEN, option)
        case Compared("=", Answer(name), Literal("")):
            return Simple(name, Operator.UNANSWERED)
        case Compared("!=", Answer(name), Literal("")):
            return Simple(name, Operator.ANSWERED)
        case Compared(sign, Answer(name), Literal(value)):
            return _compared(sign, name, str(value), schema)
        case _:
            return None


def _compared(sign: str, name: str, value: str, schema: Schema) -> Simple | None:
    asked = schema.question(name)
    if asked is not None and asked.kind in CHOOSE_ONE:
        found = {"=": Operator.CHOSEN, "!=": Operator.NOT_CHOSEN}.get(sign)
    else:
        found = next((operator for operator, own in _SIGNS.items() if own == sign), None)
    return Simple(name, found, value) if found else None


def describe(condition: str, schema: Schema) -> str:
    """A picked condition in words, empty where it has to be read as it is written."""
    simple = read(condition, schema)
    asked = schema.question(simple.question) if simple else None
    if simple is None or asked is None:
        return ""
    option = asked.option(simple.value) if simple.operator in OF_OPTIONS else None
    value = f"“{option.label}”" if option else simple.value
    gap = " " if simple.operator in OF_VALUES else ""
    return f"“{shortened(asked.label)}”{OPERATOR_LABELS[simple.operator]}{gap}{value}"


def shortened(text: str, most: int = 24) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


class Limits(NamedTuple):
    """The least and the most of an answer: of a number or a day itself, of options chosen, of characters written."""

    least: str = ""
    most: str = ""


LIMITED = {Kind.NUMBER: ".", Kind.DATE: ".", Kind.MULTIPLE: "count-selected(.)"} | dict.fromkeys(
    _TEXTS, "string-length(.)"
)


def write_limits(limits: Limits, kind: Kind) -> str:
    """The constraint; empty without limits. Raises Unfit."""
    if not (limits.least or limits.most):
        return ""
    if kind not in LIMITED:
        raise Unfit("这种题不能限定范围。")
    bounds = [(">=", limits.least), ("<=", limits.most)]
    parts = [f"{LIMITED[kind]} {sign} {_bound(text, kind)}" for sign, text in bounds if text]
    return " and ".join(parts)


def read_limits(constraint: str, kind: Kind) -> Limits | None:
    """The limits that make this constraint; None where none do."""
    tree = _tree(constraint)
    if tree is None:
        return None if constraint.strip() else Limits()
    parts = (tree.left, tree.right) if isinstance(tree, Joined) else (tree,)
    found = {}
    for part in parts:
        match part:
            case Compared(">=" | "<=" as sign, Answer("") | Measured(Answer(""), _), Literal(value)):
                found[sign] = str(value)
    limits = Limits(found.get(">=", ""), found.get("<=", ""))
    try:
        written = write_limits(limits, kind)
        return limits if written and parse_expression(written) == tree else None
    except Unfit:
        return None
