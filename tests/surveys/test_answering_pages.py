"""Residents answer by a slip's code and by a poster: every way through, and every way in which there is none."""

import logging
import re
import threading
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids.models import AuditEntry, FieldRecord, TownProfile
from hekou.logs import HideCodes
from surveys.actions import drafts, questionnaires, results, rounds, throttle, tokens
from surveys.models import Mode, Response, Round, RoundArea, Token, TokenBatch, TokenDraft
from surveys.ready import CIVILISED_CITY
from tests.factories import GridFactory
from tests.factories.interviews import codes_of, door_of, talk_of
from tests.factories.surveys import round_of, told
from tests.surveys.walking import WHO, carried, on, press, walk_to_the_end, weight, words_of

pytestmark = pytest.mark.django_db
FORGED = "ABCDEFGHJK"


@pytest.fixture(autouse=True)
def _nobody_guessed_before():
    cache.clear()


@pytest.fixture
def asked(net, cast):
    return talk_of(cast.town_officer, net)


@pytest.fixture
def code(asked, cast, net):
    return codes_of(asked, cast.town_officer, area=net.village)[1][0]


@pytest.fixture
def slip(code):
    return reverse("answer", args=[code])


@pytest.fixture
def door(cast, net):
    return reverse("interview", args=[door_of(cast, net).uuid])


@pytest.fixture
def poster(asked):
    return reverse("answer_poster", args=[asked.poster_code])


def test_the_first_page_says_what_it_is_and_what_is_kept(client, asked, net, slip):
    answer = client.get(slip)
    page = words_of(answer)

    assert answer.status_code == 200
    for words in (
        "创城居民问卷",
        "照您的真实感受",
        "不记姓名",
        "不存：姓名、电话、住址",
        "我自己答",
        "替家里老人填",
    ):
        assert words in page
    assert f'<option value="{net.village.code}" selected>' in page
    assert "noindex" in answer["X-Robots-Tag"] and "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "strict-origin"
    assert not answer.cookies.get("sessionid")


def test_a_whole_answer(client, asked, net, code, slip):
    last, _ = walk_to_the_end(client, slip, area=net.village.code, heard="no", whose="proxy")

    assert last.status_code == 302 and code not in last.url
    thanks = client.get(last.url)
    for words in ("谢谢您，收到了", "您的意见我们会认真看", "文明创建，你我同行", "家门口有事要办"):
        assert words in words_of(thanks)
    assert thanks["Referrer-Policy"] == "no-referrer"
    response = Response.objects.get()
    assert response.answers == {"heard": "no", "why": "没人说过", "wishes": "路灯修一修"}
    assert (response.area, response.sex, response.age_band) == (net.village, "f", "60")
    assert (response.mode, response.is_proxy) == (Mode.TOKEN, True)
    assert Token.objects.get().is_used and not TokenDraft.objects.exists()
    assert RoundArea.objects.get(area=net.village).done == 1


def test_opening_consumes_and_writes_nothing(client, asked, slip, poster):
    for address in (slip, poster, reverse("answer_code"), f"{slip}?p=2", reverse("answer_hand")):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert [q for q in queries if not q["sql"].startswith("SELECT")] == []
    assert not Token.objects.get().is_used and not TokenDraft.objects.exists()


def test_it_goes_on_another_phone_where_it_was_left(client, net, slip):
    page = on(client, client.get(slip), slip, area=net.village.code, **WHO)
    on(client, page, slip, a__heard="no")
    other = Client()

    answer = other.get(slip)
    assert "接着上次的答" in words_of(answer) and "为什么没听说过" in words_of(answer)
    back = other.post(slip, carried(answer) | {"go": "back"}, follow=True)
    assert re.search(r'value="no"[^>]*checked', words_of(back))
    start = other.post(slip, carried(back) | {"go": "back", "a-heard": "no"}, follow=True)
    assert re.search(r'value="60"[^>]*checked', words_of(start)) and "我自己答" in words_of(start)
    assert "接着上次的答" not in words_of(back)


def test_a_draft_opens_for_the_code_alone(client, net, code, slip):
    on(client, client.get(slip), slip, area=net.village.code, **WHO)
    token, draft = Token.objects.get(), TokenDraft.objects.get()

    assert "area" not in draft.told_sealed and net.village.code not in draft.told_sealed
    assert drafts.told_under(token=token, code=FORGED) is None
    assert drafts.told_under(token=token, code=tokens.dashed(code).lower())["who"]["sex"] == "f"
    TokenDraft.objects.update(told_sealed="x" + draft.told_sealed)
    assert "我自己答" in words_of(client.get(slip))


def test_drafts_of_what_is_over_are_cleared(client, asked, net, slip):
    on(client, client.get(slip), slip, area=net.village.code, **WHO)
    assert drafts.clear() == 0
    TokenBatch.objects.update(expires_on=timezone.localdate())
    assert drafts.clear() == 1 and not TokenDraft.objects.exists()


def test_the_same_last_page_twice_is_one_answer_and_thanks_again(client, net, slip, poster):
    for address in (slip, poster):
        first, page = walk_to_the_end(client, address, area=net.village.code)
        again = press(client, page, address, go="on", a__wishes="路灯修一修")
        assert (first.status_code, again.status_code) == (302, 302)
        assert "已经收下了，没有重复计数" in words_of(client.get(again.url))
        assert "没有重复计数" not in words_of(client.get(first.url))
        other = press(client, page, address, go="on", a__wishes="换一句")
        assert other.status_code == 410 and "已经" in words_of(other)
    assert Response.objects.count() == 2


def test_a_used_code_says_so_kindly(client, net, slip):
    left = on(client, client.get(slip), slip, area=net.village.code, **WHO)
    walk_to_the_end(client, slip, area=net.village.code)

    answer = client.get(slip)
    assert answer.status_code == 410 and "已经答过一次了，谢谢您" in words_of(answer)
    assert answer["Referrer-Policy"] == "no-referrer"
    # A second phone that stood in the middle of it.
    late = on(client, left, slip, a__heard="yes")
    assert late.status_code == 410 and "已经答过一次了" in words_of(late)
    assert Response.objects.count() == 1 and not TokenDraft.objects.exists()


def begun_later(round):
    Round.objects.update(starts_on=timezone.localdate() + timedelta(days=3))


def ended(round):
    Round.objects.update(ends_on=timezone.localdate())


def expired(round):
    TokenBatch.objects.update(expires_on=timezone.localdate())


def voided(round):
    TokenBatch.objects.update(is_void=True)


def not_asked_so(round):
    Round.objects.update(modes=["paper"])


@pytest.mark.parametrize(
    ("happens", "status", "words"),
    [
        (begun_later, 403, "到时候再来"),
        (ended, 410, "已经结束"),
        (expired, 410, "已经过了"),
        (voided, 410, "换一张"),
        (not_asked_so, 410, "不用这种方式"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_code_that_opens_nothing_now(client, asked, net, slip, happens, status, words):
    page = on(client, client.get(slip), slip, area=net.village.code, **WHO)
    happens(asked)

    for answer in (client.get(slip), press(client, page, slip, go="on", a__heard="yes")):
        assert answer.status_code == status and words in words_of(answer)
    assert not Response.objects.exists() and not Token.objects.get().is_used


@pytest.mark.parametrize("happens", [begun_later, ended, not_asked_so])
def test_a_poster_that_opens_nothing_now(client, asked, net, poster, happens):
    page = on(client, client.get(poster), poster, area=net.village.code, **WHO)
    happens(asked)
    for answer in (client.get(poster), press(client, page, poster, go="on", a__heard="yes")):
        assert answer.status_code in (403, 410)
    assert not Response.objects.exists()


def test_a_poster_that_hangs_on_leads_to_what_came_out(client, asked, cast, poster):
    rounds.close_round(round=asked, by=cast.town_officer)
    result = reverse("public_result", args=[asked.uuid])
    assert result not in words_of(client.get(poster))
    frozen = {"frozen": {}, "frozen_digest": "x" * 64, "frozen_on": timezone.localdate()}
    Round.objects.filter(pk=asked.pk).update(**frozen, frozen_by=cast.town_officer, is_public=True)
    assert result in words_of(client.get(poster))


def test_a_round_that_ends_under_ones_hands(client, asked, cast, net, slip, monkeypatch):
    """Closed between the view's look and the answer's: refused by the action, and said."""
    _, page = None, on(client, client.get(slip), slip, area=net.village.code, **WHO)
    page = on(client, page, slip, a__heard="yes")
    monkeypatch.setattr(tokens, "refusal_of", lambda token: None)
    rounds.close_round(round=asked, by=cast.town_officer)
    answer = press(client, page, slip, go="on", a__wishes="x")
    assert answer.status_code == 410 and "没有收下" in words_of(answer)


@pytest.mark.parametrize("forged", [FORGED, "x", "' OR 1=1", "长" * 30, "a" * 3000])
@pytest.mark.parametrize("name", ["answer", "answer_poster"])
def test_a_forged_code(client, asked, name, forged):
    for method in (client.get, client.post):
        answer = method(reverse(name, args=[forged]))
        assert answer.status_code == 404 and "可能抄错了一位" in words_of(answer)


@pytest.mark.parametrize("typed", ["", "123", FORGED, "长" * 30, "a" * 41, "' OR 1=1", "A\x00B"])
def test_a_typed_code_that_is_none(client, asked, typed):
    assert client.post(reverse("answer_code"), {"code": typed}).status_code == 422


@pytest.mark.parametrize(
    "spelled", [str, str.lower, tokens.dashed, lambda code: f" {tokens.dashed(code).lower()} "]
)
def test_a_code_is_typed_in_any_spelling(client, asked, code, spelled):
    answer = client.post(reverse("answer_code"), {"code": spelled(code)})
    assert answer.status_code == 302 and answer.url == reverse("answer", args=[code])
    answer = client.post(reverse("answer_code"), {"code": spelled(asked.poster_code)})
    assert answer.url == reverse("answer_poster", args=[asked.poster_code])


def test_guessing_has_to_wait_and_leaves_no_trace(client, asked, slip):
    with CaptureQueriesContext(connection) as queries:
        for _ in range(20):
            client.get(reverse("answer", args=[FORGED]))
    assert [q for q in queries if not q["sql"].startswith("SELECT")] == []
    for address in (
        slip,
        reverse("answer", args=[FORGED]),
        reverse("answer_poster", args=[asked.poster_code]),
    ):
        answer = client.get(address)
        assert answer.status_code == 429 and "请等" in words_of(answer)
    assert client.post(reverse("answer_code"), {"code": FORGED}).status_code == 429
    assert client.get(slip, REMOTE_ADDR="10.1.1.9").status_code == 200
    assert "127.0.0.1" not in str(cache._cache)


def test_a_flooded_poster_asks_to_wait_and_loses_nothing(client, net, poster, monkeypatch):
    monkeypatch.setattr(throttle, "POSTER_MOST", 1)
    walk_to_the_end(client, poster, area=net.village.code)
    answer, _ = walk_to_the_end(client, poster, area=net.village.code, wishes="还有一句")
    assert answer.status_code == 429 and "还有一句" in words_of(answer) and "请等" in words_of(answer)
    assert Response.objects.count() == 1


def test_a_poster_is_counted_apart(client, asked, net, poster):
    asked.areas.update(quota=0)
    last, _ = walk_to_the_end(client, poster, area=net.village.code)
    assert last.status_code == 302
    response = Response.objects.get()
    assert response.mode == Mode.POSTER and not asked.areas.get(area=net.village).done


def test_a_full_quota_is_told_before_the_questions_and_after(client, asked, net, slip):
    page = on(client, client.get(slip), slip, area=net.village.code, **WHO)
    page = on(client, page, slip, a__heard="yes")
    asked.areas.filter(area=net.village).update(quota=0)

    late = press(client, page, slip, go="on", a__wishes="x")
    early = press(client, client.get(f"{slip}?p=0"), slip, area=net.village.code, **WHO)
    for answer in (early, late):
        assert answer.status_code == 409 and "已经问够了" in words_of(answer) and "谢谢您" in words_of(answer)
    assert not Token.objects.get().is_used
    # Another village still has room.
    assert "您知道古交" in words_of(
        on(client, client.get(f"{slip}?p=0"), slip, area=net.other_village.code, **WHO)
    )


def test_what_is_missing_is_asked_and_nothing_is_lost(client, net, slip):
    start = client.get(slip)
    answer = press(client, start, slip, sex="f")
    assert answer.status_code == 422 and "请选年龄段" in words_of(answer)
    assert re.search(r'value="f"[^>]*checked', words_of(answer))
    page = on(client, start, slip, area=net.village.code, **WHO)
    answer = press(client, page, slip, go="on")
    assert answer.status_code == 422 and "这道题需要回答" in words_of(answer)
    for forged in (
        {"area": net.town.code},
        {"sex": "x"},
        {"age_band": "7"},
        {"whose": "dog"},
        {"area": "\x00"},
    ):
        answer = client.post(slip, carried(start) | WHO | {"area": net.village.code} | forged)
        assert answer.status_code == 422


def test_answers_to_hidden_questions_are_dropped(client, net, slip):
    page = on(client, client.get(slip), slip, area=net.village.code, **WHO)
    page = on(client, page, slip, a__heard="no")
    page = on(client, page, slip, a__why="没人说过")
    page = client.get(f"{slip}?p=1")
    page = on(client, page, slip, a__heard="yes")
    press(client, page, slip, go="on", a__wishes="好")
    assert Response.objects.get().answers == {"heard": "yes", "wishes": "好"}


def test_a_later_page_cannot_be_answered_without_an_earlier_one(client, net, slip):
    start = on(client, client.get(slip), slip, area=net.village.code, **WHO)
    answer = press(client, start, slip, page="2", shown="wishes", go="on", a__wishes="好")
    assert answer.status_code == 422 and "您知道古交" in words_of(answer)
    assert not Response.objects.exists()


def test_a_script_is_text(client, net, slip, poster):
    script = "<script>alert(1)</script>"
    page = on(client, client.get(poster), poster, area=net.village.code, **WHO)
    page = on(client, page, poster, a__heard="no")
    page = on(client, page, poster, a__why=script)
    back = press(client, page, poster, go="back")
    assert "&lt;script&gt;alert(1)" in words_of(back) and script not in words_of(back)


@pytest.mark.parametrize("sheet", ["", "x", "eyJ9:1:2", "长" * 100])
def test_an_altered_page_starts_again(client, net, slip, poster, sheet):
    for address in (slip, poster):
        answer = client.post(address, {"sheet": sheet, "page": "0", "a-heard": "yes"} | WHO)
        assert answer.status_code == 422 and "请从这里重新答" in words_of(answer)


def test_a_page_of_elsewhere_opens_nothing(client, net, slip, poster):
    """A page's field is signed for its place: a poster's does not go under a code, nor one code's under another."""
    page = on(client, client.get(poster), poster, area=net.village.code, **WHO)
    assert press(client, page, slip, go="on", a__heard="yes").status_code == 422


def test_a_version_that_changed_meanwhile(client, asked, cast, net, slip, poster):
    pages = {at: on(client, client.get(at), at, area=net.village.code, **WHO) for at in (slip, poster)}
    draft = questionnaires.new_version(questionnaire=asked.version.questionnaire, by=cast.town_officer)
    draft.schema["title"] = "新的一版"
    draft.save()
    newer = questionnaires.publish(version=draft, by=cast.town_officer, seen_edits=0)
    Round.objects.update(version=newer)

    for address, page in pages.items():
        answer = press(client, page, address, go="on", a__heard="yes")
        assert answer.status_code == 409 and "换了新的一版" in words_of(answer)
        assert re.search(r'value="60"[^>]*checked', words_of(answer))
        assert "您知道古交" in words_of(on(client, answer, address, area=net.village.code, **WHO))
    assert not Response.objects.exists()


def test_nonsense_in_the_address_and_the_page(client, net, slip):
    page = on(client, client.get(slip), slip, area=net.village.code, **WHO)
    for wanted in ("", "x", "-1", "99", "一", "9" * 50):
        assert client.get(slip, {"p": wanted}).status_code == 200
        answer = client.post(slip, carried(page) | {"page": wanted, "go": "on", "a-heard": ["yes", "no"]})
        assert answer.status_code in (302, 409, 422)


NAMES = (
    "sheet",
    "page",
    "go",
    "shown",
    "whose",
    "area",
    "sex",
    "age_band",
    "way",
    "a-heard",
    "a-why",
    "a-x",
    "",
)
VALUES = (
    "",
    "0",
    "1",
    "2",
    "on",
    "back",
    "f",
    "60",
    "self",
    "yes",
    "no",
    "heard",
    "长" * 50,
    "\x00",
    "-1",
    "<b>",
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    posted=st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=9)), max_size=9
    ),
    keeps=st.booleans(),
    by=st.sampled_from(["slip", "poster", "door", "hand"]),
)
def test_whatever_is_posted_is_answered(client, asked, cast, net, slip, poster, door, posted, keeps, by):
    """A page that is altered in any way is asked again, refused or taken; it never breaks."""
    address = {"slip": slip, "poster": poster, "door": door, "hand": reverse("answer_hand")}[by]
    client.force_login(cast.gridworker)
    data = QueryDict(mutable=True)
    if keeps:
        start = door if by == "hand" else f"{slip}?p=0" if by == "slip" else address
        way = "hand" if by == "hand" else "read"
        page = client.post(
            start, carried(client.get(start)) | WHO | {"area": net.village.code, "way": way}, follow=True
        )
        client.cookies.pop("handed_over", None)
        for name, values in carried(page).items():
            data.setlist(name, values)
    for name, value in posted:
        data.appendlist(name, value)
    answer = client.post(address, data.dict() if not keeps else dict(data.lists()))
    assert answer.status_code in (200, 302, 409, 410, 422)


def test_where_a_real_problem_is_told(client, asked, net):
    TownProfile.objects.create(town=net.town, office_name="镇网格办", duty_phone="0351-5170000")
    net.village.duty_phone = "0351-5171111"
    net.village.save()
    page = words_of(client.get(reverse("answer_done", args=[asked.uuid]), {"at": net.village.code}))
    assert 'href="tel:0351-5170000"' in page and 'href="tel:0351-5171111"' in page
    assert reverse("my_case") in page
    assert client.get(reverse("answer_done", args=[asked.uuid]), {"at": "\x00" * 3}).status_code == 400
    assert client.get(reverse("answer_done", args=[asked.uuid]), {"at": "x"}).status_code == 200


def test_the_last_page_leads_to_what_was_published(client, asked, cast, net):
    def thanks():
        return words_of(client.get(reverse("answer_done", args=[asked.uuid])))

    assert reverse("public_results") not in thanks()
    before = told(
        round_of(cast.town_officer, net, title="上一次"),
        (40, {"heard": "yes"}, {"area": net.village, "sex": "f"}),
    )
    before = results.freeze(round=before, by=cast.town_officer)
    results.set_public(round=before, by=cast.town_officer, public=True)
    assert reverse("public_results") in thanks()


def test_thanks_for_a_round_that_never_began(client, cast, net):
    draft = talk_of(cast.town_officer, net, opened=False)
    for name in ("answer_done", "answer_handed"):
        assert client.get(reverse(name, args=[draft.uuid])).status_code == 404


def test_a_posted_page_carries_a_token(net, slip):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(slip, carried(strict.get(slip)) | WHO | {"area": net.village.code})
    assert answer.status_code == 403 and f'href="{slip}"' in words_of(answer)


def test_codes_and_answers_stay_out_of_the_log(client, net, asked, code, slip):
    """Whatever goes wrong, the lines say no code."""
    handler = logging.StreamHandler()
    handler.addFilter(HideCodes())
    handler.setFormatter(logging.Formatter("%(message)s"))
    heard = []
    handler.emit = lambda record: heard.append(handler.format(record))
    logger = logging.getLogger("django")
    logger.addHandler(handler)
    try:
        walk_to_the_end(client, slip, area=net.village.code)
        client.get(slip)
        client.get(reverse("answer", args=[FORGED]))
        client.get(reverse("answer_poster", args=[FORGED]))
        client.post(slip, {"sheet": "x"})
        Client(enforce_csrf_checks=True).post(slip)
    finally:
        logger.removeHandler(handler)
    assert heard and not [line for line in heard if code in line or FORGED in line or "路灯" in line]
    # The handler that the settings name has the filter.
    assert project.LOGGING["handlers"]["console"]["filters"] == ["codes"]


def test_nothing_of_it_is_a_field_record_or_in_the_audit_log(client, net, slip, poster):
    before = AuditEntry.objects.count()
    walk_to_the_end(client, slip, area=net.village.code)
    walk_to_the_end(client, poster, area=net.village.code)
    assert AuditEntry.objects.count() == before and not FieldRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_phones_with_one_code(net, cast):
    """Both stand on the last page with other words; a third leafs back at the same moment."""
    asked = talk_of(cast.town_officer, net)
    slip = reverse("answer", args=[codes_of(asked, cast.town_officer)[1][0]])
    phones = [Client() for _ in range(6)]
    pages = []
    for phone in phones:
        page = on(phone, phone.get(f"{slip}?p=0"), slip, area=net.village.code, **WHO)
        pages.append(on(phone, page, slip, a__heard="yes"))
    outcomes, start = {}, threading.Barrier(len(phones))

    def press_at_once(number):
        try:
            start.wait()
            go = "back" if number >= 4 else "on"
            answer = press(phones[number], pages[number], slip, go=go, a__wishes=f"第{number}部")
            outcomes[number] = (answer.status_code, getattr(answer, "url", ""))
        finally:
            connection.close()

    threads = [threading.Thread(target=press_at_once, args=[n]) for n in range(len(phones))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    finished = [n for n, (status, url) in outcomes.items() if "/done/" in url]
    assert len(finished) == 1 and finished[0] < 4
    assert all(status in (302, 410) for status, _ in outcomes.values())
    assert Response.objects.get().answers["wishes"] == f"第{finished[0]}部"
    assert Token.objects.get().is_used and not TokenDraft.objects.exists()


def test_no_page_is_heavier_than_sixty_kilobytes(client, asked, net, slip, poster):
    last, questions = walk_to_the_end(client, poster, area=net.village.code)
    pages = {
        "code": client.get(reverse("answer_code")),
        "start": client.get(slip),
        "questions": questions,
        "done": client.get(last.url),
        "unknown": client.get(reverse("answer", args=[FORGED])),
        "hand": client.get(reverse("answer_hand")),
        "handed": client.get(reverse("answer_handed", args=[asked.uuid])),
    }
    assert {name: size for name, page in pages.items() if (size := weight(page)) > 60_000} == {}


def test_twenty_villages_cost_no_more_queries_than_two(client, asked, cast, net, slip):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            on(client, client.get(f"{slip}?p=0"), slip, area=net.village.code, **WHO)
        return len(queries)

    few = cost()
    for number in range(18):
        area = GridFactory(code=f"1401811003{number:02d}", name=f"第{number}村")
        RoundArea.objects.create(round=asked, area=area, population=10, quota=5)
    assert cost() <= few


def test_the_ready_questionnaire_is_walked_in_three_pages(client, cast, net):
    asked = round_of(cast.town_officer, net, schema=CIVILISED_CITY)
    poster = reverse("answer_poster", args=[asked.poster_code])
    page = on(client, client.get(poster), poster, area=net.village.code, **WHO)
    assert "第 1 页，共 3 页" in words_of(page)
    assert weight(page) < 60_000
