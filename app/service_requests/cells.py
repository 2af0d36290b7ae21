"""The cell key of a place: where a request stands on the Web Mercator grid, as one integer that sorts by nearness."""

from __future__ import annotations

import math

CELL_ZOOM = 24
# Beyond this latitude Web Mercator's square ends (EPSG:3857).
MAX_LATITUDE = 85.051_128_779_806_59


def cell_key(lat: float, long: float) -> int:
    """The Morton code of the zoom-24 tile (x, y) that holds a point; 48 bits, x in the even ones.

    The tile z/x/y of a lower zoom is the range of keys that begin with its own code: see `tile_range`.
    Tile numbering after OpenStreetMap's "slippy map" scheme.
    """
    return interleave(*tile_of(CELL_ZOOM, lat, long))


def tile_of(zoom: int, lat: float, long: float) -> tuple[int, int]:
    """(column, row) of the tile that holds a point."""
    size = 1 << zoom
    x, y = (int(part * size) for part in on_mercator(max(-MAX_LATITUDE, min(MAX_LATITUDE, lat)), long))
    return min(max(x, 0), size - 1), min(max(y, 0), size - 1)


def on_mercator(lat: float, long: float) -> tuple[float, float]:
    """A point on Web Mercator's square: 0 to 1 from the west, and from the north (EPSG:3857)."""
    return (long + 180.0) / 360.0, (1.0 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2.0


def tile_range(zoom: int, x: int, y: int) -> tuple[int, int]:
    """The first key of a tile, and the first one after it."""
    shift = 2 * (CELL_ZOOM - zoom)
    code = interleave(x, y)
    return code << shift, (code + 1) << shift


def interleave(x: int, y: int) -> int:
    return spread(x) | spread(y) << 1


def separate(code: int) -> tuple[int, int]:
    """The x and y of `interleave`."""
    return gather(code), gather(code >> 1)


def gather(value: int) -> int:
    """Every second bit of a number, from the lowest: the inverse of `spread`."""
    value &= 0x5555555555555555
    value = (value | value >> 1) & 0x3333333333333333
    value = (value | value >> 2) & 0x0F0F0F0F0F0F0F0F
    value = (value | value >> 4) & 0x00FF00FF00FF00FF
    value = (value | value >> 8) & 0x0000FFFF0000FFFF
    return (value | value >> 16) & 0x00000000FFFFFFFF


def spread(value: int) -> int:
    """The bits of a number of up to 32 bits, with a zero between each two."""
    value &= 0xFFFFFFFF
    value = (value | value << 16) & 0x0000FFFF0000FFFF
    value = (value | value << 8) & 0x00FF00FF00FF00FF
    value = (value | value << 4) & 0x0F0F0F0F0F0F0F0F
    value = (value | value << 2) & 0x3333333333333333
    return (value | value << 1) & 0x5555555555555555
