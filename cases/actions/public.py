"""A resident's code from outside: looked up, with a growing delay for an address that keeps guessing."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from cases.actions.ratings import link_of
from grids.actions.accounts import FORGOTTEN_AFTER, delay_after, in_words
from grids.exceptions import DomainError
from grids.models import LoginThrottle

# Counted apart from wrong logins of the same address: an office shares one.
_KIND = LoginThrottle.Kind.ADDRESS


class CodesBlocked(DomainError):
    """Too many unknown codes from one address."""

    def __init__(self, wait):
        super().__init__(f"试错的次数太多，请等 {in_words(wait)}再试。")


def look_up(*, code, address):
    """The link of the code, or None for one that is unknown or expired. Raises CodesBlocked.

    A known code writes nothing, so that opening a link over and over changes no row.
    """
    key = f"my:{address}"[:64]
    row = LoginThrottle.objects.filter(kind=_KIND, key=key).first()
    wait = row.blocked_until - timezone.now() if row and row.blocked_until else timedelta(0)
    if wait > timedelta(0):
        raise CodesBlocked(wait)
    link = link_of(code)
    if link is None:
        _count_miss(key)
    return link


@transaction.atomic
def _count_miss(key):
    now = timezone.now()
    LoginThrottle.objects.bulk_create([LoginThrottle(kind=_KIND, key=key)], ignore_conflicts=True)
    row = LoginThrottle.objects.select_for_update().get(kind=_KIND, key=key)
    if row.last_failed_at and now - row.last_failed_at > FORGOTTEN_AFTER:
        row.failures = 0
    row.failures += 1
    row.last_failed_at = now
    delay = delay_after(_KIND, row.failures)
    row.blocked_until = now + delay if delay else None
    row.save()
