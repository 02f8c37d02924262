"""The presses and deeds of a case from their pages: who is let in, what a form asks, what a stale page says."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from cases.actions.advance import advance
from cases.actions.deeds import link_households, name_support
from cases.actions.requests import ask, supervise
from cases.models import Case, CaseEvent, CaseHousehold, CaseRequest
from cases.vocabulary import Deed, Level, Status
from cases.workflow import TRANSITIONS
from grids.access import ROLE_PERMISSIONS, Role
from grids.access import Permission as P
from grids.models import FieldConflict, FieldRecord, Unit
from grids.names import address_key
from tests.cases.test_case_page import member_of, reporter_from_elsewhere
from tests.factories import GridFactory, HouseholdFactory, UnitFactory
from tests.factories.cases import CategoryFactory, ClassFactory, reported
from tests.test_matrix import tiny_jpeg

pytestmark = pytest.mark.django_db
S = Status


@pytest.fixture
def case(net, cast):
    return reported(cast.gridworker, net.grid, words="好几户没水")


@pytest.fixture
def unit(net):
    return UnitFactory(town=net.town, name="供水站")


ROWS = {"case_decide", "case_expert", "case_reply", "case_supervision_slip", "case_task"}


def url(case, name, *more):
    """An address about the case, or about a row of it that has its own."""
    return reverse(name, args=more if name in ROWS else [case.uuid, *more])


def pressed(case, name, by, **given):
    case.refresh_from_db()
    return advance(case=case, press=name, by=by, seen_version=case.version, **given)


def post(client, case, press, **typed):
    case.refresh_from_db()
    answer = client.post(url(case, "case_press", press), {"version": case.version} | typed)
    case.refresh_from_db()
    return answer


def done(client, case, press, **typed):
    answer = post(client, case, press, **typed)
    assert answer.status_code == 302, answer.content.decode()
    return case.status


# Every transition × everybody × every relation -----------------------------------------------------------------------


def in_status(case, cast, status):
    """The case brought to a status along the table."""
    head, town = cast.grid_head, cast.town_officer
    ways = {
        S.SUBMITTED: [],
        S.DRAFT: [("ask_back", town, {"words": "说清楚"})],
        S.SELF_CLOSED: [("settle", cast.gridworker, {})],
        S.REJECTED: [("reject", town, {"words": "不归我们"})],
        S.REGISTERED: [("register", town, {})],
        S.HANDLING: [("take", head, {})],
        S.RETURNED: [("take", head, {}), ("hand_back", head, {"words": "办不了"})],
        S.SUSPENDED: [("take", head, {}), ("suspend", town, {"words": "同意"})],
        S.TO_VERIFY: [("take", head, {}), ("finish", head, {"words": "修好了"})],
        S.TO_CLOSE: [],
        S.CLOSED: [("settle", cast.gridworker, {}), ("confirm", head, {})],
        S.MERGED: [],
    }
    for press, by, given in ways[status]:
        pressed(case, press, by, **given)
    if status == S.TO_CLOSE:
        Case.objects.filter(pk=case.pk).update(was_supervised=True)
        in_status(case, cast, S.TO_VERIFY)
        pressed(case, "verify", cast.gridworker)
    if status == S.MERGED:
        main = reported(cast.gridworker, case.grid, place="别处")
        pressed(case, "merge", town, main_case=main)


STANDING = {
    "gridworker": Role.GRIDWORKER,
    "grid_head": Role.GRID_HEAD,
    "village_officer": Role.VILLAGE_OFFICER,
    "town_officer": Role.TOWN_OFFICER,
    "leader": Role.TOWN_LEADER,
}
OUTSIDE = {
    "neighbour": 404,
    "other_village_officer": 404,
    "volunteer": 403,
    "admin": 403,
    "auditor": 403,
    "outsider": 403,
}


def opens(transition, who, status):
    """403 or 200, from the role table and the story of `in_status` alone; the case is at the grid head's level."""
    role = STANDING[who]
    held = transition.permission in ROLE_PERMISSIONS[role]
    reports = who == "gridworker" and transition.permission in (P.REPORT_CASE, P.VERIFY_CASE)
    if not held and not reports:
        return 403
    handler = {S.SELF_CLOSED: "gridworker", S.TO_VERIFY: "grid_head", S.TO_CLOSE: "grid_head"}
    handler |= {S.HANDLING: "grid_head", S.RETURNED: "grid_head", S.SUSPENDED: "grid_head"}
    if "handler" in transition.bars and handler.get(status) == who:
        return 403
    if "not_reporter" in transition.bars and who != "gridworker":
        return 403
    if "not_holder" in transition.bars and who != "grid_head":
        return 403
    return 200


PRESSED = [t for t in TRANSITIONS.values() if not t.automatic and t.name != "suspend"]


@pytest.mark.parametrize("transition", PRESSED, ids=[t.name for t in PRESSED])
def test_every_press_and_everybody(login, cast, net, case, unit, transition):
    status = sorted(transition.sources)[0] if transition.name != "take" else S.REGISTERED
    if transition.condition == "closes_in_town":
        Case.objects.filter(pk=case.pk).update(was_supervised=True)
    in_status(case, cast, status)
    page = url(case, "case_press", transition.name)
    found = {who: login(getattr(cast, who)).get(page).status_code for who in STANDING}
    assert found == {who: opens(transition, who, status) for who in STANDING}
    outside = {who: login(getattr(cast, who)).get(page).status_code for who in OUTSIDE}
    assert outside == OUTSIDE
    officer = member_of(unit, cast)
    assert login(officer).get(page).status_code == 404
    case.refresh_from_db()
    if case.has_ended or status in (S.SUBMITTED, S.DRAFT):
        return
    name_support(case=case, by=cast.town_officer, units=[unit], seen_version=case.version)
    # A supporting unit looks on and writes notes; it presses nothing.
    assert login(officer).get(page).status_code == 403


@pytest.mark.parametrize("transition", PRESSED, ids=[t.name for t in PRESSED])
def test_a_reporter_from_elsewhere_presses_only_what_reporters_do(login, cast, net, transition):
    user, case = reporter_from_elsewhere(net)
    status = sorted(transition.sources)[0]
    if transition.condition == "closes_in_town":
        Case.objects.filter(pk=case.pk).update(was_supervised=True)
    if status == S.TO_CLOSE:
        Case.objects.filter(pk=case.pk).update(was_supervised=True)
        in_status(case, cast, S.TO_VERIFY)
        pressed(case, "verify", cast.village_officer)
    else:
        in_status(case, cast, status)
    answer = login(user).get(url(case, "case_press", transition.name))
    own = transition.permission in (P.REPORT_CASE, P.VERIFY_CASE)
    assert answer.status_code == (200 if own else 403)


def test_a_leading_unit_finishes_and_hands_back_and_nothing_else(login, cast, net, case, unit):
    officer = member_of(unit, cast)
    pressed(case, "dispatch", cast.town_officer, unit=unit)
    client = login(officer)
    found = {
        t.name: client.get(url(case, "case_press", t.name)).status_code
        for t in PRESSED
        if S.HANDLING in t.sources
    }
    assert {name for name, status in found.items() if status == 200} == {"finish", "hand_back"}
    assert found["hand_up"] == 302  # There is nothing above it: back to the case.
    assert done(client, case, "finish", measures="换了一段管") == S.TO_VERIFY
    assert case.handler == officer


@pytest.mark.parametrize("press", ["nothing", "close_unchecked", "suspend"])
def test_what_nobody_presses_has_no_page(login, cast, case, press):
    assert login(cast.town_officer).get(url(case, "case_press", press)).status_code == 404


# Along the table ------------------------------------------------------------------------------------------------------


def test_the_light_path_is_one_post_each(login, cast, case):
    assert done(login(cast.grid_head), case, "take") == S.HANDLING
    assert done(login(cast.grid_head), case, "finish", measures="换了阀门", reply="来水了") == S.TO_VERIFY
    assert (case.measures, case.reply) == ("换了阀门", "来水了")
    assert done(login(cast.gridworker), case, "verify_and_close") == S.CLOSED


def test_settled_on_the_spot_and_confirmed(login, cast, case):
    assert done(login(cast.gridworker), case, "settle") == S.SELF_CLOSED
    assert done(login(cast.grid_head), case, "confirm") == S.CLOSED


def test_doubt_brings_it_back(login, cast, case):
    done(login(cast.gridworker), case, "settle")
    assert done(login(cast.grid_head), case, "doubt", words="还在漏") == S.REGISTERED


def test_the_office_hands_out_work(login, cast, net, case, unit):
    other = CategoryFactory(town=net.town, code="0602", name="水质水压")
    usual = CategoryFactory(town=net.town)
    usual.unit = unit
    usual.save()
    helper = UnitFactory(town=net.town, name="公路养护站")
    client = login(cast.town_officer)
    page = client.get(url(case, "case_press", "dispatch"))
    shown = page.content.decode()
    for words in ("通常由供水站承办", "闫志平", "张春燕", "沟底村干部", "网格长", "承办单位", "公路养护站"):
        assert words in shown
    assert "李隔壁" not in shown and "神堂坪村干部" not in shown
    assert page.context["form"]["to"].initial == f"unit-{unit.uuid}"
    typed = {"to": f"unit-{unit.uuid}", "supporting": [helper.uuid], "category": other.pk, "words": "尽快"}
    assert done(client, case, "dispatch", **typed) == S.HANDLING
    assert (case.unit, case.level, case.category) == (unit, Level.UNIT, other)
    assert [support.unit for support in case.supports.all()] == [helper]


def test_work_goes_across_to_a_person(login, cast, case):
    done(login(cast.grid_head), case, "take")
    client = login(cast.village_officer)
    typed = {"to": f"holder-{cast.gridworker.uuid}", "category": case.category_id, "words": "离得近"}
    assert done(client, case, "hand_across", **typed) == S.HANDLING
    assert (case.holder, case.level) == (cast.gridworker, Level.WORKER)


def test_up_to_the_unit_above_and_back(login, cast, net, case, unit):
    done(login(cast.grid_head), case, "take")
    done(login(cast.grid_head), case, "hand_up", words="管子在村界外")
    assert case.level == Level.AREA
    done(login(cast.village_officer), case, "hand_up", words="要动主管")
    assert case.level == Level.TOWN
    town = login(cast.town_officer)
    answer = post(town, case, "hand_up", words="请供水站来")
    assert answer.status_code == 422 and "请供水站来" in answer.content.decode()
    done(town, case, "hand_up", words="请供水站来", unit=unit.uuid)
    assert case.unit == unit
    officer = member_of(unit, cast)
    assert done(login(officer), case, "hand_back", words="不是我们的管") == S.RETURNED
    assert done(login(cast.town_officer), case, "refuse_return", words="是你们的") == S.HANDLING


def test_a_report_goes_back_and_comes_again(login, cast, net, case):
    town, worker = login(cast.town_officer), None
    assert done(town, case, "ask_back", words="哪条路？") == S.DRAFT
    worker = login(cast.gridworker)
    page = worker.get(url(case, "case_press", "submit")).content.decode()
    assert "水塔下" in page and "好几户没水" in page
    assert post(worker, case, "submit", subject="", place="x", category=case.category_id).status_code == 422
    typed = {"subject": "停水", "place": "水塔东边第三户", "words": "全没水", "affected_households": 4}
    assert done(worker, case, "submit", category=case.category_id, **typed) == S.SUBMITTED
    assert (case.place, case.words, case.affected_households) == ("水塔东边第三户", "全没水", 4)
    assert "dongbian" in case.place_key
    assert done(worker, case, "withdraw") == S.DRAFT


def test_a_refusal_is_looked_at_once_more(login, cast, case):
    done(login(cast.town_officer), case, "reject", words="不归镇里")
    worker = login(cast.gridworker)
    assert done(worker, case, "review", words="归镇里") == S.SUBMITTED
    done(login(cast.town_officer), case, "reject", words="还是不归")
    answer = login(cast.gridworker).get(url(case, "case_press", "review"), follow=True)
    assert "状态已变化" in answer.content.decode()


@pytest.mark.parametrize("press", ["rework", "doubt"])
def test_what_is_sent_back_may_be_shown(login, cast, net, press):
    """A photo says what words do not; it stands apart from how the matter was found and how it was left."""
    case = reported(cast.gridworker, net.grid, settled=press == "doubt")
    if press == "rework":
        pressed(case, "take", cast.grid_head)
        pressed(case, "finish", cast.grid_head, facts={"measures": "换了"})
    by = cast.village_officer
    page = login(by).get(url(case, "case_press", press)).content.decode()
    assert 'type="file"' in page and 'enctype="multipart/form-data"' in page
    photo = SimpleUploadedFile("x.jpg", tiny_jpeg(), "image/jpeg")
    status = done(login(by), case, press, words="还在滴", photos=photo, uuid=str(uuid4()))
    assert status == (S.HANDLING if press == "rework" else S.REGISTERED)
    shown = login(by).get(case.get_absolute_url())
    assert (len(shown.context["checked"]), shown.context["before"], shown.context["after"]) == (1, [], [])
    assert "核实时还没办好" in shown.content.decode()
    case.refresh_from_db()
    broken = SimpleUploadedFile("x.jpg", b"no picture", "image/jpeg")
    answer = login(by).post(
        url(case, "case_press", press), {"version": case.version, "words": "又滴", "photos": broken}
    )
    assert answer.status_code in (409, 422) and "又滴" in answer.content.decode()


def test_rework_reopen_and_void(login, cast, case):
    done(login(cast.grid_head), case, "take")
    done(login(cast.grid_head), case, "finish", measures="堵上了")
    assert done(login(cast.gridworker), case, "rework", words="还在滴") == S.HANDLING
    assert case.rework_count == 1
    done(login(cast.grid_head), case, "finish", measures="换了")
    done(login(cast.gridworker), case, "verify_and_close")
    assert done(login(cast.grid_head), case, "reopen", words="又漏了") == S.HANDLING
    assert done(login(cast.town_officer), case, "void", words="报错了") == S.VOIDED


def test_merging_shows_enough_to_judge_and_is_undone(login, cast, net, case):
    main = reported(cast.grid_head, net.grid, words="水塔下面没水", affected_households=9)
    client = login(cast.town_officer)
    page = client.get(url(case, "case_press", "merge")).content.decode()
    for words in (main.case_no, "水塔下面没水", "影响 9 户", "闫志平", main.get_absolute_url()):
        assert words in page
    assert done(client, case, "merge", main=str(main.uuid)) == S.MERGED
    assert case.merged_into == main
    assert done(client, case, "unmerge", words="不是一件") == S.SUBMITTED
    assert done(client, case, "merge", case_no=main.case_no) == S.MERGED


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "请选一件主件"),
        ({"case_no": "20990101-0001"}, "没有这个编号"),
        ({"main": str(uuid4())}, "不在可用的选项中|选择一个有效的选项|有效"),
        ({"case_no": "x" * 21}, "20"),
    ],
)
def test_a_main_case_that_is_none(login, cast, case, typed, words):
    answer = post(login(cast.town_officer), case, "merge", **typed)
    assert answer.status_code == 422
    assert any(one in answer.content.decode() for one in words.split("|"))


def test_a_case_is_not_merged_into_itself_or_into_one_out_of_reach(login, cast, net, case):
    far = reported(cast.town_officer, net.other_grid, place="远处")
    client = login(cast.village_officer)
    assert "不能并入它自己" in post(client, case, "merge", case_no=case.case_no).content.decode()
    assert "没有这个编号" in post(client, case, "merge", case_no=far.case_no).content.decode()
    assert case.status == S.SUBMITTED


# What people type and when -------------------------------------------------------------------------------------------


ASKING = ["reject", "ask_back", "hand_back", "hand_up", "finish"]


@pytest.mark.parametrize("press", ASKING)
@pytest.mark.parametrize("typed", ["", "   ", "长" * 2001, "\x00"])
def test_words_that_are_none(login, cast, case, press, typed):
    if press in ("hand_back", "hand_up", "finish"):
        case = pressed(case, "take", cast.grid_head)
    before = case.status
    name = "measures" if press == "finish" else "words"
    answer = post(login(cast.grid_head), case, press, **{name: typed, "cause": "锈了"})
    assert answer.status_code == 422 and case.status == before
    assert "填过的内容都还在" in answer.content.decode()
    if press == "finish":
        assert "锈了" in answer.content.decode()


def test_a_unit_of_another_town_or_a_retired_one_is_no_choice(login, cast, net, case):
    elsewhere = UnitFactory(town=GridFactory(code="140181101", name="别的镇"))
    retired = UnitFactory(town=net.town, retired_on=timezone.localdate())
    for unit in (elsewhere, retired, SimpleNamespace(uuid=uuid4())):
        answer = post(
            login(cast.town_officer), case, "dispatch", to=f"unit-{unit.uuid}", category=case.category_id
        )
        assert answer.status_code == 422 and case.status == S.SUBMITTED
    other_town = CategoryFactory(
        town=elsewhere.town, parent=ClassFactory(town=elsewhere.town), code="0601", name="停水"
    )
    typed = {"to": f"holder-{cast.grid_head.uuid}", "category": other_town.pk}
    assert post(login(cast.town_officer), case, "dispatch", **typed).status_code == 422
    assert Unit.objects.count() == 2


def test_a_photo_that_is_none_keeps_the_words(login, cast, case):
    done(login(cast.grid_head), case, "take")
    broken = SimpleUploadedFile("x.jpg", b"no picture", "image/jpeg")
    answer = post(login(cast.grid_head), case, "finish", measures="换了阀门", photos=broken)
    page = answer.content.decode()
    assert answer.status_code == 422 and "换了阀门" in page and "照片要重新选一次" in page


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
def test_a_press_without_a_version(login, cast, case, version):
    answer = login(cast.grid_head).post(url(case, "case_press", "take"), {"version": version})
    assert answer.status_code == 422 and "刷新" in answer.content.decode()
    case.refresh_from_db()
    assert case.status == S.SUBMITTED


def test_a_stale_button_shows_how_it_stands(login, cast, case):
    seen = case.version
    pressed(case, "take", cast.grid_head)
    client = login(cast.village_officer)
    answer = client.post(url(case, "case_press", "take"), {"version": seen}, follow=True)
    page = answer.content.decode()
    assert "状态已变化" in page and "处置中" in page and "闫志平" in page
    assert case.events.filter(press="take", position=0).count() == 1


def test_the_same_press_twice_is_one_event_and_no_alarm(login, cast, case):
    client, seen = login(cast.grid_head), {"version": case.version}
    client.post(url(case, "case_press", "take"), seen)
    answer = client.post(url(case, "case_press", "take"), seen, follow=True)
    assert "已经收到过" in answer.content.decode()
    assert case.events.filter(press="take", position=0).count() == 1


def test_a_stale_form_keeps_what_was_typed(login, cast, case):
    pressed(case, "take", cast.grid_head)
    seen = {"version": case.version, "measures": "写了好长一段"}
    pressed(case, "hand_across", cast.village_officer, holder=cast.gridworker, words="换人")
    answer = login(cast.grid_head).post(url(case, "case_press", "finish"), seen)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "状态已变化" in page and "写了好长一段" in page and "张春燕经办" in page
    assert "可以抄下来" in page
    case.refresh_from_db()
    assert case.status == S.HANDLING


def test_a_stale_form_that_still_fits_is_sent_again(login, cast, case):
    pressed(case, "take", cast.grid_head)
    seen = case.version
    case = pressed(case, "hand_up", cast.grid_head, words="往上") and pressed(
        case, "hand_across", cast.village_officer, holder=cast.grid_head, words="还给你"
    )
    client = login(cast.grid_head)
    answer = client.post(url(case, "case_press", "finish"), {"version": seen, "measures": "好了"})
    assert answer.status_code == 409 and "请核对后再按一次" in answer.content.decode()
    assert f'value="{case.version}"' in answer.content.decode()


def test_a_merged_case_takes_no_press(login, cast, net, case):
    in_status(case, cast, S.MERGED)
    for press in ("take", "finish", "void", "merge"):
        answer = login(cast.town_officer).get(url(case, "case_press", press), follow=True)
        assert "状态已变化" in answer.content.decode()
        assert post(login(cast.town_officer), case, press, words="x", measures="x").status_code in (
            302,
            409,
            422,
        )
    assert case.status == S.MERGED


# Deeds ----------------------------------------------------------------------------------------------------------------


def note(**more):
    return {"uuid": str(uuid4()), "words": "铁管锈蚀开裂"} | more


def test_a_note_by_the_field_protocol_once(login, cast, case):
    pressed(case, "take", cast.grid_head)
    client, sent = (
        login(cast.grid_head),
        note(place="后沟两公里处", needs_expert="on", lat="37.9", lng="112.1"),
    )
    json = {"headers": {"Accept": "application/json"}}
    first = client.post(url(case, "case_note"), sent, **json)
    again = client.post(url(case, "case_note"), sent, **json)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["sha256"] == again.json()["sha256"]
    assert CaseEvent.objects.filter(case=case, press=Deed.NOTE).count() == 1
    case.refresh_from_db()
    assert (case.handling_place, case.handling_latitude) == ("后沟两公里处", 37.9)
    other = client.post(url(case, "case_note"), sent | {"words": "别的话"}, **json)
    assert other.status_code == 409 and other.json()["status"] == "conflict"
    wrong = client.post(url(case, "case_note"), note(words=""), **json)
    assert wrong.status_code == 422 and "words" in wrong.json()["errors"]
    page = client.post(url(case, "case_note"), sent | {"words": "又是别的话"})
    both = page.content.decode()
    assert page.status_code == 409 and "又是别的话" in both and "铁管锈蚀开裂" in both
    foreign = login(cast.village_officer).post(url(case, "case_note"), sent, **json)
    assert foreign.status_code == 404


def test_a_second_note_under_a_number_is_kept_and_saved_as_its_own(login, cast, case):
    pressed(case, "take", cast.grid_head)
    client, sent = login(cast.grid_head), note(place="后沟")
    client.post(url(case, "case_note"), sent)
    page = client.post(url(case, "case_note"), sent | {"words": "换了阀门", "place": "水塔下"})
    kept = FieldConflict.objects.get()
    there = url(case, "case_note_conflict", kept.uuid)
    assert there in page.content.decode() and "水塔下" in client.get(there).content.decode()
    # It stays readable for the others of the place, and only who typed it saves it.
    assert login(cast.village_officer).post(there).status_code == 403
    assert login(cast.neighbour).get(there).status_code == 404
    client = login(cast.grid_head)
    for _ in range(2):
        assert client.post(there).url == case.get_absolute_url()
    words = (
        CaseEvent.objects.filter(case=case, press=Deed.NOTE).order_by("pk").values_list("words", flat=True)
    )
    assert list(words) == ["铁管锈蚀开裂", "换了阀门"]
    case.refresh_from_db()
    assert case.handling_place == "水塔下"
    assert "另存的新记录" in client.get(there).content.decode()


def test_a_second_note_that_comes_too_late_stays_where_it_is(login, cast, case):
    pressed(case, "take", cast.grid_head)
    client, sent = login(cast.grid_head), note()
    client.post(url(case, "case_note"), sent)
    client.post(url(case, "case_note"), sent | {"words": "换了阀门"})
    there = url(case, "case_note_conflict", FieldConflict.objects.get().uuid)
    pressed(case, "finish", cast.grid_head, words="好了")
    pressed(case, "verify_and_close", cast.gridworker)
    answer = client.post(there, follow=True)
    assert "还不能另存" in answer.content.decode() and "换了阀门" in answer.content.decode()


def test_a_note_under_the_number_of_another_matter_shows_nothing_of_it(login, cast, net, case):
    other = reported(cast.grid_head, net.grid, place="别处")
    pressed(case, "take", cast.grid_head)
    page = login(cast.grid_head).post(
        url(case, "case_note"), note(uuid=str(other.record.uuid), words="开裂了")
    )
    assert page.status_code == 409
    assert "开裂了" in page.content.decode() and "别处" not in page.content.decode()


def test_a_note_sent_again_after_the_case_went_on_is_known(login, cast, case):
    pressed(case, "take", cast.grid_head)
    client, sent = login(cast.grid_head), note()
    client.post(url(case, "case_note"), sent)
    pressed(case, "hand_up", cast.grid_head, words="往上")
    pressed(case, "take" if case.status != S.HANDLING else "finish", cast.village_officer, words="好了")
    again = client.post(url(case, "case_note"), sent, headers={"Accept": "application/json"})
    assert again.status_code == 200
    fresh = client.post(url(case, "case_note"), note(), headers={"Accept": "application/json"})
    assert fresh.status_code == 403
    assert FieldRecord.objects.filter(kind="case_note").count() == 1


def deed(client, case, name, /, *more, **typed):
    case.refresh_from_db()
    answer = client.post(url(case, name, *more), {"version": case.version} | typed)
    case.refresh_from_db()
    return answer


def test_facts_class_and_urgency(login, cast, net, case):
    pressed(case, "take", cast.grid_head)
    client = login(cast.grid_head)
    told = {"place": case.place, "cause": "锈蚀", "helpers": "两名村干部"}
    assert deed(client, case, "case_facts", **told).status_code == 302
    assert (case.cause, case.helpers) == ("锈蚀", "两名村干部")
    burst = CategoryFactory(town=net.town, code="0401", name="给水管道破裂", limit_amount=4)
    assert deed(client, case, "case_classify", category=burst.pk).status_code == 302
    assert (case.category, case.limit_amount) == (burst, 4)
    assert deed(client, case, "case_classify", category="x").status_code == 422
    deed(client, case, "case_urgent")
    assert case.is_urgent
    stale = client.post(url(case, "case_urgent"), {"version": 0}, follow=True)
    assert "状态已变化" in stale.content.decode()
    deed(client, case, "case_urgent")
    assert not case.is_urgent
    assert client.get(url(case, "case_urgent")).status_code == 405


def test_whoever_works_on_it_sets_right_what_the_report_told(login, cast, case):
    pressed(case, "take", cast.grid_head)
    client = login(cast.grid_head)
    typed = {"place": "后沟 水塔", "affected_households": 14}
    assert deed(client, case, "case_facts", **typed).status_code == 302
    assert (case.place, case.affected_households) == ("后沟 水塔", 14)
    assert case.place_key == address_key("后沟 水塔")
    page = client.get(case.get_absolute_url()).content.decode()
    assert "影响户数：14" in page and "地点：后沟 水塔" in page
    events = case.events.count()
    assert deed(client, case, "case_facts", **typed).status_code == 302 and case.events.count() == events
    for wrong in ({"place": " "}, {"affected_households": 0}, {"affected_households": "很多"}):
        answer = deed(client, case, "case_facts", **(typed | wrong))
        assert answer.status_code == 422 and case.affected_households == 14


def test_doors_are_found_ticked_and_linked(login, cast, net, case):
    pressed(case, "take", cast.grid_head)
    client, address = login(cast.grid_head), url(case, "case_households")
    near, kept = (HouseholdFactory(grid=net.grid, address=f"沟底村东街{n}号") for n in (1, 2))
    elsewhere = HouseholdFactory(grid=net.other_grid, address="神堂坪村东街3号")
    assert "东街" not in client.get(address).content.decode()

    asked = {"version": case.version, "q": "东街", "households": [kept.uuid], "look": "1"}
    found = client.post(address, asked)
    assert found.status_code == 200 and not case.households.exists()
    boxes = {str(box.data["value"]): box.data["selected"] for box in found.context["form"]["households"]}
    assert boxes == {str(near.uuid): False, str(kept.uuid): True}
    assert "没有找到" in client.post(address, asked | {"q": "西街"}).content.decode()

    assert deed(client, case, "case_households", households=[kept.uuid, near.uuid]).status_code == 302
    assert set(case.households.all()) == {near, kept}
    page = client.get(case.get_absolute_url()).content.decode()
    assert near.address in page and "相关住户：2 户" in page
    assert deed(client, case, "case_households", households=[near.uuid]).status_code == 302
    assert list(case.households.all()) == [near]
    for forged in (elsewhere.uuid, uuid4(), "x", "\x00"):
        answer = deed(client, case, "case_households", households=[forged], q="\x00")
        assert answer.status_code == 422 and list(case.households.all()) == [near]
    stale = client.post(address, {"version": 0, "households": [kept.uuid]})
    assert stale.status_code == 409 and "状态已变化" in stale.content.decode()


def test_doors_that_one_may_not_open_stay_linked(login, cast, net, case, unit):
    hidden = HouseholdFactory(grid=net.other_grid)
    CaseHousehold.objects.create(case=case, household=hidden)
    pressed(case, "take", cast.grid_head)
    case.refresh_from_db()
    link_households(case=case, by=cast.grid_head, households=[hidden], seen_version=case.version)
    assert deed(login(cast.grid_head), case, "case_households").status_code == 302
    assert list(case.households.all()) == [hidden]
    pressed(case, "hand_across", cast.village_officer, unit=unit, words="归供水站管")
    client = login(member_of(unit, cast))
    assert client.get(url(case, "case_facts")).status_code == 200
    assert client.get(url(case, "case_households")).status_code == 403


def test_supporting_units_are_exactly_the_ticked(login, cast, net, case, unit):
    pressed(case, "take", cast.grid_head)
    client = login(cast.grid_head)
    deed(client, case, "case_support", units=[unit.uuid])
    assert [one.unit for one in case.supports.all()] == [unit]
    deed(client, case, "case_support")
    assert not case.supports.exists()
    assert deed(client, case, "case_support", units=[uuid4()]).status_code == 422


def test_people_called_in_come_and_are_done(login, cast, case):
    pressed(case, "take", cast.grid_head)
    client, now = login(cast.grid_head), timezone.localtime()
    came, went = (f"{now - timedelta(minutes=m):%Y-%m-%dT%H:%M}" for m in (60, 8))
    assert (
        deed(client, case, "case_expert_new", name="李师傅", work="换管", arrived_at=came).status_code == 302
    )
    expert = case.experts.get()
    page = client.get(url(case, "case_expert", expert.uuid)).content.decode()
    assert "李师傅" in page and came in page
    sent = {"name": "李师傅", "work": "换管", "arrived_at": came}
    client.post(url(case, "case_expert", expert.uuid), {**sent, "version": 1, "finished_at": went})
    expert.refresh_from_db()
    assert expert.minutes == 52
    stale = client.post(url(case, "case_expert", expert.uuid), {**sent, "version": 1, "finished_at": came})
    assert stale.status_code == 409
    wrong = client.post(
        url(case, "case_expert", expert.uuid), {**sent, "version": 2, "arrived_at": went, "finished_at": came}
    )
    assert wrong.status_code == 422 and "不能早于" in wrong.content.decode()
    for typed in (
        {"name": ""},
        {"name": "x", "phone": "12"},
        {"name": "x", "arrived_at": "2099-01-01T00:00"},
    ):
        assert deed(client, case, "case_expert_new", **typed).status_code == 422


def test_the_number_of_who_was_called_in_is_sealed_and_dialled_by_who_works_on_it(login, cast, case):
    pressed(case, "take", cast.grid_head)
    client = login(cast.grid_head)
    deed(client, case, "case_expert_new", name="李师傅", phone="138 1234 5678")
    expert = case.experts.get()
    assert expert.phone == "13812345678" and "13812345678" not in expert.phone_sealed
    assert 'value="13812345678"' in client.get(url(case, "case_expert", expert.uuid)).content.decode()
    assert "tel:13812345678" in client.get(case.get_absolute_url()).content.decode()
    assert "13812345678" not in login(cast.leader).get(case.get_absolute_url()).content.decode()
    client = login(cast.grid_head)
    client.post(
        url(case, "case_expert", expert.uuid), {"name": "李师傅", "version": 1, "phone": "13900000000"}
    )
    expert.refresh_from_db()
    assert expert.phone == "13900000000"
    assert not CaseEvent.objects.filter(case=case, data__icontains="139000").exists()


def test_more_time_is_asked_for_and_given(login, cast, case):
    pressed(case, "take", cast.grid_head)
    head = login(cast.grid_head)
    for typed in (
        {},
        {"kind": "extend", "reason": "等管"},
        {"kind": "x", "reason": "等管"},
        {"kind": "extend", "days": 61, "reason": "x"},
    ):
        assert deed(head, case, "case_ask", **typed).status_code == 422
    due = case.due_at
    assert deed(head, case, "case_ask", kind="extend", days=2, reason="等管子").status_code == 302
    asked = case.requests.get()
    again = deed(head, case, "case_ask", kind="suspend", reason="再等等")
    assert again.status_code == 422 and "已有一项申请" in again.content.decode()
    assert deed(head, case, "case_decide", asked.uuid, agreed="yes").status_code == 403
    village = login(cast.village_officer)
    assert deed(village, case, "case_decide", asked.uuid, agreed="no").status_code == 422
    assert deed(village, case, "case_decide", asked.uuid, agreed="yes").status_code == 302
    assert case.is_extended and case.due_at > due
    late = deed(village, case, "case_decide", asked.uuid, agreed="yes")
    assert late.status_code == 409 and "状态已变化" in late.content.decode()


def test_a_rest_stops_the_clock_until_it_goes_on(login, cast, case):
    pressed(case, "take", cast.grid_head)
    request = ask(case=case, by=cast.grid_head, kind=CaseRequest.Kind.SUSPEND, reason="上冻了")
    village = login(cast.village_officer)
    deed(village, case, "case_decide", request.uuid, agreed="yes", opinion="等开春")
    assert case.status == S.SUSPENDED
    assert "暂停计时" in village.get(case.get_absolute_url()).content.decode()
    assert done(login(cast.grid_head), case, "resume") == S.HANDLING


def test_words_from_above_are_answered(login, cast, case):
    pressed(case, "take", cast.grid_head)
    leader = login(cast.leader)
    yesterday = timezone.localdate() - timedelta(days=1)
    assert deed(leader, case, "case_supervise", words="抓紧", reply_by=yesterday).status_code == 422
    assert (
        deed(leader, case, "case_supervise", words="抓紧", reply_by=timezone.localdate()).status_code == 302
    )
    found = case.supervisions.get()
    page = login(cast.grid_head).get(case.get_absolute_url()).content.decode()
    assert "督办，等答复" in page and "答复督办" in page
    assert "答复督办" not in login(cast.gridworker).get(case.get_absolute_url()).content.decode()
    head = login(cast.grid_head)
    assert deed(head, case, "case_reply", found.uuid, words=" ").status_code == 422
    assert deed(head, case, "case_reply", found.uuid, words="下午通水").status_code == 302
    assert deed(head, case, "case_reply", found.uuid, words="又答").status_code == 409
    assert (
        deed(
            login(cast.leader), case, "case_supervise", words="再催", reply_by=timezone.localdate()
        ).status_code
        == 302
    )


def test_rows_out_of_reach_and_rows_that_are_none(login, cast, net, case):
    other = reported(cast.neighbour, net.neighbour_grid, place="别处")
    expert = other.experts.create(name="李师傅")
    assert login(cast.grid_head).get(url(other, "case_expert", expert.uuid)).status_code == 404
    assert login(cast.auditor).get(url(other, "case_expert", expert.uuid)).status_code == 403
    client = login(cast.town_officer)
    assert client.get(url(case, "case_decide", uuid4())).status_code == 404
    assert client.get(url(case, "case_reply", uuid4())).status_code == 404
    assert client.get(url(case, "case_supervision_slip", uuid4())).status_code == 404
    assert client.get(reverse("case", args=[uuid4()])).status_code == 404


def test_the_sheets_print(login, cast, case):
    pressed(case, "take", cast.grid_head)
    supervise(case=case, by=cast.leader, words="务必通水", reply_by=timezone.localdate())
    client = login(cast.town_officer)
    for name, more, words in (
        ("case_sheet", (), ("事件案卷", "（盖章）", "我来办", "案卷建立")),
        ("case_slip", (), ("交办单", "闫志平", "（盖章）")),
        ("case_supervision_slip", (case.supervisions.get().uuid,), ("督办单", "务必通水", "（盖章）")),
    ):
        page = client.get(url(case, name, *more)).content.decode()
        assert all(one in page for one in (case.case_no, *words))
