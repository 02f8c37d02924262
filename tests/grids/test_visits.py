"""Visits: told, listed, corrected, withdrawn, exported, and never outside the scope."""

import io
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from grids.actions.corrections import withdraw
from grids.models import (
    Absence,
    AuditEntry,
    Concern,
    FieldRecord,
    HouseholdVisit,
    Photo,
    VisitMet,
)
from tests.factories import GridFactory, HouseholdFactory, ResidentFactory, VisitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(net):
    household = HouseholdFactory(grid=net.grid, address="沟底村 7 号")
    return household, ResidentFactory(household=household, name="赵老汉", is_head=True)


def typed(household, **other):
    return {
        "uuid": str(uuid4()),
        "household": str(household.uuid),
        "mode": "home",
        "outcome": "met",
        "happened_on": timezone.localdate().isoformat(),
        "concerns-TOTAL_FORMS": "3",
        "concerns-INITIAL_FORMS": "0",
    } | other


def test_a_visit_told_in_full(login, cast, home):
    household, person = home
    client = login(cast.gridworker)
    answer = client.post(
        reverse("visit_new"),
        typed(
            household,
            met=[str(person.uuid)],
            purposes=["care", "policy"],
            note="身体还好",
            **{
                "concerns-0-theme": "water",
                "concerns-0-words": "三天没水了",
                "concerns-0-state": "watching",
                "concerns-1-state": "watching",
            },
        ),
    )

    visit = HouseholdVisit.objects.get()
    assert answer.status_code == 302
    assert (visit.visitor, visit.grid, visit.purposes) == (
        cast.gridworker,
        visit.household.placements.get().grid,
        ["care", "policy"],
    )
    assert VisitMet.objects.get().in_person
    assert Concern.objects.get().words == "三天没水了"
    page = client.get(answer.url).content.decode()
    assert "赵老汉" in page and "三天没水了" in page and "身体还好" in page


@pytest.mark.parametrize(
    ("mode", "in_person"), [("home", True), ("phone", False), ("wechat", False), ("neighbour", False)]
)
def test_only_a_knock_at_the_door_is_in_person(login, cast, home, mode, in_person):
    household, person = home
    login(cast.gridworker).post(reverse("visit_new"), typed(household, mode=mode, met=[str(person.uuid)]))

    assert VisitMet.objects.get().in_person is in_person


@pytest.mark.parametrize("outcome", ["not_home", "refused", "not_needed"])
def test_nobody_is_met_where_nobody_opened(login, cast, home, outcome):
    household, person = home
    login(cast.gridworker).post(
        reverse("visit_new"), typed(household, outcome=outcome, met=[str(person.uuid)])
    )

    assert HouseholdVisit.objects.get().outcome == outcome
    assert not VisitMet.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"met": []}, "请选见到了谁"),
        ({"outcome": "flew"}, "flew"),
        ({"happened_on": "2999-01-01"}, "日期不能晚于今天"),
        ({"happened_on": "2001-01-01"}, "日期不能早于一年前"),
        ({"happened_on": "昨天"}, "日期"),
        ({"met": [str(uuid4())]}, "见到了谁"),
        ({"note": "长" * 2001}, "2000"),
        ({"note": "\x00"}, "空字符"),
        ({"uuid": "x"}, "记录编号"),
        ({"concerns-0-words": "只有话", "concerns-0-state": "watching"}, "诉求没有填完整"),
        ({"concerns-TOTAL_FORMS": "x"}, "诉求"),
    ],
)
def test_bad_input_gives_the_form_again_in_chinese(login, cast, home, wrong, words):
    household, person = home
    given = typed(household, met=[str(person.uuid)]) | {"note": "别丢了这句"} | wrong
    answer = login(cast.gridworker).post(reverse("visit_new"), given)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    if "note" not in wrong:
        assert "别丢了这句" in page
    assert not FieldRecord.objects.exists()


def test_people_away_or_of_another_house_cannot_be_met(login, cast, home, net):
    household, person = home
    stranger = ResidentFactory(household=HouseholdFactory(grid=net.grid))
    Absence.objects.create(resident=person, reason="work", starts_on=date(2020, 1, 1))
    client = login(cast.gridworker)
    for someone in (person, stranger):
        assert client.post(reverse("visit_new"), typed(household, met=[str(someone.uuid)])).status_code == 422
    assert client.post(reverse("visit_new"), typed(household)).status_code == 302


@pytest.mark.parametrize(
    ("who", "new", "page"),
    [
        ("gridworker", 200, 200),
        ("grid_head", 200, 200),
        ("village_officer", 200, 200),
        ("town_officer", 200, 200),
        ("neighbour", 404, 404),
        ("other_village_officer", 404, 404),
        ("leader", 403, 200),
        ("unit_officer", 403, 403),
        ("volunteer", 403, 403),
        ("admin", 403, 403),
        ("auditor", 403, 403),
        ("outsider", 403, 403),
    ],
)
def test_who_may_tell_and_who_may_read(login, cast, home, who, new, page):
    household, person = home
    visit = VisitFactory(household=household, met=[person], visitor=cast.gridworker)
    client = login(getattr(cast, who))

    assert client.get(reverse("visit_new"), {"household": household.uuid}).status_code == new
    assert client.get(visit.get_absolute_url()).status_code == page
    assert client.get(reverse("visit_print", args=[visit.record.uuid])).status_code == page
    listed = client.get(reverse("visit_list"))
    assert listed.status_code == (403 if page == 403 else 200)
    assert (household.address in listed.content.decode()) == (page == 200)


def test_the_list_costs_the_same_for_two_and_for_twenty(login, cast, net, home, django_assert_num_queries):
    household, person = home
    client = login(cast.gridworker)
    counts = []
    for more in (2, 18):
        for _ in range(more):
            VisitFactory(household=household, met=[person], visitor=cast.gridworker)
        client.get(reverse("visit_list"))
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse("visit_list")).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_filters_narrow_and_nonsense_filters_nothing(login, cast, home):
    household, person = home
    VisitFactory(household=household, met=[person], visitor=cast.gridworker, outcome="refused")
    client = login(cast.town_officer)
    address = reverse("visit_list")
    shown = {
        "outcome=refused": True,
        "outcome=met": False,
        "mode=home": True,
        "mode=phone": False,
        f"person={cast.gridworker.uuid}": True,
        f"person={cast.grid_head.uuid}": False,
        "grid=140181100208": True,
        "grid=140181100209": False,
        "since=2999-01-01": False,
        "until=2000-01-01": False,
        "entry=late": False,
        "entry=proxy": False,
        "grid=x&person=1&since=foo&outcome=zzz&page=-4": True,
        "page=99999": True,
    }
    for query, visible in shown.items():
        page = client.get(f"{address}?{query}")
        assert page.status_code == 200
        assert (household.address in page.content.decode()) == visible, query


def test_a_correction_is_a_new_record_and_what_was_heard_stays(login, cast, home):
    household, person = home
    visit = VisitFactory(household=household, met=[person], visitor=cast.gridworker, note="写错了")
    client = login(cast.gridworker)
    address = reverse("visit_correct", args=[visit.record.uuid])
    assert "写错了" in client.get(address).content.decode()
    given = typed(household, outcome="not_home", note="没人")
    assert client.post(address, given).status_code == 422
    answer = client.post(address, given | {"reason": "点错了户"})

    visit.refresh_from_db()
    new = HouseholdVisit.objects.current().get()
    assert answer.status_code == 302
    assert (visit.superseded_by, new.record.corrects, new.record.reason) == (
        new.record,
        visit.record,
        "点错了户",
    )
    assert "已更正" in client.get(visit.get_absolute_url()).content.decode()
    assert "写错了" not in client.get(reverse("visit_list")).content.decode()
    assert AuditEntry.objects.filter(action="correction").count() == 1
    assert client.get(address).status_code in (200, 302)
    again = client.post(address, given | {"reason": "再来", "uuid": str(uuid4())})
    assert again.status_code == 422


def test_a_withdrawal_needs_a_reason_and_the_right_person(login, cast, home):
    household, person = home
    visit = VisitFactory(household=household, met=[person], visitor=cast.gridworker)
    address = reverse("record_withdraw", args=[visit.record.uuid])
    assert login(cast.neighbour).post(address, {"reason": "x"}).status_code == 404
    assert login(cast.leader).post(address, {"reason": "x"}).status_code == 403
    client = login(cast.gridworker)
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "点错了"}).status_code == 302
    assert client.post(address, {"reason": "点错了"}).status_code == 302

    assert FieldRecord.objects.filter(kind="withdrawal").count() == 1
    assert not HouseholdVisit.objects.current().exists()


def test_after_two_days_only_the_head_withdraws(cast, home, monkeypatch):
    household, person = home
    visit = VisitFactory(household=household, met=[person], visitor=cast.gridworker)
    record = FieldRecord.objects.get(pk=visit.record_id)
    real = timezone.localdate
    monkeypatch.setattr(
        timezone, "localdate", lambda value=None: real(value) + (timedelta(0) if value else timedelta(days=2))
    )

    with pytest.raises(PermissionDenied):
        withdraw(record=record, by=cast.gridworker, reason="太晚")
    assert withdraw(record=record, by=cast.grid_head, reason="核实后撤销").corrects == record


def test_a_head_types_for_a_gridworker_and_it_says_so(login, cast, home):
    household, person = home
    given = typed(household, met=[str(person.uuid)], actor=str(cast.gridworker.uuid))
    answer = login(cast.grid_head).post(reverse("visit_new"), given)

    record = FieldRecord.objects.get()
    assert (record.actor, record.typed_by) == (cast.gridworker, cast.grid_head)
    assert "代录" in login(cast.grid_head).get(answer.url).content.decode()
    assert AuditEntry.objects.get().action == "proxy_entry"
    assert login(cast.gridworker).post(
        reverse("visit_new"), typed(household, met=[str(person.uuid)], actor=str(cast.grid_head.uuid))
    )
    assert FieldRecord.objects.latest("pk").actor == cast.gridworker


def test_somebody_without_a_term_here_cannot_have_done_it(login, cast, home):
    household, person = home
    given = typed(household, met=[str(person.uuid)], actor=str(cast.leader.uuid))
    answer = login(cast.town_officer).post(reverse("visit_new"), given)

    assert answer.status_code == 422
    assert "没有任职" in answer.content.decode()


def test_late_entry_is_welcome_and_marked(login, cast, home):
    household, person = home
    day = timezone.localdate() - timedelta(days=5)
    answer = login(cast.gridworker).post(
        reverse("visit_new"), typed(household, met=[str(person.uuid)], happened_on=day.isoformat())
    )

    assert "补录" in login(cast.gridworker).get(answer.url).content.decode()
    assert "补录" in login(cast.gridworker).get(reverse("visit_list"), {"entry": "late"}).content.decode()
    assert AuditEntry.objects.get().action == "late_entry"


def test_the_workbook_masks_names_and_keeps_formulas_text(login, cast, home):
    household, person = home
    VisitFactory(household=household, met=[person], visitor=cast.gridworker, note="=1+1\x07")
    assert login(cast.gridworker).get(reverse("visit_list"), {"format": "xlsx"}).status_code == 403
    answer = login(cast.grid_head).get(reverse("visit_list"), {"format": "xlsx", "outcome": "met"})

    sheet = load_workbook(io.BytesIO(answer.content)).active
    cells = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row}
    assert cells["=1+1"] == "s"
    assert "赵**" in cells and "赵老汉" not in cells
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_label, entry.changes) == (
        "export",
        "走访台账 1 行",
        {"outcome": ["", "met"]},
    )


def test_choosing_a_household_by_typing(login, cast, home, net):
    household, _ = home
    HouseholdFactory(grid=net.other_grid, address="神堂坪村 7 号")
    client = login(cast.gridworker)
    for words in ("7 号", "赵老", "zlh", ""):
        page = client.post(reverse("visit_pick"), {"q": words}, follow=True).content.decode()
        assert household.address in page and "神堂坪" not in page
    assert "没有找到" in client.post(reverse("visit_pick"), {"q": "火星"}, follow=True).content.decode()
    assert client.get(reverse("visit_new")).url == reverse("visit_pick")


def test_who_worked_before_the_split_reads_on(login, cast, home, net):
    """A household that moved to another grid takes its visits along."""
    household, person = home
    visit = VisitFactory(household=household, met=[person], visitor=cast.gridworker)
    placement = household.placements.get()
    placement.ends_on = timezone.localdate()
    placement.save()
    household.placements.create(grid=net.neighbour_grid, starts_on=timezone.localdate())

    assert login(cast.neighbour).get(visit.get_absolute_url()).status_code == 200
    assert login(cast.gridworker).get(visit.get_absolute_url()).status_code == 404
    assert GridFactory(code=net.grid.code).pk == visit.grid_id
    assert not Photo.objects.exists()
