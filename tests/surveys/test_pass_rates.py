"""合格率 by hand: what counts, what does not, and that every number leads to exactly its rows."""

import re
from datetime import date

import pytest
from django.urls import reverse

from surveys.indicators.inspections import Share, months_until, pass_rates
from surveys.models import Inspection
from tests.factories.inspections import ChecklistFactory, InspectionFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def half_a_year(net, clock):
    """October: 3 of 7 in the lane, 1 of 2 in the square; November: 1 of 1; a recheck and what does not count."""
    clock(date(2026, 11, 25))
    lane = SiteFactory(grid=net.grid, name="后巷")
    square = SiteFactory(grid=net.other_grid, name="广场", checklist=ChecklistFactory(name="广场"))
    item = {"垃圾": "pass", "飞线": "pass", "照明": "fail", "路面": "absent"}

    def seen(site, day, verdicts, **more):
        return InspectionFactory(grid=site.grid, site=site, inspected_on=day, verdicts=verdicts, **more)

    seen(lane, date(2026, 10, 1), item)
    failed = seen(lane, date(2026, 10, 31), item | {"垃圾": "fail", "路面": "fail"})
    seen(square, date(2026, 10, 15), {"垃圾": "pass", "绿化": "fail"})
    seen(lane, date(2026, 11, 1), {"垃圾": "pass"})
    # Not counted: before the six months, corrected, and (beside the rate) a recheck.
    seen(lane, date(2026, 5, 31), {"垃圾": "fail"})
    wrong = seen(lane, date(2026, 11, 2), {"垃圾": "fail"})
    Inspection.objects.filter(pk=wrong.pk).update(superseded_by=failed.record)
    seen(lane, date(2026, 11, 3), {"垃圾": "pass", "路面": "fail"}, follows=failed)
    return lane, square


def table_of(user, by, **asked):
    return pass_rates(user=user, by=by, last=date(2026, 11, 1), **asked)


def shares(table):
    return {
        line.label: [(share.passed, share.n) for share in (*line.months[-2:], line.total)]
        for line in table.lines
    }


def test_by_item_kind_and_village(cast, half_a_year):
    by_item = table_of(cast.town_officer, "item")
    assert by_item.months == [date(2026, month, 1) for month in range(6, 12)]
    assert shares(by_item) == {
        "照明": [(0, 2), (0, 0), (0, 2)],
        "垃圾": [(2, 3), (1, 1), (3, 4)],
        "绿化": [(0, 1), (0, 0), (0, 1)],
        "路面": [(0, 1), (0, 0), (0, 1)],
        "飞线": [(2, 2), (0, 0), (2, 2)],
    }
    assert by_item.total.total == Share(5, 10) and by_item.total.total.rate == 50
    assert by_item.total.rechecks == Share(1, 2)
    by_kind = table_of(cast.town_officer, "kind")
    assert shares(by_kind) == {
        "背街小巷": [(3, 7), (1, 1), (4, 8)],
        "广场": [(1, 2), (0, 0), (1, 2)],
    }
    by_place = table_of(cast.town_officer, "place")
    assert [line.label for line in by_place.lines] == ["沟底村", "神堂坪村"]
    assert by_place.total == by_item.total == by_kind.total


def test_an_empty_month_is_no_number(cast, half_a_year):
    table = table_of(cast.town_officer, "kind")
    assert table.total.months[0].rate is None
    assert round(table.total.months[-2].rate, 1) == 44.4
    assert table_of(cast.other_village_officer, "item").total.total == Share(1, 2)
    assert table_of(cast.neighbour, "item").lines == []


def test_every_number_leads_to_exactly_its_rows(login, cast, half_a_year):
    client = login(cast.town_officer)
    for by in ("item", "kind", "place"):
        page = client.get(reverse("inspection_rates"), {"lines": by, "month": "2026-11"}).content.decode()
        links = re.findall(r'<a href="([^"]+results[^"]+)" aria-label="[^"]*? (\d+) 项，看明细">', page)
        assert len(links) > 8
        for address, n in links:
            assert client.get(address.replace("&amp;", "&")).context["paginator"].count == int(n), address
    assert "—" in page and "50.0 %" in page


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"lines": "x", "month": "2026-13", "kind": "x"}, 200),
        ({"month": "0001-01"}, 200),
        ({"month": "9999-12"}, 200),
        ({"grid": "140181100208", "lines": "place"}, 200),
        ({"grid": "999"}, 404),
        ({"grid": "x'\""}, 404),
    ],
)
def test_whatever_the_address_says(login, cast, half_a_year, asked, status):
    assert login(cast.town_officer).get(reverse("inspection_rates"), asked).status_code == status


def test_the_rows_page_takes_any_filter(login, cast, half_a_year):
    client = login(cast.town_officer)
    for asked in (
        {"item": "没有"},
        {"which": "x", "since": "x"},
        {"round": "again", "which": "fail"},
        {"kind": "9" * 30},
    ):
        assert client.get(reverse("inspection_result_list"), asked).status_code == 200


def test_months_until():
    assert months_until(date(2027, 2, 28))[0] == date(2026, 9, 1)
