"""A basemap for a place that has none: the fullest tiles of Harbor Point, repeated over all of the ground."""

from __future__ import annotations

from pathlib import Path

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

from app.maps.basemap import Basemap
from app.service_requests.cells import tile_of

FIRST_ZOOM = 10
# Looked for so many tiles around the middle; how far the ground reaches from its own, in degrees.
AROUND, REACH = 3, 0.25
REPEATED = 4


def repeated_streets(basemap: Path, middle: tuple[float, float], over: tuple[float, float], written: Path) -> None:
    """Writes to `written` what `basemap` has around `middle` (lat, long), over the ground around `over`.

    The tiles do not join, but each is as full as a city's.
    """
    known = Basemap(basemap)
    last_zoom = known.about().max_zoom
    west, east = over[1] - REACH, over[1] + REACH
    south, north = over[0] - REACH, over[0] + REACH
    with write(str(written)) as writer:
        for zoom in range(FIRST_ZOOM, last_zoom + 1):
            tiles = fullest(known, zoom, *tile_of(zoom, *middle))
            (left, top), (right, bottom) = tile_of(zoom, north, west), tile_of(zoom, south, east)
            ground = [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
            for x, y in sorted(ground, key=lambda at: int(zxy_to_tileid(zoom, *at))):
                writer.write_tile(zxy_to_tileid(zoom, x, y), tiles[(x + 2 * y) % len(tiles)])
        header = {
            "tile_type": TileType.MVT,
            "tile_compression": Compression.GZIP,
            "min_lon_e7": int(west * 1e7),
            "min_lat_e7": int(south * 1e7),
            "max_lon_e7": int(east * 1e7),
            "max_lat_e7": int(north * 1e7),
            "center_zoom": FIRST_ZOOM,
            "center_lon_e7": int(over[1] * 1e7),
            "center_lat_e7": int(over[0] * 1e7),
        }
        writer.finalize(header, {"attribution": "Harbor Point"})


def fullest(basemap: Basemap, zoom: int, column: int, row: int) -> list[bytes]:
    """The tiles around one that hold the most, gzipped as the demo city's are."""
    steps = range(-AROUND, AROUND + 1)
    tiles = [basemap.tile(zoom, column + right, row + down) for right in steps for down in steps]
    return sorted((tile.data for tile in tiles if tile), key=len, reverse=True)[:REPEATED]
