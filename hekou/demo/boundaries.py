"""Made-up boundaries: a town-shaped patch of small cells, from which areas grow, and grids inside each area.

Growing over neighbouring cells keeps every place in one piece, and shared cell edges leave neither overlap nor gap.
"""

import heapq
import math
from collections import defaultdict

import shapely
from shapely.geometry import MultiPoint, Point

from grids.geometry import read_boundary

# Around the real town, but no line of it is real.
CENTRE = (112.105, 37.905)
RADII = (0.088, 0.056)
CELLS_A_GRID = 11
# Communities lie close together along the river, villages wide apart in the hills.
REACH = {"community": 0.22, "village": 0.95}


class Cells:
    """The cells of the town and who neighbours whom."""

    def __init__(self, chance, seeds):
        inside = [point for point in seeds if _in_town(point)]
        rim = [_on_ellipse(angle, 1.25 + 0.1 * (angle % 2)) for angle in range(0, 360, 4)]
        polygons = list(shapely.voronoi_polygons(MultiPoint([*inside, *rim]), ordered=True).geoms)
        # Rounded before anything is joined, so that neighbours share their corners to the last digit.
        kept = [shapely.set_precision(polygon, 1e-6) for polygon in polygons[: len(inside)]]
        self.points, self.polygons = inside, kept
        self.neighbours = defaultdict(list)
        tree = shapely.STRtree(kept)
        for left, right in tree.query(kept, predicate="touches").T:
            if shapely.intersection(kept[left], kept[right]).length > 0:
                self.neighbours[int(left)].append((int(right), chance.uniform(0.7, 1.4)))

    def grow(self, starts, within):
        """{cell: start} for the cells of `within`, each reached first from its start."""
        owner, queue = {}, [(0.0, cell, cell) for cell in starts]
        heapq.heapify(queue)
        while queue:
            way, cell, start = heapq.heappop(queue)
            if cell in owner:
                continue
            owner[cell] = start
            for neighbour, roughness in sorted(self.neighbours[cell]):
                if neighbour in within and neighbour not in owner:
                    step = math.dist(self.points[cell], self.points[neighbour]) * roughness
                    heapq.heappush(queue, (way + step, neighbour, start))
        return owner

    def spread(self, cells, n):
        """Up to n cells far from each other, to grow grids from."""
        ordered = sorted(cells)
        chosen = ordered[:1]
        while len(chosen) < min(n, len(ordered)):
            chosen.append(max(ordered, key=lambda cell: min(self._apart(cell, other) for other in chosen)))
        return chosen

    def union(self, cells):
        """One kept boundary around cells that hang together."""
        whole = shapely.union_all([self.polygons[cell] for cell in sorted(cells)])
        if whole.geom_type != "Polygon":
            whole = max(whole.geoms, key=lambda part: part.area)
        return read_boundary(shapely.geometry.mapping(whole) | {"coordinates": _lists(whole)}).geometry

    def _apart(self, one, other):
        return math.dist(self.points[one], self.points[other])


def draw(chance, areas):
    """{code: boundary} of the town, its areas and their grids; `areas` maps (code, kind) to the codes of grids.

    The last village keeps a cell that belongs to none of its grids, so that the report of gaps has something to say.
    """
    seats = _seats(chance, areas)
    seeds = []
    for (code, kind), grids in areas.items():
        spread = 0.006 if kind == "community" else 0.017
        seeds.append(seats[code])
        for _ in range(CELLS_A_GRID * max(len(grids), 2)):
            lon, lat = seats[code]
            seeds.append((chance.gauss(lon, spread), chance.gauss(lat, spread * 0.8)))
    cells = Cells(chance, seeds)
    everywhere = set(range(len(cells.points)))
    starts = {_nearest(cells, seats[code], everywhere): code for code, _ in areas}
    owner = cells.grow(list(starts), everywhere)
    drawn = {}
    for (code, _), grids in areas.items():
        own = {cell for cell, start in owner.items() if starts[start] == code}
        drawn[code] = cells.union(own)
        drawn |= _draw_grids(cells, own, grids, leave_out=code == max(area for area, _ in areas))
    drawn["town"] = cells.union(everywhere & set(owner))
    return drawn


def _draw_grids(cells, own, grids, leave_out):
    seats = cells.spread(own, len(grids))
    owner = cells.grow(seats, own)
    drawn = {}
    for seat, grid in zip(seats, grids, strict=False):
        mine = {cell for cell, start in owner.items() if start == seat}
        if leave_out and grid == grids[0] and len(mine) > 2:
            mine = _without_a_rim_cell(cells, mine, own)
        drawn[grid] = cells.union(mine)
    return drawn


def _without_a_rim_cell(cells, mine, own):
    """Leave out one cell without which the others still hang together."""
    for cell in sorted(mine):
        rest = mine - {cell}
        if len(cells.grow([min(rest)], rest)) == len(rest):
            return rest
    return mine


def _seats(chance, areas):
    """Where each area lies: round the centre, communities near and villages far."""
    by_kind = defaultdict(list)
    for code, kind in areas:
        by_kind[kind].append(code)
    seats = {}
    for kind, codes in by_kind.items():
        for place, code in enumerate(codes):
            reach = REACH[kind] * (0.78 if place % 2 else 0.55) if kind == "village" else REACH[kind]
            angle = 360 * (place + chance.uniform(-0.15, 0.15)) / len(codes)
            seats[code] = _on_ellipse(angle, reach)
    return seats


def _on_ellipse(angle, reach):
    turn = math.radians(angle)
    return (CENTRE[0] + RADII[0] * reach * math.cos(turn), CENTRE[1] + RADII[1] * reach * math.sin(turn))


def _in_town(point):
    """Whether a point lies inside the town's wavy outline."""
    across, up = (point[0] - CENTRE[0]) / RADII[0], (point[1] - CENTRE[1]) / RADII[1]
    turn = math.atan2(up, across)
    outline = 1 + 0.09 * math.sin(3 * turn + 1) + 0.06 * math.sin(5 * turn)
    return math.hypot(across, up) < outline


def _nearest(cells, seat, among):
    point = Point(seat)
    return min(sorted(among), key=lambda cell: point.distance(Point(cells.points[cell])))


def _lists(polygon):
    """Rings as lists, as they are typed and read."""
    return [[list(position) for position in ring.coords] for ring in (polygon.exterior, *polygon.interiors)]
