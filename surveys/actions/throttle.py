"""Holding back who guesses codes or floods a poster, without writing down who it is.

Counted in the memory of the server process, under a keyed hash of the address that changes every day. Nothing about who
opened a survey reaches the database, so that no row stands beside an answer with an address or a moment in it, and
opening a page writes nothing. Each process counts for itself: the limit is at most so many times as wide, which codes
of 49 bits bear.
"""

from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from grids.actions.accounts import FORGOTTEN_AFTER, delay_after, in_words
from grids.crypto import keyed_hash
from grids.exceptions import DomainError
from grids.models import LoginThrottle

_KIND = LoginThrottle.Kind.ADDRESS
# A carrier puts a whole village behind one address, hence so many answers from a poster (local).
POSTER_MOST = 60
POSTER_WINDOW = timedelta(minutes=10)


class Blocked(DomainError):
    """Too many from one address; `str()` says how long to wait."""

    def __init__(self, wait):
        super().__init__(f"试的次数太多，请等 {in_words(wait)}再试。")


def require_patience(address):
    """Raise Blocked while the address has to wait."""
    until = cache.get(_key("until", address))
    if until is not None and until > timezone.now():
        raise Blocked(until - timezone.now())


def count_miss(address):
    """One unknown code from the address; from the twentieth on the next has to wait, longer each time."""
    delay = delay_after(_KIND, _count("missed", address, FORGOTTEN_AFTER))
    if delay:
        cache.set(_key("until", address), timezone.now() + delay, delay.total_seconds())


def count_poster_answer(address):
    """One answer from the address to a poster. Raises Blocked, before it is taken, where there were too many."""
    if _count("poster", address, POSTER_WINDOW) > POSTER_MOST:
        raise Blocked(POSTER_WINDOW)


def _count(what, address, kept_for):
    key = _key(what, address)
    cache.add(key, 0, kept_for.total_seconds())
    try:
        return cache.incr(key)
    except ValueError:  # It was forgotten in this instant.
        return 1


def _key(what, address):
    day = timezone.localdate().isoformat()
    return f"survey-{what}:" + keyed_hash(f"{day}|{address}", label="survey.address")
