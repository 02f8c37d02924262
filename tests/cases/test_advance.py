"""Every press on every status by every standing, against the table; and what the presses do."""

import threading
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, connection, transaction
from django.utils import timezone

from cases import rights, snapshot
from cases.actions import moving
from cases.actions.advance import advance
from cases.actions.deeds import classify, name_support
from cases.actions.requests import ask, decide, reply, supervise
from cases.exceptions import IllegalTransition
from cases.models import Case, CaseEvent, CaseRequest
from cases.vocabulary import Bar, Condition, Level, Need, Status
from cases.workflow import TRANSITIONS
from grids.access import ROLE_PERMISSIONS, UNIT_PERMISSIONS, Role
from grids.exceptions import DomainError
from grids.models import UnitMembership
from tests.factories import AssignmentFactory, GridFactory, UnitFactory, UserFactory
from tests.factories.cases import CaseFactory, CategoryFactory, reported

pytestmark = pytest.mark.django_db
S = Status
SHANGHAI = ZoneInfo("Asia/Shanghai")


def moment(month, day, hour, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.fixture
def at(monkeypatch):
    """`at(11, 23, 9)`: now it is nine o'clock of 23 November 2026."""

    def set_time(*args):
        now = moment(*args)
        monkeypatch.setattr(timezone, "now", lambda: now)
        return now

    return set_time


@pytest.fixture
def unit(net):
    return UnitFactory(town=net.town, name="供水站")


@pytest.fixture
def walk(net, cast, unit):
    """`walk("take", "finish")`: a case of net.grid after these presses, each by somebody who may."""

    def walk(*presses, **told):
        case = reported(cast.gridworker, net.grid, **told)
        for press in presses:
            case = advance(
                case=case, press=press, by=somebody(cast, case, press), **enough(press, cast, unit, case)
            )
        return case

    return walk


# One way to each status, and who presses it there.
WAYS = {
    S.SUBMITTED: (),
    S.DRAFT: ("ask_back",),
    S.REJECTED: ("reject",),
    S.REGISTERED: ("register",),
    S.SELF_CLOSED: ("settle",),
    S.HANDLING: ("take",),
    S.RETURNED: ("take", "hand_back"),
    S.TO_VERIFY: ("take", "finish"),
    S.CLOSED: ("take", "finish", "verify_and_close"),
    S.MERGED: ("merge",),
    S.VOIDED: ("register", "void"),
}
PRESSERS = {"take": "grid_head", "finish": "grid_head", "hand_back": "grid_head", "settle": "gridworker"}


def somebody(cast, case, press):
    return getattr(cast, PRESSERS.get(press, "town_officer"))


def enough(press, cast, unit, case):
    """What the press has to be told."""
    given = {}
    for need in TRANSITIONS[press].requires:
        if need == Need.HOLDER:
            given["unit"] = unit
        elif need == Need.MAIN_CASE:
            given["main_case"] = CaseFactory(
                grid=case.grid, category=case.category, reporter=case.reporter, subject="主件"
            )
        else:
            given["words"] = "说明"
    if press == "hand_up" and case.level >= Level.TOWN:
        given["unit"] = unit
    return given


def at_status(status, walk, cast, unit):
    if status == S.TO_CLOSE:
        return to_close(walk, cast, unit)
    if status == S.SUSPENDED:
        return suspended(walk, cast)
    return walk(*WAYS[status])


def to_close(walk, cast, unit):
    """Led by a unit that has no account: the village speaks for it, the reporter verifies."""
    case = walk("dispatch")
    case = advance(case=case, press="finish", by=cast.village_officer, words="修好了")
    return advance(case=case, press="verify", by=cast.gridworker)


def suspended(walk, cast):
    case = walk("take")
    request = ask(case=case, by=cast.grid_head, kind="suspend", reason="等冻土化开")
    decide(request=request, by=cast.village_officer, agreed=True)
    case.refresh_from_db()
    return case


STANDING = {
    "gridworker": (Role.GRIDWORKER, True),
    "neighbour": (Role.GRIDWORKER, False),
    "grid_head": (Role.GRID_HEAD, True),
    "village_officer": (Role.VILLAGE_OFFICER, True),
    "other_village_officer": (Role.VILLAGE_OFFICER, False),
    "town_officer": (Role.TOWN_OFFICER, True),
    "leader": (Role.TOWN_LEADER, True),
    "unit_officer": (Role.UNIT_OFFICER, False),
    "volunteer": (Role.VOLUNTEER, False),
    "admin": (Role.ADMIN, True),
    "auditor": (Role.AUDITOR, True),
    "outsider": (None, False),
}


def expected(press, who, case):
    """Whether the table lets them, said again from roles and the case's columns alone."""
    role, inside = STANDING[who]
    reporter, holder = who == "gridworker", "grid_head"
    has = role and inside and press.permission in ROLE_PERMISSIONS[role]
    if reporter and press.permission.name in ("REPORT_CASE", "VERIFY_CASE"):
        has = True
    if not has:
        return False
    led, in_person = case.unit_id is not None, case.holder_id is not None
    handler = {"grid_head": case.handler and case.handler.name == "闫志平"}
    handler["gridworker"] = case.handler and case.handler.name == "张春燕"
    if Bar.HANDLER in press.bars and handler.get(who):
        return False
    if Bar.NOT_REPORTER in press.bars and not reporter:
        return False
    if Bar.NOT_HOLDER in press.bars:
        if led and role not in (Role.VILLAGE_OFFICER, Role.TOWN_OFFICER):
            return False
        if in_person and who != holder:
            return False
    heavy = case.level >= Level.TOWN
    return {
        Condition.CLOSES_DIRECTLY: not heavy,
        Condition.CLOSES_IN_TOWN: heavy,
        Condition.BELOW_UNIT: case.level < Level.UNIT,
    }.get(press.condition, True)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("name", TRANSITIONS)
def test_a_case_moves_only_along_the_table(walk, cast, unit, status, name):
    """Transition × status × role × relation: who presses where, and that nothing else leaves a trace."""
    press = TRANSITIONS[name]
    case = at_status(status, walk, cast, unit)
    assert case.status == status
    wrong = {}
    for who in STANDING:
        by = getattr(cast, who)
        point = transaction.savepoint()
        before = case.events.count()
        try:
            moved = advance(case=case, press=name, by=by, **enough(name, cast, unit, case))
            found = "moved"
            assert moved.events.filter(press=name).exists()
            assert moved.status == (press.target or case.status_before)
        except IllegalTransition:
            found = "illegal"
        except PermissionDenied:
            found = "refused"
        if found != "moved":
            assert case.events.count() == before
        transaction.savepoint_rollback(point)
        if status not in press.sources:
            wanted = "illegal"
        else:
            wanted = "moved" if not press.automatic and expected(press, who, case) else "refused"
        if found != wanted:
            wrong[who] = f"{found} instead of {wanted}"

    assert wrong == {}


@pytest.mark.parametrize("name", [name for name, press in TRANSITIONS.items() if press.requires])
def test_a_press_asks_for_what_it_needs(walk, cast, unit, name):
    press = TRANSITIONS[name]
    status = sorted(press.sources)[0]
    case = at_status(status, walk, cast, unit)
    by = next(getattr(cast, who) for who in STANDING if expected(press, who, case))

    with pytest.raises(DomainError):
        advance(case=case, press=name, by=by, words="  ")

    assert Case.objects.get(pk=case.pk).status == status


def test_a_stale_page_changes_nothing(walk, cast):
    case = walk()
    seen = case.version
    advance(case=case, press="take", by=cast.grid_head, seen_version=seen)

    with pytest.raises(IllegalTransition):
        advance(case=case, press="register", by=cast.town_officer, seen_version=seen)


def test_one_press_writes_its_steps_as_events_of_their_own(walk):
    case = walk("settle")

    told = case.events.filter(press="settle").order_by("id").values_list("position", "step")
    assert list(told) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


# Clock and levels


def test_escalation_with_an_extension(net, cast, at, unit):
    """Story 2: a collapsed road climbs L1 → L2 → L3, is extended by two days, and is closed within them."""
    category = CategoryFactory(code="0402", name="路面塌陷")
    at(11, 23, 8, 30)
    case = reported(cast.gridworker, net.grid, subject="路坏", category=category)
    at(11, 23, 9)
    case = advance(case=case, press="take", by=cast.grid_head)
    assert (case.warn_at, case.due_at) == (moment(11, 23, 17, 24), moment(11, 24, 9))
    at(11, 23, 10)
    case = advance(case=case, press="hand_up", by=cast.grid_head, words="要挖机")
    assert (case.level, case.holder, case.due_at) == (Level.AREA, None, moment(11, 24, 9))
    at(11, 23, 11, 30)
    case = advance(case=case, press="hand_up", by=cast.village_officer, words="村里没有挖机")
    assert case.level == Level.TOWN and case.events.filter(press="hand_up").count() == 2
    assert case.light == "green"
    at(11, 23, 17, 30)
    assert case.light == "yellow"

    request = ask(case=case, by=cast.town_officer, kind="extend", days=2, reason="等料")
    at(11, 23, 17, 40)
    assert Case.objects.get(pk=case.pk).status == S.HANDLING
    second = UserFactory(name="镇办二")
    AssignmentFactory(user=second, role=Role.TOWN_OFFICER, grid=net.town)
    decide(request=request, by=second, agreed=True)
    case.refresh_from_db()
    assert (case.warn_at, case.due_at, case.is_extended) == (
        moment(11, 25, 14, 12),
        moment(11, 26, 9),
        True,
    )
    at(11, 25, 16)
    case = advance(case=case, press="finish", by=cast.town_officer, words="填好了")
    case = advance(case=case, press="verify", by=cast.gridworker)
    assert case.status == S.TO_CLOSE
    case = advance(case=case, press="close", by=second)

    assert case.status == S.CLOSED and case.closed_at <= case.due_at and case.level_closed == Level.TOWN


def test_a_level_without_anybody_is_passed_over(net, cast, walk):
    cast.village_officer.assignments.update(ends_on=date(2021, 1, 1))
    case = walk("take")

    case = advance(case=case, press="hand_up", by=cast.grid_head, words="办不了")

    assert case.level == Level.TOWN


def test_above_the_town_is_a_unit_of_this_town(net, cast, walk, unit):
    case = walk("take")
    for by in (cast.grid_head, cast.village_officer):
        case = advance(case=case, press="hand_up", by=by, words="办不了")
    with pytest.raises(DomainError, match="承办单位"):
        advance(case=case, press="hand_up", by=cast.town_officer, words="办不了")
    stranger = UnitFactory(town=GridFactory(code="140181101", name="别的镇"), name="别的供水站")
    with pytest.raises(DomainError, match="不属于本镇"):
        advance(case=case, press="hand_up", by=cast.town_officer, words="办不了", unit=stranger)

    case = advance(case=case, press="hand_up", by=cast.town_officer, words="办不了", unit=unit)
    assert (case.level, case.unit) == (Level.UNIT, unit)


@pytest.mark.parametrize("days", [-1, 0, 30])
def test_a_unit_that_is_or_will_be_retired_gets_nothing_new(net, cast, walk, unit, days):
    unit.retired_on = timezone.localdate() + timedelta(days=days)
    unit.save()
    with pytest.raises(DomainError, match="停用，请选择别的单位"):
        advance(case=walk(), press="dispatch", by=cast.town_officer, unit=unit)
    case = walk()
    with pytest.raises(DomainError, match="停用"):
        name_support(case=case, by=cast.town_officer, units=[unit], seen_version=case.version)


def test_a_case_does_not_come_back_to_a_unit_that_is_no_more(net, cast, walk, unit):
    case = advance(case=walk(), press="dispatch", by=cast.town_officer, unit=unit)
    case = advance(case=case, press="finish", by=cast.village_officer, facts={"measures": "换了"})
    case = advance(case=case, press="verify", by=cast.gridworker)
    case = advance(case=case, press="close", by=cast.town_officer)
    unit.retired_on = timezone.localdate()
    unit.save()
    case = advance(case=case, press="reopen", by=cast.town_officer, words="又漏了")
    assert (case.status, case.level, case.unit, case.holder) == (S.HANDLING, Level.TOWN, None, None)
    assert case in Case.objects.on_desk_of(cast.town_officer)


@pytest.mark.parametrize("source", ["hotline", "assigned"])
def test_what_came_from_above_is_not_settled_on_the_spot(net, cast, walk, source):
    """The town closes it (to_close): one press in a grid is no answer to the upstream."""
    with pytest.raises(DomainError, match="由镇里结案"):
        reported(cast.gridworker, net.grid, source=source, settled=True)
    case = walk(source=source, upstream_no="A-1")
    with pytest.raises(PermissionDenied, match="由镇里结案"):
        advance(case=case, press="settle", by=cast.gridworker)
    supervised = walk()
    supervise(case=supervised, by=cast.leader, words="今天办", reply_by=timezone.localdate())
    supervised.refresh_from_db()
    assert "settle" not in [one.name for one in rights.allowed(cast.gridworker, supervised, None)]


def test_a_unit_with_accounts_works_its_own_cases_and_no_others(net, cast, walk, unit):
    UnitMembership.objects.create(user=cast.unit_officer, unit=unit, starts_on=date(2020, 1, 1))
    led, other = walk("dispatch"), walk("take")

    seen = Case.objects.visible_to(cast.unit_officer, rights.P.SEE_CASES)
    assert list(seen) == [led]
    with pytest.raises(PermissionDenied):
        advance(case=led, press="finish", by=cast.village_officer, words="替他们写")
    led = advance(case=led, press="finish", by=cast.unit_officer, words="换了阀门")
    assert led.handler == cast.unit_officer
    with pytest.raises(PermissionDenied):
        advance(case=other, press="finish", by=cast.unit_officer, words="不是我们的")
    assert {rights.P.SEE_CASES, rights.P.HANDLE_CASE} == UNIT_PERMISSIONS


def test_who_speaks_for_a_unit_without_accounts_did_not_do_the_work(walk, cast, unit):
    case = walk("dispatch")
    case = advance(case=case, press="finish", by=cast.town_officer, words="单位电话回复修好了")
    assert case.handler is None

    case = advance(case=case, press="verify", by=cast.gridworker)
    case = advance(case=case, press="close", by=cast.town_officer)
    assert case.status == S.CLOSED


def test_a_heavy_case_closes_with_the_verification_where_only_its_handler_could_close_it(cast, walk):
    case = walk("take")
    for by in (cast.grid_head, cast.village_officer):
        case = advance(case=case, press="hand_up", by=by, words="办不了")
    case = advance(case=case, press="finish", by=cast.town_officer, words="办好了")

    case = advance(case=case, press="verify_and_close", by=cast.village_officer)

    assert case.status == S.CLOSED


def test_suspension_stops_the_clock(net, cast, at, walk):
    at(11, 23, 9)
    case = walk("take")
    at(11, 23, 10)
    request = ask(case=case, by=cast.grid_head, kind="suspend", reason="等冻土化开")
    with pytest.raises(PermissionDenied):
        decide(request=request, by=cast.grid_head, agreed=True)
    at(11, 23, 11)
    decide(request=request, by=cast.village_officer, agreed=True)
    case.refresh_from_db()
    assert case.status == S.SUSPENDED and case.light is None
    at(11, 25, 9)
    case = advance(case=case, press="resume", by=cast.grid_head)

    # Two of eight hours had run; six are left from Wednesday nine o'clock.
    assert case.due_at == moment(11, 25, 17)
    with pytest.raises(IllegalTransition):
        decide(request=request, by=cast.village_officer, agreed=True)


def test_a_request_lapses_when_the_case_moves_on(walk, cast):
    case = walk("take")
    request = ask(case=case, by=cast.grid_head, kind="extend", days=1, reason="下雨")

    with pytest.raises(DomainError):
        ask(case=case, by=cast.grid_head, kind="extend", days=1, reason="再来一次")
    advance(case=case, press="finish", by=cast.grid_head, words="办好了")

    request.refresh_from_db()
    assert request.decision == CaseRequest.Decision.LAPSED


def test_another_class_takes_its_limit_from_the_same_registration(net, cast, at, walk):
    at(11, 23, 9)
    case = walk("take")
    at(11, 23, 15)
    shorter = CategoryFactory(code="0701", name="停电", limit_amount=4)

    case = classify(case=case, by=cast.grid_head, category=shorter, seen_version=case.version)

    assert case.due_at == moment(11, 23, 15) and case.registered_at == moment(11, 23, 9)


def test_the_earlier_deadline_rules_and_says_which(net, cast, at):
    at(11, 23, 9)
    upstream = moment(11, 23, 16)
    told = {"source": "hotline", "upstream_no": "GD1", "upstream_due_at": upstream}
    case = reported(cast.town_officer, net.grid, **told)
    case = advance(case=case, press="register", by=cast.town_officer)

    assert (case.due_at, case.due_by) == (upstream, "upstream")
    # Four fifths of the five working hours until then.
    assert case.warn_at == moment(11, 23, 15)


def test_supervision_and_its_reply(walk, cast, at):
    at(11, 23, 9)
    case = walk("take")
    with pytest.raises(PermissionDenied):
        supervise(case=case, by=cast.village_officer, words="抓紧", reply_by=date(2026, 11, 25))
    with pytest.raises(DomainError, match="早于今天"):
        supervise(case=case, by=cast.leader, words="抓紧", reply_by=date(2026, 11, 22))
    supervision = supervise(case=case, by=cast.leader, words="抓紧", reply_by=date(2026, 11, 25))
    case.refresh_from_db()
    assert case.was_supervised and case.reply_by == date(2026, 11, 25)

    with pytest.raises(PermissionDenied):
        reply(supervision=supervision, by=cast.village_officer, words="在办")
    reply(supervision=supervision, by=cast.grid_head, words="今天就好")
    case.refresh_from_db()
    assert case.reply_by is None
    case = advance(case=case, press="finish", by=cast.grid_head, words="办好了")
    case = advance(case=case, press="verify", by=cast.gridworker)
    assert case.status == S.TO_CLOSE  # What was supervised is closed by the town.


# Duplicates, rework, reopening


def test_four_reports_of_one_heap_become_one(net, cast):
    """Story 3: all four reporters see one result."""
    reporters = [cast.gridworker, cast.grid_head, cast.village_officer, cast.town_officer]
    main, *others = [reported(by, net.grid, subject="垃圾", place="河滩") for by in reporters]
    for other in others:
        advance(case=other, press="merge", by=cast.town_officer, main_case=main)
    main.refresh_from_db()
    main = advance(case=main, press="take", by=cast.grid_head)
    main = advance(case=main, press="finish", by=cast.grid_head, words="清走了")
    advance(case=main, press="verify_and_close", by=cast.gridworker)

    rows = Case.objects.order_by("pk")
    assert [row.status for row in rows] == [S.CLOSED, S.MERGED, S.MERGED, S.MERGED]
    assert {row.merged_into_id for row in rows[1:]} == {main.pk}
    assert main.events.filter(press="absorb").count() == 3
    assert Case.objects.counted().count() == 1


def test_undoing_a_merge_gives_back_status_and_clock(net, cast, at, walk):
    at(11, 23, 9)
    case = walk("take")
    main = reported(cast.gridworker, net.grid, place="别处")
    at(11, 23, 10)
    case = advance(case=case, press="merge", by=cast.town_officer, main_case=main)
    with pytest.raises(DomainError):
        advance(case=main, press="merge", by=cast.town_officer, main_case=case)
    at(11, 23, 15)
    case = advance(case=case, press="unmerge", by=cast.town_officer, words="不是一回事")

    assert case.status == S.HANDLING and case.holder == cast.grid_head and case.merged_into is None
    assert case.due_at == moment(11, 24, 12)  # Three working hours it rested: 10-12 and 14-15.


def test_rework_keeps_the_number_and_counts(walk, cast):
    """Story 4, one of its twenty."""
    case = walk("take", "finish")
    number = case.case_no
    case = advance(case=case, press="rework", by=cast.gridworker, words="还在漏")
    assert (case.status, case.rework_count, case.handled_at) == (S.HANDLING, 1, None)
    case = advance(case=case, press="finish", by=cast.grid_head, words="又换了一段")
    case = advance(case=case, press="verify_and_close", by=cast.gridworker)

    assert (case.case_no, case.rework_count, case.status) == (number, 1, S.CLOSED)


def test_the_grid_head_reopens_within_seven_days_and_the_town_always(walk, cast, at):
    at(11, 2, 9)
    case = walk("take", "finish", "verify_and_close")
    at(11, 9, 8, 59)
    point = transaction.savepoint()
    reopened = advance(case=case, press="reopen", by=cast.grid_head, words="又坏了")
    assert (reopened.status, reopened.reopen_count, reopened.closed_at) == (S.HANDLING, 1, None)
    transaction.savepoint_rollback(point)
    at(11, 9, 9, 1)
    with pytest.raises(PermissionDenied):
        advance(case=case, press="reopen", by=cast.grid_head, words="又坏了")
    assert advance(case=case, press="reopen", by=cast.town_officer, words="又坏了").status == S.HANDLING


def test_a_review_is_asked_for_once(walk, cast):
    case = walk("reject")
    case = advance(case=case, press="review", by=cast.gridworker, words="确实是公家的管子")
    case = advance(case=case, press="reject", by=cast.town_officer, words="自家院内的")
    with pytest.raises(PermissionDenied):
        advance(case=case, press="review", by=cast.gridworker, words="再看看")


# The log and the snapshot


@pytest.mark.parametrize("status", Status)
def test_the_log_gives_the_snapshot_back(walk, cast, unit, status):
    case = at_status(status, walk, cast, unit)
    case = Case.objects.get(pk=case.pk)
    first = snapshot.Snapshot(category_id=case.category_id, responsible_grid_id=case.grid_id)

    folded = snapshot.fold(first, moving.moves_of(case.events.order_by("id")))

    assert folded == moving.snapshot_of(case)


def test_the_log_refuses_changes(walk):
    event = walk().events.get()
    for change in (
        lambda: CaseEvent.objects.filter(pk=event.pk).update(words="改"),
        lambda: CaseEvent.objects.filter(pk=event.pk).delete(),
    ):
        with pytest.raises(Error), transaction.atomic():
            change()


@pytest.mark.django_db(transaction=True)
def test_fifty_presses_at_once_make_one_event(net, cast):
    """Real connections: one is quicker, the others are told that the state has changed."""
    case = reported(cast.gridworker, net.grid)
    outcomes, start = [], threading.Barrier(50)

    def press():
        try:
            start.wait()
            advance(case=case, press="take", by=cast.grid_head, seen_version=case.version)
            outcomes.append("moved")
        except IllegalTransition:
            outcomes.append("illegal")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["illegal"] * 49 + ["moved"]
    assert case.events.filter(press="take", position=0).count() == 1
    assert timedelta(0) <= timezone.now() - Case.objects.get().registered_at < timedelta(minutes=1)
