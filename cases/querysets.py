"""The questions that lists ask of cases, in the office's words. Knows the columns of a case, not its model."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.deadlines import Light
from cases.vocabulary import OPEN, Level, Status
from grids import access

P = access.Permission
S = Status

# A suspension longer than this is asked about, and makes a case a hard one (DOMAIN).
LONG_SUSPENSION = timedelta(days=30)
# Nobody has taken these yet, and whoever may handle may.
TAKEABLE = (S.SUBMITTED, S.REGISTERED, S.RETURNED)


class Moments(NamedTuple):
    """What "now" means to a list: the moment itself, and the two that the working calendar makes of it.

    What was reported before `accept_since` has waited too long to be accepted; `soon_until` is when work ends on the
    next working day.
    """

    now: datetime
    accept_since: datetime
    soon_until: datetime

    @property
    def long_ago(self) -> datetime:
        return self.now - LONG_SUSPENSION


class Pressing(StrEnum):
    """Why a case is on the leaders' list (超期与将超期)."""

    UNANSWERED = "unanswered"
    LATE = "late"
    SOON = "soon"
    UNACCEPTED = "unaccepted"
    SUSPENDED = "suspended"


PRESSING_LABELS = {
    Pressing.LATE: "已超期",
    Pressing.SOON: "明天下班前到期",
    Pressing.UNACCEPTED: "受理超时",
    Pressing.SUSPENDED: "挂账超过 30 天",
    Pressing.UNANSWERED: "督办未答复",
}


def is_pressing(kind: Pressing, moments: Moments) -> Q:
    """The predicate of one reason, on rows that are open."""
    running = Q(suspended_since=None, handled_at=None)
    match kind:
        case Pressing.UNANSWERED:
            return Q(reply_by__isnull=False)
        case Pressing.LATE:
            return running & Q(due_at__lt=moments.now)
        case Pressing.SOON:
            return running & Q(due_at__gte=moments.now, due_at__lte=moments.soon_until)
        case Pressing.UNACCEPTED:
            return Q(status=S.SUBMITTED, reported_at__lt=moments.accept_since)
        case Pressing.SUSPENDED:
            return Q(status=S.SUSPENDED, suspended_since__lt=moments.long_ago)
    raise ValueError(kind)


class CaseLists(models.QuerySet):
    """Where people find what is theirs to do. Combine with `visible_to` wherever a list is not somebody's own."""

    def open(self):
        """Cases somebody still has to do something about."""
        return self.filter(status__in=OPEN)

    def running(self):
        """Open cases whose limit is running."""
        return self.open().filter(due_at__isnull=False, suspended_since=None)

    def overdue(self, now=None):
        return self.running().filter(handled_at=None, due_at__lt=now or timezone.now())

    def pressing(self, kind, moments):
        """Open cases that are late, soon late, not accepted, long suspended, or owe a reply."""
        return self.open().filter(is_pressing(kind, moments))

    def lit(self, light, now=None):
        """Open cases whose light shows the colour; the same rule as `Case.light`."""
        now = now or timezone.now()
        rows = self.running().alias(measured_at=Coalesce("handled_at", Value(now)))
        if light == Light.RED:
            # Nothing is handled in the future, so what is red is due before now: that an index can find.
            return rows.filter(measured_at__gt=F("due_at"), due_at__lt=now)
        if light == Light.YELLOW:
            return rows.filter(measured_at__gt=F("warn_at"), measured_at__lte=F("due_at"))
        return rows.filter(measured_at__lte=F("warn_at"))

    def late(self, now=None):
        """超期: closed after the deadline, or open beyond it. The same rule as `Case.is_late` of what counts."""
        beyond = Q(status__in=OPEN, suspended_since=None, due_at__lt=now or timezone.now())
        return self.filter(Q(closed_at__gt=F("due_at")) | beyond)

    def hard(self, now=None):
        """老大难: open cases that were taken up again, came back, or are suspended over thirty days."""
        long_ago = (now or timezone.now()) - LONG_SUSPENSION
        suspended = Q(status=S.SUSPENDED, suspended_since__lt=long_ago)
        return self.open().filter(Q(reopen_count__gt=0) | Q(recurs_of__isnull=False) | suspended)

    def takeable_by(self, user):
        """Cases nobody has yet in the places where the user serves near the people: in a grid or a village."""
        ids = _below_town(access.scope_by_level(user, P.HANDLE_CASE))
        return self.filter(status__in=TAKEABLE, responsible_grid_id__in=ids)

    def in_hand_of(self, user):
        """Cases the user works on in person, suspended ones included."""
        return self.filter(holder_id=user.pk, status__in=[S.HANDLING, S.SUSPENDED])

    def led_or_supported_by(self, unit_ids):
        """Open cases that one of the units leads or supports."""
        supported = Q(pk__in=self.model.objects.filter(supports__unit_id__in=unit_ids).values("pk"))
        return self.open().filter(Q(unit_id__in=unit_ids) | supported)

    def of_retired_units(self):
        """Open cases of a unit that does not work any more, or soon will not."""
        return self.open().filter(unit__retired_on__isnull=False)

    def on_desk_of(self, user):
        """Cases handed up to a level at which the user serves, which nobody there has yet.

        What lies on the desk of a level at which nobody serves is the town's (DOMAIN: no case waits for a person
        who does not exist).
        """
        by_level = access.scope_by_level(user, P.HANDLE_CASE)
        found = Q(pk__in=[])
        for level, ids in by_level.items():
            reached = Q(level__lte=level) if level <= Level.HEAD else Q(level=level)
            found |= reached & Q(responsible_grid_id__in=ids)
        town = by_level.get(Level.TOWN, frozenset())
        if town:
            below = access.people_below(P.HANDLE_CASE, town, Level.TOWN)
            areas = {grid for grid, people in below.items() if max(people.values()) >= Level.AREA}
            found |= Q(level=Level.AREA, responsible_grid_id__in=town - areas)
            found |= Q(level__lt=Level.AREA, responsible_grid_id__in=town - below.keys())
        return self.filter(found, status=S.HANDLING, holder=None, unit=None)

    def for_check_by(self, user):
        """Cases whose result the user is to look at: near the people, or one's own report, never one's own work.

        The town looks at what its level settled, and at what has nobody else in the village.
        """
        by_level = access.scope_by_level(user, P.VERIFY_CASE)
        found = Q(reporter_id=user.pk) | Q(responsible_grid_id__in=_below_town(by_level))
        town = by_level.get(Level.TOWN, frozenset())
        if town:
            found |= Q(responsible_grid_id__in=town, level__gte=Level.TOWN) | _left_to_town(town)
        return self.filter(found).exclude(handler_id=user.pk)

    def by_urgency(self):
        """Urgent ones first, then by the upstream's deadline, then by age."""
        return self.order_by("-is_urgent", F("upstream_due_at").asc(nulls_last=True), "reported_at", "pk")

    def by_deadline(self):
        """The earliest deadline first; what has none yet by its age."""
        return self.order_by(F("due_at").asc(nulls_last=True), "reported_at", "pk")

    def by_reply(self, day):
        """Supervision past its day on top, then what is late."""
        owed = Case(When(reply_by__lt=day, then=0), When(reply_by__isnull=False, then=1), default=2)
        return self.order_by(owed, "reply_by", F("due_at").asc(nulls_last=True), "reported_at", "pk")


def _below_town(by_level):
    return {grid for level, ids in by_level.items() if level < Level.TOWN for grid in ids}


def _left_to_town(town):
    """Cases of these grids that nobody below the town can look at: nobody is there, or only who handled it."""
    below = access.people_below(P.VERIFY_CASE, town, Level.TOWN)
    found = Q(responsible_grid_id__in=town - below.keys())
    alone = {}
    for grid, people in below.items():
        if len(people) == 1:
            alone.setdefault(next(iter(people)), []).append(grid)
    for person, ids in alone.items():
        found |= Q(handler_id=person, responsible_grid_id__in=ids)
    return found
