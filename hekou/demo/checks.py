"""抽查 of the demo: a draw a month among what was settled on the spot, and what the town found in the days after."""

from datetime import timedelta

from cases.actions.checks import chosen
from cases.models import CheckDraw, CheckItem
from cases.vocabulary import Status
from grids.figures import Period, next_month
from hekou.demo.copying import copy_in
from hekou.demo.lives import NotYet

Result = CheckItem.Result
# Of a draw one finds that something was not done after all; of the last one some are still to be looked at.
UNTRUE, LEFT = 0.05, 0.4
UNTRUE_WORDS = ("去看了，还堆着。", "邻居说没人来过。", "又坏了，没修彻底。")


class Checks:
    """Tells the draws of the whole months of the span. Dice of its own, so that the year does not depend on them."""

    def __init__(self, chance, year):
        self.chance, self.year = chance, year
        self.by = year.hands.town_officer
        self.draws, self.items = [], []

    def tell(self):
        month = next_month(self.year.first)
        while next_month(month) < self.year.today:
            self._draw(Period(month, next_month(month)))
            month = next_month(month)

    def write(self):
        """Once the cases are stored."""
        copy_in(self.draws)
        for item in self.items:
            # Set again: the draws have their keys only now.
            item.draw = item.draw
        copy_in(self.items)

    def _draw(self, period):
        start, end = period.moments
        drawn_at = self.chance.moment(period.end + timedelta(days=1), 9, 10)
        lives = {
            life.case.pk: life
            for life in self.year.lives
            if life.case.status == Status.CLOSED
            and life.case.was_self_closed
            and start <= life.case.closed_at < end
            and life.case.handler_id != self.by.pk
        }
        if not lives or drawn_at > self.year.now:
            return
        seed, percent = self.chance.randrange(2**32), self.year.clock.rules.spot_check_percent
        draw = CheckDraw(
            uuid=self.chance.uuid(),
            town=self.year.net.town,
            starts_on=period.start,
            ends_on=period.end,
            percent=percent,
            seed=seed,
            eligible=len(lives),
            drawn_by=self.by,
            drawn_at=drawn_at,
        )
        self.draws.append(draw)
        is_last = next_month(period.end) > self.year.today
        for key in chosen(sorted(lives), percent, seed):
            item = CheckItem(draw=draw, case=lives[key].case)
            self.items.append(item)
            if not (is_last and self.chance.happens(LEFT)):
                self._look(item, lives[key])

    def _look(self, item, life):
        at = self.chance.moment(
            timedelta(days=self.chance.randint(1, 8)) + item.draw.drawn_at.date(), 9.5, 16.5
        )
        at = max(at, life.events[-1].happened_at + timedelta(hours=2))
        untrue = self.chance.happens(UNTRUE) and not life.case.rating
        words = self.chance.choice(UNTRUE_WORDS) if untrue else ""
        result = Result.UNTRUE if untrue else Result.TRUE
        try:
            life.check(at, self.by, result.label, words)
        except NotYet:
            return
        item.result, item.words, item.checked_by, item.checked_at = result, words, self.by, at
        if untrue:
            self._again(life, at, words)

    def _again(self, life, at, words):
        """Taken up again, done by the same person, and looked at by another; as far as it has come today."""
        handler = self.year.hands.by_key[life.case.handler_id]
        try:
            life.press("reopen", at, self.by, f"抽查不属实：{words}")
            at = self.year.after(at, self.chance.uniform(3, 9))
            life.press("finish", at, handler, "", {"measures": "又去了一趟，弄好了。"})
            at = self.year.after(at, self.chance.uniform(2, 8))
            checker = self.year.hands.another(life.case.grid, at.date(), handler.pk)
            life.press("verify_and_close", at, checker)
        except NotYet:
            return
