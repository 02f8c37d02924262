"""Reporting: the action, the phone's page and the desk's, likely duplicates, and what comes after."""

import re
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from cases.actions.advance import advance
from cases.actions.report import Told, report
from cases.models import Case, CaseCategory
from cases.vocabulary import Level, Status
from grids.exceptions import DomainError, SameUuidOtherContent
from grids.models import Concern, FieldConflict, FieldRecord, Finding, Photo
from tests.factories import (
    AssignmentFactory,
    ConcernFactory,
    FindingFactory,
    GridFactory,
    HouseholdFactory,
    UserFactory,
    VisitFactory,
)
from tests.factories.cases import CaseFactory, CategoryFactory, ClassFactory, TileFactory, envelope, reported
from tests.test_matrix import tiny_jpeg

pytestmark = pytest.mark.django_db

JSON = {"HTTP_ACCEPT": "application/json"}
NEW, DESK, LIKELY = "/cases/new/", "/cases/new/desk/", "/cases/likely/"


@pytest.fixture
def water(net):
    """停水, the tile."""
    return TileFactory(name="停水", category=CategoryFactory(theme="water"), position=1)


@pytest.fixture
def road(net):
    return TileFactory(
        name="路坏",
        icon="road",
        category=CategoryFactory(code="0801", name="路面破损", theme="road"),
        position=2,
    )


def typed(tile, **other):
    return {"uuid": str(uuid4()), "tile": tile.pk, "place": "水塔下"} | other


def desk(category, grid, **other):
    told = {"uuid": str(uuid4()), "source": "phone", "category": category.pk, "place": "水塔下"}
    return told | {"grid": grid.code} | other


def words(answer):
    return answer.content.decode()


# The phone


def test_a_tile_a_place_and_one_press(login, cast, net, water):
    client = login(cast.gridworker)
    page = words(client.get(NEW))
    assert "停水" in page and "icons" in page and "当场办结" in page and 'type="hidden" name="grid"' in page

    answer = client.post(NEW, typed(water, affected_households="12", is_urgent="on"))

    case = Case.objects.get()
    assert answer.url == reverse("case_reported", args=[case.uuid])
    assert (case.status, case.subject, case.category) == (Status.SUBMITTED, "停水", water.category)
    assert (case.grid, case.reporter, case.source) == (net.grid, cast.gridworker, "patrol")
    assert case.affected_households == 12 and case.is_urgent
    assert [event.press for event in case.events.all()] == ["submit"]


def test_settled_on_the_spot_in_the_same_press(login, cast, net, water):
    login(cast.gridworker).post(NEW, typed(water, settled="1", words="关了阀门"))
    case = Case.objects.get()
    assert (case.status, case.level, case.handler) == (Status.SELF_CLOSED, Level.WORKER, cast.gridworker)
    login(cast.grid_head).post(NEW, typed(water, settled="1", place="村口"))
    assert Case.objects.latest("pk").level == Level.HEAD


def test_photos_position_and_whom_it_was_done_by(login, cast, net, water):
    photo = SimpleUploadedFile("a.jpg", tiny_jpeg(), content_type="image/jpeg")
    sent = typed(water, photos=photo, lat="37.9", lng="112.1", actor=str(cast.gridworker.uuid))
    login(cast.grid_head).post(NEW, sent)
    case = Case.objects.select_related("record").get()
    assert Photo.objects.get().record == case.record
    assert (case.longitude, case.latitude) == (112.1, 37.9)
    assert (case.reporter, case.record.typed_by) == (cast.gridworker, cast.grid_head)


def test_a_person_with_several_grids_chooses_and_is_proposed_the_last(login, cast, net, water):
    client = login(cast.village_officer)
    assert client.post(NEW, typed(water)).status_code == 422
    assert client.post(NEW, typed(water, grid=net.neighbour_grid.code)).status_code == 302
    assert client.get(NEW).context["form"]["grid"].initial == net.neighbour_grid.code
    assert client.post(NEW, typed(water, grid=net.other_grid.code, place="村口")).status_code == 422
    assert Case.objects.count() == 1


def test_the_town_is_proposed_no_grid_since_the_next_call_comes_from_anywhere(login, cast, net, water):
    client = login(cast.town_officer)
    client.post(NEW, typed(water, grid=net.other_grid.code))
    assert Case.objects.get().grid == net.other_grid
    assert not client.get(NEW).context["form"]["grid"].initial
    assert not client.get(DESK).context["form"]["grid"].initial


# Round about the position of the other tests; the second grid lies east of the first.
def square(west):
    corners = [[west, 37.8], [west + 0.1, 37.8], [west + 0.1, 37.9], [west, 37.9], [west, 37.8]]
    return {"type": "Polygon", "coordinates": [corners]}


@pytest.mark.parametrize(
    ("sent", "chosen", "said"),
    [
        ({"lat": "37.85", "lng": "112.05"}, "140181100208001", "按位置选了沟底村第一网格"),
        ({"lat": "37.85", "lng": "112.15", "grid": "140181100208001"}, "140181100208002", "沟底村第二网格"),
        (
            {"lat": "30.0", "lng": "112.15", "grid": "140181100208002"},
            "140181100208002",
            "不在您的网格边界里",
        ),
        ({"lat": "", "lng": "", "grid": "140181100208001"}, "140181100208001", "请自己选"),
        ({"lat": "nan", "lng": "inf"}, "", "请自己选"),
        ({"lat": "37.85", "lng": "112.25"}, "", "您在沟底村，请选网格"),
    ],
)
def test_the_grid_is_proposed_from_where_the_phone_is(login, cast, net, water, sent, chosen, said):
    for grid, west in ((net.grid, 112.0), (net.neighbour_grid, 112.1)):
        grid.boundary = square(west)
        grid.save()
    wide = [[112.0, 37.8], [112.3, 37.8], [112.3, 37.9], [112.0, 37.9], [112.0, 37.8]]
    net.village.boundary = {"type": "Polygon", "coordinates": [wide]}
    net.village.save()
    net.other_grid.boundary = square(112.0)
    net.other_grid.save()
    answer = login(cast.village_officer).post(reverse("case_grid"), sent)
    page = words(answer)
    assert answer.status_code == 200 and said in page and net.other_grid.code not in page
    assert re.findall(r'value="(\d+)" selected', page) == ([chosen] if chosen else [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"tile": ""},
        {"tile": "999999"},
        {"tile": "\x00"},
        {"tile": "9" * 400},
        {"place": ""},
        {"place": "  "},
        {"place": "长" * 121},
        {"place": "水\x00塔"},
        {"words": "长" * 100_000},
        {"affected_households": "0"},
        {"affected_households": "-3"},
        {"affected_households": "99999999999999999999"},
        {"affected_households": "很多"},
        {"uuid": ""},
        {"uuid": "7"},
        {"source": "leader"},
    ],
)
def test_what_cannot_be_is_asked_again_and_nothing_typed_is_lost(login, cast, water, wrong):
    answer = login(cast.gridworker).post(NEW, typed(water, words="没水两天了") | wrong)
    assert answer.status_code == 422
    assert "words" in wrong or "没水两天了" in words(answer)
    assert not Case.objects.exists()


def test_tiles_and_categories_of_another_town_and_retired_ones(login, cast, net, water):
    other_town = GridFactory(code="140181101", name="邻镇")
    other = CategoryFactory(
        town=other_town, parent=ClassFactory(town=other_town, code="06"), code="0601", name="停水"
    )
    foreign = TileFactory(town=other_town, category=other)
    retired = TileFactory(name="旧的", category=water.category, retired_on=timezone.localdate())
    client = login(cast.gridworker)
    for tile in (foreign, retired):
        assert tile not in client.get(NEW).context["form"].fields["tile"].queryset
        assert client.post(NEW, typed(tile)).status_code == 422
    told = Told(subject="停水", category=other, place="水塔下")
    with pytest.raises(DomainError, match="本镇"):
        report(by=cast.gridworker, envelope=envelope(), grid=net.grid, told=told)
    with pytest.raises(DomainError, match="小类"):
        told = Told(subject="停水", category=water.category.parent, place="水塔下")
        report(by=cast.gridworker, envelope=envelope(), grid=net.grid, told=told)
    assert not Case.objects.exists()


def test_a_clock_that_fell_back_says_nothing(login, cast, water):
    client = login(cast.gridworker)
    for number, clock in enumerate(("0001-01-01T00:00+08:00", "1970-01-01T00:00Z", "2999-01-01T00:00Z", "x")):
        assert client.post(NEW, typed(water, place=f"村口{number}", captured_at=clock)).status_code == 302
    now = timezone.now()
    assert all(now - timedelta(minutes=5) < case.reported_at <= now for case in Case.objects.all())


# One protocol


def test_created_known_and_other_content(login, cast, net, water):
    client, sent = login(cast.gridworker), typed(water)
    first, again = client.post(NEW, sent, **JSON), client.post(NEW, sent, **JSON)
    record = FieldRecord.objects.get()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == {"status": "created", "uuid": sent["uuid"], "sha256": record.digest}
    assert again.json() == first.json() | {"status": "known"}
    assert client.post(NEW, sent).status_code == 302
    invalid = client.post(NEW, sent | {"place": ""}, **JSON)
    assert invalid.status_code == 422 and "place" in invalid.json()["errors"]
    assert login(cast.grid_head).post(NEW, sent, **JSON).status_code == 404
    assert login(cast.leader).post(NEW, sent, **JSON).status_code == 403

    client = login(cast.gridworker)
    other = client.post(NEW, sent | {"words": "水管冻裂"}, **JSON)
    kept = FieldConflict.objects.get()
    assert other.status_code == 409
    assert other.json() == {"status": "conflict", "uuid": sent["uuid"], "conflict": str(kept.uuid)}
    page = client.post(NEW, sent | {"words": "水管冻裂"})
    assert page.status_code == 409 and "水管冻裂" in words(page) and "另存为新记录" in words(page)
    assert "水管冻裂" not in kept.content_sealed and Case.objects.count() == 1

    address = reverse("case_conflict", args=[Case.objects.get().uuid, kept.uuid])
    assert login(cast.neighbour).get(address).status_code == 404
    assert login(cast.grid_head).post(address).status_code == 403
    client = login(cast.gridworker)
    assert client.get(address).status_code == 200
    saved = client.post(address)
    assert client.post(address).url == saved.url
    assert sorted(Case.objects.values_list("words", flat=True)) == ["", "水管冻裂"]
    assert client.get(address).status_code == 200
    # The ground's own page of conflicts does not open a report's.
    assert client.get(reverse("record_conflict", args=[sent["uuid"], kept.uuid])).status_code == 404


def test_a_desk_report_kept_as_a_conflict_can_be_saved(login, cast, net, water):
    client = login(cast.town_officer)
    sent = desk(water.category, net.grid, source="hotline", upstream_no="A-1", caller_name="赵建国")
    due = timezone.localtime() + timedelta(days=2)
    sent |= {"caller_phone": "13812345678", "upstream_due_at": f"{due:%Y-%m-%dT%H:%M}"}
    client.post(DESK, sent)
    page = client.post(DESK, sent | {"words": "另一份"})
    assert page.status_code == 409 and "赵**" in words(page) and "13812345678" not in words(page)
    client.post(reverse("case_conflict", args=[Case.objects.get().uuid, FieldConflict.objects.get().uuid]))
    case = Case.objects.latest("pk")
    assert (case.words, case.upstream_no, case.caller_phone) == ("另一份", "A-1", "13812345678")
    assert case.upstream_due_at == due.replace(second=0, microsecond=0)


def test_the_action_makes_one_case_of_the_same_post(cast, net, water):
    sealed = envelope()
    told = {"subject": "停水", "category": water.category, "place": "水塔下"}
    given = {"by": cast.gridworker, "envelope": sealed, "grid": net.grid}
    first = report(told=Told(**told), **given)
    second = report(told=Told(**told), **given)
    assert (first.created, second.created) == (True, False) and first.record == second.record
    with pytest.raises(SameUuidOtherContent):
        report(told=Told(**told, words="别的"), **given)
    assert Case.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_reports_at_once_have_twenty_numbers_in_a_row(net, cast, water):
    barrier, failed = threading.Barrier(20), []

    def post(number):
        try:
            barrier.wait()
            told = Told(subject="停水", category=water.category, place=f"村口 {number}")
            report(by=cast.gridworker, envelope=envelope(), grid=net.grid, told=told)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=post, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    day = f"{timezone.localdate():%Y%m%d}"
    assert failed == []
    numbers = sorted(Case.objects.values_list("case_no", flat=True))
    assert numbers == [f"{day}-{number:04d}" for number in range(1, 21)]


# What it may repeat


def test_a_likely_duplicate_is_shown_first_and_sent_when_pressed_again(login, cast, net, water):
    first = reported(
        cast.grid_head, net.grid, category=water.category, affected_households=7, words="从昨晚起"
    )
    client, sent = login(cast.gridworker), typed(water, place="水塔下 ", words="没水")
    asked = client.post(NEW, sent)
    page = words(asked)
    assert asked.status_code == 200 and Case.objects.count() == 1
    for said in (
        first.case_no,
        "水塔下",
        "待受理",
        "闫志平",
        "7 户受影响",
        "从昨晚起",
        "仍要上报",
        "这是同一件事",
    ):
        assert said in page
    assert "没水" in page and str(first.uuid) in page

    answer = client.post(NEW, sent | {"seen": str(first.uuid)})
    assert answer.status_code == 302 and Case.objects.count() == 2
    assert Case.objects.latest("pk").recurs_of is None
    # The same post once more is known, although another one would be shown by now.
    assert client.post(NEW, sent).status_code == 302 and Case.objects.count() == 2


def test_a_program_is_never_held_up(login, cast, net, water):
    reported(cast.grid_head, net.grid, category=water.category)
    assert login(cast.gridworker).post(NEW, typed(water), **JSON).status_code == 201


@pytest.mark.parametrize(("north", "near"), [(0.0002, True), (0.0004, True), (0.0006, False)])
def test_within_fifty_metres(login, cast, net, water, north, near):
    CaseFactory(category=water.category, grid=net.grid, longitude=112.1, latitude=37.9)
    sent = {"tile": water.pk, "place": "别处", "lng": "112.1", "lat": str(37.9 + north)}
    answer = login(cast.gridworker).post(LIKELY, sent)
    assert answer.status_code == 200 and ("可能已经有人报过" in words(answer)) == near


@pytest.mark.parametrize(("hours", "shown"), [(47, True), (49, False)])
def test_closed_within_two_days_is_a_recurrence(login, cast, net, water, hours, shown):
    closed = timezone.now() - timedelta(hours=hours)
    old = CaseFactory(
        shut=True,
        category=water.category,
        grid=net.grid,
        place="水塔下",
        place_key="shuitaxia",
        registered_at=closed - timedelta(hours=1),
        closed_at=closed,
    )
    client, sent = login(cast.gridworker), typed(water)
    page = words(client.post(NEW, sent))
    assert ("疑似复发" in page) == shown
    if shown:
        client.post(NEW, sent | {"seen": [str(old.uuid)]})
    assert Case.objects.latest("pk").recurs_of == (old if shown else None)


def test_what_ended_or_lies_elsewhere_is_not_shown(login, cast, net, water, road):
    reported(cast.gridworker, net.grid, category=road.category)
    reported(cast.neighbour, net.neighbour_grid, category=water.category)
    refused = reported(cast.gridworker, net.grid, category=water.category)
    advance(case=refused, press="reject", by=cast.grid_head, words="不属实")
    assert login(cast.gridworker).post(LIKELY, {"tile": water.pk, "place": "水塔下"}).content == b""
    assert login(cast.gridworker).post(NEW, typed(water)).status_code == 302


@pytest.mark.parametrize(
    "sent", [{}, {"tile": "x"}, {"place": "\x00"}, {"category": "7" * 50}, {"lat": "nan"}]
)
def test_the_hint_stays_quiet_where_it_cannot_tell(login, cast, water, sent):
    answer = login(cast.gridworker).post(LIKELY, sent)
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_hint_costs_the_same_for_two_and_ten(login, cast, net, water):
    client, counts = login(cast.gridworker), []
    for more in (2, 8):
        for _ in range(more):
            CaseFactory(category=water.category, grid=net.grid, place="水塔下", place_key="shuitaxia")
        client.post(LIKELY, {"tile": water.pk, "place": "水塔下"})
        with CaptureQueriesContext(connection) as queries:
            page = words(client.post(LIKELY, {"tile": water.pk, "place": "水塔下"}))
        counts.append(len(queries))
    assert page.count('name="seen"') == 10 and counts[0] == counts[1]


# From what was heard, found, visited


def test_from_a_concern_in_one_press_linked_both_ways(login, cast, net, water):
    household = HouseholdFactory(grid=net.grid, address="沟底村 7 号")
    concern = ConcernFactory(grid=net.grid, household=household, heard_by=cast.gridworker)
    client = login(cast.gridworker)
    page = words(client.get(reverse("concern", args=[concern.uuid])))
    address = f"{NEW}?concern={concern.uuid}"
    assert address in page and "转事件" in page
    form = client.get(address).context["form"]
    assert (form["tile"].value(), form["place"].value()) == (water.pk, "沟底村 7 号")
    assert (form["words"].value(), form["source"].value()) == ("好几天没水了", "visit")

    sent = typed(water, place="沟底村 7 号", words=concern.words, concern=str(concern.uuid))
    client.post(NEW, sent)
    case = Case.objects.get()
    concern.refresh_from_db()
    assert (case.concern, case.origin, case.source) == (concern, concern.record, "visit")
    assert (case.household, list(case.households.all())) == (household, [household])
    assert concern.state == Concern.State.PASSED_ON
    assert case.case_no in words(client.get(reverse("concern", args=[concern.uuid])))
    assert client.get(reverse("case_of", args=[concern.uuid])).url == case.get_absolute_url()
    assert "转事件" in words(client.get(reverse("concern_list") + "?state=passed_on"))

    # A second try leads to the case; the same post does not.
    for again in (client.get(address), client.post(NEW, sent | {"uuid": str(uuid4())})):
        assert again.url == reverse("case_of", args=[case.record.uuid])
    assert client.post(NEW, sent).url == reverse("case_reported", args=[case.uuid])
    assert client.post(NEW, sent | {"uuid": str(uuid4())}, **JSON).status_code == 422
    assert Case.objects.count() == 1


def test_a_theme_without_a_tile_still_has_its_category(login, cast, net, water):
    school = CategoryFactory(code="2104", name="孩子上学", theme="children")
    concern = ConcernFactory(grid=net.grid, heard_by=cast.gridworker, theme="children")
    sent = {"uuid": str(uuid4()), "place": "村口", "concern": str(concern.uuid)}
    assert login(cast.gridworker).post(NEW, sent).status_code == 302
    assert (Case.objects.get().category, Case.objects.get().subject) == (school, "孩子上学")


def test_from_a_finding(login, cast, net, road):
    finding = FindingFactory(patrol__grid=net.grid, patrol__walker=cast.gridworker)
    client = login(cast.gridworker)
    patrol = reverse("patrol", args=[finding.patrol.record.uuid])
    address = f"{NEW}?finding={finding.uuid}"
    assert address in words(client.get(patrol))
    form = client.get(address).context["form"]
    assert (form["tile"].value(), form["place"].value()) == (road.pk, "水塔下的坡道")
    client.post(address, typed(road, place="水塔下的坡道"))
    case = Case.objects.get()
    finding.refresh_from_db()
    assert (case.finding, case.source, finding.state) == (finding, "patrol", Finding.State.PASSED_ON)
    assert reverse("case_of", args=[finding.uuid]) in words(client.get(patrol))
    assert client.get(reverse("case_of", args=[finding.uuid])).url == case.get_absolute_url()
    assert client.get(address).status_code == 302


def test_from_a_visit_and_a_household(login, cast, net, water):
    household = HouseholdFactory(grid=net.grid, address="沟底村 7 号")
    visit = VisitFactory(household=household, visitor=cast.gridworker)
    client = login(cast.gridworker)
    address = f"{NEW}?visit={visit.record.uuid}"
    assert address in words(client.get(visit.get_absolute_url()))
    client.post(address, typed(water, place="沟底村 7 号"))
    case = Case.objects.get()
    assert (case.origin, case.household, case.source) == (visit.record, household, "visit")
    assert case.case_no in words(client.get(visit.get_absolute_url()))
    assert f"{NEW}?household={household.uuid}" in words(client.get(household.get_absolute_url()))
    client.post(f"{NEW}?household={household.uuid}", typed(water, place="院里"))
    assert Case.objects.latest("pk").household == household


def test_another_problem_beside_a_case(login, cast, net, water, road):
    case = reported(cast.gridworker, net.grid, category=water.category)
    client = login(cast.gridworker)
    assert case.case_no in words(client.get(f"{NEW}?beside={case.uuid}"))
    client.post(NEW, typed(road, beside=str(case.uuid)))
    beside = Case.objects.latest("pk")
    assert beside.origin_case == case
    assert case.events.get(press="beside").data["case_no"] == beside.case_no


def test_forged_origins_are_not_there(login, cast, net, water):
    concern = ConcernFactory(grid=net.neighbour_grid)
    finding = FindingFactory(patrol__grid=net.neighbour_grid)
    home = HouseholdFactory(grid=net.neighbour_grid)
    case = reported(cast.neighbour, net.neighbour_grid)
    lone = ConcernFactory(grid=net.grid).record
    client = login(cast.gridworker)
    for name, uuid in {
        "concern": concern.uuid,
        "finding": finding.uuid,
        "household": home.uuid,
        "beside": case.uuid,
        "visit": lone.uuid,
    }.items():
        assert client.get(NEW, {name: uuid}).status_code == 404
        assert client.post(NEW, typed(water, **{name: str(uuid)})).status_code == 404
        assert client.get(NEW, {name: "7"}).status_code == 404
        assert client.post(NEW, typed(water, **{name: "\x00"})).status_code == 404
    assert client.get(reverse("case_of", args=[concern.uuid])).status_code == 404


def test_a_withdrawn_concern_is_not_passed_on(login, cast, net, water):
    concern = ConcernFactory(grid=net.grid, heard_by=cast.gridworker)
    client = login(cast.gridworker)
    client.post(reverse("record_withdraw", args=[concern.record.uuid]), {"reason": "听错了"})
    assert "转事件" not in words(client.get(concern.get_absolute_url()))
    answer = client.post(NEW, typed(water, concern=str(concern.uuid)))
    assert answer.status_code == 422 and "不能再转事件" in words(answer)


# The desk


def test_the_desk_takes_a_call(login, cast, net, water):
    client = login(cast.town_officer)
    page = words(client.get(DESK))
    assert "<optgroup" in page and "停水" in page
    sent = desk(water.category, net.grid, caller_name="赵建国", caller_phone="138 1234 5678")
    answer = client.post(DESK, sent | {"words": "三天没水"})
    case = Case.objects.get()
    assert answer.url == reverse("case_reported", args=[case.uuid])
    assert (case.source, case.subject, case.reporter) == ("phone", "停水", cast.town_officer)
    assert (case.caller_name, case.caller_phone) == ("赵建国", "13812345678")
    assert "13812345678" not in case.caller_phone_sealed
    asked = client.post(DESK, sent | {"uuid": str(uuid4())})
    assert asked.status_code == 200 and case.case_no in words(asked) and Case.objects.count() == 1


def test_what_a_call_settles_is_settled_at_once(login, cast, net, water):
    login(cast.grid_head).post(DESK, desk(water.category, net.grid, settled="1"))
    case = Case.objects.get()
    assert (case.status, case.source, case.level) == (Status.SELF_CLOSED, "phone", Level.HEAD)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"source": "hotline", "upstream_no": "A-1", "settled": "1"}, "由镇里结案"),
        ({"source": "hotline"}, "12345的请填上级编号"),
        ({"source": "assigned", "upstream_no": " "}, "上级交办的请填上级编号"),
        ({"source": "visit"}, "来源"),
        ({"upstream_due_at": "2020-01-01T09:00"}, "已经过去"),
        ({"upstream_due_at": "9999-12-31T23:59"}, "请核对年份"),
        ({"upstream_due_at": "0001-01-01T00:00"}, "上级时限"),
        ({"upstream_due_at": "明天"}, "上级时限"),
        ({"caller_phone": "1381234567"}, "手机号应为 11 位"),
        ({"caller_name": "长" * 41}, "反映人"),
        ({"subject": "长" * 31}, "什么事"),
        ({"grid": ""}, "网格"),
        ({"grid": "140181100299001"}, "网格"),
        ({"category": ""}, "类别"),
    ],
)
def test_the_desk_asks_again(login, cast, net, water, wrong, said):
    answer = login(cast.town_officer).post(DESK, desk(water.category, net.grid) | wrong)
    assert answer.status_code == 422 and said in words(answer)
    assert not Case.objects.exists()


def test_the_upstream_deadline_and_a_class_and_a_retired_category(login, cast, net, water):
    client = login(cast.town_officer)
    due = timezone.localtime() + timedelta(hours=5)
    sent = desk(water.category, net.grid, source="assigned", upstream_no="古办〔2026〕9 号")
    client.post(DESK, sent | {"upstream_due_at": f"{due:%Y-%m-%dT%H:%M}"})
    assert Case.objects.get().upstream_due_at == due.replace(second=0, microsecond=0)
    parent = CaseCategory.objects.get(parent=None)
    assert client.post(DESK, desk(parent, net.grid)).status_code == 422
    CaseCategory.objects.filter(pk=water.category.pk).update(retired_on=timezone.localdate())
    assert client.post(DESK, desk(water.category, net.grid)).status_code == 422


# After sending


def test_after_sending_the_number_the_head_and_the_words_for_wechat(login, cast, net, water):
    client = login(cast.gridworker)
    page = words(client.post(NEW, typed(water), follow=True))
    case = Case.objects.get()
    for said in (
        case.case_no,
        f"tel:{cast.grid_head.phone}",
        "打电话给网格长闫志平",
        "复制到微信",
        "再报一件",
    ):
        assert said in page
    text = page.split("<textarea")[1].split("</textarea>")[0]
    assert case.case_no in text and "水塔下" in text and f"http://testserver{case.get_absolute_url()}" in text
    assert cast.gridworker.name not in text and cast.grid_head.phone not in text


def test_without_a_head_the_next_level_is_rung(login, cast, net, water):
    cast.grid_head.assignments.update(ends_on=timezone.localdate())
    page = words(login(cast.gridworker).post(NEW, typed(water), follow=True))
    assert "打电话给村/社区沟底村干部" in page
    head = words(login(cast.village_officer).get(reverse("case_reported", args=[Case.objects.get().uuid])))
    assert "打电话给镇镇网格办" in head


def test_the_diary_has_a_line(login, cast, net, water):
    case = reported(cast.gridworker, net.grid, category=water.category)
    page = words(login(cast.gridworker).get(reverse("diary")))
    assert case.case_no in page and reverse("case_of", args=[case.record.uuid]) in page


def test_the_month_counts_what_one_reported_and_settled(login, cast, net, water):
    settled = reported(cast.gridworker, net.grid, category=water.category, settled=True)
    advance(case=settled, press="confirm", by=cast.grid_head)
    reported(cast.gridworker, net.grid, category=water.category)
    advance(case=reported(cast.neighbour, net.neighbour_grid), press="take", by=cast.village_officer)
    today = timezone.localdate()
    month = login(cast.gridworker).get(reverse("diary_month"))
    assert (month.context["reported"], month.context["settled"]) == (2, 1)
    assert month.context["days"] == [(today, 0, 0, 0, 2)]
    assert "上报事件" in words(month) and "办结事件" in words(month)
    # Of somebody else one counts what one sees.
    other = login(cast.leader).get(reverse("diary_month"), {"worker": cast.neighbour.uuid})
    assert (other.context["reported"], other.context["settled"]) == (1, 0)


def test_the_bar_leads_here(login, cast, water):
    page = words(login(cast.gridworker).get(reverse("today")))
    assert f'href="{NEW}"' in page
    assert reverse("concern_new") in words(login(cast.gridworker).get(NEW))


_TEXT = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["\x00", "长" * 100_000, "😀" * 500, "=HYPERLINK()", "<script>", "-1", "9" * 400, "nan"]),
)
_NAMES = [
    *("uuid", "captured_at", "form_version", "lat", "lng", "accuracy", "tile", "place", "words", "source"),
    *("affected_households", "is_urgent", "settled", "seen", "grid", "actor", "category", "subject"),
    *("upstream_no", "upstream_due_at", "caller_name", "caller_phone", "concern", "finding", "household"),
    *("visit", "beside"),
]


class AnythingAtAll(HypothesisTestCase):
    """Whatever is typed or forged, a report answers 2xx–4xx and never breaks."""

    @classmethod
    def setUpTestData(cls):
        GridFactory(code="140181100", name="河口镇")
        cls.grid = GridFactory(code="140181100208001")
        cls.user = UserFactory(name="闫志平")
        AssignmentFactory(user=cls.user, grid=cls.grid, role="grid_head")
        cls.tile = TileFactory()

    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        address=st.sampled_from([NEW, DESK, LIKELY]),
        forged=st.dictionaries(st.sampled_from(_NAMES), _TEXT, max_size=6),
        json=st.booleans(),
    )
    def test_forms(self, address, forged, json):
        base = desk(self.tile.category, self.grid, tile=self.tile.pk)
        self.client.force_login(self.user)
        answer = self.client.post(address, base | forged, **(JSON if json else {}))
        assert answer.status_code in (200, 201, 302, 404, 409, 422), answer.status_code


@pytest.mark.django_db(transaction=True)
def test_one_concern_passed_on_twice_at_once_makes_one_case(net, cast, water):
    concern = ConcernFactory(grid=net.grid, heard_by=cast.gridworker)
    barrier, answers = threading.Barrier(2), []

    def post():
        client = Client()
        client.force_login(cast.gridworker)
        barrier.wait()
        answers.append(client.post(NEW, typed(water, concern=str(concern.uuid)), **JSON).status_code)
        connections.close_all()

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [201, 422] and Case.objects.count() == 1
