"""Harbor Point as a whole: made from a seed, the same every time. Start reading the demo here."""

import random
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from app.demo import mainroads
from app.demo.addresses import Address, intersections, make_addresses
from app.demo.districts import CUTS, DemoArea, agency_areas, make_areas
from app.demo.faces import cut_into_blocks, make_faces
from app.demo.frame import HARBOR_POINT, Frame
from app.demo.landmarks import Landmark, make_landmarks
from app.demo.layout import Park, Plan, parks
from app.demo.naming import Street, name_streets
from app.demo.network import Network
from app.demo.shapes import box
from app.demo.streets import make_streets
from app.demo.terrain import Terrain, make_terrain

XY = tuple[float, float]
NAME = "Harbor Point"
SEED = 311


@dataclass(frozen=True)
class Crossing:
    """Two named streets meeting."""

    street: str
    cross_street: str
    at: XY

    @property
    def text(self) -> str:
        return f"{self.street} & {self.cross_street}"


@dataclass(frozen=True)
class City:
    """All shapes are in plane metres; `frame` turns them into degrees. `areas` covers the city once per layer."""

    frame: Frame
    terrain: Terrain
    network: Network
    streets: list[Street]
    addresses: list[Address]
    zips: list[str]  # of each address
    crossings: list[Crossing]
    crossing_zips: list[str]
    parks: list[Park]
    landmarks: list[Landmark]
    areas: list[DemoArea]
    agency_areas: list[DemoArea]
    highway: LineString
    railway: list[LineString]
    sheds: list[Polygon]  # buildings without an address, in the port and on Mill Flats

    @property
    def boundary(self) -> MultiPolygon:
        return self.terrain.limits

    def lonlat(self, at: XY) -> XY:
        longitude, latitude = self.frame.degrees(np.array([at]))[0].tolist()
        return longitude, latitude


def make_city(seed: int = SEED) -> City:
    """The city of that seed, in about four seconds."""
    terrain = make_terrain(random.Random(f"{seed} terrain"))
    highway, railway = mainroads.highway(), mainroads.railway()
    plan = Plan(terrain, highway)
    network = make_streets(terrain, plan, random.Random(f"{seed} streets"))
    streets = name_streets(network, plan, terrain.limits, random.Random(f"{seed} names"))
    grounds = [ground.polygon.exterior for ground in terrain.grounds]
    blocks = cut_into_blocks(network, terrain.limits, [terrain.river_line, highway, *railway, *grounds, *CUTS])
    green = fit_parks(parks(), blocks, terrain)
    sheds = make_sheds(terrain, railway, network, random.Random(f"{seed} sheds"))
    taken = _taken(terrain, highway, railway, green, sheds)
    addresses = make_addresses(network, streets, plan, taken, random.Random(f"{seed} addresses"))
    homes = [(address.at, address.people) for address in addresses]
    faces = make_faces(blocks, network, terrain.river_line, highway, railway, homes)
    areas = make_areas(faces)
    crossings = [Crossing(*meeting) for meeting in intersections(network, streets)]
    hoods = area_of(areas, "neighborhood", [a.at for a in addresses])
    return City(
        frame=HARBOR_POINT,
        terrain=terrain,
        network=network,
        streets=streets,
        addresses=addresses,
        zips=area_of(areas, "zip", [a.at for a in addresses]),
        crossings=crossings,
        crossing_zips=area_of(areas, "zip", [c.at for c in crossings]),
        parks=green,
        landmarks=make_landmarks(terrain, green, addresses, hoods, random.Random(f"{seed} landmarks")),
        areas=areas,
        agency_areas=agency_areas(terrain, highway),
        highway=highway,
        railway=railway,
        sheds=sheds,
    )


def area_of(areas: list[DemoArea], layer: str, points: list[XY]) -> list[str]:
    """The name of the area of `layer` that each point lies in or, on a border, the first of them."""
    inside = [area for area in areas if area.layer == layer]
    point, area = STRtree([a.shape for a in inside]).query(shapely.points(np.array(points)), predicate="intersects")
    names = [""] * len(points)
    for p, a in sorted(zip(point.tolist(), area.tolist(), strict=True), reverse=True):
        names[p] = inside[a].name
    return names


def fit_parks(wanted: list[Park], blocks: list[Polygon], terrain: Terrain) -> list[Park]:
    """Parks as the blocks between their streets, where one fits; else as they were wanted."""
    tree = STRtree(blocks)
    dry = terrain.land.buffer(-6).difference(terrain.river.buffer(6))
    out = []
    for park in wanted:
        near = [blocks[i] for i in sorted(tree.query(park.shape, predicate="intersects").tolist())]
        mostly = [block for block in near if block.intersection(park.shape).area > 0.45 * block.area]
        fitted = shapely.union_all(mostly).buffer(-9, join_style="mitre") if mostly else park.shape
        shared = fitted.intersection(park.shape).area / park.shape.area
        if not isinstance(fitted, Polygon) or shared < 0.65 or fitted.area > 1.9 * park.shape.area:
            fitted = park.shape
        shape = fitted.intersection(dry)
        out.append(Park(park.name, park.name_es, max(shapely.get_parts(shape), key=lambda part: part.area)))
    return out


def make_sheds(terrain: Terrain, railway: list[LineString], network: Network, dice: random.Random) -> list[Polygon]:
    """Large roofs on industrial land, clear of tracks and streets."""
    out = []
    clear = shapely.union_all([*(r.buffer(14) for r in railway), *(link.line.buffer(14) for link in network.links
                               if link.kind != "residential")])  # fmt: skip
    for ground in (g.polygon for g in terrain.grounds if g.kind == "industrial"):
        inside = ground.intersection(terrain.land.buffer(-25)).buffer(-10).difference(clear)
        west, south, east, north = inside.bounds
        angle = dice.uniform(8, 20) if south < -1800 else 2.0
        for column in range(int((east - west) / 96)):
            for row in range(int((north - south) / 62)):
                x, y = west + 50 + column * 96, south + 32 + row * 62
                shed = box(x, y, dice.uniform(50, 80), dice.uniform(26, 42), angle)
                if inside.contains(shed) and dice.random() < 0.85:
                    out.append(shed)
    return out


def _taken(
    terrain: Terrain, highway: LineString, railway: list[LineString], green: list[Park], sheds: list[Polygon]
) -> BaseGeometry:
    """Where no house stands."""
    inside = terrain.limits.intersection(terrain.land.buffer(-14))
    everywhere = box(0, 0, 40_000, 40_000)
    return shapely.union_all([
        everywhere.difference(inside), terrain.water.buffer(12), highway.buffer(46), terrain.beach.buffer(8),
        *(r.buffer(15) for r in railway), *(g.polygon.buffer(6) for g in terrain.grounds),
        *(park.shape.buffer(5) for park in green), *(shed.buffer(8) for shed in sheds),
        *(creek.buffer(9) for _, creek in terrain.creeks),
    ])  # fmt: skip
