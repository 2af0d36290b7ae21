"""The areas in memory: which areas a point lies in, and whether the city, in microseconds and without SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from geoalchemy2 import WKBElement
from shapely import MultiPolygon, STRtree


@dataclass(frozen=True, slots=True)
class AreaRef:
    """An area that a point lies in. `department_id` is set where an outside agency answers for it."""

    id: int
    layer: str
    code: str
    name: str
    department_id: int | None = None


@dataclass(frozen=True, slots=True)
class AreaShape:
    """An area with its shape in WGS84 and its days: from inclusive, to exclusive, None for an open end."""

    ref: AreaRef
    valid_from: date | None
    valid_to: date | None
    shape: MultiPolygon

    def valid(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class Agency:
    """Somebody outside the city who answers for a place."""

    id: int
    code: str
    name: str
    phone: str | None
    url: str | None
    # {"es": {"name": …}}
    translations: dict[str, Any]


class AreaIndex:
    """All areas of all layers and days, the city's boundary, and the outside agencies.

    Built once and only read afterwards, so any number of tasks and threads may share it.
    """

    def __init__(
        self, areas: Sequence[AreaShape], boundary: MultiPolygon | None, agencies: Sequence[Agency] = ()
    ) -> None:
        self._areas = tuple(areas)
        self._boundary = boundary
        self._agencies = {agency.id: agency for agency in agencies}
        self._shapes = np.array([area.shape for area in self._areas], dtype=object)
        prepare(self._shapes)
        if boundary is not None:
            prepare(np.array([boundary], dtype=object))
        self._tree = STRtree(self._shapes)

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """(west, south, east, north) of the city's boundary in degrees; None while it has none."""
        return None if self._boundary is None else self._boundary.bounds

    def find(self, lat: float, long: float, on: date) -> list[AreaRef]:
        """The areas that hold a point of WGS84 (decimal degrees) on a day, in the order of their layers.

        A point on a border is in the areas on both sides. Where areas of a layer overlap it is in each.
        """
        return [area.ref for area in self._holding(lat, long, on)]

    def find_many(self, lats: Sequence[float], longs: Sequence[float], days: Sequence[date]) -> list[list[AreaRef]]:
        """As `find`, for many points each on its day; a hundred times as quick."""
        found: list[list[AreaRef]] = [[] for _ in lats]
        points, areas = self._tree.query(shapely.points(longs, lats))
        inside = shapely.intersects_xy(self._shapes[areas], np.asarray(longs)[points], np.asarray(lats)[points])
        for point, number in sorted(zip(points[inside].tolist(), areas[inside].tolist(), strict=True)):
            area = self._areas[number]
            if area.valid(days[point]):
                found[point].append(area.ref)
        return found

    def boxes(self, on: date) -> list[tuple[AreaRef, tuple[float, float, float, float]]]:
        """Every area of a day with its box (west, south, east, north in degrees), in the order of their layers."""
        return [(area.ref, area.shape.bounds) for area in self._areas if area.valid(on)]

    def shapes(self, layer: str, on: date) -> list[AreaShape]:
        """The areas of a layer on a day with their shapes, in the order of their codes."""
        return [area for area in self._areas if area.ref.layer == layer and area.valid(on)]

    def versions(self, layer: str, code: str) -> list[AreaShape]:
        """An area as it was, is and will be."""
        return [area for area in self._areas if (area.ref.layer, area.ref.code) == (layer, code)]

    def contains_city(self, lat: float, long: float) -> bool:
        """Whether a point is in the city; True everywhere while no boundary has been imported."""
        return self._boundary is None or bool(shapely.intersects_xy(self._boundary, long, lat))

    def distances_from_city(self, lats: Sequence[float], longs: Sequence[float]) -> list[float]:
        """How far each point is outside the city's boundary, in degrees; 0 inside, and where there is no boundary."""
        if self._boundary is None:
            return [0.0] * len(lats)
        outside = np.zeros(len(lats))
        far = np.flatnonzero(~shapely.intersects_xy(self._boundary, longs, lats))
        if far.size:
            points = shapely.points(np.asarray(longs)[far], np.asarray(lats)[far])
            outside[far] = shapely.distance(self._boundary, points)
        distances: list[float] = outside.tolist()
        return distances

    def outside_agency(self, lat: float, long: float, on: date) -> Agency | None:
        """The outside agency that answers for a point, or None where none is known. The smallest land wins."""
        found = [
            (area.shape.area, agency)
            for area in self._holding(lat, long, on)
            if (agency := self._agencies.get(area.ref.department_id or 0))
        ]
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def _holding(self, lat: float, long: float, on: date) -> Iterator[AreaShape]:
        near = self._tree.query(shapely.points(long, lat))
        near.sort()
        inside = near[shapely.intersects_xy(self._shapes[near], long, lat)]
        for area in map(self._areas.__getitem__, inside):
            if area.valid(on):
                yield area


def prepare(shapes: Any) -> None:
    """Makes the index by which each of an array of shapes is asked: two threads that came first would both make it.

    GEOS makes it for the second question about a point in the shape's box.
    """
    shapely.prepare(shapes)
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    for _ in range(2):
        shapely.intersects_xy(shapes, (west + east) / 2, (south + north) / 2)


def shape_of(location: WKBElement) -> MultiPolygon:
    """The shape of a stored geometry, which is bytes on one database and hexadecimal on the other."""
    data = location.data
    shape: MultiPolygon = shapely.from_wkb(data if isinstance(data, str) else bytes(data))  # type: ignore[assignment]
    return shape
