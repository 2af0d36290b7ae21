"""Streets grown along the field at an even distance from each other.

Evenly spaced streamlines after Jobard and Lefer, "Creating Evenly-Spaced Streamlines of Arbitrary
Density" (1997): each new line starts beside an older one, and ends where it comes too near another.
"""

import math
import random
from collections.abc import Callable, Iterable

from shapely import LineString

from app.demo.field import Field

XY = tuple[float, float]
STEP = 12.0
BUCKET = 60.0
NEAREST = 0.62  # of the spacing: nearer than this, a line ends


class Grower:
    """Grows the two families of streets; `spacing(x, y, family)` in metres is 0 where none may be."""

    def __init__(self, field: Field, spacing: Callable[[float, float, int], float], dice: random.Random) -> None:
        self.field, self.spacing, self.dice = field, spacing, dice
        self.grown: list[tuple[int, LineString]] = []
        self._points: tuple[dict[tuple[int, int], list[XY]], ...] = ({}, {})
        self._seeds: list[tuple[int, XY]] = []

    def add_existing(self, family: int, line: LineString) -> None:
        """A road that the new ones keep their distance from, and start beside."""
        n = int(line.length / STEP)
        self._remember(family, [(p.x, p.y) for p in (line.interpolate(i * STEP) for i in range(n + 1))])

    def grow(self) -> list[tuple[int, LineString]]:
        while self._seeds:
            for family, seed in self._next_seeds():
                if self._room(seed, family, 0.93):
                    self._grow_from(seed, family)
        return self.grown

    def _next_seeds(self) -> Iterable[tuple[int, XY]]:
        seeds, self._seeds = self._seeds, []
        self.dice.shuffle(seeds)
        return seeds

    def _grow_from(self, seed: XY, family: int) -> None:
        back = self._follow(seed, family, -1)
        line = [*back[::-1], seed, *self._follow(seed, family, 1)]
        if (len(line) - 1) * STEP < 70:
            return
        self.grown.append((family, LineString(line)))
        self._remember(family, line)

    def _follow(self, start: XY, family: int, sign: int) -> list[XY]:
        out: list[XY] = []
        x, y = start
        dx, dy = self.field.direction(x, y, family)
        dx, dy = dx * sign, dy * sign
        for _ in range(int(self.dice.uniform(700, 2600) / STEP)):
            mx, my = self._turned(x + dx * STEP / 2, y + dy * STEP / 2, family, dx, dy)
            x, y, dx, dy = x + mx * STEP, y + my * STEP, mx, my
            if not self._room((x, y), family, NEAREST):
                break
            out.append((x, y))
        return out

    def _turned(self, x: float, y: float, family: int, dx: float, dy: float) -> XY:
        nx, ny = self.field.direction(x, y, family)
        return (nx, ny) if nx * dx + ny * dy >= 0 else (-nx, -ny)

    def _room(self, at: XY, family: int, share: float) -> bool:
        spacing = self.spacing(at[0], at[1], family)
        if spacing <= 0:
            return False
        least = (spacing * share) ** 2
        reach = int(spacing * share / BUCKET) + 1
        i, j = int(at[0] // BUCKET), int(at[1] // BUCKET)
        buckets = self._points[family]
        for column in range(i - reach, i + reach + 1):
            for row in range(j - reach, j + reach + 1):
                for x, y in buckets.get((column, row), ()):
                    if (x - at[0]) ** 2 + (y - at[1]) ** 2 < least:
                        return False
        return True

    def _remember(self, family: int, line: list[XY]) -> None:
        for x, y in line:
            self._points[family].setdefault((int(x // BUCKET), int(y // BUCKET)), []).append((x, y))
        for (ax, ay), (bx, by) in zip(line[::4], line[1::4], strict=False):
            length = math.dist((ax, ay), (bx, by))
            if length == 0:
                continue
            for side in (-1, 1):
                gap = self.spacing(ax, ay, family) or 90.0
                self._seeds.append(
                    (family, (ax - side * (by - ay) / length * gap, ay + side * (bx - ax) / length * gap))
                )
