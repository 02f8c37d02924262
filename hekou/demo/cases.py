"""A year of cases as a town has them: most settled in the grid, some handed up, some late, a few gone wrong."""

from contextlib import suppress
from datetime import datetime, time, timedelta

from django.utils import timezone

from cases.actions import moving
from cases.actions.ratings import ALPHABET, CODE_LENGTH
from cases.actions.report import Told
from cases.deadlines import Limit, LimitUnit
from cases.models import Case, CaseCategory
from cases.vocabulary import Level, Status
from grids.access import Role
from grids.models import Concern, FieldRecord, Finding, Tier, Unit
from hekou.demo import facts, matters
from hekou.demo.copying import keys_of
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
        for _ in range(n):
            day = self.chance.working_day(self.first, self.today - DAY)
            self._one(self.chance.choice(grids), day)
        for concern in self._heard(n // 12):
            self._one(concern.grid, concern.heard_on, concern=concern)
        for finding in self._found(n // 16):
            self._one(finding.grid, finding.patrol.walked_on, finding=finding)
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

    def _one(self, grid, day, concern=None, finding=None):
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
        life = self.begin(grid, reporter, at, told)
        if life is None:
            return
        with suppress(NotYet):
            Course(self, life, grid, who).run(settled)
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


def midnight_of(day):
    return timezone.make_aware(datetime.combine(day, time()))


def evening_of(day):
    """Six in the evening, when the upstream's limits end."""
    return timezone.make_aware(datetime.combine(day, time(18)))


class Course:
    """What becomes of one case: who takes it, how far up it goes, and how it ends."""

    def __init__(self, year, life, grid, who):
        self.year, self.life, self.grid, self.who = year, life, grid, who
        self.chance, self.hands = year.chance, year.hands
        self.at = life.fact.envelope.captured_at
        self.matter = next(one for one in MATTERS if one.subject == life.fact.told["told"].subject)
        self.is_late = self.chance.happens(0.075)

    @property
    def case(self):
        return self.life.case

    def run(self, settled):
        if settled:
            self._confirmed()
        elif not self._turned_away():
            self._taken()
            self._worked()
            self._ended()
        self._rated()

    def _day(self):
        return timezone.localdate(self.at)

    def _later(self, low, high):
        """Some working hours on; never at the same moment."""
        self.at = self.year.after(self.at, self.chance.uniform(low, high))
        return self.at

    def _at_share(self, low, high):
        """The moment at which such a share of the case's limit has run, at the earliest a little later."""
        case, share = self.case, self.chance.uniform(low, high)
        limit = Limit(case.limit_amount, LimitUnit(case.limit_unit))
        hours = limit.span.total_seconds() / 3600 + case.extended_minutes / 60
        if case.limit_unit == LimitUnit.URGENT_HOURS:
            moment = case.registered_at + timedelta(hours=hours * share)
        else:
            moment = self.year.after(case.registered_at, hours * share)
        for start, end in case.pauses:
            moment += end - start
        self.at = max(moment, self.at + timedelta(minutes=self.chance.uniform(4, 15)))
        return self.at

    def _confirmed(self):
        """当场办结: confirmed by another within the limit, sometimes doubted, sometimes nobody comes."""
        if self.chance.happens(0.05):
            closing = self.year.after(self.case.handled_at, 8 * self.life.clock.rules.unchecked_days)
            self.at = _past_midnight(closing)
            self.life.press("close_unchecked", self.at, None)
            return
        checker = self.hands.another(self.grid, self._day(), self.case.handler_id)
        self._at_share(*((1.1, 1.6) if self.is_late else (0.15, 0.85)))
        if self.chance.happens(0.012):
            given = {"holder_id": None, "handler": self.case.handler_id}
            self.life.press("doubt", self.at, checker, self.chance.choice(matters.REWORKS), **given)
            self.life.take(self._later(0.1, 1), checker, self._level_of(checker))
            self._finished(checker, 0.1, 0.95)
            other = self.hands.another(self.grid, self._day(), checker.pk)
            self._closed_by(other)
            return
        self.life.press("confirm", self.at, checker)

    def _level_of(self, person):
        day = self._day()
        if person == self.hands.town_officer:
            return Level.TOWN
        if person == self.hands.area(self.grid, day):
            return Level.AREA
        return Level.HEAD if person == self.hands.head(self.grid, day) else Level.WORKER

    def _turned_away(self):
        """Refused or a duplicate: it ends before anybody works on it."""
        if self.chance.happens(0.018):
            words = self.chance.choice(matters.REJECTED)
            by = self.hands.area(self.grid, self._day()) or self.hands.town_officer
            self.life.press("reject", self._later(0.2, 2), by, words)
            return True
        return False

    def _taken(self):
        """Filed and given to somebody; level and holder follow from `who`."""
        day, town = self._day(), self.hands.town_officer
        head, area = self.hands.head(self.grid, day), self.hands.area(self.grid, day)
        at_desk = self.life.fact.actor == town
        if head is None or self.who == "area":
            holder, level = area, Level.AREA
        else:
            holder, level = head, Level.HEAD
        self._later(0.1, 2.5)
        self.unit = unit = self._unit()
        if self.who == "unit" and unit and (at_desk or self.chance.happens(0.5)):
            self.life.give_to_unit(self.at, town, unit)
        elif at_desk and self.who != "town":
            self.life.give_to(self.at, town, holder, level)
        elif at_desk:
            self.life.take(self.at, town, Level.TOWN)
        else:
            self.life.take(self.at, holder, level)
            if self.who in ("town", "unit"):
                self._handed_up(holder, area, unit if self.who == "unit" else None)
        self._merged()

    def _unit(self):
        unit = self.case.category.unit
        return unit and self.hands.units.get(unit.name)

    def _handed_up(self, holder, area, unit):
        words = self.chance.choice(matters.HANDED_UP)
        if self.case.level == Level.HEAD:
            self.life.hand_up(self._later(0.2, 1), holder, words, Level.AREA.value)
        self.life.hand_up(self._later(0.1, 0.6), area, words, Level.TOWN.value)
        if unit:
            self.life.give_to_unit(self._later(0.1, 0.5), self.hands.town_officer, unit, "hand_up", words)

    def _merged(self):
        """Now and then somebody else has reported the same."""
        if not self.chance.happens(0.03):
            return
        main, year = self.case, self.year
        told = Told(
            subject=main.subject,
            category=main.category,
            place=main.place,
            words="就是那件事，还没人来。",
            source=Source.RESIDENT,
        )
        reporter = self.hands.another(self.grid, self._day(), self.life.fact.actor.pk)
        twin = year.begin(self.grid, reporter, self._later(0.1, 0.5), told)
        if twin is None:
            raise NotYet
        by = self.hands.area(self.grid, self._day()) or self.hands.town_officer
        at = self._later(0.05, 0.3)
        try:
            twin.merge_into(self.life, at, by)
        except NotYet:
            year.lives.remove(twin)
            raise

    def _worker_here(self):
        """Who has it in hand: the person, the unit's account, or who speaks for a unit without one."""
        if self.case.unit_id:
            return self.hands.accounts.get(self.unit.name)
        if self.case.holder_id:
            return self.hands.by_key[self.case.holder_id]
        return self.hands.town_officer

    def _worked(self):
        """Notes, people called in, more time, a rest, words from above."""
        chance, life = self.chance, self.life
        by = self._worker_here() or self.hands.town_officer
        above = self.hands.area(self.grid, self._day())
        if self.case.level != Level.HEAD or above in (None, by):
            above = self.hands.town_officer
        if chance.happens(0.12):
            life.note(self._soon(), by, chance.choice(matters.NOTES))
        if chance.happens(0.02):
            better = self.year.categories["0401" if self.matter.code == "0601" else "2105"]
            life.classify(self._soon(), by, better)
        if by == above:
            return
        if chance.happens(0.035):
            life.ask(self._soon(), by, "extend", chance.choice(matters.EXTENSIONS), chance.randint(1, 5))
            agreed = chance.happens(0.85)
            life.decide(self._soon(), above, agreed, "" if agreed else "抓紧，原来的期限够。")
        elif chance.happens(0.018):
            life.ask(self._soon(), by, "suspend", chance.choice(matters.RESTS))
            life.decide(self._soon(), above, True, "同意，定期看。")
            self.at += timedelta(days=chance.randint(5, 40))
            life.press("resume", self.at, by)
        if chance.happens(0.012):
            supervisor = chance.choice((self.hands.leader, self.hands.town_officer))
            words = chance.choice(matters.SUPERVISED)
            life.supervise(self._soon(), supervisor, words, self._day() + timedelta(days=2))
            life.reply(self._soon(), by, chance.choice(matters.REPLIES))

    def _soon(self):
        """A little later, so that what is written on the way stays within the limit."""
        self.at += timedelta(minutes=self.chance.uniform(3, 14))
        return self.at

    def _finished(self, by, low, high):
        chance = self.chance
        told = {"measures": chance.choice(self.matter.measures), "cause": self.matter.cause}
        helpers = chance.choice(matters.HELPERS)
        self._at_share(low, high)
        if chance.happens(0.05) and by:
            name, work = chance.choice(matters.EXPERTS)
            self.life.expert(self.at, by, name, work, chance.randint(25, 150))
            self._soon()
        who = by or self.hands.town_officer
        # Who writes it down for a unit without accounts did not do the work.
        handler = by.pk if by else None
        self.life.press("finish", self.at, who, "", told | {"helpers": helpers}, handler=handler)

    def _ended(self):
        """Finished, sometimes sent back, verified, in the town's own cases closed by the town."""
        by = self._worker_here()
        if self.chance.happens(0.008) and self.case.status == Status.HANDLING:
            self.life.press("void", self._soon(), self.hands.town_officer, "重复登记，作废。")
            return
        low, high = (1.02, 1.5) if self.is_late else (0.1, 0.6)
        self._finished(by, low, high)
        handler = by and by.pk
        if self.chance.happens(0.045):
            checker = self.hands.another(self.grid, self._day(), handler)
            self.life.press("rework", self._later(0.1, 1), checker, self.chance.choice(matters.REWORKS))
            self._finished(by, 0.65, 0.8)
        self._closed_by(self.hands.another(self.grid, self._day(), handler))
        if self.chance.happens(0.01):
            self._reopened(by)

    def _closed_by(self, checker):
        case, town = self.case, self.hands.town_officer
        from_above = case.source in (Source.HOTLINE, Source.ASSIGNED)
        heavy = case.level >= Level.TOWN or case.was_supervised or from_above
        share = (1.1, 1.6) if self.is_late else (0.62, 0.9)
        if heavy and case.handler_id != town.pk:
            if checker == town:
                checker = self.hands.another(self.grid, self._day(), town.pk)
            self.life.press("verify", self._at_share(*share), checker)
            self.life.press("close", self._soon(), town)
        else:
            self.life.press("verify_and_close", self._at_share(*share), checker)

    def _reopened(self, by):
        self.at += timedelta(days=self.chance.randint(1, 6))
        self.life.press("reopen", self.at, self.hands.town_officer, self.chance.choice(matters.REOPENED))
        self._later(1, 6)
        told = {"measures": self.chance.choice(self.matter.measures)}
        self.life.press("finish", self.at, by or self.hands.town_officer, "", told, handler=by and by.pk)
        self._later(0.2, 2)
        self.is_late = False
        self._closed_by(self.hands.another(self.grid, self._day(), by and by.pk))

    def _rated(self):
        """A quarter of the residents say what they think; whoever is not content is the town's task."""
        case, chance = self.case, self.chance
        if case.status != Status.CLOSED or not chance.happens(0.26):
            return
        score = chance.pick({Score.SATISFIED: 78, Score.FAIRLY: 18, Score.UNSATISFIED: 4})
        words = chance.choice(matters.UNSATISFIED if score == Score.UNSATISFIED else matters.SATISFIED)
        issued_at = self._soon()
        self.at = self.year.after(self.at, chance.uniform(1, 16))
        if chance.happens(0.5):
            by = self.hands.another(self.grid, self._day(), case.handler_id)
            self.life.rate(self.at, score, words, by=by)
        else:
            issuer = self.hands.another(self.grid, self._day())
            self.life.rate(self.at, score, words, code=self.year.code(), issued=(issuer, issued_at))
        if score == Score.UNSATISFIED and chance.happens(0.9):
            outcome = chance.choice(matters.OUTCOMES)
            self.life.finish_task(self._later(2, 15), self.hands.town_officer, outcome)


def _past_midnight(moment):
    """When the nightly run comes by after the moment."""
    return midnight_of(timezone.localdate(moment) + DAY) + timedelta(minutes=5)
