"""Tiles and their cells: which level of cells a zoom shows, and a tile's own range of keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam

from app.service_requests.cells import CELL_ZOOM, separate, tile_range
from app.service_requests.count_models import LEVELS
from app.service_requests.models import SQUARE_LEVEL

# A statement is made once for all tiles of a zoom: the tile's own numbers are told when it is asked.
SQUARES = bindparam("tile_squares", expanding=True, type_=BigInteger)
FIRST, END = (bindparam(name, type_=BigInteger) for name in ("tile_first", "tile_end"))
TILE_X, TILE_Y = (bindparam(name, type_=Integer) for name in ("tile_x", "tile_y"))

LAST_ZOOM = 18
# From here on single requests are shown, not cells.
FIRST_PLACES_ZOOM = 17
EXTENT = 4096
# From here on a tile has at most 64 squares of the index by square and time.
FIRST_SQUARES_ZOOM = 13
# A tile has 16 cells across, or 32.
CELLS_ZOOM = 4


@dataclass(frozen=True, slots=True)
class TileAt:
    """A tile of the Web Mercator grid, x from the west and y from the north."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        return 0 <= self.z <= LAST_ZOOM and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z

    @property
    def shows_places(self) -> bool:
        return self.z >= FIRST_PLACES_ZOOM

    def span(self, level: int = CELL_ZOOM) -> tuple[int, int]:
        """The first cell of a level (at least the tile's own zoom) in this tile, and the first one after it."""
        first, end = tile_range(self.z, self.x, self.y)
        shift = 2 * (CELL_ZOOM - level)
        return first >> shift, end >> shift

    def numbers(self) -> dict[str, Any]:
        """The values of the parameters FIRST, END, SQUARES, TILE_X and TILE_Y of a statement about any tile of this
        zoom; SQUARES from FIRST_SQUARES_ZOOM on."""
        first, end = self.span()
        bits = 2 * (CELL_ZOOM - SQUARE_LEVEL)
        squares = list(range(first >> bits, (end - 1 >> bits) + 1)) if self.z >= FIRST_SQUARES_ZOOM else []
        return {"tile_first": first, "tile_end": end, "tile_squares": squares, "tile_x": self.x, "tile_y": self.y}


def shown_level(z: int) -> int:
    """The level of the cells that a tile of this zoom shows: a place's own from 17 on."""
    if z >= FIRST_PLACES_ZOOM:
        return CELL_ZOOM
    return z + CELLS_ZOOM if z + CELLS_ZOOM <= LEVELS[0] else kept_level(z + CELLS_ZOOM)


def kept_level(level: int) -> int:
    """The coarsest level of kept counts that is as fine as this one."""
    return next(kept for kept in LEVELS if kept >= level)


def place_in_tile(cell: int, level: int, tile: TileAt) -> tuple[int, int]:
    """(x, y) of a cell's middle in the tile's own units, y down."""
    bits = level - tile.z
    x, y = separate(cell & (1 << 2 * bits) - 1)
    side = EXTENT >> bits
    return x * side + side // 2, y * side + side // 2
