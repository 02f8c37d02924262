"""The one protocol of field forms (FIELD.md), for pages and for programs."""

import io
import threading
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase
from PIL import Image

from grids.models import AuditEntry, Concern, FieldConflict, FieldRecord, Grid, HouseholdVisit
from tests.factories import AssignmentFactory, GridFactory, HouseholdFactory, ResidentFactory, UserFactory

JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def home(net):
    household = HouseholdFactory(grid=net.grid, address="沟底村 7 号")
    return household, ResidentFactory(household=household, name="赵老汉")


def typed(home, **other):
    household, person = home
    return {
        "uuid": str(uuid4()),
        "household": str(household.uuid),
        "mode": "home",
        "outcome": "met",
        "met": [str(person.uuid)],
        "happened_on": timezone.localdate().isoformat(),
    } | other


def test_created_then_known_and_one_row(login, cast, home):
    client, given = login(cast.gridworker), typed(home, note="好")
    first = client.post(reverse("visit_new"), given, **JSON)
    second = client.post(reverse("visit_new"), given, **JSON)

    record = FieldRecord.objects.get()
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == {"status": "created", "uuid": given["uuid"], "sha256": record.digest}
    assert second.json() == first.json() | {"status": "known"}
    assert client.post(reverse("visit_new"), given).status_code == 302
    assert HouseholdVisit.objects.count() == 1


@pytest.mark.parametrize("clock", ["", "garbage", "2999-01-01T00:00:00Z", "2026-01-01T08:00:00.123Z"])
def test_the_clock_is_no_part_of_the_content(login, cast, home, clock):
    client, given = login(cast.gridworker), typed(home)
    assert client.post(reverse("visit_new"), given | {"captured_at": clock}, **JSON).status_code == 201
    assert client.post(reverse("visit_new"), given, **JSON).status_code == 200
    assert FieldRecord.objects.get().clock_is_off == clock.startswith("2999")


def test_other_content_is_a_conflict_that_can_become_a_record(login, cast, home):
    client, given = login(cast.gridworker), typed(home, note="甲")
    client.post(reverse("visit_new"), given)
    other = given | {
        "note": "乙",
        "purposes": ["care"],
        "concerns-TOTAL_FORMS": "1",
        "concerns-INITIAL_FORMS": "0",
        "concerns-0-theme": "road",
        "concerns-0-words": "路塌了",
        "concerns-0-state": "watching",
    }
    answer = client.post(reverse("visit_new"), other, **JSON)
    kept = FieldConflict.objects.get()
    assert answer.status_code == 409
    assert answer.json() == {"status": "conflict", "uuid": given["uuid"], "conflict": str(kept.uuid)}
    page = client.post(reverse("visit_new"), other)
    assert page.status_code == 409
    assert "另存为新记录" in page.content.decode()
    assert "甲" in page.content.decode() and "乙" in page.content.decode()
    assert "乙" not in kept.content_sealed
    assert FieldConflict.objects.count() == AuditEntry.objects.filter(action="conflict").count() == 1

    address = reverse("record_conflict", args=[given["uuid"], kept.uuid])
    assert login(cast.neighbour).get(address).status_code == 404
    assert login(cast.grid_head).post(address).status_code == 403
    client = login(cast.gridworker)
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 302
    assert sorted(HouseholdVisit.objects.values_list("note", flat=True)) == ["乙", "甲"]
    assert Concern.objects.get().words == "路塌了"
    assert client.get(address).status_code == 200


def test_a_conflict_of_a_patrol_and_of_a_concern_becomes_a_record_too(login, cast, net):
    client = login(cast.gridworker)
    today = timezone.localdate().isoformat()
    for name, base, change in (
        ("patrol_new", {"route": "村口"}, {"route": "水塔"}),
        ("concern_new", {"theme": "road", "words": "坑", "state": "watching"}, {"words": "更大的坑"}),
    ):
        sent = base | {"uuid": str(uuid4()), "grid": net.grid.code, "happened_on": today}
        assert client.post(reverse(name), sent, **JSON).status_code == 201
        answer = client.post(reverse(name), sent | change, **JSON)
        assert answer.status_code == 409
        address = reverse("record_conflict", args=[sent["uuid"], answer.json()["conflict"]])
        assert client.post(address, follow=True).status_code == 200
    assert FieldRecord.objects.count() == 4


def test_the_answers_to_programs(login, client, cast, home):
    address, sent = reverse("visit_new"), typed(home)
    signed_out = client.post(address, sent, **JSON)
    assert (signed_out.status_code, signed_out.json()) == (401, {"status": "login"})
    assert client.post(address, sent).status_code == 302
    invalid = login(cast.gridworker).post(address, sent | {"outcome": ""}, **JSON)
    assert invalid.status_code == 422
    assert invalid.json()["status"] == "invalid" and "outcome" in invalid.json()["errors"]
    forbidden = login(cast.leader).post(address, sent, **JSON)
    assert (forbidden.status_code, forbidden.json()) == (403, {"status": "forbidden"})
    missing = login(cast.neighbour).post(address, sent, **JSON)
    assert (missing.status_code, missing.json()) == (404, {"status": "not_found"})
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.gridworker)
    token = strict.post(address, sent, **JSON)
    assert (token.status_code, token.json()) == (403, {"status": "csrf"})


def test_a_uuid_of_somebody_else_is_not_there(login, cast, home):
    sent = typed(home)
    login(cast.gridworker).post(reverse("visit_new"), sent)

    assert login(cast.grid_head).post(reverse("visit_new"), sent, **JSON).status_code == 404


def test_a_position_outside_the_town_is_kept_and_flagged(login, cast, home, net):
    client = login(cast.gridworker)
    client.post(reverse("visit_new"), typed(home, lat="10", lng="20", accuracy="5"))
    assert not FieldRecord.objects.latest("pk").outside_town
    Grid.objects.filter(pk=net.grid.pk).update(
        boundary={"type": "Polygon", "coordinates": [[[111, 37], [112, 37], [112, 38], [111, 37]]]}
    )
    for lat, lng, outside in (
        ("37.5", "111.5", False),
        ("10", "20", True),
        ("nan", "20", False),
        ("91", "1", False),
    ):
        answer = client.post(reverse("visit_new"), typed(home, lat=lat, lng=lng))
        record = FieldRecord.objects.latest("pk")
        assert answer.status_code == 302
        assert record.outside_town == outside
        assert ("定位不在本镇" in client.get(answer.url).content.decode()) == outside
    assert record.longitude is None


def test_pages_carry_a_fresh_number_and_are_not_kept(login, cast, home):
    client = login(cast.gridworker)
    pages = [client.get(reverse("visit_new"), {"household": home[0].uuid}) for _ in range(2)]

    assert pages[0].context["form"]["uuid"].value() != pages[1].context["form"]["uuid"].value()
    assert "no-store" in pages[0]["Cache-Control"]
    assert b"data-fresh-uuid" in pages[0].content and b"data-now" in pages[0].content


@pytest.mark.django_db(transaction=True)
def test_a_double_post_on_two_connections_makes_one_row(net, cast, home):
    sent, answers, barrier = typed(home), [], threading.Barrier(2)

    def post():
        client = Client()
        client.force_login(cast.gridworker)
        barrier.wait()
        answers.append(client.post(reverse("visit_new"), sent, **JSON).status_code)
        connections.close_all()

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 201]
    assert HouseholdVisit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_correction_makes_one_row(net, cast, home):
    client = Client()
    client.force_login(cast.gridworker)
    first = typed(home)
    client.post(reverse("visit_new"), first)
    sent, answers, barrier = typed(home, note="改", reason="写错"), [], threading.Barrier(2)

    def post():
        client = Client()
        client.force_login(cast.gridworker)
        barrier.wait()
        answers.append(client.post(reverse("visit_correct", args=[first["uuid"]]), sent, **JSON).status_code)
        connections.close_all()

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 201]
    assert FieldRecord.objects.count() == 2


def jpeg():
    written = io.BytesIO()
    Image.new("RGB", (4, 4)).save(written, "JPEG")
    return written.getvalue()


_TEXT = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["\x00", "长" * 100_000, "😀" * 500, "=HYPERLINK()", "<script>", "' OR 1=1", "-1", "9" * 400]
    ),
)
_NAMES = [
    *("uuid", "captured_at", "form_version", "lat", "lng", "accuracy", "mode", "outcome", "met", "purposes"),
    *("note", "happened_on", "actor", "household", "grid", "theme", "words", "state", "route", "point-1"),
    *("concerns-TOTAL_FORMS", "concerns-INITIAL_FORMS", "concerns-0-theme", "concerns-0-words"),
    *("findings-TOTAL_FORMS", "findings-0-words"),
]


class AnythingAtAll(HypothesisTestCase):
    """Whatever is typed or forged, a form answers 2xx–4xx and never breaks."""

    @classmethod
    def setUpTestData(cls):
        GridFactory(code="140181100", name="河口镇")
        grid = GridFactory(code="140181100208001")
        cls.user = UserFactory(name="张春燕")
        AssignmentFactory(user=cls.user, grid=grid)
        cls.household = HouseholdFactory(grid=grid)
        cls.person = ResidentFactory(household=cls.household)
        other = GridFactory(code="140181100209001")
        cls.foreign = HouseholdFactory(grid=other)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        form=st.sampled_from(["visit_new", "visit_quick", "concern_new", "patrol_new", "today_evening"]),
        forged=st.dictionaries(st.sampled_from(_NAMES), _TEXT, max_size=6),
        foreign=st.booleans(),
    )
    def test_forms(self, form, forged, foreign):
        base = {
            "uuid": str(uuid4()),
            "household": str((self.foreign if foreign else self.household).uuid),
            "grid": "140181100209001" if foreign else "140181100208001",
            "mode": "home",
            "outcome": "met",
            "met": str(self.person.uuid),
            "happened_on": timezone.localdate().isoformat(),
            "theme": "road",
            "words": "坑",
            "state": "watching",
            "route": "村口",
        }
        self.client.force_login(self.user)
        answer = self.client.post(reverse(form), base | forged)

        assert answer.status_code in (200, 302, 400, 404, 409, 422), answer.status_code
        if foreign and not {"household", "grid"} & set(forged):
            assert not HouseholdVisit.objects.filter(household=self.foreign).exists()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        page=st.sampled_from(
            [
                "visit_list",
                "patrol_list",
                "concern_list",
                "diary",
                "diary_month",
                "visit_rate",
                "visit_rate_rows",
                "visit_pick",
                "today",
                "today_evening",
                "visit_new",
                "concern_new",
            ]
        ),
        name=st.sampled_from(
            [
                *("grid", "person", "since", "until", "entry", "outcome", "mode", "theme", "state", "page"),
                *("date", "month", "worker", "which", "q", "household", "all"),
            ]
        ),
        value=_TEXT,
    )
    def test_addresses(self, page, name, value):
        self.client.force_login(self.user)
        answer = self.client.get(reverse(page), {name: value[:2000]})

        assert answer.status_code in (200, 302, 400, 403, 404), answer.status_code
