"""Households and residents of the demo: behind every door of the net's places, down to the last number."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from shapely import Point

from grids import names
from grids.models import Absence, CareCategory, Grid, Household, Placement, Residence, Resident
from hekou.demo import care, families
from hekou.demo.copying import copy_in
from hekou.demo.names import person_name

RESIDENTS_PER_HOUSEHOLD = 8 / 3


@dataclass
class Home:
    """A household with its people and all that is dated about them, as rows that are written later."""

    household: Household
    place: Grid
    kind: str
    is_village: bool
    since: date
    worker: object
    residents: list[Resident] = field(default_factory=list)
    away: list[Resident] = field(default_factory=list)
    care: list = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    members: list = field(default_factory=list)
    tags: list = field(default_factory=list)

    def gone_on(self, day):
        """Residents who are away on the day."""
        return {absence.resident_id for absence in self.absences if absence.holds_on(day)}


class People:
    """Makes homes one after the other and writes all of them at the end, table by table."""

    def __init__(self, chance, net, staff, numbers, span):
        self.chance, self.net, self.staff, self.numbers = chance, net, staff, numbers
        self.span = span
        self.categories = {category.key: category for category in CareCategory.objects.filter(town=net.town)}
        self.homes = []
        self.relatives, self.consents = [], []
        self._birthdays = set()

    def build(self, households, progress):
        for code, n in self.net.households.items():
            for number in range(1, n + 1):
                self.homes.append(self._home(self.net.places[code], number))
        self._match_population(round(households * RESIDENTS_PER_HOUSEHOLD))
        copy_in([home.household for home in self.homes])
        for home in self.homes:
            self._move_in(home)
            progress()
        copy_in([resident for home in self.homes for resident in home.residents])
        for home in self.homes:
            self._look_after(home)
            progress()
        self._write()
        return self.homes

    def _home(self, place, number):
        chance, (start, today) = self.chance, self.span
        area = self.net.places[place.area_code]
        is_village = area.kind == Grid.Kind.VILLAGE
        kind = chance.pick(families.KINDS[area.kind])
        since = chance.day(date(2021, 1, 1), start - timedelta(days=30))
        if chance.happens(0.02):
            since = chance.day(start, today - timedelta(days=10))
        address = _address(chance, area, place, number, is_village)
        household = Household(
            uuid=chance.uuid(),
            address=address,
            address_key=names.address_key(address),
            note=chance.choice(("养狗，先喊一声。", "从后门进。", "白天在地里，傍晚去。"))
            if chance.happens(0.04)
            else "",
            created_by=self.staff.worker_of(place, today),
            created_at=chance.moment(since, 9, 17),
        )
        household.longitude, household.latitude = self._position(place)
        home = Home(household, place, kind, is_village, since, self.staff.worker_of(place, today))
        home.members = families.members(chance, kind)
        return home

    def _position(self, place):
        """A third of the doors are on the map."""
        shape = self.net.shapes.get(place.code[:15])
        if shape is None or not self.chance.happens(0.35):
            return None, None
        west, south, east, north = shape.bounds
        while not shape.contains(
            point := Point(self.chance.uniform(west, east), self.chance.uniform(south, north))
        ):
            pass
        return round(point.x, 6), round(point.y, 6)

    def _match_population(self, wanted):
        """Children more or fewer in families that have some, until the town has as many people as asked for."""
        families_with_children = [home for home in self.homes if home.kind == "nuclear"]
        n = sum(len(home.members) for home in self.homes)
        while n != wanted and families_with_children:
            home = self.chance.choice(families_with_children)
            if n < wanted and len(home.members) < 7:
                home.members.append(families.child_of(self.chance, home.members[0].age))
                n += 1
            elif n > wanted and len(home.members) > 2:
                home.members.pop()
                n -= 1
            elif n > wanted:
                families_with_children.remove(home)

    def _move_in(self, home):
        chance, (_, today) = self.chance, self.span
        family = None
        for member in home.members:
            born_on = self._birthday(member.age, today)
            name = person_name(chance, member.sex, born_on.year, family if member.is_kin else None)
            family = family or name[0]
            resident = Resident(
                uuid=chance.uuid(),
                household=home.household,
                name=name,
                name_key=names.reading(name),
                name_index=names.search_index(name),
                sex=member.sex,
                born_on=born_on,
                is_head=not home.residents,
                relation=member.relation,
                created_at=home.household.created_at,
            )
            if member.age >= 16 and chance.happens(0.6 if member.age >= 70 else 0.85):
                resident.phone = self.numbers.phone()
            if chance.happens(0.93):
                resident.id_number = self.numbers.id_number(born_on)
            home.residents.append(resident)
            if care.goes_away(chance, home, member):
                home.away.append(resident)
        self._describe(home)

    def _describe(self, home):
        """Tags decide the words; the rows of the tags follow when the residents have keys."""
        for resident, member in zip(home.residents, home.members, strict=True):
            keys = care.categories_of(self.chance, home, resident, member.age)
            resident.difficulties, resident.help_given = care.words(self.chance, keys)
            home.tags.append(keys)

    def _birthday(self, age, today):
        """A birth date nobody else has: an id number with sequence 000 is told apart by it alone."""
        latest = today - timedelta(days=age * 365 + age // 4 + 1)
        earliest = latest - timedelta(days=360)
        born_on = self.chance.day(earliest, latest)
        while born_on in self._birthdays:
            born_on -= timedelta(days=1)
        self._birthdays.add(born_on)
        return born_on

    def _look_after(self, home):
        chance = self.chance
        for resident, member, keys in zip(home.residents, home.members, home.tags, strict=True):
            absence = (
                care.work_absence(chance, home, resident, self.span[1])
                if resident in home.away
                else care.old_age_absence(chance, home, resident, member.age, self.span)
            )
            home.absences += [absence] if absence else []
            rows = list(care.tag(chance, home, resident, keys, self.span, self.categories))
            home.care += _until_death(rows, absence)
            if member.age >= 62 and (keys or home.kind in ("alone", "grandparents")):
                self.relatives += care.relatives(chance, resident, member.age, self.numbers)
            self.consents += care.consents(chance, home, resident, member.age)

    def _write(self):
        copy_in([Placement(household=h.household, grid=h.place, starts_on=h.since) for h in self.homes])
        copy_in(
            [
                Residence(resident=resident, household=home.household, starts_on=home.since)
                for home in self.homes
                for resident in home.residents
            ]
        )
        copy_in([row for home in self.homes for row in home.care])
        copy_in([row for home in self.homes for row in home.absences])
        copy_in(self.relatives)
        copy_in(self.consents)


def _until_death(rows, absence):
    """Care ends with the day somebody dies; what would begin later never does."""
    if absence is None or absence.reason != Absence.Reason.DIED:
        return rows
    kept = [row for row in rows if row.starts_on < absence.starts_on]
    for row in kept:
        row.ends_on = min(row.ends_on or absence.starts_on, absence.starts_on)
    return kept


def _address(chance, area, place, number, is_village):
    """An address that is told apart within its place: villages by group and door, communities by building and flat."""
    if is_village:
        group = "一二三四五六"[int(place.code[12:15]) * 2 - 2 + number % 2]
        return f"{area.name}{group}组 {number} 号"
    if number % 5 == 0:
        return f"{place.name.removesuffix('微网格')}平房院 {number // 5} 号"
    first = int(place.code[12:15]) * 4 - 3
    building, flat = (
        (first + int(place.code[15:]) - 1, number) if place.code[15:] else (first + number % 4, number // 4)
    )
    return f"{area.name} {building} 号楼 {flat % 3 + 1} 单元 {flat // 6 + 1}0{flat // 3 % 2 + 1} 室"
