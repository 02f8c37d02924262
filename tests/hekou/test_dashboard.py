"""看板: every number opens exactly its rows, the year's chart and its table are one, and the cost is bounded."""

import csv
import io
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from cases import tallies
from grids.models import AuditEntry, Grid, Unit, UnitMembership
from hekou import charts
from hekou.dashboard import SHADES
from tests.factories import (
    CareCategoryFactory,
    ConcernFactory,
    GridFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    VisitFactory,
)
from tests.factories.cases import CaseFactory, reported
from tests.hekou.test_figures import shown_by

pytestmark = pytest.mark.django_db
READERS = ["town_officer", "leader", "village_officer", "grid_head"]
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[112.0, 37.9], [112.1, 37.9], [112.1, 38.0], [112.0, 38.0], [112.0, 37.9]]],
}


@pytest.fixture
def town(net, cast):
    """Cases of this month and the last in all states, some visits, one village drawn; the counts made of them."""
    cache.clear()
    now, category = timezone.now(), CareCategoryFactory()
    Grid.objects.filter(pk=net.village.pk).update(boundary=SQUARE)
    for n, grid in enumerate([net.grid, net.neighbour_grid, net.other_grid, net.village], 1):
        household = HouseholdFactory(grid=grid)
        for _ in range(2):
            resident = ResidentFactory(household=household)
            ResidentCareFactory(resident=resident, category=category)
        VisitFactory(household=household, grid=grid, met=[resident])
        ConcernFactory(grid=grid, household=household)
        reported(cast.town_officer, grid)
        for days in (0, 31):
            at = now - timedelta(days=days)
            given = {"grid": grid, "registered_at": at, "reported_at": at}
            CaseFactory.create_batch(n, shut=True, rating=3 if n > 1 else None, **given)
            CaseFactory(filed=True, status="handling", rework_count=1, **given)
            CaseFactory(filed=True, status="suspended", suspended_since=at, **given)
    tallies.rebuild()
    return net


def numbers(context):
    found = [number for number, _ in context["state"]]
    found += [*context["fieldwork"].values(), context["warmed"], *context["now"].values(), *context["total"]]
    found += [number for line, _ in context["lines"] for number in line.numbers]
    found += [number for chart in context["charts"] for _, row in chart["rows"] for number in row]
    return found


@pytest.mark.parametrize("who", READERS)
def test_every_number_opens_exactly_its_rows(town, cast, login, who):
    client = login(getattr(cast, who))
    page = client.get(reverse("dashboard"))
    content, wrong, seen = page.content.decode(), {}, set()
    for number in numbers(page.context):
        parts = [(number.n_url, number.cell.n)] + ([(number.d_url, number.cell.d)] if number.d_url else [])
        for url, n in parts:
            assert (url, n) not in wrong
            if (url, n) in seen:
                continue
            seen.add((url, n))
            assert url.replace("&", "&amp;") in content or n == 0, url
            found = shown_by(client.get(url)).paginator.count
            if found != n:
                wrong[url] = (n, found)

    assert wrong == {}
    assert len(seen) > 60


@pytest.mark.parametrize(
    ("who", "village"),
    [(who, "") for who in READERS] + [("leader", "140181100208"), ("village_officer", "140181100208")],
)
def test_page_csv_and_json_are_one(town, cast, login, who, village):
    client, url = login(getattr(cast, who)), reverse("dashboard")
    asked = {"grid": village} if village else {}
    page = client.get(url, asked).context
    data = client.get(url, asked | {"format": "json"}).json()
    rows = list(
        csv.reader(io.StringIO(client.get(url, asked | {"format": "csv"}).content.decode("utf-8-sig")))
    )

    def told(numbers):
        return {
            one.cell.figure.key: {key: getattr(one.cell, key) for key in ("n", "d", "value", "words")}
            for one in numbers
        }

    assert data["state"]["total"] == told(number for number, _ in page["state"])
    assert data["fieldwork"]["total"] == told(page["fieldwork"].values())
    assert data["care"]["total"] == told([page["warmed"]])
    assert data["year"]["lines"][-1]["figures"] == told(page["now"].values())
    assert [line["figures"] for line in data["places"]["lines"]] == [
        told(line.numbers) for line, _ in page["lines"]
    ]
    assert data["places"]["total"] == told(page["total"])
    lines = [(line.label, line.numbers) for line, _ in page["lines"]] + [("合计", page["total"])]
    for (label, numbers), row in zip(lines, rows[1:], strict=True):
        assert row[0] == label
        words = row[1:]
        for number in numbers:
            assert words.pop(0) == number.cell.words
            if number.cell.d is not None:
                assert [words.pop(0), words.pop(0)] == [str(number.cell.n), str(number.cell.d)]
            elif not number.cell.is_count:
                assert words.pop(0) == str(number.cell.n)
        assert words == []
    assert AuditEntry.objects.filter(action="export", object_label__startswith="看板").count() == 2


def test_inside_a_village_the_lines_are_grids(town, cast, login):
    client = login(cast.town_officer)
    page = client.get(reverse("dashboard"), {"grid": town.village.code})
    labels = [line.label for line, _ in page.context["lines"]]
    assert labels == ["沟底村（不分网格）", "沟底村第一网格", "沟底村第二网格"]
    for line, _ in page.context["lines"]:
        number = line.numbers[0]
        assert shown_by(client.get(number.n_url)).paginator.count == number.cell.n > 0


def test_the_total_is_of_all_rows(town, cast, login):
    page = login(cast.leader).get(reverse("dashboard"))
    for at, number in enumerate(page.context["total"]):
        assert number.cell.n == sum(line.numbers[at].cell.n for line, _ in page.context["lines"])


@pytest.mark.parametrize("key", SHADES)
def test_the_shade_is_said_in_words_beside_the_map(town, cast, login, key):
    page = login(cast.leader).get(reverse("dashboard"), {"shade": key})
    [feature] = page.context["map"]["features"]
    assert feature["code"] == town.village.code and feature["tone"].startswith("shade-")
    [[_, number, step, words]] = [one for one in page.context["shaded"] if one[0].code == town.village.code]
    assert feature["tone"] == f"shade-{step}" and words in page.content.decode()
    assert feature["lines"] == [f"{SHADES[key].label} {number.cell.words}", words]


@pytest.mark.parametrize(
    "asked", [{"month": "x"}, {"month": "9999-12"}, {"shade": "persons"}, {"month": "2019-01"}]
)
def test_odd_questions_are_answered(town, cast, login, asked):
    page = login(cast.leader).get(reverse("dashboard"), asked)
    assert page.status_code == 200
    if asked.get("month") == "2019-01":
        assert page.context["now"]["closed_in_time"].cell.words == "—"


def test_places_outside_are_not_found(town, cast, login):
    client = login(cast.village_officer)
    for code in (town.other_village.code, "140181100999", "x"):
        assert client.get(reverse("dashboard"), {"grid": code}).status_code == 404


def test_a_unit_sees_no_place_and_is_told_so(town, cast, login):
    unit = Unit.objects.create(town=town.town, name="供水站")
    UnitMembership.objects.create(user=cast.unit_officer, unit=unit, starts_on=timezone.localdate())
    page = login(cast.unit_officer).get(reverse("dashboard"))
    assert page.status_code == 200 and "没有您管的村和网格" in page.content.decode()


def test_definitions_are_printed(town, cast, login):
    page = login(cast.leader).get(reverse("dashboard"))
    content = page.content.decode()
    for number in numbers(page.context):
        assert number.cell.figure.definition in content and number.cell.figure.cohort in content


def test_at_most_fifteen_queries_for_two_villages_and_twenty(
    town, cast, login, django_assert_max_num_queries
):
    client, url = login(cast.town_officer), reverse("dashboard")
    client.get(url)
    with django_assert_max_num_queries(15):
        client.get(url)
    for n in range(18):
        GridFactory(code=f"1401811003{n:02d}", kind="village", name=f"村{n}")
        CaseFactory(grid=GridFactory(code=f"1401811003{n:02d}001", name=f"村{n}网格"), shut=True)
    tallies.rebuild()
    with django_assert_max_num_queries(15):
        client.get(url)


def test_a_chart_brings_no_style_no_script_and_no_words_of_its_own():
    drawn = charts.render(
        "上报 <b>", ("1月", "2月", "3月"), (("上报数", (1, None, 3)), ("结案数", (0, 2, 2)))
    )
    root = ElementTree.fromstring(drawn.__html__())
    tags = {node.tag.rpartition("}")[2] for node in root.iter()}
    assert not tags & {"style", "script", "title", "desc"}
    assert not re.search(r"\sstyle=|pygal\.org|Pygal", drawn) and "&lt;b&gt;" in drawn
    assert charts.render("空", ("1月",), (("上报数", (None,)),), " %")
