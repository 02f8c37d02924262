"""The demo's year of cases: told in bulk as the actions would have written it, and like a real town's."""

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from cases import tallies
from cases.actions import daily, deeds, moving, ratings, rebuild, requests
from cases.actions.advance import advance
from cases.actions.report import Told, report
from cases.models import (
    Case,
    CaseCounter,
    CaseEvent,
    CaseExpert,
    CaseHousehold,
    CaseLink,
    CaseRating,
    CaseRequest,
    CaseTask,
    CheckDraw,
    CheckItem,
    HardCase,
    Supervision,
)
from cases.vocabulary import Status
from grids import access
from grids.models import AuditEntry, Concern, FieldRecord, Finding, Unit, UnitMembership, User
from hekou.demo import facts
from hekou.demo.copying import copy_in
from hekou.demo.lives import Life, write
from tests.factories import ConcernFactory, FindingFactory, HouseholdFactory, PatrolFactory
from tests.factories.cases import CategoryFactory
from tests.hekou.test_demo import build, undone

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 11, 23, 9, 0, 12, 345678, tzinfo=SHANGHAI)


def then(hours):
    return NINE + timedelta(hours=hours)


class Acted:
    """The words of `Life`, each carried out by the action on its moment."""

    def __init__(self, monkeypatch, told, grid, by):
        self._patch = monkeypatch
        self._at(NINE)
        envelope = facts.envelope_at(uuid4(), NINE)
        self.case = report(by=by, envelope=envelope, grid=grid, told=told).record.case

    def _at(self, moment):
        self._patch.setattr(timezone, "now", lambda: moment)

    def press(self, name, at, by, words="", told=None, holder=None, unit=None, main_case=None):
        self._at(at)
        self.case = advance(
            case=self.case,
            press=name,
            by=by,
            words=words,
            facts=told,
            holder=holder,
            unit=unit,
            main_case=main_case,
        )

    def take(self, at, by, level):
        self.press("take", at, by)

    def give_to(self, at, by, person, level):
        self.press("dispatch", at, by, holder=person)

    def give_to_unit(self, at, by, unit, press="dispatch", words=""):
        self.press(press, at, by, words, unit=unit)

    def hand_up(self, at, by, words, level):
        self.press("hand_up", at, by, words)

    def classify(self, at, by, category):
        self._at(at)
        self.case = deeds.classify(case=self.case, by=by, category=category, seen_version=None)

    def note(self, at, by, words):
        self._at(at)
        deeds.add_note(case=self.case, by=by, envelope=facts.envelope_at(uuid4(), at), words=words)

    def expert(self, at, by, name, work, minutes):
        self._at(at)
        arrived = at - timedelta(minutes=minutes)
        deeds.call_expert(case=self.case, by=by, name=name, work=work, arrived_at=arrived, finished_at=at)

    def ask(self, at, by, kind, reason, days=None):
        self._at(at)
        self.request = requests.ask(case=self.case, by=by, kind=kind, reason=reason, days=days)

    def decide(self, at, by, agreed, opinion=""):
        self._at(at)
        requests.decide(request=self.request, by=by, agreed=agreed, opinion=opinion)

    def supervise(self, at, by, words, reply_by):
        self._at(at)
        self.supervision = requests.supervise(case=self.case, by=by, words=words, reply_by=reply_by)

    def reply(self, at, by, words):
        self._at(at)
        requests.reply(supervision=self.supervision, by=by, words=words)

    def merge_into(self, main, at, by):
        self.press("merge", at, by, main_case=main.case)

    def rate(self, at, score, words="", by=None, code="", issued=None):
        if issued:
            self._at(issued[1])
            _, code = ratings.issue_link(case=self.case, by=issued[0])
        self._at(at)
        if by:
            ratings.rate_by_call(case=self.case, by=by, score=score, words=words)
        else:
            ratings.rate_by_link(code=code, score=score, words=words)

    def finish_task(self, at, by, outcome):
        self._at(at)
        ratings.finish_task(task=self.case.tasks.get(), by=by, outcome=outcome)


def light(life, cast, unit, other):
    life.take(then(0.1), cast.grid_head, 1)
    life.note(then(0.3), cast.grid_head, "到现场看了。")
    life.expert(then(0.9), cast.grid_head, "李师傅", "换管", 30)
    done = {"measures": "换了管", "cause": "锈蚀", "helpers": ""}
    life.press("finish", then(1), cast.grid_head, "", done)
    life.press("rework", then(1.5), cast.gridworker, "又漏了")
    life.press("finish", then(2), cast.grid_head, "", {"measures": "焊上了"})
    life.press("verify_and_close", then(3), cast.gridworker)
    life.rate(then(4), 1, "拖了几天", code="23456789ABCD", issued=(cast.gridworker, then(3.5)))
    life.finish_task(then(5), cast.town_officer, "上门说清了")
    life.press("reopen", then(6), cast.town_officer, "还是漏")


def heavy(life, cast, unit, other):
    life.take(then(0.1), cast.grid_head, 1)
    life.hand_up(then(0.5), cast.grid_head, "村里弄不了", 2)
    life.hand_up(then(0.7), cast.village_officer, "要市里的单位", 3)
    life.give_to_unit(then(0.9), cast.town_officer, unit, "hand_up", "请供水站办")
    life.supervise(then(1), cast.leader, "抓紧", NINE.date() + timedelta(days=2))
    life.reply(then(1.2), cast.unit_officer, "下午动工")
    life.press("finish", then(2), cast.unit_officer, "", {"measures": "换了管"})
    life.press("verify", then(3), cast.gridworker)
    life.press("close", then(4), cast.town_officer)
    life.rate(then(5), 3, "", by=cast.village_officer)


def requested(life, cast, unit, other):
    life.give_to(then(0.1), cast.village_officer, cast.grid_head, 1)
    life.classify(then(0.2), cast.grid_head, other)
    life.ask(then(0.3), cast.grid_head, "extend", "等料", 2)
    life.decide(then(0.5), cast.village_officer, True)
    life.ask(then(0.6), cast.grid_head, "extend", "还要等", 2)
    life.decide(then(0.7), cast.village_officer, False, "够了")
    life.ask(then(0.8), cast.grid_head, "suspend", "上冻了")
    life.decide(then(0.9), cast.village_officer, True, "同意，开春修")
    life.press("resume", then(100), cast.grid_head)
    life.ask(then(101), cast.grid_head, "extend", "再等", 1)
    life.press("hand_back", then(102), cast.grid_head, "办不了")


def turned_away(life, cast, unit, other):
    life.press("reject", then(0.5), cast.village_officer, "不在本镇")


def to_a_unit(life, cast, unit, other):
    life.give_to_unit(then(0.5), cast.town_officer, unit)


def confirmed(life, cast, unit, other):
    life.press("confirm", then(2), cast.grid_head)
    life.rate(then(3), 2, "还行", by=cast.village_officer)


def doubted(life, cast, unit, other):
    given = {"holder_id": None, "handler": cast.gridworker.pk} if isinstance(life, Life) else {}
    life.press("doubt", then(2), cast.grid_head, "没有办好", **given)


LIVES = {
    "light": (light, {}),
    "heavy": (heavy, {"source": "hotline", "upstream_no": "12345-1", "upstream_due_at": then(30)}),
    "requested": (requested, {"affected_households": 5}),
    "turned away": (turned_away, {}),
    "to a unit": (to_a_unit, {"caller_name": "赵大爷", "caller_phone": "13812345678"}),
    "confirmed": (confirmed, {"settled": True, "measures": "挪走了"}),
    "doubted": (doubted, {"settled": True, "measures": "挪走了", "is_urgent": True}),
}
MODELS = {
    Case: {"id", "uuid", "record_id", "caller_phone_sealed", "merged_into_id"},
    CaseEvent: {"id", "case_id", "record_id", "recorded_at"},
    CaseRequest: {"id", "uuid", "case_id"},
    Supervision: {"id", "uuid", "case_id"},
    CaseExpert: {"id", "uuid", "case_id"},
    CaseRating: {"id", "case_id"},
    CaseTask: {"id", "uuid", "case_id", "rating_id"},
    CaseLink: {"id", "case_id", "token_hash"},
    CaseHousehold: {"id", "case_id"},
    CaseCounter: {"id"},
    # What a note is hashed over holds its case's uuid.
    FieldRecord: {"id", "uuid", "received_at", "digest"},
    Concern: {"id", "uuid", "record_id", "version"},
    Finding: {"id", "uuid", "patrol_id", "version"},
    AuditEntry: {"id", "at", "object_key", "hash", "previous"},
}


def everything():
    """All rows of cases, without keys and uuids, and the caller's number opened."""
    found = {}
    for model, left_out in MODELS.items():
        fields = [f.attname for f in model._meta.concrete_fields if f.attname not in left_out]
        rows = list(model.objects.order_by("pk").values(*fields))
        for row in rows:
            if model is Case:
                # The same moment may be written in either zone.
                row["pauses"] = [[datetime.fromisoformat(at) for at in pause] for pause in row["pauses"]]
            if model is CaseEvent:
                row["data"] = {k: v for k, v in row["data"].items() if k not in ("main", "case")}
        found[model.__name__] = rows
    found["numbers"] = [case.caller_phone for case in Case.objects.order_by("pk")]
    found["digests"] = list(FieldRecord.objects.filter(kind="case").order_by("pk").values_list("digest"))
    found["merged"] = [case.merged_into and case.merged_into.case_no for case in Case.objects.order_by("pk")]
    return found


def apart(one, two):
    """Where the two differ, column by column."""
    found = []
    for name, rows in one.items():
        for a, b in zip(rows, two[name], strict=True):
            if isinstance(a, dict):
                found += [(name, key, a[key], b[key]) for key in a if a[key] != b[key]]
            elif a != b:
                found.append((name, a, b))
    return found


@pytest.fixture
def unit(net, cast):
    unit = Unit.objects.create(town=net.town, name="供水站")
    UnitMembership.objects.create(
        user=cast.unit_officer, unit=unit, starts_on=NINE.date() - timedelta(days=9)
    )
    return unit


def begun_in_bulk(net, told, by):
    fact = facts.Fact(
        kind=FieldRecord.Kind.CASE,
        by=by,
        actor=by,
        grid=net.grid,
        household=told.household,
        envelope=facts.envelope_at(uuid4(), NINE),
        received_at=NINE,
        told={"told": told, "grid": net.grid, "level": 0},
        label=f"{told.subject} {told.place}",
    )
    return Life(fact, clock=moving.TownClock(net.town.pk), now=then(1000), uuid=uuid4)


def both_ways(monkeypatch, tell_acted, tell_bulk):
    """Everything that the one and the other leave, each in a savepoint that is rolled back."""
    found = []
    for tell in (tell_acted, tell_bulk):
        savepoint = transaction.savepoint()
        tell()
        found.append(everything())
        transaction.savepoint_rollback(savepoint)
        monkeypatch.undo()
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(("script", "given"), LIVES.values(), ids=LIVES)
def test_bulk_lives_equal_acted_ones(net, cast, unit, monkeypatch, script, given):
    monkeypatch.setattr(timezone, "now", lambda: NINE)
    other = CategoryFactory(town=net.town, code="0401", limit_amount=3, limit_unit="working_days")
    told = Told(
        subject="停水", category=CategoryFactory(town=net.town), place="水塔下", words="没水", **given
    )
    by = cast.gridworker

    def acted():
        for person in cast:
            access.forget(person)
        script(Acted(monkeypatch, told, net.grid, by), cast, unit, other)

    def bulk():
        life = begun_in_bulk(net, told, by)
        script(life, cast, unit, other)
        copy_in(write([life], uuid4))

    one, two = both_ways(monkeypatch, acted, bulk)
    assert apart(one, two) == []
    assert len(one["Case"]) == 1 and len(one["CaseEvent"]) > 1


@pytest.mark.django_db
def test_a_bulk_duplicate_equals_an_acted_one(net, cast, monkeypatch):
    told = Told(subject="停水", category=CategoryFactory(town=net.town), place="水塔下", words="没水")

    def script(main, twin):
        main.take(then(0.1), cast.grid_head, 1)
        twin.merge_into(main, then(0.5), cast.village_officer)

    def acted():
        main = Acted(monkeypatch, told, net.grid, cast.gridworker)
        script(main, Acted(monkeypatch, told, net.grid, cast.grid_head))

    def bulk():
        pair = [begun_in_bulk(net, told, by) for by in (cast.gridworker, cast.grid_head)]
        script(*pair)
        copy_in(write(pair, uuid4))

    def in_any_order(found):
        """Of each case its own events in order; in bulk they are not interleaved with another's."""
        key = lambda event: (str(event["happened_at"]), event["press"], event["position"])  # noqa: E731
        return found | {"CaseEvent": sorted(found["CaseEvent"], key=key)}

    one, two = map(in_any_order, both_ways(monkeypatch, acted, bulk))
    assert apart(one, two) == [] and one["merged"].count(None) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("origin", ["concern", "finding"])
def test_what_a_bulk_case_grew_from_is_passed_on(net, cast, monkeypatch, origin):
    household = HouseholdFactory(grid=net.grid)
    concern = ConcernFactory(grid=net.grid, household=household, heard_by=cast.gridworker)
    finding = FindingFactory(patrol=PatrolFactory(grid=net.grid, walker=cast.gridworker), grid=net.grid)
    grown = {"concern": concern, "household": household} if origin == "concern" else {"finding": finding}
    told = Told(subject="停水", category=CategoryFactory(town=net.town), place="院里", **grown)

    def bulk():
        copy_in(write([begun_in_bulk(net, told, cast.gridworker)], uuid4))

    one, two = both_ways(monkeypatch, lambda: Acted(monkeypatch, told, net.grid, cast.gridworker), bulk)
    assert apart(one, two) == []
    assert [row["state"] for row in one[origin.capitalize()]] == ["passed_on"]


# What is in it


@pytest.fixture(scope="module")
def year(django_db_setup, django_db_blocker):
    """One town of a year for the tests that only look at it."""
    with django_db_blocker.unblock(), undone():
        call_command("setup_town", verbosity=0)
        build(households=1500, days=365)
        yield list(Case.objects.order_by("pk"))


def share(rows, fits):
    rows = list(rows)
    return 100 * sum(1 for row in rows if fits(row)) / len(rows)


def test_every_row_is_what_its_log_says(year):
    assert list(rebuild.differing()) == []
    assert tallies.wrong() == []


def test_the_figures_are_like_a_towns(year):
    assert len(year) > 700
    closed = [case for case in year if case.status == Status.CLOSED]
    from_grids = [case for case in closed if case.source in ("visit", "patrol", "resident")]
    assert 72 <= share(from_grids, lambda case: case.closed_in_grid) <= 88
    due = [case for case in year if case.due_at and case.due_at < timezone.now()]
    due = [case for case in due if case.status not in (Status.MERGED, Status.VOIDED, Status.SUSPENDED)]
    assert 84 <= share(due, lambda case: case.closed_at and case.closed_at <= case.due_at) <= 95
    rated = [case for case in closed if case.rating]
    assert 15 <= 100 * len(rated) / len(closed) <= 35
    assert 90 <= share(rated, lambda case: case.rating >= 2) < 100
    worked = [case.working_seconds / 3600 for case in closed if not case.was_self_closed]
    assert 3 <= median(worked) <= 30


def test_all_that_may_become_of_a_case_is_there(year):
    assert {case.status for case in year} == set(Status)
    assert {case.source for case in year} == set(Case.Source.values)
    assert {case.level_closed for case in year} == {None, 0, 1, 2, 3, 4}
    for mark in (
        "is_extended",
        "was_supervised",
        "rework_count",
        "reopen_count",
        "is_unchecked",
        "is_urgent",
    ):
        assert any(getattr(case, mark) for case in year), mark
    presses = set(CaseEvent.objects.values_list("press", flat=True))
    assert {"note", "classify", "expert", "refuse", "absorb", "task", "doubt", "resume"} <= presses
    assert Case.objects.exclude(concern=None).exists() and Case.objects.exclude(finding=None).exists()
    assert not Concern.objects.filter(case__isnull=False).exclude(state="passed_on").exists()


def test_nothing_happened_before_its_time_or_is_still_to_come(year):
    assert not CaseEvent.objects.filter(happened_at__gt=timezone.now()).exists()
    assert not CaseEvent.objects.filter(recorded_at__gt=timezone.now()).exists()
    last = {}
    for case, at in CaseEvent.objects.order_by("pk").values_list("case_id", "happened_at"):
        assert last.get(case, at) <= at
        last[case] = at
    handled = [case for case in year if case.status == Status.CLOSED and not case.is_unchecked]
    closers = dict(
        CaseEvent.objects.filter(press__in=["confirm", "verify_and_close", "close"]).values_list("case", "by")
    )
    assert all(closers[case.pk] != case.handler_id for case in handled)


def test_there_is_something_to_do_today(year):
    people = {phone: User.objects.get(phone=f"138000000{phone:02d}") for phone in (1, 2, 3, 4, 5, 10)}
    worker, head, area, town, officer, _ = people.values()
    unit = Unit.objects.get(name="供水站")
    here = {"responsible_grid__code": "140181100208001"}

    def some(**given):
        return Case.objects.filter(**given)

    assert 2 <= some(status="submitted").count() <= 5
    assert some(status="submitted", reporter=worker, **here).exists()
    assert some(status="self_closed", handler=worker, **here).count() >= 2
    assert some(status="to_verify", reporter=worker, handler=head).exists()
    assert some(status="draft", reporter=worker).exists()
    assert some(unit=unit, status="handling").count() >= 2
    assert Supervision.objects.filter(case__unit=unit, replied_at=None).exists()
    assert some(source="hotline", status="submitted", upstream_due_at__gt=timezone.now()).exists()
    assert some(status="to_close").exists() and some(status="registered").exists()
    pending = CaseRequest.objects.filter(decision="pending")
    for decider in (area, town):
        assert any(requests.may_decide(decider, one.case, one) for one in pending)
    assert 2 <= CaseTask.objects.filter(done_at=None).count() <= 6
    assert 2 <= Case.objects.overdue().count() <= 12
    assert CheckDraw.objects.exists() and CheckItem.objects.exclude(result="open").exists()
    for draw in CheckDraw.objects.all():
        assert 0 < draw.items.count() == -(-draw.eligible * draw.percent // 100)
        assert not draw.items.filter(checked_at__lt=draw.drawn_at).exists()
    hard = HardCase.objects.get()
    assert hard.case.suspended_since < timezone.now() - timedelta(days=30) and hard.owner == town
    assert officer.memberships.current().exists()


def test_the_night_has_little_left_to_do(year):
    """Holders still serve where their cases are, and nothing waits that should have closed by itself."""
    savepoint = transaction.savepoint()
    assert daily.follow_the_net(timezone.now()) == 0
    assert daily.free_of_leavers(timezone.now()) == 0
    assert daily.close_unchecked(timezone.now()) <= 3
    transaction.savepoint_rollback(savepoint)


def test_numbers_of_a_day_are_in_order_without_a_gap(year):
    for counter in CaseCounter.objects.all():
        of_day = Case.objects.filter(case_no__startswith=f"{counter.day:%Y%m%d}-")
        numbers = [int(no[9:]) for no in of_day.order_by("record_id").values_list("case_no", flat=True)]
        assert numbers == list(range(1, counter.last + 1))


def test_the_ledger_has_the_newest_on_top(year):
    """It lists by key; the year comes in by time, and what was laid by hand for today last."""
    came = list(Case.objects.order_by("pk").values_list("reported_at", flat=True))
    backwards = sum(later < earlier for earlier, later in pairwise(came))

    assert backwards < len(came) / 5
    assert min(came[-5:]) > sorted(came)[len(came) // 2]
