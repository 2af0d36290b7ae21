"""A circle as cells: those that lie wholly inside, which are counted, and those that its edge cuts, which are read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.jurisdictions.geodesy import METRES_PER_DEGREE
from app.maps.cell_bounds import bounds_of
from app.maps.filters import Near
from app.maps.grid import TileAt
from app.maps.region_runs import MARGIN, Cells, TileRuns, children
from app.service_requests.cells import CELL_ZOOM, interleave

# Where more cells are cut than this, they are not cut smaller: each is a search of its own, as long as some requests
# take to be read. Measured: fewer read more, more search more.
MOST_CUT = 600


@dataclass(frozen=True, slots=True)
class Circle:
    """A `Region`: all within a circle, on the plane of `filter_rows.in_circle`."""

    near: Near

    def in_tile(self, tile: TileAt, level: int) -> dict[str, str]:
        runs = TileRuns(level)
        cells: Cells = np.array([interleave(tile.x, tile.y)], dtype=np.int64)
        for zoom in range(tile.z, CELL_ZOOM + 1):
            inside, cut = classified(self.near, cells, zoom)
            runs.add(cells[inside], zoom)
            cells = cells[cut]
            if zoom == CELL_ZOOM or len(cells) > MOST_CUT:
                runs.add_cut(cells, zoom)
                break
            cells = children(cells)
        return runs.values()


def classified(near: Near, cells: Cells, zoom: int) -> tuple[Any, Any]:
    """(which cells lie wholly inside the circle, which its edge may cut)."""
    west, south, east, north = bounds_of(cells, zoom)
    shrunk = math.cos(math.radians(near.lat))
    # Over the date line, where that is the shorter way.
    here = near.long + 360 * np.round(((west + east) / 2 - near.long) / 360)
    west, east, south, north = (west - here) * shrunk, (east - here) * shrunk, south - near.lat, north - near.lat
    reach = near.radius_m / METRES_PER_DEGREE
    farthest = np.hypot(np.maximum(abs(west), abs(east)), np.maximum(abs(south), abs(north)))
    nearest = np.hypot(gap(west, east), gap(south, north))
    inside = farthest <= reach - MARGIN
    return inside, ~inside & (nearest <= reach + MARGIN)


def gap(low: Any, high: Any) -> Any:
    """How far 0 is from a span; 0 inside it."""
    return np.maximum(0.0, np.maximum(low, -high))
