"""总览: every figure on the screen equals the rows that its link opens, for everybody who sees it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids.models import Concern, Grid, GridAssignment
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

State = Concern.State
MONTHS = {"this": 0, "last": 1}
READERS = ["town_officer", "leader", "village_officer", "grid_head", "gridworker"]


@pytest.fixture
def today(db):
    return timezone.localdate()


def month_of(today, back):
    """The first day of this month or of one before it."""
    first = today.replace(day=1)
    for _ in range(back):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


@pytest.fixture
def town(net, cast, today):
    """Two villages and a community; visits and concerns of two months, some corrected, some in a retired grid."""
    GridFactory(code="140181100006", kind="community", name="寨上社区")
    retired = GridFactory(code="140181100209002", name="神堂坪村旧网格", retired_on=today)
    micro = GridFactory(code="14018110020800101", name="一号楼")
    category = CareCategoryFactory(frequency="weekly")
    last = month_of(today, 1)
    for n, grid in enumerate([net.grid, net.neighbour_grid, net.other_grid, micro], 1):
        for k in range(n):
            household = HouseholdFactory(grid=grid)
            resident = ResidentFactory(household=household)
            ResidentCareFactory(resident=resident, category=category)
            mode = "phone" if k % 2 else "home"
            for day in (today, last + timedelta(days=9), last):
                VisitFactory(household=household, grid=grid, met=[resident], visited_on=day, mode=mode)
        for day in (today, last):
            for state in State.values:
                done = state == State.ANSWERED
                given = {"answered_at": timezone.now(), "answered_by": cast.grid_head} if done else {}
                ConcernFactory.create_batch(n, grid=grid, state=state, heard_on=day, **given)
    corrected, instead = VisitFactory.create_batch(2, household=household, grid=micro)
    corrected.superseded_by = instead.record
    corrected.save()
    ConcernFactory(grid=retired, state=State.WATCHING, heard_on=last - timedelta(days=40))
    return net


def linked(page):
    """(words, address) of every link in the page's own content."""
    body = page.content.decode().partition("<main")[2].partition("</main>")[0]
    found = re.findall(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', body, re.S)
    return [(re.sub(r"<[^>]*>", "", words).strip(), unescape(href)) for href, words in found]


def rows_behind(client, href):
    """How many rows a page shows, over all its pages of them."""
    page = client.get(href)
    assert page.status_code == 200, href
    given = page.context
    if "paginator" in given:
        return given["paginator"].count
    if "n" in given and "which" in given:
        return given["n"]
    if "summary" in given:
        return sum(row["node"].grid.tier == 15 for row in given["rows"])
    if "node" in given:
        return len([one for one in given["node"].walk() if one.grid.tier == 15 and one.state == "open"])
    return given["page"].paginator.count


@pytest.mark.parametrize("back", MONTHS.values(), ids=MONTHS)
@pytest.mark.parametrize("who", READERS)
def test_every_figure_equals_the_rows_its_link_opens(town, cast, login, today, who, back):
    client = login(getattr(cast, who))
    month = f"{month_of(today, back):%Y-%m}"
    page = client.get(reverse("office_home"), {"month": month})

    figures = [(int(words), href) for words, href in linked(page) if re.fullmatch(r"\d+", words)]
    wrong = {href: (n, rows_behind(client, href)) for n, href in figures if rows_behind(client, href) != n}

    assert wrong == {}
    assert len(figures) >= 8 and sum(n for n, _ in figures)


def test_a_place_and_a_household_lead_to_the_households_of_the_place(town, cast, login):
    client = login(cast.village_officer)
    place = client.get(town.village.get_absolute_url())
    [(words, href)] = [one for one in linked(place) if one[0].endswith(" 户")]
    assert words == f"{rows_behind(client, href)} 户" == "7 户"

    household = town.grid.placements.first().household
    page = client.get(reverse("household", args=[household.uuid])).content.decode()
    [href] = re.findall(rf'href="([^"]*)">{town.grid.name}</a>', page)
    assert rows_behind(client, href) == 5


@pytest.mark.parametrize("who", READERS)
def test_every_rate_is_that_of_the_page_it_opens(town, cast, login, today, who):
    client = login(getattr(cast, who))
    page = client.get(reverse("office_home"), {"month": f"{month_of(today, 1):%Y-%m}"})
    rates = [(words, href) for words, href in linked(page) if words.endswith(" %")]

    assert rates
    for words, href in rates:
        assert words == f"{client.get(href).context['total'].rate:.1f} %"


def test_the_total_is_of_all_rows_and_the_lines_add_up(town, cast, login, today):
    found = login(cast.town_officer).get(reverse("office_home")).context["overview"]

    for name in ("visits", "heard", "settled", "answered"):
        assert sum(getattr(line.counts, name) for line in found.lines) == getattr(found.total, name) > 0
    assert found.total.owed.due == sum(line.counts.owed.due for line in found.lines) > 0
    # What waits in a grid that is no more still waits: it is in its village's line.
    assert found.total.open == sum(line.counts.open for line in found.lines)


def test_who_has_no_fieldwork_sees_the_net_alone(town, cast, login):
    for who in (cast.admin, cast.auditor, cast.unit_officer):
        page = login(who).get(reverse("office_home"))
        assert page.context["overview"].total is None
        assert "听民声" not in page.content.decode() and "沟底村" in page.content.decode()


def test_holes_in_the_net_are_named_and_the_link_shows_them(town, cast, login):
    client = login(cast.town_officer)
    page = client.get(reverse("office_home"))
    words = page.content.decode()

    assert "没有网格 1" in words and "寨上社区" in words
    assert "缺网格员 1" in words and "缺网格长 2" in words
    shown = client.get(reverse("net"), {"gap": "any"}).content.decode()
    for name in ("寨上社区", "神堂坪村第一网格", "沟底村第二网格"):
        assert name in shown


def test_a_full_net_says_so(net, cast, login):
    for grid in Grid.objects.filter(tier=15):
        for role in ("gridworker", "grid_head"):
            if not GridAssignment.objects.filter(grid=grid, role=role).exists():
                AssignmentFactory(grid=grid, role=role)

    assert (
        "每个网格都有网格员和网格长" in login(cast.town_officer).get(reverse("office_home")).content.decode()
    )


def test_a_month_without_anything_shows_a_dash_and_no_division(town, cast, login):
    page = login(cast.town_officer).get(reverse("office_home"), {"month": "2019-01"})

    assert "—" in page.content.decode() and page.context["overview"].total.visits == 0


@pytest.mark.parametrize("month", ["", "2026-13", "x", "9999-12", "0000-00", "２０２６-11"])
def test_an_odd_month_is_answered(town, cast, login, month):
    assert login(cast.leader).get(reverse("office_home"), {"month": month}).status_code == 200


def test_the_cost_is_the_same_for_two_villages_and_twenty(
    town, cast, login, today, django_assert_max_num_queries
):
    client, url = login(cast.town_officer), reverse("office_home")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for n in range(18):
        GridFactory(code=f"1401811003{n:02d}", kind="village", name=f"村{n}")
        grid = GridFactory(code=f"1401811003{n:02d}001", name=f"村{n}网格")
        VisitFactory(household=HouseholdFactory(grid=grid), grid=grid, visited_on=today)
        ConcernFactory(grid=grid)
    with django_assert_max_num_queries(min(len(few), 15)):
        client.get(url)
