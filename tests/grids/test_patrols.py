"""Patrols: the checklist, the findings, and settling one."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids.models import FieldRecord, Finding, Patrol, PatrolCheck, PatrolPoint
from tests.factories import FindingFactory, PatrolFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def points(net):
    return [
        PatrolPoint.objects.create(town=net.town, name="消防通道", position=1),
        PatrolPoint.objects.create(town=net.town, name="河道", position=2),
        PatrolPoint.objects.create(town=net.town, name="旧项目", retired_on=timezone.localdate()),
    ]


def sent(net, **other):
    return {
        "uuid": str(uuid4()),
        "grid": net.grid.code,
        "route": "村口到水塔",
        "happened_on": timezone.localdate().isoformat(),
    } | other


def found(number=0, **other):
    given = {"theme": "road", "place": "水塔坡道", "words": "路面塌了一块", "state": "open"} | other
    return {
        "findings-TOTAL_FORMS": "3",
        "findings-INITIAL_FORMS": "0",
        "findings-1-state": "open",
    } | {f"findings-{number}-{name}": value for name, value in given.items()}


def test_a_patrol_told_in_full(login, cast, net, points):
    client = login(cast.gridworker)
    form = client.get(reverse("patrol_new")).content.decode()
    assert "消防通道" in form and "旧项目" not in form
    given = sent(net, **{f"point-{points[0].pk}": "fine", f"point-{points[1].pk}": "found"}, **found())
    answer = client.post(reverse("patrol_new"), given)

    patrol = Patrol.objects.get()
    assert set(patrol.checks.values_list("point__name", "state")) == {("消防通道", "fine"), ("河道", "found")}
    assert patrol.findings.get().state == "open"
    page = client.get(answer.url).content.decode()
    assert "路面塌了一块" in page and "待处理" in page and "转成事件" not in page


def test_found_and_settled_on_the_spot(login, cast, net):
    login(cast.gridworker).post(reverse("patrol_new"), sent(net, **found(state="settled")))

    finding = Finding.objects.get()
    assert (finding.state, finding.settled_by) == ("settled", cast.gridworker)


@pytest.mark.parametrize(
    "wrong",
    [
        {"route": ""},
        {"route": "长" * 201},
        {"grid": "140181100209001"},
        {"note": "\x00"},
        found(place=""),
        found(theme="x"),
        found(words="长" * 1001),
        {"findings-TOTAL_FORMS": "9999", "findings-INITIAL_FORMS": "0"},
    ],
)
def test_bad_input(login, cast, net, wrong):
    answer = login(cast.gridworker).post(reverse("patrol_new"), sent(net) | wrong)

    assert answer.status_code == 422
    assert not FieldRecord.objects.exists()


def test_a_point_of_another_state_or_town_is_refused_or_ignored(login, cast, net, points):
    client = login(cast.gridworker)
    assert (
        client.post(reverse("patrol_new"), sent(net, **{f"point-{points[0].pk}": "bad"})).status_code == 422
    )
    assert client.post(reverse("patrol_new"), sent(net, **{"point-999999": "fine"})).status_code == 302
    assert not PatrolCheck.objects.exists()


def test_settling_a_finding(login, cast, net):
    finding = FindingFactory(patrol=PatrolFactory(grid=net.grid, walker=cast.gridworker))
    address = reverse("finding_settle", args=[finding.uuid])
    assert login(cast.neighbour).post(address, {"version": 1}).status_code == 404
    assert login(cast.leader).post(address, {"version": 1}).status_code == 403
    client = login(cast.grid_head)
    assert client.get(address).status_code == 405
    for version in ("x", "7"):
        client.post(address, {"version": version})
        finding.refresh_from_db()
        assert finding.state == "open"
    for _ in range(2):
        assert client.post(address, {"version": 1}).status_code == 302
    finding.refresh_from_db()
    assert (finding.state, finding.settled_by, finding.version) == ("settled", cast.grid_head, 2)


def test_correcting_brings_the_findings_along(login, cast, net, points):
    client = login(cast.gridworker)
    given = sent(net, **{f"point-{points[0].pk}": "fine"}, **found())
    client.post(reverse("patrol_new"), given)
    address = reverse("patrol_correct", args=[given["uuid"]])
    form = client.get(address).content.decode()
    assert "路面塌了一块" in form and "村口到水塔" in form
    client.post(address, sent(net, route="水塔到河边", reason="路线写错了", **found(words="塌得更大了")))

    assert Patrol.objects.current().get().route == "水塔到河边"
    assert Finding.objects.current().get().words == "塌得更大了"
    assert Finding.objects.count() == 2
    client.post(
        reverse("record_withdraw", args=[Patrol.objects.current().get().record.uuid]), {"reason": "没去成"}
    )
    assert not Patrol.objects.current().exists() and not Finding.objects.current().exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("gridworker", 200),
        ("grid_head", 200),
        ("town_officer", 200),
        ("leader", 200),
        ("neighbour", 404),
        ("unit_officer", 403),
        ("volunteer", 403),
        ("admin", 403),
        ("auditor", 403),
        ("outsider", 403),
    ],
)
def test_who_reads(login, cast, net, who, status):
    patrol = PatrolFactory(grid=net.grid, walker=cast.gridworker, route="独一无二的路")
    client = login(getattr(cast, who))

    assert client.get(patrol.get_absolute_url()).status_code == status
    listed = client.get(reverse("patrol_list"))
    assert ("独一无二的路" in listed.content.decode()) == (status == 200)


def test_the_list_its_cost_and_its_filter(login, cast, net):
    client, counts = login(cast.grid_head), []
    for more in (2, 18):
        for _ in range(more):
            FindingFactory(patrol=PatrolFactory(grid=net.grid, walker=cast.gridworker))
        client.get(reverse("patrol_list"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("patrol_list"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "村口到水塔" in client.get(reverse("patrol_list"), {"open_only": "on"}).content.decode()
    Finding.objects.update(state="settled", settled_by=cast.gridworker, settled_at=timezone.now())
    assert "村口到水塔" not in client.get(reverse("patrol_list"), {"open_only": "on"}).content.decode()
    assert client.get(reverse("patrol_list"), {"format": "xlsx"}).status_code == 200
