"""Where a person can go, from a phone's bar and a desk's rail."""

import pytest
from django.test import RequestFactory

from hekou.navigation import BAR_ENTRIES, navigation

pytestmark = pytest.mark.django_db


def offered(user, place, path="/help/"):
    request = RequestFactory().get(path)
    request.user = user
    return [item.label for item in navigation(request)["nav_items"][place]]


def test_a_gridworker_has_the_visits_at_the_thumb(cast):
    assert offered(cast.gridworker, "bar") == ["今日", "走访", "上报", "我的网格"]


@pytest.mark.parametrize("who", ["grid_head", "village_officer", "town_officer"])
def test_who_moves_cases_has_them_at_the_thumb_and_the_visits_under_more(cast, who):
    assert offered(getattr(cast, who), "bar") == ["今日", "待办", "上报", "我的网格"]
    assert "走访" in offered(getattr(cast, who), "more")


@pytest.mark.parametrize("who", ["admin", "auditor", "unit_officer", "leader"])
def test_who_has_no_grid_reads_the_pages_own_name(cast, who):
    bar = offered(getattr(cast, who), "bar")

    assert "网格" in bar and "我的网格" not in bar
    assert len(bar) <= BAR_ENTRIES and len(set(bar)) == len(bar)


@pytest.mark.parametrize("who", ["gridworker", "admin", "auditor", "volunteer"])
def test_the_page_one_is_on_is_marked_in_the_bar(cast, who):
    request = RequestFactory().get("/net/")
    request.user = getattr(cast, who)
    bar = navigation(request)["nav_items"]["bar"]

    assert [item.label for item in bar if item.current] == [i.label for i in bar if i.url == "/net/"]
