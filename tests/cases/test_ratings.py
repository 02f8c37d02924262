"""The resident's word: codes, ratings once a closure, calls back by another, and the task that 不满意 makes."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.actions.advance import advance
from cases.actions.ratings import issue_link, rate_by_call
from cases.models import Case, CaseLink
from cases.vocabulary import Status, Step
from grids.models import AuditEntry
from tests.cases.test_case_page import reporter_from_elsewhere
from tests.factories.cases import reported

pytestmark = pytest.mark.django_db


def settled(case, by, check):
    advance(case=case, press="settle", by=by)
    return advance(case=case, press="confirm", by=check)


@pytest.fixture
def case(net, cast):
    case = reported(cast.gridworker, net.grid, caller_name="赵大爷", caller_phone="13812345678")
    return settled(case, cast.gridworker, cast.grid_head)


ROWS = {"case_decide", "case_expert", "case_reply", "case_supervision_slip", "case_task"}


def url(case, name, *more):
    """An address about the case, or about a row of it that has its own."""
    return reverse(name, args=more if name in ROWS else [case.uuid, *more])


def post(client, case, name, /, *more, **typed):
    case.refresh_from_db()
    answer = client.post(url(case, name, *more), {"version": case.version} | typed)
    case.refresh_from_db()
    return answer


def test_a_code_is_shown_once_as_words_link_and_picture(login, cast, case):
    client = login(cast.gridworker)
    assert not CaseLink.objects.exists()
    assert "给一个查询码" in client.get(url(case, "case_link")).content.decode()
    assert not CaseLink.objects.exists()
    answer = client.post(url(case, "case_link"))
    page, code = answer.content.decode(), answer.context["code"].replace("-", "")
    assert len(code) == 12 and answer.context["code"] in page
    assert f"/my/{code}/" in page and "data:image/svg+xml" in page
    assert code not in str(CaseLink.objects.values().get())
    assert "no-store" in answer["Cache-Control"]
    assert CaseLink.objects.get().issued_by == cast.gridworker


def test_a_code_is_not_for_a_draft(login, cast, net, case):
    draft = reported(cast.gridworker, net.grid, place="别处")
    advance(case=draft, press="withdraw", by=cast.gridworker)
    assert login(cast.gridworker).post(url(draft, "case_link")).status_code == 302
    assert not CaseLink.objects.exists()


def test_a_reporter_from_elsewhere_hands_on_a_code(login, net, cast):
    user, case = reporter_from_elsewhere(net)
    assert login(user).post(url(case, "case_link")).status_code == 200


def test_the_call_back_is_made_by_somebody_else(login, cast, case):
    assert login(cast.gridworker).get(url(case, "case_call")).status_code == 403
    client = login(cast.village_officer)
    assert post(client, case, "case_call").status_code == 422
    assert post(client, case, "case_call", score=9).status_code == 422
    assert post(client, case, "case_call", score=2, words="还行").status_code == 302
    assert (case.rating, Step.EVALUATE in case.steps_done) == (2, True)
    rating = case.ratings.get()
    assert (rating.called_by, rating.words) == (cast.village_officer, "还行")
    again = post(client, case, "case_call", score=3)
    assert again.status_code == 409 and "状态已变化" in again.content.decode()
    assert not case.tasks.exists()


def test_the_number_to_call_is_given_once_and_logged(login, cast, case):
    client = login(cast.village_officer)
    assert "13812345678" not in client.get(url(case, "case_call")).content.decode()
    page = client.post(url(case, "case_call"), {"dial": "1"}).content.decode()
    assert "tel:13812345678" in page
    entry = AuditEntry.objects.get(action="call")
    assert (entry.by, entry.object_label) == (cast.village_officer, "赵**")
    assert "13812345678" not in str(entry.changes)


def test_a_case_without_a_number_says_so(login, cast, net):
    case = settled(reported(cast.gridworker, net.grid), cast.gridworker, cast.grid_head)
    client = login(cast.village_officer)
    assert "拨打反映人" not in client.get(url(case, "case_call")).content.decode()
    assert "没有登记" in client.post(url(case, "case_call"), {"dial": "1"}).content.decode()


@pytest.fixture
def task(cast, case):
    rate_by_call(case=case, by=cast.village_officer, score=Case.Score.UNSATISFIED, words="还在漏")
    case.refresh_from_db()
    return case.tasks.get()


def test_not_content_becomes_a_task_of_the_town(login, cast, case, task):
    assert task.due_at > timezone.now() + timedelta(hours=8)
    for who in ("gridworker", "grid_head", "village_officer", "leader"):
        assert login(getattr(cast, who)).get(url(case, "case_task", task.uuid)).status_code == 403
    client = login(cast.town_officer)
    assert "还在漏" in client.get(url(case, "case_task", task.uuid)).content.decode()
    assert post(client, case, "case_task", task.uuid, outcome=" ").status_code == 422
    assert post(client, case, "case_task", task.uuid, outcome="上门说清楚了").status_code == 302
    task.refresh_from_db()
    assert (task.done_by, task.outcome) == (cast.town_officer, "上门说清楚了")
    assert case.status == Status.CLOSED
    again = post(client, case, "case_task", task.uuid, outcome="又一次")
    assert again.status_code == 409
    assert "上门说清楚了" in client.get(case.get_absolute_url()).content.decode()


def test_the_task_takes_the_case_up_again(login, cast, case, task):
    client = login(cast.town_officer)
    answer = post(client, case, "case_task", task.uuid, outcome="确实没修好", reopen="on")
    assert answer.status_code == 302
    assert (case.status, case.reopen_count, case.rating) == (Status.HANDLING, 1, None)
    task.refresh_from_db()
    assert task.done_at


def test_a_stale_task_page_reopens_nothing(login, cast, case, task):
    seen = case.version
    issue = advance(case=case, press="reopen", by=cast.town_officer, words="重办")
    answer = login(cast.town_officer).post(
        url(case, "case_task", task.uuid), {"version": seen, "outcome": "写了一段", "reopen": "on"}
    )
    assert answer.status_code == 409 and "写了一段" in answer.content.decode()
    issue.refresh_from_db()
    assert issue.reopen_count == 1


def test_a_matter_taken_up_again_is_rated_anew(cast, case, task):
    advance(case=case, press="reopen", by=cast.town_officer, words="重办")
    case.refresh_from_db()
    advance(case=case, press="finish", by=cast.gridworker, words="这回换了")
    case = advance(case=case, press="verify_and_close", by=cast.grid_head)
    rate_by_call(case=case, by=cast.village_officer, score=3)
    assert list(case.ratings.order_by("pk").values_list("round", "score")) == [(0, 1), (1, 3)]
    _, code = issue_link(case=case, by=cast.grid_head)
    assert code
