"""Boundaries: read, repaired, measured. Pure: GeoJSON in, answers out; WGS-84 throughout, (longitude, latitude).

CGCS2000 is the same at this accuracy. Areas come from a local equirectangular projection, which over a town of
ten kilometres is off by far less than a drawn line is.

Imported inside the functions that use it: the library takes 18 MB, and most workers never look at a boundary.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import make_valid

METRES_PER_DEGREE = 111_320.0
# Two hand-drawn lines of one border never meet exactly: less than this is no finding (local).
SLIVER_M2 = 500.0
# A share of a self-crossing line's area that may be dropped as a slip of the hand when it is repaired.
SLIP_SHARE = 0.02
MAX_POINTS = 5_000
# 0.1 m: more digits are noise.
DECIMALS = 6

GeoJSON = dict[str, Any]


class BoundaryError(ValueError):
    """The text is no usable boundary; `str()` is the Chinese sentence for the form."""


class Overlap(NamedTuple):
    """Two places claim the same ground."""

    first: str
    second: str
    area_m2: float
    geometry: GeoJSON


class Gap(NamedTuple):
    """Ground of the parent that no child covers, or (outside) ground of children beyond the parent."""

    area_m2: float
    geometry: GeoJSON


class Read(NamedTuple):
    """A boundary as it is kept, and whether its line crossed itself and was put right."""

    geometry: GeoJSON
    was_repaired: bool


def read_boundary(data: Any) -> Read:
    """The one polygon of a GeoJSON object: a Polygon, a one-part MultiPolygon, or a Feature (collection) of one.

    A line that crosses itself is repaired when one piece remains; raises BoundaryError otherwise.
    """
    coordinates = _rings(_single_geometry(data))
    drawn = Polygon(coordinates[0], coordinates[1:])
    if drawn.is_valid and not drawn.is_empty and drawn.area > 0:
        return Read(_kept(drawn), was_repaired=False)
    return Read(_kept(_repaired(drawn)), was_repaired=True)


def shape_of(boundary: Any) -> Polygon | None:
    """A kept boundary as a polygon; None where there is none or it cannot be read."""
    try:
        polygon = shape(boundary)
    except Exception:
        # Whatever is wrong with stored JSON (Shapely raises many kinds), the page that shows it must come up.
        return None
    return polygon if isinstance(polygon, Polygon) and polygon.is_valid and not polygon.is_empty else None


def point_in(longitude: float, latitude: float, boundaries: Iterable[tuple[str, Any]]) -> str | None:
    """The code of the place the point lies in, the deepest tier first; on a shared line the smaller code."""
    point = Point(longitude, latitude)
    found = [
        code
        for code, boundary in boundaries
        if (polygon := shape_of(boundary)) is not None and polygon.covers(point)
    ]
    return min(found, key=lambda code: (-len(code), code), default=None)


def overlaps(boundaries: Iterable[tuple[str, Any]]) -> list[Overlap]:
    """Every pair that shares more than a sliver of ground, the largest first."""
    drawn = [(code, polygon) for code, b in boundaries if (polygon := shape_of(b)) is not None]
    polygons = [polygon for _, polygon in drawn]
    if len(polygons) < 2:
        return []
    tree = shapely.STRtree(polygons)
    found = []
    for left, right in tree.query(polygons, predicate="intersects").T:
        if left >= right:
            continue
        shared = polygons[left].intersection(polygons[right])
        area = area_m2(shared)
        if area > SLIVER_M2:
            first, second = sorted((drawn[left][0], drawn[right][0]))
            found.append(Overlap(first, second, area, _kept(shared)))
    return sorted(found, key=lambda overlap: (-overlap.area_m2, overlap.first, overlap.second))


def uncovered(parent: Any, children: Sequence[Any]) -> Gap | None:
    """The ground of the parent that no child covers; None if no more than slivers, or the parent is not drawn."""
    return _difference(parent, children, outside=False)


def beyond(parent: Any, children: Sequence[Any]) -> Gap | None:
    """The ground of children outside the parent; None if no more than slivers, or the parent is not drawn."""
    return _difference(parent, children, outside=True)


def union(boundaries: Sequence[Any]) -> GeoJSON | None:
    """One boundary around all, or None if one is not drawn or they do not touch."""
    polygons = [shape_of(boundary) for boundary in boundaries]
    if not polygons or None in polygons:
        return None
    whole = shapely.union_all(polygons)
    return _kept(whole) if isinstance(whole, Polygon) else None


def bounds(boundaries: Iterable[Any]) -> tuple[float, float, float, float] | None:
    """The box around all: west, south, east, north; None if nothing is drawn."""
    polygons = [polygon for b in boundaries if (polygon := shape_of(b)) is not None]
    return tuple(shapely.total_bounds(polygons).tolist()) if polygons else None


def area_m2(geometry: BaseGeometry) -> float:
    """Square metres of a small polygon in degrees."""
    if geometry.is_empty:
        return 0.0
    latitude = geometry.centroid.y
    return float(geometry.area * METRES_PER_DEGREE**2 * math.cos(math.radians(latitude)))


def hectares(area: float) -> float:
    """Square metres in hectares (公顷), to one decimal; a farmer's measure."""
    return round(area / 10_000, 1)


def _difference(parent: Any, children: Sequence[Any], *, outside: bool) -> Gap | None:
    around = shape_of(parent)
    if around is None:
        return None
    drawn = [polygon for child in children if (polygon := shape_of(child)) is not None]
    covered = shapely.union_all(drawn) if drawn else Polygon()
    rest = covered.difference(around) if outside else around.difference(covered)
    pieces = [piece for piece in _polygons(rest) if area_m2(piece) > SLIVER_M2]
    if not pieces:
        return None
    return Gap(sum(area_m2(piece) for piece in pieces), _kept(MultiPolygon(pieces)))


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    """The parts of any geometry that have an area."""
    parts = getattr(geometry, "geoms", [geometry])
    return [part for part in parts if isinstance(part, Polygon) and not part.is_empty]


def _repaired(drawn: Polygon) -> Polygon:
    pieces = sorted(_polygons(make_valid(drawn)), key=lambda piece: -piece.area)
    if not pieces or pieces[0].area == 0:
        raise BoundaryError("这条边界围不出一块地，请检查坐标。")
    dropped = sum(piece.area for piece in pieces[1:])
    if dropped > SLIP_SHARE * pieces[0].area:
        raise BoundaryError("边界的线自己交叉，分成了几块；请改成一条不交叉的线。")
    return pieces[0]


def _single_geometry(data: Any) -> GeoJSON:
    """Unwrap what drawing tools put around a polygon."""
    if not isinstance(data, dict):
        raise BoundaryError("这不是 GeoJSON：应是一个带 type 的对象。")
    kind = data.get("type")
    if kind == "FeatureCollection":
        features = data.get("features")
        if not isinstance(features, list) or len(features) != 1:
            raise BoundaryError("文件里应当只有一个图形。")
        return _single_geometry(features[0])
    if kind == "Feature":
        return _single_geometry(data.get("geometry"))
    if kind == "MultiPolygon":
        parts = data.get("coordinates")
        if not isinstance(parts, list) or len(parts) != 1:
            raise BoundaryError("边界应当是一整块，不能分成几块。")
        return {"type": "Polygon", "coordinates": parts[0]}
    if kind != "Polygon":
        raise BoundaryError("边界应当是一个面（Polygon），不是点或线。")
    return data


def _rings(geometry: GeoJSON) -> list[list[tuple[float, float]]]:
    rings = geometry.get("coordinates")
    if not isinstance(rings, list) or not rings or not all(isinstance(ring, list) for ring in rings):
        raise BoundaryError("边界里没有坐标。")
    if sum(map(len, rings)) > MAX_POINTS:
        raise BoundaryError(f"边界的点太多，请简化到 {MAX_POINTS} 个以内。")
    if any(len(ring) < 4 for ring in rings):
        raise BoundaryError("边界至少要有三个不同的点，并回到起点。")
    return [[_position(position) for position in ring] for ring in rings]


def _position(position: Any) -> tuple[float, float]:
    if not isinstance(position, list) or len(position) < 2:
        raise BoundaryError("坐标应当写成 [经度, 纬度]。")
    longitude, latitude = position[:2]
    if not all(type(value) in (int, float) for value in (longitude, latitude)):
        raise BoundaryError("坐标应当是数字。")
    # Compared first: a whole number too long for a float must not reach one.
    if abs(latitude) > 90 >= abs(longitude) and abs(latitude) <= 180:
        raise BoundaryError("经度和纬度好像写反了：应当先写经度（约 112），再写纬度（约 37）。")
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise BoundaryError("坐标超出了经纬度的范围；请用 WGS-84 或 CGCS2000 的经纬度。")
    return round(float(longitude), DECIMALS), round(float(latitude), DECIMALS)


def _kept(geometry: BaseGeometry) -> GeoJSON:
    """As GeoJSON with lists, the way the database gives it back."""

    def listed(value: Any) -> Any:
        return [listed(item) for item in value] if isinstance(value, tuple | list) else value

    found = mapping(geometry)
    if "geometries" in found:
        found = mapping(MultiPolygon(_polygons(geometry)))
    return {"type": found["type"], "coordinates": listed(found["coordinates"])}
