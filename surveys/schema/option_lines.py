"""Options as the office types them: one a line, with marks in brackets behind, such as 满意［正面］."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from surveys.schema.model import OTHER, Meaning, Option

POSITIVE = "正面"
MARKS = {
    "普通": Meaning.PLAIN,
    "不清楚": Meaning.UNSURE,
    "拒答": Meaning.REFUSED,
    "其他": Meaning.OTHER,
}
_WORDS = {meaning: word for word, meaning in MARKS.items()}
# Nobody has to mark what says it itself.
EVIDENT = {
    "不清楚": Meaning.UNSURE,
    "说不清": Meaning.UNSURE,
    "拒答": Meaning.REFUSED,
    "不想说": Meaning.REFUSED,
    "不愿回答": Meaning.REFUSED,
    "其他": Meaning.OTHER,
    "其它": Meaning.OTHER,
}
_MARK = re.compile(r"[\[［【]([^\[\]［］【】]*)[\]］】]\Z")


def read_lines(text: str, before: tuple[Option, ...] = (), *, is_plain: bool = False) -> tuple[Option, ...]:
    """The options of a text. One that was there before keeps its name, also when only its words were mended.

    With `is_plain` (rankings) no line means anything but its words.
    """
    lines = [" ".join(line.split()) for line in text.splitlines()]
    read = [_line(line, is_plain) for line in lines if line]
    names = list(_names(read, before))
    return tuple(
        Option(name, label, meaning, positive)
        for name, (label, meaning, positive) in zip(names, read, strict=True)
    )


def _line(line: str, is_plain: bool) -> tuple[str, Meaning, bool]:
    label, words = line, set()
    if matched := _MARK.search(line):
        marks = set(re.split(r"[\s,，、]+", matched[1].strip()))
        if marks <= {POSITIVE, *MARKS} and line[: matched.start()].strip():
            label, words = line[: matched.start()].strip(), marks
    if is_plain:
        return label, Meaning.PLAIN, False
    meaning = next((MARKS[word] for word in MARKS if word in words), None)
    if meaning is None:
        meaning = EVIDENT.get(label, Meaning.PLAIN) if not words else Meaning.PLAIN
    return label, meaning, POSITIVE in words


def write_lines(options: tuple[Option, ...]) -> str:
    """The text that `read_lines` reads as these options."""
    return "\n".join(_written(option) for option in options)


def _written(option: Option) -> str:
    label = " ".join(option.label.split())
    words = [POSITIVE] if option.is_positive else []
    if option.meaning != Meaning.PLAIN:
        if EVIDENT.get(label) != option.meaning or words:
            words.append(_WORDS[option.meaning])
    elif not words and (label in EVIDENT or _MARK.search(label)):
        words.append(_WORDS[Meaning.PLAIN])
    return f"{label} [{'，'.join(words)}]" if words else label


def _names(read: list[tuple[str, Meaning, bool]], before: tuple[Option, ...]) -> Iterator[str]:
    """A line with a former line's words, or in its place, is that option, unless it means something else now."""
    kept: dict[int, Option] = {}
    former = [option.label for option in before]
    for what, a, b, c, d in SequenceMatcher(None, former, [item[0] for item in read], False).get_opcodes():
        if what == "equal" or (what == "replace" and b - a == d - c):
            kept |= dict(zip(range(c, d), before[a:b], strict=True))
    # A line that was moved past others is known by its words.
    by_label = {option.label: option for option in before if option not in kept.values()}
    taken = {option.name for option in before}
    for at, (label, meaning, _) in enumerate(read):
        option = kept.get(at) or by_label.pop(label, None)
        if meaning == Meaning.OTHER:
            name = OTHER
        elif option and option.meaning == meaning:
            name = option.name
        else:
            name = _fresh(meaning, taken)
        taken.add(name)
        yield name


def _fresh(meaning: Meaning, taken: set[str]) -> str:
    if meaning != Meaning.PLAIN and meaning.value not in taken:
        return meaning.value
    return next(f"o{n}" for n in range(1, len(taken) + 2) if f"o{n}" not in taken)
