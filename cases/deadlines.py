"""Time limits in working time, and the lights. Pure.

Local defaults of the town (DOMAIN, cases): working hours are 08:00-12:00 and 14:00-18:00, a working day is eight of
them, an urgent limit runs round the clock. The calendar knows holidays and make-up workdays as far as somebody has
entered them; a day beyond counts as its weekday, three holidays of fixed date excepted, and a deadline that leans on
such a day is provisional.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

WORKING_DAY = timedelta(hours=8)
WARN_AT = Fraction(4, 5)
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (10, 1)})
# No limit is longer; a calendar without a single working day would else be searched for ever.
LONGEST = timedelta(days=3660)

Span = tuple[time, time]
HOURS: tuple[Span, ...] = ((time(8), time(12)), (time(14), time(18)))


class LimitUnit(StrEnum):
    """In what a limit is counted (时限单位)."""

    URGENT_HOURS = "urgent_hours"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"


class Limit(NamedTuple):
    """How long a matter may take: a whole number of hours or working days."""

    amount: int
    unit: LimitUnit

    @property
    def span(self) -> timedelta:
        """The time that has to be worked; for urgent hours, to pass."""
        return self.amount * (WORKING_DAY if self.unit == LimitUnit.WORKING_DAYS else timedelta(hours=1))

    @property
    def is_round_the_clock(self) -> bool:
        return self.unit == LimitUnit.URGENT_HOURS


class Light(StrEnum):
    """Where a case stands in its limit: green to 80 %, yellow to the end, red beyond."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Deadline(NamedTuple):
    """When the light turns yellow and when it turns red; provisional while a day on the way is not entered yet."""

    warn_at: datetime
    due_at: datetime
    is_provisional: bool

    def light(self, now: datetime) -> Light:
        return light(now, self.warn_at, self.due_at)


def light(now: datetime, warn_at: datetime, due_at: datetime) -> Light:
    """The light at a moment. At the warning itself it is still green, at the deadline itself still yellow."""
    if now > due_at:
        return Light.RED
    return Light.YELLOW if now > warn_at else Light.GREEN


@dataclass(frozen=True)
class WorkCalendar:
    """A town's working time. `days` holds every day somebody entered: True for a working day, False for a day off."""

    zone: ZoneInfo
    days: Mapping[date, bool]
    hours: tuple[Span, ...] = HOURS

    def is_known(self, day: date) -> bool:
        return day in self.days

    def is_workday(self, day: date) -> bool:
        by_rule = day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS
        return self.days.get(day, by_rule)

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The working time in [start, end), in order, in the town's zone."""
        day = start.astimezone(self.zone).date()
        last = end.astimezone(self.zone).date()
        while day <= last:
            if self.is_workday(day):
                for begins, ends in self.hours:
                    lower = max(datetime.combine(day, begins, self.zone), start)
                    upper = min(datetime.combine(day, ends, self.zone), end)
                    if lower < upper:
                        yield lower, upper
            day += timedelta(days=1)

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """The working time between two moments; nothing where the end is not after the start."""
        return sum((upper - lower for lower, upper in self.spans(start, end)), timedelta(0))

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The moment at which so much working time has passed since `start`.

        Raises OverflowError where ten years do not hold it, as with hours that somebody emptied.
        """
        if span <= timedelta(0):
            return start
        left = span
        for lower, upper in self.spans(start, start + LONGEST):
            if upper - lower >= left:
                return lower + left
            left -= upper - lower
        raise OverflowError("no working time within ten years")

    def before(self, end: datetime, span: timedelta) -> datetime:
        """The earliest moment since which no more than so much working time has passed until `end`.

        What began earlier has waited longer than `span`. Raises OverflowError where ten years do not hold it.
        """
        day, left = end.astimezone(self.zone).date(), span
        last = (end - LONGEST).date()
        while day > last:
            begins = datetime.combine(day, time(0), self.zone)
            for lower, upper in reversed([*self.spans(begins, min(end, begins + timedelta(days=1)))]):
                if upper - lower > left:
                    return upper - left
                left -= upper - lower
            day -= timedelta(days=1)
        raise OverflowError("no working time within ten years")

    def close_of_next_day(self, now: datetime) -> datetime:
        """When work ends on the first working day after the one of `now`: what "by tomorrow evening" means."""
        day = now.astimezone(self.zone).date()
        for _ in range(LONGEST.days):
            day += timedelta(days=1)
            if self.is_workday(day):
                return datetime.combine(day, self.hours[-1][1], self.zone)
        raise OverflowError("no working day within ten years")

    def unknown_between(self, start: datetime, end: datetime) -> bool:
        """Whether a day from the one to the other is not entered yet."""
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        days = (day + timedelta(days=n) for n in range((last - day).days + 1))
        return any(not self.is_known(one) for one in days)


def deadline(
    start: datetime,
    limit: Limit,
    calendar: WorkCalendar,
    *,
    extended: timedelta = timedelta(0),
    stopped: Iterable[tuple[datetime, datetime]] = (),
) -> Deadline:
    """The deadline of a limit that runs from `start`, longer by `extended`, with the clock stopped meanwhile.

    `extended` is working time, or time on the clock for an urgent limit. `stopped` are the closed suspensions, each
    in order and apart: what runs in them does not count.
    """
    whole = limit.span + extended
    warn = timedelta(seconds=int(whole.total_seconds() * WARN_AT))
    pauses = sorted(stopped)
    warn_at, due_at = (_after(start, span, limit, calendar, pauses) for span in (warn, whole))
    provisional = not limit.is_round_the_clock and calendar.unknown_between(start, due_at)
    return Deadline(warn_at, due_at, provisional)


def _after(
    start: datetime,
    span: timedelta,
    limit: Limit,
    calendar: WorkCalendar,
    pauses: list[tuple[datetime, datetime]],
) -> datetime:
    """Run to each pause, then go on behind it with what is left."""

    def run(since: datetime, left: timedelta) -> datetime:
        return since + left if limit.is_round_the_clock else calendar.after(since, left)

    def spent(since: datetime, until: datetime) -> timedelta:
        passed = max(until - since, timedelta(0))
        return passed if limit.is_round_the_clock else calendar.worked(since, until)

    since, left = start, span
    for stops, goes_on in pauses:
        if goes_on <= since or run(since, left) <= stops:
            continue
        left -= spent(since, stops)
        since = max(since, goes_on)
    return run(since, left)
