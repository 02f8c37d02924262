"""The tree of who holds what, the list of people, the boards."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids.access import Role
from grids.models import GridAssignment, User
from grids.views.staff import tree
from tests.factories import AssignmentFactory, GridFactory, UserFactory

DAY = timedelta(days=1)


@pytest.fixture
def today(db):
    return timezone.localdate()


@pytest.fixture
def admin(cast):
    return cast.admin


@pytest.fixture
def desk(cast, login):
    """The admin's browser."""
    return login(cast.admin)


def term_of(user):
    return user.assignments.get()


@pytest.mark.parametrize(
    ("starts", "ends", "active", "cover", "state"),
    [
        (-10, None, True, False, "now"),
        (-10, 31, True, False, "now"),
        (-10, 30, True, False, "ending"),
        (-10, 5, True, True, "now"),
        (1, None, True, False, "future"),
        (0, None, True, False, "now"),
        (-10, None, False, False, "closed"),
    ],
)
def test_how_a_term_stands(cast, today, starts, ends, active, cover, state):
    term = AssignmentFactory(
        user=UserFactory(is_active=active),
        starts_on=today + starts * DAY,
        ends_on=ends and today + ends * DAY,
        stand_in_for=term_of(cast.gridworker) if cover else None,
    )

    assert tree.state_of(term, today) == state


def posts_in(response):
    return {
        (row.place.code, post.role): post
        for block in response.context["blocks"]
        for row in block.rows
        for post in row.posts
    }


def test_the_tree_shows_vacancies_with_a_way_to_fill_them(desk, net, cast):
    page = desk.get(reverse("staff"))

    posts = posts_in(page)
    assert not posts[net.grid.code, Role.GRIDWORKER].is_vacant
    assert posts[net.neighbour_grid.code, Role.GRID_HEAD].is_vacant
    assert f"grid={net.neighbour_grid.pk}&amp;role=grid_head" in page.content.decode()


@pytest.mark.parametrize("gone", ["ended", "closed", "not yet"])
def test_a_grid_whose_worker_is_gone_is_vacant(desk, net, cast, today, gone):
    GridAssignment.objects.filter(user=cast.gridworker).update(
        **{"ended": {"ends_on": today}, "closed": {}, "not yet": {"starts_on": today + DAY}}[gone]
    )
    User.objects.filter(pk=cast.gridworker.pk).update(is_active=gone != "closed")

    assert posts_in(desk.get(reverse("staff")))[net.grid.code, Role.GRIDWORKER].is_vacant


@pytest.mark.parametrize(
    ("asked", "found", "absent"),
    [
        ({"q": "zcy"}, "张春燕", "李隔壁"),
        ({"q": "zhangchunyan"}, "张春燕", "李隔壁"),
        ({"q": "春燕"}, "张春燕", "李隔壁"),
        ({"role": "grid_head"}, "闫志平", "张春燕"),
        ({"area": "140181100209"}, "神堂坪村干部", "张春燕"),
        ({"state": "vacant"}, "空缺", "张春燕"),
        ({"state": "nonsense", "role": "king"}, "张春燕", "没有符合条件"),
    ],
)
def test_the_tree_is_narrowed(desk, cast, asked, found, absent):
    page = desk.post(reverse("staff"), {"q": ""} | asked, follow=True).content.decode()
    shown = page[page.index("<main") : page.index("</main")]
    shown = shown[shown.rindex("</form>") :]

    assert found in shown
    assert absent not in shown


def test_a_phone_tail_finds(desk, cast):
    page = desk.post(reverse("staff"), {"q": cast.gridworker.phone[-4:]}, follow=True)

    assert "张春燕" in page.content.decode()


def test_a_grid_head_sees_the_own_grid_only_and_no_buttons(cast, net, login):
    page = login(cast.grid_head).get(reverse("staff")).content.decode()

    assert "张春燕" in page and "李隔壁" not in page
    assert reverse("staff_assign") not in page


@pytest.mark.parametrize(
    ("state", "found", "absent"),
    [
        ("free", "外人", "张春燕"),
        ("holding", "张春燕", "外人"),
        ("inactive", "停用人", "张春燕"),
        ("never", "外人", "-"),
    ],
)
def test_the_list_of_people(desk, cast, state, found, absent):
    UserFactory(name="停用人", is_active=False)
    page = desk.get(reverse("staff_people"), {"state": state}).content.decode()
    shown = page[page.index("<table") : page.index("</table")]

    assert f">{found}<" in shown
    assert f">{absent}<" not in shown


@pytest.mark.parametrize("name", ["staff", "staff_people", "area_boards", "staff_person", "staff_assign"])
def test_pages_ask_as_often_for_many_rows_as_for_few(desk, net, cast, admin, name):
    args = {"area_boards": [net.village.code], "staff_person": [cast.outsider.uuid]}.get(name, [])
    counts = []
    for more in (2, 18):
        for _ in range(more):
            grid = GridFactory()
            AssignmentFactory(grid=grid)
            AssignmentFactory(grid=grid, user=cast.outsider)
        desk.get(reverse(name, args=args))
        with CaptureQueriesContext(connection) as queries:
            desk.get(reverse(name, args=args))
        counts.append(len(queries))

    assert counts[0] == counts[1]


# Boards


def test_a_board_names_who_looks_after_us(cast, net, login):
    net.village.duty_phone = "0351-5123456"
    net.village.save()
    page = login(cast.gridworker).get(reverse("grid_board", args=[net.grid.code])).content.decode()

    for words in (net.grid.name, net.grid.code, "张春燕", "0351-5123456", net.village.name):
        assert words in page
    assert cast.gridworker.phone not in page


def test_all_boards_of_a_village(cast, net, login):
    page = login(cast.village_officer).get(reverse("area_boards", args=[net.village.code])).content.decode()

    assert net.grid.code in page and net.neighbour_grid.code in page
