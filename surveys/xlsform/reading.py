"""A questionnaire read from a workbook, whole or not at all."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from surveys.schema.checks import check
from surveys.schema.model import (
    MAX_OPTIONS,
    MAX_QUESTIONS,
    OTHER,
    Kind,
    Meaning,
    Measure,
    Option,
    Order,
    Question,
    Schema,
    Section,
)
from surveys.xlsform.confirming import confirm
from surveys.xlsform.sheets import RowProblem, Sheet, Unreadable, sheets, unsupported

MAX_PROBLEMS = 100
_SURVEY = frozenset(
    {
        *("type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message"),
        *("appearance", "parameters", "measure", "keeps", "theme"),
    }
)
_GROUP = frozenset({"type", "name", "label", "relevant", "appearance"})
_CHOICES = frozenset({"list_name", "name", "label", "meaning", "positive"})
# Versions are counted here, and the language is the office's; both may stand in the file.
_SETTINGS = frozenset({"form_title", "form_id", "intro", "thanks", "version", "default_language", "style"})
_SELECT = re.compile(
    r"(?i:(select_one|select one from|select one|select1|select_multiple|select multiple|"
    r"select all that apply from|select all that apply|rank))\s+(\S+)(\s+(?i:or_other|or other|or specify other))?"
)
_SIMPLE = {
    "integer": Kind.NUMBER,
    "int": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    "text": Kind.SHORT_TEXT,
    "string": Kind.SHORT_TEXT,
    "date": Kind.DATE,
    "note": Kind.NOTE,
}
# Anonymity is built into the answers: these have nowhere to go.
_TELLING = frozenset(
    {
        "start",
        "end",
        "today",
        "deviceid",
        "subscriberid",
        "simserial",
        "phonenumber",
        "username",
        "email",
        "audit",
    }
    | {"geopoint", "geotrace", "geoshape", "start-geopoint", "background-geopoint", "imei"}
)
# How things look, not what they mean.
_LOOKS = frozenset({"minimal", "quick", "horizontal", "compact", "columns", "columns-pack", "field-list"})
_YES = {"yes": True, "true": True, "true()": True, "no": False, "false": False, "false()": False, "": False}

Options = Mapping[str, tuple[Option, ...]]


class Imported(NamedTuple):
    """The questionnaire, or None and everything that stands in its way, by sheet and row."""

    schema: Schema | None
    problems: tuple[RowProblem, ...]


class _Unsupported(Exception):
    """A cell that cannot be taken over; the message is for the office."""


def read(data: bytes) -> Imported:
    """The questionnaire of an .xlsx file. Never raises; with a single problem there is no questionnaire."""
    try:
        found = sheets(data)
    except Unreadable as error:
        return Imported(None, (RowProblem("", 0, str(error)),))
    if not found["survey"].rows:
        return Imported(None, (RowProblem("survey", 0, "没有 survey 工作表，或者它是空的。"),))
    reader = _Reader(found)
    schema = reader.schema()
    problems = [problem for sheet in found.values() for problem in sheet.problems]
    if not problems:
        problems = [reader.located(*problem) for problem in check(schema)]
    if not problems:
        problems = list(confirm(data))
    return Imported(None if problems else schema, _first(problems))


def _first(problems: list[RowProblem]) -> tuple[RowProblem, ...]:
    """As many as somebody will read; the rest is counted."""
    if len(problems) <= MAX_PROBLEMS:
        return tuple(problems)
    rest = len(problems) - MAX_PROBLEMS
    return (*problems[:MAX_PROBLEMS], RowProblem("", 0, f"还有 {rest} 处问题没有列出。"))


class _Reader:
    """Goes through the sheets, complains where it has to and goes on, so that all is told at once."""

    def __init__(self, found: dict[str, Sheet]):
        self.survey, self.choices, self.settings = found["survey"], found["choices"], found["settings"]
        self.rows: dict[str, int] = {}
        self.used: set[str] = set()
        self.asked = self.unread = 0
        self.sections: list[Section] = []
        self.group: tuple[int, Section] | None = None

    def schema(self) -> Schema:
        lists = self._lists()
        for number, row in self.survey.rows:
            self._survey_row(number, row, lists)
        if self.group:
            self.survey.complain(self.group[0], "这个分组没有 end_group。")
        for name, (number, _) in self._starts.items():
            # The list of a question that could not be read is not to be deleted.
            if name and name not in self.used and not self.unread:
                self.choices.complain(number, f"选项列表“{name[:40]}”没有题目使用，请删去。")
        return self._with_settings()

    def located(self, where: str, message: str) -> RowProblem:
        """A problem of the questionnaire at the row it comes from."""
        row = self.rows.get(where) or self.rows.get(where.removesuffix("_other"), 0)
        return RowProblem("survey" if row else "", row, message)

    def _with_settings(self) -> Schema:
        number, row = self.settings.rows[0] if self.settings.rows else (0, {})
        for more, _ in self.settings.rows[1:]:
            self.settings.complain(more, "settings 只能有一行。")
        for text in unsupported(row, _SETTINGS):
            self.settings.complain(number, text)
        return Schema(
            name=row.get("form_id", "survey"),
            title=row.get("form_title", ""),
            sections=tuple(self.sections),
            intro=row.get("intro", ""),
            thanks=row.get("thanks", ""),
        )

    def _lists(self) -> Options:
        """The choices by list. A list that is too long is told once and cut, so that its end costs nothing."""
        found: dict[str, list[Option]] = {}
        self._starts: dict[str, tuple[int, int]] = {}
        for number, row in self.choices.rows:
            name = row.get("list_name", "")
            start, count = self._starts.get(name, (number, 0))
            self._starts[name] = (start, count + 1)
            if count >= MAX_OPTIONS:
                continue
            for text in unsupported(row, _CHOICES):
                self.choices.complain(number, text)
            try:
                found.setdefault(name, []).append(_choice(row))
            except _Unsupported as error:
                self.choices.complain(number, str(error))
        for name, (start, count) in self._starts.items():
            if count > MAX_OPTIONS:
                self.choices.complain(
                    start, f"选项列表“{name[:40]}”有 {count} 个选项，最多 {MAX_OPTIONS} 个。"
                )
        return {name: tuple(options) for name, options in found.items()}

    def _survey_row(self, number: int, row: dict[str, str], lists: Options) -> None:
        word = " ".join(row.get("type", "").split())
        plain = word.casefold().replace(" ", "_")
        if plain == "end_group":
            self._end_group(number, row)
            return
        is_group = plain == "begin_group"
        for text in unsupported(row, _GROUP if is_group else _SURVEY):
            self.survey.complain(number, text)
        self._name(number, row)
        if is_group:
            self._begin_group(number, row)
            return
        self.asked += 1
        if self.asked == MAX_QUESTIONS + 1:
            self.survey.complain(number, f"题目超过 {MAX_QUESTIONS} 道，从这一行起没有读。")
        if self.asked > MAX_QUESTIONS:
            return
        try:
            self._place(_question(word, row, lists))
        except _Unsupported as error:
            self.unread += 1
            self.survey.complain(number, str(error))
        if matched := _SELECT.fullmatch(word):
            self.used.add(matched[2])

    def _name(self, number: int, row: dict[str, str]) -> None:
        """Where a name stands, for problems that are found later; of two the later."""
        if row.get("name"):
            self.rows[row["name"]] = number
        else:
            self.survey.complain(number, "没有名称（name）。")

    def _begin_group(self, number: int, row: dict[str, str]) -> None:
        if self.group:
            self.survey.complain(number, "分组里不能再有分组。")
        section = Section(row.get("name", ""), row.get("label", ""), (), row.get("relevant", ""))
        self.group = (number, section)
        self.sections.append(section)

    def _end_group(self, number: int, row: dict[str, str]) -> None:
        """Some forms repeat the group's name at its end; anything else there would be lost."""
        for text in unsupported(row, frozenset({"type", "name"})):
            self.survey.complain(number, text)
        if self.group is None:
            self.survey.complain(number, "这个 end_group 前面没有 begin_group。")
        self.group = None

    def _place(self, question: Question) -> None:
        """Into the open group; outside of one, into a section without a name."""
        last = self.sections[-1] if self.sections else None
        if last is None or (self.group is None and last.name):
            last = Section()
            self.sections.append(last)
        self.sections[-1] = replace(last, questions=(*last.questions, question))


def _yes(row: Mapping[str, str], column: str) -> bool:
    found = _YES.get(row.get(column, "").casefold())
    if found is None:
        raise _Unsupported(f"“{column}”只能写 yes 或 no。")
    return found


def _choice(row: Mapping[str, str]) -> Option:
    meaning = row.get("meaning", Meaning.PLAIN.value)
    if not row.get("list_name"):
        raise _Unsupported("没有列表名称（list_name）。")
    if meaning not in [known.value for known in Meaning]:
        raise _Unsupported(f"“meaning”只能写 {'、'.join(Meaning)}。")
    return Option(row.get("name", ""), row.get("label", ""), Meaning(meaning), _yes(row, "positive"))


def _question(word: str, row: Mapping[str, str], lists: Options) -> Question:
    kind, options = _kind(word, row, lists)
    return Question(
        name=row.get("name", ""),
        kind=kind,
        label=row.get("label", ""),
        hint=row.get("hint", ""),
        options=options,
        order=_order(row),
        is_required=_yes(row, "required"),
        relevance=row.get("relevant", ""),
        constraint=row.get("constraint", ""),
        constraint_message=row.get("constraint_message", ""),
        is_whole=word.casefold() in ("integer", "int"),
        measure=_measure(row),
        keeps=_keeps(row),
        theme=row.get("theme", ""),
    )


def _kind(word: str, row: Mapping[str, str], lists: Options) -> tuple[Kind, tuple[Option, ...]]:
    looks = set(row.get("appearance", "").split()) - _LOOKS
    kind = _SIMPLE.get(word.casefold())
    if kind == Kind.SHORT_TEXT and "multiline" in looks:
        kind = Kind.LONG_TEXT
        looks -= {"multiline"}
    options: tuple[Option, ...] = ()
    if kind is None:
        kind, options = _select(word, lists)
        if kind == Kind.SINGLE and "likert" in looks:
            kind = _scale(options)
            looks -= {"likert"}
    if looks:
        raise _Unsupported(f"不支持外观（appearance）“{' '.join(sorted(looks))[:40]}”。")
    return kind, options


def _select(word: str, lists: Options) -> tuple[Kind, tuple[Option, ...]]:
    matched = _SELECT.fullmatch(word)
    if matched is None:
        raise _Unsupported(_refusal(word))
    verb, name, with_other = matched[1].casefold(), matched[2], bool(matched[3])
    if name not in lists:
        raise _Unsupported(f"choices 里没有选项列表“{name[:40]}”。")
    options = lists[name]
    if with_other:
        options = tuple(replace(o, meaning=Meaning.OTHER) if o.name == OTHER else o for o in options)
        if not any(o.name == OTHER for o in options):
            options = (*options, Option(OTHER, "其他", Meaning.OTHER))
    if verb == "rank":
        return Kind.RANKING, options
    return (Kind.MULTIPLE if "multiple" in verb or "all" in verb else Kind.SINGLE), options


def _refusal(word: str) -> str:
    if not word:
        return "没有题型（type）。"
    if word.casefold() in _TELLING:
        return f"不支持题型“{word}”：居民问卷不记录设备、位置、时间和身份。"
    return f"不支持题型“{word[:40]}”。"


def _scale(options: tuple[Option, ...]) -> Kind:
    points = sum(option.meaning == Meaning.PLAIN for option in options)
    if points not in (3, 5):
        raise _Unsupported(f"量表（likert）只支持 3 级和 5 级，这里有 {points} 级。")
    return Kind.SCALE3 if points == 3 else Kind.SCALE5


def _order(row: Mapping[str, str]) -> Order:
    given = "".join(row.get("parameters", "").split()).casefold()
    orders = {"": Order.FIXED, "randomize=false": Order.FIXED, "randomize=true": Order.ROTATED}
    if given not in orders:
        raise _Unsupported(f"不支持参数（parameters）“{row['parameters'][:40]}”。")
    return orders[given]


def _measure(row: Mapping[str, str]) -> Measure | None:
    given = row.get("measure", "")
    if given and given not in [known.value for known in Measure]:
        raise _Unsupported(f"“measure”只能写 {'、'.join(Measure)}。")
    return Measure(given) if given else None


def _keeps(row: Mapping[str, str]) -> frozenset[Meaning]:
    given = row.get("keeps", "").split()
    if not set(given) <= {Meaning.UNSURE.value, Meaning.REFUSED.value}:
        raise _Unsupported("“keeps”只能写 unsure 和 refused，用空格隔开。")
    return frozenset(Meaning(word) for word in given)
