"""The basemap: one PMTiles file, read tile by tile without copying it into memory.

The format: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md.
"""

from __future__ import annotations

import gzip
import json
import mmap
from array import array
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from pmtiles.tile import Compression, HeaderDict, deserialize_directory, deserialize_header, zxy_to_tileid

HEADER_BYTES = 127
# The root, and leaves below it; a deeper file does not exist (specification, 4.2).
DEEPEST = 4
# A leaf holds some thousand tiles at 32 bytes each: a screen of map needs one or two.
LEAVES_KEPT = 16
ROOT = -1


class NoBasemap(LookupError):
    """There is no basemap to read: it was never made or imported, or it cannot be read."""


class OutsideZoom(LookupError):
    """The basemap has no tile of this zoom."""


@dataclass(frozen=True, slots=True)
class Tile:
    """The bytes of a vector tile as they are stored, and a tag that changes when they may have."""

    data: bytes
    gzipped: bool
    etag: str


@dataclass(frozen=True, slots=True)
class About:
    """The zooms of a basemap, its box (west, south, east, north in degrees), and whom to name for it."""

    min_zoom: int
    max_zoom: int
    bounds: tuple[float, ...]
    attribution: str


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory of the file: four columns, in the order of the tiles' numbers."""

    tile_ids: array[int]
    offsets: array[int]
    lengths: array[int]
    runs: array[int]


@dataclass(slots=True)
class Archive:
    """An open file: its header, its bytes, and the directories that were used last."""

    stamp: tuple[int, int, int]
    header: HeaderDict
    content: mmap.mmap
    directories: OrderedDict[int, Directory] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)


class Basemap:
    """The tiles of a PMTiles file; opened when first asked for, and again when another file takes its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive: Archive | None = None

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """A tile of the Web Mercator grid; None where the map is empty.

        Raises NoBasemap, and OutsideZoom for a zoom that the file does not have; ValueError for an x or y
        that is not on the grid.
        """
        archive = self._open()
        if not archive.header["min_zoom"] <= z <= archive.header["max_zoom"]:
            raise OutsideZoom(z)
        found = find(archive, zxy_to_tileid(z, x, y))
        if found is None:
            return None
        offset, length = found
        start = archive.header["tile_data_offset"] + offset
        etag = f'"{archive.stamp[0]:x}-{start:x}-{length:x}"'
        gzipped = archive.header["tile_compression"] is Compression.GZIP
        return Tile(archive.content[start : start + length], gzipped, etag)

    def size(self, z: int, x: int, y: int) -> tuple[int, int]:
        """(bytes as stored, bytes unpacked) of a tile; (0, 0) where the map is empty. Raises like `tile`."""
        tile = self.tile(z, x, y)
        if tile is None:
            return 0, 0
        # A gzip file ends with the length of what it holds (RFC 1952, 2.3.1).
        plain = int.from_bytes(tile.data[-4:], "little") if tile.gzipped else len(tile.data)
        return len(tile.data), plain

    @property
    def version(self) -> str:
        """Changes with the file; each tile's tag begins with it. Raises NoBasemap."""
        return f"{self._open().stamp[0]:x}"

    def about(self) -> About:
        """What a map has to know of the file before its first tile. Raises NoBasemap."""
        archive = self._open()
        header = archive.header
        start = header["metadata_offset"]
        try:
            raw = archive.content[start : start + header["metadata_length"]]
            gzipped = header["internal_compression"] is Compression.GZIP
            metadata = json.loads(gzip.decompress(raw) if gzipped else raw)
        except (OSError, ValueError) as error:
            raise NoBasemap(str(error)) from error
        sides = (header[side] / 10_000_000 for side in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7"))
        return About(header["min_zoom"], header["max_zoom"], tuple(sides), str(metadata.get("attribution") or ""))

    def _open(self) -> Archive:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self._archive is None or self._archive.stamp != stamp:
                self._archive = open_archive(self._path, stamp)
            return self._archive
        except (OSError, ValueError, LookupError) as error:
            raise NoBasemap(str(error)) from error


def open_archive(path: Path, stamp: tuple[int, int, int]) -> Archive:
    """The old file stays open as long as somebody still reads from it."""
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return Archive(stamp, deserialize_header(content[:HEADER_BYTES]), content)
    except Exception as error:
        raise ValueError(f"{path.name} is no PMTiles file of version 3") from error


def find(archive: Archive, tile_id: int) -> tuple[int, int] | None:
    """(offset in the tile data, length) of a tile, or None."""
    header, leaf = archive.header, ROOT
    offset, length = header["root_offset"], header["root_length"]
    for _ in range(DEEPEST):
        directory = read_directory(archive, leaf, offset, length)
        position = bisect_right(directory.tile_ids, tile_id) - 1
        if position < 0:
            return None
        run, start = directory.runs[position], directory.offsets[position]
        if run:
            inside = tile_id - directory.tile_ids[position] < run
            return (start, directory.lengths[position]) if inside else None
        leaf, offset, length = start, header["leaf_directory_offset"] + start, directory.lengths[position]
    return None


def read_directory(archive: Archive, key: int, offset: int, length: int) -> Directory:
    with archive.lock:
        if key in archive.directories:
            archive.directories.move_to_end(key)
            return archive.directories[key]
    entries = deserialize_directory(archive.content[offset : offset + length])
    directory = Directory(
        array("Q", (entry.tile_id for entry in entries)),
        array("Q", (entry.offset for entry in entries)),
        array("Q", (entry.length for entry in entries)),
        array("Q", (entry.run_length for entry in entries)),
    )
    with archive.lock:
        archive.directories[key] = directory
        if len(archive.directories) > LEAVES_KEPT:
            oldest = next(kept for kept in archive.directories if kept != ROOT)
            del archive.directories[oldest]
    return directory
