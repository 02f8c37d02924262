"""Finishing an answer: once, within quotas, counted, and without a way back to a person."""

import threading
from uuid import uuid4

import pytest
from django.db import Error, connection, transaction

from surveys.actions import mixing, questionnaires, tokens
from surveys.actions.answering import finish
from surveys.exceptions import OtherAnswer, QuotaFull, RoundClosed, TokenUsed
from surveys.models import Mode, Response, RoundArea, Stratum, Token
from tests.factories.surveys import round_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(net, cast):
    return round_of(cast.town_officer, net)


def answer(round, said="yes", **told):
    told = {"response": uuid4(), "mode": Mode.EVENT, "answers": {"heard": said}} | told
    return finish(round=round, **told)


def test_an_answer_is_counted_where_it_belongs(asked, net):
    place = {"area": net.village, "sex": "f", "age_band": "60"}
    answer(asked, **place)
    answer(asked, "no", **place)

    stratum = Stratum.objects.get(area=net.village)
    assert stratum.n == 2
    assert stratum.counts == {"heard:": 2, "heard:yes": 1, "heard:no": 1}
    assert RoundArea.objects.get(area=net.village).done == 2


def test_the_same_answer_twice_is_one_and_another_is_refused(asked):
    key = uuid4()

    assert answer(asked, response=key) is True
    assert answer(asked, response=key) is False
    with pytest.raises(OtherAnswer):
        answer(asked, "no", response=key)

    assert Response.objects.count() == Stratum.objects.get().n == 1


def test_a_code_is_good_for_one_answer(asked, cast):
    batch, codes = tokens.print_batch(
        round=asked, by=cast.town_officer, size=2, expires_on=asked.ends_on, area=None
    )
    token = tokens.token_of(tokens.dashed(codes[0]).lower())
    assert token is not None and not tokens.refusal_of(token)

    answer(asked, mode=Mode.TOKEN, token=token)
    with pytest.raises(TokenUsed):
        answer(asked, "no", mode=Mode.TOKEN, token=token)

    assert "已经答过" in tokens.refusal_of(tokens.token_of(codes[0])).words
    assert Token.objects.filter(batch=batch, is_used=True).count() == Response.objects.count() == 1


def test_a_full_quota_takes_no_place_anywhere(net, cast):
    cells = {("f", "60"): 1, ("m", "60"): 1}
    asked = round_of(cast.town_officer, net, populations={net.village: 1, net.other_village: 1}, cells=cells)
    answer(asked, area=net.village, sex="f", age_band="60")

    with pytest.raises(QuotaFull):
        answer(asked, area=net.other_village, sex="f", age_band="60")

    assert RoundArea.objects.get(area=net.other_village).done == 0
    # Whoever scans a poster chose to: no quota is theirs to take.
    answer(asked, mode=Mode.POSTER, area=net.village, sex="f", age_band="60")
    assert Response.objects.count() == 2


def test_a_round_that_is_over_takes_nothing(asked, cast, clock):
    from surveys.actions.rounds import close_round

    closed = close_round(round=asked, by=cast.town_officer)
    with pytest.raises(RoundClosed):
        answer(closed)


def test_who_had_the_page_open_when_it_closed_changes_no_result(asked, net, cast):
    from surveys.actions.rounds import close_round

    read_before = type(asked).objects.select_related("version").get(pk=asked.pk)
    close_round(round=asked, by=cast.town_officer)
    with pytest.raises(RoundClosed):
        answer(read_before, area=net.village)

    assert Response.objects.count() == Stratum.objects.count() == 0
    assert RoundArea.objects.get(area=net.village).done == 0


def test_a_published_version_never_changes(asked, cast):
    version = asked.version
    version.schema = {"format": 1}
    with pytest.raises(Error), transaction.atomic():
        version.save()
    draft = questionnaires.new_version(questionnaire=version.questionnaire, by=cast.town_officer)
    assert draft.number == 2 and draft.is_draft


@pytest.mark.django_db(transaction=True)
def test_fifty_finishers_do_not_overshoot_a_quota(net, cast):
    asked = round_of(cast.town_officer, net, populations={net.village: 20, net.other_village: 20}, cells={})
    quota = RoundArea.objects.get(round=asked, area=net.village).quota
    assert quota == 19
    outcomes, start = [], threading.Barrier(50)

    def press():
        try:
            start.wait()
            outcomes.append(answer(asked, area=net.village))
        except QuotaFull:
            outcomes.append("full")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count(True) == quota and outcomes.count("full") == 50 - quota
    assert Response.objects.count() == Stratum.objects.get().n == quota


@pytest.mark.django_db(transaction=True)
def test_one_code_on_many_phones_gives_one_answer(net, cast):
    asked = round_of(cast.town_officer, net)
    _, codes = tokens.print_batch(round=asked, by=cast.town_officer, size=1, expires_on=asked.ends_on)
    token, key = tokens.token_of(codes[0]), uuid4()
    outcomes, start = [], threading.Barrier(12)

    def press(number):
        try:
            start.wait()
            # Half of them repeat one post, half come from other phones.
            given = {"response": key} if number % 2 else {}
            outcomes.append(answer(asked, mode=Mode.TOKEN, token=token, **given))
        except TokenUsed:
            outcomes.append("used")
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count(True) == 1 and Response.objects.count() == 1


def system_columns(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id::text, xmin::text, ctid::text FROM {table} ORDER BY ctid")
        return cursor.fetchall()


@pytest.mark.django_db(transaction=True)
def test_no_path_leads_from_an_answer_to_a_code(net, cast):
    """Schema, keys, row order and transactions: nothing pairs a response with the token it used."""
    names = {field.name for field in Response._meta.get_fields()}
    assert names == {
        *("id", "round", "area", "sex", "age_band", "mode", "is_proxy", "answers", "digest"),
    }
    assert {f.name for f in Token._meta.get_fields()} == {"id", "batch", "code_hash", "is_used", "draft"}
    asked = round_of(cast.town_officer, net)
    _, codes = tokens.print_batch(round=asked, by=cast.town_officer, size=40, expires_on=asked.ends_on)
    used = []
    for code in codes:
        token, key = tokens.token_of(code), uuid4()
        answer(asked, mode=Mode.TOKEN, token=token, response=key)
        used.append((str(token.pk), str(key)))

    mixing.mix(round=asked)

    found = {table: system_columns(table) for table in ("surveys_token", "surveys_response")}
    for rows in found.values():
        assert len({xmin for _, xmin, _ in rows}) == 1
    position = {pk: n for rows in found.values() for n, (pk, _, _) in enumerate(rows)}
    by_token = [position[response] for _, response in sorted(used, key=lambda pair: position[pair[0]])]
    # Two random orders agree in one place on average.
    assert sum(n == place for n, place in enumerate(by_token)) < 12
    assert by_token != sorted(by_token)
    assert Response.objects.count() == Token.objects.filter(is_used=True).count() == 40
