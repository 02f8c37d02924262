"""网格公示牌: who looks after a grid, on one A4 sheet for the village board."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from grids.access import Permission as P
from grids.boards import boards_of
from grids.models import Grid, Tier
from grids.views.scoped import visible_or_404


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
    context = {"boards": boards_of(grids), "back": back}
    return render(request, "grids/board.html", context)
