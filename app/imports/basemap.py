"""`blockwise import basemap`: takes a PMTiles file with Protomaps' vector layers as the city's map.

The format: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md. The layers:
https://docs.protomaps.com/basemaps/layers.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, deserialize_header
from sqlalchemy.exc import DBAPIError

from app.db import open_database
from app.imports.problems import ImportProblem, ImportRefused, ImportSummary
from app.jurisdictions.queries import NoCity, city_bounds, get_jurisdiction
from app.settings import Settings

MAGIC = b"PMTiles"
HEADER_BYTES = 127
VERSION = 3
# Without these a map has nothing to be recognised by; `places`, `pois` and the others may be absent.
NEEDED_LAYERS = ("earth", "roads", "water")
READABLE = (Compression.NONE, Compression.GZIP)
E7 = 10_000_000

Bounds = tuple[float, float, float, float]


async def import_basemap(path: Path, settings: Settings) -> ImportSummary:
    """Checks a PMTiles file and puts it in the place of the basemap in one step; the server sees it at once.

    Raises ImportRefused, and leaves the basemap that is there, for a file that is no PMTiles version 3 of vector
    tiles with Protomaps' layers, or that does not show the city.
    """
    path = Path(path)
    bounds, layers = await asyncio.to_thread(check_archive, path)
    notes = [f"Layers: {', '.join(layers)}."]
    city = await bounds_of_city(settings)
    if city is None:
        notes.append("There is no city yet, so it was not checked that the map shows it.")
    elif not meet(bounds, city):
        raise refused(path, f"the map covers {said(bounds)}, the city lies at {said(city)}: they do not meet")
    changed = await asyncio.to_thread(put_in_place, path, settings.basemap_path)
    return ImportSummary(int(changed), 0, int(not changed), 0, (), tuple(notes))


def check_archive(path: Path) -> tuple[Bounds, list[str]]:
    """(west, south, east, north) in degrees and the names of the layers. Raises ImportRefused."""
    if not path.is_file():
        raise refused(path, "there is no such file")
    size = path.stat().st_size
    if size == 0:
        raise refused(path, "the file is empty")
    with path.open("rb") as file:
        start = file.read(HEADER_BYTES)
        if start[:7] != MAGIC:
            raise refused(path, "this is not a PMTiles file: it does not begin with “PMTiles”", 1, 1)
        if start[7:8] != bytes([VERSION]):
            found = start[7] if len(start) > 7 else "missing"
            raise refused(path, f"the PMTiles version is {found}; only version {VERSION} can be read", 1, 8)
        if len(start) < HEADER_BYTES:
            raise refused(path, f"the file ends within its header ({size} bytes)")
        try:
            header = deserialize_header(start)
            file.seek(header["metadata_offset"])
            metadata = json.loads(gzip.decompress(file.read(header["metadata_length"])))
        except (ValueError, EOFError, OSError, OverflowError, zlib.error) as error:
            raise refused(path, f"the header or the metadata cannot be read ({error})") from error
    check_header(path, header, size)
    layers = layer_names(metadata)
    missing = [name for name in NEEDED_LAYERS if name not in layers]
    if missing:
        has = ", ".join(layers) or "none"
        raise refused(path, f"the layers {', '.join(missing)} of Protomaps' basemap are missing; it has {has}")
    corners = (header["min_lon_e7"], header["min_lat_e7"], header["max_lon_e7"], header["max_lat_e7"])
    west, south, east, north = (corner / E7 for corner in corners)
    return (west, south, east, north), layers


def check_header(path: Path, header: Any, size: int) -> None:
    if header["tile_type"] is not TileType.MVT:
        raise refused(path, f"its tiles are {header['tile_type'].name}, not vector tiles (MVT)")
    if header["tile_compression"] not in READABLE or header["internal_compression"] is not Compression.GZIP:
        raise refused(path, "its tiles must be compressed with gzip or not at all, and its directories with gzip")
    end = max(header[f"{part}_offset"] + header[f"{part}_length"] for part in ("root", "metadata", "tile_data"))
    if end > size:
        raise refused(path, f"the file is cut off: it should have {end} bytes and has {size}")


def layer_names(metadata: Any) -> list[str]:
    layers = metadata.get("vector_layers") if isinstance(metadata, dict) else None
    if layers is None and isinstance(metadata, dict):
        layers = embedded_layers(metadata.get("json"))
    return sorted(str(layer.get("id")) for layer in layers or [] if isinstance(layer, dict))


def embedded_layers(text: Any) -> Any:
    """Files that were made from MBTiles keep the layers as a text of JSON."""
    try:
        return json.loads(text)["vector_layers"] if isinstance(text, str) else None
    except (ValueError, KeyError, TypeError):
        return None


async def bounds_of_city(settings: Settings) -> Bounds | None:
    """The city's box in degrees, or None where there is no city to compare with."""
    database = open_database(settings, pool_size=1)
    try:
        async with database.reading() as session:
            return await city_bounds(session, await get_jurisdiction(session))
    except (NoCity, DBAPIError):
        return None
    finally:
        await database.close()


def meet(one: Bounds, other: Bounds) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def said(bounds: Bounds) -> str:
    west, south, east, north = bounds
    return f"{south:.3f} to {north:.3f} north and {west:.3f} to {east:.3f} east"


def put_in_place(source: Path, target: Path) -> bool:
    """Copies beside the target and renames, so that a reader has the old map or the new one, never half."""
    if target.exists() and same_content(source, target):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    copy = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, source.open("rb") as original:
            shutil.copyfileobj(original, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        copy.chmod(0o644)
        copy.replace(target)
    except OSError:
        copy.unlink(missing_ok=True)
        raise
    return True


def same_content(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while chunk := left.read(1 << 20):
            if chunk != right.read(1 << 20):
                return False
    return True


def refused(path: Path, reason: str, line: int | None = None, column: int | None = None) -> ImportRefused:
    return ImportRefused([ImportProblem(path.name, line, column, reason)])
