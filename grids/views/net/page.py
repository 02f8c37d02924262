"""One place: who looks after it, who lives there in numbers, what it came from, what happened."""

from datetime import timedelta

from django.db.models import Count, Q
from django.shortcuts import render
from django.utils import timezone

from grids import access
from grids.access import Permission as P
from grids.actions import net
from grids.models import Absence, Grid, GridAssignment, Placement, ResidentCare, Tier
from grids.querysets import households_in
from grids.tree import FUTURE, STATE_LABELS, Net
from grids.views.net import maps
from grids.views.net.tree import STATE_TONES
from grids.views.scoped import visible_or_404

SHOWN_EVENTS = 40
# What links into other rooms hang on.
SHOWN_FOR = (P.SEE_HOUSEHOLDS, P.SEE_STAFF, P.EDIT_STAFF, P.SEE_AUDIT)


def net_grid(request, code):
    """`/net/<code>/`, for everybody who may see the place; actions for those who edit the net."""
    user, today = request.user, timezone.localdate()
    grid = visible_or_404(Grid, user, P.SEE_NET, related=("opening_plan", "ending_plan"), code=code)
    tree = Net(user, today)
    node = tree.by_code[grid.code]
    terms = list(
        GridAssignment.objects.visible_to(user, P.SEE_NET)
        .filter(grid=grid)
        .select_related("user", "stand_in_for__user")
        .order_by("role", "starts_on", "pk")
    )
    origin, future = _predecessors(grid, user), _successors(grid, user)
    context = {
        "grid": grid,
        "node": node,
        "households": _households(user, node),
        "trail": trail_to(grid, user),
        "state_label": "没有启用过" if grid.never_opened else STATE_LABELS[node.state],
        "state_tone": STATE_TONES.get(node.state, "plain"),
        "last_day": grid.retired_on and grid.retired_on - timedelta(days=1),
        "posts": [term for term in terms if term.ends_on is None or term.ends_on > today],
        "today": today,
        "children": [child for child in node.children if child.state != "retired"],
        "care": _care_counts(user, [below.grid.pk for below in node.walk()], grid),
        "origin": origin,
        "future": future,
        "events": _history(grid, terms if access.can(user, P.SEE_STAFF, grid) else [], origin, future),
        "sees": {p.value: access.can(user, p, grid) for p in SHOWN_FOR},
        "may": _possible(user, node),
        "map": maps.map_data(user, grid.code, tree),
    }
    return render(request, "grids/net_grid.html", context)


def trail_to(grid, user):
    """Breadcrumbs through the places above that are in scope, one query."""
    codes = [grid.code[:tier] for tier in Tier.values if tier < grid.tier]
    above = Grid.objects.visible_to(user, P.SEE_NET).filter(code__in=codes).order_by("code")
    return [*((place.name, place.get_absolute_url()) for place in above), (grid.name, "")]


def _possible(user, node):
    """Which buttons stand on the page: what the user may do here and the place allows."""
    grid = node.grid
    if not access.can(user, P.EDIT_NET, grid):
        return {}
    running = grid.retired_on is None
    divisible = running and grid.tier >= Tier.GRID
    grids_below = [child for child in node.children if child.grid.retired_on is None]
    return {
        "edit": True,
        "cancel_plan": grid.pending_plan is not None,
        "open": running and grid.tier in net.CHILD_TIER,
        "open_label": "新设网格" if grid.tier == Tier.AREA else "新设微网格",
        "split": divisible and node.state == "open",
        "retire": divisible,
        "merge": running and grid.tier in net.CHILD_TIER and len(grids_below) > 1,
        "merge_label": "合并网格" if grid.tier == Tier.AREA else "合并微网格",
    }


def _households(user, node):
    """How many households the place holds now; before it opens, how many it will begin with."""
    if node.state != FUTURE:
        return node.households
    placed = Placement.objects.visible_to(user, P.SEE_NET).on(node.grid.opened_on)
    return placed.filter(grid=node.grid).count()


def _care_counts(user, grid_ids, grid):
    """People of each care category who live here now, for those who may open their households."""
    if not access.can(user, P.SEE_HOUSEHOLDS, grid):
        return []
    gone = (
        Absence.objects.visible_to(user, P.SEE_HOUSEHOLDS)
        .current()
        .filter(reason__in=[Absence.Reason.DIED, Absence.Reason.MOVED])
    )
    return list(
        ResidentCare.objects.visible_to(user, P.SEE_HOUSEHOLDS)
        .current()
        .filter(resident__household__in=households_in(grid_ids))
        .exclude(resident__in=gone.values("resident"))
        .values("category", "category__name")
        .annotate(n=Count("resident", distinct=True))
        .order_by("category__position", "category__name")
    )


def _predecessors(grid, user):
    """What this place took over, in words: {when, words, places}, or None."""
    rows = list(
        grid.predecessions.filter(old__tier=grid.tier)
        .select_related("old")
        .annotate(n_new=Count("old__successions"))
        .order_by("effective_on", "old__code")
    )
    if not rows:
        return None
    split = len(rows) == 1 and rows[0].n_new > 1
    words = "拆分自" if split else "合并自" if len(rows) > 1 else "承接自"
    return _succession(rows[0].effective_on, words, [row.old for row in rows], user)


def _successors(grid, user):
    """Who takes over from this place, in words, or None."""
    same_tier = Q(new__predecessions__old__tier=grid.tier)
    rows = list(
        grid.successions.select_related("new")
        .annotate(n_old=Count("new__predecessions", filter=same_tier))
        .order_by("new__code")
    )
    if not rows:
        return None
    words = "拆分为" if len(rows) > 1 else "合并为" if rows[0].n_old > 1 else "并入"
    return _succession(rows[0].effective_on, words, [row.new for row in rows], user)


def _succession(day, words, places, user):
    listed = [(place, access.can(user, P.SEE_NET, place)) for place in places]
    return {
        "when": day,
        "words": words,
        "places": listed,
        "names": "、".join(place.name for place in places),
    }


def _history(grid, terms, origin, future):
    """The place's dated facts, the latest first: its own, and who served when."""
    if grid.never_opened:
        return [{"when": grid.opened_on, "title": "计划取消，没有启用过", "text": ""}]
    events = [{"when": grid.opened_on, "title": "启用", "text": "", "tone": "good"}]
    if origin:
        events.append({"when": origin["when"], "title": f"{origin['words']}：{origin['names']}"})
    for term in terms:
        title = f"{term.get_role_display()} {term.user.name}"
        events.append({"when": term.starts_on, "title": f"{title} 开始任职", "text": term.note})
        if term.ends_on:
            events.append({"when": term.last_day, "title": f"{title} 任职到这一天"})
    if grid.retired_on:
        text = f"{future['words']}：{future['names']}" if future else ""
        events.append({"when": grid.retired_on, "title": "停用", "text": text, "tone": "bad"})
    return sorted(events, key=lambda event: event["when"], reverse=True)[:SHOWN_EVENTS]
