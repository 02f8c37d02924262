"""Story 1, a burst pipe, through the actions: its presses, its moments, its figures."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from cases.actions.advance import advance
from cases.actions.deeds import add_note, call_expert, classify, update_expert
from cases.actions.report import Told, report
from cases.models import Case
from cases.vocabulary import Level, Status, Step
from grids.models import FieldRecord
from tests.factories.cases import CategoryFactory, envelope

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def at(monkeypatch):
    """`at(8, 50)`: it is ten to nine of Tuesday 2026-11-24."""

    def set_time(hour, minute):
        moment = datetime(2026, 11, 24, hour, minute, tzinfo=SHANGHAI)
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment

    return set_time


def test_a_burst_pipe_is_settled_in_the_grid(net, cast, at):
    worker, head = cast.gridworker, cast.grid_head
    no_water = CategoryFactory()
    burst = CategoryFactory(code="0401", name="给水管道破裂")
    at(7, 40)
    told = Told(subject="停水", category=no_water, place="水塔下面几户", affected_households=12)
    case = report(by=worker, envelope=envelope(), grid=net.grid, told=told).record.case
    assert case.case_no == "20261124-0001" and case.status == Status.SUBMITTED

    at(7, 42)
    case = advance(case=case, press="take", by=head, seen_version=case.version)
    assert (case.status, case.level, case.holder) == (Status.HANDLING, Level.HEAD, head)

    found = {"place": "后沟两公里处", "words": "铁管锈蚀开裂", "needs_expert": True}
    sealed = envelope(at(8, 50))
    at(8, 53)
    first = add_note(case=case, by=head, envelope=sealed, **found)
    second = add_note(case=case, by=head, envelope=sealed, **found)
    assert (first.created, second.created) == (True, False)
    notes = case.events.filter(press="note")
    assert notes.count() == 1 and notes.get().happened_at == datetime(2026, 11, 24, 8, 50, tzinfo=SHANGHAI)

    case.refresh_from_db()
    case = classify(case=case, by=head, category=burst, seen_version=case.version)
    expert = call_expert(case=case, by=head, name="李师傅", work="换管", arrived_at=at(9, 35))
    done = at(10, 27)
    expert = update_expert(expert=expert, by=head, seen_version=1, finished_at=done)
    assert expert.minutes == 52

    at(10, 29)
    case.refresh_from_db()
    told = {"measures": "换了一段铁管", "cause": "铁管锈蚀开裂", "helpers": "两名村干部"}
    case = advance(case=case, press="finish", by=head, seen_version=case.version, facts=told)
    assert case.status == Status.TO_VERIFY

    at(10, 38)
    case = advance(case=case, press="verify_and_close", by=worker, seen_version=case.version)

    assert (case.status, case.level_closed, case.closed_in_grid) == (Status.CLOSED, Level.HEAD, True)
    assert case.natural_seconds == 176 * 60
    assert set(case.steps_done) == set(Step) - {Step.EVALUATE}
    assert case.handling_place == "后沟两公里处" and case.category == burst
    assert [event.press for event in case.events.order_by("id") if event.position == 0] == [
        *("submit", "take", "note", "classify", "expert", "expert", "finish", "verify_and_close")
    ]

    path = Told(subject="路坏", category=burst, place="后沟小路", origin_case=case)
    beside = report(by=head, envelope=envelope(), grid=net.grid, told=path).record.case
    assert beside.origin_case == case and case.events.filter(press="beside").exists()
    assert FieldRecord.objects.filter(kind="case").count() == 2 and Case.objects.count() == 2
