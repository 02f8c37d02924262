"""The answers as files: a workbook with its dictionary, CSV, and a pair that SPSS reads; nothing in them leads back."""

import csv
import io
import re
import zipfile

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from grids.models import AuditEntry
from surveys.indicators.results.files import quoted, syntax
from surveys.indicators.results.microdata import Microdata
from surveys.models import Response
from surveys.schema import Schema, Section
from tests.factories.surveys import round_of, told
from tests.surveys.test_results import EVERYTHING, said

pytestmark = pytest.mark.django_db
FORMULA = "=HYPERLINK(1)"


@pytest.fixture
def over(net, cast):
    asked = round_of(cast.town_officer, net, schema=EVERYTHING)
    known = {"area": net.village, "sex": "f", "age_band": "60"}
    answers = said(
        people=-2.5, worst=["lanes", "other"], worst_other=FORMULA, wishes="+1 盏灯", rank=["b", "a"]
    )
    return told(
        asked,
        (30, answers, known),
        (3, said(aware="never"), {"area": net.village, "sex": "m", "age_band": "70"}),
        (7, said(), {"area": net.other_village, "sex": "m", "age_band": "18", "is_proxy": True}),
    )


def body(answer):
    """All of the file, which is closed; the whole response's close would end the test's own connection."""
    read = b"".join(answer.streaming_content)
    for close in answer._resource_closers:
        close()
    return read


@pytest.fixture
def export(login, cast, over):
    def export(kind, by=None):
        answer = login(by or cast.town_officer).get(
            reverse("round_export", args=[over.uuid]), {"format": kind}
        )
        assert answer.status_code == 200
        return answer

    return export


def test_a_workbook_with_its_dictionary(export):
    answer = export("xlsx")
    book = load_workbook(io.BytesIO(body(answer)))
    assert book.sheetnames == ["答卷", "数据字典", "开放回答", "说明"]
    heads, *rows = book["答卷"].iter_rows(values_only=True)
    assert heads[:5] == ("村/社区", "性别", "年龄", "方式", "代填") and len(rows) == 40
    whole = next(row for row in rows if row[0] == "沟底村" and row[1] == "女")
    assert whole[1:6] == ("女", "60–69 岁", "扫码（一人一码）", "本人", "知道")
    people = heads.index("家里几口人？")
    assert whole[people] == -2.5
    dictionary = list(book["数据字典"].iter_rows(values_only=True))
    assert ("q1", "aware", "您知道我们这里正在创建全国文明城市吗？", "单选", "1", "知道") in [
        tuple(str(cell) if place == 4 else cell for place, cell in enumerate(row)) for row in dictionary
    ]
    words = list(book["开放回答"].iter_rows(values_only=True))
    assert len(words) == 61 and all(
        cell.data_type == "s" for row in book["开放回答"].iter_rows() for cell in row
    )


def test_what_few_have_in_common_stays_here(export):
    rows = list(csv.reader(io.StringIO(body(export("csv")).decode("utf-8-sig"))))[1:]
    classes = {}
    for row in rows:
        classes[tuple(row[:5])] = classes.get(tuple(row[:5]), 0) + 1
    assert min(classes.values()) >= 5 and "神堂坪村" not in {row[0] for row in rows}


def test_csv_is_no_formula_and_tells_no_order(export, over):
    text = body(export("csv")).decode("utf-8")
    assert text.startswith("\ufeff") and FORMULA not in text and "盏灯" not in text
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert any("-2.5" in row for row in rows)
    for pk in Response.objects.values_list("pk", flat=True):
        assert str(pk) not in text
    assert re.search(r"20\d\d-\d\d", text) is None


def test_spss_reads_the_pair(export):
    with zipfile.ZipFile(io.BytesIO(body(export("spss")))) as archive:
        assert set(archive.namelist()) == {"answers.csv", "answers.sps", "open_answers.csv", "说明.txt"}
        rows = list(csv.reader(io.StringIO(archive.read("answers.csv").decode("utf-8-sig"))))
        commands = archive.read("answers.sps").decode("utf-8-sig")
        words = archive.read("open_answers.csv").decode("utf-8-sig")
    heads = rows[0]
    declared = re.findall(r"^    (\w+) (?:A12|F[\d.]+|SDATE10)$", commands.replace("\r", ""), re.MULTILINE)
    assert declared == heads and len(rows) == 41
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", head) for head in heads)
    assert "  q1 '您知道我们这里正在创建全国文明城市吗？'" in commands and "    1 '知道'" in commands
    codes = {row[heads.index("q1")] for row in rows[1:]}
    assert codes == {"1", "3"} and {row[heads.index("q7_2")] for row in rows[1:]} == {"1", ""}
    assert f"'{FORMULA}" in words and "'+1 盏灯" in words


def test_labels_are_what_spss_takes():
    assert quoted("一行\n'引号'", 200) == "'一行 ''引号'''"
    assert len(quoted("长" * 300, 119).encode()) <= 121
    assert syntax([]).endswith("EXECUTE.\r\n")


def test_each_export_is_written_down(export, over, cast, login):
    body(export("spss"))
    entry = AuditEntry.objects.filter(action="export").latest("pk")
    assert (
        entry.by == cast.town_officer
        and entry.object_key == str(over.uuid)
        and "40 份（spss）" in entry.object_label
    )
    assert login(cast.leader).get(reverse("round_export", args=[over.uuid])).status_code == 403
    assert AuditEntry.objects.filter(action="export").count() == 1


def test_an_unknown_format_is_a_workbook_and_too_few_are_none(export, login, cast, net):
    unknown = export("pdf")
    assert "xlsx" in unknown["Content-Disposition"] and body(unknown)
    few = told(round_of(cast.town_officer, net, title="少"), (29, {"heard": "yes"}, {}))
    answer = login(cast.town_officer).get(reverse("round_export", args=[few.uuid]), follow=True)
    assert "不足 30 份" in answer.content.decode()


def test_rows_come_as_they_are_read(over):
    """The rows of a large round are drawn from the database, not kept."""
    rows = Microdata(over).rows()
    assert next(rows) and not isinstance(rows, list)
    empty = Microdata(over)
    empty.schema = Schema("x", "x", (Section(),))
    assert len(empty.variables) == 5
