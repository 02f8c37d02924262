"""`manage.py daily`: twice is once, two at once do the work once, and a broken audit chain is told."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from grids.actions import audit
from grids.models import AuditEntry, LoginThrottle, OneTimeCode
from hekou.management.commands.daily import LOCK
from tests.conftest import append_only_lifted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def daily(**options):
    said = StringIO()
    call_command("daily", stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def leftovers(cast):
    """Of each kind, some that have had their time and one that has not."""
    now = timezone.now()
    for days in (-3, -1, 2):
        session = SessionStore()
        session.create()
        Session.objects.filter(pk=session.session_key).update(expire_date=now + days * DAY)
    for person, age in ((cast.gridworker, 9), (cast.grid_head, 1)):
        code = OneTimeCode.objects.create(
            user=person, code_hash="0" * 64, issued_by=cast.admin, expires_at=now + DAY
        )
        OneTimeCode.objects.filter(pk=code.pk).update(
            issued_at=now - (age + 1) * DAY, expires_at=now - age * DAY
        )
    for key, age in (("old", 8), ("new", 2)):
        LoginThrottle.objects.create(kind="account", key=key, failures=3, last_failed_at=now - age * DAY)
    return now


def left():
    return Session.objects.count(), OneTimeCode.objects.count(), LoginThrottle.objects.count()


def test_it_clears_what_has_expired_and_twice_is_once(leftovers, cast):
    audit.log(AuditEntry.Action.CALL, by=cast.gridworker)

    first = daily()
    assert "会话 2，登录码 1，输错计数 1" in first and "审计链完整，共 1 条" in first
    assert left() == (1, 1, 1)

    again = daily()
    assert "会话 0，登录码 0，输错计数 0" in again
    assert left() == (1, 1, 1) and LoginThrottle.objects.get().key == "new"


def test_it_runs_as_of_a_moment(leftovers):
    daily(as_of=(leftovers + 30 * DAY).isoformat())

    assert left() == (0, 0, 0)


def test_a_moment_without_a_zone_is_the_towns(leftovers):
    daily(as_of="2020-01-01T00:05")

    assert left() == (3, 2, 2)


@pytest.mark.parametrize("moment", ["gestern", "2026-13-01", "2026-02-30T00:00", "12:00"])
def test_an_odd_moment_is_refused_in_words(moment):
    with pytest.raises(CommandError, match="ISO"):
        daily(as_of=moment)


def test_quiet_says_nothing(leftovers):
    assert daily(verbosity=0) == "" and left() == (1, 1, 1)


def test_while_one_runs_another_leaves_the_work_to_it(leftovers):
    other = connections.create_connection("default")
    other.settings_dict = connection.settings_dict
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
            assert "另一处正在运行" in daily()
            assert left() == (3, 2, 2)
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", LOCK)
        assert "会话 2" in daily()
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_the_work_once(leftovers):
    together, said, failures = threading.Barrier(2), [], []

    def run():
        try:
            together.wait(5)
            said.append(daily())
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert failures == [] and len(said) == 2
    assert sum("会话 2" in words for words in said) == 1
    assert left() == (1, 1, 1)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE grids_auditentry SET reason = '改过' WHERE id = 2", "第 2 条与链不符"),
        ("DELETE FROM grids_auditentry WHERE id = 2", "第 2 条缺失"),
    ],
)
def test_a_broken_chain_is_told_and_the_clearing_is_still_done(leftovers, cast, sql, words):
    for _ in range(3):
        audit.log(AuditEntry.Action.CALL, by=cast.gridworker)
    with connection.cursor() as cursor:
        # What only the tables' owner could do, with the triggers off.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL ROLE hekou_owner")
        with append_only_lifted():
            cursor.execute(sql)
        cursor.execute("SET LOCAL ROLE hekou_app")

    with pytest.raises(CommandError, match=words):
        daily()

    assert left() == (1, 1, 1)
