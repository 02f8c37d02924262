"""Cases by COPY, up to a number that can grow between runs; a log for those that are opened or pressed."""

import json
from collections.abc import Iterator
from datetime import timedelta

import psycopg
from django.db.models import Max
from django.utils import timezone

from cases import models as cases
from grids import models
from grids.access import Role
from tests.bench.seed import TOWN, _uuid, copy

# The village of the list: one of the town's nineteen areas, with as many grids as the others.
VILLAGE, GRIDS_PER_AREA = f"{TOWN}209", 5
TOUCHED = 2400  # of each size: submitted ones to be taken, and closed ones to be opened, with their events
FIRST_NUMBER = 500

_COLUMNS = (
    *("id", "uuid", "town", "case_no", "record", "grid", "responsible_grid", "subject", "category"),
    *("place", "place_key", "words", "source", "upstream_no", "reporter", "caller_name"),
    *("caller_phone_sealed", "reported_at", "handling_place", "cause", "measures", "helpers", "reply"),
    *("status", "level", "holder", "handler", "steps_done", "version", "is_urgent", "was_supervised"),
    *("is_extended", "registered_at", "limit_amount", "limit_unit", "extended_minutes", "pauses", "warn_at"),
    *("due_at", "due_by", "is_provisional", "handled_at", "closed_at", "natural_seconds", "working_seconds"),
    *("level_closed", "rework_count", "reopen_count", "was_self_closed", "is_unchecked", "was_reviewed"),
    "status_before",
)
_LIVES = ("closed",) * 94 + ("handling",) * 3 + ("submitted", "self_closed", "to_verify")


def seed_places(superuser: psycopg.Connection) -> None:
    """Five grids in every other area, a cadre and a gridworker of the village, a grid head for the presses."""
    long_ago = timezone.localdate() - timedelta(days=4000)
    town = models.Grid.objects.get(code=TOWN)
    areas = list(models.Grid.objects.filter(tier=12).exclude(code=f"{TOWN}208").order_by("code"))
    grids = models.Grid.objects.bulk_create(
        models.Grid(
            code=f"{area.code}{FIRST_NUMBER + n}",
            tier=15,
            kind="basic",
            name=f"{area.name}{n}网格",
            opened_on=long_ago,
        )
        for area in areas
        for n in range(GRIDS_PER_AREA)
    )
    first = next(grid for grid in grids if grid.code.startswith(VILLAGE))
    village = next(area for area in areas if area.code == VILLAGE)
    for phone, name, role, grid in (
        ("13900000004", "测速村干部", Role.VILLAGE_OFFICER, village),
        ("13900000005", "测速网格长", Role.GRID_HEAD, first),
        ("13900000006", "测速上报", Role.GRIDWORKER, first),
    ):
        user = models.User.objects.create_user(phone, name, town=town, must_change_password=False)
        models.GridAssignment.objects.create(user=user, role=role, grid=grid, starts_on=long_ago)


def seed_cases(superuser: psycopg.Connection, count: int) -> tuple[list[str], list[str]]:
    """So many more cases over the areas and the last three years; the uuids (to be taken, to be opened)."""
    records = models.FieldRecord.objects.aggregate(last=Max("pk"))["last"] or 0
    first = (cases.Case.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    numbers = range(first, first + count)
    town = models.Grid.objects.get(code=TOWN).pk
    grids = models.Grid.objects.filter(tier=15).exclude(code__startswith=f"{TOWN}208")
    places = list(grids.order_by("pk").values_list("pk", "code"))
    mine = next(pk for pk, code in places if code.startswith(VILLAGE))
    people = {user.phone[-1]: user.pk for user in models.User.objects.filter(phone__startswith="1390000000")}
    categories = list(cases.CaseCategory.objects.subcategories().order_by("pk").values_list("pk", flat=True))
    now = timezone.now()
    to_take, to_open, events = [], [], []

    def moment(n):
        return now - timedelta(minutes=60 + n * 7919 % (1095 * 24 * 60))

    def case(n) -> tuple:
        touched = n - first < 2 * TOUCHED
        takes = n - first < TOUCHED
        status = "submitted" if takes else "closed" if touched else _LIVES[n % len(_LIVES)]
        grid = mine if touched else places[n * 104729 % len(places)][0]
        uuid, at = _uuid(), moment(n)
        # 8 working hours from the report; a tenth is late.
        is_filed, is_closed = status != "submitted", status == "closed"
        due = at + timedelta(hours=30)
        closed = at + timedelta(hours=40 if n % 10 == 0 else 9)
        if touched:
            (to_take if takes else to_open).append(uuid)
            events.extend(_events(n, at, closed, people, takes, categories))
        holder = people["5"] if is_filed else None
        return (
            *(n, uuid, town, f"2023-{n:08d}", records + n - first + 1, grid, grid, "停水"),
            *(categories[n % len(categories)], f"第 {n} 户门前", f"di{n}hu", "没水了", _source(n)),
            *("", people["6"], "", "", at, "", "", "修好了" if is_closed else "", "", ""),
            *(status, n % 2, holder, holder, _steps(status), 4 if is_closed else 1, False, False, False),
            *(
                at if is_filed else None,
                8 if is_filed else None,
                "working_hours" if is_filed else "",
                0,
                "[]",
            ),
            *((at + timedelta(hours=24), due) if is_filed else (None, None)),
            *("limit", False, closed if is_closed else None, closed if is_closed else None),
            *((32400, 28800, n % 2) if is_closed else (None, None, None)),
            *(int(n % 25 == 0), 0, n % 2 == 0, False, False, ""),
        )

    _copy_records(superuser, numbers, records + 1, places, people["6"], moment)
    copy(superuser, cases.Case, list(_COLUMNS), (case(n) for n in numbers))
    _copy_events(superuser, events)
    with superuser.cursor() as cursor:
        for model in (models.FieldRecord, cases.Case, cases.CaseEvent):
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        cursor.execute("ANALYZE")
    superuser.commit()
    return to_take, to_open


def _source(n: int) -> str:
    return ("patrol", "visit", "resident", "phone", "hotline")[n % 5]


def _steps(status: str) -> list[int]:
    return {"submitted": [1], "closed": [1, 2, 3, 4, 5, 6]}.get(status, [1, 2, 3])


def _copy_records(superuser, numbers, first, places, reporter, moment) -> None:
    columns = [
        *("id", "uuid", "kind", "grid", "actor", "typed_by", "happened_on", "captured_at"),
        *("received_at", "form_version", "digest", "outside_town", "reason"),
    ]

    def rows() -> Iterator[tuple]:
        for pk, n in enumerate(numbers, first):
            grid = places[n * 104729 % len(places)][0]
            at = moment(n)
            yield pk, _uuid(), "case", grid, reporter, reporter, at.date(), at, at, 1, "", False, ""

    copy(superuser, models.FieldRecord, columns, rows())


def _events(n, at, closed, people, takes, categories):
    """The log of a touched case: its report, and for one to be opened the rest of its life."""
    head, worker = people["5"], people["6"]
    presses = [("submit", at, worker, "submitted", None, (1,))]
    if not takes:
        presses += [
            ("take", at + timedelta(hours=1), head, "handling", head, (2, 3)),
            ("note", at + timedelta(hours=2), head, "handling", head, (None,)),
            ("finish", at + timedelta(hours=8), head, "to_verify", head, (4, 5)),
            ("verify_and_close", closed, worker, "closed", head, (6,)),
        ]
    for press, moment, by, status, holder, steps in presses:
        for position, step in enumerate(steps):
            data = {"category": categories[n % len(categories)]} if press == "submit" else {}
            words = "到现场看了" if press == "note" else ""
            yield n, press, position, step, by, moment, moment, status, n % 2, holder, words, json.dumps(data)


def _copy_events(superuser, events) -> None:
    columns = [
        *("case", "press", "position", "step", "by", "happened_at", "recorded_at"),
        *("status", "level", "holder", "words", "data"),
    ]
    copy(superuser, cases.CaseEvent, columns, events)
