"""The editor's pure parts: options as lines, conditions that are picked, steps that keep every question."""

from hypothesis import given
from hypothesis import strategies as st

from surveys.ready import CIVILISED_CITY
from surveys.schema import Kind, Meaning, Option, editing
from surveys.schema.expressions import parse_expression
from surveys.schema.option_lines import EVIDENT, read_lines, write_lines
from surveys.schema.simple import Limits, Operator, Simple, Unfit, read, read_limits, write, write_limits

LABELS = st.one_of(
    st.sampled_from([*EVIDENT, "满意", "好 [正面]", "好［拒答］", "[正面]", "a [b]"]),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1, max_size=8),
)
LINES = st.lists(
    st.tuples(LABELS, st.sampled_from(Meaning), st.booleans()), max_size=6, unique_by=lambda row: row[0]
)


@given(LINES)
def test_options_written_as_lines_are_read_as_they_were(rows):
    options = tuple(Option(f"n{at}", *row) for at, row in enumerate(rows))
    options = tuple(
        Option("other", o.label, o.meaning, o.is_positive) if o.meaning == Meaning.OTHER else o
        for o in options
    )

    assert read_lines(write_lines(options), options) == options


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    found = read_lines(text)

    assert all(option.label and option.name for option in found)
    assert read_lines(write_lines(found), found) == found


def test_mended_words_keep_the_name_and_new_lines_get_one():
    before = (Option("a", "满义"), Option("b", "一般"), Option("c", "不满意"))
    after = read_lines("满意\n一般\n还行\n不满意\n不清楚", before)

    assert [o.name for o in after] == ["a", "b", "o1", "c", "unsure"]


ASKED = list(CIVILISED_CITY.questions())


@given(
    st.sampled_from(ASKED),
    st.sampled_from(Operator),
    st.sampled_from(["know", "male", "yards", "", "5", "2026-01-01", "it's"]) | st.text(max_size=5),
)
def test_what_can_be_picked_reads_as_it_was_picked(question, operator, value):
    picked = Simple(question.name, operator, value)
    try:
        condition = write(picked, question)
    except Unfit:
        return
    parse_expression(condition)
    found = read(condition, CIVILISED_CITY)
    assert found is not None and write(found, question) == condition


@given(st.text(max_size=6), st.text(max_size=6), st.sampled_from(Kind))
def test_limits_read_as_they_were_written(least, most, kind):
    try:
        written = write_limits(Limits(least, most), kind)
    except Unfit:
        return
    found = read_limits(written, kind)
    assert found is not None and write_limits(found, kind) == written


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["up", "down", "copy", "section_up", "section_down", "dissolve"]), st.integers(0, 40)
    ),
    max_size=12,
)


@given(STEPS)
def test_no_step_but_deleting_loses_a_question(steps):
    schema = CIVILISED_CITY
    for step, n in steps:
        names = [q.name for q in schema.questions()]
        name, at = names[n % len(names)], n % len(schema.sections)
        before = set(names)
        if step in ("up", "down"):
            schema = editing.move(schema, name, -1 if step == "up" else 1)
        elif step == "copy":
            schema, new = editing.copy(schema, name)
            before |= {new}
        elif step == "dissolve":
            schema = editing.dissolve_section(schema, at)
        else:
            schema = editing.move_section(schema, at, -1 if step == "section_up" else 1)
        assert {q.name for q in schema.questions()} == before
        assert len(list(schema.questions())) == len(before)


def test_conditions_follow_a_question_that_is_called_differently():
    from dataclasses import replace

    worst = replace(CIVILISED_CITY.question("worst"), relevance="${aware} = 'know' and ${ aware } != ''")
    schema = editing.replace_question(CIVILISED_CITY, "worst", worst)
    renamed = editing.replace_question(schema, "aware", replace(schema.question("aware"), name="q_aware"))

    assert renamed.question("worst").relevance == "${q_aware} = 'know' and ${q_aware} != ''"
