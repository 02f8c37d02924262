"""The counts beside the cases: equal to the definitions after any history, made anew, checked, and never in a knot."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import tallies
from cases.actions import moving
from cases.models import Case, CaseTally
from cases.vocabulary import Clock, Deed, Status
from cases.workflow import TRANSITIONS
from grids.figures import By, Period, tabulate
from tests.factories.cases import CaseFactory, CategoryFactory, reported

pytestmark = pytest.mark.django_db

DEEDS = {
    Deed.NOTE: {},
    Deed.CLASSIFY: {"limit": [2, "working_days"]},
    Deed.EXTEND: {"extended_minutes": 960},
    Deed.RATE: {"score": 1},
    Deed.SUPERVISE: {"reply_by": "2026-11-30"},
}
histories = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 60 * 24 * 40), st.integers(0, 3)), min_size=1, max_size=12
)


def press_something(case, choice, minutes, level, main):
    """One press that the table allows, or a deed, so many minutes after the last."""
    case.refresh_from_db()
    clock = moving.TownClock(case.town_id)
    at = max(filter(None, (case.reported_at, case.registered_at, case.handled_at))) + timedelta(
        minutes=minutes
    )
    options = [t for t in TRANSITIONS.values() if case.status in t.sources] + list(DEEDS)
    chosen = options[choice % len(options)]
    if chosen in DEEDS:
        if case.registered_at is None or (chosen == Deed.RATE and case.status != Status.CLOSED):
            return
        move = moving.moved(case, chosen, clock=clock, at=at, **DEEDS[chosen])
    else:
        data = {"main": main.pk} if chosen.name == "merge" else {}
        if chosen.clock == Clock.START and case.registered_at is None:
            data["limit"] = [8, "working_hours"]
        target = chosen.target or Status(case.status_before)
        move = moving.moved(case, chosen.name, clock=clock, at=at, status=target, level=level, **data)
    moving.write(case, move, by=case.reporter)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=histories, other=histories, source=st.sampled_from(Case.Source.values))
def test_the_counts_equal_the_definitions_after_any_history(net, cast, one, other, source):
    main = reported(cast.town_officer, net.village)
    start = timezone.now() - timedelta(days=100)
    for history, grid in ((one, net.grid), (other, net.other_grid)):
        case = reported(
            cast.gridworker if grid == net.grid else cast.town_officer, grid, at=start, source=source
        )
        for choice, minutes, level in history:
            press_something(case, choice, minutes, level, main)

    assert tallies.wrong() == []
    period = Period(
        start.date().replace(day=1) - timedelta(days=31), timezone.localdate() + timedelta(days=3650)
    )
    for by in (By.PLACE, By.MONTH):
        raw = tabulate(cast.town_officer, period, by, figures=[figure.of for figure in tallies.TALLIED])
        fast = tabulate(cast.town_officer, period, by, figures=tallies.TALLIED)
        assert words_of(raw) == words_of(fast)


def words_of(table):
    return [
        (line.key, line.label, [(cell.n, cell.d, cell.words) for cell in line.cells]) for line in table.lines
    ] + [[(cell.n, cell.d, cell.words) for cell in table.total]]


def test_the_table_is_made_anew_and_checked(net, cast):
    case = reported(cast.gridworker, net.grid)
    CaseFactory(grid=net.grid, category=CategoryFactory(), shut=True)
    with pytest.raises(CommandError, match="处不符"):
        call_command("check_tallies", stdout=StringIO())

    call_command("check_tallies", "--rebuild", stdout=StringIO())
    said = StringIO()
    call_command("check_tallies", stdout=said)

    assert "相符" in said.getvalue()
    row = CaseTally.objects.get(grid=net.grid, month=timezone.localdate(case.reported_at).replace(day=1))
    assert (row.reported, row.closures) == (2, 1)


def test_what_changes_no_count_costs_no_statement(net, cast, django_assert_num_queries):
    case = reported(cast.gridworker, net.grid)
    clock = moving.TownClock(case.town_id)
    move = moving.moved(case, Deed.NOTE, clock=clock)
    with django_assert_num_queries(2):
        moving.write(case, move, by=cast.gridworker)
