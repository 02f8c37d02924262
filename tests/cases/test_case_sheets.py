"""Every list of cases leaves as a workbook: the rows of its page, masked, as text, and written down."""

import io
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from cases.actions import checks, hard
from cases.vocabulary import Status
from grids.models import AuditEntry, Unit
from tests.factories import HouseholdFactory
from tests.factories.cases import CaseFactory, CategoryFactory, one_of_each, reported

pytestmark = pytest.mark.django_db

# list → (what its file is called, where its page holds the rows)
LISTS = {
    "case_todo": ("待办事件", ("takeable", "on_desk", "in_hand", "to_confirm")),
    "case_queue": ("受理台", ("rows", "undecided", "on_desk")),
    "case_verify": ("待核实事件", ("rows", "to_close")),
    "case_unit": ("单位事件", ("rows",)),
    "case_requests": ("待批申请", ("rows",)),
    "case_tasks": ("不满意件", ("rows",)),
    "case_late": ("超期与将超期", ("rows",)),
    "case_hard": ("老大难事件", ("rows",)),
    "case_list": ("事件台账", ("object_list",)),
}


def sheet_of(answer):
    """The rows of a workbook as {head: words}; every cell is text."""
    assert answer.status_code == 200
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows())
    assert {cell.data_type for row in rows for cell in row if cell.value is not None} == {"s"}
    head, *lines = [[cell.value for cell in row] for row in rows]
    return [dict(zip(head, line, strict=True)) for line in lines]


@pytest.fixture
def lived(net, cast):
    unit = Unit.objects.create(town=net.town, name="供水站")
    one_of_each(cast, net.grid, CategoryFactory(unit=unit))
    return net


@pytest.mark.parametrize("name", LISTS)
def test_the_file_has_the_rows_of_the_page(login, cast, lived, name):
    label, keys = LISTS[name]
    client = login(cast.town_officer)
    page = client.get(reverse(name))
    assert "导出 Excel" in page.content.decode()
    shown = [getattr(row, "case", row).case_no for key in keys for row in page.context[key]]
    rows = sheet_of(client.get(reverse(name), {"format": "xlsx"}))
    assert sorted(row["编号"] for row in rows) == sorted(shown)
    entry = AuditEntry.objects.get(action="export")
    assert entry.object_label == f"{label} {len(shown)} 行"


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("who", ["gridworker", "leader"])
def test_who_may_not_take_it_along(login, cast, lived, name, who):
    client = login(getattr(cast, who))
    page = client.get(reverse(name))
    assert client.get(reverse(name), {"format": "xlsx"}).status_code == 403
    assert page.status_code == 403 or "导出 Excel" not in page.content.decode()
    assert not AuditEntry.objects.filter(action="export").exists()


def test_a_door_and_a_caller_stay_masked(login, net, cast):
    told = {"caller_name": "李桂花", "household": HouseholdFactory(grid=net.grid), "words": "老李家没水"}
    reported(cast.gridworker, net.grid, subject="=1+1", place="沟底村 3 排 12 号", **told)
    [row] = sheet_of(login(cast.town_officer).get(reverse("case_queue"), {"format": "xlsx"}))
    assert (row["在哪一栏"], row["什么事"]) == ("待受理", "=1+1")
    assert (row["反映人"], row["发现地点"]) == ("李**", "沟底村 * 排 ** 号")
    assert "老李家" not in str(row)


def test_more_rows_leave_than_a_page_shows(login, net, cast):
    CaseFactory.create_batch(60, grid=net.grid)
    rows = sheet_of(login(cast.town_officer).get(reverse("case_queue"), {"format": "xlsx"}))
    assert len(rows) == 60


def test_the_late_file_is_what_was_asked_for(login, net, cast):
    past = timezone.now() - timedelta(days=9)
    for grid in (net.grid, net.other_grid):
        CaseFactory(grid=grid, filed=True, status=Status.HANDLING, registered_at=past)
    asked = {"show": "late", "area": net.village.code, "format": "xlsx"}
    [row] = sheet_of(login(cast.town_officer).get(reverse("case_late"), asked))
    assert (row["在哪一栏"], row["网格"]) == ("已超期", net.grid.name)
    assert AuditEntry.objects.get().changes == {"show": ["", "已超期"], "at": ["", net.village.name]}


def test_a_hard_case_says_why_and_who_looks_after_it(login, net, cast):
    case = CaseFactory(grid=net.grid, filed=True, status=Status.HANDLING, reopen_count=2)
    plan = {"owner": cast.village_officer, "next_on": date(2027, 1, 8), "note": "开春换管"}
    hard.look_after(case=case, by=cast.town_officer, seen_version=None, **plan)
    CaseFactory(grid=net.grid, filed=True, status=Status.HANDLING, reopen_count=1)
    first, second = sheet_of(login(cast.town_officer).get(reverse("case_hard"), {"format": "xlsx"}))
    assert {(row["为什么"], row["包联人"], row["下次日期"]) for row in (first, second)} == {
        ("重办 2 次", cast.village_officer.name, "2027-01-08"),
        ("重办 1 次", None, None),
    }


def test_draws_and_what_was_drawn(login, net, cast):
    CaseFactory.create_batch(12, grid=net.grid, shut=True, was_self_closed=True)
    today = timezone.localdate()
    near = {"start": today - timedelta(days=1), "last_day": today + timedelta(days=1)}
    draw = checks.draw(by=cast.town_officer, town=net.town, seed=7, **near)
    client = login(cast.town_officer)
    [row] = sheet_of(client.get(reverse("case_checks"), {"format": "xlsx"}))
    assert (row["可抽"], row["抽中"], row["已查"], row["种子"]) == ("12", "2", "0", "7")
    assert "导出 Excel" in client.get(reverse("case_check", args=[draw.uuid])).content.decode()
    rows = sheet_of(client.get(reverse("case_check", args=[draw.uuid]), {"format": "xlsx"}))
    assert [row["抽查结果"] for row in rows] == ["待查", "待查"]
    assert [entry.object_label for entry in AuditEntry.objects.order_by("pk")] == ["抽查 1 行", "抽查单 2 行"]
