"""A circle as cells: those that lie wholly inside, which are counted, and those that its edge cuts, which are read."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from sqlalchemy import Text, bindparam

from app.db import Runs
from app.jurisdictions.geodesy import METRES_PER_DEGREE
from app.maps.filters import Near
from app.maps.grid import TileAt, kept_level
from app.service_requests.cells import CELL_ZOOM, gather, interleave
from app.service_requests.count_models import LEVELS

CUT = "tile_cut"
# Where more cells are cut than this, they are not cut smaller: each is a search of its own.
MOST_CUT = 192
# A tenth of a millimetre, in degrees: what two ways of reckoning may differ by.
MARGIN = 1e-9

Cells = np.ndarray[Any, np.dtype[np.int64]]


def inside_runs(level: int) -> Runs:
    """The runs of cells of a kept level that lie inside and are counted in these."""
    return Runs(bindparam(f"tile_inside_{level}", type_=Text))


def cut_runs() -> Runs:
    return Runs(bindparam(CUT, type_=Text))


def circle_in_tile(near: Near, tile: TileAt, level: int) -> dict[str, str]:
    """The values of the parameters of `inside_runs` and `cut_runs` for a tile that shows cells of this level."""
    runs: dict[str, list[list[int]]] = {f"tile_inside_{kept}": [] for kept in LEVELS}
    cells: Cells = np.array([interleave(tile.x, tile.y)], dtype=np.int64)
    for zoom in range(tile.z, CELL_ZOOM + 1):
        inside, cut = classified(near, cells, zoom)
        kept = kept_level(max(zoom, level))
        runs[f"tile_inside_{kept}"] += runs_of(cells[inside], zoom, kept)
        cells = cells[cut]
        if zoom == CELL_ZOOM or len(cells) > MOST_CUT:
            runs[CUT] = runs_of(cells, zoom, CELL_ZOOM)
            break
        cells = (cells[:, None] << 2 | np.arange(4)).ravel()
    return {name: json.dumps(found) for name, found in runs.items()}


def runs_of(cells: Cells, zoom: int, level: int) -> list[list[int]]:
    """Sorted cells of a zoom as runs of cells of a finer level: [first, first one after it]."""
    if not len(cells):
        return []
    ends = np.flatnonzero(np.diff(cells) > 1)
    firsts, lasts = cells[np.concatenate(([0], ends + 1))], cells[np.concatenate((ends, [len(cells) - 1]))]
    shift = 2 * (level - zoom)
    found: list[list[int]] = np.column_stack((firsts << shift, lasts + 1 << shift)).tolist()
    return found


def classified(near: Near, cells: Cells, zoom: int) -> tuple[Any, Any]:
    """(which cells lie wholly inside the circle, which its edge may cut), on the plane of `filter_rows.by_place`."""
    codes: Any = cells
    x, y = gather(codes >> 0), gather(codes >> 1)
    size = 1 << zoom
    shrunk = math.cos(math.radians(near.lat))
    west, east = ((x + side) * (360.0 / size) - 180.0 for side in (0, 1))
    # What lies beyond the square of Web Mercator stands in its last cells.
    north = np.where(y == 0, 90.0, latitude(y, size)) - near.lat
    south = np.where(y == size - 1, -90.0, latitude(y + 1, size)) - near.lat
    west, east = (west - near.long) * shrunk, (east - near.long) * shrunk
    reach = near.radius_m / METRES_PER_DEGREE
    farthest = np.hypot(np.maximum(abs(west), abs(east)), np.maximum(abs(south), abs(north)))
    nearest = np.hypot(gap(west, east), gap(south, north))
    inside = farthest <= reach - MARGIN
    return inside, ~inside & (nearest <= reach + MARGIN)


def latitude(y: Any, size: int) -> Any:
    """Of the northern edge of a row of the Web Mercator grid, in degrees (EPSG:3857)."""
    return np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * y / size))))


def gap(low: Any, high: Any) -> Any:
    """How far 0 is from a span; 0 inside it."""
    return np.maximum(0.0, np.maximum(low, -high))
