"""What becomes of one case of the demo: who takes it, how far up it goes, how it ends, what is said of it."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from cases.actions.report import Told
from cases.deadlines import Limit, LimitUnit
from cases.models import Case
from cases.vocabulary import Level, Status
from hekou.demo import matters
from hekou.demo.lives import NotYet
from hekou.demo.matters import MATTERS

Source, Score = Case.Source, Case.Score
DAY = timedelta(days=1)


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
