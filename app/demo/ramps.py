"""Ways that carry no address: the highway's ramps, and paths in parks."""

import math
from collections.abc import Iterator, Sequence

import shapely
from shapely import LineString, Point

from app.demo.layout import Park
from app.demo.network import Network
from app.demo.shapes import spline
from app.demo.terrain import Terrain

XY = tuple[float, float]


def ramps(network: Network, highway: LineString) -> Iterator[LineString]:
    """Four to each interchange: wherever a primary or long secondary road meets the highway."""
    for way in network.ways:
        if way.name not in ("Main Street", "Broadway", "Mendoza Road", "Tarrow Road"):
            continue
        for meeting in shapely.get_parts(way.line.intersection(highway)):
            if isinstance(meeting, Point):
                yield from _diamond(way.line, highway, meeting)


def _diamond(road: LineString, highway: LineString, at: Point) -> Iterator[LineString]:
    on_highway, on_road = highway.project(at), road.project(at)
    for along in (-1, 1):
        far = highway.interpolate(on_highway + along * 300)
        near = highway.interpolate(on_highway + along * 120)
        for across in (-1, 1):
            end = road.interpolate(on_road + across * 78)
            ox, oy = _unit(at, end)
            points: list[XY] = [
                (far.x + ox * 15, far.y + oy * 15),
                (near.x + ox * 42, near.y + oy * 42),
                (end.x, end.y),
            ]
            yield LineString(spline(points, 15))


def _unit(a: Point, b: Point) -> XY:
    size = math.dist((a.x, a.y), (b.x, b.y))
    return (b.x - a.x) / size, (b.y - a.y) / size


def paths(parks: Sequence[Park], terrain: Terrain) -> Iterator[LineString]:
    """A loop inside each park, and two ways across the larger ones."""
    dry = shapely.union_all([park.shape for park in parks]).difference(terrain.water.buffer(6))
    for park in parks:
        inner = park.shape.intersection(dry).buffer(-16)
        for part in shapely.get_parts(inner):
            if part.area > 2500:
                yield LineString(part.simplify(6).exterior.coords)
        if park.shape.area < 12_000:
            continue
        west, south, east, north = park.shape.bounds
        for across in (LineString([(west, south), (east, north)]), LineString([(west, north), (east, south)])):
            for part in shapely.get_parts(across.intersection(inner)):
                if part.length > 60:
                    yield part
