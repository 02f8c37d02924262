"""网格公示牌: who looks after a grid, as it hangs on the village board.

What hangs there is for everybody: whoever may see the grid gets its whole board, the village's officers and duty
phone included, but never a private number.
"""

from typing import NamedTuple

from grids.access import Role
from grids.models import Grid, GridAssignment, Tier, TownProfile

# What a grid does for its people where nothing else is written down (local).
USUAL_SERVICES = "入户走访、民情收集、政策宣传、矛盾调解、安全巡查、帮办代办、关爱老人儿童"


class Board(NamedTuple):
    """One sheet. `posts` are (role label, [term]); names and the duty phone only, never a private number."""

    grid: Grid
    area: Grid | None
    profile: TownProfile | None
    posts: list
    duty_phone: str
    services: str


def boards_of(grids):
    """The boards of some grids of one area. Three queries."""
    area_code = grids[0].area_code
    area = Grid.objects.filter(code=area_code).first()
    profile = TownProfile.objects.filter(town__code=area_code[: Tier.TOWN]).first()
    terms = GridAssignment.objects.current().filter(user__is_active=True)
    terms = terms.filter(grid__code__startswith=area_code).select_related("user", "stand_in_for__user")
    by_post = {}
    for term in terms.order_by("starts_on", "pk"):
        by_post.setdefault((term.grid_id, term.role), []).append(term)
    return [
        Board(
            grid,
            area,
            profile,
            [(role.label, by_post.get((place.pk, role), [])) for place, role in _posts(grid, area)],
            grid.duty_phone or (area and area.duty_phone) or (profile and profile.duty_phone) or "",
            grid.services or USUAL_SERVICES,
        )
        for grid in grids
    ]


def _posts(grid, area):
    posts = [(grid, Role.GRIDWORKER), (grid, Role.GRID_HEAD)]
    return [*posts, (area, Role.VILLAGE_OFFICER)] if area else posts
