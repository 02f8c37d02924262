"""A resident's own page: what it tells and never tells, and what a code does once, twice, forged and expired."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.actions.advance import advance
from cases.actions.deeds import change_facts
from cases.actions.ratings import dashed, issue_link
from cases.models import CaseLink, CaseRating
from grids.models import LoginThrottle
from tests.factories.cases import reported

pytestmark = pytest.mark.django_db
FORGED = "ABCDEFGHJKMN"


@pytest.fixture
def case(net, cast):
    case = reported(
        cast.gridworker, net.grid, words="我家没水", caller_name="赵大爷", caller_phone="13812345678"
    )
    return advance(case=case, press="take", by=cast.grid_head)


@pytest.fixture
def code(cast, case):
    return issue_link(case=case, by=cast.gridworker)[1]


def closed(case, cast, reply="井房阀门换好了"):
    case.refresh_from_db()
    advance(case=case, press="finish", by=cast.grid_head, facts={"measures": "换阀门", "reply": reply})
    return advance(case=case, press="verify_and_close", by=cast.gridworker)


def page_of(code):
    return reverse("my_case_rate", args=[code])


def test_a_resident_sees_how_far_it_is_and_no_name(client, cast, net, case, code):
    answer = client.get(page_of(code))
    page = answer.content.decode()
    for words in ("停水", net.grid.name, "正在办", "任务派遣", "综合评价", case.case_no):
        assert words in page
    for secret in ("赵大爷", "闫志平", "张春燕", "1381234", "我家没水", "提交评价"):
        assert secret not in page
    assert "noindex" in answer["X-Robots-Tag"] and 'name="robots"' in page
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("spelled", [str, str.lower, dashed, lambda code: f" {dashed(code).lower()} "])
def test_a_code_is_typed_in_any_spelling(client, code, spelled):
    answer = client.post(reverse("my_case"), {"code": spelled(code)})
    assert answer.status_code == 302 and answer.url == page_of(code)


@pytest.mark.parametrize("typed", ["", "123", FORGED, "长" * 50, "a" * 41, "' OR 1=1"])
def test_a_code_that_is_none(client, typed):
    answer = client.post(reverse("my_case"), {"code": typed})
    assert answer.status_code == 422


def test_looking_consumes_nothing(client, cast, case, code):
    closed(case, cast)
    for _ in range(3):
        answer = client.get(page_of(code))
        assert answer.status_code == 200 and "提交评价" in answer.content.decode()
        assert answer["Referrer-Policy"] == "strict-origin"
    assert CaseLink.objects.get().used_at is None and not LoginThrottle.objects.exists()


def test_one_rating_and_its_thanks(client, cast, case, code):
    closed(case, cast)
    assert "井房阀门换好了" in client.get(page_of(code)).content.decode()
    assert client.post(page_of(code), {"words": "好"}).status_code == 422
    assert client.post(page_of(code), {"score": "7"}).status_code == 422
    answer = client.post(page_of(code), {"score": "3", "words": "来水了"})
    assert answer.status_code == 302
    page = client.get(answer.url).content.decode()
    assert "评价是“满意”" in page and "提交评价" not in page
    rating = CaseRating.objects.get()
    assert (rating.score, rating.words, rating.called_by) == (3, "来水了", None)


def test_used_twice(client, cast, case, code):
    closed(case, cast)
    client.post(page_of(code), {"score": "3"})
    answer = client.post(page_of(code), {"score": "1"})
    assert answer.status_code == 409 and "已经评价过" in answer.content.decode()
    assert CaseRating.objects.get().score == 3


def test_a_second_code_of_the_same_closure_rates_no_more(client, cast, case, code):
    other = issue_link(case=case, by=cast.gridworker)[1]
    closed(case, cast)
    client.post(page_of(code), {"score": "2"})
    assert client.post(page_of(other), {"score": "1"}).status_code == 409
    assert CaseRating.objects.count() == 1


def test_not_closed_yet(client, case, code):
    answer = client.post(page_of(code), {"score": "3"})
    assert answer.status_code == 409 and "现在还不能评价" in answer.content.decode()
    assert not CaseRating.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_forged_and_expired(client, cast, case, code, method):
    answer = getattr(client, method)(page_of(FORGED), {"score": "3"})
    assert answer.status_code == 404 and "没有找到这个查询码" in answer.content.decode()
    closed(case, cast)
    CaseLink.objects.update(
        issued_at=timezone.now() - timedelta(days=91), expires_at=timezone.now() - timedelta(days=1)
    )
    answer = getattr(client, method)(page_of(code), {"score": "3"})
    assert answer.status_code == 404 and "过期" in answer.content.decode()
    assert "停水" not in answer.content.decode() and not CaseRating.objects.exists()


def test_guessing_has_to_wait(client, code):
    for _ in range(21):
        client.get(page_of(FORGED))
    answer = client.get(page_of(code))
    assert answer.status_code == 429 and "请等" in answer.content.decode()
    assert client.post(reverse("my_case"), {"code": code}).status_code == 429
    assert client.get(page_of(code), REMOTE_ADDR="10.1.1.9").status_code == 200
    # Logins of the same address are counted apart.
    assert not LoginThrottle.objects.exclude(key__startswith="my:").exists()


def test_a_merged_matter_shows_the_main_one(client, cast, net, case, code):
    main = reported(cast.gridworker, net.grid, place="水塔东")
    advance(case=case, press="merge", by=cast.town_officer, main_case=main)
    main = advance(case=main, press="take", by=cast.grid_head)
    main = change_facts(case=main, by=cast.grid_head, seen_version=main.version, reply="下午通水")
    page = client.get(page_of(code)).content.decode()
    assert "同一件事" in page and "下午通水" in page and "正在办" in page
    advance(case=main, press="finish", by=cast.grid_head, words="通了")
    advance(case=main, press="verify_and_close", by=cast.gridworker)
    assert client.post(page_of(code), {"score": "3"}).status_code == 302
    main.refresh_from_db()
    assert main.rating == 3


def test_a_signed_in_person_may_look_too(login, cast, code):
    assert login(cast.leader).get(page_of(code)).status_code == 200


def test_a_posted_rating_carries_a_token(cast, case, code):
    closed(case, cast)
    answer = Client(enforce_csrf_checks=True).post(page_of(code), {"score": "3"})
    assert answer.status_code == 403 and not CaseRating.objects.exists()
