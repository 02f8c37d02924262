"""Whether the conditions of a questionnaire can be read, ask for what is there, and ask it in its type."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

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
    Today,
    parse_expression,
    references,
)
from surveys.schema.model import CHOOSE_ONE, WITH_OPTIONS, Kind, Question, Schema, Section

Found = tuple[str, str]

_TYPES = {
    Kind.NUMBER: "number",
    Kind.SHORT_TEXT: "text",
    Kind.LONG_TEXT: "text",
    Kind.DATE: "date",
    Kind.MULTIPLE: "choices",
    Kind.RANKING: "choices",
    Kind.NOTE: "note",
}


def condition_problems(schema: Schema) -> Iterator[Found]:
    """Each problem as the name of its question or section and words."""
    everybody = {q.name: q for q in reversed(list(schema.questions()))}
    earlier: dict[str, Question] = {}
    for section in schema.sections:
        before_section = dict(earlier)
        if section.relevance:
            for text in _problems(section.relevance, "分节显示条件", before_section, everybody, None):
                yield section.name, text
        for question in section.questions:
            if question.relevance:
                for text in _problems(question.relevance, "显示条件", earlier, everybody, None):
                    yield question.name, text
            if question.constraint:
                known = earlier | {question.name: question}
                for text in _problems(question.constraint, "校验条件", known, everybody, question):
                    yield question.name, text
            earlier[question.name] = question
    yield from _cycles(schema)


def _problems(
    condition: str,
    what: str,
    known: Mapping[str, Question],
    everybody: Mapping[str, Question],
    own: Question | None,
) -> Iterator[str]:
    try:
        tree = parse_expression(condition)
    except ExpressionError as error:
        yield f"{what}写得不对，{error}。"
        return
    unknown = False
    for name in sorted(references(tree)):
        if name == "" and own is None:
            yield f"{what}里不能用“.”，它只在校验条件里指本题。"
        elif name and name not in everybody:
            yield f"{what}引用了不存在的题目“{name}”。"
        elif name and name not in known:
            yield f"{what}引用了后面的题目“{name}”；只能引用前面的题。"
        else:
            continue
        unknown = True
    if not unknown:
        lookup = dict(known) | ({"": own} if own else {})
        yield from (f"{what}：{text}" for text in _Types(lookup).condition(tree))


class _Types:
    """What a condition's parts are. Problems are yielded; a part with a problem has no type."""

    def __init__(self, questions: Mapping[str, Question]):
        self.questions = questions

    def condition(self, node: Node) -> Iterator[str]:
        """A part that has to be true or false."""
        match node:
            case Not(inner):
                yield from self.condition(inner)
            case Joined(_, left, right):
                yield from self.condition(left)
                yield from self.condition(right)
            case Compared():
                yield from self.comparison(node)
            case Selected(answer, option):
                yield from self.selected(self.questions[answer.name], option)
            case Literal(bool()):
                return
            case _:
                yield "有一处不是条件，要写成比较或 selected(…)。"

    def comparison(self, node: Compared) -> Iterator[str]:
        left, right = self.type_of(node.left), self.type_of(node.right)
        for side in (node.left, node.right):
            yield from self.measured(side)
        if "note" in (left, right):
            yield "说明文字没有回答，不能引用。"
        elif node.sign in ("=", "!="):
            yield from self.equality(node, {left, right})
        elif {left, right} not in ({"number"}, {"date"}):
            yield f"“{node.sign}”只能用来比两个数字或两个日期（日期写成 date('2026-11-23')）。"

    def equality(self, node: Compared, types: set[str]) -> Iterator[str]:
        if "condition" in types:
            yield "条件不能和别的值比较。"
        elif "empty" in types or (len(types) == 1 and types != {"choices"}):
            return
        elif types == {"choices", "text"} or types == {"choices"}:
            yield "多选和排序题要用 selected(…)。"
        elif types in ({"choice", "text"}, {"choice", "number"}):
            yield from self.chosen(node)
        else:
            yield f"“{node.sign}”两边不是一类：数字和数字比，日期和日期比，文字和文字比。"

    def chosen(self, node: Compared) -> Iterator[str]:
        """A single choice compared with a literal: it has to be one of its options."""
        answer, other = (node.left, node.right) if isinstance(node.left, Answer) else (node.right, node.left)
        if isinstance(answer, Answer) and isinstance(other, Literal):
            yield from self.selected(self.questions[answer.name], str(other.value))

    def selected(self, question: Question, option: str) -> Iterator[str]:
        if question.kind not in WITH_OPTIONS:
            yield f"“{question.name}”不是选择题，不能用 selected(…)。"
        elif question.option(option) is None:
            yield f"“{question.name}”没有选项“{option[:40]}”。"

    def measured(self, node: Node) -> Iterator[str]:
        if not isinstance(node, Measured):
            return
        kind = self.questions[node.answer.name].kind
        if node.function == "count-selected" and kind not in WITH_OPTIONS:
            yield "count-selected(…) 只能用于选择题。"
        if node.function == "string-length" and _TYPES.get(kind) != "text":
            yield "string-length(…) 只能用于文字题。"

    def type_of(self, node: Node) -> str:
        match node:
            case Answer(name):
                kind = self.questions[name].kind
                return "choice" if kind in CHOOSE_ONE else _TYPES[kind]
            case Literal(bool()):
                return "condition"
            case Literal(""):
                return "empty"
            case Literal(Decimal()) | Measured():
                return "number"
            case Literal(date()) | Today():
                return "date"
            case Literal():
                return "text"
            case _:
                return "condition"


def _cycles(schema: Schema) -> Iterator[Found]:
    """Questions whose showing depends on itself, each cycle told once."""
    asked = {q.name: _asked(section, q) for section, q in schema.placed()}
    done: set[str] = set()
    for start in asked:
        trail: list[str] = []
        _follow(start, asked, trail, done)
        if trail:
            yield trail[0], "显示条件互相引用：" + " → ".join(trail)


def _asked(section: Section, question: Question) -> list[str]:
    names: set[str] = set()
    for condition in (section.relevance, question.relevance):
        try:
            names |= references(parse_expression(condition)) if condition else frozenset()
        except ExpressionError:
            continue
    return sorted(names - {""})


def _follow(start: str, asked: Mapping[str, list[str]], trail: list[str], done: set[str]) -> None:
    """Depth first without recursion: a chain may be as long as the questionnaire. Fills the trail with a cycle."""
    if start in done:
        return
    way, branches = [start], [iter(asked[start])]
    while way:
        following = next(branches[-1], None)
        if following is None:
            done.add(way.pop())
            branches.pop()
        elif following in way:
            trail[:] = [*way[way.index(following) :], following]
            done.update(way)
            return
        elif following in asked and following not in done:
            way.append(following)
            branches.append(iter(asked[following]))
