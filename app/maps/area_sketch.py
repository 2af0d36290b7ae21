"""A small drawing of a layer, to show where in the city an area lies: with no script, on paper, in a frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from numpy.typing import NDArray

# Units of the drawing along its longer side, and what may be left out in them.
SIDE = 400
COARSE = 1.5


@dataclass(frozen=True, slots=True)
class Sketch:
    """`paths` are the areas by code as the `d` of an SVG path, in a box of width × height."""

    width: int
    height: int
    paths: dict[str, str]


def make_sketch(codes: Sequence[str], shapes: NDArray[Any]) -> Sketch:
    """`shapes` are in degrees; the drawing is as a map shows them, north up."""
    if not len(shapes):
        return Sketch(SIDE, SIDE, {})
    west, south, east, north = shapely.total_bounds(shapes)
    squeeze = math.cos(math.radians((south + north) / 2))
    unit = SIDE / max((east - west) * squeeze, north - south, 1e-9)
    drawn = shapely.transform(shapes, lambda xy: (xy - [west, north]) * [unit * squeeze, -unit])
    coarse = shapely.coverage_simplify(drawn, COARSE)
    paths = {code: path(shape) for code, shape in zip(codes, coarse, strict=True)}
    return Sketch(math.ceil((east - west) * squeeze * unit), math.ceil((north - south) * unit), paths)


def path(shape: Any) -> str:
    rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    lines = (" ".join(f"{x:.0f},{y:.0f}" for x, y in ring.coords[:-1]) for ring in rings)
    return "".join(f"M{line}Z" for line in lines)
