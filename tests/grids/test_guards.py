"""What the database itself refuses, whoever asks."""

from datetime import date, timedelta

import pytest
from django.db import DataError, IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.utils import timezone

from grids.access import Role
from grids.models import (
    Absence,
    AuditEntry,
    FieldRecord,
    Grid,
    GridAssignment,
    Placement,
    Resident,
    ResidentCare,
    User,
)
from tests.factories import (
    AssignmentFactory,
    FieldRecordFactory,
    GridFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    UserFactory,
)

REFUSED = (IntegrityError, ProgrammingError, InternalError, DataError)

pytestmark = pytest.mark.django_db


def refused(write):
    with pytest.raises(REFUSED), transaction.atomic():
        write()


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.fixture(params=["hekou_app", "hekou_owner"])
def role(request, db):
    """Both roles: the pages', and the owner's, whom only the triggers stop."""
    sql(f"SET LOCAL ROLE {request.param}")
    return request.param


@pytest.mark.parametrize("table", ["grids_fieldrecord", "grids_auditentry"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET reason = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"],
    ids=lambda s: s.split()[0],
)
def test_what_was_recorded_stays(role, table, statement):
    record = FieldRecordFactory()
    AuditEntry.objects.create(by=record.actor, action=AuditEntry.Action.LOGIN)
    sql("SET CONSTRAINTS ALL IMMEDIATE")  # Or PostgreSQL refuses to truncate for a reason of its own.

    refused(lambda: sql(statement.format(table)))

    assert FieldRecord.objects.count() == AuditEntry.objects.count() == 1


def test_the_pages_role_makes_and_drops_no_tables():
    refused(lambda: sql("CREATE TABLE smuggled (id int)"))
    refused(lambda: sql("DROP TABLE grids_feedback"))
    refused(lambda: sql("ALTER TABLE grids_auditentry DISABLE TRIGGER USER"))
    refused(lambda: sql("INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())"))


def test_audit_entries_are_numbered_and_chained_by_the_database():
    by = UserFactory()
    entries = [AuditEntry(by=by, action=AuditEntry.Action.LOGIN, id=77, digest="forged") for _ in range(3)]
    AuditEntry.objects.bulk_create(entries)
    AuditEntry.objects.create(by=by, action=AuditEntry.Action.CALL)

    rows = list(AuditEntry.objects.order_by("id").values_list("id", "digest"))
    assert [number for number, _ in rows] == [1, 2, 3, 4]
    assert len({digest for _, digest in rows}) == 4
    assert all(len(digest) == 64 for _, digest in rows)


@pytest.mark.parametrize("code", ["14018110020800", "1401811002O8001", "", "140181100208001x"])
def test_a_code_is_digits_of_its_tier(code):
    refused(lambda: GridFactory(code=code, tier=15, kind="basic", name="错码"))


def test_codes_are_unique_and_kinds_fit_their_tier():
    grid = GridFactory()

    refused(
        lambda: Grid.objects.create(
            code=grid.code, tier=15, kind="basic", name="重", opened_on=grid.opened_on
        )
    )
    refused(lambda: GridFactory(code="140181100208777", kind="village"))
    refused(lambda: GridFactory(code="140181100208778", retired_on=date(2020, 1, 1)))


def test_a_household_is_in_one_grid_at_a_time():
    household = HouseholdFactory()
    today = timezone.localdate()

    refused(lambda: Placement.objects.create(household=household, grid=GridFactory(), starts_on=today))
    Placement.objects.filter(household=household).update(ends_on=today)
    Placement.objects.create(household=household, grid=GridFactory(), starts_on=today)


def test_a_term_is_held_once_at_a_time_and_may_follow_on():
    term = AssignmentFactory(ends_on=date(2021, 1, 1))
    same = {"user": term.user, "role": term.role, "grid": term.grid}

    refused(lambda: GridAssignment.objects.create(**same, starts_on=date(2020, 12, 31)))
    refused(
        lambda: GridAssignment.objects.create(**same, starts_on=date(2022, 1, 1), ends_on=date(2022, 1, 1))
    )
    GridAssignment.objects.create(**same, starts_on=date(2021, 1, 1))
    GridAssignment.objects.create(**(same | {"role": Role.GRID_HEAD}), starts_on=date(2020, 6, 1))


def test_care_and_absence_do_not_overlap_themselves():
    care = ResidentCareFactory()
    resident, today = care.resident, timezone.localdate()

    refused(lambda: ResidentCare.objects.create(resident=resident, category=care.category, starts_on=today))
    Absence.objects.create(resident=resident, reason=Absence.Reason.WORK, starts_on=today)
    refused(
        lambda: Absence.objects.create(resident=resident, reason=Absence.Reason.HOSPITAL, starts_on=today)
    )
    another = ResidentFactory()
    refused(
        lambda: Absence.objects.create(
            resident=another, reason=Absence.Reason.DIED, starts_on=today, ends_on=today + timedelta(days=1)
        )
    )


def test_one_head_a_household():
    head = ResidentFactory(is_head=True)

    refused(lambda: ResidentFactory(household=head.household, is_head=True))
    assert Resident.objects.filter(household=head.household).count() == 1


@pytest.mark.parametrize("phone", ["", "1380000000", "23800000001", "1380000000a", "+8613800000"])
def test_a_login_is_a_mobile_number(phone):
    refused(lambda: UserFactory(phone=phone))


def test_a_login_belongs_to_one_person():
    user = UserFactory()

    refused(lambda: User.objects.create_user(user.phone, "别人", town=user.town))


def test_a_correction_gives_its_reason_and_corrects_once():
    record = FieldRecordFactory()

    refused(lambda: FieldRecordFactory(corrects=record, actor=record.actor))
    FieldRecordFactory(corrects=record, actor=record.actor, reason="记错了户")
    refused(lambda: FieldRecordFactory(corrects=record, actor=record.actor, reason="又一次"))
    refused(lambda: FieldRecordFactory(kind=FieldRecord.Kind.WITHDRAWAL))


@pytest.mark.parametrize(("longitude", "latitude"), [(112.1, None), (None, 37.9), (181, 0), (0, 91)])
def test_a_position_is_whole_and_on_earth(longitude, latitude):
    refused(lambda: FieldRecordFactory(longitude=longitude, latitude=latitude))
