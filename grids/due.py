"""Who is due to be seen, and was (走访应访). Pure: one function for the to-do list and for the rate.

An obligation is one resident, one care category, one local calendar period of the category's frequency: a week
from Monday, a month, a quarter. It is owed when, on the period's last day, the resident is in the category, lives
in a placed household and is not away (*local*): who left before the end is not owed, who returned is. It is done
by meeting the resident in person within the period; a telephone call is counted beside it, never as a visit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

WEEKLY, MONTHLY, QUARTERLY, NONE = "weekly", "monthly", "quarterly", "none"


class Span(NamedTuple):
    """A dated fact about a key (a resident, a category): holds on [starts_on, ends_on), open when ends_on is None."""

    key: int
    value: object
    starts_on: date
    ends_on: date | None

    def holds_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


class Meeting(NamedTuple):
    """A resident was met (in person) or spoken to (not) on a day."""

    resident: int
    day: date
    in_person: bool


class Obligation(NamedTuple):
    """One thing owed in the half-open period [start, end) and how it stands."""

    resident: int
    category: int
    frequency: str
    start: date
    end: date
    met_on: date | None
    phoned_on: date | None

    @property
    def is_done(self) -> bool:
        return self.met_on is not None


def period_of(day: date, frequency: str) -> tuple[date, date]:
    """The half-open week, month or quarter of the frequency that holds the day."""
    if frequency == WEEKLY:
        start = day - timedelta(days=day.weekday())
        return start, start + timedelta(days=7)
    months = {MONTHLY: 1, QUARTERLY: 3}[frequency]
    first_month = (day.month - 1) // months * months + 1
    start = day.replace(month=first_month, day=1)
    next_month = first_month + months
    end = date(day.year + (next_month > 12), (next_month - 1) % 12 + 1, 1)
    return start, end


def periods_ending_in(start: date, end: date, frequency: str) -> Iterator[tuple[date, date]]:
    """The periods whose last day lies in [start, end): the cohort of a month is what fell due in it."""
    lower, upper = period_of(start, frequency)
    while upper - timedelta(days=1) < end:
        if upper - timedelta(days=1) >= start:
            yield lower, upper
        lower, upper = period_of(upper, frequency)


class Facts(NamedTuple):
    """What obligations are computed from, for any set of residents.

    `care`: resident → category; `frequencies`: category → frequency; `homes`: resident → grid;
    `absences`: resident → reason; `meetings`: at least those within the periods asked for.
    """

    care: Iterable[Span]
    frequencies: Iterable[Span]
    homes: Iterable[Span]
    absences: Iterable[Span]
    meetings: Iterable[Meeting]


class Ledger:
    """Facts grouped by key, ready to be asked."""

    def __init__(self, facts: Facts):
        self._care = list(facts.care)
        self._frequencies = _by_key(facts.frequencies)
        self._homes = _by_key(facts.homes)
        self._absences = _by_key(facts.absences)
        self._meetings: dict[int, list[Meeting]] = defaultdict(list)
        for meeting in facts.meetings:
            self._meetings[meeting.resident].append(meeting)

    def current(self, day: date) -> list[Obligation]:
        """What is owed in the periods that hold the day, done or not."""
        return self._obligations(lambda frequency: [period_of(day, frequency)])

    def ended_in(self, start: date, end: date) -> list[Obligation]:
        """What fell due in [start, end): the cohort of the rate."""
        spans = {f: list(periods_ending_in(start, end, f)) for f in (WEEKLY, MONTHLY, QUARTERLY)}
        return self._obligations(spans.__getitem__)

    def grid_on(self, resident: int, day: date) -> object | None:
        """The grid the resident lived in on the day, None if in none."""
        return next((span.value for span in self._homes[resident] if span.holds_on(day)), None)

    def _obligations(self, periods) -> list[Obligation]:
        owed = []
        for care in self._care:
            for frequency in {span.value for span in self._frequencies[care.value]} - {NONE}:
                for start, end in periods(frequency):
                    if self._is_owed(care, frequency, end - timedelta(days=1)):
                        owed.append(self._obligation(care, frequency, start, end))
        return owed

    def _is_owed(self, care: Span, frequency: str, last_day: date) -> bool:
        return (
            care.holds_on(last_day)
            and any(f.value == frequency and f.holds_on(last_day) for f in self._frequencies[care.value])
            and self.grid_on(care.key, last_day) is not None
            and not any(absence.holds_on(last_day) for absence in self._absences[care.key])
        )

    def _obligation(self, care: Span, frequency: str, start: date, end: date) -> Obligation:
        meetings = [m for m in self._meetings[care.key] if start <= m.day < end]
        met_on = min((m.day for m in meetings if m.in_person), default=None)
        phoned_on = min((m.day for m in meetings if not m.in_person), default=None)
        return Obligation(care.key, care.value, frequency, start, end, met_on, phoned_on)


def _by_key(spans: Iterable[Span]) -> dict[int, list[Span]]:
    grouped = defaultdict(list)
    for span in spans:
        grouped[span.key].append(span)
    return grouped
