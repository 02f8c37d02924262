"""One's own account and password."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids.models import AuditEntry
from tests.factories import AssignmentFactory, UserFactory

OLD, NEW = "hekou-demo", "汾河-流水-2026"


def change(client, old=OLD, new=NEW, again=None):
    return client.post(
        reverse("password"), {"old": old, "new": new, "again": new if again is None else again}
    )


def test_the_password_changes_and_other_sessions_end(cast, login, client):
    elsewhere = Client()
    elsewhere.force_login(cast.gridworker)
    login(cast.gridworker)

    assert change(client)["Location"] == reverse("account")

    assert client.get(reverse("account")).status_code == 200
    assert elsewhere.get(reverse("account")).status_code == 302
    cast.gridworker.refresh_from_db()
    assert cast.gridworker.check_password(NEW)
    assert AuditEntry.objects.get(action="password").by == cast.gridworker


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"old": "wrong"}, "old"),
        ({"old": ""}, "old"),
        ({"new": "short1"}, "new"),
        ({"new": "1234567890"}, "new"),
        ({"new": "password1"}, "new"),
        ({"new": OLD}, "new"),
        ({"new": "长" * 129}, "new"),
        ({"again": "else"}, "again"),
    ],
)
def test_a_password_that_will_not_do_is_said_at_its_field(cast, login, client, given, field):
    login(cast.gridworker)

    response = change(client, **given)

    page = response.content.decode()
    assert response.status_code == 422 and response.context["form"].errors[field]
    assert "填过的密码不保留" in page and "填过的内容都还在" not in page
    assert NEW not in page
    cast.gridworker.refresh_from_db()
    assert cast.gridworker.check_password(OLD)


def test_a_given_password_is_changed_before_anything_else(net, client):
    person = UserFactory(must_change_password=True)
    client.force_login(person)

    assert client.get(reverse("account"))["Location"] == reverse("password")
    answer = client.get(reverse("account"), headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["status"]) == (401, "password_change_required")
    change(client)
    assert client.get(reverse("account")).status_code == 200


def test_the_account_says_who_where_and_how_long(cast, net, login, client):
    AssignmentFactory(
        user=cast.gridworker,
        grid=net.neighbour_grid,
        stand_in_for=cast.neighbour.assignments.get(),
        starts_on=timezone.localdate(),
    )
    login(cast.gridworker)

    page = client.get(reverse("account")).content.decode()

    for words in ("张春燕", "网格员", net.grid.name, net.neighbour_grid.name, "代管", "李隔壁", "30 天"):
        assert words in page


def test_the_account_asks_as_often_for_many_terms_as_for_few(cast, login, client):
    login(cast.volunteer)
    counts = []
    for more in (1, 18):
        for _ in range(more):
            AssignmentFactory(user=cast.volunteer)
        client.get(reverse("account"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("account"))
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["account", "password", "home"])
def test_strangers_are_asked_to_sign_in(client, name):
    response = client.get(reverse(name))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))
