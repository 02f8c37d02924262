"""老大难 with an owner and a next date; the draw among what was settled on the spot, and its findings."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.actions import checks
from cases.actions.advance import advance
from cases.actions.hard import look_after
from cases.exceptions import IllegalTransition
from cases.models import CheckDraw, CheckItem, HardCase
from cases.rights import NotAllowed
from cases.vocabulary import Status
from grids.exceptions import DomainError, StaleVersion
from tests.factories.cases import CaseFactory, reported

pytestmark = pytest.mark.django_db


# 老大难


@pytest.fixture
def hard(net, cast):
    """One case for each way of being hard, and some that are not."""
    now = timezone.now()
    made = {"grid": net.grid, "filed": True, "status": Status.HANDLING}
    first = CaseFactory(grid=net.grid, shut=True, reopen_count=1)
    CaseFactory(**made)
    CaseFactory(**made | {"status": Status.SUSPENDED}, suspended_since=now - timedelta(days=20))
    return {
        "reopened": CaseFactory(**made, reopen_count=2, subject="重办的"),
        "recurring": CaseFactory(**made, recurs_of=first, subject="复发的"),
        "suspended": CaseFactory(
            **made | {"status": Status.SUSPENDED},
            suspended_since=now - timedelta(days=31),
            subject="挂着的",
        ),
    }


def plan(case, by, owner, days=7, **more):
    given = {"owner": owner, "next_on": timezone.localdate() + timedelta(days=days)}
    return look_after(case=case, by=by, **given | more)


def test_overdue_dates_on_top_then_what_nobody_looks_after(login, cast, hard, clock):
    plan(hard["recurring"], cast.town_officer, cast.grid_head, days=9)
    plan(hard["suspended"], cast.town_officer, cast.village_officer, days=1)
    clock(timezone.localdate() + timedelta(days=3))
    answer = login(cast.leader).get(reverse("case_hard"))

    rows = answer.context["rows"]
    assert rows == [hard["suspended"], hard["reopened"], hard["recurring"]]
    assert [row.is_overdue for row in rows] == [True, False, False]
    assert rows[0].why.startswith("挂账 3") and [row.why for row in rows[1:]] == ["重办 2 次", "复发"]
    page = answer.content.decode()
    assert "还没有定" in page and "沟底村干部" in page and "已过" in page


def sent(owner, days=7, **more):
    next_on = (timezone.localdate() + timedelta(days=days)).isoformat()
    return {"owner": str(owner.uuid), "next_on": next_on, "note": "一户一策"} | more


def test_a_leader_names_who_looks_after_it(login, net, cast, hard):
    case = hard["reopened"]
    address = reverse("case_hard_edit", args=[case.uuid])
    client = login(cast.leader)
    assert cast.village_officer.name in client.get(address).content.decode()
    assert client.post(address, sent(cast.village_officer)).url == reverse("case_hard")

    row = HardCase.objects.get()
    assert (row.case, row.owner, row.note, row.version) == (case, cast.village_officer, "一户一策", 1)
    event = case.events.get(press="hard")
    assert (event.by, event.data["owner"]) == (cast.leader, "沟底村干部")
    client.post(address, sent(cast.grid_head, version=1))
    assert HardCase.objects.get().owner == cast.grid_head


@pytest.mark.parametrize(
    "wrong",
    [{"owner": ""}, {"days": -1}, {"next_on": "x"}, {"next_on": "2999-01-01"}, {"note": "长" * 301}],
)
def test_bad_input(login, cast, hard, wrong):
    address = reverse("case_hard_edit", args=[hard["reopened"].uuid])
    days = wrong.pop("days", 7)
    answer = login(cast.town_officer).post(address, sent(cast.grid_head, days) | wrong)

    assert answer.status_code == 422 and "填过的内容都还在" in answer.content.decode()
    assert not HardCase.objects.exists()


def test_who_cannot_look_after_it(login, net, cast, hard):
    address = reverse("case_hard_edit", args=[hard["reopened"].uuid])
    for other in (cast.neighbour, cast.other_village_officer, cast.outsider):
        assert login(cast.town_officer).post(address, sent(other)).status_code == 404
        with pytest.raises(DomainError):
            plan(hard["reopened"], cast.town_officer, other)
    assert login(cast.grid_head).get(address).status_code == 403
    assert login(cast.neighbour).get(address).status_code == 404
    assert login(cast.town_officer).get(reverse("case_hard_edit", args=[uuid4()])).status_code == 404
    with pytest.raises(NotAllowed):
        plan(hard["reopened"], cast.grid_head, cast.grid_head)


def test_two_who_edit_at_once_see_each_other(login, cast, hard):
    case = hard["reopened"]
    plan(case, cast.town_officer, cast.grid_head)
    plan(case, cast.town_officer, cast.grid_head, note="先别人改", seen_version=1)
    answer = login(cast.leader).post(
        reverse("case_hard_edit", args=[case.uuid]), sent(cast.village_officer, version=1)
    )

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "刚被别人改过" in page and "先别人改" in page and "一户一策" in page
    with pytest.raises(StaleVersion):
        plan(case, cast.town_officer, cast.grid_head, seen_version=1)


def test_an_ended_case_is_no_longer_hard(login, net, cast):
    closed = CaseFactory(grid=net.grid, shut=True, reopen_count=1)
    assert login(cast.leader).get(reverse("case_hard")).context["rows"] == []
    with pytest.raises(IllegalTransition):
        plan(closed, cast.town_officer, cast.grid_head)
    answer = login(cast.leader).post(
        reverse("case_hard_edit", args=[closed.uuid]), sent(cast.grid_head), follow=True
    )
    assert "状态已变化" in answer.content.decode()


# 抽查


def settled(net, cast, n=1, **more):
    made = {"grid": net.grid, "shut": True, "was_self_closed": True, "handler": cast.gridworker} | more
    return [CaseFactory(**made) for _ in range(n)]


def drawn(net, cast, seed=7, **period):
    today = timezone.localdate()
    given = {"start": today - timedelta(days=1), "last_day": today + timedelta(days=1)} | period
    return checks.draw(by=cast.town_officer, town=net.town, seed=seed, **given)


@pytest.mark.parametrize(("n", "size"), [(1, 1), (9, 1), (10, 1), (11, 2), (100, 10), (101, 11)])
def test_so_many_percent_rounded_up(n, size):
    assert len(checks.chosen(list(range(n)), 10, 5)) == size


def test_the_same_seed_draws_the_same_cases(net, cast):
    settled(net, cast, 30)
    CaseFactory(grid=net.grid, shut=True)
    first, again, other = (drawn(net, cast, seed) for seed in (7, 7, 8))

    def keys(draw):
        return list(draw.items.order_by("case_id").values_list("case_id", flat=True))

    assert (first.eligible, first.percent) == (30, 10)
    assert (
        keys(first)
        == keys(again)
        == checks.chosen(
            sorted(item.pk for item in checks.eligible(net.town, first.starts_on, first.ends_on)), 10, 7
        )
    )
    assert len(keys(first)) == 3 and keys(first) != keys(other)


def test_the_period_is_of_local_days(net, cast, clock):
    clock(date(2026, 11, 25))
    (inside,) = settled(net, cast, registered_at=timezone.now() - timedelta(hours=9))
    settled(net, cast, registered_at=timezone.now() - timedelta(hours=12))
    draw = drawn(net, cast, start=date(2026, 11, 25), last_day=date(2026, 11, 25))
    assert list(draw.items.values_list("case", flat=True)) == [inside.pk]


def test_drawing_on_the_page(login, net, cast):
    # What is settled late in the evening is closed tomorrow.
    settled(net, cast, 12, registered_at=timezone.now() - timedelta(hours=2))
    client, today = login(cast.town_officer), timezone.localdate()
    period = {"start": today.isoformat(), "end": today.isoformat()}
    given = {"start": (today - timedelta(days=1)).isoformat(), "end": today.isoformat()}
    answer = client.post(reverse("case_check_new"), given)
    draw = CheckDraw.objects.get()
    assert answer.url == reverse("case_check", args=[draw.uuid])
    assert str(draw.seed) in client.get(answer.url).content.decode()
    listed = client.get(reverse("case_checks")).context["rows"]
    assert [(row.drawn, row.checked, row.left, row.untrue) for row in listed] == [(2, 0, 2, 0)]
    for wrong in (
        {"start": ""},
        {"end": "2020-01-01"},
        {"seed": "-1"},
        {"seed": "x"},
        {"start": "1850-01-01"},
    ):
        assert client.post(reverse("case_check_new"), period | wrong).status_code == 422


def test_nothing_to_draw_from(login, net, cast):
    settled(net, cast)
    period = {"start": "2020-01-01", "end": "2020-01-31"}
    answer = login(cast.town_officer).post(reverse("case_check_new"), period)
    assert answer.status_code == 422 and "没有当场办结的件" in answer.content.decode()
    assert not CheckDraw.objects.exists()


@pytest.mark.parametrize("who", ["village_officer", "grid_head", "leader", "admin"])
def test_only_the_town_draws(net, cast, who):
    settled(net, cast)
    today = timezone.localdate()
    with pytest.raises(Exception, match="is not held"):
        checks.draw(by=getattr(cast, who), town=net.town, start=today, last_day=today, seed=1)


def a_real_one(net, cast):
    """A case that went through its presses, so that it can be taken up again."""
    case = reported(cast.gridworker, net.grid, settled=True, measures="扶起来了")
    return advance(case=case, press="confirm", by=cast.grid_head)


def test_true_stays_closed_and_untrue_is_taken_up_again(login, net, cast):
    case = a_real_one(net, cast)
    draw = drawn(net, cast)
    item = draw.items.get()
    client, address = login(cast.town_officer), reverse("case_check", args=[draw.uuid])
    name = f"item-{item.pk}"
    empty = client.post(address, {"item": item.pk, f"{name}-result": "untrue", f"{name}-words": ""})
    assert empty.status_code == 422 and "不属实请写明情况" in empty.content.decode()
    client.post(address, {"item": item.pk, f"{name}-result": "untrue", f"{name}-words": "牌子还倒着"})

    case.refresh_from_db()
    item.refresh_from_db()
    assert (case.status, case.reopen_count, case.was_self_closed) == (Status.HANDLING, 1, False)
    assert (item.result, item.words, item.checked_by) == ("untrue", "牌子还倒着", cast.town_officer)
    assert [event.press for event in case.events.filter(position=0).order_by("pk")][-2:] == [
        "check",
        "reopen",
    ]
    page = client.get(address).content.decode()
    assert "牌子还倒着" in page and "占可抽的 100.0 %" in page
    again = client.post(address, {"item": item.pk, f"{name}-result": "true"}, follow=True)
    assert "状态已变化" in again.content.decode()


def test_true_is_written_down(net, cast):
    case = a_real_one(net, cast)
    item = drawn(net, cast).items.get()
    checks.record(item=item, by=cast.town_officer, result="true")
    case.refresh_from_db()
    assert case.status == Status.CLOSED and case.events.get(press="check").data["result"] == "属实"
    with pytest.raises(IllegalTransition):
        checks.record(item=item, by=cast.town_officer, result="true")


def test_who_does_not_check(net, cast):
    a_real_one(net, cast)
    item = drawn(net, cast).items.get()
    for who in (cast.village_officer, cast.grid_head, cast.leader):
        with pytest.raises(NotAllowed):
            checks.record(item=item, by=who, result="true")
    item.case.handler = cast.town_officer
    item.case.save()
    with pytest.raises(NotAllowed):
        checks.record(item=item, by=cast.town_officer, result="true")
    assert CheckItem.objects.get().result == "open"


def test_forged_items(login, net, cast):
    settled(net, cast)
    draw, other = drawn(net, cast), drawn(net, cast, 9)
    client, address = login(cast.town_officer), reverse("case_check", args=[draw.uuid])
    for wrong in ("", "x", "0", "9" * 15, "٣", str(other.items.get().pk)):
        assert client.post(address, {"item": wrong, "result": "true"}).status_code == 404
    assert client.get(reverse("case_check", args=[uuid4()])).status_code == 404
