"""Parts of a tile as runs of cells: those that are counted, and those whose requests are read.

The statement of a tile is the same for all tiles of a zoom: the runs are its parameters.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

import numpy as np
from sqlalchemy import Text, bindparam

from app.maps.grid import TileAt, kept_level
from app.service_requests.cells import CELL_ZOOM
from app.service_requests.count_models import LAST_GROUP_LEVEL, LEVELS
from app.sql import Runs

# A tenth of a millimetre, in degrees: what two ways of reckoning may differ by.
MARGIN = 1e-9

Cells = np.ndarray[Any, np.dtype[np.int64]]


class Region(Protocol):
    """A part of the city whose inside is counted and whose edge is read."""

    def in_tile(self, tile: TileAt, level: int) -> dict[str, str]:
        """The values of the parameters of `inside_runs` and `cut_runs` for a tile that shows cells of this level."""


class TileRuns:
    """The runs of a tile that shows cells of a level, as they are put together."""

    def __init__(self, level: int) -> None:
        self.level = level
        self.inside: dict[int, list[list[int]]] = {kept: [] for kept in LEVELS}
        self.cut: dict[int, list[list[int]]] = {LAST_GROUP_LEVEL: [], CELL_ZOOM: []}
        # Cells of LAST_GROUP_LEVEL that finer ones were found in.
        self.parted: list[Cells] = []

    def add(self, cells: Cells, zoom: int) -> None:
        """Sorted cells of a zoom that lie wholly inside."""
        kept = kept_level(max(zoom, self.level))
        self.inside[kept] += runs_of(cells, zoom, kept)
        if zoom > LAST_GROUP_LEVEL:
            self.parted.append(cells >> 2 * (zoom - LAST_GROUP_LEVEL))

    def add_cut(self, cells: Cells, zoom: int) -> None:
        self.cut[CELL_ZOOM] += runs_of(cells, zoom, CELL_ZOOM)
        if zoom > LAST_GROUP_LEVEL:
            self.parted.append(cells >> 2 * (zoom - LAST_GROUP_LEVEL))
        else:
            self.cut[LAST_GROUP_LEVEL] += runs_of(cells, zoom, CELL_ZOOM)

    def values(self) -> dict[str, str]:
        if self.parted:
            parted = np.unique(np.concatenate(self.parted))
            self.cut[LAST_GROUP_LEVEL] += runs_of(parted, LAST_GROUP_LEVEL, CELL_ZOOM)
        named = {f"tile_inside_{kept}": runs for kept, runs in self.inside.items()}
        named |= {f"tile_cut_{finest}": runs for finest, runs in self.cut.items()}
        return {name: json.dumps(runs) for name, runs in named.items()}


def inside_runs(level: int) -> Runs:
    """The runs of cells of a kept level that lie inside and are counted in these."""
    return Runs(bindparam(f"tile_inside_{level}", type_=Text))


def cut_runs(finest: int) -> Runs:
    """The runs of cells of level 24 that are cut, where those inside are counted up to a level.

    `finest` is CELL_ZOOM, or LAST_GROUP_LEVEL in a tile whose cells are no finer.
    """
    return Runs(bindparam(f"tile_cut_{finest}", type_=Text))


def runs_of(cells: Cells, zoom: int, level: int) -> list[list[int]]:
    """Sorted cells of a zoom as runs of cells of a finer level: [first, first one after it]."""
    if not len(cells):
        return []
    ends = np.flatnonzero(np.diff(cells) > 1)
    firsts, lasts = cells[np.concatenate(([0], ends + 1))], cells[np.concatenate((ends, [len(cells) - 1]))]
    shift = 2 * (level - zoom)
    found: list[list[int]] = np.column_stack((firsts << shift, lasts + 1 << shift)).tolist()
    return found


def children(cells: Cells) -> Cells:
    """The four cells of the next zoom of each, in their order."""
    found: Cells = (cells[:, None] << 2 | np.arange(4)).ravel()
    return found
