"""What may be done with a household is decided by the grid it is in today."""

from django.core.exceptions import PermissionDenied

from grids import access
from grids.models import Grid, Household, User


def grid_of(household: Household) -> Grid | None:
    """The household's grid of today; one query."""
    placement = household.placements.current().select_related("grid").first()
    return placement and placement.grid


def require_at(household: Household, by: User, permission: access.Permission) -> Grid:
    """The household's grid of today, if the permission is held there; else PermissionDenied, placed or not."""
    grid = grid_of(household)
    if grid is None:
        raise PermissionDenied("not placed in any grid today")
    access.require(by, permission, grid)
    return grid
