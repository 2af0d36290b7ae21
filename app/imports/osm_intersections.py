"""Intersections of an OpenStreetMap extract: where two streets with different names share a node."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any
from zlib import crc32

import numpy as np
import osmium
from numpy.typing import NDArray

from app.imports.place_rows import LONGEST, PlaceRow, make, tidy

# Nothing to stand at: planned ways, and lines that are no way.
NOT_STREETS = frozenset(
    ("proposed", "construction", "platform", "elevator", "corridor", "rest_area", "services", "bus_stop", "razed")
)
# The two carriageways of a boulevard meet a street at up to four nodes: one intersection.
SAME_CORNER_M = 60.0
METRES_PER_DEGREE = 111_320.0


@dataclass(slots=True)
class Corner:
    """Nodes close together at which the same two streets meet. Degrees, and the smallest node's number."""

    node: int
    lats: list[float] = field(default_factory=list)
    longs: list[float] = field(default_factory=list)


def intersections(file: osmium.io.File) -> Iterator[PlaceRow]:
    """One place for each corner, "A & B" in alphabetical order, the names as the map gives them."""
    names, nodes, streets = named_streets(file)
    meeting = meeting_streets(nodes, streets)
    corners: dict[tuple[int, int], list[Corner]] = {}
    shared: Iterable[Any] = osmium.FileProcessor(file, osmium.osm.NODE).with_filter(
        osmium.filter.IdFilter(list(meeting))
    )
    for node in shared:
        if node.location.valid():
            for pair in combinations(meeting[node.id], 2):
                add_to_corner(corners.setdefault(pair, []), node.id, node.location.lat, node.location.lon)
    for (first, second), found in corners.items():
        street, cross = sorted((names[first], names[second]), key=str.casefold)
        label = f"{street} & {cross}"
        for corner in found:
            # The sum of the label tells apart the pairs of streets that meet at one node.
            fields = {"source_id": f"osm:x{corner.node}:{crc32(label.encode()):08x}"}
            lat, long = sum(corner.lats) / len(corner.lats), sum(corner.longs) / len(corner.longs)
            yield make("intersection", fields, round(lat, 7), round(long, 7), label, street=street, cross=cross)


def named_streets(file: osmium.io.File) -> tuple[list[str], array[int], array[int]]:
    """The names of streets; and, in parallel, the nodes of every named street with the number of its name."""
    numbers: dict[str, int] = {}
    nodes, streets = array("q"), array("i")
    ways: Iterable[Any] = osmium.FileProcessor(file, osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway"))
    for way in ways:
        name = tidy(way.tags.get("name"))
        if not name or len(name) > LONGEST["street"] // 2 or way.tags["highway"] in NOT_STREETS:
            continue
        number = numbers.setdefault(name, len(numbers))
        for node in way.nodes:
            nodes.append(node.ref)
            streets.append(number)
    return list(numbers), nodes, streets


def meeting_streets(nodes: array[int], streets: array[int]) -> dict[int, list[int]]:
    """Node → the streets that meet there, for the nodes with more than one."""
    pairs: NDArray[Any] = np.unique(np.stack([np.array(nodes, np.int64), np.array(streets, np.int64)], axis=1), axis=0)
    _, starts, counts = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    shared = counts > 1
    return {
        int(pairs[start, 0]): pairs[start : start + count, 1].tolist()
        for start, count in zip(starts[shared].tolist(), counts[shared].tolist(), strict=True)
    }


def add_to_corner(corners: list[Corner], node: int, lat: float, long: float) -> None:
    for corner in corners:
        east = (long - corner.longs[0]) * math.cos(math.radians(lat))
        if math.hypot(lat - corner.lats[0], east) * METRES_PER_DEGREE <= SAME_CORNER_M:
            corner.node = min(corner.node, node)
            corner.lats.append(lat)
            corner.longs.append(long)
            return
    corners.append(Corner(node, [lat], [long]))
