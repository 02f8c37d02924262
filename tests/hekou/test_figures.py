"""指标: the page, its files and its JSON are one table, and every number opens exactly the rows it counted."""

import csv
import io
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from cases.actions.advance import advance
from grids.figures import By
from grids.models import AuditEntry, Grid
from hekou.indicators import FIGURES, SETS
from tests.factories import (
    AssignmentFactory,
    CareCategoryFactory,
    ConcernFactory,
    GridFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    VisitFactory,
)
from tests.factories.cases import CaseFactory, reported

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def town(net, cast):
    """A little of everything, this month and before, inside the villages and on the village itself."""
    now = timezone.now()
    category = CareCategoryFactory(frequency="weekly")
    for n, grid in enumerate([net.grid, net.neighbour_grid, net.other_grid], 1):
        for k in range(n):
            household = HouseholdFactory(grid=grid)
            resident = ResidentFactory(household=household)
            ResidentCareFactory(resident=resident, category=category)
            if k % 2 == 0:
                VisitFactory(household=household, grid=grid, met=[resident])
            ConcernFactory(grid=grid, household=household)
            settled = reported(cast.town_officer, grid, settled=True)
            if grid.code.startswith(net.village.code):
                advance(case=settled, press="confirm", by=cast.village_officer)
    for grid in (net.grid, net.village, net.other_grid, net.town):
        for days in (0, 40):
            at = now - timedelta(days=days)
            CaseFactory(grid=grid, shut=True, registered_at=at, reported_at=at, rating=2 if days else None)
            CaseFactory(
                grid=grid, filed=True, status="handling", registered_at=at, reported_at=at, rework_count=2
            )
            CaseFactory(grid=grid, reported_at=at)
    return net


def spans(today):
    return {"since": f"{today - timedelta(days=60)}", "until": f"{today}"}


def shown_by(answer):
    """The page of rows that a number's link opened: of the ledger of cases, or of the figures' own page."""
    assert answer.status_code == 200
    return answer.context["page_obj" if "page_obj" in answer.context else "page"]


def numbers(context):
    """(number, address) of every linked number of the page."""
    for line in [*(line for line, _ in context["lines"]), context["total"]]:
        for number in line.numbers:
            yield number.cell, number.cell.n, number.n_url
            if number.d_url:
                yield number.cell, number.cell.d, number.d_url


@pytest.mark.parametrize("by", By.values)
@pytest.mark.parametrize("key", SETS)
def test_every_number_opens_exactly_its_rows(town, cast, login, key, by):
    client = login(cast.town_officer)
    page = client.get(reverse("figures"), {"set": key, "by": by, **spans(timezone.localdate())})
    assert page.status_code == 200
    content, wrong, followed = page.content.decode(), {}, 0
    for cell, n, url in numbers(page.context):
        assert url.replace("&", "&amp;") in content
        page_of_rows = shown_by(client.get(url))
        found = page_of_rows.paginator.count
        if getattr(cell.figure, "amount", ""):
            found = sum(getattr(row, cell.figure.amount) for row in page_of_rows)
        followed += 1
        if found != n:
            wrong[url] = (n, found)

    assert wrong == {}
    assert followed or by in (By.CATEGORY, By.UNIT, By.MONTH)


@pytest.mark.parametrize("who", ["village_officer", "grid_head", "gridworker", "leader"])
def test_the_same_inside_ones_own_subtree(town, cast, login, who):
    client = login(getattr(cast, who))
    for key in ("intake", "closing", "own", "fieldwork"):
        page = client.get(reverse("figures"), {"set": key, **spans(timezone.localdate())})
        for cell, n, url in numbers(page.context):
            if not getattr(cell.figure, "amount", ""):
                assert shown_by(client.get(url)).paginator.count == n, url


@pytest.mark.parametrize("key", SETS)
def test_page_csv_workbook_and_json_are_one_table(town, cast, login, key):
    client = login(cast.town_officer)
    asked = {"set": key, **spans(timezone.localdate())}
    page = client.get(reverse("figures"), asked)
    files = {
        kind: client.get(reverse("figures"), asked | {"format": kind}) for kind in ("csv", "xlsx", "json")
    }
    lines = [*(line for line, _ in page.context["lines"]), page.context["total"]]

    data = files["json"].json()
    assert [line["label"] for line in data["lines"]] == [line.label for line in lines[:-1]]
    for line, given in zip(lines, [*(one["figures"] for one in data["lines"]), data["total"]], strict=True):
        for number in line.numbers:
            cell = number.cell
            assert given[cell.figure.key] == {
                "n": cell.n,
                "d": cell.d,
                "value": cell.value,
                "words": cell.words,
            }
    rows = list(csv.reader(io.StringIO(files["csv"].content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(files["xlsx"].content)).active
    assert [[cell.value or "" for cell in row] for row in sheet.iter_rows()] == rows
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row if cell.value)
    for line, row in zip(lines, rows[1:], strict=True):
        flat = [line.label]
        for number in line.numbers:
            flat.append(number.cell.words)
            if number.cell.d is not None:
                flat += [str(number.cell.n), str(number.cell.d)]
            elif not number.cell.is_count:
                flat.append(str(number.cell.n))
        assert row == flat
        for words in flat[1:]:
            assert words in page.content.decode()
    assert AuditEntry.objects.filter(action="export").count() == 3


def test_definitions_and_cohorts_are_printed(town, cast, login):
    for key, one in SETS.items():
        content = login(cast.town_officer).get(reverse("figures"), {"set": key}).content.decode()
        for figure in one.figures:
            assert figure.definition in content and figure.cohort in content
    assert len(FIGURES) == sum(len(one.figures) for one in SETS.values())


def test_a_month_without_anything_is_a_dash(town, cast, login):
    page = login(cast.leader).get(
        reverse("figures"), {"set": "closing", "since": "2019-01-01", "until": "2019-01-31"}
    )
    assert {number.cell.words for number in page.context["total"].numbers} == {"0", "—"}


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2026-12-01", "until": "2026-11-01"},
        {"since": "昨天"},
        {"until": "9999-12-31"},
        {"by": "person"},
        {"grid": "140181100209"},
        {"grid": "x' or 1=1"},
        {"category": "zz"},
        {"unit": "not-a-uuid"},
    ],
)
def test_bad_questions_get_the_form_again(town, cast, login, asked):
    page = login(cast.village_officer).get(reverse("figures"), asked)
    assert page.status_code == 422 and "table" not in page.context


@pytest.mark.parametrize(
    "asked",
    [{}, {"figure": "nothing"}, {"figure": "due"}, {"figure": "due", "since": "x", "until": "2026-01-01"}],
)
def test_a_link_without_sense_leads_back(town, cast, login, asked):
    page = login(cast.leader).get(reverse("figure_rows"), asked)
    assert page.status_code == 302 and page.url == reverse("figures")


def test_rows_of_a_place_outside_are_not_found(town, cast, login):
    asked = {"figure": "due", "grid": town.other_village.code, **spans(timezone.localdate())}
    assert login(cast.village_officer).get(reverse("figure_rows"), asked).status_code == 404
    assert login(cast.admin).get(reverse("figure_rows"), asked).status_code == 403


def test_a_kept_link_to_a_numbers_cases_still_leads_there(town, cast, login):
    asked = {"figure": "satisfied", "part": "d", **spans(timezone.localdate())}
    page = login(cast.leader).get(reverse("figure_rows"), asked)
    assert page.status_code == 302 and page.url.startswith(reverse("case_list") + "?figure=satisfied&part=d&")


def test_who_sees_no_cases_sees_the_net_alone(town, cast, login):
    for who in (cast.admin, cast.auditor):
        page = login(who).get(reverse("figures"))
        assert page.status_code == 200 and page.context["chosen"].key == "net"
        assert len(page.context["tabs"]) == 1


def test_the_net_by_hand(town, cast, login):
    GridFactory(code="140181100006", kind="community", name="寨上社区")
    AssignmentFactory(grid=town.other_grid, role="gridworker")
    page = login(cast.town_officer).get(reverse("figures"), {"set": "net"})
    assert [number.cell.words for number in page.context["total"].numbers] == ["66.7 %", "33.3 %", "100.0 %"]


def test_the_cost_does_not_grow_with_places(town, cast, login, django_assert_max_num_queries):
    client, asked = login(cast.town_officer), {"set": "closing", **spans(timezone.localdate())}
    client.get(reverse("figures"), asked)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("figures"), asked)
    for n in range(18):
        grid = GridFactory(code=f"140181100208{n + 100}", name=f"网格{n}")
        CaseFactory(grid=grid, shut=True)
    assert Grid.objects.count() > 20
    with django_assert_max_num_queries(len(few)):
        client.get(reverse("figures"), asked)
    behind = {"figure": "visits", **spans(timezone.localdate())}
    with django_assert_max_num_queries(12):
        client.get(reverse("figure_rows"), behind)
    with django_assert_max_num_queries(8):
        client.get(reverse("case_list"), behind | {"figure": "closures"})


def test_months_of_a_quarter(net, cast, login):
    at = datetime(2026, 8, 31, 23, 30, tzinfo=SHANGHAI)
    CaseFactory(grid=net.grid, reported_at=at)
    url = reverse("figures") + "?" + urlencode({"by": "month", "since": "2026-07-15", "until": "2026-09-30"})
    page = login(cast.leader).get(url)
    assert [(line.label, line.numbers[0].cell.n) for line, _ in page.context["lines"]] == [
        ("2026年7月", 0),
        ("2026年8月", 1),
        ("2026年9月", 0),
    ]
    assert page.context["period"].start == date(2026, 7, 15)
