"""No path leads from an answer to a person: not in the schema, in keys, in the order of rows, in moments, in sessions,
in the audit log, in field records or in our own log; by whatever way the answer came."""

import logging
from collections import defaultdict

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from grids.access import Role
from grids.models import AuditEntry, FieldRecord
from surveys.actions import drafts, mixing, paper, tokens
from surveys.models import InterviewerTally, PaperSheet, Response, SampledHousehold, Token, TokenDraft
from tests.factories import AssignmentFactory, UserFactory
from tests.factories.interviews import TALK, codes_of, sampled_round, talk_of
from tests.surveys.walking import WHO, carried, on, press, walk_to_the_end

# Tables that finishing an answer writes to. Sums, states and the answer itself; each is looked at below.
WRITTEN = {
    "surveys_response",
    "surveys_stratum",
    "surveys_roundarea",
    "surveys_roundquota",
    "surveys_token",
    "surveys_tokendraft",
    "surveys_sampledhousehold",
    "surveys_interviewertally",
    "surveys_papersheet",
}
# Of these the rows are one for each answer, person or slip, so what wrote them when is taken away.
MIXED = WRITTEN - {"surveys_stratum", "surveys_roundarea", "surveys_roundquota", "surveys_tokendraft"}
MOMENTS = (models.DateTimeField, models.DateField, models.TimeField)
SAID = "只有我会这么说的一句话"


def fields_of(model):
    return {field.name: field for field in model._meta.get_fields()}


def test_the_schema_has_no_path():
    """A response points at what many share, and nothing points at it."""
    response = fields_of(Response)
    assert {name for name, field in response.items() if field.is_relation} == {"round", "area"}
    assert isinstance(response["id"], models.UUIDField) and not response["id"].unique_for_date
    for model in (Response, Token, TokenDraft, SampledHousehold, InterviewerTally, PaperSheet):
        assert not [f.name for f in model._meta.fields if isinstance(f, MOMENTS)], model
    # A draft knows its token, and neither person nor the answer that it will become.
    assert set(fields_of(TokenDraft)) == {"id", "token", "told_sealed"}
    assert {f.name for f in Token._meta.fields} == {"id", "batch", "code_hash", "is_used"}
    people = {apps.get_model("grids", name) for name in ("User", "Household", "Resident", "FieldRecord")}
    for model in (Response, Token, TokenDraft):
        assert not reachable(model, stop={"Round", "TokenBatch", "Grid"}) & people


def reachable(model, stop):
    """Every model that foreign keys lead to; what many rows share (`stop`) leads from an answer to nobody."""
    seen, waiting = set(), [model]
    while waiting:
        for field in waiting.pop()._meta.fields:
            target = field.related_model
            if target and target not in seen and target.__name__ not in stop:
                seen.add(target)
                waiting.append(target)
    return seen


def tables():
    with connection.cursor() as cursor:
        return [name for name in connection.introspection.table_names(cursor) if name != "django_migrations"]


def everything():
    """{table: {row as text: the transaction that wrote it}} of the whole database."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f'SELECT t.ctid::text || t.*::text, t.xmin::text FROM "{table}" t')
            found[table] = dict(cursor.fetchall())
    return found


def changed(before, after):
    return {table for table in after if before[table] != after[table]}


def where(needle, rows):
    return {table for table, held in rows.items() if any(needle in row for row in held)}


@pytest.fixture
def heard():
    """Whatever any logger of ours or Django's says meanwhile."""
    lines, handler = [], logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    quiet = logging.getLogger("django.db.backends")
    quiet.setLevel(logging.INFO)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)
    quiet.setLevel(logging.NOTSET)


def by_token(round, cast, net, client):
    _, codes = codes_of(round, cast.town_officer, area=net.village)
    slip = reverse("answer", args=[codes[0]])

    def finish():
        return sent(*walk_to_the_end(Client(), slip, area=net.village.code, wishes=SAID))

    return finish, {codes[0], tokens.dashed(codes[0])}


def by_poster(round, cast, net, client):
    poster = reverse("answer_poster", args=[round.poster_code])
    return lambda: sent(*walk_to_the_end(Client(), poster, area=net.village.code, wishes=SAID)), set()


def by_paper(round, cast, net, client):
    second = UserFactory(name="另一位")
    AssignmentFactory(user=second, role=Role.TOWN_OFFICER, grid=net.town)
    told = {"area": net.village.code, "sex": "f", "age": "60", "proxy": False}
    told["answers"] = {"heard": "yes", "wishes": SAID}

    def finish():
        sheet = paper.key(round=round, by=cast.town_officer, number="007", told=told)
        assert paper.key_again(sheet=sheet, by=second, told=told).state == sheet.State.DONE
        return "", ""

    return finish, set()


def sent(last, page):
    """Where finishing led, and what the last page carried."""
    assert last.status_code == 302
    return last.headers["Location"], carried(page)["sheet"][0]


def at_the_door(way):
    def interview(round, cast, net, client):
        asked = sampled_round(cast.town_officer, net, schema=TALK)
        door = asked.sample.filter(state="waiting").first()
        address = reverse("interview", args=[door.uuid])
        return lambda: interviewed(client, address, way), set()

    interview.__name__ = f"at_the_door_{way}"
    return interview


def at_an_event(round, cast, net, client):
    address = reverse("interview_event", args=[round.uuid])
    return lambda: interviewed(client, address, "hand", area=net.village.code), set()


def interviewed(client, address, way, **who):
    page = on(client, client.get(address), address, **WHO | who, way=way)
    there = reverse("answer_hand") if way == "hand" else address
    page = on(client, page, there, a__heard="yes")
    return sent(press(client, page, there, go="on", a__wishes=SAID), page)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "way",
    [by_token, by_poster, by_paper, at_the_door("read"), at_the_door("hand"), at_an_event],
    ids=lambda w: w.__name__,
)
def test_no_way_of_answering_leaves_a_trace(net, cast, login, heard, way):
    cache.clear()
    round = talk_of(cast.town_officer, net)
    client = login(cast.gridworker)
    client.get(reverse("interview_list"))
    finish, secrets = way(round, cast, net, client)
    before = everything()
    audited, fieldwork = AuditEntry.objects.count(), FieldRecord.objects.count()

    location, sheet = finish()

    response = Response.objects.get()
    after = everything()
    # No session, audit entry, field record, message, throttle or counter: only these tables moved.
    assert changed(before, after) <= WRITTEN
    assert (AuditEntry.objects.count(), FieldRecord.objects.count()) == (audited, fieldwork)
    # Its key and its words stand in its own row alone; no session holds the page that carried them.
    assert where(str(response.pk), after) == where(SAID, after) == {"surveys_response"}
    assert not sheet or not where(sheet, after)
    assert not any(secret in line or SAID in line for line in heard for secret in {str(response.pk)})
    assert not any(secret in location for secret in secrets | {str(response.pk)})
    # The client's address is nowhere, plain or in the counters of the process beside an answer.
    assert not where("127.0.0.1", {table: after[table] for table in WRITTEN})
    assert "127.0.0.1" not in str(cache._cache)

    mixing.mix(round=response.round)

    # What wrote the answer's row wrote all rows of the round that are one for each answer, and nothing else.
    writers = defaultdict(set)
    for table, rows in everything().items():
        for row, transaction in rows.items():
            writers[transaction].add(table)
            if str(response.pk) in row:
                own = transaction
    assert writers[own] <= MIXED


@pytest.mark.django_db(transaction=True)
def test_many_answers_are_told_apart_by_nothing(net, cast):
    """Twenty slips, answered one after another: neither order nor transaction pairs slips with answers."""
    cache.clear()
    round = talk_of(cast.town_officer, net)
    _, codes = codes_of(round, cast.town_officer, size=20)
    order = []
    for code in codes:
        walk_to_the_end(Client(), reverse("answer", args=[code]), area=net.village.code)
        answered = set(map(str, Response.objects.values_list("pk", flat=True))) - {key for _, key in order}
        order.append((str(tokens.token_of(code).pk), answered.pop()))

    mixing.mix(round=round)

    stored = {}
    with connection.cursor() as cursor:
        for table in ("surveys_token", "surveys_response"):
            cursor.execute(f"SELECT id::text, xmin::text FROM {table} ORDER BY ctid")
            rows = cursor.fetchall()
            assert len({xmin for _, xmin in rows}) == 1
            stored[table] = [key for key, _ in rows]
    slips = [stored["surveys_token"].index(slip) for slip, _ in order]
    answers = [stored["surveys_response"].index(key) for _, key in order]
    # Two random orders of twenty agree in one place on average; neither is that of answering.
    assert sum(a == b for a, b in zip(slips, answers, strict=True)) < 8
    assert slips != sorted(slips) and answers != sorted(answers)
    # Random keys sort by nothing either.
    assert sorted(key for _, key in order) != [key for _, key in order]


@pytest.mark.django_db(transaction=True)
def test_an_old_copy_with_a_draft_leads_to_no_answer(net, cast, settings):
    """A draft that was backed up before it was finished: without the slip it opens for nobody, keys or not."""
    cache.clear()
    round = talk_of(cast.town_officer, net)
    _, codes = codes_of(round, cast.town_officer)
    slip, client = reverse("answer", args=[codes[0]]), Client()
    on(client, client.get(slip), slip, area=net.village.code, **WHO)
    copy = everything()["surveys_tokendraft"]
    draft = TokenDraft.objects.get()

    walk_to_the_end(client, f"{slip}?p=0", area=net.village.code)

    response = Response.objects.get()
    assert not any(str(response.pk) in row or codes[0] in row for row in copy)
    assert not any(codes[0] in row for rows in everything().values() for row in rows)
    draft.save(force_insert=True)
    wrong = codes[0][:-1] + ("A" if codes[0][-1] != "A" else "B")
    assert drafts.told_under(token=draft.token, code=wrong) is None


@pytest.mark.django_db(transaction=True)
def test_mixing_leaves_drafts_with_their_tokens(net, cast):
    """The rows are written anew under the same keys, whoever stands in the middle of an answer."""
    round = talk_of(cast.town_officer, net)
    _, codes = codes_of(round, cast.town_officer, size=3)
    slip, client = reverse("answer", args=[codes[1]]), Client()
    on(client, client.get(slip), slip, area=net.village.code, **WHO)
    mixing.mix(round=round)
    assert TokenDraft.objects.get().token == tokens.token_of(codes[1])
    assert "您知道古交" in client.get(slip).content.decode()
