"""The ground that Harbor Point stands on: sea, river, limits, and the land nobody built on."""

import random
from dataclasses import dataclass

import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from app.demo.shapes import XY, blob, box, curve, rough, spline, widening

COAST: list[XY] = [
    (-12800, -1600), (-9800, -3300), (-7400, -2700), (-6200, -3250), (-4700, -2800), (-3600, -3050),
    (-2900, -2760), (-2300, -2830), (-1750, -2480), (-1300, -2560), (-950, -2420), (-760, -2120), (-420, -1980),
    (-60, -1860), (230, -1800), (640, -1850), (930, -2000), (1080, -2260), (1100, -2650), (1010, -3000),
    (1160, -3260), (1480, -3230), (1590, -2930), (1800, -2720), (2300, -2560), (2900, -2520), (3500, -2650),
    (4200, -2900), (5200, -2700), (6300, -3300), (8100, -3150), (9300, -1900), (11200, -1300), (12100, 600),
    (11300, 2900), (12200, 5000), (10200, 7300), (8900, 9400), (5900, 10300), (3600, 12200), (700, 11600),
    (-2300, 12700), (-5200, 11500), (-7700, 11900), (-9600, 9500), (-12200, 8200), (-12000, 5200), (-13600, 3000),
]  # fmt: skip
RIVER: list[XY] = [
    (-2700, 8200), (-2100, 6900), (-2450, 5700), (-1750, 4700), (-1500, 3900), (-800, 3250), (-560, 2500),
    (-860, 1750), (-620, 1050), (-60, 560), (130, -60), (20, -700), (180, -1250), (330, -1700), (360, -2150),
]  # fmt: skip
LIMITS: list[XY] = [
    (-4050, -4000), (-4050, -1450), (-4300, -1450), (-4300, 900), (-3900, 900), (-3900, 2500), (-3350, 3350),
    (-1500, 3600), (500, 3480), (2600, 3720), (3950, 3300), (4250, 1700), (4050, 500), (4380, -900), (4380, -4000),
]  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """One named stretch of land that streets stay out of."""

    kind: str  # a Protomaps landuse kind
    name: str
    name_es: str
    polygon: Polygon


@dataclass(frozen=True)
class Terrain:
    """All in plane metres. `land` is every island; `limits` is the city with its water."""

    land: MultiPolygon
    river: Polygon
    river_line: LineString
    creeks: list[tuple[str, LineString]]
    ponds: list[tuple[str, str, Polygon]]
    limits: MultiPolygon
    grounds: list[Ground]
    piers: list[Polygon]
    beach: Polygon
    island: Polygon  # Gull Island, in the harbor

    @property
    def water(self) -> BaseGeometry:
        """Fresh water inside the coast."""
        return shapely.union_all([self.river, *(pond for _, _, pond in self.ponds)])

    def ground(self, kind: str) -> BaseGeometry:
        return shapely.union_all([g.polygon for g in self.grounds if g.kind == kind])


def make_terrain(dice: random.Random) -> Terrain:
    coast = rough(spline([*COAST, COAST[0]], step=260), dice, 0.11, least=45)
    mainland = Polygon(coast).buffer(0)
    island = Polygon(rough([*(ring := [(-120, -3080), (160, -2940), (400, -3030), (330, -3200), (40, -3260)]),
                            ring[0]], dice, 0.13, least=30))  # fmt: skip
    river_line = curve(*RIVER)
    river = widening(river_line, [24, 30, 38, 46, 60, 70, 84, 96, 108, 118, 128, 150, 190, 300])
    land = MultiPolygon([_largest(mainland), island])
    shore = shapely.union_all([_largest(mainland).buffer(70), _harbor_piers().buffer(25)])
    limits = MultiPolygon([_largest(Polygon(LIMITS).intersection(shore)), island.buffer(50)])
    grounds = [Ground(g.kind, g.name, g.name_es, _largest(g.polygon.intersection(land).difference(river)))
               for g in _grounds()]  # fmt: skip
    return Terrain(
        land=land,
        river=river,
        river_line=river_line,
        creeks=[
            ("Mill Creek", curve((3500, 3500), (2900, 2500), (2080, 1720), (1640, 1420), (880, 900), (60, 470))),
            (
                "Otter Brook",
                curve((-3900, 1700), (-3200, 1150), (-2620, 780), (-1900, 900), (-1180, 1180), (-700, 1220)),
            ),
        ],
        ponds=[
            (
                "Fresh Pond",
                "Laguna Fresca",
                blob((-2860, 640), (-2600, 520), (-2350, 640), (-2380, 860), (-2640, 930), (-2850, 830)),
            ),
            (
                "Cooper Reservoir",
                "Embalse Cooper",
                blob((3180, 2560), (3420, 2440), (3640, 2600), (3560, 2850), (3300, 2830)),
            ),
        ],
        limits=limits,
        grounds=grounds,
        piers=[_largest(pier.difference(mainland.buffer(-14))) for pier in _harbor_piers().geoms],
        beach=_beach(_largest(mainland)),
        island=island,
    )


def _harbor_piers() -> MultiPolygon:
    piers = [box(-532 + 105 * i, -2150 + 36 * i, 34, 470, -14) for i in range(5)]
    piers.append(box(900, -2140, 260, 18, 12))
    piers.append(box(1050, -2450, 200, 14, 4))
    return MultiPolygon(piers)


def _grounds() -> list[Ground]:
    return [
        Ground("protected_area", "Merrow Hills State Park", "Parque Estatal Merrow Hills",
               blob((2560, 2950), (2750, 2150), (3300, 1650), (4050, 1500), (4700, 2400), (4400, 3500), (3400, 3900))),
        Ground("golf_course", "Ridgeway Golf Links", "Campo de Golf Ridgeway",
               blob((-3650, 2350), (-3050, 2120), (-2780, 2480), (-2900, 2960), (-3350, 3060), (-3700, 2800))),
        Ground("cemetery", "Evergreen Cemetery", "Cementerio Evergreen",
               blob((-1560, 1560), (-1320, 1500), (-1180, 1660), (-1260, 1900), (-1520, 1890), step=60)),
        Ground("wetland", "Tarrow Marsh", "Marisma Tarrow",
               blob((-4500, -260), (-3900, -420), (-3560, -80), (-3620, 420), (-3850, 760), (-4500, 820))),
        Ground("industrial", "Port of Harbor Point", "Puerto de Harbor Point",
               blob((-1420, -2640), (-1330, -2180), (-900, -2010), (-480, -1900), (20, -1810), (60, -1940),
                    (-300, -2200), (-800, -2600), step=60)),
        Ground("industrial", "Mill Flats Industrial Park", "Zona Industrial Mill Flats",
               blob((-3400, -1330), (-2700, -1330), (-2080, -1270), (-2080, -1130), (-2760, -1090), (-3420, -1110),
                    step=60)),
        Ground("park", "Lighthouse Point Park", "Parque Lighthouse Point",
               blob((1040, -2560), (1340, -2580), (1640, -2760), (1620, -3100), (1300, -3400), (900, -3200))),
        Ground("wood", "Tarrow Woods", "Bosque Tarrow",
               blob((-4500, -2250), (-3800, -2150), (-3500, -2400), (-3650, -2900), (-4500, -3100))),
        Ground("wood", "Ridgeway Forest", "Bosque Ridgeway",
               blob((-2560, 3050), (-2420, 2920), (-2050, 3060), (-1900, 3700), (-2700, 3900), (-3300, 3600))),
        Ground("wood", "Quarry Woods", "Bosque Quarry",
               blob((2420, 2960), (2260, 2500), (2480, 2080), (2800, 1800), (3100, 2100), (2900, 3000))),
        Ground("farmland", "Pell Meadows", "Prados Pell",
               blob((3560, -380), (3900, -760), (4700, -700), (4700, 950), (3900, 900), (3480, 250), step=80)),
        Ground("meadow", "Sandpiper Meadow", "Prado Sandpiper",
               blob((3900, -1800), (4200, -2000), (4800, -1900), (4700, -1200), (4050, -1150), step=80)),
        Ground("wood", "Beacon Woods", "Bosque Beacon",
               blob((400, 3200), (900, 2960), (1400, 3120), (1500, 3900), (500, 3900))),
        Ground("farmland", "Holloway Farm", "Granja Holloway",
               blob((-4300, 900), (-3500, 860), (-3200, 1500), (-3450, 2150), (-4200, 2300), step=80)),
    ]  # fmt: skip


def _beach(mainland: Polygon) -> Polygon:
    strand = mainland.exterior.buffer(46).intersection(mainland)
    return _largest(strand.intersection(box(2950, -2600, 2300, 620)))


def _largest(geometry: BaseGeometry) -> Polygon:
    parts = [g for g in shapely.get_parts(geometry) if isinstance(g, Polygon)]
    return max(parts, key=lambda part: part.area)
