"""Concerns: 上报, the 民情台账, and the answer, whose version is checked."""

import io
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from grids.actions.concerns import answer_concern
from grids.exceptions import DomainError, StaleVersion
from grids.models import AuditEntry, Concern, FieldRecord
from tests.factories import ConcernFactory, HouseholdFactory, VisitFactory

pytestmark = pytest.mark.django_db


def sent(net, **other):
    return {
        "uuid": str(uuid4()),
        "grid": net.grid.code,
        "theme": "water",
        "words": "三天没水了",
        "state": "watching",
        "happened_on": timezone.localdate().isoformat(),
    } | other


def test_reporting_without_a_household(login, cast, net):
    client = login(cast.gridworker)
    page = client.get(reverse("concern_new")).content.decode()
    assert "吃水用水" in page and net.neighbour_grid.name not in page
    answer = client.post(reverse("concern_new"), sent(net))
    concern = Concern.objects.get()
    assert client.get(answer.url).url == concern.get_absolute_url()
    assert "三天没水了" in client.get(concern.get_absolute_url()).content.decode()


def test_reporting_from_a_household(login, cast, net):
    household = HouseholdFactory(grid=net.grid)
    client = login(cast.village_officer)
    picked = client.get(reverse("concern_pick")).content.decode()
    assert f"{reverse('concern_new')}?household={household.uuid}" in picked
    client.post(reverse("concern_new"), sent(net, household=str(household.uuid)))
    concern = Concern.objects.get()
    assert (concern.household, concern.grid) == (household, net.grid)


@pytest.mark.parametrize(
    "wrong",
    [
        {"theme": ""},
        {"theme": "gold"},
        {"words": ""},
        {"words": "长" * 1001},
        {"words": "\x00"},
        {"state": "answered"},
        {"state": "passed_on"},
        {"grid": "140181100209001"},
        {"grid": "x"},
    ],
)
def test_bad_input(login, cast, net, wrong):
    answer = login(cast.gridworker).post(reverse("concern_new"), sent(net) | wrong)

    assert answer.status_code == 422
    assert "填过的内容都还在" in answer.content.decode()
    assert not FieldRecord.objects.exists()


@pytest.mark.parametrize(
    ("who", "read", "new"),
    [
        ("gridworker", 200, 200),
        ("grid_head", 200, 200),
        ("village_officer", 200, 200),
        ("town_officer", 200, 200),
        ("leader", 200, 403),
        ("neighbour", 404, 200),
        ("other_village_officer", 404, 200),
        ("unit_officer", 403, 403),
        ("volunteer", 403, 403),
        ("admin", 403, 403),
        ("auditor", 403, 403),
        ("outsider", 403, 403),
    ],
)
def test_who_reads_and_who_reports(login, cast, net, who, read, new):
    concern = ConcernFactory(grid=net.grid, words="独一无二的话")
    client = login(getattr(cast, who))

    assert client.get(concern.get_absolute_url()).status_code == read
    assert client.get(reverse("concern_new")).status_code == new
    listed = client.get(reverse("concern_list"))
    assert listed.status_code == (403 if read == 403 else 200)
    assert ("独一无二的话" in listed.content.decode()) == (read == 200)


def test_an_answer(login, cast, net):
    concern = ConcernFactory(grid=net.grid)
    client = login(cast.gridworker)
    assert (
        login(cast.leader).post(concern.get_absolute_url(), {"answer": "x", "version": 1}).status_code == 403
    )
    client = login(cast.gridworker)
    assert client.post(concern.get_absolute_url(), {"answer": "", "version": 1}).status_code == 422
    client.post(concern.get_absolute_url(), {"answer": "明早通水", "version": 1})
    concern.refresh_from_db()
    assert (concern.state, concern.answer, concern.answered_by, concern.version) == (
        "answered",
        "明早通水",
        cast.gridworker,
        2,
    )
    stale = client.post(concern.get_absolute_url(), {"answer": "我的话", "version": 1})
    assert stale.status_code == 422
    assert "刚被别人改过" in stale.content.decode()
    assert "我的话" in stale.content.decode() and "明早通水" in stale.content.decode()
    assert client.post(concern.get_absolute_url(), {"answer": "我的话", "version": 2}).status_code == 302


def test_what_cannot_be_answered(cast, net):
    concern = ConcernFactory(grid=net.grid)
    with pytest.raises(StaleVersion):
        answer_concern(concern=concern, by=cast.gridworker, answer="x", seen_version=7)
    concern.superseded_by = concern.record
    concern.save()
    with pytest.raises(DomainError):
        answer_concern(concern=concern, by=cast.gridworker, answer="x", seen_version=1)


def test_correcting_and_withdrawing(login, cast, net):
    client = login(cast.gridworker)
    given = sent(net)
    client.post(reverse("concern_new"), given)
    address = reverse("concern_correct", args=[given["uuid"]])
    assert "三天没水了" in client.get(address).content.decode()
    client.post(address, sent(net, words="五天没水了", reason="记错了"))
    current = Concern.objects.current().get()
    assert current.words == "五天没水了"
    old = Concern.objects.get(record__uuid=given["uuid"])
    page = client.get(old.get_absolute_url()).content.decode()
    assert "已更正" in page and reverse("concern_of_record", args=[current.record.uuid]) in page
    client.post(reverse("record_withdraw", args=[current.record.uuid]), {"reason": "误报"})
    assert not Concern.objects.current().exists()


def test_withdrawing_a_visit_takes_what_was_heard_along(login, cast, net):
    visit = VisitFactory(household=HouseholdFactory(grid=net.grid), visitor=cast.gridworker)
    concern = ConcernFactory(record=visit.record, grid=net.grid, household=visit.household)
    client = login(cast.gridworker)
    assert (
        reverse("record_withdraw", args=[visit.record.uuid])
        not in client.get(concern.get_absolute_url()).content.decode()
    )
    client.post(reverse("record_withdraw", args=[visit.record.uuid]), {"reason": "点错了"})

    assert not Concern.objects.current().exists()


def test_filters_and_cost(login, cast, net):
    client, counts = login(cast.town_officer), []
    for more in (2, 18):
        for _ in range(more):
            ConcernFactory(grid=net.grid, household=HouseholdFactory(grid=net.grid), words="没水")
        client.get(reverse("concern_list"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("concern_list"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    for query, seen in {
        "theme=water": True,
        "theme=road": False,
        "state=watching": True,
        "state=settled": False,
    }.items():
        assert ("没水" in client.get(f"{reverse('concern_list')}?{query}").content.decode()) == seen


def test_the_workbook(login, cast, net):
    ConcernFactory(grid=net.grid, words="+cmd|' /C calc'!A0")
    answer = login(cast.grid_head).get(reverse("concern_list"), {"format": "xlsx"})

    cells = [c for row in load_workbook(io.BytesIO(answer.content)).active.iter_rows() for c in row]
    assert all(cell.data_type == "s" for cell in cells if cell.value is not None)
    assert "+cmd|' /C calc'!A0" in [cell.value for cell in cells]
    assert AuditEntry.objects.get().action == "export"
