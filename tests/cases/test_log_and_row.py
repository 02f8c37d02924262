"""The row of a case is what its log says: after any walk along the table, and after a rebuilding."""

from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cases import rights, tallies
from cases.actions import daily, rebuild
from cases.actions.advance import advance
from cases.actions.deeds import classify, mark_urgent
from cases.actions.ratings import rate_by_call
from cases.actions.requests import ask, decide, reply, supervise
from cases.models import Case, CaseRules
from cases.vocabulary import Need
from cases.workflow import TRANSITIONS
from grids.exceptions import DomainError
from grids.models import Unit, UnitMembership
from tests.factories.cases import CategoryFactory, reported

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 9, 28, 9, 12, 33, 123456, tzinfo=SHANGHAI)

steps = st.lists(
    st.tuples(
        st.sampled_from(
            [*TRANSITIONS, "ask", "decide", "supervise", "reply", "classify", "urgent", "rate", "daily"]
        ),
        st.integers(0, 10**6),
        st.integers(1, 60 * 60 * 30),
    ),
    min_size=4,
    max_size=30,
)


class Walk:
    """A case, another it may be merged into, and people who press what they may."""

    def __init__(self, net, cast, settled, upstream):
        self.people = [cast.gridworker, cast.grid_head, cast.village_officer, cast.town_officer, cast.leader]
        self.people.append(cast.unit_officer)
        self.unit = Unit.objects.create(town=net.town, name="供水站")
        UnitMembership.objects.create(
            user=cast.unit_officer, unit=self.unit, starts_on=START.date() - timedelta(days=9)
        )
        self.rules = CaseRules(town=net.town)
        self.other = CategoryFactory(
            code="0401", name="给水管道破裂", limit_amount=3, limit_unit="working_days"
        )
        self.main = reported(cast.grid_head, net.grid)
        told = {"settled": settled, "measures": "好了" if settled else "", "upstream_due_at": upstream}
        self.case = reported(cast.gridworker, net.grid, **told)

    def step(self, name, dice):
        """Press it if anybody may, or whatever else can be pressed; what is refused changes nothing."""
        self.case = Case.objects.get(pk=self.case.pk)
        with suppress(DomainError, PermissionDenied), transaction.atomic():
            if name in TRANSITIONS:
                self._press(name, dice)
            else:
                getattr(self, name)(self.people[dice % len(self.people)])

    def _press(self, name, dice):
        able = [(p, t) for p in self.people for t in rights.allowed(p, self.case, self.rules)]
        chosen = [pair for pair in able if pair[1].name == name] or able
        if not chosen:
            return
        by, transition = chosen[dice % len(chosen)]
        given = {"words": "因为如此"}
        if Need.MEASURES in transition.requires:
            given["facts"] = {"measures": "修好"}
        if Need.HOLDER in transition.requires:
            given |= {"unit": self.unit} if dice % 2 else {"holder": self.people[dice % 3 + 1]}
        if transition.name == "hand_up" and self.case.level == 3:
            given["unit"] = self.unit
        if Need.MAIN_CASE in transition.requires:
            given["main_case"] = self.main
        advance(case=self.case, press=transition.name, by=by, **given)

    def ask(self, by):
        ask(case=self.case, by=by, kind="extend" if by.pk % 2 else "suspend", reason="等料", days=2)

    def decide(self, by):
        for request in self.case.requests.filter(decision="pending"):
            decide(request=request, by=by, agreed=True)

    def supervise(self, by):
        supervise(case=self.case, by=by, words="抓紧", reply_by=timezone.localdate())

    def reply(self, by):
        for one in self.case.supervisions.filter(replied_at=None):
            reply(supervision=one, by=by, words="在办")

    def classify(self, by):
        classify(case=self.case, by=by, category=self.other, seen_version=None)

    def urgent(self, by):
        mark_urgent(case=self.case, by=by, urgent=not self.case.is_urgent, seen_version=None)

    def rate(self, by):
        rate_by_call(case=self.case, by=by, score=1)

    def daily(self, by):
        daily.run(timezone.now())


@contextmanager
def undone():
    savepoint = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(savepoint)


# A walk is short already; making it shorter still takes longer than reading it.
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(walk=steps, settled=st.booleans(), upstream=st.none() | st.integers(1, 10**6))
def test_after_any_walk_the_log_gives_the_row(net, cast, walk, settled, upstream):
    now = START
    with pytest.MonkeyPatch.context() as patched, undone():
        patched.setattr(timezone, "now", lambda: now)
        path = Walk(net, cast, settled, upstream and START + timedelta(seconds=upstream))
        for name, dice, seconds in walk:
            now += timedelta(seconds=seconds, microseconds=dice % 1000)
            path.step(name, dice)
        assert list(rebuild.differing()) == []
        assert tallies.wrong() == []


def test_a_row_that_was_changed_past_its_log_is_found_and_put_right(net, cast):
    case = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    told = {**Case.objects.values().get(pk=case.pk)}
    Case.objects.filter(pk=case.pk).update(level=2, rework_count=7, due_at=case.due_at + timedelta(hours=1))

    said = StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("rebuild_cases", check=True, stdout=said)
    assert raised.value.returncode == 1
    assert f"{case.case_no} 与日志不符：due_at、level、rework_count" in said.getvalue()

    call_command("rebuild_cases", stdout=StringIO())
    call_command("rebuild_cases", check=True, stdout=said)
    assert "全部与日志相符" in said.getvalue()
    assert Case.objects.values().get(pk=case.pk) == told
    assert tallies.wrong() == []
