"""The conditions of a questionnaire, in XLSForm's own words: read, never executed.

    condition  = conjunction { "or" conjunction }
    conjunction = comparison { "and" comparison }
    comparison = term [ ("=" | "!=" | "<" | "<=" | ">" | ">=") term ]
    term       = "(" condition ")" | "not" "(" condition ")" | "true" "(" ")" | "false" "(" ")"
               | "selected" "(" answer "," text ")" | "count-selected" "(" answer ")"
               | "string-length" "(" answer ")" | "date" "(" text ")" | "today" "(" ")"
               | answer | text | number
    answer     = "${" name "}" | "."

A dot is the answer the constraint belongs to. Texts stand in single or double quotes and hold no quote of their kind.
The depth of brackets and the length are bounded, so that no text costs more than its length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, NoReturn

MAX_LENGTH = 1000
MAX_DEPTH = 20

Comparisons = ("=", "!=", "<=", ">=", "<", ">")

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\u00a0]+)
      | (?P<answer>\$\{[^{}]*\})
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<number>-?[0-9]{1,12}(?:\.[0-9]{1,6})?(?![\w.]))
      | (?P<word>[A-Za-z][A-Za-z-]*)
      | (?P<sign>!=|<=|>=|[=<>(),.])""",
    re.VERBOSE,
)
NAME = re.compile(r"[^\W\d][\w-]{0,63}")


class ExpressionError(ValueError):
    """A condition that cannot be read; the message is for the office, `position` counts characters from 1."""

    def __init__(self, message: str, position: int):
        super().__init__(f"第 {position} 个字符处：{message}")
        self.position = position


@dataclass(frozen=True)
class Literal:
    """A text, number, date or truth that stands in the condition itself."""

    value: str | Decimal | date | bool


@dataclass(frozen=True)
class Answer:
    """The answer to a question; the empty name is the dot."""

    name: str


@dataclass(frozen=True)
class Today:
    """The day on which the answers are checked."""


@dataclass(frozen=True)
class Selected:
    """Whether an option was chosen."""

    answer: Answer
    option: str


@dataclass(frozen=True)
class Measured:
    """How many options were chosen ("count-selected"), or how many characters were written ("string-length")."""

    answer: Answer
    function: str


@dataclass(frozen=True)
class Not:
    inner: "Node"


@dataclass(frozen=True)
class Joined:
    """Two conditions with "and" or "or"."""

    word: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Compared:
    """Two values with a comparison sign."""

    sign: str
    left: "Node"
    right: "Node"


Node = Literal | Answer | Today | Selected | Measured | Not | Joined | Compared


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


@lru_cache(maxsize=2048)
def parse_expression(text: str) -> Node:
    """The tree of a condition. Raises ExpressionError, and nothing else, for any text."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"条件超过 {MAX_LENGTH} 个字符", MAX_LENGTH)
    return _Parser(list(_tokens(text)), len(text) + 1).whole()


def references(node: Node) -> frozenset[str]:
    """The names of the questions a condition asks; the empty name is its own."""
    match node:
        case Answer(name):
            return frozenset({name})
        case Selected(answer, _) | Measured(answer, _):
            return frozenset({answer.name})
        case Not(inner):
            return references(inner)
        case Joined(_, left, right) | Compared(_, left, right):
            return references(left) | references(right)
        case _:
            return frozenset()


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ExpressionError(f"看不懂“{text[at]}”", at + 1)
        if found.lastgroup != "space":
            yield _Token(str(found.lastgroup), found.group(), at + 1)
        at = found.end()


class _Parser:
    """One pass from left to right, one token ahead."""

    def __init__(self, tokens: list[_Token], end: int):
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.end = _Token("end", "", end)

    def whole(self) -> Node:
        found = self.condition()
        if self.peek().kind != "end":
            self.fail(f"这里不该有“{self.peek().text}”")
        return found

    def peek(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else self.end

    def take(self) -> _Token:
        token = self.peek()
        self.at += 1
        return token

    def fail(self, message: str) -> NoReturn:
        raise ExpressionError(message, self.peek().position)

    def expect(self, sign: str) -> None:
        if self.peek().kind != "sign" or self.peek().text != sign:
            self.fail(f"这里缺少“{sign}”")
        self.at += 1

    def condition(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"括号超过 {MAX_DEPTH} 层")
        found = self.conjunction()
        while self.peek()[:2] == ("word", "or"):
            self.at += 1
            found = self._join("or", found, self.conjunction())
        self.depth -= 1
        return found

    def conjunction(self) -> Node:
        found = self.comparison()
        while self.peek()[:2] == ("word", "and"):
            self.at += 1
            found = self._join("and", found, self.comparison())
        return found

    def _join(self, word: str, left: Node, right: Node) -> Node:
        """A chain leans to the left; its length counts as depth for everyone who walks the tree."""
        if _depth_of_chain(left) >= MAX_DEPTH * 5:
            self.fail("“and”“or”太多了")
        return Joined(word, left, right)

    def comparison(self) -> Node:
        left = self.term()
        if self.peek().kind == "sign" and self.peek().text in Comparisons:
            return Compared(self.take().text, left, self.term())
        return left

    def term(self) -> Node:
        token = self.peek()
        if token.kind == "answer" or token[:2] == ("sign", "."):
            return self.answer()
        if token.kind == "text":
            return Literal(self.take().text[1:-1])
        if token.kind == "number":
            return Literal(Decimal(self.take().text))
        if token.kind == "word":
            return self.call()
        if token[:2] != ("sign", "("):
            self.fail("条件没有写完" if token.kind == "end" else f"这里不该有“{token.text}”")
        return self.bracketed()

    def bracketed(self) -> Node:
        self.expect("(")
        found = self.condition()
        self.expect(")")
        return found

    def answer(self) -> Answer:
        token = self.peek()
        if token[:2] == ("sign", "."):
            self.at += 1
            return Answer("")
        if token.kind != "answer":
            self.fail("这里要写一道题，例如 ${q1}")
        name = token.text[2:-1].strip()
        if not NAME.fullmatch(name):
            self.fail(f"“{name}”不是题目的名称")
        self.at += 1
        return Answer(name)

    def text(self) -> str:
        if self.peek().kind != "text":
            self.fail("这里要写引号里的文字")
        return self.take().text[1:-1]

    def call(self) -> Node:
        """One of the few functions; any other word is refused by name."""
        name = self.peek().text
        if name == "not":
            self.at += 1
            return Not(self.bracketed())
        if name in ("true", "false", "today"):
            self.at += 1
            self.expect("(")
            self.expect(")")
            return Today() if name == "today" else Literal(name == "true")
        if name not in ("selected", "count-selected", "string-length", "date"):
            self.fail(f"不支持“{name}”")
        self.at += 1
        self.expect("(")
        found = self._argument(name)
        self.expect(")")
        return found

    def _argument(self, name: str) -> Node:
        if name == "date":
            return self.date()
        answer = self.answer()
        if name != "selected":
            return Measured(answer, name)
        self.expect(",")
        return Selected(answer, self.text())

    def date(self) -> Literal:
        try:
            return Literal(date.fromisoformat(self.text()))
        except ExpressionError:
            raise
        except ValueError:
            self.at -= 1
            self.fail("日期要写成 2026-11-23 的样子")


def _depth_of_chain(node: Node) -> int:
    depth = 0
    while isinstance(node, Joined):
        node, depth = node.left, depth + 1
    return depth
