"""Gridworkers interview: the doors of the sample, reading out, handing over, one-tap results, a stand at an event."""

import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids.models import AuditEntry, FieldRecord
from surveys.models import InterviewerTally, Mode, Response, Round, SampledHousehold
from surveys.views.answering import handed
from tests.factories import HouseholdFactory
from tests.factories.interviews import sampled_round
from tests.surveys.walking import WHO, carried, on, press, weight, words_of

pytestmark = pytest.mark.django_db
State = SampledHousehold.State


@pytest.fixture
def asked(net, cast):
    return sampled_round(cast.town_officer, net)


@pytest.fixture
def door(asked):
    return asked.sample.filter(state=State.WAITING).order_by("position").first()


@pytest.fixture
def at_door(door):
    return reverse("interview", args=[door.uuid])


@pytest.fixture
def worker(login, cast):
    return login(cast.gridworker)


@pytest.fixture
def event(asked):
    return reverse("interview_event", args=[asked.uuid])


def tap(client, door, state, tries=0):
    answer = client.post(
        reverse("interview_disposition", args=[door.uuid]), {"state": state, "tries": tries}, follow=True
    )
    door.refresh_from_db()
    return answer


def read_out(client, address, **who):
    page = on(client, client.get(address), address, **WHO | {"way": "read"} | who)
    page = on(client, page, address, a__heard="yes")
    return press(client, page, address, go="on", a__wishes="路灯修一修"), page


def test_the_doors_to_knock_at(worker, asked, door):
    page = words_of(worker.get(reverse("interview_list")))
    assert door.household.address in page and "还没去过" in page and "活动现场收答卷" in page
    waiting = asked.sample.filter(state=State.WAITING).count()
    assert page.count("去访问") == waiting == 2
    reserve = asked.sample.filter(state=State.RESERVE).first()
    assert reserve.household.address not in page


def test_a_quiet_line_stands_on_today(worker, asked, cast, login):
    assert "问卷访问：还有 2 户要去" in words_of(worker.get(reverse("today")))
    assert "问卷访问：还有" not in words_of(login(cast.neighbour).get(reverse("today")))
    Round.objects.update(ends_on=timezone.localdate())
    assert "问卷访问：还有" not in words_of(login(cast.gridworker).get(reverse("today")))


def test_read_out_at_the_door(worker, cast, net, door, at_door):
    page = words_of(worker.get(at_door))
    for words in ("您好，我是", cast.gridworker.name, "不记姓名", "我来念", "家里没人", "拒答"):
        assert words in page
    last, questions = read_out(worker, at_door)
    assert "照他说的点" in words_of(questions)
    done = worker.get(last.url)
    assert last.url == reverse("interview_list") and "已访问完成" in words_of(done)
    door.refresh_from_db()
    assert (door.state, door.tries) == (State.DONE, 1)
    response = Response.objects.get()
    assert (response.mode, response.area, response.sex) == (Mode.HOUSEHOLD, net.village, "f")
    tally = InterviewerTally.objects.get(interviewer=cast.gridworker)
    assert (tally.read_out, tally.self_filled) == (1, 0)


def test_the_same_last_page_twice(worker, door, at_door):
    _, page = read_out(worker, at_door)
    again = press(worker, page, at_door, go="on", a__wishes="路灯修一修")
    assert again.status_code == 302 and "没有重复" in words_of(worker.get(again.url))
    other = press(worker, page, at_door, go="on", a__wishes="换一句")
    assert other.status_code == 410
    late = press(worker, worker.get(at_door), at_door, **WHO, way="read")
    assert late.status_code == 409 and "状态已变化" in words_of(late)
    assert "已登记为“完成”" in words_of(worker.get(at_door))
    assert Response.objects.count() == 1


def test_a_phone_handed_over_and_back(worker, cast, asked, door, at_door):
    hand = reverse("answer_hand")
    page = on(worker, worker.get(at_door), at_door, **WHO, way="hand")
    text = words_of(page)
    assert f'action="{hand}"' in text and "照您的真实感受" in text
    # Nothing of the gridworker's stands there, and nothing leads to it.
    for secret in (cast.gridworker.name, door.household.address, "/today/", "/interviews/", "退出", "rail"):
        assert secret not in text
    # Going back on that phone shows the same to whoever presses it, until it was given back.
    for name in ("home", "today", "interview_list"):
        assert worker.get(reverse(name)).url == hand
    assert "请把手机交还给网格员" in words_of(worker.get(hand))
    # The pages need no session: somebody else's browser, or none, may go on.
    stranger = Client()
    page = stranger.post(hand, carried(page) | {"go": "on", "a-heard": "no"})
    assert "为什么没听说过" in words_of(page) and page["Referrer-Policy"] == "strict-origin"
    page = stranger.post(hand, carried(page) | {"go": "on", "a-why": "没人说过"})
    last = carried(page) | {"go": "on", "a-wishes": "路灯修一修"}
    done = stranger.post(hand, last)
    assert done.url == f"{reverse('answer_handed', args=[asked.uuid])}?"
    thanks = words_of(stranger.get(done.url))
    assert "请把手机交还给网格员" in thanks and door.household.address not in thanks
    assert stranger.post(hand, last).url == done.url
    assert worker.post(reverse("interview_resume")).url == reverse("interview_list")
    assert worker.get(reverse("today")).status_code == 200
    door.refresh_from_db()
    assert door.state == State.DONE
    tally = InterviewerTally.objects.get(interviewer=cast.gridworker)
    assert (tally.read_out, tally.self_filled) == (0, 1)
    assert Response.objects.get().answers["why"] == "没人说过"


def test_a_handed_over_page_that_cannot_be_taken(worker, cast, door, at_door, monkeypatch):
    hand = reverse("answer_hand")
    page = on(worker, worker.get(at_door), at_door, **WHO, way="hand")
    fields = carried(page) | {"go": "on", "a-heard": "yes"}
    assert worker.post(hand, fields | {"sheet": "x"}).status_code == 422
    assert "请把手机交还给网格员" in words_of(worker.post(hand, {}))
    monkeypatch.setattr(handed, "HANDED_FOR", -1)
    late = worker.post(hand, fields)
    assert late.status_code == 422 and "过期" in words_of(late)
    monkeypatch.undo()
    # Whoever handed it over has left meanwhile.
    cast.gridworker.assignments.update(ends_on=timezone.localdate())
    assert worker.post(hand, fields).status_code == 403
    cast.gridworker.is_active = False
    cast.gridworker.save()
    assert Client().post(hand, fields).status_code == 404
    assert not Response.objects.exists()


def test_a_locked_phone_opens_for_whoever_signs_in(worker, cast, login, at_door):
    on(worker, worker.get(at_door), at_door, **WHO, way="hand")
    other = login(cast.leader)
    assert other.get(reverse("dashboard")).url == reverse("answer_hand")
    assert other.post(reverse("interview_resume")).url == reverse("home")
    assert other.get(reverse("dashboard")).status_code == 200
    # A forged or forgotten lock locks nothing.
    other.cookies["handed_over"] = "1:2:3"
    assert other.get(reverse("dashboard")).status_code == 200


def test_one_tap_says_what_became_of_it(worker, asked, door):
    answer = tap(worker, door, "absent")
    assert "家里没人，第 1 次。还可以再去 2 次" in words_of(answer)
    assert (door.state, door.tries) == (State.WAITING, 1)
    assert "去过 1 次，家里没人" in words_of(worker.get(reverse("interview_list")))
    tap(worker, door, "absent", 1)
    answer = tap(worker, door, "absent", 2)
    assert door.state == State.ABSENT and "替补，已加进名单" in words_of(answer)
    reserve = SampledHousehold.objects.get(replaces=door)
    page = words_of(answer)
    assert reserve.state == State.WAITING and reserve.household.address in page and "替补</span>" in page


@pytest.mark.parametrize("state", ["refused", "ineligible"])
def test_who_gives_no_interview_is_replaced_and_a_wrong_tap_taken_back(worker, asked, door, state):
    answer = tap(worker, door, state)
    assert "替补，已加进名单" in words_of(answer)
    undo = reverse("interview_undo", args=[door.uuid])
    assert undo in words_of(answer)
    assert "已恢复为待访" in words_of(worker.post(undo, follow=True))
    door.refresh_from_db()
    assert (door.state, door.tries) == (State.WAITING, 0)
    assert not SampledHousehold.objects.exclude(replaces=None).exists()
    assert asked.sample.filter(state=State.RESERVE).count() == 2
    assert "没有可撤销" in words_of(worker.post(undo, follow=True))


def test_a_replacement_that_was_visited_stays(worker, asked, door):
    tap(worker, door, "refused")
    tap(worker, SampledHousehold.objects.get(replaces=door), "absent")
    answer = worker.post(reverse("interview_undo", args=[door.uuid]), follow=True)
    assert "已经去过，不能撤销" in words_of(answer)


def test_a_full_quota_brings_nobody_in(worker, asked, door):
    answer = tap(worker, door, "full")
    assert door.state == State.QUOTA_FULL and "替补" not in words_of(answer)


def test_a_reserve_of_another_s_grid_goes_by_its_grid_s_name(worker, net, asked, door):
    home = HouseholdFactory(grid=net.neighbour_grid, address="沟底村秘密 9 号")
    asked.sample.filter(state=State.RESERVE).update(grid=net.neighbour_grid)
    asked.sample.filter(state=State.RESERVE, position=2).update(household=home)
    text = words_of(tap(worker, door, "refused"))
    assert f"替补的一户在{net.neighbour_grid.name}" in text and "秘密" not in text


@pytest.mark.parametrize("state", ["", "done", "waiting", "x", "\x00"])
def test_a_result_that_is_none(worker, door, state):
    assert "没有登记" in words_of(tap(worker, door, state)) and door.state == State.WAITING


@pytest.mark.parametrize("tries", ["", "x", "7", "-1", "9" * 20])
def test_a_double_tap_is_one_knock(worker, door, tries):
    tap(worker, door, "absent")
    answer = worker.post(
        reverse("interview_disposition", args=[door.uuid]),
        {"state": "absent", "tries": tries or "0"},
        follow=True,
    )
    door.refresh_from_db()
    assert door.tries == 1 and "状态已变化" in words_of(answer)


def test_a_full_cell_is_told_at_once(login, cast, net):
    cells = {("f", "60"): 1, ("m", "60"): 1}
    asked = sampled_round(cast.town_officer, net, cells=cells)
    asked.quotas.filter(sex="f").update(quota=0)
    worker = login(cast.gridworker)
    door = asked.sample.filter(state=State.WAITING).first()
    at_door = reverse("interview", args=[door.uuid])
    start = worker.get(at_door)
    assert "已经问够的：女 60–69 岁" in words_of(start)
    for way in ("read", "hand"):
        answer = press(worker, start, at_door, **WHO, way=way)
        assert answer.status_code == 409 and "已经问够了" in words_of(answer)
    assert "登记“配额满”" in words_of(press(worker, start, at_door, **WHO, way="read"))


def test_a_stand_at_an_event(worker, cast, net, asked, event):
    assert "活动现场收答卷" in words_of(worker.get(event))
    last, _ = read_out(worker, event, area=net.village.code)
    page = worker.get(last.url)
    assert "可以请下一位" in words_of(page) and "收了 1 份" in words_of(page)
    assert f'<option value="{net.village.code}" selected>' in words_of(page)
    handed_over = on(worker, page, event, **WHO, way="hand", area=net.village.code)
    hand = reverse("answer_hand")
    nearly = on(worker, handed_over, hand, a__heard="yes")
    done = press(worker, nearly, hand, go="on", a__wishes="")
    thanks = worker.get(done.url)
    resume = reverse("interview_resume")
    assert worker.post(resume, carried(thanks)).url == f"{event}?at={net.village.code}"
    for odd in ({"round": "x", "at": "1"}, {"round": str(asked.uuid), "at": "//evil"}, {"at": "\x00"}):
        assert worker.post(resume, odd).url == reverse("interview_list")
    assert Response.objects.filter(mode=Mode.EVENT, area=net.village).count() == 2
    tally = InterviewerTally.objects.get()
    assert (tally.read_out, tally.self_filled) == (1, 1)


def test_a_round_that_is_over(worker, asked, door, at_door, event):
    start, stand = worker.get(at_door), worker.get(event)
    Round.objects.update(ends_on=timezone.localdate())
    for address, page in ((at_door, start), (event, stand)):
        assert "已经结束" in words_of(worker.get(address))
        answer = press(worker, page, address, **WHO, way="read", area="140181100208")
        assert answer.status_code == 409 and "状态已变化" in words_of(answer)
    assert "没有登记" in words_of(tap(worker, door, "refused"))
    assert "现在没有要入户的调查" in words_of(worker.get(reverse("interview_list")))


def test_what_is_missing_is_asked(worker, at_door, event):
    for address in (at_door, event):
        answer = press(worker, worker.get(address), address, sex="f", way="read")
        assert answer.status_code == 422 and "请选年龄段" in words_of(answer)
        assert re.search(r'value="f"[^>]*checked', words_of(answer))
        assert press(worker, worker.get(address), address, **WHO, way="shout").status_code == 422


def test_a_page_of_one_door_opens_no_other(worker, asked, door, at_door):
    other = asked.sample.filter(state=State.WAITING).exclude(pk=door.pk).get()
    page = on(worker, worker.get(at_door), at_door, **WHO, way="read")
    answer = press(worker, page, reverse("interview", args=[other.uuid]), go="on", a__heard="yes")
    assert answer.status_code == 422


def test_others_see_their_own_doors_alone(login, cast, asked, door, at_door):
    assert login(cast.neighbour).get(at_door).status_code == 404
    assert "去访问" not in words_of(login(cast.neighbour).get(reverse("interview_list")))
    assert login(cast.leader).get(at_door).status_code == 403
    assert login(cast.village_officer).get(at_door).status_code == 200


def test_nothing_is_a_field_record_or_in_the_audit_log_or_the_session(worker, at_door, event, net):
    worker.get(reverse("interview_list"))
    before, kept = AuditEntry.objects.count(), dict(worker.session)
    read_out(worker, at_door)
    read_out(worker, event, area=net.village.code)
    assert AuditEntry.objects.count() == before and not FieldRecord.objects.exists()
    assert dict(worker.session) == kept


def test_no_page_is_heavier_than_sixty_kilobytes(login, cast, net):
    asked = sampled_round(cast.town_officer, net, wanted=60, doors=120)
    worker, door = login(cast.gridworker), asked.sample.filter(state=State.WAITING).first()
    at_door = reverse("interview", args=[door.uuid])
    pages = {
        "list": worker.get(reverse("interview_list")),
        "door": worker.get(at_door),
        "event": worker.get(reverse("interview_event", args=[asked.uuid])),
        "questions": press(worker, worker.get(at_door), at_door, **WHO, way="read"),
    }
    assert words_of(pages["list"]).count("去访问") == 40
    assert {name: size for name, page in pages.items() if (size := weight(page)) > 60_000} == {}


def test_two_at_one_door(worker, login, cast, door, at_door):
    """Both stood there with a page each: the second is told, and his page is still before him."""
    head = Client()
    head.force_login(cast.grid_head)
    page = on(head, head.get(at_door), at_door, **WHO, way="read")
    page = on(head, page, at_door, a__heard="no")
    page = on(head, page, at_door, a__why="没人说过")
    read_out(worker, at_door)
    late = press(head, page, at_door, go="on", a__wishes="路灯")
    assert late.status_code == 409 and "已经访过" in words_of(late) and "路灯" in words_of(late)
    assert Response.objects.count() == 1


def test_twenty_doors_cost_no_more_queries_than_two(login, cast, net):
    def cost(client):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse("interview_list"))
        return len(queries), words_of(page).count("去访问")

    client = login(cast.gridworker)
    sampled_round(cast.town_officer, net, wanted=2)
    few, doors = cost(client)
    assert doors == 2
    sampled_round(cast.town_officer, net, wanted=20, doors=40, title="又一次")
    many, doors = cost(client)
    assert doors == 22 and many <= few


def test_the_daily_run_mixes_answers_and_clears_drafts(asked, worker, at_door, capsys):
    read_out(worker, at_door)
    call_command("daily", verbosity=1)
    said = capsys.readouterr().out
    assert "打乱了 1 次调查的存放次序" in said and "没答完的问卷 0" in said
