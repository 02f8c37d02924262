"""Cancelling a plan before its date: what would be undone, then the confirmation."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from grids.access import Permission as P
from grids.actions import unplan
from grids.exceptions import DomainError
from grids.models import Grid
from grids.views.net.changes import page
from grids.views.scoped import visible_or_404


@require_http_methods(["GET", "POST"])
def net_plan_cancel(request, code):
    """The pending plan of the place, old or new; back to the place where there is none any more."""
    grid = visible_or_404(
        Grid, request.user, P.EDIT_NET, related=("opening_plan", "ending_plan__decided_by"), code=code
    )
    plan = grid.pending_plan
    if plan is None:
        messages.info(request, f"{grid.name}没有可以取消的计划：已经取消，或已经生效。")
        return redirect(grid)
    undoing = unplan.foresee(plan)
    title = f"取消{plan.get_kind_display()}计划"
    status = 200
    if request.method == "POST":
        try:
            unplan.cancel(plan=plan, by=request.user)
        except DomainError:
            undoing, status = unplan.foresee(plan), 422
        else:
            messages.success(request, f"已{title}，一切照旧。")
            return redirect(undoing.ends[0])
    return page(request, "grids/net_plan_cancel.html", grid, title, undoing=undoing, status=status)
