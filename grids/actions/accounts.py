"""Signing in and out of trouble: passwords, one-time codes, and the growing delay after wrong tries."""

import secrets
from datetime import timedelta
from typing import NamedTuple

from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from grids import access
from grids.access import Permission as P
from grids.actions import audit
from grids.crypto import keyed_hash
from grids.exceptions import DomainError
from grids.models import AuditEntry, Grid, LoginThrottle, OneTimeCode, User
from grids.names import mask_phone

_Kind = LoginThrottle.Kind

# From this many wrong tries on, the next one has to wait (local). An office shares one address, hence its more.
FREE_TRIES = {_Kind.ACCOUNT: 5, _Kind.ADDRESS: 20}
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=30)
# Wrong tries older than this no longer count (local).
FORGOTTEN_AFTER = timedelta(hours=24)

CODE_DIGITS = 8
CODE_LIFETIME = timedelta(minutes=15)


class LoginRefused(DomainError):
    """Not signed in. The words are the same for a wrong password, an unknown phone and a closed account."""


class LoginBlocked(LoginRefused):
    """Not even tried: too many wrong tries before; `wait` is the time left."""

    def __init__(self, wait):
        super().__init__(
            f"输错次数太多，为安全请等 {in_words(wait)}再试。忘了密码，可请管理员发一次性登录码。"
        )
        self.wait = wait


def in_words(wait):
    """A waiting time as people say it, rounded up: 30 秒, 2 分钟."""
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    return f"{seconds} 秒" if seconds < 60 else f"{-(-seconds // 60)} 分钟"


def delay_after(kind, failures):
    """How long the next try waits after so many wrong ones: 30 s at the limit, doubling up to 30 min."""
    over = failures - FREE_TRIES[kind]
    if over < 0:
        return timedelta(0)
    return min(FIRST_DELAY * 2 ** min(over, 10), LONGEST_DELAY)


class _Try(NamedTuple):
    """A try that was counted as wrong before it was checked, so that many at once cannot all slip through."""

    account: LoginThrottle
    address: LoginThrottle


@transaction.atomic
def _count_try(phone, address):
    """Count one try of the phone from the address; raises LoginBlocked, then counting nothing."""
    now = timezone.now()
    keys = ((_Kind.ACCOUNT, phone), (_Kind.ADDRESS, address))
    LoginThrottle.objects.bulk_create(
        [LoginThrottle(kind=kind, key=key) for kind, key in keys], ignore_conflicts=True
    )
    matching = Q(*(Q(kind=kind, key=key) for kind, key in keys), _connector=Q.OR)
    rows = list(LoginThrottle.objects.select_for_update().filter(matching).order_by("kind"))
    wait = max(row.blocked_until - now if row.blocked_until else timedelta(0) for row in rows)
    if wait > timedelta(0):
        raise LoginBlocked(wait)
    for row in rows:
        if row.last_failed_at and now - row.last_failed_at > FORGOTTEN_AFTER:
            row.failures = 0
        row.failures += 1
        row.last_failed_at = now
        delay = delay_after(row.kind, row.failures)
        row.blocked_until = now + delay if delay else None
        row.save()
    return _Try(*rows)


def _refuse(tried):
    """Leave the try counted; where it blocks a known account, one audit entry says so, once for each block."""
    user = User.objects.filter(phone=tried.account.key).first()
    if user and tried.account.blocked_until:
        audit.log(
            AuditEntry.Action.LOGIN_BLOCKED,
            by=None,
            grid=Grid(pk=user.town_id),
            obj=user,
            label=account_words(user),
            changes={
                "连续失败": ["", tried.account.failures],
                "受限至": ["", f"{timezone.localtime(tried.account.blocked_until):%Y-%m-%d %H:%M:%S}"],
                "地址": ["", tried.address.key],
            },
        )
    raise LoginRefused("手机号和密码（或登录码）对不上，请核对后再试。")


def _admit(tried, user, way):
    """Forget the account's wrong tries, take this one back from the address, and say in the log who came in."""
    LoginThrottle.objects.filter(pk=tried.account.pk).update(failures=0, blocked_until=None)
    address = LoginThrottle.objects.filter(pk=tried.address.pk)
    address.update(failures=Greatest(F("failures") - 1, 0))
    # A block that a wrong try set meanwhile stays.
    address.filter(blocked_until=tried.address.blocked_until).update(blocked_until=None)
    audit.log(
        AuditEntry.Action.LOGIN,
        by=user,
        obj=user,
        label=account_words(user),
        changes={"方式": ["", way], "地址": ["", tried.address.key]},
    )
    return user


def sign_in(*, phone, password, address):
    """The user of this phone and password; raises LoginRefused or LoginBlocked.

    An unknown phone costs the same hash and gets the same answer. `address` is the client's (a text).
    """
    tried = _count_try(phone, address)
    user = authenticate(username=phone, password=password)
    if user is None:
        _refuse(tried)
    with transaction.atomic():
        return _admit(tried, user, "密码")


def sign_in_by_code(*, phone, code, address):
    """The user of this phone and one-time code, whose old password ends with it; raises as `sign_in` does."""
    tried = _count_try(phone, address)
    with transaction.atomic():
        user = _redeem(phone, code)
        if user:
            return _admit(tried, user, "一次性登录码")
    return _refuse(tried)


def _code_hash(user_uuid, code):
    return keyed_hash(code, label=f"onetimecode.{user_uuid}")


def _redeem(phone, code):
    """Use up the open code, under its lock; the user must then set a password and other sessions end."""
    open_codes = OneTimeCode.objects.filter(user__phone=phone, user__is_active=True, used_at=None)
    found = open_codes.select_related("user").select_for_update(of=("self",)).first()
    expected = found.code_hash if found else ""
    given = _code_hash(found.user.uuid if found else "", code)
    if not constant_time_compare(expected, given) or found.expires_at <= timezone.now():
        return None
    found.used_at = timezone.now()
    found.save(update_fields=["used_at"])
    user = found.user
    user.set_unusable_password()
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    return user


@transaction.atomic
def change_password(*, by, new):
    """Set one's own password; every other session of the user ends, the caller keeps this one alive."""
    user = User.objects.select_for_update().get(pk=by.pk)
    user.set_password(new)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    audit.log(AuditEntry.Action.PASSWORD, by=user, obj=user, label=account_words(user))
    return user


class IssuedCode(NamedTuple):
    """A fresh code in the clear, for one page, and until when it opens."""

    code: str
    expires_at: object


@transaction.atomic
def issue_code(*, person, by):
    """A one-time login code for the person; an earlier open one ends. Raises DomainError for a closed account."""
    _require_over(by, person)
    person = User.objects.select_for_update().get(pk=person.pk)
    if not person.is_active:
        raise DomainError("账号已停用，请先重新启用，再发登录码。")
    now = timezone.now()
    # `used_at` closes a code, whether somebody used it or a newer one took its place.
    OneTimeCode.objects.filter(user=person, used_at=None).update(used_at=now)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    issued = OneTimeCode.objects.create(
        user=person,
        code_hash=_code_hash(person.uuid, code),
        issued_by=by,
        expires_at=now + CODE_LIFETIME,
    )
    _log_about(person, AuditEntry.Action.CODE, by=by)
    return IssuedCode(code, issued.expires_at)


@transaction.atomic
def unlock(*, person, by):
    """Forget the account's wrong tries so that the person may try again at once."""
    _require_over(by, person)
    forgotten = LoginThrottle.objects.filter(kind=_Kind.ACCOUNT, key=person.phone)
    failures = forgotten.values_list("failures", flat=True).first() or 0
    forgotten.update(failures=0, blocked_until=None)
    _log_about(person, AuditEntry.Action.UNLOCK, by=by, changes={"连续失败": [failures, 0]})
    return person


def blocked_until(person):
    """Until when the person's account refuses tries, or None; one query."""
    rows = LoginThrottle.objects.filter(kind=_Kind.ACCOUNT, key=person.phone)
    return rows.filter(blocked_until__gt=timezone.now()).values_list("blocked_until", flat=True).first()


def _require_over(by, person):
    access.require(by, P.EDIT_STAFF, person.town_id)


def _log_about(person, action, *, by, changes=None):
    town = Grid(pk=person.town_id)
    audit.log(action, by=by, grid=town, obj=person, label=account_words(person), changes=changes)


def account_words(user):
    """How the log names an account: 张春燕 138****0001."""
    return f"{user.name} {mask_phone(user.phone)}"
