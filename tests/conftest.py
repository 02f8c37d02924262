"""The cast and the town that tests play in. The database cluster is brought by tests.cluster."""

from contextlib import contextmanager
from datetime import date, datetime, time
from typing import NamedTuple

import pytest
from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone

from grids import access
from grids.access import Role
from grids.models import Grid, User
from tests.factories import AssignmentFactory, GridFactory, UserFactory

pytest_plugins = ["tests.cluster"]

_APPEND_ONLY = ("grids_fieldrecord", "grids_auditentry", "cases_caseevent")


@contextmanager
def append_only_lifted():
    """Let the owner empty the append-only tables; the application's role could not."""
    with connection.cursor() as cursor:
        for table in _APPEND_ONLY:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        try:
            yield
        finally:
            for table in _APPEND_ONLY:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture(autouse=True, scope="session")
def _flush_lifts_append_only():
    """The flush after a transactional test is the only thing that may truncate them."""
    flush = TransactionTestCase._fixture_teardown

    def lifted(self):
        with append_only_lifted():
            flush(self)

    TransactionTestCase._fixture_teardown = lifted
    yield
    TransactionTestCase._fixture_teardown = flush


@pytest.fixture(autouse=True)
def _as_the_pages_do(request):
    """Tests inside a transaction have the rights of the role that serves pages, so that a missing grant shows."""
    marker = request.node.get_closest_marker("django_db")
    if not marker and "db" not in request.fixturenames:
        return
    request.getfixturevalue("_django_db_helper")
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE hekou_app")


class Net(NamedTuple):
    """A small piece of the real town: two villages, three grids, a community with one."""

    town: Grid
    village: Grid
    grid: Grid
    neighbour_grid: Grid
    other_village: Grid
    other_grid: Grid


@pytest.fixture
def net(db):
    town = GridFactory(code="140181100", name="河口镇")
    village = GridFactory(code="140181100208", name="沟底村")
    other_village = GridFactory(code="140181100209", name="神堂坪村")
    return Net(
        town=town,
        village=village,
        grid=GridFactory(code="140181100208001", name="沟底村第一网格"),
        neighbour_grid=GridFactory(code="140181100208002", name="沟底村第二网格"),
        other_village=other_village,
        other_grid=GridFactory(code="140181100209001", name="神堂坪村第一网格"),
    )


class Cast(NamedTuple):
    """One person of each standing, all seen from `net.grid`."""

    gridworker: User
    neighbour: User
    grid_head: User
    village_officer: User
    other_village_officer: User
    town_officer: User
    leader: User
    unit_officer: User
    volunteer: User
    admin: User
    auditor: User
    outsider: User


def _person(name, role, grid):
    user = UserFactory(name=name)
    AssignmentFactory(user=user, role=role, grid=grid, starts_on=date(2020, 1, 1))
    return user


@pytest.fixture
def cast(net):
    return Cast(
        gridworker=_person("张春燕", Role.GRIDWORKER, net.grid),
        neighbour=_person("李隔壁", Role.GRIDWORKER, net.neighbour_grid),
        grid_head=_person("闫志平", Role.GRID_HEAD, net.grid),
        village_officer=_person("沟底村干部", Role.VILLAGE_OFFICER, net.village),
        other_village_officer=_person("神堂坪村干部", Role.VILLAGE_OFFICER, net.other_village),
        town_officer=_person("镇网格办", Role.TOWN_OFFICER, net.town),
        leader=_person("镇领导", Role.TOWN_LEADER, net.town),
        unit_officer=_person("供水站", Role.UNIT_OFFICER, net.town),
        volunteer=_person("志愿者", Role.VOLUNTEER, net.town),
        admin=_person("系统管理员", Role.ADMIN, net.town),
        auditor=_person("审计员", Role.AUDITOR, net.town),
        outsider=UserFactory(name="外人"),
    )


@pytest.fixture
def clock(monkeypatch):
    """`clock(day)`: from now on it is nine in the morning of that day, for a live server too."""

    def set_day(day):
        moment = datetime.combine(day, time(9), tzinfo=timezone.get_current_timezone())
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_day


@pytest.fixture
def login(client):
    """`login(user)` gives the client a session of that user, as if freshly signed in."""

    def sign_in(user):
        access.forget(user)
        client.force_login(user)
        return client

    return sign_in
