"""What somebody answered, held against the questionnaire: one set of rules for phone, paper and a forged post."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from surveys.schema.evaluation import Value, holds
from surveys.schema.expressions import ExpressionError
from surveys.schema.model import (
    CHOOSE_ONE,
    MAX_LONG,
    MAX_SHORT,
    Kind,
    Meaning,
    Option,
    Question,
    Schema,
    Section,
)

YEARS = range(1900, 2101)
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,4})?")


class Validated(NamedTuple):
    """The answers as they are stored, by question, and one message per question that has to be looked at again.

    In `clean` a number is an int or a float, a date its ISO text, several choices a list; what was not answered, not
    shown or not right is absent. The empty name in `errors` is the form as a whole.
    """

    clean: dict[str, Any]
    errors: dict[str, str]


class Refused(Exception):
    """An answer that cannot stand; the message is for who answered."""


def validate(schema: Schema, answers: object, *, today: date) -> Validated:
    """Answers checked in the order of the questions. Never raises.

    An answer to a question that is not shown is dropped: a page that was turned back leaves such answers behind, and
    nobody did wrong. `hidden_answers` names them for who wants to refuse. A name that no question has is an error of
    the form: it comes from another version, or from nowhere.
    """
    if not isinstance(answers, Mapping):
        return Validated({}, {"": "没有收到回答，请重新填写。"})
    filled = _fill(schema, answers, today)
    errors = dict(filled.errors)
    strangers = set(answers) - _known(schema)
    if strangers:
        errors[""] = f"有 {len(strangers)} 项回答不属于这份问卷，问卷可能已更新，请刷新后再填。"
    return Validated(filled.clean, errors)


def path(schema: Schema, answers: Mapping[str, Any], *, today: date) -> tuple[str, ...]:
    """The names of the questions shown to somebody with these answers, notes included, in order."""
    return tuple(_fill(schema, answers, today).shown)


def hidden_answers(schema: Schema, answers: Mapping[str, Any], *, today: date) -> tuple[str, ...]:
    """The questions that were answered without being shown."""
    shown = set(path(schema, answers, today=today))
    return tuple(
        q.name for q in schema.questions() if q.name not in shown and not _is_empty(answers.get(q.name))
    )


def _known(schema: Schema) -> set[object]:
    known: set[object] = {q.name for q in schema.questions()}
    return known | {q.other_name for q in schema.questions() if q.other}


@dataclass
class _Filled:
    """A form being gone through: what stands so far, for the conditions of what follows."""

    today: date
    values: dict[str, Value] = field(default_factory=dict)
    clean: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)

    def is_shown(self, section: Section, question: Question) -> bool:
        """A condition that cannot be read hides nothing: rather one question too many than one lost."""
        try:
            return holds(section.relevance, self.values, self.today) and holds(
                question.relevance, self.values, self.today
            )
        except ExpressionError:
            return True

    def meets_constraint(self, question: Question, value: Value) -> bool:
        try:
            return holds(question.constraint, self.values | {"": value, question.name: value}, self.today)
        except ExpressionError:
            raise Refused("这道题的校验条件写错了，请告诉镇网格办。") from None


def _fill(schema: Schema, answers: Mapping[Any, Any], today: date) -> _Filled:
    filled = _Filled(today)
    for section, question in schema.placed():
        if not filled.is_shown(section, question):
            continue
        filled.shown.append(question.name)
        try:
            _take(filled, question, answers)
        except Refused as refused:
            filled.errors[question.name] = str(refused)
    return filled


def _take(filled: _Filled, question: Question, answers: Mapping[Any, Any]) -> None:
    given = answers.get(question.name)
    value = None if question.kind == Kind.NOTE or _is_empty(given) else _read(question, given)
    if value is None:
        if question.is_required and question.kind != Kind.NOTE:
            raise Refused("这道题需要回答。")
        return
    if not filled.meets_constraint(question, value):
        raise Refused(question.constraint_message or "这个回答不符合这道题的要求，请核对。")
    other = question.other
    if other and other.name in (value if isinstance(value, tuple) else (value,)):
        written = _text(answers.get(question.other_name) or "", MAX_SHORT, lines=False)
        if written:
            filled.clean[question.other_name] = written
    filled.values[question.name] = value
    filled.clean[question.name] = _stored(value)


def _stored(value: Value) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _is_empty(given: object) -> bool:
    if isinstance(given, str):
        return not given.strip()
    return given is None or (isinstance(given, list | tuple) and not any(item != "" for item in given))


def _read(question: Question, given: object) -> Value:
    """The answer in its type; None where nothing is left of it. Raises Refused."""
    kind = question.kind
    if kind in CHOOSE_ONE:
        return _option(question, _single(given)).name
    if kind == Kind.MULTIPLE:
        return _several(question, given)
    if kind == Kind.RANKING:
        return _ranking(question, given)
    if kind == Kind.NUMBER:
        return _number(given, question.is_whole)
    if kind == Kind.DATE:
        return _date(given)
    is_long = kind == Kind.LONG_TEXT
    return _text(given, MAX_LONG if is_long else MAX_SHORT, lines=is_long) or None


def _single(given: object) -> object:
    """Browsers and JSON send one value plain or as a list of one."""
    if isinstance(given, list | tuple):
        if len(given) != 1:
            raise Refused("这道题只能选一项。")
        return given[0]
    return given


def _option(question: Question, given: object) -> Option:
    found = question.option(given) if isinstance(given, str) else None
    if found is None:
        raise Refused("请从列出的选项中选择。")
    return found


def _several(question: Question, given: object) -> tuple[str, ...]:
    listed = given if isinstance(given, list | tuple) else [given]
    if len(listed) > len(question.options):
        raise Refused("请从列出的选项中选择。")
    chosen = {_option(question, item) for item in listed if item != ""}
    lone = next((o for o in chosen if o.meaning in (Meaning.UNSURE, Meaning.REFUSED)), None)
    if lone and len(chosen) > 1:
        raise Refused(f"选了“{lone.label}”就不要再选别的。")
    return tuple(o.name for o in question.options if o in chosen)


def _ranking(question: Question, given: object) -> tuple[str, ...]:
    listed = given if isinstance(given, list | tuple) else [given]
    names = tuple(_option(question, item).name for item in listed[: len(question.options) + 1])
    if sorted(names) != sorted(o.name for o in question.options):
        raise Refused("请给每一项排一个名次，不重复、不遗漏。")
    return names


def _number(given: object, is_whole: bool) -> Decimal:
    text = _one_line(given)
    if not _NUMBER.fullmatch(text):
        raise Refused("请填数字，整数不超过 9 位，小数不超过 4 位。")
    value = Decimal(text)
    if is_whole and value != value.to_integral_value():
        raise Refused("请填整数。")
    return abs(value) if value == 0 else value


def _one_line(given: object) -> str:
    """A number or its text in plain digits; fullwidth ones are what a Chinese keyboard gives."""
    value = _single(given)
    if isinstance(value, str):
        return unicodedata.normalize("NFKC", value[:40]).strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**9 else ""
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() and abs(value) < 10**9 else ""
    return str(value) if isinstance(value, float) else ""


def _date(given: object) -> date:
    value = _single(given)
    try:
        found = value if isinstance(value, date) else date.fromisoformat(_one_line(value))
    except ValueError:
        raise Refused("请填日期，例如 2026-11-23。") from None
    if found.year not in YEARS:
        raise Refused("年份不对，请核对。")
    return date(found.year, found.month, found.day)


def _text(given: object, most: int, *, lines: bool) -> str:
    """What was written, without the control characters that no keyboard has."""
    value = _single(given)
    if not isinstance(value, str):
        raise Refused("请填文字。")
    text = _without_controls(value[: most * 4].replace("\r\n", "\n").replace("\r", "\n"))
    text = text.strip() if lines else " ".join(text.split())
    if len(text) > most:
        raise Refused(f"请不要超过 {most} 个字。")
    return text


def _without_controls(text: str) -> str:
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))
