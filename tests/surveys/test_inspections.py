"""Inspections: the walk, what it writes, rechecks, corrections, and who may."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids.exceptions import DomainError
from grids.models import AuditEntry, FieldConflict, FieldRecord
from surveys.actions.inspections import Verdict, log_inspection
from surveys.indicators.inspections import stubborn_sites
from surveys.models import Inspection, InspectionResult, Site
from surveys.models.inspection import months_before
from surveys.repairs import repairs, still_failing
from tests.browser.test_gridworker_day import jpeg
from tests.factories.cases import envelope
from tests.factories.inspections import ChecklistFactory, InspectionFactory, ItemFactory, SiteFactory, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(net):
    """A lane with three items, one of them no longer asked."""
    lane = SiteFactory(grid=net.grid, name="三组后巷", place="水塔往东")
    for position, name in enumerate(("垃圾", "飞线", "照明")):
        ItemFactory(checklist=lane.checklist, name=name, position=position)
    ItemFactory(checklist=lane.checklist, name="旧项", position=9, retired_on=date(2026, 1, 1))
    return lane


def fields(site, states, **other):
    """A posted walk: `states` by the items' names."""
    sent = {"uuid": str(uuid4()), "happened_on": timezone.localdate().isoformat()}
    for name, state in states.items():
        sent[f"item-{site.checklist.items.get(name=name).pk}"] = state
    return sent | other


ALL_FINE = {"垃圾": "pass", "飞线": "pass", "照明": "absent"}
ONE_BAD = {"垃圾": "fail", "飞线": "pass", "照明": "absent"}


def walk(site):
    return reverse("inspection_new", args=[site.uuid])


def words_of(answer):
    return answer.content.decode()


def test_a_walk_told_on_one_screen(login, cast, site):
    client = login(cast.gridworker)
    form = words_of(client.get(walk(site)))
    assert "三组后巷" in form and "飞线" in form and "旧项" not in form
    assert "checked" not in form
    item = site.checklist.items.get(name="垃圾")
    answer = client.post(walk(site), fields(site, ONE_BAD, note="雨后", **{f"note-{item.pk}": "桶满了"}))

    inspection = Inspection.objects.get()
    assert (inspection.passed, inspection.failed, inspection.grid_id) == (1, 1, site.grid_id)
    assert inspection.record.kind == FieldRecord.Kind.INSPECTION
    assert set(inspection.results.values_list("item__name", "state", "note")) == {
        ("垃圾", "fail", "桶满了"),
        ("飞线", "pass", ""),
        ("照明", "absent", ""),
    }
    page = words_of(client.get(answer.url))
    assert "桶满了" in page and "50.0 %" in page and "转成事件" in page and "复查" in page


def test_the_same_post_twice_is_one_and_another_content_is_kept(login, cast, site):
    client = login(cast.gridworker)
    sent = fields(site, ONE_BAD)
    json = {"Accept": "application/json"}
    assert client.post(walk(site), sent, headers=json).status_code == 201
    again = client.post(walk(site), sent, headers=json)
    assert (again.status_code, again.json()["status"]) == (200, "known")
    assert client.post(walk(site), sent).status_code == 302
    other = sent | fields(site, ALL_FINE, uuid=sent["uuid"], note="第二份")
    assert client.post(walk(site), other, headers=json).status_code == 409
    page = client.post(walk(site), other)
    assert page.status_code == 409
    assert "第二份" in words_of(page) and "垃圾 不合格" in words_of(page)
    assert FieldConflict.objects.count() == 1 and Inspection.objects.count() == 1
    key = [sent["uuid"], FieldConflict.objects.get().uuid]
    assert client.get(reverse("record_conflict", args=key)).status_code == 404
    kept = reverse("inspection_conflict", args=key)
    assert "第二份" in words_of(client.get(kept))
    assert login(cast.grid_head).post(kept).status_code == 403
    client = login(cast.gridworker)
    assert client.post(kept).url == client.post(kept).url
    assert sorted(Inspection.objects.values_list("note", flat=True)) == ["", "第二份"]


@pytest.mark.parametrize(
    ("states", "other"),
    [
        ({}, {}),
        ({"垃圾": "pass", "飞线": "pass"}, {}),
        ({**ALL_FINE, "垃圾": "maybe"}, {}),
        (ALL_FINE, {"happened_on": "2099-01-01"}),
        (ALL_FINE, {"happened_on": "昨天"}),
        (ALL_FINE, {"uuid": "x"}),
        (ALL_FINE, {"note": "长" * 1001}),
        (ALL_FINE, {"note": "<script>\x00"}),
    ],
)
def test_bad_input_asks_again_and_loses_nothing(login, cast, site, states, other):
    page = login(cast.gridworker).post(walk(site), fields(site, states, **({"note": "写过的话"} | other)))

    assert page.status_code in (400, 422)
    assert page.status_code == 400 or "note" in other or "写过的话" in words_of(page)
    assert not FieldRecord.objects.exists()


def test_an_item_of_another_list_and_a_site_that_closed_meanwhile(login, cast, net, site):
    client = login(cast.gridworker)
    square = ItemFactory(checklist=ChecklistFactory(name="广场"), name="绿化")
    client.post(walk(site), fields(site, ALL_FINE, **{f"item-{square.pk}": "fail"}))
    assert not InspectionResult.objects.filter(item=square).exists()
    with pytest.raises(DomainError, match="不属于"):
        log_inspection(by=cast.gridworker, envelope=envelope(), site=site, verdicts={square: Verdict("fail")})
    Site.objects.update(retired_on=timezone.localdate())
    late = client.post(walk(site), fields(site, ALL_FINE, note="白走一趟"))
    assert late.status_code == 422 and "停用" in words_of(late) and "白走一趟" in words_of(late)


def test_an_item_added_while_the_form_was_open_is_asked(login, cast, site):
    sent = fields(site, ALL_FINE)
    ItemFactory(checklist=site.checklist, name="窨井盖", position=5)
    page = login(cast.gridworker).post(walk(site), sent)
    assert page.status_code == 422 and "窨井盖：请选" in words_of(page)


def test_a_list_without_items_says_who_can_help(login, cast, net):
    empty = SiteFactory(grid=net.grid, checklist=ChecklistFactory(name="祠堂"))
    client = login(cast.gridworker)
    assert "还没有检查项" in words_of(client.get(walk(empty)))
    assert client.post(walk(empty), fields(empty, {})).status_code == 422


def test_on_to_the_next_place_unless_something_failed(login, cast, net, site):
    client = login(cast.gridworker)
    seen = SiteFactory(grid=net.grid, name="早先看过")
    InspectionFactory(grid=net.grid, site=seen, inspected_on=timezone.localdate() - timedelta(days=9))
    never = SiteFactory(grid=net.grid, name="从没看过")
    SiteFactory(grid=net.neighbour_grid, name="别的网格")
    assert "下一处：从没看过" in words_of(client.get(walk(site)))
    assert client.post(walk(site), fields(site, ALL_FINE, next="1")).url == walk(never)
    for one, follows in ((never, seen), (seen, None)):
        answer = client.post(
            walk(one), fields(one, {"垃圾": "pass", "飞线": "pass", "照明": "pass"}, next="1")
        )
        assert answer.url == (
            walk(follows) if follows else Inspection.objects.latest("pk").get_absolute_url()
        )
    bad = client.post(walk(site), fields(site, ONE_BAD, next="1"))
    assert bad.url == Inspection.objects.latest("pk").get_absolute_url()


def test_a_recheck_asks_only_what_failed_and_shows_before(login, cast, site):
    client = login(cast.gridworker)
    first = told(site, {"垃圾": "fail", "飞线": "fail", "照明": "pass"}, by=cast.gridworker)
    InspectionResult.objects.filter(item__name="垃圾").update(note="桶满了")
    address = reverse("inspection_recheck", args=[first.record.uuid])
    form = words_of(client.get(address))
    assert "桶满了" in form and "飞线" in form and "照明" not in form
    item = site.checklist.items.get(name="照明")
    sent = fields(site, {"垃圾": "pass", "飞线": "fail"}, **{f"item-{item.pk}": "fail"})
    client.post(address, sent | {"photos": []})
    second = Inspection.objects.get(follows=first)
    assert (second.passed, second.failed) == (1, 1)
    assert "还有 1 项不合格" in words_of(client.get(first.get_absolute_url()))
    beside = words_of(client.get(second.get_absolute_url()))
    assert "整改前后" in beside and "桶满了" in beside
    third = reverse("inspection_recheck", args=[second.record.uuid])
    assert "垃圾" not in words_of(client.get(third)).split('<form method="post" enctype')[1]
    client.post(third, fields(site, {"飞线": "pass"}))
    page = words_of(client.get(site.get_absolute_url()))
    assert "整改前" in page and "整改后" in page and "还没有复查合格" not in page
    last = Inspection.objects.get(follows=second)
    assert client.get(reverse("inspection_recheck", args=[last.record.uuid])).status_code == 302


def test_the_same_number_at_another_place_is_saved_there(login, cast, net, site):
    client = login(cast.gridworker)
    first = told(site, ONE_BAD, by=cast.gridworker)
    other = SiteFactory(grid=net.grid, checklist=site.checklist, name="五组后巷")
    sent = fields(site, ALL_FINE)
    client.post(walk(site), sent)
    client.post(reverse("inspection_recheck", args=[first.record.uuid]), sent)
    client.post(walk(other), sent)
    recheck, elsewhere = FieldConflict.objects.order_by("pk")
    for kept in (recheck, elsewhere):
        client.post(reverse("inspection_conflict", args=[sent["uuid"], kept.uuid]))
    assert Inspection.objects.filter(follows=first, site=site).count() == 1
    assert Inspection.objects.filter(site=other).count() == 1


def test_a_recheck_before_its_inspection_is_refused(login, cast, site):
    first = told(site, ONE_BAD, by=cast.gridworker)
    address = reverse("inspection_recheck", args=[first.record.uuid])
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    page = login(cast.gridworker).post(address, fields(site, {"垃圾": "pass"}, happened_on=yesterday))
    assert page.status_code == 422 and "不能早于上次考察" in words_of(page)
    other = SiteFactory(grid=site.grid, checklist=site.checklist)
    with pytest.raises(DomainError, match="同一地点"):
        told(other, ONE_BAD, by=cast.gridworker, follows=first)


def test_correcting_and_withdrawing(login, cast, site):
    client = login(cast.gridworker)
    first = told(site, ONE_BAD, by=cast.gridworker, note="原话")
    address = reverse("inspection_correct", args=[first.record.uuid])
    form = words_of(client.get(address))
    assert "原话" in form and form.count("checked") == 3
    sent = fields(site, ALL_FINE, note="改过", reason="看错了巷子")
    answer = client.post(address, sent)
    second = Inspection.objects.current().get()
    assert (second.note, second.failed) == ("改过", 0)
    assert client.post(address, sent).url == answer.url
    assert "看错了巷子" in words_of(client.get(first.get_absolute_url()))
    assert client.post(address, sent | {"uuid": str(uuid4())}).status_code == 422
    gone = client.post(reverse("inspection_withdraw", args=[second.record.uuid]), {"reason": "没去成"})
    assert gone.url == second.get_absolute_url()
    assert not Inspection.objects.current().exists()
    assert "已撤销" in words_of(client.get(second.get_absolute_url()))
    assert client.get(reverse("record_withdraw", args=[first.record.uuid])).status_code == 404
    assert client.get(reverse("inspection_withdraw", args=[uuid4()])).status_code == 404
    assert AuditEntry.objects.filter(action="correction").count() == 2


def test_typed_for_another_and_late(login, cast, site):
    day = timezone.localdate() - timedelta(days=5)
    sent = fields(site, ALL_FINE, happened_on=day.isoformat(), actor=str(cast.gridworker.uuid))
    login(cast.grid_head).post(walk(site), sent)
    inspection = Inspection.objects.get()
    assert (inspection.inspector, inspection.inspected_on) == (cast.gridworker, day)
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"late_entry", "proxy_entry"}


def test_photos_hang_on_the_record(login, cast, site):
    client = login(cast.gridworker)
    picture = jpeg()
    upload = SimpleUploadedFile(picture["name"], picture["buffer"], picture["mimeType"])
    answer = client.post(walk(site), fields(site, ONE_BAD, photos=upload))
    photo = Inspection.objects.get().record.photos.get()
    assert reverse("photo", args=[photo.uuid]) in words_of(client.get(answer.url))
    assert reverse("photo", args=[photo.uuid]) in words_of(client.get(site.get_absolute_url()))


def test_only_who_inspects_may_write(cast, net, site):
    for who in ("neighbour", "leader", "volunteer", "admin", "unit_officer", "outsider"):
        with pytest.raises(PermissionDenied):
            told(site, ALL_FINE, by=getattr(cast, who))
    for who in ("gridworker", "grid_head", "village_officer", "town_officer"):
        assert told(site, ALL_FINE, by=getattr(cast, who)).pk


def test_stubborn_by_hand(clock, cast, net):
    """Three failing inspections, rechecks too, in the six months to the day; corrected ones do not count."""
    today = date(2026, 11, 25)
    clock(today)
    stubborn, twice, old = (SiteFactory(grid=net.grid, name=name) for name in ("甲", "乙", "丙"))
    days = (date(2026, 5, 26), date(2026, 8, 1), date(2026, 11, 25))
    failing = [
        InspectionFactory(grid=net.grid, site=stubborn, inspected_on=day, verdicts={"垃圾": "fail"})
        for day in days
    ]
    for day in (date(2026, 5, 25), *days[1:]):
        InspectionFactory(grid=net.grid, site=old, inspected_on=day, verdicts={"垃圾": "fail"})
    for day in days[1:]:
        InspectionFactory(grid=net.grid, site=twice, inspected_on=day, verdicts={"垃圾": "fail"})
    InspectionFactory(grid=net.grid, site=twice, inspected_on=days[0])

    assert [(one.site, one.failures, one.last) for one in stubborn_sites(cast.gridworker)] == [
        (stubborn, 3, today)
    ]
    assert [one.site for one in stubborn_sites(cast.leader, date(2026, 11, 24))] == []
    assert stubborn_sites(cast.neighbour) == [] and stubborn_sites(cast.volunteer) == []
    Inspection.objects.filter(pk=failing[0].pk).update(superseded_by=failing[1].record)
    assert stubborn_sites(cast.gridworker) == []


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 25), 6, date(2026, 5, 25)),
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2024, 8, 31), 6, date(2024, 2, 29)),
        (date(2026, 3, 15), 6, date(2025, 9, 15)),
        (date(2026, 12, 1), -1, date(2027, 1, 1)),
    ],
)
def test_months_before(day, months, before):
    assert months_before(day, months) == before


def test_repairs_pair_the_last_failure_with_what_came_of_it(net):
    site = SiteFactory(grid=net.grid)
    days = [date(2026, 9, day) for day in range(1, 6)]
    found = [
        {"垃圾": "fail", "飞线": "fail", "照明": "pass"},
        {"垃圾": "pass", "飞线": "fail"},
        {"垃圾": "fail", "照明": "pass"},
        {"垃圾": "absent", "飞线": "absent"},
        {"垃圾": "pass"},
    ]
    made = [
        InspectionFactory(grid=net.grid, site=site, inspected_on=day, verdicts=verdicts)
        for day, verdicts in zip(days, found, strict=True)
    ]
    rows = list(Inspection.objects.newest_first().prefetch_related("results__item"))
    shown = [(one.before, one.after, [was.item.name for was, _ in one.items]) for one in repairs(rows)]
    assert shown == [(made[1], None, ["飞线"]), (made[2], made[4], ["垃圾"])]
    assert [row.item.name for row in still_failing(rows)] == ["飞线"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_posted_is_answered_and_counted_right(login, cast, site, data):
    """Any mixture of states, words and dates: saved with counts that add up, or asked again; never a 500."""
    states = st.sampled_from(["pass", "fail", "absent", "", "x", "合格"])
    sent = fields(site, {name: data.draw(states) for name in ALL_FINE})
    words = st.text(max_size=30)
    sent |= {
        "note": data.draw(words),
        "happened_on": data.draw(st.dates().map(str) | st.just(sent["happened_on"]) | words),
        "lat": data.draw(st.floats().map(str) | words),
        "lng": data.draw(st.floats().map(str) | words),
        f"note-{site.checklist.items.get(name='垃圾').pk}": data.draw(words),
    }
    answer = login(cast.gridworker).post(walk(site), sent)

    assert answer.status_code in (302, 400, 422)
    record = FieldRecord.objects.filter(uuid=sent["uuid"]).first()
    assert (record is not None) == (answer.status_code == 302)
    if record:
        states = list(record.inspection.results.values_list("state", flat=True))
        assert (states.count("pass"), states.count("fail")) == (
            record.inspection.passed,
            record.inspection.failed,
        )


PAGES = ("site_list", "inspection_list", "inspection_result_list", "inspection_rates")


@pytest.mark.parametrize("name", [*PAGES, "site", "inspection_new"])
def test_two_rows_cost_what_twenty_cost(login, cast, net, site, name):
    client, counts = login(cast.grid_head), []
    args = [] if name in PAGES else [site.uuid]
    InspectionFactory(grid=net.grid, site=site, verdicts=ONE_BAD)
    for more in (2, 18):
        for n in range(more):
            InspectionFactory(grid=net.grid, site=site, verdicts=ONE_BAD | {f"项{more}{n}": "fail"})
            InspectionFactory(grid=net.grid, verdicts=ONE_BAD)
        client.get(reverse(name, args=args))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name, args=args)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15


def test_the_ledgers_filter_and_export(login, cast, net, site):
    InspectionFactory(grid=net.grid, site=site, inspector=cast.gridworker, verdicts=ONE_BAD)
    fine = InspectionFactory(grid=net.grid, site__name="新广场", verdicts={"垃圾": "pass"})
    client = login(cast.grid_head)
    failed = words_of(client.get(reverse("inspection_list"), {"failed": "on"}))
    assert "三组后巷" in failed and "新广场" not in failed
    asked = {"kind": fine.site.checklist.pk, "round": "again"}
    assert "没有符合条件" in words_of(client.get(reverse("inspection_list"), asked))
    for standing, here in (
        ("failed", 1),
        ("passed", 1),
        ("never", 0),
        ("stubborn", 0),
        ("retired", 0),
        ("x", 2),
    ):
        page = client.get(reverse("site_list"), {"standing": standing, "kind": "abc"})
        assert page.context["paginator"].count == here
    for name, label in (
        ("site_list", "考察地点"),
        ("inspection_list", "考察台账"),
        ("inspection_result_list", "考察结果明细"),
    ):
        assert client.get(reverse(name), {"format": "xlsx"}).status_code == 200
        assert AuditEntry.objects.filter(action="export", object_label__startswith=label).exists()
    assert login(cast.gridworker).get(reverse("site_list"), {"format": "xlsx"}).status_code == 403


def test_every_inspection_of_the_list_opens_and_no_other(login, cast, net, site):
    mine = InspectionFactory(grid=net.grid, site=site)
    other = InspectionFactory(grid=net.other_grid)
    client = login(cast.village_officer)
    page = words_of(client.get(reverse("inspection_list")))
    assert mine.get_absolute_url() in page and other.get_absolute_url() not in page
    assert client.get(mine.get_absolute_url()).status_code == 200
    assert client.get(other.get_absolute_url()).status_code == 404
    assert client.get(other.site.get_absolute_url()).status_code == 404
