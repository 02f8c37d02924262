"""Which cells of a table of people are hidden, so that nobody is known by them. Pure.

A cell under the threshold is hidden first; then further cells, where the rest and a total would give it away. A hidden
cell is safe when another table of whole numbers, none negative, has the same visible cells and another number there.
Such a table differs along a closed walk through hidden cells, a step along a row, a step along a column, up one and
down one in turn; for each cell we look for the cheapest such walk and hide what it needs (the network form of the
cell suppression problem, greedy). Totals are cells of the last row and column; the grand total, which is n and printed
with every question, stays.
"""

import heapq
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

THRESHOLD = 5
# A total is hidden only where no cell inside would do.
TOTAL_COST = 1_000_000

Place = tuple[int, int]
Node = tuple[str, int]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Suppressed:
    """A table as it may be shown; None is a hidden number. `total` is None only when the whole table is withheld."""

    cells: tuple[tuple[int | None, ...], ...]
    row_totals: tuple[int | None, ...]
    column_totals: tuple[int | None, ...]
    total: int | None


def hidden_groups(sizes: Mapping[Key, int], threshold: int = THRESHOLD) -> frozenset[Key]:
    """Which groups of people are not shown by themselves: the small ones, and as many more as their sum needs.

    What is hidden together has to be two groups at least and `threshold` people at least; else the total, less what is
    shown, says how many the small one has. Groups without anybody say nothing of anybody and are not counted.
    """
    ordered = sorted((key for key in sizes if sizes[key]), key=lambda key: sizes[key])
    hidden = [key for key in ordered if sizes[key] < threshold]
    rest = ordered[len(hidden) :]
    while hidden and rest and (len(hidden) < 2 or sum(sizes[key] for key in hidden) < threshold):
        hidden.append(rest.pop(0))
    return frozenset(hidden)


def suppress(table: Sequence[Sequence[int]], threshold: int = THRESHOLD) -> Suppressed:
    """The table with its totals, and with the cells that must not be seen left out.

    Zero is under the threshold too: "nobody in this village is dissatisfied" says something of each of them. Fewer than
    `threshold` people in all: nothing is shown. ValueError for an empty or ragged table or a negative count.
    """
    if not table or not table[0] or len({len(row) for row in table}) != 1:
        raise ValueError("a table has rows of one length")
    if min(min(row) for row in table) < 0:
        raise ValueError("a count is not negative")
    full = _with_totals(table)
    rows, columns = len(full), len(full[0])
    corner = (rows - 1, columns - 1)
    if full[-1][-1] < threshold:
        return _shown(full, {(r, c) for r in range(rows) for c in range(columns)})
    hidden = {
        (r, c) for r in range(rows) for c in range(columns) if full[r][c] < threshold and (r, c) != corner
    }
    for place in sorted(hidden, key=lambda at: (full[at[0]][at[1]], at)):
        hidden |= _cheapest_walk(full, hidden, place)
    return _shown(full, hidden)


def _with_totals(table: Sequence[Sequence[int]]) -> list[list[int]]:
    full = [[*row, sum(row)] for row in table]
    return [*full, [sum(column) for column in zip(*full, strict=True)]]


def _shown(full: list[list[int]], hidden: set[Place]) -> Suppressed:
    seen = [
        tuple(None if (r, c) in hidden else value for c, value in enumerate(row))
        for r, row in enumerate(full)
    ]
    return Suppressed(
        cells=tuple(row[:-1] for row in seen[:-1]),
        row_totals=tuple(row[-1] for row in seen[:-1]),
        column_totals=seen[-1][:-1],
        total=seen[-1][-1],
    )


def _cheapest_walk(full: list[list[int]], hidden: set[Place], place: Place) -> set[Place]:
    """The cells of the cheapest closed walk that moves this cell up or down."""
    walks = [walk for up in (True, False) if (walk := _walk(full, hidden, place, up=up)) is not None]
    if not walks:
        raise AssertionError("a table of enough people always has another one beside it")
    return min(walks)[1]


def _walk(
    full: list[list[int]], hidden: set[Place], place: Place, *, up: bool
) -> tuple[int, set[Place]] | None:
    """Dijkstra from the cell's one line back to its other; the price, and the cells stepped on, this one included."""
    if not _may_step(full, place, up=up):
        return None
    row, column = place
    start, goal = (("c", column), ("r", row)) if up else (("r", row), ("c", column))
    best: dict[Node, int] = {start: 0}
    came: dict[Node, tuple[Node, Place]] = {}
    queue: list[tuple[int, Node]] = [(0, start)]
    while queue:
        price, node = heapq.heappop(queue)
        if node == goal:
            return price, {place, *_steps(came, start, goal)}
        if price > best[node]:
            continue
        for step, other in _edges(full, node, place):
            cost = price + _cost(full, hidden, step)
            if cost < best.get(other, cost + 1):
                best[other] = cost
                came[other] = (node, step)
                heapq.heappush(queue, (cost, other))
    return None


def _steps(came: dict[Node, tuple[Node, Place]], start: Node, node: Node) -> Iterator[Place]:
    while node != start:
        node, step = came[node]
        yield step


def _edges(full: list[list[int]], node: Node, avoided: Place) -> Iterator[tuple[Place, Node]]:
    """Where a walk may go on: from a row by raising one of its cells, from a column by lowering one."""
    kind, index = node
    corner = (len(full) - 1, len(full[0]) - 1)
    for other in range(len(full[0]) if kind == "r" else len(full)):
        step = (index, other) if kind == "r" else (other, index)
        if step not in (avoided, corner) and _may_step(full, step, up=kind == "r"):
            yield step, ("c" if kind == "r" else "r", other)


def _may_step(full: list[list[int]], step: Place, *, up: bool) -> bool:
    """Whether a cell can move by one. Totals stand on the other side of their sum, so they move the other way."""
    row, column = step
    is_total = (row == len(full) - 1) != (column == len(full[0]) - 1)
    return full[row][column] > 0 or up != is_total


def _cost(full: list[list[int]], hidden: set[Place], step: Place) -> int:
    """What hiding a cell loses: its people; nothing where it is hidden already."""
    if step in hidden:
        return 0
    row, column = step
    is_total = row == len(full) - 1 or column == len(full[0]) - 1
    return full[row][column] + 1 + (TOTAL_COST if is_total else 0)
