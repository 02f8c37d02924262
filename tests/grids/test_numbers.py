"""拨打 and 查看号码: who gets a number, what is asked first, what the audit log keeps."""

import pytest
from django.urls import reverse

from grids.access import is_own_grid
from grids.models import AuditEntry, Relative
from tests.factories import HouseholdFactory, ResidentFactory

pytestmark = pytest.mark.django_db

PHONE, ID_NUMBER = "13812345678", "140181195003120006"


@pytest.fixture
def resident(net):
    person = ResidentFactory(household=HouseholdFactory(grid=net.grid), name="李桂花")
    person.phone, person.id_number = PHONE, ID_NUMBER
    person.save()
    return person


@pytest.fixture
def relative(resident):
    row = Relative(resident=resident, name="李建国", relation="儿子")
    row.phone = "13900000000"
    row.save()
    return row


def call(client, person, **data):
    name = "relative_call" if isinstance(person, Relative) else "resident_call"
    return client.post(reverse(name, args=[person.uuid]), data, headers={"Accept": "application/json"})


@pytest.mark.parametrize(
    ("who", "own"),
    [
        ("gridworker", True),
        ("grid_head", True),
        ("neighbour", False),
        ("village_officer", False),
        ("town_officer", False),
        ("outsider", False),
    ],
)
def test_whose_own_grid_it_is(net, cast, who, own):
    assert is_own_grid(getattr(cast, who), net.grid) is own


def test_one_tap_in_ones_own_grid(cast, resident, login):
    answer = call(login(cast.gridworker), resident)

    assert answer.json() == {"tel": PHONE}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.by, entry.object_label) == ("call", cast.gridworker, "李**")
    assert entry.changes == {"电话": ["", "138****5678"]} and PHONE not in str(vars(entry))


def test_without_a_script_a_page_with_the_number(cast, resident, login):
    page = login(cast.gridworker).post(reverse("resident_call", args=[resident.uuid]))

    assert f'href="tel:{PHONE}"' in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_a_relative_is_rung_too(cast, relative, login):
    assert call(login(cast.gridworker), relative).json() == {"tel": "13900000000"}
    assert AuditEntry.objects.get().object_label == "李**"


def test_outside_ones_own_grid_a_reason_first(cast, resident, login):
    client = login(cast.village_officer)

    refused = call(client, resident)
    assert refused.status_code == 422 and refused.json()["status"] == "reason_required"
    asked = client.post(reverse("resident_call", args=[resident.uuid])).content.decode()
    assert "写明原因" in asked and PHONE not in asked
    assert not AuditEntry.objects.exists()

    assert call(client, resident, reason="了解低保情况").json() == {"tel": PHONE}
    assert AuditEntry.objects.get().reason == "了解低保情况"


@pytest.mark.parametrize(
    ("who", "status"),
    [("neighbour", 404), ("leader", 403), ("auditor", 403), ("volunteer", 403), ("admin", 403)],
)
def test_nobody_else(cast, resident, relative, login, who, status):
    client = login(getattr(cast, who))
    reveal = reverse("resident_reveal", args=[resident.uuid])

    assert call(client, resident).status_code == status
    assert call(client, relative).status_code == status
    assert client.get(reveal).status_code == status
    assert client.post(reveal, {"reason": "想看"}).status_code == status
    assert not AuditEntry.objects.exists()


def test_reading_is_no_ringing(cast, resident, login):
    assert login(cast.gridworker).get(reverse("resident_call", args=[resident.uuid])).status_code == 405


def test_without_a_number_it_says_so(cast, resident, login):
    resident.phone = ""
    resident.save()

    assert call(login(cast.gridworker), resident).status_code == 422
    assert not AuditEntry.objects.exists()


class TestIdNumber:
    def test_needs_a_reason_even_in_ones_own_grid(self, cast, resident, login):
        url = reverse("resident_reveal", args=[resident.uuid])
        client = login(cast.gridworker)

        before = client.get(url).content.decode()
        without = client.post(url, {"reason": " "}).content.decode()
        shown = client.post(url, {"reason": "代办高龄补贴"}).content.decode()
        after = client.get(url).content.decode()

        assert ID_NUMBER not in before + without + after
        assert "140181 19500312 0006" in shown
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.reason) == ("reveal", "代办高龄补贴")
        assert ID_NUMBER not in str(vars(entry)) and "140***********0006" in str(entry.changes)

    def test_a_leader_sees_neither_number_on_the_page(self, cast, resident, login):
        page = login(cast.leader).get(reverse("resident", args=[resident.uuid])).content.decode()

        assert "李桂花" in page and "5678" not in page and "0006" not in page
