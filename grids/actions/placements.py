"""Where a household is from a day on. The one way to begin a placement, so that a planned regridding holds for it."""

from django.db import transaction

from grids.exceptions import DomainError
from grids.models import Grid, Placement, Tier


@transaction.atomic
def begin(*, household, grid, on, moved_from=None):
    """Place a household in a grid from a day on, and in the grid's successor from the day the grid is retired.

    Locks the grid, as a split does: of a placement and a split at the same moment, the later one sees the earlier.
    Call it before locking anything of the household (a split takes the grid first, too). The household's earlier
    placement is the caller's to end. Raises DomainError if the grid is not in use on that day.
    """
    grid = Grid.objects.select_for_update().get(pk=grid.pk)
    if grid.tier not in (Tier.GRID, Tier.MICRO):
        raise DomainError("户要落在网格或微网格里。")
    if not grid.is_open_on(on):
        raise DomainError(f"{grid.name}在 {on:%Y-%m-%d} 没有启用。")
    placement = Placement.objects.create(
        household=household, grid=grid, starts_on=on, ends_on=grid.retired_on, moved_from=moved_from
    )
    if grid.retired_on:
        begin(household=household, grid=successor_of(grid), on=grid.retired_on, moved_from=grid)
    return placement


def successor_of(grid):
    """The place that takes the households of a retired grid which nobody divided."""
    succession = grid.successions.filter(takes_newcomers=True).select_related("new").first()
    if succession is None:
        raise DomainError(f"{grid.name}已定于 {grid.retired_on:%Y-%m-%d} 停用，请选择别的网格。")
    return succession.new
