"""Abstract bases: dated rows and the constraints that keep their periods apart."""

from datetime import timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone


class Dated(models.Model):
    """Holds from `starts_on` to `ends_on` (exclusive; null for open). Pages show the last day inclusive."""

    starts_on = models.DateField("起始日")
    ends_on = models.DateField("止于（不含）", null=True, blank=True)

    class Meta:
        abstract = True

    def holds_on(self, day):
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)

    @property
    def is_current(self):
        return self.holds_on(timezone.localdate())

    @property
    def last_day(self):
        """The inclusive last day for display, or None while open."""
        return self.ends_on and self.ends_on - timedelta(days=1)


def next_day(last_day):
    """The exclusive end that belongs to an inclusive last day as people type it; None stays open."""
    return last_day and last_day + timedelta(days=1)


def period_in_order(name):
    """A check that a period has at least one day."""
    return models.CheckConstraint(
        condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")),
        name=name,
        violation_error_message="结束日期须晚于起始日期。",
    )


class _PointRange(Func):
    """A one-value range, so that GiST compares ids without the btree_gist extension."""

    function = "int8range"
    template = "%(function)s(%(expressions)s, %(expressions)s, '[]')"
    arity = 1


class _TextNumber(Func):
    """A stable number of a short text: the leading 60 bits of its md5."""

    template = "('x' || substr(md5(%(expressions)s), 1, 15))::bit(60)::bigint"
    arity = 1


class _Period(Func):
    function = "daterange"
    arity = 2


def one_at_a_time(name, *fields, text=(), message="这段时间内已有记录，时间不能重叠。", condition=None):
    """An exclusion: no two rows with the same `fields` (ids) and `text` columns hold on the same day."""
    same = [(_PointRange(F(field)), RangeOperators.OVERLAPS) for field in fields]
    same += [(_PointRange(_TextNumber(F(field))), RangeOperators.OVERLAPS) for field in text]
    return ExclusionConstraint(
        name=name,
        expressions=[
            *same,
            (_Period(F("starts_on"), F("ends_on")), RangeOperators.OVERLAPS),
        ],
        condition=condition,
        violation_error_message=message,
    )


def position_whole(name):
    """A check that longitude and latitude are both there and on earth, or neither is."""
    return models.CheckConstraint(
        condition=Q(longitude=None, latitude=None)
        | Q(
            # A comparison with NULL is not false to a CHECK, so presence is asked for too.
            longitude__isnull=False,
            latitude__isnull=False,
            longitude__range=(-180, 180),
            latitude__range=(-90, 90),
        ),
        name=name,
        violation_error_message="经纬度须同时填写且在有效范围内。",
    )
