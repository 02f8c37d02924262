"""Where a fact belongs: the grid of a household on a day, and whether a position lies in the town."""

from grids.exceptions import DomainError
from grids.models import Grid, Placement


def grid_of(*, household, day):
    """The grid a household was in on the day, else its grid of today: a new entry may tell of yesterday."""
    if household.door and household.door.day == day:
        return household.door.grid
    rows = Placement.objects.filter(household=household).select_related("grid").defer("grid__boundary")
    # By constraint at most one holds on a day, so there is nothing to order.
    placement = next(iter(rows.on(day)), None) or next(iter(rows.current()), None)
    if placement is None:
        raise DomainError("这一户现在不在任何网格里，请先登记它的网格。")
    return placement.grid


def is_outside_town(*, user, longitude, latitude):
    """Whether the point is outside the box around the user's town; False where no boundary is drawn, or no point
    is given, which costs nothing; else two queries. It flags a record and never refuses one.
    """
    if longitude is None or latitude is None:
        return False
    boundaries = Grid.objects.under(user.town.code).open().exclude(boundary=None)
    points = [
        point
        for boundary in boundaries.values_list("boundary", flat=True)
        for ring in boundary["coordinates"]
        for point in ring
    ]
    if not points:
        return False
    longitudes, latitudes = [p[0] for p in points], [p[1] for p in points]
    inside = min(longitudes) <= longitude <= max(longitudes) and min(latitudes) <= latitude <= max(latitudes)
    return not inside
