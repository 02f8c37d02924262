"""Hidden cells, against an attacker who knows every visible number and that people are counted whole."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.suppression import THRESHOLD, hidden_groups, suppress


def tables(most, rows=4, columns=4):
    return st.integers(1, columns).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, most), min_size=width, max_size=width), min_size=1, max_size=rows
        )
    )


def totalled(table):
    full = [[*row, sum(row)] for row in table]
    return [*full, [sum(column) for column in zip(*full, strict=True)]]


def as_shown(found):
    rows = [[*row, total] for row, total in zip(found.cells, found.row_totals, strict=True)]
    return [*rows, [*found.column_totals, found.total]]


def possible_tables(shown):
    """Every table of counts that fits the visible numbers, by trying: the attacker of a small table."""
    height, width = len(shown) - 1, len(shown[0]) - 1
    total = shown[-1][-1]
    free = [(r, c) for r in range(height) for c in range(width) if shown[r][c] is None]
    # No cell is above a visible total of its row or column.
    most = [min(t for t in (shown[r][-1], shown[-1][c], total) if t is not None) for r, c in free]
    for values in product(*(range(limit + 1) for limit in most)):
        filled = dict(zip(free, values, strict=True))
        table = [[filled.get((r, c), shown[r][c]) for c in range(width)] for r in range(height)]
        full = totalled(table)
        if all(
            s is None or s == f
            for seen, real in zip(shown, full, strict=True)
            for s, f in zip(seen, real, strict=True)
        ):
            yield full


@settings(max_examples=60, deadline=None)
@given(tables(8, rows=2, columns=2))
def test_no_hidden_cell_of_a_small_table_is_known(table):
    shown = as_shown(suppress(table))
    if shown[-1][-1] is None or all(cell is not None for row in shown for cell in row):
        return
    every = list(possible_tables(shown))
    known = [
        (r, c)
        for r, row in enumerate(shown)
        for c, cell in enumerate(row)
        if cell is None and len({full[r][c] for full in every}) == 1
    ]

    assert totalled(table) in every
    assert known == []


@given(tables(40, rows=7, columns=6))
def test_small_cells_are_hidden_and_no_line_hides_just_one(table):
    shown, full = as_shown(suppress(table)), totalled(table)

    for row, real in zip(shown, full, strict=True):
        assert all(cell == value for cell, value in zip(row, real, strict=True) if cell is not None)
        assert all(cell is None or cell >= 5 for cell in row)
    for line in [*shown, *zip(*shown, strict=True)]:
        assert sum(cell is None for cell in line) != 1


@given(tables(40, rows=7, columns=6))
def test_no_subtraction_on_and_on_finds_one(table):
    """Filling in every line with one unknown, again and again, leads nowhere."""
    shown = as_shown(suppress(table))
    unknown = {(r, c) for r, row in enumerate(shown) for c, cell in enumerate(row) if cell is None}
    before = set(unknown)
    while True:
        lines = [
            {p for p in unknown if p[axis] == at}
            for axis in (0, 1)
            for at in range(len(shown) + len(shown[0]))
        ]
        single = set().union(*(line for line in lines if len(line) == 1))
        if not single:
            break
        unknown -= single

    assert unknown == before


@given(tables(40, rows=6, columns=6))
def test_the_hidden_graph_has_no_bridge(table):
    """A cell that is the only way between two parts of the table is the difference of their sums."""
    shown = as_shown(suppress(table))
    hidden = {(r, c) for r, row in enumerate(shown) for c, cell in enumerate(row) if cell is None}
    for place in hidden:
        reached, open_ends = {("r", place[0])}, [("r", place[0])]
        while open_ends:
            kind, at = open_ends.pop()
            for r, c in hidden - {place}:
                here, there = (("r", r), ("c", c)) if kind == "r" else (("c", c), ("r", r))
                if here == (kind, at) and there not in reached:
                    reached.add(there)
                    open_ends.append(there)
        assert ("c", place[1]) in reached


def test_a_small_cell_takes_the_cheapest_company():
    found = suppress([[3, 40, 20], [30, 22, 31], [50, 12, 9]])

    assert found.cells == ((None, 40, None), (30, 22, 31), (None, 12, None))
    assert found.row_totals == (63, 83, 71) and found.column_totals == (83, 74, 60) and found.total == 217


def test_an_age_cell_of_three_is_hidden_with_another():
    """Story 7: one line of age bands; the total of 372 would tell the 3."""
    found = suppress([[120, 141, 83, 25, 3]])

    assert found.cells == ((120, 141, 83, None, None),)
    assert (
        found.column_totals == (120, 141, 83, None, None)
        and found.row_totals == (372,)
        and found.total == 372
    )


def test_nothing_small_is_nothing_hidden_and_too_few_show_nothing():
    assert suppress([[5, 9], [7, 6]]).cells == ((5, 9), (7, 6))
    tiny = suppress([[1, 2], [1, 0]])
    assert (
        tiny.total is None and tiny.row_totals == (None, None) and tiny.cells == ((None, None), (None, None))
    )


@pytest.mark.parametrize("table", [[], [[]], [[1, 2], [3]], [[-1, 9]]])
def test_what_is_no_table_is_refused(table):
    with pytest.raises(ValueError, match=r"table|count"):
        suppress(table)


def test_a_large_table_takes_no_time():
    table = [[(7 * r + 3 * c) % 23 for c in range(15)] for r in range(20)]

    assert any(cell is None for row in suppress(table).cells for cell in row)


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 40), max_size=12))
def test_groups_are_hidden_by_twos_and_fives(sizes):
    hidden = hidden_groups(sizes)
    assert {key for key, n in sizes.items() if 0 < n < THRESHOLD} <= hidden
    if hidden and any(n and key not in hidden for key, n in sizes.items()):
        assert len(hidden) > 1 and sum(sizes[key] for key in hidden) >= THRESHOLD


def test_an_age_group_of_three_takes_the_next_smallest_along():
    assert hidden_groups({"18": 90, "30": 40, "60": 80, "70": 3, "?": 0}) == {"30", "70"}
    assert hidden_groups({"18": 5, "30": 6}) == hidden_groups({}) == frozenset()
