"""XLSForm workbooks: our own come back as they were; others' come in whole or with a list of what stands in the way."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from surveys.ready import CIVILISED_CITY
from surveys.schema import Kind, Meaning, Option, Order, check
from surveys.xlsform import read, write
from surveys.xlsform.confirming import confirm
from tests.surveys.strategies import schemas

HEAD = ["type", "name", "label"]
CHOICES = [["list_name", "name", "label"], ["yn", "y", "是"], ["yn", "n", "否"]]
SETTINGS = [["form_title", "form_id"], ["问卷", "form"]]


def book(survey, choices=(), settings_rows=SETTINGS, **more):
    """The bytes of a workbook of plain cells, as somebody's Excel would write them."""
    made = Workbook()
    made.remove(made.active)
    for title, rows in {"survey": survey, "choices": choices, "settings": settings_rows, **more}.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def said(imported):
    return [f"{p.sheet}:{p.row}:{p.message}" for p in imported.problems]


@settings(max_examples=40, deadline=None)
@given(schemas())
def test_our_own_come_back_as_they_were(schema):
    assert read(write(schema)) == (schema, ())


def test_the_ready_questionnaire_comes_back_and_reads_as_xlsform():
    data = write(CIVILISED_CITY)

    assert read(data) == (CIVILISED_CITY, ())
    made = load_workbook(io.BytesIO(data))
    assert made.sheetnames == ["survey", "choices", "settings"]
    rows = [[cell.value for cell in row] for row in made["survey"].iter_rows()]
    assert rows[1][:3] == ["begin_group", "creating", "创城"]
    assert rows[2][:3] == ["select_one aware", "aware", "您知道我们这里正在创建全国文明城市吗？"]
    assert ["select_multiple worst or_other", "worst"] in [row[:2] for row in rows]
    assert {cell.data_type for row in made["survey"].iter_rows() for cell in row if cell.value} == {"s"}


def test_a_form_from_elsewhere_comes_in():
    imported = read(
        book(
            [
                [
                    "Type",
                    "name",
                    "label::中文 (zh)",
                    "required",
                    "relevance",
                    "constraint message",
                    "constraint",
                ],
                ["note", "hello", "您好"],
                ["integer", "age", "年龄", "TRUE", None, "不对", ". < 120"],
                ["begin group", "g", "住处"],
                ["select one from yn", "own", "自己的房？", True, "${age} >= 18"],
                ["select_multiple yn or_other", "why", "为什么？"],
                ["rank yn", "first", "先后？"],
                ["end group", "g"],
                ["date", "day", "哪天？"],
            ],
            [["list name", "value", "label"], ["yn", 1, "是"], ["yn", 2.0, "否"], [None, None, None]],
            [["form_title", "version"], ["外来", 3]],
            notes=[["随便写的"]],
        )
    )

    assert said(imported) == []
    schema = imported.schema
    assert [(s.name, [q.name for q in s.questions]) for s in schema.sections] == [
        ("", ["hello", "age"]),
        ("g", ["own", "why", "first"]),
        ("", ["day"]),
    ]
    assert schema.question("age").is_whole and schema.question("age").is_required
    assert schema.question("own").relevance == "${age} >= 18"
    assert schema.question("own").options == (Option("1", "是"), Option("2", "否"))
    assert schema.question("why").other == Option("other", "其他", Meaning.OTHER)
    assert schema.question("first").kind == Kind.RANKING


def test_scales_long_texts_and_turning():
    five = [
        ["list_name", "name", "label", "meaning"],
        *(["k", f"k{n}", f"{n}"] for n in range(5)),
        ["k", "u", "不清楚", "unsure"],
    ]
    imported = read(
        book(
            [
                [*HEAD, "appearance", "parameters"],
                ["select_one k", "scale", "几分？", "likert"],
                ["text", "long", "说说", "multiline"],
                ["select_one k", "turned", "哪个？", "minimal", "randomize = true"],
            ],
            five,
        )
    )

    assert said(imported) == []
    assert [q.kind for q in imported.schema.questions()] == [Kind.SCALE5, Kind.LONG_TEXT, Kind.SINGLE]
    assert imported.schema.question("turned").order == Order.ROTATED


@pytest.mark.parametrize(
    ("survey", "expected"),
    [
        (
            [HEAD, ["geopoint", "where", "哪里"]],
            "survey:2:不支持题型“geopoint”：居民问卷不记录设备、位置、时间和身份。",
        ),
        ([HEAD, ["start", "start"]], "survey:2:不支持题型“start”"),
        ([HEAD, ["calculate", "c", ""]], "survey:2:不支持题型“calculate”"),
        ([HEAD, ["select_one_from_file a.csv", "c", "?"]], "survey:2:不支持题型“select_one_from_file a.csv”"),
        ([HEAD, [None, "q", "？"]], "survey:2:没有题型"),
        ([HEAD, ["text", None, "？"]], "survey:2:没有名称"),
        ([HEAD, ["text", "q", "？"], ["text", "Q", "？"]], "survey:3:名称“Q”重复。"),
        ([HEAD, ["select_one zz", "q", "？"]], "survey:2:choices 里没有选项列表“zz”。"),
        (
            [HEAD, ["begin_repeat", "r", "？"], ["text", "q", "？"], ["end_repeat"]],
            "survey:2:不支持题型“begin_repeat”",
        ),
        ([HEAD, ["begin_group", "g", ""], ["begin_group", "h", ""]], "survey:3:分组里不能再有分组。"),
        ([HEAD, ["begin_group", "g", ""], ["text", "q", "？"]], "survey:2:这个分组没有 end_group。"),
        ([HEAD, ["text", "q", "？"], ["end_group"]], "survey:3:这个 end_group 前面没有 begin_group。"),
        (
            [[*HEAD, "calculation"], ["text", "q", "？", "1 + 1"]],
            "survey:2:不支持“calculation”列（这里写着“1 + 1”），请清空。",
        ),
        ([[*HEAD, "choice_filter"], ["text", "q", "？", "x=1"]], "不支持“choice_filter”列"),
        ([["type", "name", "label::A", "label::B"], ["text", "q", "？", "?"]], "不支持“label::B”列"),
        ([[*HEAD, "required"], ["text", "q", "？", "${a} = 1"]], "survey:2:“required”只能写 yes 或 no。"),
        ([[*HEAD, "appearance"], ["text", "q", "？", "signature"]], "不支持外观（appearance）“signature”"),
        (
            [[*HEAD, "appearance"], ["select_one yn", "q", "？", "likert"]],
            "量表（likert）只支持 3 级和 5 级，这里有 2 级。",
        ),
        ([[*HEAD, "parameters"], ["select_one yn", "q", "？", "randomize=true seed=1"]], "不支持参数"),
        ([[*HEAD, "measure"], ["select_one yn", "q", "？", "joy"]], "“measure”只能写"),
        ([[*HEAD, "keeps"], ["select_one yn", "q", "？", "plain"]], "“keeps”只能写"),
        (
            [[*HEAD, "relevant"], ["text", "q", "？", "${r} = ''"], ["text", "r", "？"]],
            "survey:2:显示条件引用了后面的题目“r”",
        ),
        (
            [[*HEAD, "relevant"], ["text", "q", "？", "${r} = ''"], ["text", "r", "？", "${q} = ''"]],
            "survey:2:显示条件互相引用：q → r → q",
        ),
        (
            [[*HEAD, "relevant"], ["text", "q", "？", "once(.)"]],
            "survey:2:显示条件写得不对，第 1 个字符处：不支持“once”。",
        ),
        ([[*HEAD, "hint"], ["text", "q", "？", "=1+1"]], "survey:2:“hint”列是公式或出错的值，请改成文字。"),
        ([[*HEAD, "label"], ["text", "q", "？", "？"]], "survey:1:列名“label”重复。"),
        ([HEAD, ["text", "q", "？", "多出来的"]], "survey:2:第 4 列没有列名。"),
        ([HEAD, ["begin_group", "g", ""], ["end_group"], ["text", "q", "？"]], "survey:2:这一节里没有题目。"),
        ([HEAD], "没有 survey 工作表"),
    ],
)
def test_what_stands_in_the_way_is_told_by_row(survey, expected):
    imported = read(book(survey, CHOICES if any("yn" in str(cell) for row in survey for cell in row) else ()))

    assert imported.schema is None
    assert any(expected in line for line in said(imported)), said(imported)


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ([*CHOICES, ["yn", "y", "又是"]], "survey:2:选项名称“y”重复。"),
        ([*CHOICES, ["yn", "a b", "空格"]], "survey:2:选项名称“a b”不能用"),
        ([*CHOICES, [None, "z", "没有列表"]], "choices:4:没有列表名称"),
        ([*CHOICES, ["unused", "z", "没人用"]], "choices:4:选项列表“unused”没有题目使用，请删去。"),
        (
            [[*CHOICES[0], "meaning"], ["yn", "y", "是", "boss"], ["yn", "n", "否"]],
            "choices:2:“meaning”只能写",
        ),
        (
            [[*CHOICES[0], "image"], ["yn", "y", "是", "a.png"], ["yn", "n", "否"]],
            "choices:2:不支持“image”列",
        ),
    ],
)
def test_what_is_wrong_with_choices(choices, expected):
    imported = read(book([HEAD, ["select_one yn", "q", "？"]], choices))

    assert imported.schema is None
    assert any(expected in line for line in said(imported)), said(imported)


def test_the_choices_of_a_question_that_could_not_be_read_are_left_alone():
    imported = read(book([HEAD, ["barcode", "q", "?"], ["text", "t", "?"]], CHOICES))

    assert said(imported) == ["survey:2:不支持题型“barcode”。"]


def test_ten_thousand_choices_are_one_problem():
    choices = [CHOICES[0], *(["yn", f"o{n}", f"选项 {n}"] for n in range(10_000))]
    imported = read(book([HEAD, ["select_one yn", "q", "？"]], choices))

    assert imported.schema is None
    assert said(imported) == ["choices:2:选项列表“yn”有 10000 个选项，最多 100 个。"]


def test_thousands_of_wrong_rows_are_counted():
    rows = [["barcode", f"q{n}", "？"] for n in range(3_000)]
    imported = read(book([HEAD, *rows]))

    assert len(imported.problems) == 101
    assert "还有" in imported.problems[-1].message


def test_settings_are_read_whole():
    settings_rows = [["form_title", "form_id", "public_key"], ["问卷", "1 a", "x"], ["第二", "b"]]
    lines = said(read(book([HEAD, ["text", "q", "？"]], (), settings_rows)))

    assert any("settings:2:不支持“public_key”列" in line for line in lines)
    assert "settings:3:settings 只能有一行。" in lines
    assert "没有标题" in said(read(book([HEAD, ["text", "q", "？"]], (), ())))[0]
    assert "不支持工作表“entities”" in said(read(book([HEAD, ["text", "q", "？"]], entities=[["x"]])))[0]


def bomb():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 50_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "不是 Excel 工作簿"),
        (b"type,name,label", "不是 Excel 工作簿"),
        (b"x" * 2_000_001, "超过 2 MB"),
        (bomb(), "展开后太大"),
        (book([HEAD])[:-200], "不是 Excel 工作簿"),
    ],
)
def test_a_file_that_is_no_workbook(data, expected):
    imported = read(data)

    assert imported.schema is None
    assert expected in imported.problems[0].message


CELL = (
    st.none()
    | st.sampled_from(
        [*HEAD, "text", "select_one yn", "begin_group", "end_group", "yn", "q", "${q} = 1", "yes", "likert"]
    )
    | st.integers(-5, 10**6)
    | st.booleans()
    | st.text("ab${}'= \n题", max_size=8)
)
ROWS = st.lists(st.lists(CELL, max_size=6), max_size=6)


@settings(max_examples=40, deadline=None)
@given(st.booleans(), ROWS, ROWS, ROWS)
def test_any_workbook_is_read_or_refused(with_heads, survey, choices, settings_rows):
    if with_heads:
        survey, choices = [[*HEAD, "relevant", "required"], *survey], [CHOICES[0], *choices]
    imported = read(book(survey, choices, settings_rows))

    assert (imported.schema is None) == bool(imported.problems)
    assert imported.schema is None or check(imported.schema) == ()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 4_000), st.binary(min_size=1, max_size=30))
def test_a_damaged_workbook_is_read_or_refused(at, junk):
    """Bytes overwritten anywhere, the packed sheets included."""
    whole = write(CIVILISED_CITY)
    at %= len(whole)
    imported = read(whole[:at] + junk + whole[at + len(junk) :])

    assert imported.schema in (None, CIVILISED_CITY)


def test_pyxform_takes_what_we_write_and_says_what_it_does_not_take():
    pytest.importorskip("pyxform")

    assert confirm(write(CIVILISED_CITY)) == ()
    assert "pyxform" in confirm(book([HEAD, ["select_one nowhere", "q", "？"]]))[0].message
