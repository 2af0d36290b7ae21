"""Which way streets run, everywhere: a smooth field of directions over the city.

A street follows the shore, the river and the older roads near it, turns with the ground in the
suburbs, and is straight in the grids. Directions are kept as doubled angles, which can be averaged
(the tensor fields of Chen et al., "Interactive Procedural Street Modeling", SIGGRAPH 2008).
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import LineString

CELL = 80.0  # metres
LEFT, BOTTOM, RIGHT, TOP = -4600.0, -3500.0, 4600.0, 3900.0


@dataclass(frozen=True)
class Influence:
    """`line` pulls streets to run along it (family 0) or across it (1), to about `reach` metres."""

    line: LineString
    family: int
    reach: float
    weight: float = 1.0


class Field:
    """Angles in radians of family 0 at points of the plane; family 1 stands across."""

    def __init__(self, cosines: Any, sines: Any) -> None:
        self._cosines: list[list[float]] = cosines.tolist()
        self._sines: list[list[float]] = sines.tolist()

    def direction(self, x: float, y: float, family: int) -> tuple[float, float]:
        column, row = (x - LEFT) / CELL, (y - BOTTOM) / CELL
        i = min(max(int(column), 0), len(self._cosines[0]) - 2)
        j = min(max(int(row), 0), len(self._cosines) - 2)
        u, v = column - i, row - j
        c, s = (
            rows[j][i] * (1 - u) * (1 - v) + rows[j][i + 1] * u * (1 - v) + rows[j + 1][i] * (1 - u) * v
            + rows[j + 1][i + 1] * u * v
            for rows in (self._cosines, self._sines)
        )  # fmt: skip
        angle = math.atan2(s, c) / 2 + (math.pi / 2 if family else 0.0)
        return math.cos(angle), math.sin(angle)


def grid_points() -> tuple[Any, Any]:
    """Every cell's corner: two arrays of rows from south to north."""
    return np.meshgrid(np.arange(LEFT, RIGHT + CELL, CELL), np.arange(BOTTOM, TOP + CELL, CELL))


def make_field(influences: Sequence[Influence], wander: Any, dice: random.Random) -> Field:
    """`wander` is, for each grid point, the most that streets turn there by themselves, in radians."""
    x, y = grid_points()
    cosines = np.full(x.shape, 1e-4)
    sines = np.zeros(x.shape)
    for influence in influences:
        angle, distance = _tangents(influence.line, x, y)
        angle = angle + (math.pi / 2 if influence.family else 0.0)
        pull = influence.weight * np.exp(-((distance / influence.reach) ** 2)) + influence.weight * 0.004
        cosines += pull * np.cos(2 * angle)
        sines += pull * np.sin(2 * angle)
    turn = 2 * wander * smooth_noise(x, y, 900.0, dice)
    size = np.hypot(cosines, sines)
    cosines, sines = cosines / size, sines / size
    return Field(cosines * np.cos(turn) - sines * np.sin(turn), sines * np.cos(turn) + cosines * np.sin(turn))


def _tangents(line: LineString, x: Any, y: Any) -> tuple[Any, Any]:
    """For each grid point: the line's heading where it passes nearest, and how far off that is."""
    stations = np.arange(0.0, line.length, 50.0)
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, stations))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(stations + 20, line.length)))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(stations - 20, 0)))
    heading = np.arctan2(ahead[:, 1] - behind[:, 1], ahead[:, 0] - behind[:, 0])
    squares = (x[..., None] - here[:, 0]) ** 2 + (y[..., None] - here[:, 1]) ** 2
    nearest = squares.argmin(axis=-1)
    return heading[nearest], np.sqrt(squares.min(axis=-1))


def smooth_noise(x: Any, y: Any, wavelength: float, dice: random.Random) -> Any:
    """Values of about -1 to 1 that change over `wavelength` metres: a sum of waves from all sides."""
    total = np.zeros(x.shape)
    for _ in range(9):
        heading, phase = dice.uniform(0, math.tau), dice.uniform(0, math.tau)
        length = wavelength * dice.uniform(0.7, 1.6)
        total += np.sin((x * math.cos(heading) + y * math.sin(heading)) * math.tau / length + phase)
    return np.clip(total / 3.2, -1, 1)
