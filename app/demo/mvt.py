"""Mapbox Vector Tiles 2.1, written directly: a city's tiles are made in seconds.

https://github.com/mapbox/vector-tile-spec/tree/master/2.1
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

POINT, LINE, POLYGON = 1, 2, 3
EXTENT = 4096
Ring = Sequence[tuple[int, int]]


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


SMALL = [varint(n) for n in range(1 << 14)]


def number(value: int) -> bytes:
    return SMALL[value] if value < len(SMALL) else varint(value)


def chunk(field: int, data: bytes) -> bytes:
    """A length-delimited field."""
    return number(field << 3 | 2) + number(len(data)) + data


def value(thing: str | int | float | bool) -> bytes:
    if isinstance(thing, bool):
        return b"\x38" + number(int(thing))
    if isinstance(thing, int):
        return b"\x28" + number(thing)
    if isinstance(thing, float):
        raise TypeError("floats are not used on this map")
    return chunk(1, thing.encode())


class Layer:
    """One layer of one tile. `add` takes coordinates in tile units, y down."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._features: list[bytes] = []
        self._keys: dict[str, int] = {}
        self._values: dict[bytes, int] = {}

    def add(self, kind: int, parts: Iterable[Ring], properties: Mapping[str, Any]) -> None:
        """`parts`: points, lines, or closed rings (each outer ring clockwise on the screen, then its holes)."""
        geometry = _commands(kind, parts)
        if not geometry:
            return
        tags = bytearray()
        for key, thing in properties.items():
            tags += number(self._keys.setdefault(key, len(self._keys)))
            tags += number(self._values.setdefault(value(thing), len(self._values)))
        self._features.append(chunk(2, chunk(2, bytes(tags)) + b"\x18" + number(kind) + chunk(4, geometry)))

    def encoded(self) -> bytes:
        """The layer as a field of its tile; empty without features."""
        if not self._features:
            return b""
        keys = b"".join(chunk(3, key.encode()) for key in self._keys)
        values = b"".join(chunk(4, thing) for thing in self._values)
        head = b"\x78\x02" + chunk(1, self.name.encode())
        return chunk(3, head + b"".join(self._features) + keys + values + b"\x28" + number(EXTENT))


def _commands(kind: int, parts: Iterable[Ring]) -> bytes:
    out = bytearray()
    x = y = 0
    if kind == POINT:
        points = [point for part in parts for point in part]
        out += number(len(points) << 3 | 1)
        for px, py in points:
            out += _zigzag(px - x) + _zigzag(py - y)
            x, y = px, py
        return bytes(out)
    for part in parts:
        path = [point for i, point in enumerate(part) if i == 0 or point != part[i - 1]]
        if kind == POLYGON:
            path = path[:-1] if path and path[0] == path[-1] else path
        if len(path) < kind:
            continue
        out += b"\x09" + _zigzag(path[0][0] - x) + _zigzag(path[0][1] - y) + number(len(path) - 1 << 3 | 2)
        x, y = path[0]
        for px, py in path[1:]:
            out += _zigzag(px - x) + _zigzag(py - y)
            x, y = px, py
        if kind == POLYGON:
            out += b"\x0f"
    return bytes(out)


def _zigzag(delta: int) -> bytes:
    folded = delta << 1 if delta >= 0 else (-delta << 1) - 1
    return SMALL[folded] if folded < len(SMALL) else varint(folded)
