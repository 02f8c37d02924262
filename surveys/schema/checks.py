"""What is wrong with a questionnaire, and what two versions of one may not change."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from surveys.schema.conditions import condition_problems
from surveys.schema.model import (
    CHOOSE_ONE,
    KIND_LABELS,
    MAX_OPTIONS,
    MAX_QUESTIONS,
    MAX_SECTIONS,
    MAX_TEXT,
    MEANING_LABELS,
    OTHER,
    SCALE_POINTS,
    WITH_OPTIONS,
    Kind,
    Meaning,
    Option,
    Order,
    Question,
    Schema,
    is_name,
    is_option_name,
)

MAX_RANKED = 10
UNANSWERING = frozenset({Meaning.UNSURE, Meaning.REFUSED})


class Problem(NamedTuple):
    """One thing to put right: the name of the question or section, empty for the whole, and words for the office."""

    where: str
    message: str


def check(schema: Schema) -> tuple[Problem, ...]:
    """Everything that keeps a questionnaire from being published; none means that it can be."""
    return tuple(
        dict.fromkeys(
            [
                *_whole(schema),
                *_names(schema),
                *_sections(schema),
                *(Problem(q.name, text) for q in schema.questions() for text in _question(q)),
                *(Problem(*found) for found in condition_problems(schema)),
            ]
        )
    )


def compatible(old: Schema, new: Schema) -> tuple[Problem, ...]:
    """What keeps a questionnaire from following another as its next version: answers would change their meaning.

    A question keeps its type under its name; whoever wants another type gives it another name. The same holds for whole
    numbers and for what an option is (不清楚 does not become an answer). Words, order and conditions may change.
    """
    found = []
    for question in new.questions():
        before = old.question(question.name)
        if before is None:
            continue
        if before.kind != question.kind:
            kinds = f"“{KIND_LABELS[before.kind]}”改成“{KIND_LABELS[question.kind]}”"
            found.append(Problem(question.name, f"题型不能从{kinds}；请删去这道题，另用新名称加一道。"))
        if before.is_whole and not question.is_whole and question.kind == Kind.NUMBER:
            found.append(Problem(question.name, "原来只填整数，不能改成可填小数；请另用新名称加一道。"))
        for option in question.options:
            was = before.option(option.name)
            if was and was.meaning != option.meaning:
                found.append(Problem(question.name, f"选项“{option.label}”的性质变了；请给它换一个名称。"))
    return tuple(found)


def _whole(schema: Schema) -> Iterator[Problem]:
    if not schema.title:
        yield Problem("", "问卷没有标题。")
    if not is_name(schema.name):
        yield Problem("", "问卷名称（form_id）要以字母开头，只含字母、数字、下划线和短横。")
    questions = list(schema.questions())
    if not any(q.kind != Kind.NOTE for q in questions):
        yield Problem("", "问卷里还没有题目。")
    if len(questions) > MAX_QUESTIONS:
        yield Problem("", f"题目有 {len(questions)} 道，最多 {MAX_QUESTIONS} 道。")
    if len(schema.sections) > MAX_SECTIONS:
        yield Problem("", f"分节有 {len(schema.sections)} 个，最多 {MAX_SECTIONS} 个。")
    yield from (Problem("", text) for text in _texts({"标题": schema.title, "开头语": schema.intro}))
    yield from (Problem("", text) for text in _texts({"结束语": schema.thanks}))


def _names(schema: Schema) -> Iterator[Problem]:
    """Names are compared without case: statistics programs do not tell A1 from a1."""
    taken = [s.name for s in schema.sections if s.name]
    taken += [q.name for q in schema.questions()]
    taken += [q.other_name for q in schema.questions() if q.other]
    counted = Counter(name.casefold() for name in taken)
    for name in dict.fromkeys(taken):
        if not is_name(name):
            yield Problem(
                name, f"名称“{name[:40]}”不能用：要以字母开头，只含字母、数字、下划线和短横，最多 64 个字符。"
            )
        elif counted[name.casefold()] > 1:
            yield Problem(name, f"名称“{name}”重复。")


def _sections(schema: Schema) -> Iterator[Problem]:
    before_is_bare = False
    for section in schema.sections:
        is_bare = not section.name
        if is_bare and (section.title or section.relevance):
            yield Problem("", "有标题或显示条件的分节要有名称。")
        if is_bare and before_is_bare:
            yield Problem("", "不在分节里的题目要放在一起。")
        if not section.questions:
            yield Problem(section.name, "这一节里没有题目。")
        yield from (Problem(section.name, text) for text in _texts({"标题": section.title}))
        before_is_bare = is_bare


def _texts(texts: dict[str, str]) -> Iterator[str]:
    for what, text in texts.items():
        if len(text) > MAX_TEXT:
            yield f"{what}超过 {MAX_TEXT} 个字。"
        if text != text.strip():
            yield f"{what}首尾有空格。"
        if any((c != "\n" and unicodedata.category(c) in ("Cc", "Cs")) or c in "\ufffe\uffff" for c in text):
            yield f"{what}里有不能显示的字符。"


def _question(question: Question) -> Iterator[str]:
    if not question.label:
        yield "没有题目文字。"
    yield from _texts(
        {
            "题目文字": question.label,
            "提示": question.hint,
            "主题": question.theme,
            "显示条件": question.relevance,
            "校验条件": question.constraint,
            "校验提示": question.constraint_message,
        }
    )
    if question.kind == Kind.NOTE and (question.is_required or question.constraint):
        yield "说明文字不能必答，也没有校验条件。"
    if question.is_whole and question.kind != Kind.NUMBER:
        yield "只有数字题可以要求整数。"
    if question.order == Order.ROTATED and question.kind not in (Kind.SINGLE, Kind.MULTIPLE, Kind.RANKING):
        yield "只有单选、多选和排序的选项可以轮换；量表要按顺序排。"
    yield from _options(question)
    yield from _measure(question)


def _options(question: Question) -> Iterator[str]:
    options = question.options
    if question.kind not in WITH_OPTIONS:
        if options:
            yield f"“{KIND_LABELS[question.kind]}”没有选项。"
        return
    if len(options) > MAX_OPTIONS:
        yield f"选项有 {len(options)} 个，最多 {MAX_OPTIONS} 个。"
        return
    if len(options) < 2:
        yield "至少要有两个选项。"
    yield from _repeated("选项名称", (o.name for o in options))
    yield from _repeated("选项文字", (o.label for o in options))
    for option in options:
        yield from _option(option)
    for meaning in (Meaning.UNSURE, Meaning.REFUSED, Meaning.OTHER):
        if sum(o.meaning == meaning for o in options) > 1:
            yield f"“{MEANING_LABELS[meaning]}”选项只能有一个。"
    yield from _by_kind(question)


def _repeated(what: str, values: Iterable[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{what}“{value[:40]}”重复。"


def _option(option: Option) -> Iterator[str]:
    if not is_option_name(option.name):
        yield f"选项名称“{option.name[:40]}”不能用：不含空格，只含字母、数字、下划线、点和短横，最多 64 个字符。"
    if not option.label:
        yield f"选项“{option.name[:40]}”没有文字。"
    if option.meaning == Meaning.OTHER and option.name != OTHER:
        yield f"“其他（请说明）”选项的名称必须是 {OTHER}。"
    yield from _texts({f"选项“{option.name[:40]}”": option.label})


def _by_kind(question: Question) -> Iterator[str]:
    plain = sum(o.meaning == Meaning.PLAIN for o in question.options)
    points = SCALE_POINTS.get(question.kind)
    if points and (plain != points or question.other):
        yield f"“{KIND_LABELS[question.kind]}”要有正好 {points} 个等级，另可有“不清楚”和“拒答”，不能有“其他”。"
    if question.kind == Kind.RANKING and plain != len(question.options):
        yield "排序题的选项不能是“不清楚”“拒答”或“其他”。"
    if question.kind == Kind.RANKING and plain > MAX_RANKED:
        yield f"排序题最多 {MAX_RANKED} 项。"


def _measure(question: Question) -> Iterator[str]:
    positive = [o for o in question.options if o.is_positive]
    if question.measure is None:
        if positive or question.keeps:
            yield "没有计入指标的题目不设计分选项。"
        return
    if question.kind not in CHOOSE_ONE:
        yield "只有单选和量表可以计入知晓率、支持率或满意率。"
    if not positive:
        yield "计入指标的题目要说明哪些选项算正面回答。"
    if any(o.meaning in UNANSWERING for o in positive):
        yield "“不清楚”和“拒答”不能算正面回答。"
    if positive and len(positive) == len(question.substantive):
        yield "所有选项都算正面回答，比率没有意义。"
    if not question.keeps <= UNANSWERING:
        yield "留在分母里的只能是“不清楚”和“拒答”。"
