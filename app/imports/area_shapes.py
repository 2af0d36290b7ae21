"""Makes a valid multipolygon in WGS84 of what a file calls an area, and says what had to be mended."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import shapely
from pyproj import CRS, Geod, Transformer
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

WGS84 = CRS.from_epsg(4326)
GEOD = Geod(ellps="WGS84")
Ring = list[tuple[float, float]]


class NoArea(ValueError):
    """A geometry of which no area can be made; the message says why."""


@dataclass(slots=True)
class Shaped:
    """A valid shape in WGS84 with what was mended in it, a sentence each."""

    shape: MultiPolygon
    km2: float
    repairs: list[str] = field(default_factory=list)


class Shaper:
    """Turns GeoJSON geometries in one projection into shapes. `crs` None means degrees."""

    def __init__(self, crs: CRS | None) -> None:
        self.declared = crs is not None
        self._transformer = None
        if crs is not None and not crs.equals(WGS84, ignore_axis_order=True):
            # GeoJSON 2008 and shapefiles write x before y whatever the authority says.
            self._transformer = Transformer.from_crs(crs, WGS84, always_xy=True)

    def shape(self, geometry: Any) -> Shaped:
        """Raises NoArea."""
        repairs: list[str] = []
        polygons = [mend_rings(rings, repairs) for rings in polygon_rings(geometry)]
        shells = [Polygon(rings[0], rings[1:]) for rings in polygons if rings]
        if not shells:
            raise NoArea("it has no ring of at least 4 points")
        raw = self._to_degrees(MultiPolygon(shells))
        mended = mend(raw, repairs)
        return Shaped(mended, geodesic_km2(mended), repairs)

    def _to_degrees(self, shape: MultiPolygon) -> MultiPolygon:
        if self._transformer is not None:
            shape = shapely.transform(shape, self._transformer.transform, interleaved=False)  # type: ignore[arg-type]
        west, south, east, north = shape.bounds
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            if self._transformer is None and not self.declared:
                raise NoArea(
                    f"its coordinates (such as {west:.6g}, {south:.6g}) are not degrees and the file names no "
                    "projection: add its .prj to the archive, or a crs member to the JSON"
                )
            raise NoArea("its coordinates are outside the world in the projection that the file names")
        return shape


def polygon_rings(geometry: Any) -> list[list[Ring]]:
    """The rings of each polygon of a GeoJSON geometry. Raises NoArea for what is not made of polygons."""
    if not isinstance(geometry, dict):
        raise NoArea("it has no geometry")
    match geometry.get("type"):
        case "Polygon":
            parts: Any = [geometry.get("coordinates")]
        case "MultiPolygon":
            parts = geometry.get("coordinates") or []
        case "GeometryCollection":
            inner = [part for part in geometry.get("geometries") or [] if isinstance(part, dict)]
            areas = [part for part in inner if part.get("type") in ("Polygon", "MultiPolygon")]
            return [rings for part in areas for rings in polygon_rings(part)]
        case other:
            raise NoArea(f"it is a {other}, not a Polygon or MultiPolygon")
    try:
        return [[[position(point) for point in ring] for ring in rings] for rings in parts]
    except (TypeError, ValueError, IndexError) as error:
        raise NoArea(f"its coordinates cannot be read ({error})") from error


def position(point: Any) -> tuple[float, float]:
    x, y = float(point[0]), float(point[1])
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"{point!r} is not a position")
    return x, y


def mend_rings(rings: list[Ring], repairs: list[str]) -> list[Ring]:
    """The rings that can bound an area, closed. A polygon whose outer ring cannot is left out whole."""
    good: list[Ring] = []
    for number, ring in enumerate(rings):
        which = "the outer ring" if number == 0 else f"hole {number}"
        if ring and ring[0] != ring[-1]:
            ring = [*ring, ring[0]]
            repairs.append(f"{which} of a polygon was not closed; it was closed")
        if len(set(ring)) < 3:
            repairs.append(f"{which} of a polygon has too few points ({len(set(ring))} different); it was left out")
            if number == 0:
                return []
            continue
        good.append(ring)
    return good


def mend(shape: MultiPolygon, repairs: list[str]) -> MultiPolygon:
    """The shape, made valid. Lines and points that come of it are dropped. Raises NoArea when nothing is left."""
    if shape.is_valid:
        return shape
    before = geodesic_km2(shape)
    reason = shapely.is_valid_reason(shape)
    made = only_polygons(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    after = geodesic_km2(made)
    if made.is_empty or after == 0:
        raise NoArea(f"nothing of it is left when it is made valid ({reason})")
    change = f"{(after - before) / before:+.2%}" if before else "from nothing"
    repairs.append(f"{reason}; made valid, area {before:.4f} → {after:.4f} km² ({change})")
    return made


def only_polygons(shape: BaseGeometry) -> MultiPolygon:
    parts = shapely.get_parts(shape)
    flat = [piece for part in parts for piece in shapely.get_parts(part)]
    return MultiPolygon([piece for piece in flat if isinstance(piece, Polygon) and not piece.is_empty])


def union(shapes: list[MultiPolygon]) -> MultiPolygon:
    """All shapes as one."""
    return only_polygons(shapely.union_all(shapes))


def geodesic_km2(shape: MultiPolygon) -> float:
    """Area on the WGS84 ellipsoid in km² (Karney 2013, through pyproj.Geod); rings of any direction."""
    return sum(ring_km2(part.exterior) - sum(map(ring_km2, part.interiors)) for part in shape.geoms)


def ring_km2(ring: BaseGeometry) -> float:
    longs, lats = shapely.get_coordinates(ring).T
    area, _ = GEOD.polygon_area_perimeter(longs, lats)
    return abs(area) / 1e6
