"""Journeys: a plan is made and taken back; a unit gets its first member."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grids.actions import regrid
from grids.models import Grid, Unit, UnitMembership
from tests.factories import AssignmentFactory, HouseholdFactory

# The server is another thread: what a fixture makes has to be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def split(net, cast):
    """A split of the cast's grid, ten days ahead, that the worker goes on in."""
    households = HouseholdFactory.create_batch(4, grid=net.grid)
    parts = [
        regrid.Part(
            "140181100208003",
            "沟底村东网格",
            frozenset(h.pk for h in households[:2]),
            terms=tuple(net.grid.assignments.values_list("pk", flat=True)),
        ),
        regrid.Part("140181100208004", "沟底村西网格", frozenset(h.pk for h in households[2:])),
    ]
    day = timezone.localdate() + timedelta(days=10)
    return regrid.split(grid=net.grid, by=cast.town_officer, effective_on=day, parts=parts)


def test_a_planned_split_is_taken_back(device, axe, net, cast, split):
    page = device(cast.town_officer)
    page.goto(split[0].get_absolute_url())
    axe(page)
    page.get_by_role("link", name="取消拆分计划").click()
    page.get_by_text("4 户留在原网格").wait_for()
    axe(page)
    page.get_by_role("button", name="取消拆分计划").click()
    page.get_by_text("已取消拆分计划").wait_for()
    axe(page)

    page.goto(net.grid.get_absolute_url())
    assert page.get_by_role("link", name="拆分", exact=True).is_visible()
    assert Grid.objects.get(pk=net.grid.pk).retired_on is None


def test_what_stands_against_it_is_named(device, axe, expecting, net, cast, split):
    page = device(cast.town_officer)
    page.goto(f"/net/{net.grid.code}/cancel-plan/")
    AssignmentFactory(user__name="新来的", grid=split[1], starts_on=split[1].opened_on)
    with expecting(422):
        page.get_by_role("button", name="取消拆分计划").click()
        page.get_by_text("新来的在沟底村西网格的任职").wait_for()
    axe(page)
    page.get_by_role("link", name="回到").click()
    page.get_by_text("已安排停用").wait_for()


def test_a_unit_gets_a_member(device, axe, net, cast):
    Unit.objects.create(town=net.town, name="河口镇卫生院", phone="03515131234")
    old = Unit.objects.create(town=net.town, name="旧电管站", retired_on=timezone.localdate())
    UnitMembership.objects.create(
        user=cast.volunteer, unit=old, starts_on=old.retired_on - timedelta(days=900), ends_on=old.retired_on
    )
    page = device(cast.admin)
    page.goto("/staff/")
    page.get_by_role("link", name="承办单位", exact=True).click()
    page.get_by_role("link", name="添加单位").click()
    page.get_by_label("单位名称").fill("供水站")
    axe(page)
    page.get_by_role("button", name="添加").click()
    page.get_by_role("link", name="供水站").click()
    page.get_by_role("link", name="添加成员").click()
    page.get_by_label("谁").fill(cast.unit_officer.phone)
    axe(page)
    page.get_by_role("button", name="添加").click()
    page.get_by_role("link", name=cast.unit_officer.name, exact=True).last.wait_for()
    axe(page)
    page.get_by_role("link", name="停用", exact=True).wait_for()
    page.goto("/staff/units/")
    axe(page)
    page.goto(old.get_absolute_url())
    axe(page)
    page.goto(cast.unit_officer.get_absolute_url())
    axe(page)
