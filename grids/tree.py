"""The net as one user sees it on one day: the tree, who is in post, how many households, what is missing.

Three queries whatever the size; pages, the map and the overview read the same object.
"""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q

from grids import access
from grids.access import REQUIRED_AT_GRID, Role
from grids.models import Grid, GridAssignment, Placement, Tier

P = access.Permission


@dataclass
class Node:
    """A place with what hangs on it. `households` counts the whole subtree, `missing` lists the unfilled posts."""

    grid: Grid
    state: str
    posts: list[GridAssignment] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    placed: int = 0
    households: int = 0
    missing: list[Role] = field(default_factory=list)
    lacks_grids: bool = False

    @property
    def is_vacant(self):
        """Whether somebody or something is missing right here: red on every page."""
        return bool(self.missing) or self.lacks_grids

    @property
    def depth(self):
        return sorted(Tier.values).index(self.grid.tier)

    def walk(self):
        """This node and everything below, in the order of codes."""
        yield self
        for child in self.children:
            yield from child.walk()


OPEN, RETIRED, FUTURE = "open", "retired", "future"
STATE_LABELS = {OPEN: "在用", RETIRED: "已停用", FUTURE: "未来启用"}


def state_of(grid, day):
    """Which of the three states a place is in on the day."""
    if grid.opened_on > day:
        return FUTURE
    return OPEN if grid.is_open_on(day) else RETIRED


class Net:
    """The part of the net in which the user may see (SEE_NET); `roots` are the topmost places in scope."""

    def __init__(self, user, day: date):
        self.day = day
        self.by_code = {}
        self.roots = []
        grids = Grid.objects.visible_to(user, P.SEE_NET).defer("boundary").order_by("code")
        for grid in grids.annotate(is_drawn=Q(boundary__isnull=False)):
            self._hang(Node(grid, state_of(grid, day)))
        self._count_households(user)
        self._fill_posts(user)
        for root in self.roots:
            _sum_up(root)

    def __iter__(self):
        for root in self.roots:
            yield from root.walk()

    def open_at(self, tier):
        """Places of a tier that are in use on the day."""
        return [node for node in self if node.grid.tier == tier and node.state == OPEN]

    @property
    def only_grid(self):
        """The node of somebody who looks after a single grid; None for everybody else."""
        running = [root for root in self.roots if root.state == OPEN]
        return running[0] if len(running) == 1 and running[0].grid.tier >= Tier.GRID else None

    @property
    def areas_without_grids(self):
        return [node for node in self if node.lacks_grids]

    def grids_missing(self, role):
        """Grids in use in which nobody holds the role."""
        return [node for node in self if role in node.missing]

    @property
    def undrawn(self):
        """Grids in use without a boundary."""
        return [node for node in self.open_at(Tier.GRID) if not node.grid.is_drawn]

    def _hang(self, node):
        self.by_code[node.grid.code] = node
        parent = self.by_code.get(node.grid.parent_code)
        (parent.children if parent else self.roots).append(node)

    def _count_households(self, user):
        placements = Placement.objects.visible_to(user, P.SEE_NET).on(self.day)
        counts = dict(placements.values_list("grid_id").annotate(n=Count("pk")))
        for node in self:
            node.placed = counts.get(node.grid.pk, 0)

    def _fill_posts(self, user):
        """A post held by a locked account is vacant: nobody can work there."""
        terms = GridAssignment.objects.visible_to(user, P.SEE_NET).on(self.day)
        by_grid = {node.grid.pk: node for node in self}
        for term in (
            terms.filter(user__is_active=True).select_related("user").order_by("role", "starts_on", "pk")
        ):
            by_grid[term.grid_id].posts.append(term)


def _sum_up(node):
    for child in node.children:
        _sum_up(child)
    node.households = node.placed + sum(child.households for child in node.children)
    if node.state != OPEN:
        return
    if node.grid.tier == Tier.GRID:
        held = {term.role for term in node.posts}
        node.missing = [role for role in REQUIRED_AT_GRID if role not in held]
    if node.grid.tier == Tier.AREA:
        node.lacks_grids = not any(child.state == OPEN for child in node.children)


@dataclass
class Summary:
    """Where the net has holes, for the head of the office's pages."""

    areas: int
    grids: int
    households: int
    areas_without_grids: list[Node]
    vacancies: list[tuple[Role, list[Node]]]
    undrawn: list[Node]

    @property
    def has_holes(self):
        """Whether an area has no grid or a grid lacks somebody."""
        return bool(self.areas_without_grids) or any(nodes for _, nodes in self.vacancies)


def summarise(net):
    """The holes of a net that is loaded; no query."""
    return Summary(
        areas=len(net.open_at(Tier.AREA)),
        grids=len(net.open_at(Tier.GRID)),
        households=sum(root.households for root in net.roots),
        areas_without_grids=net.areas_without_grids,
        vacancies=[(role, net.grids_missing(role)) for role in REQUIRED_AT_GRID],
        undrawn=net.undrawn,
    )
