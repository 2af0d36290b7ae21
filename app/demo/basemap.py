"""Writes the basemap: one PMTiles file of vector tiles, zoom 0 to 15, gzipped."""

import gzip
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from app.demo.city import City
from app.demo.mapfeatures import Feature, features
from app.demo.mvt import EXTENT, LINE, POINT, POLYGON, Layer

LAST_ZOOM = 15
MARGIN = 96  # tile units kept around a tile, so that lines join and outlines stay hidden
LAYERS = ("earth", "landuse", "water", "buildings", "roads", "boundaries", "places", "pois")
REACH = 0.16  # degrees around the city that have tiles at every zoom


def write_basemap(city: City, path: Path) -> None:
    """Makes or replaces `path`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    shown = list(features(city))
    unit = _unit_square(shown, city)
    lon, lat = city.frame.lon, city.frame.lat
    with write(str(unfinished)) as writer:
        for zoom in range(LAST_ZOOM + 1):
            for tile, data in sorted(_tiles(shown, unit, zoom, lon, lat)):
                writer.write_tile(tile, data)
        header = {
            "tile_type": TileType.MVT, "tile_compression": Compression.GZIP,
            "min_lon_e7": int((lon - REACH) * 1e7), "min_lat_e7": int((lat - REACH) * 1e7),
            "max_lon_e7": int((lon + REACH) * 1e7), "max_lat_e7": int((lat + REACH) * 1e7),
            "center_zoom": 13, "center_lon_e7": int(lon * 1e7), "center_lat_e7": int(lat * 1e7),
        }  # fmt: skip
        writer.finalize(header, _metadata(shown))
    unfinished.replace(path)


def _unit_square(shown: Sequence[Feature], city: City) -> Any:
    """All shapes in Web Mercator, the world being 0 to 1 from west to east and from north to south."""

    def project(xy: Any) -> Any:
        degrees = city.frame.degrees(xy)
        x = degrees[:, 0] / 360 + 0.5
        latitude = np.radians(np.clip(degrees[:, 1], -85.0511, 85.0511))
        y = 0.5 - np.log(np.tan(math.pi / 4 + latitude / 2)) / (2 * math.pi)
        return np.stack([x, y], axis=1)

    return shapely.transform(np.array([feature.shape for feature in shown]), project)


def _tiles(shown: Sequence[Feature], unit: Any, zoom: int, lon: float, lat: float) -> Iterator[tuple[int, bytes]]:
    chosen = [i for i, feature in enumerate(shown) if feature.first <= zoom <= feature.last]
    world = EXTENT * 2.0**zoom
    shapes = shapely.transform(unit[chosen], lambda xy: xy * world)
    shapes, chosen = _generalised(shapes, chosen, zoom)
    tree = STRtree(shapes)
    properties = [shown[i].properties(zoom) for i in chosen]
    for x, y in _covered(zoom, lon, lat):
        west, north = x * EXTENT, y * EXTENT
        around = (west - MARGIN, north - MARGIN, west + EXTENT + MARGIN, north + EXTENT + MARGIN)
        found = np.sort(tree.query(shapely.box(*around)))
        layers = {name: Layer(name) for name in LAYERS}
        clipped = shapely.clip_by_rect(shapes[found], *around)
        for i, shape in zip(found.tolist(), clipped, strict=True):
            for kind, parts in _parts(shape, west, north):
                layers[shown[chosen[i]].layer].add(kind, parts, properties[i])
        data = b"".join(layer.encoded() for layer in layers.values())
        yield zxy_to_tileid(zoom, x, y), gzip.compress(data, 6, mtime=0)


def _generalised(shapes: Any, chosen: list[int], zoom: int) -> tuple[Any, list[int]]:
    """Simplified to what a screen shows, without what is too small to see."""
    simple = shapely.simplify(shapes, 1.0 if zoom == LAST_ZOOM else 6.0)
    areal = shapely.get_type_id(simple) % 3 == 0
    small = (areal & (shapely.get_type_id(simple) > 0) & (shapely.area(simple) < 40)) | shapely.is_empty(simple)
    keep = np.flatnonzero(~small)
    return simple[keep], [chosen[i] for i in keep.tolist()]


def _covered(zoom: int, lon: float, lat: float) -> Iterator[tuple[int, int]]:
    def tile(longitude: float, latitude: float) -> tuple[int, int]:
        y = 0.5 - math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) / (2 * math.pi)
        return int((longitude / 360 + 0.5) * 2**zoom), int(y * 2**zoom)

    west, north = tile(lon - REACH, lat + REACH)
    east, south = tile(lon + REACH, lat - REACH)
    # From afar a screen shows more than the city: then the sea around it has tiles too.
    more = 2 if zoom < 13 else 0
    columns = range(max(0, west - more), min(2**zoom - 1, east + more) + 1)
    rows = range(max(0, north - more), min(2**zoom - 1, south + more) + 1)
    return ((x, y) for x in columns for y in rows)


def _parts(shape: BaseGeometry, west: float, north: float) -> Iterator[tuple[int, list[list[tuple[int, int]]]]]:
    """The shape in tile units by its dimension."""
    by_kind: dict[int, list[list[tuple[int, int]]]] = defaultdict(list)
    for part in shapely.get_parts(shape):
        name = part.geom_type
        if name == "GeometryCollection":
            for kind, inner in _parts(part, west, north):
                by_kind[kind] += inner
        elif name == "Polygon":
            outer = _units(part.exterior, west, north)
            if _doubled_area(outer) == 0:
                continue
            by_kind[POLYGON].append(outer if _doubled_area(outer) > 0 else outer[::-1])
            for ring in part.interiors:
                hole = _units(ring, west, north)
                if _doubled_area(hole):
                    by_kind[POLYGON].append(hole if _doubled_area(hole) < 0 else hole[::-1])
        elif not part.is_empty:
            by_kind[POINT if name == "Point" else LINE].append(_units(part, west, north))
    yield from by_kind.items()


def _units(line: BaseGeometry, west: float, north: float) -> list[tuple[int, int]]:
    return [(x, y) for x, y in np.rint(shapely.get_coordinates(line) - (west, north)).astype(int).tolist()]


def _doubled_area(ring: list[tuple[int, int]]) -> int:
    """Positive for a ring that runs clockwise on the screen."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def _metadata(shown: Sequence[Feature]) -> dict[str, Any]:
    fields: dict[str, dict[str, str]] = {name: {} for name in LAYERS}
    zooms: dict[str, list[int]] = {name: [] for name in LAYERS}
    for feature in shown:
        zooms[feature.layer] += [feature.first, feature.last]
        for key, value in feature.properties(LAST_ZOOM).items():
            kind = "Boolean" if isinstance(value, bool) else "Number" if isinstance(value, int) else "String"
            fields[feature.layer][key] = kind
    return {
        "name": "Harbor Point",
        "description": "A made-up city, drawn for the Blockwise demo.",
        "attribution": "Harbor Point is a made-up city",
        "type": "baselayer",
        "version": "4.0.0",
        "vector_layers": [
            {"id": name, "fields": fields[name], "minzoom": min(zooms[name]), "maxzoom": max(zooms[name])}
            for name in LAYERS
        ],
    }
