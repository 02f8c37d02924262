"""The demo's field facts: visits with what was heard, reports, patrols, typed in time or late, some put right."""

from datetime import timedelta
from uuid import uuid5

from grids.actions.records import Envelope
from grids.models import Concern, FieldRecord, Finding, Grid, HouseholdVisit, PatrolCheck, PatrolPoint, Tier
from hekou.demo import sayings
from hekou.demo.facts import Fact

Kind = FieldRecord.Kind
# What is older than this has an answer as a rule.
ANSWERED_WITHIN = 25


class Diary:
    """Turns plans into facts with uuids, clocks and positions."""

    def __init__(self, chance, staff, span, now):
        self.chance, self.staff, self.now = chance, staff, now
        self.first, self.today = span

    def visits(self, calls):
        """One fact a planned call, and now and then its correction or withdrawal."""
        facts = []
        for call in calls:
            fact = self._visit(call)
            if fact is None:
                continue
            facts.append(fact)
            if self.chance.happens(0.003) and call.day < self.today - timedelta(days=3):
                facts.append(self._put_right(fact))
        return facts

    def _visit(self, call):
        home = call.home
        concerns, later = [], {}
        if call.met and call.mode == HouseholdVisit.Mode.HOME and self.chance.happens(0.03):
            concerns, later = self._heard(home.place, call.day)
        told = {
            "household": home.household,
            "mode": call.mode,
            "outcome": call.outcome,
            "met": call.met,
            "purposes": call.purposes,
            "note": call.note,
            "concerns": concerns,
        }
        return self._fact(
            Kind.VISIT,
            home.place,
            call.day,
            told,
            household=home.household,
            label=home.household.address,
            later=later,
        )

    def _fact(self, kind, grid, day, told, household=None, label="", later=None):
        """A fact of the grid's worker on the day; None where nobody was in post or the day has not come so far."""
        actor = self.staff.worker_of(grid, day)
        captured_at = self._captured_at(day)
        if actor is None or captured_at > self.now:
            return None
        by = actor
        if self.chance.happens(0.015):
            by = self.staff.head_of(grid, day) or actor
        received_at = captured_at + timedelta(seconds=self.chance.uniform(1, 15))
        if self.chance.happens(0.004):
            # No signal on the mountain: typed in time, sent days later (迟传).
            received_at = captured_at + timedelta(days=2, seconds=self.chance.uniform(1, 9000))
        longitude, latitude, accuracy = self._position(household)
        return Fact(
            kind=kind,
            by=by,
            actor=actor,
            grid=grid,
            household=household,
            envelope=Envelope(
                uuid=self.chance.uuid(),
                captured_at=captured_at,
                happened_on=day,
                longitude=longitude,
                latitude=latitude,
                accuracy_m=accuracy,
            ),
            received_at=min(received_at, self.now),
            told=told,
            label=label,
            later=later or {},
        )

    def _captured_at(self, day):
        """On the spot, in the evening, or days late (补录)."""
        draw = self.chance.random()
        if draw < 0.03:
            return self.chance.moment(day + timedelta(days=self.chance.randint(2, 5)), 18.5, 22)
        if draw < 0.33:
            return self.chance.moment(day, 19, 21.7)
        return self.chance.moment(day, 8.2, 18.4)

    def _position(self, household):
        """Given for few: it is optional and off by default."""
        if household is None or household.longitude is None or not self.chance.happens(0.2):
            return None, None, None
        near = [
            round(at + self.chance.uniform(-2e-4, 2e-4), 6)
            for at in (household.longitude, household.latitude)
        ]
        return *near, round(self.chance.uniform(4, 40), 1)

    def _put_right(self, fact):
        """A correction by the same person the next day, or a withdrawal."""
        reason = self.chance.choice(sayings.CORRECTIONS)
        withdrawn = reason == sayings.CORRECTIONS[0]
        moment = min(self.chance.moment(fact.received_at.date() + timedelta(days=1), 8, 12), self.now)
        uuid = uuid5(fact.envelope.uuid, "withdrawal") if withdrawn else self.chance.uuid()
        return Fact(
            kind=Kind.WITHDRAWAL if withdrawn else fact.kind,
            by=fact.by,
            actor=fact.by if withdrawn else fact.actor,
            grid=fact.grid,
            household=fact.household,
            envelope=Envelope(
                uuid=uuid,
                captured_at=moment,
                happened_on=moment.astimezone(self.now.tzinfo).date()
                if withdrawn
                else fact.envelope.happened_on,
            ),
            received_at=moment,
            told={} if withdrawn else {**fact.told, "concerns": (), "note": f"{fact.told['note']}（更正）"},
            corrects=fact,
            reason=reason,
            label=fact.label,
        )

    def reports(self, grids, n):
        """诉求 told on the road or by telephone, of no household."""
        for _ in range(n):
            grid, day = self.chance.choice(grids), self.chance.working_day(self.first, self.today)
            [heard], later = self._heard(grid, day)
            label = Concern.Theme(heard["theme"]).label
            fact = self._fact(Kind.CONCERN, grid, day, {**heard, "grid": grid}, label=label, later=later)
            if fact:
                yield fact

    def _heard(self, grid, day):
        """One thing that is heard in this season, as [told], and the answer it got, by position."""
        fitting = [said for said in sayings.CONCERNS if not said[1] or day.month in said[1]]
        theme, _, words = self.chance.choice(fitting)
        words = words.format(self.chance.choice(sayings.PLACES))
        if self.chance.happens(0.18):
            return [{"theme": theme, "words": words, "state": Concern.State.SETTLED}], {}
        heard = [{"theme": theme, "words": words, "state": Concern.State.WATCHING}]
        answered_on = day + timedelta(days=self.chance.randint(1, ANSWERED_WITHIN))
        answered_at = self.chance.moment(answered_on, 8.5, 18)
        who = self.staff.head_of(grid, answered_on)
        if answered_at > self.now or who is None or self.chance.happens(0.05):
            return heard, {}
        return heard, {0: (who, answered_at, self.chance.choice(sayings.ANSWERS[theme]))}

    def patrols(self, grids):
        """A walk of every grid about once a week."""
        points = {
            point.name: point
            for point in PatrolPoint.objects.filter(retired_on=None).order_by("position", "pk")
        }
        for grid in grids:
            day = self.first + timedelta(days=self.chance.randint(0, 6))
            while day <= self.today:
                fact = self._patrol(grid, day, points)
                if fact:
                    yield fact
                day += timedelta(days=self.chance.randint(5, 11))

    def _patrol(self, grid, day, points):
        looked_at = {name for name in points if self.chance.happens(0.5)}
        checks, findings, later = {}, [], {}
        found = [one for one in sayings.FINDINGS if one[0] in looked_at and self.chance.happens(0.03)][:2]
        for name, point in points.items():
            if name in looked_at:
                state = PatrolCheck.State.ABSENT if self.chance.happens(0.05) else PatrolCheck.State.FINE
                checks[point] = PatrolCheck.State.FOUND if any(one[0] == name for one in found) else state
        for position, (_, theme, place, words) in enumerate(found):
            settled = self.chance.happens(0.45)
            findings.append(
                {
                    "theme": theme,
                    "place": place,
                    "words": words,
                    "state": Finding.State.SETTLED if settled else Finding.State.OPEN,
                }
            )
            settled_at = self.chance.moment(day + timedelta(days=self.chance.randint(1, 20)), 9, 18)
            if not settled and settled_at <= self.now and self.chance.happens(0.9):
                later[position] = (self.staff.worker_of(grid, day), settled_at, "")
        told = {
            "grid": grid,
            "route": self.chance.choice(sayings.ROUTES),
            "note": self.chance.choice(sayings.PATROL_NOTES),
            "checks": checks,
            "findings": findings,
        }
        return self._fact(Kind.PATROL, grid, day, told, label=told["route"][:60], later=later)


def walked(net):
    """The grids that are walked: all of them, not their micro-grids."""
    return [grid for grid in net.at(Tier.GRID) if grid.kind in (Grid.Kind.BASIC, Grid.Kind.DEDICATED)]
