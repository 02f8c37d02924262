"""Questionnaires nobody thought of, all of them right."""

from hypothesis import strategies as st

from surveys.schema import Kind, Meaning, Measure, Option, Order, Question, Schema, Section

# XLSForm's sign for another question's answer stands in no text.
WORDS = st.text("村路灯=+-@'\"<&>${}\n ，。a1", min_size=1, max_size=12)
WORDS = WORDS.map(str.strip).filter(lambda text: text and "${" not in text)
ANY_TEXT = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=20
).filter(lambda text: "${" not in text)
SPOKEN = ANY_TEXT.map(lambda text: " ".join(text.split()))
NAMES = st.from_regex(r"[a-z村][a-z0-9_村]{0,6}", fullmatch=True)


@st.composite
def _options(draw, kind):
    size = {Kind.SCALE3: 3, Kind.SCALE5: 5}.get(kind) or draw(st.integers(2, 6))
    names = draw(st.lists(NAMES, min_size=size, max_size=size, unique=True))
    names = [f"o_{name}" for name in names]
    options = [Option(name, f"{draw(WORDS)}·{n}") for n, name in enumerate(names)]
    if kind != Kind.RANKING and draw(st.booleans()):
        options.append(Option("unsure", "不清楚", Meaning.UNSURE))
    if kind != Kind.RANKING and draw(st.booleans()):
        options.append(Option("refused", "不想说", Meaning.REFUSED))
    if kind in (Kind.SINGLE, Kind.MULTIPLE) and draw(st.booleans()):
        options.append(Option("other", "其他", Meaning.OTHER))
    return tuple(options)


def _condition(draw, question):
    """A condition that asks an earlier question in its type; empty for one that cannot be asked."""
    name = question.name
    if question.options:
        option = draw(st.sampled_from(question.options)).name
        return draw(
            st.sampled_from([f"selected(${{{name}}}, '{option}')", f"not(selected(${{{name}}},'{option}'))"])
        )
    return {
        Kind.NUMBER: f"${{{name}}} >= {draw(st.integers(-5, 5))}",
        Kind.DATE: f"${{{name}}} < date('2026-11-23') or ${{{name}}} = ''",
        Kind.SHORT_TEXT: f"string-length(${{{name}}}) > 1",
        Kind.LONG_TEXT: f'${{{name}}} != ""',
        Kind.NOTE: "",
    }[question.kind]


@st.composite
def _question(draw, name, earlier):
    kind = draw(st.sampled_from(Kind))
    chooses = kind in (Kind.SINGLE, Kind.SCALE3, Kind.SCALE5)
    options = draw(_options(kind)) if chooses or kind in (Kind.MULTIPLE, Kind.RANKING) else ()
    measure = draw(st.sampled_from([None, *Measure])) if chooses else None
    if measure:
        options = (Option(options[0].name, options[0].label, is_positive=True), *options[1:])
    turns = kind in (Kind.SINGLE, Kind.MULTIPLE, Kind.RANKING) and draw(st.booleans())
    return Question(
        name=name,
        kind=kind,
        label=draw(WORDS),
        hint=draw(SPOKEN),
        options=options,
        order=Order.ROTATED if turns else Order.FIXED,
        is_required=kind != Kind.NOTE and draw(st.booleans()),
        relevance=_condition(draw, draw(st.sampled_from(earlier))) if earlier and draw(st.booleans()) else "",
        constraint=". > 0 and . <= 120" if kind == Kind.NUMBER and draw(st.booleans()) else "",
        constraint_message=draw(SPOKEN),
        is_whole=kind == Kind.NUMBER and draw(st.booleans()),
        measure=measure,
        keeps=frozenset(draw(st.sets(st.sampled_from([Meaning.UNSURE, Meaning.REFUSED]))))
        if measure
        else frozenset(),
        theme=draw(SPOKEN),
    )


@st.composite
def schemas(draw):
    """A questionnaire that passes `check`."""
    names = iter(draw(st.lists(NAMES, min_size=6, max_size=9, unique_by=str.casefold)))
    sections, earlier, was_bare = [], [], False
    for number in range(draw(st.integers(1, 3))):
        before = list(earlier)
        questions = []
        for _ in range(draw(st.integers(1, 2))):
            question = draw(_question(f"q_{next(names)}", earlier))
            questions.append(question)
            earlier.append(question)
        is_bare = not was_bare and draw(st.booleans())
        relevance = _condition(draw, before[0]) if before and not is_bare and draw(st.booleans()) else ""
        head = {} if is_bare else {"name": f"s{number}", "title": draw(SPOKEN), "relevance": relevance}
        sections.append(Section(questions=tuple(questions), **head))
        was_bare = is_bare
    first = sections[0]
    asked = Question("q", Kind.SHORT_TEXT, "问")
    sections[0] = Section(first.name, first.title, (asked, *first.questions), first.relevance)
    return Schema("form", draw(WORDS), tuple(sections), intro=draw(SPOKEN), thanks=draw(SPOKEN))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
