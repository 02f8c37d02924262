"""Who may do what, and where. The only module that knows roles.

A permission comes from a dated assignment (user, role, grid, period) and nothing else: there are no groups, no
superusers, no permission on a user. An assignment at a grid covers the grid's whole subtree, retired grids
included, and what the grid succeeded (a split or merged grid hands its past to its successors).

Every scope is a set of grid ids, resolved by one query and kept on the user object for the local day, so that
row filters are plain predicates on the row's own columns.
"""

from collections import defaultdict
from enum import StrEnum

from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.utils import timezone
from django.utils.functional import cached_property


class Permission(StrEnum):
    """A verb. `…_HOUSEHOLDS` and the field permissions open personal data; the others never do."""

    SEE_NET = "see_net"
    EDIT_NET = "edit_net"
    SEE_STAFF = "see_staff"
    EDIT_STAFF = "edit_staff"
    SEE_HOUSEHOLDS = "see_households"
    EDIT_HOUSEHOLDS = "edit_households"
    CALL_RESIDENT = "call_resident"
    REVEAL_NUMBER = "reveal_number"
    SEE_FIELDWORK = "see_fieldwork"
    LOG_FIELDWORK = "log_fieldwork"
    LOG_FOR_OTHERS = "log_for_others"
    ANSWER_CONCERN = "answer_concern"
    EXPORT = "export"
    SEE_AUDIT = "see_audit"
    CONFIGURE = "configure"
    READ_FEEDBACK = "read_feedback"
    # The life of a case (cases/workflow.py): a unit's rights come from the case it leads or supports instead.
    SEE_CASES = "see_cases"
    REPORT_CASE = "report_case"
    SETTLE_CASE = "settle_case"
    VERIFY_CASE = "verify_case"
    REGISTER_CASE = "register_case"
    HANDLE_CASE = "handle_case"
    DISPATCH_CASE = "dispatch_case"
    APPROVE_REQUEST = "approve_request"
    MERGE_CASE = "merge_case"
    CLOSE_CASE = "close_case"
    REOPEN_CASE = "reopen_case"
    VOID_CASE = "void_case"
    SUPERVISE = "supervise"
    # Surveys: who asks, who runs a round, and who reads what came out of one before it is published. The town alone
    # reads: a cadre whose village is judged reads what everybody may, the published page with villages from n ≥ 30.
    INTERVIEW = "interview"
    RUN_SURVEY = "run_survey"
    SEE_SURVEYS = "see_surveys"
    # Site inspections: walking a checklist, and deciding which places are walked.
    INSPECT = "inspect"
    EDIT_SITES = "edit_sites"


class Role(models.TextChoices):
    GRIDWORKER = "gridworker", "网格员"
    GRID_HEAD = "grid_head", "网格长"
    VILLAGE_OFFICER = "village_officer", "村/社区干部"
    TOWN_OFFICER = "town_officer", "镇网格办"
    TOWN_LEADER = "town_leader", "镇领导"
    UNIT_OFFICER = "unit_officer", "承办单位"
    VOLUNTEER = "volunteer", "志愿者"
    ADMIN = "admin", "系统管理员"
    AUDITOR = "auditor", "审计员"


P = Permission

_FIELD = frozenset(
    {
        P.SEE_NET,
        P.SEE_HOUSEHOLDS,
        P.EDIT_HOUSEHOLDS,
        P.CALL_RESIDENT,
        P.REVEAL_NUMBER,
        P.SEE_FIELDWORK,
        P.LOG_FIELDWORK,
        P.ANSWER_CONCERN,
        P.INTERVIEW,
        P.INSPECT,
    }
)
_HEAD = _FIELD | {P.LOG_FOR_OTHERS, P.SEE_STAFF, P.EXPORT}
_CASES_WORKER = frozenset({P.SEE_CASES, P.REPORT_CASE, P.SETTLE_CASE, P.VERIFY_CASE})
_CASES_HEAD = _CASES_WORKER | {P.REGISTER_CASE, P.HANDLE_CASE, P.REOPEN_CASE}
_CASES_AREA = _CASES_WORKER | {
    P.REGISTER_CASE,
    P.HANDLE_CASE,
    P.DISPATCH_CASE,
    P.APPROVE_REQUEST,
    P.MERGE_CASE,
}
_CASES_TOWN = _CASES_AREA | {P.CLOSE_CASE, P.REOPEN_CASE, P.VOID_CASE, P.SUPERVISE}

ROLE_PERMISSIONS = {
    Role.GRIDWORKER: _FIELD | _CASES_WORKER,
    Role.GRID_HEAD: _HEAD | _CASES_HEAD,
    Role.VILLAGE_OFFICER: _HEAD | _CASES_AREA | {P.EDIT_SITES},
    Role.TOWN_OFFICER: _HEAD
    | _CASES_TOWN
    | {P.EDIT_SITES, P.EDIT_NET, P.CONFIGURE, P.READ_FEEDBACK, P.RUN_SURVEY, P.SEE_SURVEYS},
    Role.TOWN_LEADER: frozenset(
        {
            P.SEE_NET,
            P.SEE_STAFF,
            P.SEE_HOUSEHOLDS,
            P.SEE_FIELDWORK,
            P.READ_FEEDBACK,
            P.SEE_CASES,
            P.SUPERVISE,
            P.SEE_SURVEYS,
        }
    ),
    Role.UNIT_OFFICER: frozenset({P.SEE_NET}),
    Role.VOLUNTEER: frozenset(),
    Role.ADMIN: frozenset({P.SEE_NET, P.EDIT_NET, P.SEE_STAFF, P.EDIT_STAFF, P.CONFIGURE, P.READ_FEEDBACK}),
    Role.AUDITOR: frozenset({P.SEE_NET, P.SEE_STAFF, P.SEE_AUDIT}),
}

# Which tier of the net a role is held at: digits of the grid's code (see DOMAIN: 9 town, 12 area, 15 grid, 17 micro).
ROLE_CODE_LENGTHS = {
    Role.GRIDWORKER: frozenset({15, 17}),
    Role.GRID_HEAD: frozenset({15}),
    Role.VILLAGE_OFFICER: frozenset({12}),
    Role.TOWN_OFFICER: frozenset({9}),
    Role.TOWN_LEADER: frozenset({9}),
    Role.UNIT_OFFICER: frozenset({9}),
    Role.VOLUNTEER: frozenset({9, 12}),
    Role.ADMIN: frozenset({9}),
    Role.AUDITOR: frozenset({9}),
}

# What a member of a unit may do with the cases that the unit leads or supports, and with no others.
UNIT_PERMISSIONS = frozenset({P.SEE_CASES, P.HANDLE_CASE})

# At which level of the town a role settles matters (cases.vocabulary.Level); a unit is a level of its own.
ROLE_LEVELS = {Role.GRIDWORKER: 0, Role.GRID_HEAD: 1, Role.VILLAGE_OFFICER: 2, Role.TOWN_OFFICER: 3}

# A grid is staffed when it has one of each; without them the net shows a vacancy.
REQUIRED_AT_GRID = (Role.GRIDWORKER, Role.GRID_HEAD)


def roles_with(permission):
    """The roles that give the permission."""
    return frozenset(role for role, given in ROLE_PERMISSIONS.items() if permission in given)


# Idle minutes after which a session ends; field sessions slide for thirty days (DOMAIN, local).
FIELD_IDLE_MINUTES = 30 * 24 * 60
OFFICE_IDLE_MINUTES = 60
ADMIN_IDLE_MINUTES = 15
_FIELD_ROLES = frozenset({Role.GRIDWORKER, Role.GRID_HEAD, Role.VOLUNTEER, Role.UNIT_OFFICER})

_HELD_SQL = """
WITH RECURSIVE held (role, grid_id, code, held_at_grid) AS (
    SELECT a.role, g.id, g.code, h.tier >= 15
    FROM grids_gridassignment a
    JOIN grids_grid h ON h.id = a.grid_id
    JOIN grids_grid g ON g.code LIKE h.code || '%%'
    WHERE a.user_id = %(user)s
      AND a.starts_on <= %(day)s AND (a.ends_on IS NULL OR a.ends_on > %(day)s)
  UNION
    SELECT held.role, g.id, g.code, held.held_at_grid
    FROM held
    JOIN grids_gridsuccession s ON s.new_id = held.grid_id AND s.effective_on <= %(day)s
    JOIN grids_grid g ON g.id = s.old_id
)
SELECT role, grid_id, code, held_at_grid FROM held
"""

_HOLDERS_SQL = """
SELECT DISTINCT a.user_id, a.role
FROM grids_gridassignment a
JOIN grids_grid g ON g.id = a.grid_id
JOIN grids_user u ON u.id = a.user_id AND u.is_active
WHERE %(code)s LIKE g.code || '%%' AND a.role = ANY(%(roles)s)
  AND a.starts_on <= %(day)s AND (a.ends_on IS NULL OR a.ends_on > %(day)s)
"""


_PEOPLE_SQL = """
SELECT DISTINCT g.id, a.user_id, a.role
FROM grids_gridassignment a
JOIN grids_user u ON u.id = a.user_id AND u.is_active
JOIN grids_grid h ON h.id = a.grid_id
JOIN grids_grid g ON g.code LIKE h.code || '%%' AND g.id = ANY(%(grids)s)
WHERE a.role = ANY(%(roles)s)
  AND a.starts_on <= %(day)s AND (a.ends_on IS NULL OR a.ends_on > %(day)s)
"""


class Access:
    """What one user holds on one local day: roles, permissions and the grid ids of each permission."""

    def __init__(self, user, day):
        self.day = day
        self.roles = set()
        self.own_grid_ids = set()
        self._grid_ids = defaultdict(set)
        self._town_codes = defaultdict(set)
        self._grid_roles = defaultdict(set)
        self._user = user
        if not user.is_active or user.pk is None:
            return
        with connection.cursor() as cursor:
            cursor.execute(_HELD_SQL, {"user": user.pk, "day": day})
            rows = cursor.fetchall()
        for role, grid_id, code, held_at_grid in rows:
            self.roles.add(Role(role))
            self._grid_roles[grid_id].add(Role(role))
            if held_at_grid:
                self.own_grid_ids.add(grid_id)
            for permission in ROLE_PERMISSIONS[Role(role)]:
                self._grid_ids[permission].add(grid_id)
                self._town_codes[permission].add(code[:9])

    @property
    def permissions(self):
        return frozenset(self._grid_ids) | (UNIT_PERMISSIONS if self.unit_ids else frozenset())

    @cached_property
    def unit_ids(self):
        """The units the user acts for on the day; a query for those alone who act for units at all."""
        if Role.UNIT_OFFICER not in self.roles:
            return frozenset()
        members = self._user.memberships.filter(starts_on__lte=self.day)
        members = members.filter(models.Q(ends_on=None) | models.Q(ends_on__gt=self.day))
        return frozenset(members.values_list("unit_id", flat=True))

    def levels(self, permission, grid_id):
        """The levels at which the permission is held in the grid, lowest first."""
        roles = self._grid_roles.get(grid_id, ())
        return sorted(
            level
            for role, level in ROLE_LEVELS.items()
            if role in roles and permission in ROLE_PERMISSIONS[role]
        )

    def grid_ids_by_level(self, permission):
        """{level: grid ids} by the highest level at which the permission is held in each grid."""
        found = defaultdict(set)
        for grid_id in self._grid_ids.get(permission, ()):
            levels = self.levels(permission, grid_id)
            if levels:
                found[levels[-1]].add(grid_id)
        return dict(found)

    def grid_ids(self, permission):
        return self._grid_ids.get(permission, frozenset())

    def town_codes(self, permission):
        """The 9-digit codes of the towns in which any part is covered; for what configures a town."""
        return self._town_codes.get(permission, frozenset())

    @property
    def idle_minutes(self):
        if Role.ADMIN in self.roles:
            return ADMIN_IDLE_MINUTES
        if self.roles and self.roles <= _FIELD_ROLES:
            return FIELD_IDLE_MINUTES
        return OFFICE_IDLE_MINUTES


def access_of(user):
    """The user's `Access` for today, one query the first time; anonymous users hold nothing."""
    day = timezone.localdate()
    held = getattr(user, "_access", None)
    if held is None or held.day != day:
        held = Access(user, day)
        user._access = held
    return held


def forget(user):
    """Drop what is kept on the user object, after an assignment of theirs was changed."""
    user._access = None


def permissions_of(user):
    return access_of(user).permissions


def scope(user, permission):
    """The grid ids in which the user holds the permission; empty for none."""
    return access_of(user).grid_ids(permission)


def unit_scope(user, permission):
    """The ids of the units for which the user holds the permission; empty for none."""
    return access_of(user).unit_ids if permission in UNIT_PERMISSIONS else frozenset()


def levels_at(user, permission, grid):
    """The levels (0 gridworker … 3 town) at which the user holds the permission in the grid or its id, lowest first."""
    return access_of(user).levels(permission, getattr(grid, "pk", grid))


def can(user, permission, grid=None):
    """Whether the permission is held in the grid (a Grid or its id), or anywhere when no grid is given."""
    ids = scope(user, permission)
    if grid is None:
        return bool(ids or unit_scope(user, permission))
    return getattr(grid, "pk", grid) in ids


def scope_by_level(user, permission):
    """{level: grid ids}: at which level, at most, the user holds the permission in each grid."""
    return access_of(user).grid_ids_by_level(permission)


def is_own_grid(user, grid):
    """Whether the user serves in the grid itself, not only in the village or town around it (Grid or its id).

    Within one's own grid a call needs no reason (DOMAIN, masking).
    """
    return getattr(grid, "pk", grid) in access_of(user).own_grid_ids


def require(user, permission, grid=None):
    """Raise PermissionDenied (a 403 page) unless `can`."""
    if not can(user, permission, grid):
        raise PermissionDenied(f"{permission} is not held")


def holders(permission, grid, day=None):
    """Ids of the active users who hold the permission in the grid on the day (default: today); one query."""
    return frozenset(user for user, _ in holders_by_role(permission, grid, day))


def holders_by_role(permission, grid, day=None):
    """(user id, role) of everybody who holds the permission in the grid on the day, unordered."""
    day = day or timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLDERS_SQL,
            {"code": grid.code, "day": day, "roles": [role.value for role in roles_with(permission)]},
        )
        return [(user, Role(role)) for user, role in cursor.fetchall()]


def people_below(permission, grid_ids, level):
    """{grid id: {user id: highest level}} of the active people who hold the permission there below the level.

    One query; a grid in which nobody does has no entry.
    """
    levels = {role: at for role, at in ROLE_LEVELS.items() if at < level and role in roles_with(permission)}
    found = defaultdict(dict)
    with connection.cursor() as cursor:
        roles = [role.value for role in levels]
        given = {"grids": sorted(grid_ids), "roles": roles, "day": timezone.localdate()}
        cursor.execute(_PEOPLE_SQL, given)
        for grid_id, user_id, role in cursor.fetchall():
            people = found[grid_id]
            people[user_id] = max(people.get(user_id, 0), levels[Role(role)])
    return dict(found)
