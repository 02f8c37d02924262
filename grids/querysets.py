"""Row scopes. A page starts from `visible_to(user, permission)`, never from `all()`."""

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from grids import access


class PeriodQuerySet(models.QuerySet):
    """Rows that hold from `starts_on` (inclusive) to `ends_on` (exclusive, open when null)."""

    def on(self, day):
        """Rows that hold on the day."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=day), starts_on__lte=day)

    def current(self):
        return self.on(timezone.localdate())

    def during(self, start, end):
        """Rows that hold on at least one day of the half-open period."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=start), starts_on__lt=end)


_PLACED_SQL = """
SELECT household_id FROM grids_placement
WHERE grid_id = ANY(%s) AND starts_on <= %s AND (ends_on IS NULL OR ends_on > %s)
"""


def households_in(grid_ids):
    """Ids of households placed today in any of the grids, as a subquery.

    Written out: nearly every page asks this several times, and composing it anew cost more than running it.
    """
    day = timezone.localdate()
    return RawSQL(_PLACED_SQL, [sorted(grid_ids), day, day])  # noqa: S611 - our own text, bound values


class GridScopedQuerySet(models.QuerySet):
    """Rows that carry their own `grid`: the scope is a set of grid ids."""

    def visible_to(self, user, permission):
        return self.filter(grid_id__in=access.scope(user, permission))


class HouseholdScopedQuerySet(models.QuerySet):
    """Rows that belong to a household: they follow its grid of today, whatever grid they were written in."""

    def visible_to(self, user, permission):
        return self.filter(household_id__in=households_in(access.scope(user, permission)))


class ResidentScopedQuerySet(models.QuerySet):
    """Rows that belong to a resident, and through them to the household's grid of today."""

    def visible_to(self, user, permission):
        households = households_in(access.scope(user, permission))
        return self.filter(resident__household_id__in=households)


class FieldScopedQuerySet(models.QuerySet):
    """Field facts: with a household they follow its grid of today, without one the grid they were written in.

    The successors of a retired grid hold its id too (grids.access), so nothing is orphaned by a split.
    """

    def visible_to(self, user, permission):
        grid_ids = access.scope(user, permission)
        return self.filter(
            Q(household_id__in=households_in(grid_ids)) | Q(household_id=None, grid_id__in=grid_ids)
        )


class TownScopedQuerySet(models.QuerySet):
    """What configures a town: visible where any part of the town is covered."""

    def visible_to(self, user, permission):
        return self.filter(town__code__in=access.access_of(user).town_codes(permission))
