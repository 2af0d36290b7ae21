"""The rest of the island, drawn thinly: roads around it, woods, and the towns next door."""

import math
import random
from collections.abc import Iterator

import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from app.demo.mainroads import highway, main_roads
from app.demo.shapes import spline
from app.demo.terrain import Terrain

XY = tuple[float, float]
CENTRES: dict[str, XY] = {
    "town-tarrow": (-8300, -1450), "town-north-wescott": (-2600, 7600), "town-pells-landing": (7500, 560),
}  # fmt: skip
VILLAGE = 520.0  # metres from its centre to its edge


def roads(terrain: Terrain) -> Iterator[LineString]:
    """One around the island, some way from the shore, and spokes to it; none inside the city."""
    ring = Polygon(terrain.land.geoms[0].buffer(-1500).buffer(700).exterior).simplify(250)
    around = LineString(spline(shapely.get_coordinates(ring).tolist()[:-1], 80, closed=True))
    outside = around.difference(terrain.limits.buffer(250).envelope.buffer(-100))
    yield from (part for part in shapely.get_parts(outside) if part.length > 800)
    for spoke in (
        [(-9600, -1700), (-10600, -900), (-11000, 1200)], [(9300, -100), (10100, 400), (10600, 2200)],
        [(-2500, 9000), (-2200, 10000), (-2300, 10900)], [(2200, 7500), (1600, 9200), (1500, 10800)],
        [(6500, 700), (7600, 2600), (7400, 5600)], [(-9000, 1900), (-8200, 4200), (-8400, 7400)],
    ):  # fmt: skip
        yield LineString(spline(spoke, 80))


def woods(terrain: Terrain) -> Iterator[BaseGeometry]:
    """Some thirty, outside of the limits and of the villages, clear of the larger roads."""
    dice = random.Random("woods")
    free = terrain.land.geoms[0].buffer(-500).difference(terrain.limits.buffer(300))
    lanes = [highway(), *(road.line for road in main_roads()), *roads(terrain)]
    villages = [Point(centre).buffer(VILLAGE + 150) for centre in CENTRES.values()]
    free = free.difference(shapely.union_all([*(lane.buffer(45) for lane in lanes), *villages]))
    west, south, east, north = free.bounds
    for _ in range(46):
        x, y, size = dice.uniform(west, east), dice.uniform(south, north), dice.uniform(350, 1100)
        turns = [math.tau * i / 7 for i in range(7)]
        edge = [(x + size * dice.uniform(0.6, 1.2) * math.cos(t), y + size * dice.uniform(0.6, 1.2) * math.sin(t))
                for t in turns]  # fmt: skip
        wood = Polygon(spline(edge, 60, closed=True)).buffer(0).intersection(free)
        if wood.area > 100_000:
            yield wood


def village_streets() -> Iterator[LineString]:
    """A few crooked blocks around each centre."""
    for number, (x, y) in enumerate(CENTRES.values()):
        dice = random.Random(f"village {number}")
        turn = dice.uniform(0.1, 0.5)
        for across in (False, True):
            for i in range(-3, 4):
                reach = VILLAGE * (1 - 0.13 * abs(i)) * dice.uniform(0.75, 1.05)
                line = [(t * reach, i * 130 + dice.uniform(-14, 14)) for t in (-1, -0.5, 0, 0.5, 1)]
                turned = [(b, a) if across else (a, b) for a, b in line]
                c, s = math.cos(turn), math.sin(turn)
                yield LineString(spline([(x + a * c - b * s, y + a * s + b * c) for a, b in turned], 40))
