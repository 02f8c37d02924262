"""A questionnaire as JSON, in and out. Defaults are left out, so that one questionnaire has one document."""

import json
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar

from surveys.schema.model import (
    MAX_OPTIONS,
    MAX_QUESTIONS,
    MAX_SECTIONS,
    Kind,
    Meaning,
    Measure,
    Option,
    Order,
    Question,
    Schema,
    Section,
)

FORMAT = 1
MAX_DOCUMENT = 2_000_000
Word = TypeVar("Word", bound=StrEnum)


class SchemaError(ValueError):
    """A document that is no questionnaire; the message says where, in Chinese."""


def dump(schema: Schema) -> dict[str, Any]:
    """The questionnaire as plain dicts and lists, for a JSON column."""
    return {"format": FORMAT, "name": schema.name, "title": schema.title} | _given(
        {"intro": schema.intro, "thanks": schema.thanks, "sections": [_section(s) for s in schema.sections]}
    )


def dumps(schema: Schema) -> str:
    """The one text of a questionnaire: equal questionnaires have equal texts."""
    return json.dumps(dump(schema), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(schema: Schema) -> str:
    """The sha256 of the text, in hexadecimal."""
    return sha256(dumps(schema).encode("utf-8", "surrogatepass")).hexdigest()


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _section(section: Section) -> dict[str, Any]:
    return _given(
        {
            "name": section.name,
            "title": section.title,
            "relevance": section.relevance,
            "questions": [_question(q) for q in section.questions],
        }
    )


def _question(question: Question) -> dict[str, Any]:
    return {"name": question.name, "kind": question.kind.value, "label": question.label} | _given(
        {
            "hint": question.hint,
            "options": [_option(o) for o in question.options],
            "order": "" if question.order == Order.FIXED else question.order.value,
            "required": question.is_required,
            "relevance": question.relevance,
            "constraint": question.constraint,
            "constraint_message": question.constraint_message,
            "whole": question.is_whole,
            "measure": question.measure.value if question.measure else "",
            "keeps": sorted(meaning.value for meaning in question.keeps),
            "theme": question.theme,
        }
    )


def _option(option: Option) -> dict[str, Any]:
    return {"name": option.name, "label": option.label} | _given(
        {
            "meaning": "" if option.meaning == Meaning.PLAIN else option.meaning.value,
            "positive": option.is_positive,
        }
    )


def parse(document: object) -> Schema:
    """The questionnaire of a document, JSON text or what was read from it. SchemaError where it is none.

    Only the shape is looked at; whether the questionnaire makes sense is `check`'s business.
    """
    given = _Given(_loaded(document), "问卷")
    if given.values.get("format") != FORMAT:
        raise SchemaError("问卷：格式版本不认识")
    schema = Schema(
        name=given.text("name"),
        title=given.text("title"),
        sections=tuple(_read_section(item) for item in given.items("sections", MAX_SECTIONS)),
        intro=given.text("intro"),
        thanks=given.text("thanks"),
    )
    given.only("format", "name", "title", "sections", "intro", "thanks")
    return schema


def _loaded(document: object) -> object:
    if not isinstance(document, str):
        return document
    if len(document) > MAX_DOCUMENT:
        raise SchemaError("问卷：文件太大")
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        raise SchemaError("问卷：不是 JSON") from None


class _Given:
    """A dict from outside, asked key by key; `where` names it in messages."""

    def __init__(self, values: object, where: str):
        if not isinstance(values, Mapping):
            raise SchemaError(f"{where}：应当是一组名称和值")
        self.values: Mapping[object, object] = values
        self.where = where

    def text(self, key: str) -> str:
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise SchemaError(f"{self.where}：“{key}”应当是文字")
        return value

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise SchemaError(f"{self.where}：“{key}”应当是真或假")
        return value

    def word(self, key: str, words: type[Word], default: Word) -> Word:
        return self._one_of(key, self.values.get(key, default.value), words)

    def words(self, key: str, words: type[Word]) -> frozenset[Word]:
        return frozenset(self._one_of(key, value, words) for value in self._list(key, len(words)))

    def items(self, key: str, most: int) -> list["_Given"]:
        return [
            _Given(value, f"{self.where} › {key} {number}")
            for number, value in enumerate(self._list(key, most), start=1)
        ]

    def only(self, *keys: str) -> None:
        unknown = [str(key)[:40] for key in self.values if key not in keys]
        if unknown:
            raise SchemaError(f"{self.where}：不认识“{unknown[0]}”")

    def _one_of(self, key: str, value: object, words: type[Word]) -> Word:
        if not isinstance(value, str) or value not in [word.value for word in words]:
            raise SchemaError(f"{self.where}：“{key}”的值不认识")
        return words(value)

    def _list(self, key: str, most: int) -> list[object]:
        value = self.values.get(key, [])
        if not isinstance(value, list | tuple):
            raise SchemaError(f"{self.where}：“{key}”应当是列表")
        if len(value) > most:
            raise SchemaError(f"{self.where}：“{key}”有 {len(value)} 项，最多 {most} 项")
        return list(value)


def _read_section(given: _Given) -> Section:
    given.only("name", "title", "relevance", "questions")
    return Section(
        name=given.text("name"),
        title=given.text("title"),
        questions=tuple(_read_question(item) for item in given.items("questions", MAX_QUESTIONS)),
        relevance=given.text("relevance"),
    )


def _read_question(given: _Given) -> Question:
    given.only(
        *("name", "kind", "label", "hint", "options", "order", "required", "relevance", "constraint"),
        *("constraint_message", "whole", "measure", "keeps", "theme"),
    )
    if "kind" not in given.values:
        raise SchemaError(f"{given.where}：没有题型")
    return Question(
        name=given.text("name"),
        kind=given.word("kind", Kind, Kind.NOTE),
        label=given.text("label"),
        hint=given.text("hint"),
        options=tuple(_read_option(item) for item in given.items("options", MAX_OPTIONS)),
        order=given.word("order", Order, Order.FIXED),
        is_required=given.flag("required"),
        relevance=given.text("relevance"),
        constraint=given.text("constraint"),
        constraint_message=given.text("constraint_message"),
        is_whole=given.flag("whole"),
        measure=given.word("measure", Measure, Measure.AWARENESS) if "measure" in given.values else None,
        keeps=given.words("keeps", Meaning),
        theme=given.text("theme"),
    )


def _read_option(given: _Given) -> Option:
    given.only("name", "label", "meaning", "positive")
    return Option(
        name=given.text("name"),
        label=given.text("label"),
        meaning=given.word("meaning", Meaning, Meaning.PLAIN),
        is_positive=given.flag("positive"),
    )
