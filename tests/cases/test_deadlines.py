"""Working time and deadlines, against hand-computed vectors and against the definition, minute by minute."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.deadlines import HOURS, Light, Limit, LimitUnit, WorkCalendar, deadline, light

ZONE = ZoneInfo("Asia/Shanghai")
# The autumn of 2026 around the national holiday, as the State Council ordered it.
AUTUMN = {date(2026, 10, day): False for day in range(1, 8)} | {
    date(2026, 9, 20): True,
    date(2026, 10, 10): True,
}
KNOWN = {
    day: day.weekday() < 5 for day in (date(2026, 9, 1) + timedelta(days=n) for n in range(122))
} | AUTUMN
CALENDAR = WorkCalendar(ZONE, KNOWN)
EIGHT = Limit(8, LimitUnit.WORKING_HOURS)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "extended", "warn_at", "due_at"),
    [
        ("2026-11-23 09:00", 0, "2026-11-23 17:24", "2026-11-24 09:00"),
        ("2026-11-23 09:00", 16, "2026-11-25 14:12", "2026-11-26 09:00"),
        ("2026-10-09 17:00", 0, "2026-10-10 15:24", "2026-10-10 17:00"),  # a make-up Saturday
        ("2026-09-30 17:00", 0, "2026-10-08 15:24", "2026-10-08 17:00"),  # over the national holiday
        ("2026-11-21 10:00", 0, "2026-11-23 16:24", "2026-11-23 18:00"),  # reported on a Saturday
        ("2026-11-23 12:30", 0, "2026-11-24 10:24", "2026-11-24 12:00"),  # over noon
    ],
)
def test_vectors(start, extended, warn_at, due_at):
    found = deadline(at(start), EIGHT, CALENDAR, extended=timedelta(hours=extended))

    assert found == (at(warn_at), at(due_at), False)


def test_the_units():
    start = at("2026-11-23 09:00")

    assert deadline(start, Limit(1, LimitUnit.WORKING_DAYS), CALENDAR).due_at == at("2026-11-24 09:00")
    urgent = deadline(start, Limit(24, LimitUnit.URGENT_HOURS), CALENDAR)
    assert urgent.due_at == at("2026-11-24 09:00") and urgent.warn_at == at("2026-11-24 04:12")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-23 09:00", Light.GREEN),
        ("2026-11-23 17:24", Light.GREEN),
        ("2026-11-23 17:25", Light.YELLOW),
        ("2026-11-24 09:00", Light.YELLOW),
        ("2026-11-24 09:01", Light.RED),
    ],
)
def test_lights(now, expected):
    found = deadline(at("2026-11-23 09:00"), EIGHT, CALENDAR)

    assert found.light(at(now)) == light(at(now), found.warn_at, found.due_at) == expected


def test_a_stopped_clock_moves_the_deadline_by_the_working_time_in_it():
    """Suspended Monday 10:00 to Thursday 15:00: one hour is used, three of seven fit into Thursday."""
    found = deadline(
        at("2026-11-23 09:00"), EIGHT, CALENDAR, stopped=[(at("2026-11-23 10:00"), at("2026-11-26 15:00"))]
    )

    assert found.due_at == at("2026-11-27 12:00")
    assert found.warn_at == at("2026-11-27 10:24")


def test_a_stop_after_the_deadline_changes_nothing():
    late = [(at("2026-11-25 10:00"), at("2026-11-26 10:00"))]

    assert deadline(at("2026-11-23 09:00"), EIGHT, CALENDAR, stopped=late).due_at == at("2026-11-24 09:00")


def test_an_urgent_clock_stops_too():
    stopped = [(at("2026-11-23 10:00"), at("2026-11-23 20:00"))]
    found = deadline(at("2026-11-23 09:00"), Limit(2, LimitUnit.URGENT_HOURS), CALENDAR, stopped=stopped)

    assert found.due_at == at("2026-11-23 21:00")


def test_days_nobody_entered_make_it_provisional():
    """New Year's Eve 2026 is a Thursday: 1 January is off by its date, the rest by the weekday."""
    found = deadline(at("2026-12-31 17:00"), EIGHT, CALENDAR)

    assert found.due_at == at("2027-01-04 17:00") and found.is_provisional
    entered = WorkCalendar(ZONE, KNOWN | {date(2027, 1, day): day == 2 for day in range(1, 5)})
    assert deadline(at("2026-12-31 17:00"), EIGHT, entered) == (
        at("2027-01-02 15:24"),
        at("2027-01-02 17:00"),
        False,
    )


def test_hours_that_somebody_emptied_end_in_an_error_and_not_in_a_loop():
    with pytest.raises(OverflowError):
        deadline(at("2026-11-23 09:00"), EIGHT, WorkCalendar(ZONE, KNOWN, hours=()))


minutes = st.integers(0, 60 * 24 * 40).map(lambda n: at("2026-09-25 00:00") + timedelta(minutes=n))
hours = st.lists(st.integers(0, 24 * 4 - 1), min_size=2, max_size=6, unique=True).map(sorted)


def is_working(calendar, moment):
    local = moment.astimezone(ZONE)
    return calendar.is_workday(local.date()) and any(a <= local.time() < b for a, b in calendar.hours)


@given(start=minutes, length=st.integers(0, 60 * 24 * 4))
def test_worked_time_is_the_count_of_working_minutes(start, length):
    end = start + timedelta(minutes=length)
    counted = sum(is_working(CALENDAR, start + timedelta(minutes=n)) for n in range(length))

    assert CALENDAR.worked(start, end) == timedelta(minutes=counted)


@given(start=minutes, amount=st.integers(1, 60 * 40), quarters=hours)
def test_after_and_worked_are_each_others_inverse(start, amount, quarters):
    clock = [time(q // 4, q % 4 * 15) for q in quarters]
    calendar = WorkCalendar(ZONE, KNOWN, tuple(zip(clock[::2], clock[1::2], strict=False)) or HOURS)
    end = calendar.after(start, timedelta(minutes=amount))

    assert calendar.worked(start, end) == timedelta(minutes=amount)
    assert is_working(calendar, end - timedelta(minutes=1))


@given(start=minutes, cuts=st.lists(st.integers(0, 60 * 24 * 10), max_size=6, unique=True).map(sorted))
def test_the_deadline_leaves_out_exactly_what_was_stopped(start, cuts):
    edges = [start + timedelta(minutes=cut) for cut in cuts]
    stopped = list(zip(edges[::2], edges[1::2], strict=False))
    due_at = deadline(start, EIGHT, CALENDAR, stopped=stopped).due_at
    paused = sum((CALENDAR.worked(a, min(b, due_at)) for a, b in stopped if a < due_at), timedelta(0))

    assert CALENDAR.worked(start, due_at) - paused == EIGHT.span


def test_counting_backwards():
    four = timedelta(hours=4)

    assert CALENDAR.before(at("2026-11-24 11:00"), four) == at("2026-11-23 17:00")
    assert CALENDAR.before(at("2026-11-23 10:00"), four) == at("2026-11-20 16:00")  # over a weekend
    # In the evening a report of noon has waited four hours and no more; one from before noon has waited longer.
    assert CALENDAR.before(at("2026-11-23 20:00"), four) == at("2026-11-23 12:00")
    assert CALENDAR.close_of_next_day(at("2026-10-09 09:00")) == at("2026-10-10 18:00")
    assert CALENDAR.close_of_next_day(at("2026-09-30 20:00")) == at("2026-10-08 18:00")


def test_a_calendar_without_working_time_has_no_before():
    empty = WorkCalendar(ZONE, KNOWN, hours=())

    with pytest.raises(OverflowError):
        empty.before(at("2026-11-23 10:00"), timedelta(hours=1))


@given(passed=st.integers(0, 100 * 24 * 60), minutes=st.integers(1, 3000))
def test_before_is_the_edge_of_having_waited_longer(passed, minutes):
    end, span = at("2026-09-10 00:00") + timedelta(minutes=passed), timedelta(minutes=minutes)
    edge = CALENDAR.before(end, span)

    assert CALENDAR.worked(edge, end) == span
    assert CALENDAR.worked(edge - timedelta(minutes=1), end) > span
