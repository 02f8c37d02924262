"""A household as somebody stands before it: its grid of the day and who is at home, in one query.

Nearly every fact of the field is one tap at a door. Asked one after the other, the household, its placement and its
people cost more than writing the visit down.
"""

from dataclasses import dataclass
from datetime import date

from django.db import DEFAULT_DB_ALIAS, connection

from grids import access
from grids.models import Grid, Household, Resident

_DOOR_SQL = """
SELECT h.id, h.uuid, h.address, g.id, g.code, g.name, r.id, r.uuid, r.household_id, r.name
FROM grids_household h
JOIN grids_placement p ON p.household_id = h.id
    AND p.starts_on <= %(day)s AND (p.ends_on IS NULL OR p.ends_on > %(day)s)
JOIN grids_grid g ON g.id = p.grid_id
LEFT JOIN grids_resident r ON r.household_id = h.id AND NOT EXISTS (
    SELECT FROM grids_absence a
    WHERE a.resident_id = r.id AND a.starts_on <= %(day)s AND (a.ends_on IS NULL OR a.ends_on > %(day)s)
)
WHERE h.uuid = %(uuid)s AND p.grid_id = ANY(%(grid_ids)s)
ORDER BY r.is_head DESC, r.id
"""


@dataclass(frozen=True)
class Door:
    """What holds for a household on `day`: the grid it is in, and who is neither away nor gone."""

    day: date
    grid: Grid
    people: list[Resident]


def household_at(user, permission, uuid, day):
    """The household with that uuid and its `door` of the day, or None where the user holds the permission not."""
    asked = {"uuid": uuid, "day": day, "grid_ids": sorted(access.scope(user, permission))}
    with connection.cursor() as cursor:
        cursor.execute(_DOOR_SQL, asked)
        rows = cursor.fetchall()
    if not rows:
        return None
    household = _loaded(Household, ("id", "uuid", "address"), rows[0][:3])
    grid = _loaded(Grid, ("id", "code", "name"), rows[0][3:6])
    people = [_loaded(Resident, ("id", "uuid", "household_id", "name"), row[6:]) for row in rows if row[6]]
    household.door = Door(day, grid, people)
    return household


def _loaded(model, names, values):
    """An instance of which these columns, in the table's order, were read; any other is read when asked for."""
    return model.from_db(DEFAULT_DB_ALIAS, names, values)
