"""TopoJSON: areas that share their borders. See https://github.com/topojson/topojson-specification, version 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.imports.features import Feature
from app.imports.json_stream import JsonStream

Position = tuple[float, float]


@dataclass(frozen=True, slots=True)
class TopologyObject:
    """One geometry of an `objects` member, before its arcs are known."""

    line: int
    column: int
    value: Any


def read_objects(stream: JsonStream) -> dict[str, list[TopologyObject]]:
    """The geometries of each named object at the stream's position, the value of the member `objects`."""
    objects: dict[str, list[TopologyObject]] = {}
    for name in stream.members():
        line, column = stream.position()
        single: dict[str, Any] = {}
        found = objects.setdefault(name, [])
        for key in stream.members():
            if key == "geometries" and stream.peek() == "[":
                found.extend(TopologyObject(*place, stream.value()) for place in stream.elements())
            else:
                single[key] = stream.value()
        if single.get("type") != "GeometryCollection":
            found.append(TopologyObject(line, column, single))
    return objects


def decode_features(objects: dict[str, list[TopologyObject]], members: dict[str, Any]) -> list[Feature]:
    """All geometries of a topology as features with GeoJSON geometries.

    Raises ValueError where an arc or the transform is not as the specification says.
    """
    arcs = decode_arcs(members.get("arcs"), members.get("transform"))
    every = [item for items in objects.values() for item in items]
    return [decode_feature(item, number, arcs) for number, item in enumerate(every, start=1)]


def decode_feature(item: TopologyObject, number: int, arcs: list[list[Position]]) -> Feature:
    value = item.value if isinstance(item.value, dict) else {}
    properties = dict(value.get("properties") or {})
    if "id" in value:
        properties.setdefault("id", value["id"])
    return Feature(number, item.line, item.column, properties, decode_geometry(value, arcs))


def decode_geometry(value: dict[str, Any], arcs: list[list[Position]]) -> dict[str, Any] | None:
    match value.get("type"):
        case "Polygon":
            return {"type": "Polygon", "coordinates": polygon(value.get("arcs"), arcs)}
        case "MultiPolygon":
            parts = [polygon(part, arcs) for part in value.get("arcs") or []]
            return {"type": "MultiPolygon", "coordinates": parts}
        case "GeometryCollection":
            inner = [decode_geometry(part, arcs) for part in value.get("geometries") or []]
            return {"type": "GeometryCollection", "geometries": [part for part in inner if part]}
        case None:
            return None
        case other:
            return {"type": other}


def polygon(rings: Any, arcs: list[list[Position]]) -> list[list[Position]]:
    return [list(ring_positions(ring, arcs)) for ring in rings or []]


def ring_positions(indexes: Any, arcs: list[list[Position]]) -> Iterator[Position]:
    """The arcs of a ring joined; a negative index ~i is arc i backwards; shared end points stand once."""
    for order, index in enumerate(indexes):
        if not isinstance(index, int) or not -len(arcs) <= index < len(arcs):
            raise ValueError(f"arc {index!r} is not in the file, which has {len(arcs)}")
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        yield from arc[1:] if order else arc


def decode_arcs(arcs: Any, transform: Any) -> list[list[Position]]:
    if not isinstance(arcs, list):
        raise ValueError("a topology needs a list of arcs")
    try:
        if transform is None:
            return [[(float(x), float(y)) for x, y, *_ in arc] for arc in arcs]
        (scale_x, scale_y), (shift_x, shift_y) = transform["scale"], transform["translate"]
        return [list(undo_deltas(arc, scale_x, scale_y, shift_x, shift_y)) for arc in arcs]
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"an arc or the transform of the topology cannot be read ({error})") from error


def undo_deltas(arc: Any, scale_x: float, scale_y: float, shift_x: float, shift_y: float) -> Iterator[Position]:
    x = y = 0
    for dx, dy, *_ in arc:
        x, y = x + dx, y + dy
        yield x * scale_x + shift_x, y * scale_y + shift_y
