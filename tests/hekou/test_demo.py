"""The demo town: the same from the same seed, as the actions would have written it, and pleasant to look at."""

import hashlib
import re
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F
from django.utils import timezone

from cases.models import Case, CaseEvent, CaseLink, CaseRating, CaseRequest, CaseTask, Supervision
from grids import audit_chain, geometry, names
from grids.actions.concerns import log_concern
from grids.actions.corrections import withdraw
from grids.actions.patrols import log_patrol
from grids.actions.records import Envelope
from grids.actions.visits import log_visit
from grids.indicators import by_place, figures_of, owed_in
from grids.models import (
    Absence,
    AuditEntry,
    Concern,
    Feedback,
    FieldRecord,
    Finding,
    Grid,
    GridAssignment,
    Household,
    HouseholdVisit,
    Patrol,
    PatrolCheck,
    PatrolPoint,
    Placement,
    Relative,
    Resident,
    ResidentCare,
    User,
    VisitMet,
)
from grids.todo import todo
from grids.tree import Net, summarise
from hekou.demo import facts, town
from hekou.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from hekou.demo.names import PHONE_PREFIX, TAKEN
from surveys.actions.inspections import Verdict, log_inspection
from surveys.indicators.inspections import stubborn_sites
from surveys.models import Inspection, InspectionResult, Site
from tests.factories import HouseholdFactory, ResidentFactory
from tests.factories.inspections import ItemFactory, SiteFactory

HOUSEHOLDS, DAYS = 600, 100


def build(**given):
    asked = {"seed": 20260301, "households": HOUSEHOLDS, "days": DAYS} | given
    town.build(progress=lambda label, n: lambda: None, **asked)


def morning_of(day):
    return timezone.make_aware(datetime.combine(day, time(10)))


@contextmanager
def undone():
    """A transaction with the rights of the pages' role, of which nothing stays."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE hekou_app")
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """One town for the tests that only look at it."""
    with django_db_blocker.unblock(), undone():
        call_command("setup_town", verbosity=0)
        build()
        yield


# As the actions would have written it


def said(model, record, leave_out=()):
    """The rows of a model that hang on a record, without keys and uuids."""
    path = {
        HouseholdVisit: "record",
        Concern: "record",
        Patrol: "record",
        FieldRecord: "pk",
        VisitMet: "visit__record",
        Inspection: "record",
        InspectionResult: "inspection__record",
    }.get(model, "patrol__record")
    fields = [
        f.attname
        for f in model._meta.concrete_fields
        if f.name not in {"id", "uuid", "record", "visit", "patrol", "inspection", "corrects", *leave_out}
    ]
    key = record.pk if model is FieldRecord else record
    return list(model.objects.filter(**{path: key}).order_by("pk").values(*fields))


FACT_MODELS = (
    FieldRecord,
    HouseholdVisit,
    VisitMet,
    Concern,
    Patrol,
    PatrolCheck,
    Finding,
    Inspection,
    InspectionResult,
)


def as_written(record):
    """All rows of one fact. When it came in and when it was settled are the moments of two different posts."""
    return {model.__name__: said(model, record, {"received_at", "settled_at"}) for model in FACT_MODELS}


def entries(after):
    fields = ("action", "by", "grid", "object_type", "object_label", "changes", "reason")
    return list(AuditEntry.objects.filter(id__gt=after).order_by("id").values_list(*fields))


def last_entry():
    return AuditEntry.objects.count()


@pytest.fixture
def home(net):
    household = HouseholdFactory(grid=net.grid, address="沟底村 7 号")
    return household, [ResidentFactory(household=household, name=name) for name in ("赵存喜", "李桂花")]


WATER = {"theme": "water", "words": "好几天没水了", "state": "watching"}
SETTLED = {"theme": "policy", "words": "问医保", "state": "settled"}


def visit_told(home, **given):
    household, residents = home
    told = {"household": household, "mode": "home", "outcome": "met", "met": residents, "note": "都好。"}
    return told | {"purposes": ["safety", "care"], "concerns": [WATER, SETTLED]} | given


def patrol_told(net):
    points = [PatrolPoint.objects.create(town=net.town, name=name) for name in ("村道", "河沟")]
    return {
        "grid": net.grid,
        "route": "村口到水塔",
        "note": "无",
        "checks": {points[1]: "found", points[0]: "fine"},
        "findings": [
            {"theme": "road", "place": "坡下", "words": "塌了一块", "state": "open"},
            {"theme": "power", "place": "井边", "words": "线垂下来", "state": "settled"},
        ],
    }


def inspection_told(net):
    site = SiteFactory(grid=net.grid, name="后巷")
    items = [ItemFactory(checklist=site.checklist, name=name) for name in ("垃圾", "飞线", "照明")]
    verdicts = [Verdict("fail", "桶满了"), Verdict("pass"), Verdict("absent")]
    return {
        "site": site,
        "verdicts": dict(zip(items, verdicts, strict=True)),
        "note": "雨后",
        "follows": None,
    }


def told_of(case, home, net):
    """(kind, what the action is called with) of one case."""
    if case == "patrol":
        return "patrol", patrol_told(net)
    if case == "inspection":
        return "inspection", inspection_told(net)
    if case == "report":
        return "concern", WATER | {"grid": net.grid}
    given = {
        "met": {},
        "phoned": {"mode": "phone"},
        "not home": {"outcome": "not_home", "met": [], "concerns": []},
    }
    return "visit", visit_told(home, **given[case])


ACTIONS = {
    "visit": log_visit,
    "patrol": log_patrol,
    "concern": log_concern,
    "inspection": log_inspection,
}


def envelope(late=False, position=False):
    back = timedelta(days=4 if late else 0)
    now = timezone.now()
    where = {"longitude": 112.1, "latitude": 37.9, "accuracy_m": 8.0} if position else {}
    return Envelope(uuid=uuid4(), captured_at=now, happened_on=timezone.localdate(now) - back, **where)


def fact(kind, told, by, actor, grid, around, household=None, **given):
    return facts.Fact(
        kind=kind,
        by=by,
        actor=actor,
        grid=grid,
        household=household,
        envelope=around,
        received_at=timezone.now(),
        told=told,
        **given,
    )


def label_of(kind, told):
    if kind == "visit":
        return told["household"].address
    if kind == "inspection":
        return told["site"].name
    return told["route"][:60] if kind == "patrol" else Concern.Theme(told["theme"]).label


@pytest.mark.parametrize("case", ["met", "phoned", "not home", "patrol", "report", "inspection"])
@pytest.mark.parametrize("late", [False, True], ids=["in time", "late and for another"])
def test_bulk_rows_equal_acted_rows(net, cast, home, case, late):
    by = cast.grid_head if late else cast.gridworker
    kind, told = told_of(case, home, net)
    around = envelope(late=late, position=late)
    before = last_entry()
    acted = ACTIONS[kind](by=by, actor=cast.gridworker, envelope=around, **told).record
    owed = entries(before)

    again = Envelope(**{**vars(around), "uuid": uuid4()})
    bulk = fact(
        kind, told, by, cast.gridworker, net.grid, again, told.get("household"), label=label_of(kind, told)
    )
    made = facts.write([bulk], uuid4)
    between = last_entry()
    facts.copy_in(made)

    assert as_written(bulk.record) == as_written(acted)
    assert bulk.record.digest == acted.digest
    assert entries(between) == owed
    assert len(owed) == (2 if late else 0)


@pytest.mark.parametrize("withdrawn", [False, True], ids=["corrected", "withdrawn"])
def test_bulk_corrections_equal_acted_ones(net, cast, home, withdrawn):
    by, told = cast.gridworker, visit_told(home)
    better = visit_told(home, note="记错了。", concerns=[])
    reason, around, then = "点错了户。", envelope(), envelope()
    old = log_visit(by=by, envelope=around, **told).record
    before = last_entry()
    if withdrawn:
        new = withdraw(record=old, by=by, reason=reason)
    else:
        new = log_visit(by=by, envelope=then, corrects=old, reason=reason, **better).record
    owed = entries(before)

    first = fact("visit", told, by, by, net.grid, Envelope(**{**vars(around), "uuid": uuid4()}), home[0])
    second = fact(
        "withdrawal" if withdrawn else "visit",
        {} if withdrawn else better,
        by,
        by,
        net.grid,
        Envelope(**{**vars(then), "uuid": uuid4()}),
        home[0],
        corrects=first,
        reason=reason,
        label=home[0].address,
    )
    made = facts.write([first, second], uuid4)
    between = last_entry()
    facts.copy_in(made)

    def superseded(record):
        visit, heard = HouseholdVisit.objects.get(record=record), Concern.objects.filter(record=record)
        return visit.superseded_by_id is not None, [one.superseded_by_id is not None for one in heard]

    assert superseded(first.record) == superseded(old) == (True, [withdrawn] * 2)
    assert (second.record.corrects_id, new.corrects_id) == (first.record.pk, old.pk)
    assert entries(between) == owed
    if not withdrawn:
        assert as_written(second.record) == as_written(new)


# The same again


COLUMNS = {
    Grid: ("code", "name", "boundary", "duty_phone"),
    User: ("uuid", "phone", "name"),
    GridAssignment: ("user__uuid", "grid__code", "role", "starts_on", "ends_on"),
    Household: ("uuid", "address", "longitude", "latitude", "created_at"),
    Placement: ("household__uuid", "grid__code", "starts_on"),
    Resident: ("uuid", "name", "born_on", "difficulties", "phone_hash", "id_number_hash"),
    ResidentCare: ("resident__uuid", "category__key", "starts_on", "ends_on"),
    Absence: ("resident__uuid", "reason", "starts_on", "ends_on"),
    Relative: ("uuid", "name", "workplace"),
    FieldRecord: ("uuid", "digest", "captured_at", "received_at", "corrects__uuid"),
    Concern: ("uuid", "state", "answer", "answered_at"),
    Finding: ("uuid", "state", "settled_at"),
    AuditEntry: ("id", "at", "action", "object_key", "object_label", "reason"),
    Feedback: ("uuid", "words", "answered_at"),
    Case: ("uuid", "case_no", "status", "due_at", "closed_at", "words", "caller_name", "record__uuid"),
    CaseEvent: ("case__uuid", "press", "happened_at", "recorded_at", "words"),
    CaseRequest: ("uuid", "decision", "decided_at"),
    CaseRating: ("case__uuid", "score", "at"),
    CaseTask: ("uuid", "due_at", "done_at"),
    CaseLink: ("case__uuid", "token_hash"),
    Supervision: ("uuid", "replied_at"),
    Site: ("uuid", "grid__code", "name"),
    InspectionResult: ("inspection__record__uuid", "item__name", "state", "note"),
}


def fingerprint():
    digest = hashlib.sha256()
    for model, columns in COLUMNS.items():
        rows = sorted(map(repr, model.objects.values_list(*columns)))
        assert rows
        digest.update("\n".join(rows).encode())
    return digest.hexdigest()


@pytest.mark.django_db
def test_one_seed_one_town():
    call_command("setup_town", verbosity=0)
    now = morning_of(date(2026, 7, 15))
    prints = []
    for seed in (1, 1, 2):
        with transaction.atomic():
            build(seed=seed, households=200, days=40, now=now)
            prints.append(fingerprint())
            transaction.set_rollback(True)

    assert prints[0] == prints[1] != prints[2]


# What is in it


def test_the_town_has_what_was_promised(demo):
    assert Household.objects.count() == HOUSEHOLDS
    assert Resident.objects.count() == HOUSEHOLDS * 8 / 3
    grids = Grid.objects.filter(tier=15)
    assert 55 <= grids.count() <= 65
    assert grids.filter(kind="dedicated").exists()
    assert Grid.objects.filter(tier=17).exists()
    placed = Placement.objects.filter(grid__code="140181100006001")
    assert placed.count() == 120
    assert Grid.objects.filter(boundary__isnull=False, boundary_is_sample=False).count() == 0
    today = timezone.localdate()
    assert GridAssignment.objects.filter(starts_on__gt=today).exists()
    assert GridAssignment.objects.filter(ends_on__lte=today).exists()
    assert GridAssignment.objects.exclude(stand_in_for=None).exists()
    assert Feedback.objects.filter(answered_at=None).exists()


def test_every_area_was_inspected_and_some_places_keep_failing(demo):
    areas = {site.grid.area_code for site in Site.objects.select_related("grid")}
    assert areas == set(Grid.objects.filter(tier=12).values_list("code", flat=True))
    rechecks = Inspection.objects.exclude(follows=None).select_related("follows")
    assert rechecks and all(
        one.follows.failed and one.inspected_on > one.follows.inspected_on for one in rechecks
    )
    assert Inspection.objects.filter(failed=0).count() > Inspection.objects.filter(failed__gt=0).count()
    assert not Inspection.objects.filter(inspected_on__gt=timezone.localdate()).exists()
    officer = User.objects.get(phone="13800000004")
    assert 0 < len(stubborn_sites(officer)) < Site.objects.count() / 3


def test_the_net_has_two_vacancies_one_gap_and_no_overlap(demo):
    officer = User.objects.get(phone="13800000004")
    summary = summarise(Net(officer, timezone.localdate()))
    assert [len(nodes) for _, nodes in summary.vacancies] == [1, 1]
    assert len(summary.undrawn) == 1
    for tier in (12, 15):
        drawn = Grid.objects.filter(tier=tier).exclude(boundary=None)
        assert geometry.overlaps(drawn.values_list("code", "boundary")) == []
    gaps = []
    for area in Grid.objects.filter(tier=12):
        inside = Grid.objects.filter(tier=15).under(area.code).exclude(boundary=None)
        inside = list(inside.values_list("boundary", flat=True))
        assert geometry.beyond(area.boundary, inside) is None
        if geometry.uncovered(area.boundary, inside):
            gaps.append(area.code)
    # One grid without a boundary, and one cell that belongs to nobody.
    assert len(gaps) == 2


def test_a_number_stands_off_from_the_words_before_it(demo):
    """河口社区第一网格 3 号楼, 沟底村 7 号."""
    words = [word for row in Grid.objects.values_list("name", "area_words") for word in row]
    words += Household.objects.values_list("address", flat=True)

    assert [word for word in words if re.search(r"[\u4e00-\u9fff][0-9]", word)] == []


def test_people_are_invented(demo):
    accounts = {account.phone for account in DEMO_ACCOUNTS}
    others = User.objects.exclude(phone__in=accounts)
    assert not Resident.objects.filter(name__in=TAKEN).exists()
    assert not others.filter(name__in=TAKEN).exists()
    assert all(phone.startswith(PHONE_PREFIX) for phone in others.values_list("phone", flat=True))
    numbers, phones = [], []
    for resident in Resident.objects.all()[:300]:
        numbers += [resident.id_number] if resident.id_number else []
        phones += [resident.phone] if resident.phone else []
        if resident.id_number:
            assert resident.id_number[6:14] == f"{resident.born_on:%Y%m%d}"
    assert all(names.is_id_number(number) and number[14:17] == "000" for number in numbers)
    assert all(phone.startswith(PHONE_PREFIX) and len(phone) == 11 for phone in phones)
    hashes = Resident.objects.exclude(id_number_hash="").values_list("id_number_hash", flat=True)
    assert len(hashes) == len(set(hashes))


def test_only_the_listed_accounts_open(demo):
    opened = {account.phone: User.objects.get(phone=account.phone) for account in DEMO_ACCOUNTS}
    assert opened["13800000001"].check_password(DEMO_PASSWORD)
    assert len({user.password for user in opened.values()}) == 1
    for account in DEMO_ACCOUNTS:
        user = opened[account.phone]
        assert user.name == account.name
        assert not user.must_change_password
        assert user.assignments.current().filter(role=account.role, grid__code=account.code).exists()
    assert opened["13800000005"].memberships.current().get().unit.name == "供水站"
    others = User.objects.exclude(phone__in=opened)
    assert others.count() > 90
    assert not any(user.has_usable_password() for user in others)


def test_the_visit_rate_is_believable(demo):
    officer = User.objects.get(phone="13800000004")
    last_month = timezone.localdate().replace(day=1) - timedelta(days=1)
    owed = owed_in(user=officer, month=last_month)
    assert 85 <= figures_of(owed).rate <= 98
    _, places = by_place(owed)
    rates = [figures.rate for figures in places.values() if figures.due >= 15]
    assert min(rates) > 65
    assert len({round(rate) for rate in rates}) > 2
    assert figures_of(owed).phoned


def test_facts_are_as_varied_as_life(demo):
    outcomes = set(HouseholdVisit.objects.values_list("outcome", flat=True))
    assert outcomes == set(HouseholdVisit.Outcome.values)
    assert {"home", "phone"} <= set(HouseholdVisit.objects.values_list("mode", flat=True))
    assert set(Concern.objects.values_list("state", flat=True)) == set(Concern.State.values)
    kinds = dict(FieldRecord.objects.values_list("kind").annotate(n=Count("pk")))
    assert set(kinds) >= {"visit", "patrol", "concern"}
    assert FieldRecord.objects.exclude(actor=F("typed_by")).exists()
    assert not FieldRecord.objects.filter(received_at__gt=timezone.now()).exists()
    assert not FieldRecord.objects.filter(captured_at__gt=F("received_at")).exists()
    assert not FieldRecord.objects.filter(happened_on__gt=timezone.localdate()).exists()


def test_nobody_is_met_who_was_away_and_no_visit_before_the_household(demo):
    met = VisitMet.objects.filter(
        resident__absences__starts_on__lte=F("visited_on"), resident__absences__ends_on=None
    )
    assert not met.exists()
    early = HouseholdVisit.objects.filter(household__placements__starts_on__gt=F("visited_on"))
    assert not early.exists()


def test_the_audit_log_tells_what_the_facts_owe(demo):
    assert audit_chain.first_break() == ""
    records = FieldRecord.objects.exclude(kind="withdrawal")
    late = sum(record.is_late_entry for record in records)
    for_others = sum(record.is_typed_for_another for record in records)
    told = dict(AuditEntry.objects.values_list("action").annotate(n=Count("pk")))
    assert told["late_entry"] == late > 0
    assert told["proxy_entry"] == for_others > 0
    assert told.get("correction", 0) == FieldRecord.objects.exclude(corrects=None).count()
    moments = list(AuditEntry.objects.order_by("id").values_list("at", flat=True))
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    "day",
    [date(2026, 11, 24), date(2026, 11, 29), date(2026, 8, 17)],
    ids=["within the month", "last day of the week", "first day of the week"],
)
@pytest.mark.django_db
def test_today_is_worth_opening(day):
    call_command("setup_town", verbosity=0)
    build(now=morning_of(day), days=70)
    tasks = todo(User.objects.get(phone="13800000001"), day)

    assert 8 <= len(tasks.doors) <= 16
    assert 1 <= sum(door.missed for door in tasks.doors) <= 6
    categories = {name for door in tasks.doors for person in door.people for name in person.categories}
    assert len(categories) >= 3


# The command


def test_if_empty_leaves_a_town_alone(demo, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        call_command("demo", if_empty=True, verbosity=0)
    with pytest.raises(CommandError, match="已有住户"):
        call_command("demo", verbosity=0)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"households": 10}, {"days": 3}])
def test_sizes_that_make_no_town_are_refused(wrong):
    with pytest.raises(CommandError, match="至少"):
        call_command("demo", verbosity=0, **wrong)


@pytest.mark.django_db
def test_the_command_prints_the_accounts(capsys):
    call_command("demo", households=200, days=30)

    printed = capsys.readouterr().out
    for account in DEMO_ACCOUNTS:
        assert f"{account.phone}  {account.name}" in printed
    assert DEMO_PASSWORD in printed
