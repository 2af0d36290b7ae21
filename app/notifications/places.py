"""Where a subscription holds, as numbers that a request's place is looked up by: an index answers who hears of it.

The whole city is 0, an area a negative number made of its layer and code, a cell of the map a positive one. A circle
or a route stands under the cells that it touches; a request asks for its own cell at each level.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from app.jurisdictions.geodesy import METRES_PER_DEGREE, box_around, distance_m
from app.service_requests.cells import CELL_ZOOM, interleave, separate, tile_of

CITY = 0
# From half of Europe to a block.
LEVELS = range(6, 18)
MOST_CELLS = 64
# A sample of a route stands for what is this much farther than its width.
BETWEEN = 1.5


def keys_of_request(cell: int, areas: Iterable[tuple[str, str]]) -> list[int]:
    """All keys under which a subscription can hold at a place: its cell key, and (layer, code) of its areas."""
    cells = [cell_at(level, cell >> 2 * (CELL_ZOOM - level)) for level in LEVELS]
    return [CITY, *cells, *(area_place(layer, code) for layer, code in areas)]


def keys_of(what: str, arguments: Mapping[str, Any]) -> list[int]:
    """The keys that a subscription is found under."""
    if what == "service":
        return [CITY]
    if what == "area":
        return [area_place(arguments["layer"], arguments["code"])]
    points = [(arguments["lat"], arguments["long"])] if what == "circle" else samples(arguments)
    reach = arguments["radius_m"] * (1.0 if what == "circle" else BETWEEN)
    return covering(points, reach)


def covering(points: Sequence[tuple[float, float]], reach_m: float) -> list[int]:
    """The cells, of the finest level at which they are few, that touch what is within reach of points."""
    boxes = [box_around(lat, long, reach_m) for lat, long in points]
    for level in reversed(LEVELS):
        cells: set[int] = set()
        for west, south, east, north in boxes:
            (left, top), (right, bottom) = tile_of(level, north, west), tile_of(level, south, east)
            if (right - left + 1) * (bottom - top + 1) > MOST_CELLS:
                break
            cells.update(interleave(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1))
        else:
            if len(cells) <= MOST_CELLS:
                return sorted(cell_at(level, code) for code in cells)
    return [CITY]


def samples(arguments: Mapping[str, Any]) -> list[tuple[float, float]]:
    """Points along a route, no farther from each other than it is wide."""
    points = [(float(lat), float(long)) for lat, long in arguments["points"]]
    found = points[:1]
    for (lat, long), (to_lat, to_long) in pairwise(points):
        steps = max(1, math.ceil(distance_m(lat, long, to_lat, to_long) / arguments["radius_m"]))
        found += [(lat + (to_lat - lat) * n / steps, long + (to_long - long) * n / steps) for n in range(1, steps + 1)]
    return found


def holds(what: str, arguments: Mapping[str, Any], cell: int, areas: Iterable[tuple[str, str]]) -> bool:
    """Whether a subscription holds at a place exactly, once its key has led there."""
    if what == "service":
        return True
    if what == "area":
        return (arguments["layer"], arguments["code"]) in areas
    lat, long = middle_of(cell)
    if what == "circle":
        return bool(distance_m(lat, long, arguments["lat"], arguments["long"]) <= arguments["radius_m"])
    return any(distance <= arguments["radius_m"] for distance in from_segments(lat, long, arguments["points"]))


def from_segments(lat: float, long: float, points: Sequence[Sequence[float]]) -> Iterator[float]:
    """Metres from a point to each part of a route, on a plane that touches the globe at the point."""
    shrunk = math.cos(math.radians(lat))
    flat = [((b - long) * shrunk * METRES_PER_DEGREE, (a - lat) * METRES_PER_DEGREE) for a, b in points]
    for (x, y), (to_x, to_y) in pairwise(flat):
        dx, dy = to_x - x, to_y - y
        length = dx * dx + dy * dy
        part = 0.0 if length == 0 else max(0.0, min(1.0, -(x * dx + y * dy) / length))
        yield math.hypot(x + part * dx, y + part * dy)


def middle_of(cell: int) -> tuple[float, float]:
    """(lat, long) of a cell key, to about a metre."""
    x, y = separate(cell)
    size = 1 << CELL_ZOOM
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + 0.5) / size))))
    return lat, (x + 0.5) / size * 360.0 - 180.0


def cell_at(level: int, code: int) -> int:
    """One number for the cells of every level: a one before the code's bits."""
    return 1 << 2 * level | code


def area_place(layer: str, code: str) -> int:
    digest = hashlib.sha256(f"{layer}:{code}".encode()).digest()
    return -1 - (int.from_bytes(digest[:8], "big") >> 2)
