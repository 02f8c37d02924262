"""网格公示牌: who looks after a grid, on one A4 sheet for the village board."""

from typing import NamedTuple

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from grids.access import Permission as P
from grids.access import Role
from grids.models import Grid, GridAssignment, Tier, TownProfile
from grids.views.scoped import visible_or_404

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


@require_GET
def grid_board(request, code):
    """The sheet of one grid."""
    grid = visible_or_404(Grid, request.user, P.SEE_NET, code=code, tier=Tier.GRID)
    return _render(request, [grid], back=grid)


@require_GET
def area_boards(request, code):
    """The sheets of all open grids of a village or community, one a page."""
    area = visible_or_404(Grid, request.user, P.SEE_NET, code=code, tier=Tier.AREA)
    grids = Grid.objects.visible_to(request.user, P.SEE_NET).under(area.code).tier(Tier.GRID).open()
    grids = list(grids.order_by("code"))
    if not grids:
        raise Http404("no open grid")
    return _render(request, grids, back=area)


def _render(request, grids, back):
    context = {"boards": boards_of(grids, request.user), "back": back}
    return render(request, "grids/board.html", context)


def boards_of(grids, user):
    """The boards of some grids of one area. Three queries."""
    area_code = grids[0].area_code
    area = Grid.objects.visible_to(user, P.SEE_NET).filter(code=area_code).first()
    profile = (
        TownProfile.objects.visible_to(user, P.SEE_NET).filter(town__code=area_code[: Tier.TOWN]).first()
    )
    terms = GridAssignment.objects.visible_to(user, P.SEE_NET).current().filter(user__is_active=True)
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
