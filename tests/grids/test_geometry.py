"""Boundaries: read, repaired, measured, asked."""

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids import geometry
from grids.geometry import BoundaryError, read_boundary

WEST, SOUTH, STEP = 112.0, 37.8, 0.01


def box(x, y, width=1.0, height=1.0):
    """A rectangle in steps of 0.01 degrees from the south-western corner of the town."""
    west, south = WEST + x * STEP, SOUTH + y * STEP
    east, north = west + width * STEP, south + height * STEP
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[round(v, 6) for v in corner] for corner in corners]]}


STEP_M2 = (STEP * geometry.METRES_PER_DEGREE) ** 2 * math.cos(math.radians(SOUTH + STEP / 2))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda polygon: polygon,
        lambda polygon: {"type": "Feature", "properties": {}, "geometry": polygon},
        lambda polygon: {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": polygon}],
        },
        lambda polygon: {"type": "MultiPolygon", "coordinates": [polygon["coordinates"]]},
    ],
)
def test_what_drawing_tools_put_around_a_polygon_is_taken_off(wrap):
    assert read_boundary(wrap(box(0, 0))) == (box(0, 0), False)


def test_a_kept_boundary_is_plain_json():
    kept = read_boundary(box(0, 0)).geometry

    assert json.loads(json.dumps(kept)) == kept


def test_a_line_that_crosses_itself_by_a_slip_is_repaired():
    figure = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0.05), (0.02, -0.02), (0, 0)]
    ring = [[WEST + x * STEP, SOUTH + y * STEP] for x, y in figure]

    read = read_boundary({"type": "Polygon", "coordinates": [ring]})

    assert read.was_repaired
    assert geometry.area_m2(geometry.shape_of(read.geometry)) == pytest.approx(STEP_M2, rel=0.01)


def test_a_line_that_makes_two_halves_is_refused():
    ring = [[112.0, 37.8], [112.01, 37.81], [112.01, 37.8], [112.0, 37.81], [112.0, 37.8]]

    with pytest.raises(BoundaryError, match="交叉"):
        read_boundary({"type": "Polygon", "coordinates": [ring]})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "GeoJSON"),
        ({"type": "Point", "coordinates": [112, 37]}, "面"),
        ({"type": "Polygon"}, "没有坐标"),
        ({"type": "Polygon", "coordinates": []}, "没有坐标"),
        ({"type": "Polygon", "coordinates": [[[112, 37], [112, 38]]]}, "三个"),
        ({"type": "Polygon", "coordinates": [[[37, 112], [38, 112], [38, 113], [37, 112]]]}, "写反"),
        ({"type": "Polygon", "coordinates": [[[4e5, 4e6], [4e5, 5e6], [5e5, 5e6], [4e5, 4e6]]]}, "超出"),
        ({"type": "Polygon", "coordinates": [[["a", 37], [1, 2], [2, 3], ["a", 37]]]}, "数字"),
        ({"type": "Polygon", "coordinates": [[[True, 37], [1, 2], [2, 3], [True, 37]]]}, "数字"),
        ({"type": "Polygon", "coordinates": [[[math.nan, 37], [1, 2], [2, 3], [1, 37]]]}, "超出"),
        ({"type": "Polygon", "coordinates": [[[10**400, 37], [1, 2], [2, 3], [1, 37]]]}, "超出"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [1, 2], [1, 2], [1, 2]]]}, "围不出"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [2, 3], [3, 4], [1, 2]]]}, "围不出"),
        ({"type": "Polygon", "coordinates": [[1, 2, 3, 4]]}, "经度"),
        ({"type": "MultiPolygon", "coordinates": [[], []]}, "一整块"),
        ({"type": "FeatureCollection", "features": []}, "一个图形"),
        ({"type": "Feature", "geometry": None}, "GeoJSON"),
        ({"type": "Polygon", "coordinates": [[[112 + i / 1e6, 37] for i in range(5001)]]}, "太多"),
    ],
)
def test_what_is_no_boundary_is_refused_in_words(data, words):
    with pytest.raises(BoundaryError, match=words):
        read_boundary(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["type", "coordinates", "x"]), inner),
    max_leaves=20,
)
near = st.tuples(st.floats(112, 112.1), st.floats(37.8, 37.9)).map(list)


@given(json_values | st.builds(lambda c: {"type": "Polygon", "coordinates": c}, json_values))
def test_any_json_is_read_or_refused(data):
    with contextlib.suppress(BoundaryError):
        read_boundary(data)


@given(st.lists(near, min_size=3, max_size=12))
def test_any_drawn_line_is_kept_valid_or_refused(points):
    try:
        read = read_boundary({"type": "Polygon", "coordinates": [[*points, points[0]]]})
    except BoundaryError:
        return

    assert geometry.shape_of(read.geometry) is not None


def test_a_point_lies_in_the_deepest_place_that_holds_it():
    boundaries = [("140181100208", box(0, 0, 2, 1)), ("140181100208001", box(0, 0)), ("bad", {"type": "x"})]

    assert geometry.point_in(WEST + 0.005, SOUTH + 0.005, boundaries) == "140181100208001"
    assert geometry.point_in(WEST + 0.015, SOUTH + 0.005, boundaries) == "140181100208"
    assert geometry.point_in(WEST - 0.005, SOUTH, boundaries) is None


def test_a_point_on_a_shared_line_has_one_answer():
    boundaries = [("140181100208002", box(1, 0)), ("140181100208001", box(0, 0))]

    assert geometry.point_in(WEST + STEP, SOUTH + 0.005, boundaries) == "140181100208001"


def test_overlaps_are_pairs_with_their_ground():
    found = geometry.overlaps([("b", box(0.9, 0)), ("a", box(0, 0)), ("c", box(5, 5)), ("d", None)])

    assert [(overlap.first, overlap.second) for overlap in found] == [("a", "b")]
    assert found[0].area_m2 == pytest.approx(STEP_M2 / 10, rel=0.01)


def test_neighbours_that_touch_do_not_overlap():
    assert geometry.overlaps([("a", box(0, 0)), ("b", box(1, 0)), ("c", box(0, 1))]) == []


def test_a_gap_is_ground_of_the_parent_that_nobody_covers():
    gap = geometry.uncovered(box(0, 0, 2, 1), [box(0, 0), box(1, 0, 0.5, 1)])

    assert gap.area_m2 == pytest.approx(STEP_M2 / 2, rel=0.01)
    assert geometry.uncovered(box(0, 0, 2, 1), [box(0, 0), box(1, 0)]) is None
    assert geometry.uncovered(None, [box(0, 0)]) is None
    assert geometry.uncovered(box(0, 0), []).area_m2 == pytest.approx(STEP_M2, rel=0.01)


def test_ground_beyond_the_parent_is_found():
    assert geometry.beyond(box(0, 0), [box(0.5, 0)]).area_m2 == pytest.approx(STEP_M2 / 2, rel=0.01)
    assert geometry.beyond(box(0, 0, 2, 2), [box(0.5, 0)]) is None


def test_union_needs_every_boundary_and_one_piece():
    joined = geometry.union([box(0, 0), box(1, 0)])

    assert geometry.area_m2(geometry.shape_of(joined)) == pytest.approx(2 * STEP_M2, rel=0.01)
    assert geometry.union([box(0, 0), None]) is None
    assert geometry.union([box(0, 0), box(5, 5)]) is None
    assert geometry.union([]) is None


def test_bounds_are_the_box_around_all():
    assert geometry.bounds([box(0, 0), None, box(2, 1)]) == pytest.approx(
        (WEST, SOUTH, WEST + 0.03, SOUTH + 0.02)
    )
    assert geometry.bounds([None]) is None


def test_a_hectare_is_ten_thousand_square_metres():
    assert geometry.hectares(123_456) == 12.3
