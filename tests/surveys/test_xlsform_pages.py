"""XLSForm in and out by the office's pages: whole, or a list by row; never half."""

import io
import zipfile
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from surveys import schema as schemas
from surveys import xlsform
from surveys.actions import questionnaires
from surveys.models import Questionnaire, schema_of
from surveys.ready import CIVILISED_CITY

pytestmark = pytest.mark.django_db


def workbook(survey, choices=(), settings=(("form_title", "form_id"), ("带来的", "brought"))):
    book = Workbook()
    book.remove(book.active)
    for name, rows in (("survey", survey), ("choices", choices), ("settings", settings)):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


HEAD = ("type", "name", "label", "relevant")
CHOICES = ("list_name", "name", "label")


def bomb():
    """Small packed, 50 MB unpacked."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 50_000_000)
    return packed.getvalue()


BAD = {
    "cycle": (
        workbook([HEAD, ("text", "a", "甲", "${b} = '1'"), ("text", "b", "乙", "${a} = '1'")]),
        "互相引用",
    ),
    "unknown type": (workbook([HEAD, ("text", "a", "甲"), ("hologram", "b", "乙")]), "不支持题型“hologram”"),
    "telling type": (workbook([HEAD, ("geopoint", "a", "在哪")]), "不记录设备"),
    "duplicate names": (workbook([HEAD, ("text", "a", "甲"), ("text", "a", "乙")]), "重复"),
    "10,000 choices": (
        workbook(
            [HEAD, ("select_one l", "a", "甲")],
            [CHOICES, *(("l", f"c{n}", f"选 {n}") for n in range(10_000))],
        ),
        "有 10000 个选项",
    ),
    "no workbook": ("不是表格".encode(), "这不是 Excel 工作簿"),
    "zip bomb": (bomb(), "展开后太大"),
    "11 MB": (b"0" * 11_000_000, "文件超过 2 MB"),
    "empty": (b"", "空"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_taken_is_listed_and_nothing_is_made(login, cast, net, bad):
    data, words = BAD[bad]
    client = login(cast.town_officer)
    file = SimpleUploadedFile("form.xlsx", data)
    answer = client.post("/questionnaires/new/", {"start": "file", "title": "带来的名称", "file": file})
    text = answer.content.decode()

    assert answer.status_code == 422
    assert words in text and "带来的名称" in text
    assert not Questionnaire.objects.exists()


def test_rows_are_named(login, cast, net):
    data, _ = BAD["unknown type"]
    file = SimpleUploadedFile("form.xlsx", data)
    answer = login(cast.town_officer).post("/questionnaires/new/", {"start": "file", "file": file})

    assert [problem[:2] for problem in answer.context["form"].problems] == [("survey", 3)]


def test_out_and_in_again_is_the_same(login, cast, net):
    client = login(cast.town_officer)
    made = questionnaires.create(
        town=net.town, by=cast.town_officer, title="出去", schema=schemas.dump(CIVILISED_CITY)
    )
    out = client.get(reverse("questionnaire_xlsform", args=[made.uuid, 1]))
    assert "attachment" in out["Content-Disposition"]
    file = SimpleUploadedFile("form.xlsx", out.content)
    client.post("/questionnaires/new/", {"start": "file", "title": "回来", "file": file})

    back = Questionnaire.objects.get(title="回来").versions.get()
    assert schema_of(back) == CIVILISED_CITY
    assert client.get(reverse("questionnaire_xlsform", args=[made.uuid, 2])).status_code == 404


def test_a_workbook_takes_the_drafts_place_and_can_be_undone(login, cast, net):
    client = login(cast.town_officer)
    made = questionnaires.create(
        town=net.town, by=cast.town_officer, title="草稿", schema=schemas.dump(CIVILISED_CITY)
    )
    shorter = replace(CIVILISED_CITY, sections=CIVILISED_CITY.sections[:1])
    page = reverse("questionnaire_import", args=[made.uuid])

    def send(data, seen):
        return client.post(page, {"seen_edits": seen, "file": SimpleUploadedFile("f.xlsx", data)})

    assert send(BAD["cycle"][0], 0).status_code == 422
    assert send(xlsform.write(shorter), 7).status_code == 422
    assert send(xlsform.write(shorter), 0).status_code == 302
    assert schema_of(made.versions.get()) == shorter
    client.post(reverse("questionnaire_undo", args=[made.uuid]))
    assert schema_of(made.versions.get()) == CIVILISED_CITY


def test_a_draft_with_faults_is_not_handed_out(login, cast, net):
    made = questionnaires.create(
        town=net.town,
        by=cast.town_officer,
        title="半成品",
        schema=schemas.dump(replace(CIVILISED_CITY, title="")),
    )
    answer = login(cast.town_officer).get(reverse("questionnaire_xlsform", args=[made.uuid, 1]), follow=True)

    assert "改好后才能导出" in answer.content.decode()
