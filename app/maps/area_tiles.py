"""The tiles of the basemap that an area needs, and what they weigh."""

from __future__ import annotations

from dataclasses import dataclass

from app.jurisdictions.area_box import Box
from app.maps.basemap import Basemap, NoBasemap
from app.service_requests.cells import tile_of

# Farther out an area is a dot, and tiles of half a continent weigh more than its streets.
FIRST_ZOOM = 8


@dataclass(frozen=True, slots=True)
class Zoom:
    """The tiles of one zoom: columns and rows from … to, both included. `bytes` as sent, `plain` as unpacked."""

    z: int
    x: tuple[int, int]
    y: tuple[int, int]
    count: int
    bytes: int
    plain: int


def area_tiles(basemap: Basemap, box: Box) -> tuple[str, list[Zoom]]:
    """(version of the basemap, its tiles over a box); ("", []) where the city has no basemap."""
    try:
        about = basemap.about()
        zooms = [tiles_at(basemap, box, z) for z in range(max(about.min_zoom, FIRST_ZOOM), about.max_zoom + 1)]
        return basemap.version, zooms
    except NoBasemap:
        return "", []


def tiles_at(basemap: Basemap, box: Box, z: int) -> Zoom:
    west, south, east, north = box
    (left, top), (right, bottom) = tile_of(z, north, west), tile_of(z, south, east)
    every = [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
    sizes = [basemap.size(z, x, y) for x, y in every]
    sent, plain = (sum(size[at] for size in sizes) for at in (0, 1))
    return Zoom(z, (left, right), (top, bottom), len(every), sent, plain)
