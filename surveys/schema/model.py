"""A questionnaire as data: sections of questions, each with its options, conditions and what it measures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from surveys.schema.expressions import NAME

MAX_SECTIONS = 30
MAX_QUESTIONS = 200
MAX_OPTIONS = 100
MAX_TEXT = 2000
# What a person types: one line, and many.
MAX_SHORT = 100
MAX_LONG = 1000
OPTION_NAME = re.compile(r"[\w][\w.-]{0,63}")
# XLSForm names the option that lets somebody write, and the field they write in.
OTHER = "other"


class Kind(StrEnum):
    """What is asked for."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    SCALE3 = "scale3"
    SCALE5 = "scale5"
    NUMBER = "number"
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    DATE = "date"
    NOTE = "note"
    RANKING = "ranking"


KIND_LABELS = {
    Kind.SINGLE: "单选",
    Kind.MULTIPLE: "多选",
    Kind.SCALE3: "三级量表",
    Kind.SCALE5: "五级量表",
    Kind.NUMBER: "数字",
    Kind.SHORT_TEXT: "短文本",
    Kind.LONG_TEXT: "长文本",
    Kind.DATE: "日期",
    Kind.NOTE: "说明文字",
    Kind.RANKING: "排序",
}
SCALE_POINTS = {Kind.SCALE3: 3, Kind.SCALE5: 5}
# One option is chosen.
CHOOSE_ONE = frozenset({Kind.SINGLE, Kind.SCALE3, Kind.SCALE5})
CHOOSE = CHOOSE_ONE | {Kind.MULTIPLE}
WITH_OPTIONS = CHOOSE | {Kind.RANKING}


class Meaning(StrEnum):
    """What an option says besides its words."""

    PLAIN = "plain"
    UNSURE = "unsure"
    REFUSED = "refused"
    OTHER = "other"


MEANING_LABELS = {
    Meaning.PLAIN: "普通",
    Meaning.UNSURE: "不清楚",
    Meaning.REFUSED: "拒答",
    Meaning.OTHER: "其他（请说明）",
}


class Measure(StrEnum):
    """Which rate a question feeds."""

    AWARENESS = "awareness"
    SUPPORT = "support"
    SATISFACTION = "satisfaction"


MEASURE_LABELS = {Measure.AWARENESS: "知晓率", Measure.SUPPORT: "支持率", Measure.SATISFACTION: "满意率"}


class Order(StrEnum):
    """In which order options stand: as written, or turned by the response's seed so that none is always first."""

    FIXED = "fixed"
    ROTATED = "rotated"


@dataclass(frozen=True)
class Option:
    """One thing to choose. `name` is stored and exported, `label` is read; `is_positive` counts for the rate."""

    name: str
    label: str
    meaning: Meaning = Meaning.PLAIN
    is_positive: bool = False


@dataclass(frozen=True)
class Question:
    """One question.

    `relevance` and `constraint` are conditions, empty for none; `constraint_message` is shown when it fails. `theme` is
    what the question is about, for tables. `keeps` are the meanings (不清楚, 拒答) that stay in the rate's denominator.
    `is_whole` holds for numbers.
    """

    name: str
    kind: Kind
    label: str
    hint: str = ""
    options: tuple[Option, ...] = ()
    order: Order = Order.FIXED
    is_required: bool = False
    relevance: str = ""
    constraint: str = ""
    constraint_message: str = ""
    is_whole: bool = False
    measure: Measure | None = None
    keeps: frozenset[Meaning] = frozenset()
    theme: str = ""

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)

    @property
    def other(self) -> Option | None:
        """The option behind which something may be written."""
        return next((option for option in self.options if option.meaning == Meaning.OTHER), None)

    @property
    def other_name(self) -> str:
        """Under which name the words behind 其他 are stored."""
        return f"{self.name}_other"

    @property
    def substantive(self) -> tuple[Option, ...]:
        """The options that answer the question."""
        return tuple(o for o in self.options if o.meaning not in (Meaning.UNSURE, Meaning.REFUSED))

    @property
    def counting_rule(self) -> str:
        """What is printed beside the question's rate; empty when it feeds none."""
        if self.measure is None:
            return ""
        positive = "、".join(f"“{o.label}”" for o in self.options if o.is_positive)
        left_out = [
            f"“{o.label}”"
            for o in self.options
            if o.meaning in (Meaning.UNSURE, Meaning.REFUSED) and o.meaning not in self.keeps
        ]
        base = f"分母不含{'、'.join(left_out)}" if left_out else "分母为全部回答"
        return f"{MEASURE_LABELS[self.measure]}＝选{positive}者 ÷ 有效回答；{base}。"

    def judged(self, chosen: str) -> bool | None:
        """Whether a choice counts for the rate: positive, not positive, or None where it is not in the denominator."""
        option = self.option(chosen)
        if self.measure is None or option is None:
            return None
        if option.meaning in (Meaning.UNSURE, Meaning.REFUSED) and option.meaning not in self.keeps:
            return None
        return option.is_positive

    def ordered_options(self, seed: str) -> tuple[Option, ...]:
        """The options as one respondent sees them; 不清楚, 拒答 and 其他 stay behind. The seed names the response."""
        plain = tuple(o for o in self.options if o.meaning == Meaning.PLAIN)
        if self.order == Order.FIXED or not plain:
            return self.options
        digest = sha256(f"{seed}/{self.name}".encode("utf-8", "surrogatepass")).digest()
        first = int.from_bytes(digest[:8], "big") % len(plain)
        return plain[first:] + plain[:first] + tuple(o for o in self.options if o.meaning != Meaning.PLAIN)


@dataclass(frozen=True)
class Section:
    """Questions on one page under a title. A section without a name only holds questions that stand outside one."""

    name: str = ""
    title: str = ""
    questions: tuple[Question, ...] = ()
    relevance: str = ""


@dataclass(frozen=True)
class Schema:
    """A whole questionnaire. `name` is the XLSForm's form_id; intro and thanks are read before and after."""

    name: str
    title: str
    sections: tuple[Section, ...] = ()
    intro: str = ""
    thanks: str = ""

    def questions(self) -> Iterator[Question]:
        for section in self.sections:
            yield from section.questions

    def placed(self) -> Iterator[tuple[Section, Question]]:
        """Each question with the section it stands in, in order."""
        for section in self.sections:
            for question in section.questions:
                yield section, question

    def question(self, name: str) -> Question | None:
        return next((question for question in self.questions() if question.name == name), None)


def is_name(text: str) -> bool:
    """Whether a question or section may be called so."""
    return NAME.fullmatch(text) is not None


def is_option_name(text: str) -> bool:
    """Whether an option may be called so; a space would split it in XLSForm's lists."""
    return OPTION_NAME.fullmatch(text) is not None
