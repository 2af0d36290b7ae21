"""An area as cells: those that lie wholly inside, which are counted, and those that its border cuts, which are read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from shapely import MultiPolygon

from app.jurisdictions.area_index import AreaIndex, AreaShape
from app.maps.cell_bounds import bounds_of
from app.maps.grid import TileAt
from app.maps.region_runs import MARGIN, Cells, TileRuns, children
from app.service_requests.cells import interleave, tile_of

# Seven metres wide in New York: of what an area holds, a few hundredths stand so near to its border.
FINEST = 22
# A border that is longer is cut into larger cells.
MOST_CUT = 20_000
FIRST_ZOOM = 6


@dataclass(frozen=True, slots=True)
class AreaCells:
    """A `Region`: the cells of each zoom that lie inside, sorted, and those of one zoom that the border cuts."""

    inside: dict[int, Cells]
    cut_zoom: int
    cut: Cells

    def in_tile(self, tile: TileAt, level: int) -> dict[str, str]:
        runs = TileRuns(level)
        code = interleave(tile.x, tile.y)
        for zoom, cells in self.inside.items():
            if zoom >= tile.z:
                runs.add(part_of(cells, code, zoom - tile.z), zoom)
            elif len(part_of(cells, code >> 2 * (tile.z - zoom), 0)):
                runs.add(np.array([code], dtype=np.int64), tile.z)
        if self.cut_zoom >= tile.z:
            runs.add_cut(part_of(self.cut, code, self.cut_zoom - tile.z), self.cut_zoom)
        elif len(part_of(self.cut, code >> 2 * (tile.z - self.cut_zoom), 0)):
            runs.add_cut(np.array([code], dtype=np.int64), tile.z)
        return runs.values()


@dataclass(slots=True)
class Kept:
    making: asyncio.Lock = field(default_factory=asyncio.Lock)
    covers: dict[int, AreaCells] = field(default_factory=dict)


_kept: WeakKeyDictionary[AreaIndex, Kept] = WeakKeyDictionary()


async def kept_cover(index: AreaIndex, area: AreaShape) -> AreaCells:
    """`cover_of` an area, made once while these areas are the city's. Up to some seconds for a long border."""
    kept, number = _kept.setdefault(index, Kept()), area.ref.id
    if number not in kept.covers:
        async with kept.making:
            if number not in kept.covers:
                kept.covers[number] = await asyncio.to_thread(cover_of, area.shape)
    return kept.covers[number]


def cover_of(shape: MultiPolygon) -> AreaCells:
    border = shapely.boundary(shape)
    shapely.prepare(shape)
    shapely.prepare(border)
    inside: dict[int, Cells] = {}
    cells, zoom = first_cells(shape), FIRST_ZOOM
    while True:
        west, south, east, north = bounds_of(cells, zoom)
        boxes = shapely.box(west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN)
        is_cut = shapely.intersects(border, boxes)
        is_inside = ~is_cut & shapely.intersects_xy(shape, (west + east) / 2, (south + north) / 2)
        inside[zoom] = cells[is_inside]
        cells = cells[is_cut]
        if zoom == FINEST or len(cells) > MOST_CUT:
            return AreaCells(inside, zoom, cells)
        cells, zoom = children(cells), zoom + 1


def first_cells(shape: MultiPolygon) -> Cells:
    west, south, east, north = shape.bounds
    (left, top), (right, bottom) = tile_of(FIRST_ZOOM, north, west), tile_of(FIRST_ZOOM, south, east)
    codes = [interleave(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
    return np.array(sorted(codes), dtype=np.int64)


def part_of(cells: Cells, code: int, finer: int) -> Cells:
    """Of sorted cells those that lie in a cell of a zoom that is coarser by so many."""
    first, after = np.searchsorted(cells, [code << 2 * finer, code + 1 << 2 * finer])
    return cells[first:after]
