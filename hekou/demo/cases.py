"""A year of cases as a town has them: most settled in the grid, some handed up, some late, a few gone wrong."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from cases.actions import moving
from cases.actions.ratings import ALPHABET, CODE_LENGTH
from cases.actions.report import Told
from cases.models import Case, CaseCategory
from cases.vocabulary import Level, Status
from grids.access import Role
from grids.models import Concern, FieldRecord, Finding, Tier, Unit
from hekou.demo import facts, matters
from hekou.demo.copying import keys_of
from hekou.demo.courses import Course, evening_of
from hekou.demo.lives import Life, NotYet
from hekou.demo.matters import MATTERS

Source, Score = Case.Source, Case.Score
DAY = timedelta(days=1)
KEYS_AT_ONCE = 200

SOURCES = {Source.PATROL: 36, Source.VISIT: 24, Source.RESIDENT: 14, Source.PHONE: 14}
SOURCES |= {Source.HOTLINE: 5, Source.ASSIGNED: 3, Source.INSPECTION: 3, Source.LEADER: 1}
AT_DESK = frozenset({Source.PHONE, Source.HOTLINE, Source.ASSIGNED, Source.INSPECTION, Source.LEADER})
# Who settles what was heard in a grid; what came to the desk goes up more often.
IN_GRID = {"worker": 46, "head": 34, "area": 8, "town": 5, "unit": 7}
FROM_DESK = {"head": 52, "area": 18, "town": 12, "unit": 18}


class Hands:
    """Who reports, works and checks in a grid on a day, as the staff's dated terms say."""

    def __init__(self, net, staff):
        self.net, self.staff = net, staff
        self.town_officer = staff.account(Role.TOWN_OFFICER)
        self.leader = staff.account(Role.TOWN_LEADER)
        self.units = {unit.name: unit for unit in Unit.objects.filter(town=net.town)}
        self.accounts = {"供水站": staff.account(Role.UNIT_OFFICER)}
        self.by_key = {user.pk: user for user in staff.users.values()}

    def worker(self, grid, day):
        return self.staff.in_post(grid.code[: Tier.GRID], Role.GRIDWORKER, day)

    def head(self, grid, day):
        return self.staff.in_post(grid.code[: Tier.GRID], Role.GRID_HEAD, day)

    def area(self, grid, day):
        return self.staff.in_post(grid.area_code, Role.VILLAGE_OFFICER, day)

    def another(self, grid, day, *but):
        """The first who may verify and has none of these keys: no case waits for a person who does not exist."""
        able = (self.worker(grid, day), self.head(grid, day), self.area(grid, day), self.town_officer)
        return next(person for person in able if person and person.pk not in but)


class Plan(NamedTuple):
    """A case that is to come in: where, from whom, when, what it tells, who settles it, and whether on the spot."""

    grid: object
    reporter: object
    at: datetime
    told: Told
    who: str
    settled: bool


class Year:
    """Tells the cases of the span. `heard` and `found` are the concerns and findings that cases may grow from."""

    def __init__(self, chance, net, hands, numbers, span, now):
        self.chance, self.net, self.hands, self.numbers, self.now = chance, net, hands, numbers, now
        self.first, self.today = span
        self.clock = moving.TownClock(net.town.pk)
        rows = CaseCategory.objects.filter(town=net.town, parent__isnull=False)
        self.categories = {row.code: row for row in rows.select_related("unit", "town")}
        self.lives, self._keys = [], []

    def tell(self, n):
        """About n cases over the span, and those that grew from concerns and findings."""
        grids = [grid for grid in self.net.at(Tier.GRID) if self.net.households.get(grid.code)]
        plans = []
        for _ in range(n):
            day = self.chance.working_day(self.first, self.today - DAY)
            plans.append(self._plan(self.chance.choice(grids), day))
        for concern in self._heard(n // 12):
            plans.append(self._plan(concern.grid, concern.heard_on, concern=concern))
        for finding in self._found(n // 16):
            plans.append(self._plan(finding.grid, finding.patrol.walked_on, finding=finding))
        # A ledger lists by key what came in last, so the keys are given in the order of coming in.
        for plan in sorted(plans, key=lambda plan: plan.at):
            self._live(plan)
        return self.lives

    def _heard(self, n):
        rows = Concern.objects.exclude(state=Concern.State.SETTLED).filter(
            superseded_by=None, household__isnull=False, grid__tier=Tier.GRID, heard_on__lt=self.today - DAY
        )
        rows = list(rows.select_related("record", "grid", "household").order_by("pk"))
        return self.chance.sample(rows, min(n, len(rows)))

    def _found(self, n):
        rows = Finding.objects.filter(superseded_by=None, patrol__walked_on__lt=self.today - DAY)
        rows = rows.exclude(settled_at__lte=timezone.now(), version=1)
        rows = list(rows.select_related("grid", "patrol").order_by("pk"))
        return self.chance.sample(rows, min(n, len(rows)))

    def _plan(self, grid, day, concern=None, finding=None):
        hands, chance = self.hands, self.chance
        worker = hands.worker(grid, day) or hands.head(grid, day) or hands.area(grid, day)
        source = Source.VISIT if concern else Source.PATROL if finding else chance.pick(SOURCES)
        at_desk = source in AT_DESK
        reporter = hands.town_officer if at_desk else worker
        matter = self._matter(day, concern or finding)
        who = chance.pick(FROM_DESK if at_desk else IN_GRID)
        settled = who == "worker" and worker == hands.worker(grid, day)
        at = self._reported_at(day, at_desk or not settled)
        told = self._told(matter, source, at, settled, concern, finding)
        return Plan(grid, reporter, at, told, who, settled)

    def _live(self, plan):
        life = self.begin(plan.grid, plan.reporter, plan.at, plan.told)
        if life is None:
            return
        with suppress(NotYet):
            Course(self, life, plan.grid, plan.who).run(plan.settled)
        if life.case.status == Status.SUBMITTED:
            # What waits at the desk now is laid by hand (hekou.demo.shown).
            self.lives.remove(life)

    def begin(self, grid, reporter, at, told, level=Level.WORKER):
        """A life from its report; None where that is still to come."""
        if at > self.now:
            return None
        fact = facts.Fact(
            kind=FieldRecord.Kind.CASE,
            by=reporter,
            actor=reporter,
            grid=grid,
            household=told.household,
            envelope=facts.envelope_at(self.chance.uuid(), at),
            received_at=min(at + timedelta(seconds=self.chance.uniform(1, 15)), self.now),
            told={"told": told, "grid": grid, "level": int(level)},
            label=f"{told.subject} {told.place}"[:60],
        )
        if not self._keys:
            self._keys = keys_of(Case, KEYS_AT_ONCE)
        key = self._keys.pop(0)
        life = Life(fact, clock=self.clock, now=self.now, uuid=self.chance.uuid, key=key)
        self.lives.append(life)
        return life

    def _matter(self, day, told):
        """A kind of problem of the season; one that was heard or found keeps its theme."""
        of_theme = [one for one in MATTERS if told and self.categories[one.code].theme == told.theme]
        fitting = of_theme or [one for one in MATTERS if not one.months or day.month in one.months]
        return self.chance.choices(fitting, [one.often for one in fitting])[0]

    def _reported_at(self, day, by_day):
        """In working hours as a rule: what comes to the desk always."""
        if by_day or self.chance.happens(0.85):
            return self.chance.moment(day, *self.chance.choice(((8.1, 11.5), (8.1, 11.5), (14.1, 17.3))))
        return self.chance.moment(day, 18.2, 20.5)

    def _told(self, matter, source, at, settled, concern, finding):
        chance = self.chance
        place = chance.choice(matters.PLACES)
        words = chance.choice(matter.words).format(place)
        if concern:
            words = concern.words
        from_above = source in (Source.HOTLINE, Source.ASSIGNED)
        by_phone = source in (Source.PHONE, Source.HOTLINE, Source.RESIDENT)
        return Told(
            subject=matter.subject,
            category=self.categories[matter.code],
            place=finding.place or place if finding else place,
            words=finding.words if finding else words,
            affected_households=chance.choice(matters.AFFECTED),
            source=source,
            upstream_no=f"GJ{at:%y%m%d}{chance.randint(100, 999)}" if from_above else "",
            upstream_due_at=evening_of(at.date() + timedelta(days=chance.randint(5, 9)))
            if from_above
            else None,
            caller_name=chance.choice("赵李王张刘郝武薛") + chance.choice(("大爷", "大娘", "师傅", "女士"))
            if by_phone
            else "",
            caller_phone=self.numbers.phone() if by_phone and chance.happens(0.7) else "",
            is_urgent=chance.happens(0.03),
            measures=chance.choice(matter.measures) if settled else "",
            settled=settled,
            concern=concern,
            finding=finding,
            household=concern.household if concern else None,
        )

    def code(self):
        """A resident's code; one seed, one code."""
        return "".join(self.chance.choice(ALPHABET) for _ in range(CODE_LENGTH))

    def after(self, moment, hours):
        """So many working hours later."""
        return self.clock.calendar.after(moment, timedelta(hours=hours))
