"""Signing in: the words, the growing delay, one-time codes, sessions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import get_hasher
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grids import access
from grids.actions import accounts
from grids.actions.accounts import FREE_TRIES, delay_after, in_words
from grids.models import AuditEntry, LoginThrottle, OneTimeCode, UnitMembership
from grids.views.accounts import client_address
from hekou.views.home import home_of
from tests.factories import UnitFactory, UserFactory

PASSWORD = "hekou-demo"
Kind = LoginThrottle.Kind


@pytest.fixture
def person(net):
    return UserFactory(name="张春燕", phone="13900000001")


@pytest.fixture
def enter(client):
    """Post the login form."""

    def post(phone, password, **extra):
        return client.post(reverse("login"), {"phone": phone, "password": password, **extra})

    return post


def signed_in(client):
    return "_auth_user_id" in client.session


def test_phone_and_password_open_the_door(client, person, enter):
    client.get(reverse("login"))
    response = enter("139 0000-0001", PASSWORD)

    assert response["Location"] == reverse("home")
    assert signed_in(client)
    entry = AuditEntry.objects.get(action="login")
    assert entry.by == person and "13900000001" not in entry.object_label


def test_the_session_key_is_a_new_one(client, person, enter):
    session = client.session
    session["seen"] = 1
    session.save()
    before = session.session_key

    enter(person.phone, PASSWORD)

    assert client.session.session_key != before


@pytest.mark.parametrize(
    "typed", ["１３９０００００００１", "+86 13900000001", "8613900000001", " 139-0000-0001 "]
)
def test_the_phone_as_people_type_it(client, person, enter, typed):
    enter(typed, PASSWORD)

    assert signed_in(client)


@pytest.mark.parametrize(
    "typed", ["", "12345", "abc", "23900000001", "1390000000１1", "139\x0000000001", "1" * 100_000]
)
def test_what_is_no_phone_is_said_at_the_field(client, person, enter, typed):
    response = enter(typed, PASSWORD)

    assert response.status_code == 200
    assert not signed_in(client)
    assert response.context["form"].errors["phone"]


def test_wrong_unknown_and_closed_get_the_same_answer(client, person, enter):
    closed = UserFactory(is_active=False)
    newcomer = UserFactory()
    newcomer.set_unusable_password()
    newcomer.save()
    words = {
        str(enter(phone, password).context["form"].non_field_errors())
        for phone, password in (
            (person.phone, "wrong"),
            ("13999999999", PASSWORD),
            (closed.phone, PASSWORD),
            (newcomer.phone, PASSWORD),
        )
    }

    assert len(words) == 1
    assert "对不上" in words.pop()


def test_an_unknown_phone_costs_the_same_hash(person, hash_runs):
    for phone in (person.phone, "13999999999"):
        with pytest.raises(accounts.LoginRefused):
            accounts.sign_in(phone=phone, password="wrong", address="10.0.0.1")

    assert hash_runs[0] == hash_runs[1] == 1


@pytest.fixture
def hash_runs(monkeypatch):
    """How often each sign-in ran the password hash."""
    runs = []
    hasher = type(get_hasher())
    encode, authenticate = hasher.encode, accounts.authenticate

    def counted(self, *args, **kwargs):
        runs[-1] += 1
        return encode(self, *args, **kwargs)

    def started(*args, **kwargs):
        runs.append(0)
        return authenticate(*args, **kwargs)

    monkeypatch.setattr(hasher, "encode", counted)
    monkeypatch.setattr(accounts, "authenticate", started)
    return runs


@pytest.mark.parametrize(
    ("kind", "failures", "seconds"),
    [
        (Kind.ACCOUNT, 4, 0),
        (Kind.ACCOUNT, 5, 30),
        (Kind.ACCOUNT, 6, 60),
        (Kind.ACCOUNT, 10, 960),
        (Kind.ACCOUNT, 11, 1800),
        (Kind.ACCOUNT, 10_000, 1800),
        (Kind.ADDRESS, 19, 0),
        (Kind.ADDRESS, 20, 30),
        (Kind.ADDRESS, 21, 60),
    ],
)
def test_the_delay_doubles_from_the_limit_to_half_an_hour(kind, failures, seconds):
    assert delay_after(kind, failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(milliseconds=1), "1 秒"),
        (timedelta(seconds=29, milliseconds=5), "30 秒"),
        (timedelta(seconds=60), "1 分钟"),
        (timedelta(seconds=61), "2 分钟"),
        (timedelta(minutes=30), "30 分钟"),
    ],
)
def test_waiting_in_words(wait, words):
    assert in_words(wait) == words


def test_after_five_wrong_tries_even_the_right_one_waits(client, person, enter):
    for _ in range(5):
        assert enter(person.phone, "wrong").status_code == 200
    blocked = enter(person.phone, PASSWORD)

    assert blocked.status_code == 429
    assert "30 秒" in str(blocked.context["form"].non_field_errors())
    assert not signed_in(client)


@pytest.mark.parametrize("phone", ["13900000001", "13999999999"])
def test_a_block_looks_the_same_for_known_and_unknown(client, person, enter, phone):
    answers = [enter(phone, "wrong") for _ in range(7)]

    assert [a.status_code for a in answers] == [200] * 5 + [429] * 2
    assert LoginThrottle.objects.get(kind=Kind.ACCOUNT).failures == 5


def test_the_block_ends_and_success_forgets(client, person, enter):
    for _ in range(5):
        enter(person.phone, "wrong")
    LoginThrottle.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))

    enter(person.phone, PASSWORD)

    assert signed_in(client)
    account, address = LoginThrottle.objects.order_by("kind")
    assert (account.failures, account.blocked_until) == (0, None)
    assert address.failures == 5


def test_a_block_is_audited_once_and_only_for_known_accounts(client, person, enter):
    for phone in (person.phone, "13999999999"):
        for _ in range(8):
            enter(phone, "wrong")

    entry = AuditEntry.objects.get(action="login_blocked")
    assert entry.object_key == str(person.uuid)
    assert entry.by is None and entry.grid_id == person.town_id
    assert "13900000001" not in str(entry.changes) + entry.object_label


def test_one_address_guessing_many_accounts_is_stopped(client, net, enter):
    answers = [enter(f"138{n:08d}", "wrong").status_code for n in range(22)]

    assert answers == [200] * 20 + [429] * 2


def test_logging_in_oneself_does_not_launder_the_address(client, person, enter):
    for n in range(19):
        enter(f"138{n:08d}", "wrong")
    enter(person.phone, PASSWORD)
    client.logout()
    enter("13800000099", "wrong")

    assert enter("13800000098", "wrong").status_code == 429


def test_old_failures_fade(person):
    LoginThrottle.objects.create(
        kind=Kind.ACCOUNT, key=person.phone, failures=9, last_failed_at=timezone.now() - timedelta(hours=25)
    )
    with pytest.raises(accounts.LoginRefused):
        accounts.sign_in(phone=person.phone, password="wrong", address="10.0.0.1")

    assert LoginThrottle.objects.get(kind=Kind.ACCOUNT).failures == 1


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.2.3.4", "10.0.0.9"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.9"),
        (1, "", "10.0.0.9"),
        (1, "not an address", "10.0.0.9"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_the_client_address_is_what_the_trusted_proxy_saw(rf, settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/login/", REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == address


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/account/", "/account/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_only_our_own_pages_follow(client, person, enter, wanted, goes):
    assert enter(person.phone, PASSWORD, next=wanted)["Location"] == goes


def test_logout_is_a_post(client, person):
    client.force_login(person)

    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout"))["Location"] == reverse("login")
    assert not signed_in(client)


# One-time codes


@pytest.fixture
def code(person, cast):
    return accounts.issue_code(person=person, by=cast.admin).code


def redeem(client, phone, code):
    return client.post(reverse("login_code"), {"phone": phone, "code": code})


def test_a_code_opens_once_and_asks_for_a_new_password(client, person, code):
    redeem(client, person.phone, f"{code[:4]} {code[4:]}")

    assert signed_in(client)
    assert client.get(reverse("account"))["Location"] == reverse("password")
    page = client.get(reverse("password"))
    assert "old" not in page.context["form"].fields
    changed = client.post(reverse("password"), {"new": "碛口-黄河-2026", "again": "碛口-黄河-2026"})
    assert changed["Location"] == reverse("home")
    assert client.get(reverse("account")).status_code == 200
    client.logout()
    redeem(client, person.phone, code)
    assert not signed_in(client)


def test_the_code_is_kept_only_as_a_hash(person, code):
    assert code not in OneTimeCode.objects.get().code_hash
    assert code not in str(AuditEntry.objects.filter(action="code").values())


def test_a_code_ends_with_its_quarter_of_an_hour(client, person, code):
    long_ago = timezone.now() - timedelta(minutes=16)
    OneTimeCode.objects.update(issued_at=long_ago, expires_at=long_ago + timedelta(minutes=15))

    redeem(client, person.phone, code)

    assert not signed_in(client)


def test_a_newer_code_ends_the_older(client, person, code, cast):
    newer = accounts.issue_code(person=person, by=cast.admin).code
    redeem(client, person.phone, code)
    assert not signed_in(client)
    redeem(client, person.phone, newer)
    assert signed_in(client)


def test_using_a_code_ends_other_sessions(client, person, code):
    elsewhere = Client()
    elsewhere.force_login(person)
    redeem(client, person.phone, code)

    assert elsewhere.get(reverse("account")).status_code == 302


@pytest.mark.parametrize("given", ["", "1234567", "123456789", "abcdefgh", "１２３"])
def test_what_is_no_code_is_said_at_the_field(client, person, given):
    assert redeem(client, person.phone, given).context["form"].errors["code"]


def test_guessing_codes_is_throttled_like_passwords(client, person, code):
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for _ in range(FREE_TRIES[Kind.ACCOUNT]):
        assert redeem(client, person.phone, wrong).status_code == 200

    assert redeem(client, person.phone, code).status_code == 429


def test_no_code_for_a_closed_account(person, cast):
    person.is_active = False
    person.save()

    with pytest.raises(accounts.DomainError, match="停用"):
        accounts.issue_code(person=person, by=cast.admin)


# Sessions


@pytest.mark.parametrize(
    ("who", "minutes"),
    [
        ("gridworker", 30 * 24 * 60),
        ("grid_head", 30 * 24 * 60),
        ("town_officer", 60),
        ("auditor", 60),
        ("admin", 15),
    ],
)
def test_sessions_end_by_role(client, cast, login, who, minutes):
    user = getattr(cast, who)
    login(user)
    assert client.get(reverse("account")).status_code == 200
    for idle, status in ((minutes - 1, 200), (minutes + 1, 302)):
        session = client.session
        session["seen_at"] = (timezone.now() - timedelta(minutes=idle)).isoformat()
        session.save()
        assert client.get(reverse("account")).status_code == status


def test_a_field_session_slides(client, cast, login):
    login(cast.gridworker)
    client.get(reverse("account"))
    session = client.session
    session["seen_at"] = (timezone.now() - timedelta(days=29)).isoformat()
    session.save()

    client.get(reverse("account"))

    expires = Session.objects.get(pk=client.session.session_key).expire_date
    assert expires - timezone.now() > timedelta(days=29)


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("gridworker", "today"),
        ("grid_head", "today"),
        ("village_officer", "dashboard"),
        ("town_officer", "dashboard"),
        ("leader", "dashboard"),
        ("unit_officer", "office_home"),
        ("admin", "staff"),
        ("auditor", "audit_list"),
        ("volunteer", "account"),
        ("outsider", "account"),
    ],
)
def test_the_day_begins_where_the_work_is(cast, who, page):
    user = getattr(cast, who)
    access.forget(user)

    assert home_of(user) == page


def test_a_unit_begins_with_what_it_was_given_to_settle(net, cast):
    unit = UnitFactory(town=net.town, name="供水站")
    UnitMembership.objects.create(user=cast.unit_officer, unit=unit, starts_on=timezone.localdate())
    access.forget(cast.unit_officer)

    assert home_of(cast.unit_officer) == "case_unit"


# Many at once, on real connections


def _at_once(act, times):
    """Run `act` in that many threads, each with a connection of its own; what each returned or raised."""

    def run(_):
        try:
            return act()
        except accounts.LoginRefused as refused:
            return type(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_do_not_slip_through():
    person = UserFactory(phone="13900000001")

    outcomes = _at_once(
        lambda: accounts.sign_in(phone=person.phone, password="wrong", address="10.0.0.1"), times=12
    )

    assert outcomes.count(accounts.LoginRefused) == 5
    assert outcomes.count(accounts.LoginBlocked) == 7
    assert AuditEntry.objects.filter(action="login_blocked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_code_used_by_two_at_once_opens_for_one():
    person = UserFactory(phone="13900000001")
    OneTimeCode.objects.create(
        user=person,
        code_hash=accounts._code_hash(person.uuid, "12345678"),
        issued_by=person,
        expires_at=timezone.now() + timedelta(minutes=15),
    )

    outcomes = _at_once(
        lambda: accounts.sign_in_by_code(phone=person.phone, code="12345678", address="10.0.0.1").pk, times=4
    )

    assert sorted(map(str, outcomes)).count(str(person.pk)) == 1
