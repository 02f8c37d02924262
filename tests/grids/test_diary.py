"""民情日记 and 我的本月: one's own, and a worker's for those above."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    ConcernFactory,
    FindingFactory,
    HouseholdFactory,
    PatrolFactory,
    ResidentFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(cast, net):
    """A visit, a patrol and a concern of today by the gridworker, and a visit of somebody else."""
    home = HouseholdFactory(grid=net.grid, address="沟底村 7 号")
    VisitFactory(
        household=home, met=[ResidentFactory(household=home, name="赵老汉")], visitor=cast.gridworker
    )
    FindingFactory(patrol=PatrolFactory(grid=net.grid, walker=cast.gridworker, route="河边一圈"))
    ConcernFactory(grid=net.grid, heard_by=cast.gridworker, words="三天没水")
    VisitFactory(
        household=HouseholdFactory(grid=net.neighbour_grid, address="别人家"), visitor=cast.neighbour
    )
    return timezone.localdate()


def test_my_day_on_screen_and_on_paper(login, cast, day):
    client = login(cast.gridworker)
    for query in ("", f"?date={day}", "?date=nonsense", "?date=0001-01-01", "?print=1"):
        page = client.get(reverse("diary") + query).content.decode()
        for words in ("沟底村 7 号", "赵老汉", "河边一圈", "三天没水"):
            assert words in page
        assert "别人家" not in page
    assert "签字" in client.get(reverse("diary"), {"print": 1}).content.decode()
    yesterday = client.get(reverse("diary"), {"date": day - timedelta(days=1)}).content.decode()
    assert "三天没水" not in yesterday


def test_my_month(login, cast, day):
    client = login(cast.gridworker)
    for query in ({}, {"month": f"{day:%Y-%m}"}, {"month": "2026-99"}, {"print": 1}):
        answer = client.get(reverse("diary_month"), query)
        assert answer.context["visits"] == {"all": 1, "met": 1, "phoned": 0, "households": 1}
        assert answer.context["days"] == [(day, 1, 1, 1, 0)]
    assert client.get(reverse("diary_month"), {"month": "2001-01"}).context["days"] == []


@pytest.mark.parametrize("page", ["diary", "diary_month"])
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("grid_head", 200),
        ("village_officer", 200),
        ("town_officer", 200),
        ("leader", 200),
        ("other_village_officer", 404),
        ("neighbour", 403),
        ("admin", 403),
        ("auditor", 403),
        ("outsider", 403),
    ],
)
def test_whose_day_one_may_read(login, cast, day, page, who, status):
    answer = login(getattr(cast, who)).get(reverse(page), {"worker": cast.gridworker.uuid})

    assert answer.status_code == status
    if status == 200:
        assert cast.gridworker.name in answer.content.decode()


def test_a_worker_that_is_no_uuid_is_nobody(login, cast):
    assert login(cast.grid_head).get(reverse("diary"), {"worker": "x"}).status_code == 404
