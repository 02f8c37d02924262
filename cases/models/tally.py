"""Counts kept beside the cases, so that a year of a town is read without its million rows."""

from django.db import models
from django.db.models import Q

from grids.models import Grid
from grids.querysets import GridScopedQuerySet


class CaseTally(models.Model):
    """What the cases of a grid add up to in a month, a column a count; changed in the press's own transaction.

    The columns are those of `cases.shares`, where it says what each counts and whose month it is. The rows can be made
    anew from the cases at any time (`manage.py check_tallies --rebuild`).
    """

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+")
    month = models.DateField()
    reported = models.IntegerField(default=0)
    valid = models.IntegerField(default=0)
    filed = models.IntegerField(default=0)
    due = models.IntegerField(default=0)
    handled = models.IntegerField(default=0)
    handled_in_time = models.IntegerField(default=0)
    settled = models.IntegerField(default=0)
    settled_in_time = models.IntegerField(default=0)
    ever_handled = models.IntegerField(default=0)
    reworked = models.IntegerField(default=0)
    reworks = models.IntegerField(default=0)
    closures = models.IntegerField(default=0)
    from_grids = models.IntegerField(default=0)
    by_worker = models.IntegerField(default=0)
    by_head = models.IntegerField(default=0)
    timed = models.IntegerField(default=0)
    natural_seconds = models.BigIntegerField(default=0)
    working_seconds = models.BigIntegerField(default=0)
    rated = models.IntegerField(default=0)
    pleased = models.IntegerField(default=0)

    objects = GridScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grid", "month"], name="case_tally_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="case_tally_of_a_month"),
        ]

    def __str__(self):
        return f"{self.grid_id} {self.month:%Y-%m}"
