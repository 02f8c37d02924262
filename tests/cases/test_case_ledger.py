"""事件台账: what each filter lets through, whose rows, the workbook, and what the page costs."""

import io
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from cases.actions.advance import advance
from cases.models import Case
from cases.querysets import Light
from cases.vocabulary import Status
from grids.models import AuditEntry, Unit, UnitMembership
from tests.factories import GridFactory, HouseholdFactory
from tests.factories.cases import CaseFactory, CategoryFactory, ClassFactory, reported

pytestmark = pytest.mark.django_db


def numbers(client, **query):
    answer = client.get(reverse("case_list"), query)
    assert answer.status_code == 200
    return [row.case_no for row in answer.context["page_obj"]]


@pytest.fixture
def ledger(net, cast):
    """Cases that differ in one thing each, by a number that says which."""
    now = timezone.now()
    road = CategoryFactory(
        code="0801", name="路面破损", parent=ClassFactory(code="08", name="村道", town=net.town)
    )
    unit = Unit.objects.create(town=net.town, name="供水站")
    UnitMembership.objects.create(user=cast.unit_officer, unit=unit, starts_on=date(2020, 1, 1))
    worked = {"grid": net.grid, "filed": True, "status": Status.HANDLING}
    main = CaseFactory(grid=net.grid, case_no="20261101-0001")
    made = [
        CaseFactory(grid=net.other_grid, case_no="20261101-0002"),
        CaseFactory(grid=net.grid, case_no="20261102-0003", category=road),
        CaseFactory(**worked, case_no="20261102-0004", level=4, unit=unit),
        CaseFactory(**worked, case_no="20261102-0005", warn_at=now - timedelta(hours=9), due_at=now),
        CaseFactory(grid=net.grid, shut=True, case_no="20261103-0006", was_self_closed=True),
        CaseFactory(
            grid=net.grid, shut=True, case_no="20261103-0007", due_at=now - timedelta(minutes=1), level=2
        ),
        CaseFactory(grid=net.grid, case_no="20261103-0008", is_urgent=True, source="hotline"),
        CaseFactory(grid=net.grid, case_no="20261103-0009", status=Status.MERGED, merged_into=main),
        CaseFactory(grid=net.grid, case_no="20261103-0010", reported_at=now - timedelta(days=40)),
        CaseFactory(grid=net.grid, case_no="20261103-0011", recurs_of=main, is_extended=True),
    ]
    return {case.case_no[-4:]: case for case in [main, *made]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"grid": "140181100209"}, "0002"),
        ({"category": "08"}, "0003"),
        ({"category": "0801"}, "0003"),
        ({"status": "handling"}, "0005 0004"),
        ({"status": "closed"}, "0007 0006"),
        ({"light": "green"}, "0004"),
        ({"light": "red"}, "0005"),
        ({"light": "late"}, "0007 0005"),
        ({"level": "4"}, "0004"),
        ({"source": "hotline"}, "0008"),
        ({"mark": "urgent"}, "0008"),
        ({"mark": "duplicate"}, "0009"),
        ({"mark": "recurring"}, "0011"),
        ({"mark": "extended"}, "0011"),
        ({"mark": "self_closed"}, "0006"),
        ({"no": "20261102"}, "0005 0004 0003"),
        ({"no": " 20261103-0006 "}, "0006"),
        ({"no": "20261103-001"}, "0011 0010"),
        ({"no": "20261103-9999"}, ""),
        ({"no": "％'"}, ""),
        ({"status": "open", "category": "08"}, "0003"),
    ],
)
def test_filters(login, cast, ledger, query, expected):
    found = numbers(login(cast.town_officer), **query)
    assert [number[-4:] for number in found] == expected.split()


def test_filters_by_unit_and_by_days(login, cast, ledger):
    client, today = login(cast.town_officer), timezone.localdate()
    unit = Unit.objects.get()
    assert numbers(client, unit=str(unit.uuid)) == ["20261102-0004"]
    assert numbers(client, until=(today - timedelta(days=30)).isoformat()) == ["20261103-0010"]
    assert len(numbers(client, since=today.isoformat())) == len(ledger) - 1
    tomorrow = (today + timedelta(days=1)).isoformat()
    assert len(numbers(client, closed_since=today.isoformat(), closed_until=tomorrow)) == 2
    assert numbers(client, closed_until=(today - timedelta(days=1)).isoformat()) == []


def test_a_reporter_finds_their_own(login, net, cast):
    mine = reported(cast.gridworker, net.grid)
    reported(cast.grid_head, net.grid)
    client = login(cast.gridworker)
    assert numbers(client, mark="mine") == [mine.case_no]
    assert "?mark=mine" in client.get(reverse("case_todo")).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"grid": "999"},
        {"category": "x"},
        {"status": "gold"},
        {"light": "blue"},
        {"level": "9"},
        {"unit": "x"},
        {"mark": "x"},
        {"since": "gestern"},
        {"until": "9999-12-31"},
        {"since": "0001-01-01"},
        {"page": "x"},
        {"page": "999"},
    ],
)
def test_what_cannot_be_read_filters_nothing(login, cast, ledger, query):
    assert len(numbers(login(cast.town_officer), **query)) == len(ledger)


@pytest.mark.parametrize(
    ("who", "rows"),
    [
        ("gridworker", 10),
        ("neighbour", 0),
        ("village_officer", 10),
        ("other_village_officer", 1),
        ("town_officer", 11),
        ("leader", 11),
        ("unit_officer", 1),
    ],
)
def test_whose_rows(login, cast, ledger, who, rows):
    assert len(numbers(login(getattr(cast, who)))) == rows


def test_who_reported_it_elsewhere_sees_how_it_stands_not_who_has_it(login, net, cast):
    CaseFactory(
        grid=net.other_grid, reporter=cast.gridworker, holder=cast.other_village_officer, status="handling"
    )
    answer = login(cast.gridworker).get(reverse("case_list"))
    assert [row.line.count('承办">—<') for row in answer.context["page_obj"]] == [1]
    assert cast.other_village_officer.name not in answer.content.decode()


def test_the_lights_of_the_filter_are_those_of_the_rows(cast, ledger):
    for light in Light:
        for case in Case.objects.lit(light):
            assert case.light == light
    lit = sum(Case.objects.lit(light).count() for light in Light)
    assert lit == sum(case.light is not None for case in Case.objects.all())


def test_micro_grids_count_with_their_grid(login, net, cast):
    micro = GridFactory(code=f"{net.grid.code}01")
    case = CaseFactory(grid=micro)
    client = login(cast.town_officer)
    assert numbers(client, grid=net.grid.code) == [case.case_no]
    assert micro.code not in client.get(reverse("case_list")).content.decode()


# The cases behind a number


def counted(key, **more):
    today = timezone.localdate()
    return {
        "figure": key,
        "since": f"{today - timedelta(days=60)}",
        "until": f"{today + timedelta(days=2)}",
    } | more


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (counted("closures"), "0006 0007"),
        (counted("closures", unit="none"), "0006 0007"),
        (counted("closures", grid="140181100209"), ""),
        (counted("reported", grid="140181100209"), "0002"),
        (counted("reported", category="08"), "0003"),
        (counted("closed", part="d"), "0004 0005 0006 0007"),
        (counted("closures", mark="self_closed"), "0006"),
        (counted("reported", status="merged"), "0009"),
        (counted("waiting", light="red"), ""),
    ],
)
def test_a_number_shows_its_cases_which_are_narrowed_further(login, cast, ledger, query, expected):
    assert sorted(number[-4:] for number in numbers(login(cast.town_officer), **query)) == expected.split()


def test_the_chip_names_the_number_and_takes_it_off(login, net, cast, ledger):
    client = login(cast.town_officer)
    asked = counted("closed_in_time", part="d", grid=net.village.code, status="closed")
    answer = client.get(reverse("case_list"), asked)
    content, today = answer.content.decode(), timezone.localdate()
    days = f"{today - timedelta(days=60)} 至 {today + timedelta(days=2)}"
    assert f"按期结案率 · 分母 · {days} · 沟底村" in content
    assert answer.context["without_figure"] == "?status=closed"
    # Narrowing it further keeps the number; its place and days are asked for only once.
    assert 'name="figure" value="closed_in_time"' in content and content.count('name="grid"') == 1
    assert "共 2 件" in content


@pytest.mark.parametrize("odd", [{"figure": "x"}, {"since": "x"}, {"until": "1999-01-01"}, {"unit": "x"}])
def test_a_number_that_is_none_filters_nothing(login, cast, ledger, odd):
    client, asked = login(cast.town_officer), counted("closures", status="submitted") | odd
    if odd.keys() & {"since", "until"}:
        asked |= {"since": "", "until": ""}
    answer = client.get(reverse("case_list"), asked)
    assert answer.context.get("number") is None and len(answer.context["page_obj"]) == 6


def test_a_numbers_place_out_of_reach_is_not_there(login, net, cast, ledger):
    client = login(cast.village_officer)
    assert (
        client.get(reverse("case_list"), counted("closures", grid=net.other_village.code)).status_code == 404
    )


def test_a_counted_case_that_is_worked_elsewhere_now_has_no_link(login, net, cast):
    case = CaseFactory(grid=net.grid, responsible_grid=net.other_grid, place="老井边")
    client = login(cast.village_officer)
    assert numbers(client) == []
    answer = client.get(reverse("case_list"), counted("reported"))
    content = answer.content.decode()
    assert [row.case_no for row in answer.context["page_obj"]] == [case.case_no]
    assert case.get_absolute_url() not in content and "老井边" not in content
    # Nor does it leave as a file.
    book = client.get(reverse("case_list"), counted("reported", format="xlsx"))
    assert len(cells(book)) == 1
    assert AuditEntry.objects.get().changes["figure"] == ["", "reported"]


# The workbook


def cells(answer):
    book = load_workbook(io.BytesIO(answer.content))
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


def test_the_workbook_holds_text_without_names_and_doors(login, net, cast):
    household = HouseholdFactory(grid=net.grid)
    told = {"caller_name": "李桂花", "caller_phone": "13812345678", "household": household}
    reported(cast.gridworker, net.grid, subject="=cmd|' /C calc'!A0", place="沟底村 3 排 12 号", **told)
    reported(cast.gridworker, net.grid, place="县道 12 公里处")
    answer = login(cast.grid_head).get(reverse("case_list"), {"format": "xlsx", "status": "submitted"})

    book = load_workbook(io.BytesIO(answer.content))
    typed = {cell.data_type for row in book.active.iter_rows() for cell in row if cell.value is not None}
    assert typed == {"s"}
    head, public, private = cells(answer)
    row = dict(zip(head, private, strict=True))
    assert row["什么事"] == "=cmd|' /C calc'!A0"
    assert row["反映人"] == "李**" and row["发现地点"] == "沟底村 * 排 ** 号"
    assert "13812345678" not in str(cells(answer))
    assert dict(zip(head, public, strict=True))["发现地点"] == "县道 12 公里处"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_label) == ("export", "事件台账 2 行")
    assert entry.changes == {"status": ["", "submitted"]}


def test_only_rows_in_which_one_may_export_leave(login, net, cast):
    """A head's own report in another village is on the page, and stays out of the file."""
    CaseFactory(grid=net.other_grid, reporter=cast.grid_head, case_no="20261124-0001")
    here = reported(cast.gridworker, net.grid)
    client = login(cast.grid_head)
    assert len(numbers(client)) == 2
    exported = cells(client.get(reverse("case_list"), {"format": "xlsx"}))
    assert [row[0] for row in exported[1:]] == [here.case_no]


@pytest.mark.parametrize("who", ["gridworker", "leader", "unit_officer"])
def test_who_may_not_export(login, cast, ledger, who):
    client = login(getattr(cast, who))
    assert client.get(reverse("case_list"), {"format": "xlsx"}).status_code == 403
    assert "导出" not in client.get(reverse("case_list")).content.decode()
    assert not AuditEntry.objects.exists()


def test_closed_cases_carry_their_minutes(login, net, cast, clock):
    clock(date(2026, 11, 25))
    start = datetime(2026, 11, 25, 8, 30, tzinfo=timezone.get_current_timezone())
    case = reported(cast.gridworker, net.grid, at=start)
    case = advance(case=case, press="take", by=cast.grid_head, at=start)
    case = advance(case=case, press="finish", by=cast.grid_head, facts={"measures": "换了"})
    advance(case=case, press="verify_and_close", by=cast.gridworker)
    head, row = cells(login(cast.town_officer).get(reverse("case_list"), {"format": "xlsx"}))
    told = dict(zip(head, row, strict=True))
    assert (told["自然用时（分）"], told["状态"], told["结案时间"]) == ("30", "已结案", "2026-11-25 09:00")


# Cost


def test_a_village_pays_eight_queries(login, net, cast):
    client, counts = login(cast.village_officer), []
    for more in (2, 18, 40):
        for _ in range(more):
            CaseFactory(grid=net.grid, filed=True, status=Status.HANDLING)
        client.get(reverse("case_list"))
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse("case_list"), {"grid": net.village.code, "status": "open"})
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] <= 8
    assert "共 60 件" in answer.content.decode()
