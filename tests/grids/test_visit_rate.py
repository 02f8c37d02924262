"""走访率: story 6 to the number, and each number's own rows."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import CareCategoryFactory, VisitFactory
from tests.factories.stories import OVERDUE, cared_for, left_behind_elders

pytestmark = pytest.mark.django_db

FEBRUARY = {"month": "2027-02"}


@pytest.fixture
def story(net, cast):
    left_behind_elders(net.grid, cast.gridworker)


def test_story_six(login, cast, story):
    page = login(cast.gridworker).get(reverse("visit_rate"), FEBRUARY)

    total = page.context["total"]
    assert (total.due, total.done, total.missed, total.phoned) == (29, 28, 1, 1)
    assert "96.6 %" in page.content.decode()
    assert [row.resident.name for row in page.context["missed"]] == [OVERDUE]
    assert "应访：" in page.content.decode()


@pytest.mark.parametrize(("which", "n"), [("due", 29), ("done", 28), ("missed", 1), ("phoned", 1)])
def test_each_number_leads_to_its_rows(login, cast, story, which, n):
    client = login(cast.town_officer)
    page = client.get(reverse("visit_rate"), FEBRUARY)
    link = page.context["total_links"][which]
    assert link.replace("&", "&amp;") in page.content.decode()
    rows = client.get(link)

    assert len(rows.context["rows"]) == rows.context["n"] == n


def test_another_grids_worker_sees_none_of_it(login, cast, net, story):
    client = login(cast.neighbour)
    page = client.get(reverse("visit_rate"), FEBRUARY)
    assert page.context["total"].due == 0
    assert "—" in page.content.decode()
    for name in ("visit_rate", "visit_rate_rows"):
        assert client.get(reverse(name), FEBRUARY | {"grid": net.grid.code}).status_code == 404
    for who in ("unit_officer", "volunteer", "admin", "auditor", "outsider"):
        assert login(getattr(cast, who)).get(reverse("visit_rate"), FEBRUARY).status_code == 403


def test_a_month_before_anything_shows_a_dash(login, cast, net, story):
    page = login(cast.gridworker).get(reverse("visit_rate"), {"month": "2001-01"})
    assert page.context["total"].rate is None
    assert "—" in page.content.decode()


def test_the_town_reads_by_village_and_opens_one(login, cast, net, story):
    category = CareCategoryFactory(name="残疾人", frequency="monthly")
    cared_for(net.other_grid, category, "邻村人")
    client = login(cast.leader)
    page = client.get(reverse("visit_rate"), FEBRUARY)
    assert [(line["name"], line["figures"].due) for line in page.context["lines"]] == [
        ("沟底村", 29),
        ("神堂坪村", 1),
    ]
    inside = client.get(reverse("visit_rate"), FEBRUARY | {"grid": net.village.code})
    assert [(line["code"], line["figures"].due) for line in inside.context["lines"]] == [(net.grid.code, 29)]


def test_figures_go_by_the_grid_of_the_last_day(login, cast, net, story):
    """Somebody who moved on the 15th counts there for the weeks that end later."""
    category = CareCategoryFactory(name="高龄", frequency="weekly")
    mover = cared_for(net.grid, category, "搬家的")
    placement = mover.household.placements.get()
    placement.ends_on = date(2027, 2, 15)
    placement.save()
    mover.household.placements.create(grid=net.neighbour_grid, starts_on=date(2027, 2, 15))
    client = login(cast.town_officer)
    due = {
        code: client.get(reverse("visit_rate"), FEBRUARY | {"grid": code}).context["total"].due
        for code in (net.grid.code, net.neighbour_grid.code)
    }

    assert due == {net.grid.code: 31, net.neighbour_grid.code: 2}


def test_the_cost_does_not_grow(login, cast, net):
    category = CareCategoryFactory(frequency="weekly")
    client, counts = login(cast.town_officer), []
    for more in (2, 18):
        for number in range(more):
            resident = cared_for(net.grid, category, f"人{number}")
            VisitFactory(household=resident.household, met=[resident], visited_on=date(2027, 2, 2))
        for page in ("visit_rate", "visit_rate_rows"):
            client.get(reverse(page), FEBRUARY)
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse(page), FEBRUARY)
            counts.append(len(queries))

    assert counts[:2] == counts[2:]


def test_a_withdrawn_visit_is_no_visit(login, cast, net):
    category = CareCategoryFactory(frequency="monthly")
    resident = cared_for(net.grid, category, "某人")
    visit = VisitFactory(household=resident.household, met=[resident], visited_on=date(2027, 2, 2))
    visit.superseded_by = visit.record
    visit.save()
    figures = login(cast.gridworker).get(reverse("visit_rate"), FEBRUARY).context["total"]

    assert (figures.due, figures.done) == (1, 0)
