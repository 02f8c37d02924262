"""The figures of cases against numbers counted by hand: DOMAIN's stories 3, 4 and 5, and every definition's edge."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import indicators as figures
from cases.actions.advance import advance
from cases.deadlines import Light
from cases.models import Case, CheckDraw, CheckItem
from cases.vocabulary import Status
from grids.figures import Asked, By, Period, rows_behind, tabulate
from grids.models import Unit
from tests.factories import FieldRecordFactory
from tests.factories.cases import CaseFactory, CategoryFactory, ClassFactory, reported

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))


def moment(day, hour=9, month=11):
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


def filed(grid, *, due, handled=None, closed=None, **more):
    """A case due at the moment, as far along as it says."""
    shut = {}
    if closed:
        shut = {"status": Status.CLOSED, "level_closed": 1, "natural_seconds": 3600, "working_seconds": 1800}
    start = min(filter(None, (due, handled, closed))) - timedelta(hours=8)
    given = {"registered_at": start, "reported_at": start, "warn_at": due, "due_at": due}
    given |= {"status": Status.HANDLING, "handled_at": handled, "closed_at": closed}
    return CaseFactory(grid=grid, limit_amount=8, limit_unit="working_hours", **given | shut | more)


def totals(user, *wanted, period=NOVEMBER, **narrowed):
    table = tabulate(user, period, By.PLACE, figures=wanted, **narrowed)
    return [cell.words for cell in table.total]


def test_story_3_four_reports_of_one_heap(net, cast):
    four = [
        reported(by, net.grid, subject="垃圾", place="村口")
        for by in (cast.gridworker, cast.grid_head, cast.village_officer, cast.town_officer)
    ]
    main = advance(case=four[0], press="take", by=cast.village_officer)
    for other in four[1:]:
        advance(case=other, press="merge", by=cast.village_officer, main_case=main)

    today = timezone.localdate()
    month = Period(today.replace(day=1), today + timedelta(days=1))
    shown = totals(cast.town_officer, figures.REPORTED, figures.VALID, figures.FILED, period=month)
    assert shown == ["4", "1", "1"]
    results = {case.merged_into or case for case in Case.objects.all()}
    assert results == {main}


def test_story_4_one_of_twenty_reworked(net, cast):
    for _ in range(19):
        filed(net.grid, due=moment(10), handled=moment(9))
    sent_back = filed(net.grid, due=moment(10), rework_count=1)
    filed(net.grid, due=moment(10))

    assert totals(cast.town_officer, figures.REWORKED, figures.REWORKS) == ["5.0 %", "1"]
    Case.objects.filter(pk=sent_back.pk).update(handled_at=moment(11), rework_count=2)
    assert totals(cast.town_officer, figures.REWORKED, figures.REWORKS) == ["5.0 %", "2"]


def test_story_5_arithmetic(net, cast):
    example = filed(net.grid, due=moment(10), closed=moment(9))
    worked = [(moment(9), 736), (moment(11), 911 - 737), (None, 972 - 911)]
    copies = [closed for closed, n in worked for _ in range(n)]
    records = FieldRecordFactory.create_batch(len(copies), kind="case", grid=net.grid, actor=example.reporter)
    rows = []
    for number, (closed, record) in enumerate(zip(copies, records, strict=True)):
        row = Case.objects.get(pk=example.pk)
        row.pk, row.uuid, row.case_no, row.record = None, record.uuid, f"20261110-{number:04d}", record
        row.closed_at, row.status = closed, Status.CLOSED if closed else Status.HANDLING
        rows.append(row)
    Case.objects.bulk_create(rows)

    shown = totals(cast.leader, figures.DUE_CASES, figures.SETTLED, figures.SETTLED_IN_TIME)
    assert shown == ["972", "93.72 %", "75.82 %"]
    by_month = tabulate(
        cast.leader,
        Period(date(2026, 10, 1), date(2026, 12, 1)),
        By.MONTH,
        figures=[figures.SETTLED, figures.SETTLED_IN_TIME],
    )
    assert [(line.key, [cell.words for cell in line.cells]) for line in by_month.lines] == [
        ("2026-10", ["—", "—"]),
        ("2026-11", ["93.72 %", "75.82 %"]),
    ]


def test_what_is_void_merged_or_resting_is_not_due(net, cast):
    main = filed(net.grid, due=moment(10), handled=moment(10), closed=moment(10))
    filed(net.grid, due=moment(10), status=Status.VOIDED, suspended_since=moment(9))
    filed(net.grid, due=moment(10), status=Status.MERGED, merged_into=main, suspended_since=moment(9))
    filed(net.grid, due=moment(10), status=Status.SUSPENDED, suspended_since=moment(9))
    late = filed(net.grid, due=moment(10), handled=moment(10, 10))

    wanted = (figures.DUE_CASES, figures.HANDLED, figures.HANDLED_IN_TIME, figures.SETTLED_IN_TIME)
    assert totals(cast.town_officer, *wanted) == ["2", "100.00 %", "50.00 %", "50.00 %"]
    asked = Asked(cast.town_officer, NOVEMBER)
    assert set(rows_behind(figures.HANDLED, asked, "d")) == {main, late}
    assert set(rows_behind(figures.HANDLED_IN_TIME, asked, "n")) == {main}


def test_periods_are_local_days_and_half_open(net, cast):
    filed(net.grid, due=datetime(2026, 11, 1, 0, 0, tzinfo=SHANGHAI))
    filed(net.grid, due=datetime(2026, 10, 31, 23, 59, tzinfo=SHANGHAI))
    filed(net.grid, due=datetime(2026, 11, 30, 23, 59, tzinfo=SHANGHAI))
    filed(net.grid, due=datetime(2026, 12, 1, 0, 0, tzinfo=SHANGHAI))

    assert totals(cast.town_officer, figures.DUE_CASES) == ["2"]


def closed_case(grid, level=1, **more):
    given = {"due": moment(10), "handled": moment(9), "closed": moment(9)}
    return filed(grid, **given, level_closed=level, level=min(level, 3), **more)


def test_what_the_grid_settles_itself(net, cast):
    closed_case(net.grid, 0, was_self_closed=True)
    checked = closed_case(net.grid, 0)
    closed_case(net.grid, 1, source="phone")
    closed_case(net.grid, 3)
    closed_case(net.grid, 1, source="hotline")
    closed_case(net.village, 1)
    draw = CheckDraw.objects.create(
        town=net.town, starts_on="2026-11-01", ends_on="2026-12-01", percent=10, seed=1, eligible=1,
        drawn_by=cast.town_officer, drawn_at=moment(20),
    )  # fmt: skip
    item = CheckItem.objects.create(draw=draw, case=checked)
    wanted = (
        figures.CLOSURES,
        figures.IN_GRID,
        figures.IN_GRID_WORKER,
        figures.IN_GRID_HEAD,
        figures.CHECKED,
    )
    assert totals(cast.town_officer, *wanted) == ["6", "75.0 %", "50.0 %", "25.0 %", "0.0 %"]

    item.result, item.checked_by, item.checked_at = "true", cast.town_officer, moment(21)
    item.save()
    assert totals(cast.town_officer, figures.CHECKED) == ["33.3 %"]


def test_times_are_of_all_rows_and_never_of_what_was_settled_on_the_spot(net, cast):
    for hours, grid in ((1, net.grid), (2, net.grid), (9, net.other_grid)):
        closed_case(grid, natural_seconds=hours * 3600, working_seconds=hours * 1800)
    closed_case(net.grid, 0, was_self_closed=True, natural_seconds=0, working_seconds=0)

    table = tabulate(cast.town_officer, NOVEMBER, By.PLACE, figures=figures.TIMES)
    words = {line.key: [cell.words for cell in line.cells] for line in table.lines}
    assert words == {
        net.village.code: ["1.5", "1.5", "0.8", "0.8"],
        net.other_village.code: ["9.0"] * 2 + ["4.5"] * 2,
    }
    assert [cell.words for cell in table.total] == ["2.0", "4.0", "1.0", "2.0"]
    assert [cell.n for cell in table.total] == [3] * 4


def test_ratings(net, cast):
    for rating in (3, 2, 1, None):
        closed_case(net.grid, rating=rating, rated_at=rating and moment(12))

    assert totals(cast.town_officer, *figures.RATINGS) == ["66.7 %", "75.0 %"]


def test_waiting_too_long_goes_by_working_time(net, cast, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 24, 9, 0, tzinfo=SHANGHAI))
    CaseFactory(grid=net.grid, reported_at=moment(23, 14))
    CaseFactory(grid=net.grid, reported_at=moment(23, 16))

    assert totals(cast.town_officer, figures.UNACCEPTED) == ["1"]


def test_lights_are_those_of_the_lists(net, cast):
    now = timezone.now()
    for hours in (-30, -1, 1, 30):
        due = now + timedelta(hours=hours)
        filed(net.grid, due=due, warn_at=due - timedelta(hours=2))
        filed(net.grid, due=due, warn_at=due - timedelta(hours=2), handled=now - timedelta(hours=2))
    filed(net.grid, due=now, status=Status.SUSPENDED, suspended_since=now)
    asked = Asked(cast.town_officer, NOVEMBER)
    state = {figure.key: figure for figure in figures.STATE}

    counted = {light: set(rows_behind(state[light.value], asked, "n")) for light in Light}
    assert counted == {light: set(Case.objects.lit(light, asked.now)) for light in Light}
    assert sum(map(len, counted.values())) == 8
    assert totals(cast.town_officer, state["open"], state["late"]) == ["9", "2"]


def test_only_ones_own_subtree(net, cast):
    filed(net.grid, due=moment(10))
    filed(net.neighbour_grid, due=moment(10))
    filed(net.other_grid, due=moment(10))

    people = (
        cast.town_officer,
        cast.leader,
        cast.village_officer,
        cast.grid_head,
        cast.neighbour,
        cast.outsider,
    )
    assert [totals(one, figures.DUE_CASES) for one in people] == [["3"], ["3"], ["2"], ["1"], ["1"], ["0"]]
    assert totals(cast.village_officer, figures.DUE_CASES, place=net.other_village.code) == ["0"]


def test_by_category_and_unit(net, cast):
    water, burst = CategoryFactory(), CategoryFactory(code="0602")
    road = CategoryFactory(code="0401", parent=ClassFactory(code="04", name="突发事件"))
    unit = Unit.objects.create(town=net.town, name="供水站")
    for category, more in ((water, {}), (burst, {"unit": unit}), (burst, {}), (road, {})):
        filed(net.grid, due=moment(10), category=category, **more)

    def lines(by, **narrowed):
        table = tabulate(cast.town_officer, NOVEMBER, by, figures=[figures.DUE_CASES], **narrowed)
        return [(line.label, line.cells[0].n) for line in table.lines]

    assert lines(By.CATEGORY) == [("突发事件", 1), ("吃水用水", 3)]
    assert lines(By.CATEGORY, category="06") == [("停水", 1), ("小类0602", 2)]
    assert lines(By.UNIT) == [("供水站", 1), ("没有承办单位", 3)]
    assert lines(By.UNIT, category="0602") == [("供水站", 1), ("没有承办单位", 1)]
    assert lines(By.PLACE, unit="none") == [("沟底村", 3), ("神堂坪村", 0)]


moments = st.none() | st.integers(0, 90)
cases = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from([s for s in Status if s not in (Status.MERGED, Status.CLOSED)]),
            "place": st.integers(0, 3),
            "handled": moments,
            "closed": moments,
            "level": st.integers(0, 3),
            "rework_count": st.integers(0, 2),
            "rating": st.none() | st.integers(1, 3),
            "source": st.sampled_from(Case.Source.values),
            "was_self_closed": st.booleans(),
        }
    ),
    max_size=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=cases)
def test_no_share_is_above_one_and_the_parts_add_up(net, cast, cases):
    places = (net.grid, net.neighbour_grid, net.other_grid, net.village)
    start = moment(1, month=9)
    for one in cases:
        handled, closed = (one.pop(name) for name in ("handled", "closed"))
        grid, status, level = places[one.pop("place")], one.pop("status"), one.pop("level")
        at = {"handled": None if handled is None else start + timedelta(days=handled)}
        if closed is not None:
            at["closed"] = start + timedelta(days=closed)
            one["level_closed"] = level
        else:
            one["status"] = status
            one["suspended_since"] = start if status == Status.SUSPENDED else None
        filed(grid, due=start + timedelta(days=30), **at, **one)

    wanted = [figure for figure in figures.FIGURES.values() if figure.clock]
    for by in By:
        table = tabulate(cast.town_officer, Period(date(2026, 8, 1), date(2027, 1, 1)), by, figures=wanted)
        for at, cell in enumerate(table.total):
            for one in (cell, *(line.cells[at] for line in table.lines)):
                assert one.d is None or 0 <= one.n <= one.d
                assert (one.value is None) == (
                    one.d == 0 or (one.d is None and not one.is_count and one.n == 0)
                )
            assert cell.n == sum(line.cells[at].n for line in table.lines)
            assert cell.d is None or cell.d == sum(line.cells[at].d for line in table.lines)
