"""A part of the map as the cells that it touches: what a list beside the map is about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from app.errors import Problem, Refused
from app.maps.filter_reader import Query, first
from app.maps.grid import FIRST_PLACES_ZOOM, kept_level, shown_level
from app.service_requests.cells import CELL_ZOOM, interleave, separate, spread, tile_of
from app.templating import mark

NOT_A_BOX = mark(
    "bbox is west,south,east,north in decimal degrees, west less than east and south less than north. "
    "Ask for the two sides of the date line one after the other."
)
NOT_A_ZOOM = mark("z is the map's zoom, from 0 to 24.")
NOT_A_CELL = mark("cell is LEVEL:CELL as a tile names it, such as 14:85211923.")
LAST_MAP_ZOOM = 24
EVERY_X = 0x555555555555


@dataclass(frozen=True, slots=True)
class CellBox:
    """The cells of a level from a column and row to a column and row, both included."""

    level: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def counted_level(self) -> int:
        """The coarsest level of kept counts that can tell these cells from others."""
        return kept_level(self.level)

    def at(self, level: int) -> CellBox:
        """The same part of the map in the cells of a finer level."""
        finer = level - self.level
        last = (1 << finer) - 1
        left, top = self.left << finer, self.top << finer
        return CellBox(level, left, top, (self.right << finer) + last, (self.bottom << finer) + last)

    def holds(self, cell: Any, level: int) -> ColumnElement[bool]:
        """Whether a column's cell of a finer level lies inside: some runs of an index, and then exactly.

        The bits of x and those of y each keep their order where the others are masked.
        """
        inside = self.at(level)
        return and_(or_(*(and_(cell >= first, cell < end) for first, end in inside.runs())), inside.exactly(cell))

    def exactly(self, cell: Any) -> ColumnElement[bool]:
        """`holds` for cells of this very level, without naming an index's runs."""
        x, y = cell.op("&")(EVERY_X), cell.op("&")(EVERY_X << 1)
        return and_(
            x.between(spread(self.left), spread(self.right)),
            y.between(spread(self.top) << 1, spread(self.bottom) << 1),
        )

    def runs(self) -> list[tuple[int, int]]:
        """A few runs of cells (first, first one after) that cover all and not much more."""
        side = max(self.right - self.left, self.bottom - self.top)
        shift = max(0, side.bit_length() - 2)
        columns = range(self.left >> shift, (self.right >> shift) + 1)
        rows = range(self.top >> shift, (self.bottom >> shift) + 1)
        joined: list[tuple[int, int]] = []
        for code in sorted(interleave(x, y) for x in columns for y in rows):
            first, end = code << 2 * shift, (code + 1) << 2 * shift
            if joined and joined[-1][1] == first:
                first = joined.pop()[0]
            joined.append((first, end))
        return joined


EVERYWHERE = CellBox(0, 0, 0, 0, 0)


def read_place(query: Query) -> CellBox:
    """The cells of `cell`, or those that `bbox` touches at zoom `z`; without either the whole map.

    Raises Refused (400) in words.
    """
    if cell := first(query, "cell"):
        return read_cell(cell)
    z, box = read_zoom(first(query, "z")), first(query, "bbox")
    return read_box(box, z) if box else EVERYWHERE


def read_cell(said: str) -> CellBox:
    level, _, code = said.partition(":")
    digits = level.isascii() and level.isdecimal() and code.isascii() and code.isdecimal()
    if digits and len(said) <= 20 and int(level) <= CELL_ZOOM and int(code) < 1 << 2 * int(level):
        x, y = separate(int(code))
        return CellBox(int(level), x, y, x, y)
    raise Refused(Problem("cell", NOT_A_CELL), status=400)


def read_zoom(said: str) -> int:
    """The zoom of the tiles that a map of this zoom shows; a place's own without one."""
    try:
        zoom = float(said) if said else float(FIRST_PLACES_ZOOM)
    except ValueError:
        zoom = math.nan
    if not 0 <= zoom <= LAST_MAP_ZOOM:
        raise Refused(Problem("z", NOT_A_ZOOM), status=400)
    return int(zoom)


def read_box(said: str, z: int) -> CellBox:
    try:
        west, south, east, north = (float(side) for side in said.split(","))
    except ValueError:
        west = south = east = north = math.nan
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise Refused(Problem("bbox", NOT_A_BOX), status=400)
    level = shown_level(z)
    left, top = tile_of(level, north, west)
    right, bottom = tile_of(level, south, east)
    return CellBox(level, left, top, right, bottom)
