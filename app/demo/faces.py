"""The blocks between the streets: the pieces that districts are put together from."""

import heapq
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LinearRing, LineString, MultiPolygon, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from app.demo.network import Network

XY = tuple[float, float]
# What it costs, in metres, to grow a district across: it would rather stop there.
RIVER, HIGHWAY, RAILWAY, ARTERIAL, AVENUE = 2600.0, 1500.0, 350.0, 420.0, 240.0


@dataclass(frozen=True)
class Faces:
    """The city cut into blocks, who lives in each, and what it costs to cross to the next."""

    shapes: list[Polygon]
    people: list[int]
    homes_of: list[list[int]]  # the addresses in each
    next_to: list[dict[int, float]]

    def at(self, xy: XY) -> int:
        return int(shapely.distance(self.shapes, shapely.Point(xy)).argmin())


def cut_into_blocks(network: Network, limits: MultiPolygon, others: Sequence[LineString | LinearRing]) -> list[Polygon]:
    """Blocks between the streets and `others` that cover `limits` without gap or overlap.

    Neighbours share their vertices exactly.
    """
    lines = [*others, *(link.line for link in network.links)]
    inside = [shapely.intersection(line, limits) for line in lines]
    edges = shapely.union_all([*inside, limits.boundary])
    cells = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges).tolist()))
    shapely.prepare(limits)
    return [cell for cell in cells if limits.contains(cell.representative_point())]


def make_faces(
    shapes: list[Polygon],
    network: Network,
    river: LineString,
    highway: LineString,
    railway: Sequence[LineString],
    homes: Sequence[tuple[XY, int]],
) -> Faces:
    """`homes`: where, and how many people."""
    costs: list[tuple[BaseGeometry, float]] = [(river, RIVER), (highway, HIGHWAY)]
    costs += [(line, RAILWAY) for line in railway]
    for link in network.links:
        if link.kind != "residential":
            costs.append((link.line, ARTERIAL if link.kind == "primary" else AVENUE))
    people, homes_of = _residents(shapes, homes)
    return Faces(shapes, people, homes_of, _neighbours(shapes, costs))


def _residents(shapes: list[Polygon], homes: Sequence[tuple[XY, int]]) -> tuple[list[int], list[list[int]]]:
    points = shapely.points(np.array([at for at, _ in homes]))
    home, face = STRtree(shapes).query(points, predicate="within")
    people = [0] * len(shapes)
    inside: list[list[int]] = [[] for _ in shapes]
    for h, f in zip(home.tolist(), face.tolist(), strict=True):
        people[f] += homes[h][1]
        inside[f].append(h)
    return people, inside


def _neighbours(shapes: list[Polygon], costs: list[tuple[BaseGeometry, float]]) -> list[dict[int, float]]:
    sides: dict[tuple[XY, XY], list[int]] = defaultdict(list)
    for number, shape in enumerate(shapes):
        for ring in (shape.exterior, *shape.interiors):
            for a, b in zip(ring.coords, ring.coords[1:], strict=False):
                sides[(a, b) if a < b else (b, a)].append(number)
    shared = [(key, faces) for key, faces in sides.items() if len(faces) == 2 and faces[0] != faces[1]]
    middles = shapely.points(np.array([((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for (a, b), _ in shared]))
    penalty = [0.0] * len(shared)
    which, line = STRtree([geometry for geometry, _ in costs]).query(middles, predicate="dwithin", distance=0.5)
    for side, cost in zip(which.tolist(), line.tolist(), strict=True):
        penalty[side] = max(penalty[side], costs[cost][1])
    lengths: dict[tuple[int, int], float] = defaultdict(float)
    weighted: dict[tuple[int, int], float] = defaultdict(float)
    for ((a, b), faces), cost in zip(shared, penalty, strict=True):
        pair = (min(faces), max(faces))
        lengths[pair] += math.dist(a, b)
        weighted[pair] += math.dist(a, b) * cost
    out: list[dict[int, float]] = [{} for _ in shapes]
    centres = [(s.centroid.x, s.centroid.y) for s in shapes]
    for (u, v), length in lengths.items():
        if length > 1:
            out[u][v] = out[v][u] = math.dist(centres[u], centres[v]) + weighted[(u, v)] / length
    return out


def grow(faces: Faces, seeds: Sequence[XY], start: Sequence[float] | None = None) -> list[int]:
    """For each face the number of the seed that reaches it first; what none reaches goes to the nearest.

    Shortest paths from all seeds at once (Dijkstra), so every district hangs together.
    """
    owner = [-1] * len(faces.shapes)
    first = [faces.at(seed) for seed in seeds]
    queue = [(start[i] if start else 0.0, i, face) for i, face in enumerate(first)]
    heapq.heapify(queue)
    kept = {face: i for i, face in enumerate(first)}
    while queue:
        cost, seed, face = heapq.heappop(queue)
        if owner[face] >= 0 or kept.get(face, seed) != seed:
            continue
        owner[face] = seed
        for other, step in faces.next_to[face].items():
            if owner[other] < 0:
                heapq.heappush(queue, (cost + step, seed, other))
    for face, seed in enumerate(owner):
        if seed < 0:
            near = faces.shapes[face].centroid
            reached = [i for i in range(len(owner)) if owner[i] >= 0]
            owner[face] = owner[min(reached, key=lambda i: faces.shapes[i].distance(near))]
    return owner


def grow_evenly(faces: Faces, seeds: Sequence[XY], spread: float) -> list[int]:
    """As `grow`, with late starts for the crowded until each has its share of people within `spread`."""
    late = [0.0] * len(seeds)
    target = sum(faces.people) / len(seeds)
    best: tuple[float, list[int]] = (math.inf, [])
    for turn in range(60):
        owner = grow(faces, seeds, late)
        people = [0] * len(seeds)
        for face, seed in enumerate(owner):
            people[seed] += faces.people[face]
        worst = max(abs(p - target) / target for p in people)
        if worst < best[0]:
            best = (worst, owner)
        if worst < spread:
            break
        late = [at + (420 - 5 * turn) * (p - target) / target for at, p in zip(late, people, strict=True)]
        late = [at - min(late) for at in late]
    return best[1]
