"""A county-sized town by COPY: 100 grids of 300 households, and visits up to a number that can grow between runs."""

import random
from collections.abc import Iterable, Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from grids import models
from grids.access import Role

GRIDS, HOUSEHOLDS_PER_GRID, RESIDENTS_PER_HOUSEHOLD = 100, 300, 2
HOUSEHOLDS = GRIDS * HOUSEHOLDS_PER_GRID
TOWN = "140181100"
_random = random.Random(140181)


def _uuid() -> str:
    return str(UUID(int=_random.getrandbits(128), version=4))


def copy(superuser: psycopg.Connection, model, columns: list[str], rows: Iterable[tuple]) -> None:
    """COPY rows into a model's table; foreign keys are right by construction and are not checked again."""
    fields = [model._meta.get_field(column).column for column in columns]
    with superuser.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        statement = f"COPY {model._meta.db_table} ({', '.join(fields)}) FROM STDIN"
        with cursor.copy(statement) as stream:
            for row in rows:
                stream.write_row(row)
    superuser.commit()


def seed_town(superuser: psycopg.Connection) -> None:
    """The net, 30,000 households, 60,000 residents of whom a fifth are in care, one worker and one officer."""
    today = timezone.localdate()
    long_ago = today - timedelta(days=4000)
    town = models.Grid.objects.get(code=TOWN)
    area = models.Grid.objects.get(code=f"{TOWN}208")
    grids = models.Grid.objects.bulk_create(
        models.Grid(code=f"{area.code}{n:03d}", tier=15, kind="basic", name=f"网格{n}", opened_on=long_ago)
        for n in range(1, GRIDS + 1)
    )
    for phone, name, role, grid in (
        ("13900000001", "测速网格员", Role.GRIDWORKER, grids[0]),
        ("13900000002", "测速镇办", Role.TOWN_OFFICER, town),
        ("13900000003", "测速录入", Role.GRIDWORKER, grids[1]),
    ):
        user = models.User.objects.create_user(phone, name, town=town, must_change_password=False)
        models.GridAssignment.objects.create(user=user, role=role, grid=grid, starts_on=long_ago)
    categories = list(models.CareCategory.objects.order_by("pk").values_list("pk", flat=True))
    numbers = range(1, HOUSEHOLDS + 1)
    copy(
        superuser,
        models.Household,
        ["id", "uuid", "address", "address_key", "note", "version", "created_at"],
        ((n, _uuid(), f"沟底村 {n} 号", f"goudicun{n:06d}hao", "", 1, timezone.now()) for n in numbers),
    )
    copy(
        superuser,
        models.Placement,
        ["id", "household", "grid", "starts_on"],
        ((n, n, grids[(n - 1) // HOUSEHOLDS_PER_GRID].pk, long_ago) for n in numbers),
    )
    blank = ["phone_sealed", "phone_hash", "phone_tail_hash"]
    blank += ["id_number_sealed", "id_number_hash", "id_number_tail_hash", "relation", "sex"]
    blank += ["difficulties", "help_given"]
    residents = range(1, HOUSEHOLDS * RESIDENTS_PER_HOUSEHOLD + 1)
    copy(
        superuser,
        models.Resident,
        [
            "id",
            "uuid",
            "household",
            "name",
            "name_key",
            "name_index",
            "is_head",
            "version",
            "created_at",
            *blank,
        ],
        (
            (
                n,
                _uuid(),
                (n + 1) // 2,
                f"赵{n}",
                "zhao",
                " zhao z",
                n % 2 == 1,
                1,
                timezone.now(),
                *[""] * len(blank),
            )
            for n in residents
        ),
    )
    copy(
        superuser,
        models.Residence,
        ["id", "resident", "household", "starts_on"],
        ((n, n, (n + 1) // 2, long_ago) for n in residents),
    )
    copy(
        superuser,
        models.ResidentCare,
        ["id", "resident", "category", "starts_on", "note"],
        ((n, n, categories[n % len(categories)], long_ago, "") for n in residents if n % 5 == 0),
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def doors(grid: int) -> list[tuple[str, str]]:
    """Pairs of a household's and its head's uuid, of the grid with that number from 0."""
    first = grid * HOUSEHOLDS_PER_GRID + 1
    heads = models.Resident.objects.filter(
        household__pk__range=(first, first + HOUSEHOLDS_PER_GRID - 1), is_head=True
    )
    return list(heads.values_list("household__uuid", "uuid"))


def seed_visits(superuser: psycopg.Connection, count: int) -> None:
    """So many more visits, spread evenly over the households and the last three years."""
    taken = [
        model.objects.aggregate(last=Max("pk"))["last"] or 0
        for model in (models.FieldRecord, models.VisitMet)
    ]
    first, last = max(taken) + 1, max(taken) + count
    worker = models.User.objects.get(phone="13900000001").pk
    first_grid = models.Grid.objects.get(code=f"{TOWN}208001").pk
    now, today = timezone.now(), timezone.localdate()

    def day(n):
        return today - timedelta(days=1 + n * 7919 % 1095)

    def household(n):
        return n * 104729 % HOUSEHOLDS + 1

    def grid(n):
        return first_grid + (household(n) - 1) // HOUSEHOLDS_PER_GRID

    def numbers() -> Iterator[int]:
        return iter(range(first, last + 1))

    copy(
        superuser,
        models.FieldRecord,
        [
            *("id", "uuid", "kind", "grid", "household", "actor", "typed_by", "happened_on", "captured_at"),
            *("received_at", "form_version", "digest", "outside_town", "reason"),
        ],
        (
            (n, _uuid(), "visit", grid(n), household(n), worker, worker, day(n), now, now, 1, "", False, "")
            for n in numbers()
        ),
    )
    copy(
        superuser,
        models.HouseholdVisit,
        ["record", "household", "grid", "visitor", "visited_on", "mode", "outcome", "purposes", "note"],
        (
            (n, household(n), grid(n), worker, day(n), "home", "met", ["routine"], "家里都好")
            for n in numbers()
        ),
    )
    copy(
        superuser,
        models.VisitMet,
        ["id", "visit", "resident", "visited_on", "in_person"],
        ((n, n, household(n) * 2, day(n), True) for n in numbers()),
    )
    with superuser.cursor() as cursor:
        for model in (models.FieldRecord, models.VisitMet):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{model._meta.db_table}', 'id'), {last})")
        cursor.execute("VACUUM ANALYZE") if superuser.autocommit else cursor.execute("ANALYZE")
    superuser.commit()
