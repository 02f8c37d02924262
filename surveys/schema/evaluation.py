"""What a condition says of given answers. Total: every tree has an answer for every set of values.

Values are what `answers.py` cleans: None where nothing was answered, a text for texts and single choices, a Decimal, a
date, or the chosen options in a tuple. As in XPath nothing equals the empty text, and an order with nothing is false.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from surveys.schema.expressions import (
    Answer,
    Compared,
    Joined,
    Literal,
    Measured,
    Node,
    Not,
    Selected,
    Today,
    parse_expression,
)

Value = None | str | Decimal | date | tuple[str, ...]


def holds(condition: str, values: Mapping[str, Value], today: date) -> bool:
    """Whether a condition holds; the empty one always does. The dot's value stands under the empty name.

    Raises ExpressionError for a text that is no condition.
    """
    return not condition.strip() or truth(parse_expression(condition), values, today)


def truth(node: Node, values: Mapping[str, Value], today: date) -> bool:
    """Whether a tree holds; a value instead of a condition holds when it is not empty."""
    match node:
        case Not(inner):
            return not truth(inner, values, today)
        case Joined(word, left, right):
            first = truth(left, values, today)
            if first == (word == "or"):
                return first
            return truth(right, values, today)
        case Compared(sign, left, right):
            return _compare(sign, _value(left, values, today), _value(right, values, today))
        case Selected(answer, option):
            return option in _chosen(values.get(answer.name))
        case _:
            return bool(_value(node, values, today))


def _value(node: Node, values: Mapping[str, Value], today: date) -> Value | bool:
    match node:
        case Literal(value):
            return value
        case Answer(name):
            return values.get(name)
        case Today():
            return today
        case Measured(answer, function):
            given = values.get(answer.name)
            return Decimal(len(_chosen(given) if function == "count-selected" else _text(given)))
        case _:
            return truth(node, values, today)


def _chosen(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) and value else ()


def _compare(sign: str, left: Value | bool, right: Value | bool) -> bool:
    order = _order(left, right)
    if sign in ("=", "!="):
        return (order == 0) == (sign == "=")
    if order is None or not (isinstance(left, Decimal | date) or isinstance(right, Decimal | date)):
        return False
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[sign]


def _order(left: Value | bool, right: Value | bool) -> int | None:
    """Minus one, nought or one as both sides stand in one type; None where they have none in common."""
    if isinstance(left, date) and isinstance(right, date):
        return (left > right) - (left < right)
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        one, other = _number(left), _number(right)
        return None if one is None or other is None else (one > other) - (one < other)
    if isinstance(left, date) or isinstance(right, date):
        return None
    return (_text(left) > _text(right)) - (_text(left) < _text(right))


def _number(value: Value | bool) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    try:
        found = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def _text(value: Value | bool) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
