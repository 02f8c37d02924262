"""`manage.py daily`: what a day asks for. Run shortly after local midnight, and at every start; twice is once."""

import logging
from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cases.actions import daily as cases
from grids import audit_chain
from grids.models import LoginThrottle, OneTimeCode
from surveys.actions import drafts, mixing

logger = logging.getLogger(__name__)

# The advisory lock of the daily run: class 140181 as for the audit chain (object 1), object 2.
LOCK = (140181, 2)
# A counter of wrong tries stops counting after a day (grids.actions.accounts); a week later nobody asks for it.
THROTTLES_KEPT = timedelta(days=7)
# A used or expired login code is a hash and two dates; the audit log says who issued it to whom.
CODES_KEPT = timedelta(days=7)


class Command(BaseCommand):
    """Clears what has expired, moves the cases that time alone moves, mixes answers, and checks the audit chain.

    Placements, terms, absences, frequencies and retirements are computed from their dates on every page. Of them only
    what open cases follow is left for this command to apply (cases.actions.daily).
    """

    help = (
        "每日例行：清理过期会话、登录码和输错计数；未确认的当场办结到期结案，在办事件随网格和任职变动，"
        "重算期限；打乱答卷的存放次序；核对审计链。可重复运行。"
    )

    def add_arguments(self, parser):
        parser.add_argument("--as-of", help="按这一时刻运行（ISO 时间），默认现在")

    def handle(self, *args, as_of, verbosity, **options):
        now = _moment(as_of)
        with transaction.atomic():
            if not _take_lock():
                self.stdout.write("另一处正在运行例行工作，这次不用做。")
                return
            cleared, moved = clear_expired(now), cases.run(now)
            head, broken = audit_chain.head(), audit_chain.first_break()
        # Each round by itself: whoever is just finishing an answer waits for one mixing, not for the whole run.
        mixed = mixing.mix_open_rounds()
        if verbosity:
            words = "，".join(f"{label} {n}" for label, n in cleared.items())
            self.stdout.write(f"已清理：{words}。")
            words = "，".join(f"{label} {n}" for label, n in moved.items())
            self.stdout.write(f"事件：{words}。")
            self.stdout.write(f"问卷：打乱了 {mixed} 次调查的存放次序。")
        if head:
            logger.info("audit chain head %s %s", *head)
        if broken:
            raise CommandError(f"审计链断裂：{broken}")
        if verbosity:
            self.stdout.write(f"审计链完整，共 {head.id if head else 0} 条。")


def clear_expired(now):
    """Delete what no longer opens or counts at the moment; {label: rows}."""
    sessions = SessionStore.get_model_class().objects.filter(expire_date__lt=now)
    codes = OneTimeCode.objects.filter(expires_at__lt=now - CODES_KEPT)
    throttles = LoginThrottle.objects.filter(last_failed_at__lt=now - THROTTLES_KEPT)
    return {
        "会话": sessions.delete()[0],
        "登录码": codes.delete()[0],
        "输错计数": throttles.delete()[0],
        "没答完的问卷": drafts.clear(),
    }


def _take_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", LOCK)
        return cursor.fetchone()[0]


def _moment(text):
    if not text:
        return timezone.now()
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError("--as-of 要写 ISO 时间，例如 2026-03-01T00:05。")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
