"""Where many cells lie: their bounds in degrees."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.maps.region_runs import Cells
from app.service_requests.cells import gather


def bounds_of(cells: Cells, zoom: int) -> tuple[Any, Any, Any, Any]:
    """(west, south, east, north) of cells of a zoom, each an array in degrees.

    What lies beyond the square of Web Mercator stands in its outermost cells (EPSG:3857).
    """
    codes: Any = cells
    x, y = gather(codes >> 0), gather(codes >> 1)
    size = 1 << zoom
    west, east = ((x + side) * (360.0 / size) - 180.0 for side in (0, 1))
    north = np.where(y == 0, 90.0, latitude(y, size))
    south = np.where(y == size - 1, -90.0, latitude(y + 1, size))
    return west, south, east, north


def latitude(y: Any, size: int) -> Any:
    """Of the northern edge of a row of the grid."""
    return np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * y / size))))
