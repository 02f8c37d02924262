"""A year of knocks on doors that keeps the rules of 走访应访 about as well as people do."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from grids import due
from grids.models import CareFrequency, HouseholdVisit, Resident
from hekou.demo import sayings

Mode, Outcome, Purpose = HouseholdVisit.Mode, HouseholdVisit.Outcome, HouseholdVisit.Purpose

# The grid of the two accounts a newcomer tries first: its list of today is laid by hand.
SHOWN_GRID = "140181100208001"
SHOWN_DOORS = 10
SHOWN_MISSED = 2


@dataclass
class Call:
    """A visit to be told: where, when, how, and who was met."""

    home: object
    day: date
    mode: str = Mode.HOME
    outcome: str = Outcome.MET
    met: list[Resident] = field(default_factory=list)
    note: str = ""
    purposes: list[str] = field(default_factory=list)


class Rounds:
    """Plans the visits of all homes; `calls` of one home come in the order of planning, not of days."""

    def __init__(self, chance, span, diligence):
        self.chance, self.diligence = chance, diligence
        self.first, self.today = span
        frequencies = CareFrequency.objects.values_list("category_id", "frequency", "starts_on", "ends_on")
        self.frequencies = [due.Span(*row) for row in frequencies.order_by("category_id", "starts_on")]
        self.closed_from, self.kept = {}, set()

    def plan(self, homes):
        """All calls of the homes, by day."""
        owed = {home.household.pk: self._owed(home) for home in homes}
        self._lay_shown_list([home for home in homes if home.place.code == SHOWN_GRID], owed)
        calls = []
        for home in homes:
            mine = []
            for obligation in owed[home.household.pk]:
                mine += self._answer(home, obligation, mine)
            calls += mine + list(self._routine(home, bool(owed[home.household.pk])))
        return sorted(calls, key=lambda call: (call.day, call.home.household.pk))

    def _owed(self, home):
        """What fell due in the year and what is due now, shortest periods first: a weekly visit keeps a month, too."""
        facts = due.Facts(
            care=[
                due.Span(row.resident_id, row.category_id, row.starts_on, row.ends_on) for row in home.care
            ],
            frequencies=self.frequencies,
            homes=[due.Span(resident.pk, home.place.pk, home.since, None) for resident in home.residents],
            absences=[due.Span(a.resident_id, a.reason, a.starts_on, a.ends_on) for a in home.absences],
            meetings=[],
        )
        ledger = due.Ledger(facts)
        owed = ledger.ended_in(self.first, self.today) + ledger.current(self.today)
        return sorted(owed, key=lambda one: (one.end - one.start, one.start, one.resident, one.category))

    def _lay_shown_list(self, homes, owed):
        """In the shown grid some doors stay open for today, and at the others nothing is left to do."""
        current = {
            home.household.pk: [one for one in owed[home.household.pk] if one.end > self.today]
            for home in homes
        }
        waiting = [key for key, ones in current.items() if ones]
        by_length = sorted(waiting, key=lambda key: (current[key][0].end - current[key][0].start, key))
        # Weekly, monthly and quarterly doors alike.
        step = max(len(by_length) / SHOWN_DOORS, 1)
        shown = [by_length[int(place * step)] for place in range(min(SHOWN_DOORS, len(by_length)))]
        for place, key in enumerate(shown):
            shortest = current[key][0]
            start = shortest.start
            if place < SHOWN_MISSED:
                start, _ = due.period_of(start - timedelta(days=1), shortest.frequency)
            self.closed_from[key] = start
        self.kept = set(waiting) - set(shown)

    def _answer(self, home, owed, calls):
        """The calls that one obligation leads to; none when somebody was there anyway."""
        for call in calls:
            if call.mode == Mode.HOME and owed.start <= call.day < owed.end:
                if any(person.pk == owed.resident for person in call.met):
                    return []
        key = home.household.pk
        first, last = max(owed.start, self.first, home.since), min(owed.end - timedelta(days=1), self.today)
        is_current = owed.end > self.today
        if key in self.closed_from and last >= self.closed_from[key]:
            last = self.closed_from[key] - timedelta(days=1)
        if key in self.kept and is_current:
            last = min(last, self.today - timedelta(days=1))
        if first > last:
            return []
        odds = self.diligence(home.place)
        if key in self.kept and is_current:
            odds = 1
        elif is_current:
            odds *= ((self.today - owed.start).days + 0.5) / (owed.end - owed.start).days
        if self.chance.happens(odds):
            return self._keep(home, owed, first, last)
        return (
            self._miss(home, first, last) if self.chance.happens(0.6) and key not in self.closed_from else []
        )

    def _keep(self, home, owed, first, last):
        """Somebody is met; at times only at the second knock."""
        for _ in range(6):
            day = self.chance.working_day(first, last)
            met = self._at_home(home, day)
            if any(person.pk == owed.resident for person in met):
                break
        else:
            return []
        calls = [
            Call(home, day, met=met, note=self._note(sayings.NOTES, 0.45), purposes=self._purposes(home))
        ]
        before = day - timedelta(days=HouseholdVisit.RETURN_DAYS)
        if before >= first and self.chance.happens(0.07):
            calls.append(self._in_vain(home, before, Outcome.NOT_HOME, sayings.NOT_HOME))
        return calls

    def _miss(self, home, first, last):
        """Nobody was met in person: a locked door, a telephone call, a no."""
        day = self.chance.working_day(first, last)
        kind = self.chance.pick(
            {"locked": 45, "phone": 32, "wechat": 8, "neighbour": 5, "refused": 6, "unneeded": 4}
        )
        if kind == "locked":
            return [self._in_vain(home, day, Outcome.NOT_HOME, sayings.NOT_HOME)]
        if kind == "refused":
            return [self._in_vain(home, day, Outcome.REFUSED, sayings.REFUSED)]
        if kind == "unneeded":
            return [self._in_vain(home, day, Outcome.NOT_NEEDED, ("全家在太原过冬，开春再去。", ""))]
        met = self._at_home(home, day)[:1]
        note = self._note(sayings.BY_PHONE, 0.7)
        return [Call(home, day, mode=Mode(kind), met=met, note=note, purposes=[Purpose.CARE])] if met else []

    def _in_vain(self, home, day, outcome, notes):
        return Call(home, day, outcome=outcome, note=self._note(notes, 0.6), purposes=[Purpose.CARE])

    def _routine(self, home, is_looked_after):
        """Every door sees somebody now and then: a poster, the census, a question about insurance."""
        for _ in range(self.chance.pick({0: 3, 1: 2} if is_looked_after else {0: 12, 1: 45, 2: 30, 3: 13})):
            first = max(self.first, home.since)
            if home.household.pk in self.closed_from:
                break
            day = self.chance.working_day(first, self.today - timedelta(days=1))
            met = self._at_home(home, day)
            purposes = [
                self.chance.choice((Purpose.ROUTINE, Purpose.POLICY, Purpose.SAFETY, Purpose.CIVILITY))
            ]
            if met:
                yield Call(home, day, met=met, note=self._note(sayings.NOTES, 0.3), purposes=purposes)
            else:
                yield self._in_vain(home, day, Outcome.NOT_HOME, sayings.NOT_HOME)

    def _at_home(self, home, day):
        """Whom one meets: people in care nearly always, others when they are not at work or at school."""
        gone, cared_for = home.gone_on(day), {row.resident_id for row in home.care}
        return [
            person
            for person in home.residents
            if person.pk not in gone and self.chance.happens(0.97 if person.pk in cared_for else 0.6)
        ]

    def _note(self, notes, odds):
        return self.chance.choice(notes) if self.chance.happens(odds) else ""

    def _purposes(self, home):
        more = {
            Purpose.SAFETY: 0.25 if home.is_village else 0.15,
            Purpose.HEALTH: 0.2,
            Purpose.POLICY: 0.1,
        }
        return [Purpose.CARE, *(purpose for purpose, odds in more.items() if self.chance.happens(odds))]
