"""Who is due: calendar periods, dated facts, and story 6's month."""

from datetime import date

import pytest

from grids.due import (
    MONTHLY,
    QUARTERLY,
    WEEKLY,
    Facts,
    Ledger,
    Meeting,
    Span,
    period_of,
    periods_ending_in,
)

GRID, CATEGORY, PERSON = 7, 1, 100
LONG_AGO = date(2020, 1, 1)


def ledger(frequency=WEEKLY, *, care=None, absences=(), meetings=(), homes=None):
    return Ledger(
        Facts(
            care=care or [Span(PERSON, CATEGORY, LONG_AGO, None)],
            frequencies=[Span(CATEGORY, frequency, LONG_AGO, None)],
            homes=homes or [Span(PERSON, GRID, LONG_AGO, None)],
            absences=absences,
            meetings=meetings,
        )
    )


@pytest.mark.parametrize(
    ("day", "frequency", "start", "end"),
    [
        (date(2027, 2, 1), WEEKLY, date(2027, 2, 1), date(2027, 2, 8)),
        (date(2027, 2, 7), WEEKLY, date(2027, 2, 1), date(2027, 2, 8)),
        (date(2027, 1, 1), WEEKLY, date(2026, 12, 28), date(2027, 1, 4)),
        (date(2027, 12, 31), MONTHLY, date(2027, 12, 1), date(2028, 1, 1)),
        (date(2028, 2, 29), MONTHLY, date(2028, 2, 1), date(2028, 3, 1)),
        (date(2027, 12, 31), QUARTERLY, date(2027, 10, 1), date(2028, 1, 1)),
        (date(2027, 5, 5), QUARTERLY, date(2027, 4, 1), date(2027, 7, 1)),
    ],
)
def test_the_period_that_holds_a_day(day, frequency, start, end):
    assert period_of(day, frequency) == (start, end)


def test_a_month_owes_the_weeks_that_end_in_it():
    weeks = list(periods_ending_in(date(2027, 3, 1), date(2027, 4, 1), WEEKLY))

    assert [end.isoformat() for _, end in weeks] == [
        "2027-03-08",
        "2027-03-15",
        "2027-03-22",
        "2027-03-29",
    ]


def test_february_of_the_story():
    """6 weekly and 5 monthly people owe 29 in February 2027; one missed week makes 28."""
    weekly, monthly = range(1, 7), range(7, 12)
    meetings = [Meeting(p, date(2027, 2, d), True) for p in weekly for d in (2, 9, 16, 23)]
    meetings += [Meeting(p, date(2027, 2, 20), True) for p in monthly]
    meetings.remove(Meeting(3, date(2027, 2, 16), True))
    meetings.append(Meeting(3, date(2027, 2, 17), False))
    owed = Ledger(
        Facts(
            care=[Span(p, 1, LONG_AGO, None) for p in weekly] + [Span(p, 2, LONG_AGO, None) for p in monthly],
            frequencies=[
                Span(1, WEEKLY, LONG_AGO, None),
                Span(2, MONTHLY, LONG_AGO, None),
            ],
            homes=[Span(p, GRID, LONG_AGO, None) for p in range(1, 12)],
            absences=[],
            meetings=meetings,
        )
    ).ended_in(date(2027, 2, 1), date(2027, 3, 1))

    missed = [o for o in owed if not o.is_done]
    assert (len(owed), len(owed) - len(missed)) == (29, 28)
    assert [(o.resident, o.start, o.phoned_on) for o in missed] == [(3, date(2027, 2, 15), date(2027, 2, 17))]


def test_two_categories_owe_twice_and_one_meeting_does_both():
    both = [Span(PERSON, CATEGORY, LONG_AGO, None), Span(PERSON, 2, LONG_AGO, None)]
    owed = Ledger(
        Facts(
            care=both,
            frequencies=[
                Span(CATEGORY, WEEKLY, LONG_AGO, None),
                Span(2, MONTHLY, LONG_AGO, None),
            ],
            homes=[Span(PERSON, GRID, LONG_AGO, None)],
            absences=[],
            meetings=[Meeting(PERSON, date(2027, 2, 3), True)],
        )
    ).current(date(2027, 2, 4))

    assert [(o.frequency, o.is_done) for o in owed] == [(WEEKLY, True), (MONTHLY, True)]


@pytest.mark.parametrize(
    ("left", "back", "owed"),
    [
        (date(2027, 2, 3), None, 0),
        (date(2027, 2, 3), date(2027, 2, 6), 1),
        (date(2027, 2, 3), date(2027, 2, 7), 1),
        (date(2027, 2, 3), date(2027, 2, 8), 0),
        (date(2027, 2, 7), date(2027, 2, 9), 0),
    ],
)
def test_absence_pauses_a_week_that_ends_away(left, back, owed):
    away = [Span(PERSON, "work", left, back)]

    assert len(ledger(absences=away).ended_in(date(2027, 2, 1), date(2027, 2, 8))) == owed


def test_a_frequency_that_changed_keeps_past_periods():
    changed = Ledger(
        Facts(
            care=[Span(PERSON, CATEGORY, LONG_AGO, None)],
            frequencies=[
                Span(CATEGORY, MONTHLY, LONG_AGO, date(2027, 2, 15)),
                Span(CATEGORY, WEEKLY, date(2027, 2, 15), None),
            ],
            homes=[Span(PERSON, GRID, LONG_AGO, None)],
            absences=[],
            meetings=[],
        )
    )

    assert [o.frequency for o in changed.ended_in(date(2027, 1, 1), date(2027, 2, 1))] == [MONTHLY]
    assert [o.start for o in changed.ended_in(date(2027, 2, 1), date(2027, 3, 1))] == [
        date(2027, 2, 15),
        date(2027, 2, 22),
    ]


def test_who_has_no_home_in_the_net_is_not_owed():
    assert ledger(homes=[Span(PERSON, GRID, LONG_AGO, date(2027, 2, 5))]).current(date(2027, 2, 4)) == []
