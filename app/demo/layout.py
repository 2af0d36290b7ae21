"""Where streets may grow, how close together, and how straight: the city's quarters."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from app.demo.field import BOTTOM, LEFT, RIGHT, TOP, Influence, grid_points
from app.demo.mainroads import MainRoad
from app.demo.shapes import XY, blob, box, curve
from app.demo.terrain import Terrain

RASTER = 20.0  # metres a side


@dataclass(frozen=True)
class Quarter:
    """A part of town built in one way. `gaps`: metres between streets of family 0, and of family 1."""

    name: str
    shape: Polygon
    gaps: tuple[float, float]
    wander: float  # degrees
    lot: float  # metres of street front for one address
    homes: float  # people at an address, on average
    thinned: float = 0.0  # share of short links left out, as in suburbs
    rows: bool = False  # houses stand wall to wall


@dataclass(frozen=True)
class Park:
    name: str
    name_es: str
    shape: Polygon


ELSEWHERE = Quarter("suburb", Polygon(), (142.0, 205.0), 24.0, 38.0, 2.7, 0.2)


def quarters() -> list[Quarter]:
    """The first that holds a point counts."""
    return [
        Quarter("old town", blob((-1180, -1880), (-1050, -1330), (-250, -1200), (60, -1400), (180, -1780),
                                 (-560, -2000)), (88, 66), 17, 13, 3.0, 0.0, True),
        Quarter("downtown", blob((-1700, -1250), (-1640, -560), (-700, -420), (-160, -420), (-80, -1180),
                                 (-700, -1300)), (140, 84), 0, 18, 4.0, 0.0, True),
        Quarter("east side", blob((130, -500), (200, -1560), (780, -1740), (1900, -2250), (1980, -1400), (1880, -540)),
                (128, 78), 2, 17, 3.2, 0.0, True),
        Quarter("west end", blob((-1720, -1900), (-1700, 560), (-3250, 320), (-3300, -700), (-2500, -2000)),
                (104, 190), 7, 25, 3.0, 0.12),
        Quarter("midtown", blob((-1850, 620), (-1700, -620), (-200, -520), (-200, 480), (-560, 600)),
                (150, 92), 3, 20, 3.4),
        Quarter("northside", blob((-1250, 560), (-150, 520), (-100, 1800), (-500, 2100), (-1150, 2050)),
                (170, 96), 9, 23, 3.0, 0.08),
        Quarter("river east", blob((420, -500), (1900, -520), (2080, 620), (1260, 1850), (-60, 1900), (-80, 1040),
                                   (460, 460)), (108, 185), 8, 24, 3.0, 0.12),
        Quarter("eastern grid", blob((1900, -540), (1960, -2250), (3020, -2250), (2960, -600), (2200, -520)),
                (190, 102), 10, 26, 3.0, 0.12),
    ]  # fmt: skip


def parks() -> list[Park]:
    return [
        Park("The Commons", "Parque The Commons", box(-1310, 60, 470, 420, 6)),
        Park("Market Square", "Plaza del Mercado", box(-470, -1560, 95, 75, 12)),
        Park("Founders Green", "Jardín de los Fundadores", box(-770, -900, 120, 130, 4)),
        Park("Plaza Alvarado", "Plaza Alvarado", box(1290, -1000, 130, 130, 4)),
        Park("Riverbend Park", "Parque Riverbend", blob((500, -420), (760, -320), (720, 60), (500, 60))),
        Park("Fresh Pond Park", "Parque Laguna Fresca", blob((-3000, 600), (-2700, 380), (-2250, 520), (-2200, 930),
                                                            (-2600, 1060), (-2980, 950))),
        Park("Roosevelt Field", "Campo Roosevelt", box(-2480, -1480, 300, 260, 8)),
        Park("Otter Brook Park", "Parque Otter Brook", box(-1640, 1060, 380, 200, 30)),
        Park("Mill Creek Greenway", "Vía Verde Mill Creek",
             curve((2080, 1720), (1640, 1420), (880, 900), (380, 680)).buffer(55)),
        Park("Seaside Ball Fields", "Campos Seaside", box(3560, -1900, 360, 300, 4)),
        Park("Cooper Heights Park", "Parque Cooper Heights", box(2500, -60, 300, 240, 0)),
        Park("Summit Park", "Parque Summit", box(-200, 3010, 340, 300, 4)),
        Park("La Paz Playground", "Parque Infantil La Paz", box(2480, -1060, 130, 110, 2)),
        Park("Delgado Playground", "Parque Infantil Delgado", box(-2700, -320, 140, 120, 6)),
        Park("Northside Playground", "Parque Infantil Northside", box(-620, 1330, 150, 110, 14)),
        Park("Tarrow Road Park", "Parque Tarrow Road", box(-3650, -1650, 280, 220, 0)),
        Park("Holly Street Garden", "Jardín Holly Street", box(1500, 250, 110, 100, 8)),
        Park("Broadway Oval", "Óvalo Broadway", box(1080, 1560, 170, 130, 0)),
    ]  # fmt: skip


def influences(terrain: Terrain, roads: list[MainRoad]) -> list[Influence]:
    south_shore = LineString([p for p in terrain.land.geoms[0].exterior.coords if p[1] < -900 and abs(p[0]) < 4800])
    return [
        *(Influence(road.line, road.family, 420) for road in roads),
        Influence(terrain.river_line, 0, 420, 1.2),
        Influence(LineString(south_shore.simplify(60).coords), 1, 300, 0.9),
        Influence(curve((-1500, -1330), (-600, -1180), (-100, -1100)), 1, 500, 1.0),
    ]


class Plan:
    """Answers for any point of the plane; outside the buildable land the spacing is 0."""

    def __init__(self, terrain: Terrain, highway: LineString) -> None:
        self.quarters = [*quarters(), ELSEWHERE]
        self._which = self._rasterize(buildable(terrain, highway))

    def _rasterize(self, ground: BaseGeometry) -> list[list[int]]:
        x, y = np.meshgrid(np.arange(LEFT, RIGHT, RASTER) + RASTER / 2, np.arange(BOTTOM, TOP, RASTER) + RASTER / 2)
        which = np.full(x.shape, len(self.quarters) - 1)
        for number in range(len(self.quarters) - 2, -1, -1):
            which[shapely.contains_xy(self.quarters[number].shape, x, y)] = number
        shapely.prepare(ground)
        which[~shapely.contains_xy(ground, x, y)] = -1
        return [[int(number) for number in row] for row in which.tolist()]

    def quarter(self, x: float, y: float) -> Quarter | None:
        if not (LEFT <= x < RIGHT and BOTTOM <= y < TOP):
            return None
        number = self._which[int((y - BOTTOM) / RASTER)][int((x - LEFT) / RASTER)]
        return None if number < 0 else self.quarters[number]

    def spacing(self, x: float, y: float, family: int) -> float:
        quarter = self.quarter(x, y)
        return quarter.gaps[family] if quarter else 0.0


def buildable(terrain: Terrain, highway: LineString) -> BaseGeometry:
    """The land in the limits that streets may stand on."""
    away = [
        terrain.water.buffer(34),
        highway.buffer(62),
        terrain.beach.buffer(15),
        *(g.polygon.buffer(14) for g in terrain.grounds),
    ]
    land = terrain.limits.buffer(-26).intersection(terrain.land.buffer(-42))
    return land.difference(shapely.union_all(away))


def wander() -> Any:
    """For each point of the field's grid, how far streets turn there by themselves, in radians."""
    x, y = grid_points()
    degrees = np.full(x.shape, ELSEWHERE.wander)
    for quarter in reversed(quarters()):
        degrees[shapely.contains_xy(quarter.shape, x, y)] = quarter.wander
    return _smoothed(degrees) * math.pi / 180


def _smoothed(values: Any) -> Any:
    for _ in range(4):
        padded = np.pad(values, 1, mode="edge")
        values = sum(padded[j : j + values.shape[0], i : i + values.shape[1]] for i in range(3) for j in range(3)) / 9
    return values


def middle(shape: Polygon) -> XY:
    return shape.centroid.x, shape.centroid.y
