"""The list of 今日: the doors of a user's own grids where somebody is due, and why, in six queries."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.db.models import OuterRef, Subquery

from grids import access, due
from grids.models import Absence, CareFrequency, HouseholdVisit, Placement, ResidentCare, VisitMet

P = access.Permission
Outcome = HouseholdVisit.Outcome

# After these the household is left in peace for the rest of the period, though the rate still counts it as due.
SETTLES_PERIOD = {Outcome.REFUSED, Outcome.NOT_NEEDED}


@dataclass
class Person:
    """Somebody who is due behind a door."""

    uuid: UUID
    name: str
    has_phone: bool
    last_met: date | None
    phoned_on: date | None
    categories: list[str] = field(default_factory=list)
    ends: list[date] = field(default_factory=list)
    missed: bool = False
    risk: int = 99

    def why(self, day):
        """独居老人，已 9 天未走访."""
        kinds = "、".join(dict.fromkeys(self.categories))
        if self.last_met is None:
            return f"{kinds}，从未走访"
        return f"{kinds}，已 {(day - self.last_met).days} 天未走访"


@dataclass
class Door:
    """A household with the people who are due; `waiting` says why it comes later, "" when it is for now."""

    uuid: UUID
    address: str
    address_key: str
    day: date
    people: list[Person] = field(default_factory=list)
    waiting: str = ""
    last_outcome: str = ""

    @property
    def ends_on(self):
        """The last day on which the first of its periods can be kept."""
        return min(end for person in self.people for end in person.ends) - timedelta(days=1)

    @property
    def days_left(self):
        return (self.ends_on - self.day).days

    @property
    def missed(self):
        return any(person.missed for person in self.people)

    @property
    def tone(self):
        if self.missed:
            return "bad"
        return "warn" if self.days_left <= 1 else "plain"

    @property
    def urgency(self):
        risk = min(person.risk for person in self.people)
        return (not self.missed, self.days_left, risk, self.address_key)

    @property
    def reasons(self):
        """(person, words) a line; the name only where there are several."""
        return [(person, person.why(self.day)) for person in self.people]


@dataclass
class Todo:
    """要去, 稍后再来, and how many people the week still waits for."""

    doors: list[Door]
    later: list[Door]
    left_this_week: int


def todo(user, day):
    """Who is due in the user's LOG_FIELDWORK grids, the most urgent door first."""
    periods = [due.period_of(day, frequency) for frequency in (due.WEEKLY, due.MONTHLY, due.QUARTERLY)]
    start, end = min(p[0] for p in periods), max(p[1] for p in periods)
    care = _care(user, start, end)
    absences = _absences(user, day, end)
    households = {row["resident__household_id"] for row in care}
    obligations = _ledger(care, absences, households, start, end).current(day)
    latest = _latest_visits(user, households, start)
    return _doors(day, care, absences, obligations, latest)


def _care(user, start, end):
    """One mapping a resident and category, with the last time the resident was seen."""
    seen = VisitMet.objects.filter(resident=OuterRef("resident_id"), visit__superseded_by=None)
    # By index from the newest backwards, one row a resident, however long the history.
    last = seen.order_by("-visited_on").values("visited_on")
    rows = ResidentCare.objects.visible_to(user, P.LOG_FIELDWORK).during(start - timedelta(days=1), end)
    rows = rows.annotate(
        last_met=Subquery(last.filter(in_person=True)[:1]),
        phoned_on=Subquery(last.filter(in_person=False, visited_on__gte=start)[:1]),
    )
    return list(
        rows.order_by("category__position", "pk").values(
            "starts_on",
            "ends_on",
            "category_id",
            "category__name",
            "category__position",
            "resident_id",
            "resident__uuid",
            "resident__name",
            "resident__phone_hash",
            "resident__household_id",
            "resident__household__uuid",
            "resident__household__address",
            "resident__household__address_key",
            "last_met",
            "phoned_on",
        )
    )


def _absences(user, day, end):
    """Who is or was away: from the quarter before, to know what was owed then, to the end of the present one."""
    rows = Absence.objects.visible_to(user, P.LOG_FIELDWORK).during(day - timedelta(days=184), end)
    spans = defaultdict(list)
    for row in rows.values_list("resident_id", "reason", "starts_on", "ends_on"):
        spans[row[0]].append(due.Span(*row))
    return spans


def _ledger(care, absences, households, start, end):
    placements = Placement.objects.during(start, end).filter(household__in=households)
    homes = defaultdict(list)
    for household, *placed in placements.values_list("household_id", "grid_id", "starts_on", "ends_on"):
        homes[household].append(placed)
    frequencies = CareFrequency.objects.during(start, end)
    residents = {row["resident_id"]: row for row in care}
    # The last meeting alone decides a running period: no visit lies in the future.
    meetings = [
        due.Meeting(resident, row[column], in_person)
        for resident, row in residents.items()
        for column, in_person in (("last_met", True), ("phoned_on", False))
        if row[column]
    ]
    return due.Ledger(
        due.Facts(
            care=[due.Span(r["resident_id"], r["category_id"], r["starts_on"], r["ends_on"]) for r in care],
            frequencies=[
                due.Span(*row)
                for row in frequencies.values_list("category_id", "frequency", "starts_on", "ends_on")
            ],
            homes=[
                due.Span(resident, *placed)
                for resident, row in residents.items()
                for placed in homes[row["resident__household_id"]]
            ],
            absences=[span for spans in absences.values() for span in spans],
            meetings=meetings,
        )
    )


def _latest_visits(user, households, start):
    """household → (outcome, day) of its newest visit since the quarter began."""
    visits = HouseholdVisit.objects.visible_to(user, P.LOG_FIELDWORK).current()
    visits = visits.filter(household__in=households, visited_on__gte=start)
    newest = visits.order_by("household_id", "-visited_on", "-record_id").distinct("household_id")
    return {row[0]: row[1:] for row in newest.values_list("household_id", "outcome", "visited_on")}


def _doors(day, care, absences, obligations, latest):
    by_care = {(row["resident_id"], row["category_id"]): row for row in care}
    week_end = due.period_of(day, due.WEEKLY)[1]
    doors, people, this_week = {}, {}, set()
    for owed in obligations:
        row = by_care[owed.resident, owed.category]
        outcome, visited_on = latest.get(row["resident__household_id"], ("", None))
        if owed.is_done or (outcome in SETTLES_PERIOD and visited_on >= owed.start):
            continue
        if owed.end <= week_end:
            this_week.add(owed.resident)
        person = people.get(owed.resident)
        if person is None:
            person = people[owed.resident] = _person(row)
            door = doors.setdefault(row["resident__household_id"], _door(row, day))
            door.people.append(person)
        person.categories.append(row["category__name"])
        person.ends.append(owed.end)
        person.risk = min(person.risk, row["category__position"])
        person.missed |= _missed_before(owed, row, absences[owed.resident])
    away = {
        row["resident__uuid"]: span
        for row in care
        for span in absences[row["resident_id"]]
        if span.holds_on(day)
    }
    for household, door in doors.items():
        _postpone(door, away, *latest.get(household, ("", None)))
    ordered = sorted(doors.values(), key=lambda door: door.urgency)
    return Todo(
        doors=[door for door in ordered if not door.waiting],
        later=[door for door in ordered if door.waiting],
        left_this_week=len(this_week),
    )


def _person(row):
    return Person(
        uuid=row["resident__uuid"],
        name=row["resident__name"],
        has_phone=bool(row["resident__phone_hash"]),
        last_met=row["last_met"],
        phoned_on=row["phoned_on"],
    )


def _door(row, day):
    return Door(
        uuid=row["resident__household__uuid"],
        address=row["resident__household__address"],
        address_key=row["resident__household__address_key"],
        day=day,
    )


def _missed_before(owed, row, away):
    """Whether the period before was owed too and nobody came."""
    last_day = owed.start - timedelta(days=1)
    held = due.Span(owed.resident, owed.category, row["starts_on"], row["ends_on"]).holds_on(last_day)
    if not held or any(span.holds_on(last_day) for span in away):
        return False
    start, _ = due.period_of(last_day, owed.frequency)
    return row["last_met"] is None or row["last_met"] < start


def _postpone(door, away, outcome, visited_on):
    """Leave out who is away today; put off a door where nobody opened lately or nobody is left."""
    present = [person for person in door.people if person.uuid not in away]
    if not present:
        back = min((away[p.uuid].ends_on for p in door.people if away[p.uuid].ends_on), default=None)
        door.waiting = f"人不在家，{back:%-m月%-d日}回来" if back else "人不在家"
        return
    door.people = present
    door.last_outcome = outcome
    if outcome == Outcome.NOT_HOME:
        again = visited_on + timedelta(days=HouseholdVisit.RETURN_DAYS)
        if door.day < again:
            door.waiting = f"{visited_on:%-m月%-d日}家里没人，{again:%-m月%-d日}再去"
