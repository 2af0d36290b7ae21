"""Curves that the hand-set parts of the city are drawn with. Plane metres throughout."""

import math
import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from shapely import LineString, Polygon
from shapely.affinity import rotate

XY = tuple[float, float]


def spline(points: Sequence[XY], step: float = 20.0, closed: bool = False) -> list[XY]:
    """Points about `step` apart on the Catmull-Rom curve through `points`."""
    p = [np.array(point, dtype=float) for point in points]
    first, last = (p[-1], p[0]) if closed else (2 * p[0] - p[1], 2 * p[-1] - p[-2])
    p = [first, *p, last] + ([p[1]] if closed else [])
    curve: list[XY] = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        pieces = max(1, int(math.dist(b, c) / step))
        for t in (i / pieces for i in range(pieces)):
            q = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            curve.append((float(q[0]), float(q[1])))
    if not closed:
        curve.append((float(p[-2][0]), float(p[-2][1])))
    return curve


def curve(*points: XY, step: float = 20.0) -> LineString:
    return LineString(spline(points, step))


def blob(*points: XY, step: float = 20.0) -> Polygon:
    return Polygon(spline(points, step, closed=True)).buffer(0)


def rough(points: Sequence[XY], dice: random.Random, size: float, least: float = 60.0) -> list[XY]:
    """`points`, each stretch longer than `least` broken by midpoint displacement, as a coast is."""
    out: list[XY] = []
    for a, b in pairwise(points):
        out.append(a)
        out.extend(_displaced(a, b, dice, size, least))
    return [*out, points[-1]]


def _displaced(a: XY, b: XY, dice: random.Random, size: float, least: float) -> list[XY]:
    length = math.dist(a, b)
    if length < least:
        return []
    push = dice.uniform(-size, size)
    x = (a[0] + b[0]) / 2 - (b[1] - a[1]) * push
    y = (a[1] + b[1]) / 2 + (b[0] - a[0]) * push
    mid = (x, y)
    return [*_displaced(a, mid, dice, size, least), mid, *_displaced(mid, b, dice, size, least)]


def box(x: float, y: float, width: float, height: float, degrees: float = 0.0) -> Polygon:
    """A rectangle around (x, y), turned counter-clockwise."""
    w, h = width / 2, height / 2
    corners = [(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)]
    return rotate(Polygon(corners), degrees, origin=(x, y))


def widening(line: LineString, widths: Sequence[float]) -> Polygon:
    """The band around `line` whose full width runs through `widths`, evenly spaced along it."""
    n = max(2, int(line.length / 25))
    left: list[XY] = []
    right: list[XY] = []
    for i in range(n + 1):
        at = line.length * i / n
        a = line.interpolate(max(0.0, at - 5))
        b = line.interpolate(min(line.length, at + 5))
        here = line.interpolate(at)
        half = float(np.interp(i / n, np.linspace(0, 1, len(widths)), widths)) / 2
        size = math.dist((a.x, a.y), (b.x, b.y))
        nx, ny = -(b.y - a.y) / size * half, (b.x - a.x) / size * half
        left.append((here.x + nx, here.y + ny))
        right.append((here.x - nx, here.y - ny))
    return Polygon(left + right[::-1]).buffer(0)
