"""Who serves where: the listed accounts, the staff of every grid and area, terms that ended, begin, or are covered."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password

from grids.access import Role
from grids.models import GridAssignment, Tier, Unit, UnitMembership, User
from grids.names import search_index
from hekou.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from hekou.demo.chance import Chance
from hekou.demo.copying import copy_in
from hekou.demo.names import person_name

UNIT = "供水站"
# Places whose post nobody holds, so that the net shows what a hole looks like.
NO_WORKER, NO_HEAD = "140181100214002", "140181100001004"
# Grids whose worker changed during the year.
CHANGED = ("140181100002003", "140181100003004", "140181100205001", "140181100212002", "140181100216001")
COVERED = "140181100005002"
# Who begins next month: (grid, role).
COMING = ((NO_WORKER, Role.GRIDWORKER), ("140181100004003", Role.GRID_HEAD))


@dataclass
class Staff:
    """Users by phone and terms by (grid code, role), for asking who was in post on a day."""

    today: object
    users: dict[str, User] = field(default_factory=dict)
    terms: list[GridAssignment] = field(default_factory=list)
    _posts: dict = field(default_factory=lambda: defaultdict(list))

    def add(self, **given):
        term = GridAssignment(**given)
        self.terms.append(term)
        self._posts[term.grid.code, term.role].append(term)
        return term

    def in_post(self, code, role, day):
        """Who holds the role at exactly this place on the day; a stand-in rather than who is away."""
        held = [term for term in self._posts[code, role] if term.holds_on(day)]
        return (
            max(held, key=lambda term: (term.stand_in_for is not None, term.starts_on)).user if held else None
        )

    def worker_of(self, grid, day):
        """Who visits in a grid (or micro-grid) on the day: its worker, else its head."""
        code = grid.code[: Tier.GRID]
        return self.in_post(code, Role.GRIDWORKER, day) or self.head_of(grid, day)

    def head_of(self, grid, day):
        """The head, else the officer of the village or community."""
        code = grid.code[: Tier.GRID]
        return self.in_post(code, Role.GRID_HEAD, day) or self.in_post(
            code[: Tier.AREA], Role.VILLAGE_OFFICER, day
        )

    def account(self, role):
        """The listed account of a role."""
        return next(self.users[account.phone] for account in DEMO_ACCOUNTS if account.role == role)


def _hiring(chance, net, numbers, today, now, staff):
    """A function that makes one more person; with a phone it is a listed account that can log in."""
    password = make_password(DEMO_PASSWORD)

    def hire(name=None, phone=None, luck=chance):
        sex, year = luck.pick({"f": 5, "m": 4}), today.year - luck.randint(28, 57)
        name = name or person_name(luck, sex, year)
        user = User(
            uuid=luck.uuid(),
            phone=phone or numbers.phone(),
            name=name,
            name_index=search_index(name),
            town=net.town,
            password=password if phone else UNUSABLE_PASSWORD_PREFIX,
            must_change_password=not phone,
            created_at=now - timedelta(days=luck.randint(420, 900)),
        )
        staff.users[user.phone] = user
        return user

    return hire


def build(chance, net, numbers, today, now):
    """Everybody who works with the system. Only the listed accounts have a password."""
    staff = Staff(today)
    hire = _hiring(chance, net, numbers, today, now, staff)
    long_ago = today - timedelta(days=chance.randint(700, 1100))
    listed = {}
    for account in DEMO_ACCOUNTS:
        post = (account.code, account.role)
        # A colleague in a listed post draws apart, so that the town is the same with and without them.
        luck = Chance(account.phone) if post in listed else chance
        listed.setdefault(post, hire(account.name, account.phone, luck))
    areas, grids = net.at(Tier.AREA), net.at(Tier.GRID)
    officers = {area: listed.get((area.code, Role.VILLAGE_OFFICER)) or hire() for area in areas}
    workers = {grid: listed.get((grid.code, Role.GRIDWORKER)) or hire() for grid in grids}
    heads = _heads(grids, listed, hire)
    before = {code: hire() for code in CHANGED}
    covering, coming = hire(), [hire() for _ in COMING]
    copy_in(list(staff.users.values()))

    admin = staff.account(Role.ADMIN)
    term = {"created_by": admin, "created_at": now - timedelta(days=400)}
    for account in DEMO_ACCOUNTS:
        place = net.places[account.code]
        if place.tier in (Tier.TOWN, Tier.AREA) and account.role != Role.VILLAGE_OFFICER:
            staff.add(
                user=staff.users[account.phone], role=account.role, grid=place, starts_on=long_ago, **term
            )
    for area, officer in officers.items():
        staff.add(user=officer, role=Role.VILLAGE_OFFICER, grid=area, starts_on=long_ago, **term)
    for grid in grids:
        _staff_grid(chance, staff, grid, workers, heads, before, long_ago, term)
    for (code, role), user in zip(COMING, coming, strict=True):
        starts_on = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        staff.add(user=user, role=role, grid=net.places[code], starts_on=starts_on, **term)
    copy_in(staff.terms)
    copy_in([_cover(staff, net.places[COVERED], covering, today, term)])
    unit = Unit.objects.get(town=net.town, name=UNIT)
    UnitMembership.objects.create(user=staff.account(Role.UNIT_OFFICER), unit=unit, starts_on=long_ago)
    return staff


def _heads(grids, listed, hire):
    """A head for every two grids of an area, one of his own for a listed place."""
    heads, shared = {}, {}
    for place, grid in enumerate(grids):
        own = listed.get((grid.code, Role.GRID_HEAD))
        pair = (grid.area_code, place // 2)
        heads[grid] = own or shared.get(pair) or shared.setdefault(pair, hire())
    return heads


def _staff_grid(chance, staff, grid, workers, heads, before, long_ago, term):
    starts_on = long_ago
    if grid.code in before:
        starts_on = staff.today - timedelta(days=chance.randint(60, 250))
        staff.add(
            user=before[grid.code],
            role=Role.GRIDWORKER,
            grid=grid,
            starts_on=long_ago,
            ends_on=starts_on,
            note="工作调整",
            **term,
        )
    if grid.code == NO_WORKER:
        # The worker left some weeks ago; who follows begins next month.
        left = staff.today - timedelta(days=20)
        ended = {"ends_on": left, "note": "本人外出务工"}
        staff.add(user=workers[grid], role=Role.GRIDWORKER, grid=grid, starts_on=starts_on, **ended, **term)
    else:
        staff.add(user=workers[grid], role=Role.GRIDWORKER, grid=grid, starts_on=starts_on, **term)
    if grid.code != NO_HEAD:
        staff.add(user=heads[grid], role=Role.GRID_HEAD, grid=grid, starts_on=long_ago, **term)


def _cover(staff, grid, person, today, term):
    """A leave: somebody does the worker's rounds for three weeks."""
    away = next(one for one in staff.terms if one.grid == grid and one.role == Role.GRIDWORKER)
    return staff.add(
        user=person,
        role=Role.GRIDWORKER,
        grid=grid,
        starts_on=today - timedelta(days=9),
        ends_on=today + timedelta(days=12),
        stand_in_for=away,
        note="病假",
        **term,
    )
