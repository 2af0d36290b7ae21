"""What the basemap shows, in the Protomaps basemap schema (version 4): layers, kinds, names, zooms.

https://docs.protomaps.com/basemaps/layers
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry

from app.demo import countryside, ramps
from app.demo.city import NAME, City
from app.demo.districts import TOWNS
from app.demo.shapes import box


@dataclass(frozen=True)
class Feature:
    """A shape in plane metres, shown from `first` to `last` zoom. Names are left out below `named_from`."""

    layer: str
    shape: BaseGeometry
    kind: str
    first: int = 0
    last: int = 15
    name: str = ""
    name_es: str = ""
    named_from: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    def properties(self, zoom: int) -> dict[str, Any]:
        out: dict[str, Any] = {"kind": self.kind, **self.more}
        if self.name and zoom >= self.named_from:
            out["name"] = self.name
            if self.name_es and self.name_es != self.name:
                out["name:es"] = self.name_es
        return out


LANDUSE = {"meadow": "grassland"}
ROADS = {  # kind, first zoom, names from
    "primary": ("major_road", 7, 11),
    "secondary": ("major_road", 9, 12),
    "tertiary": ("major_road", 11, 13),
    "residential": ("minor_road", 12, 14),
}


def features(city: City) -> Iterator[Feature]:
    yield from ground(city)
    yield from water(city)
    yield from landuse(city)
    yield from roads(city)
    yield from buildings(city)
    yield from labels(city)


def ground(city: City) -> Iterator[Feature]:
    terrain = city.terrain
    yield Feature("earth", terrain.land, "earth")
    yield Feature("earth", Point(-1500, 6500), "island", 8, 11, "Merrow Island", "Isla Merrow")
    yield Feature("earth", terrain.island.centroid, "island", 12, 15, "Gull Island", "Isla Gull")
    # Along the shore nobody draws a boundary.
    inland = terrain.land.buffer(-80)
    limits = city.boundary.boundary.intersection(inland)
    yield Feature("boundaries", limits, "locality", 9, more={"kind_detail": 8, "min_zoom": 9})
    for area in city.agency_areas:
        if area.agency and area.agency.startswith("town-"):
            more = {"kind_detail": 8, "min_zoom": 10}
            edges = area.shape.boundary.intersection(inland)
            yield Feature("boundaries", edges, "locality", 10, more=more)


def water(city: City) -> Iterator[Feature]:
    terrain = city.terrain
    everywhere = box(0, 4000, 2_000_000, 2_000_000)
    yield Feature("water", everywhere.difference(terrain.land), "ocean")
    yield Feature("water", terrain.river.intersection(terrain.land.buffer(2)), "river", 9)
    inland = terrain.river_line.intersection(terrain.land.buffer(-60))
    yield Feature("water", inland, "river", 9, name="Wescott River", name_es="Río Wescott", named_from=12)
    for name, line in terrain.creeks:
        yield Feature("water", line.difference(terrain.water), "stream", 12, name=name, named_from=13)
    for name, name_es, shape in terrain.ponds:
        yield Feature("water", shape, "lake", 10)
        yield Feature("water", shape.centroid, "lake", 13, name=name, name_es=name_es)
    yield Feature("water", Point(-300, -2700), "bay", 12, name="Harbor Bay", name_es="Bahía Harbor")
    yield Feature("water", Point(-1500, -6500), "ocean", 6, 12, "Merrow Sound", "Estrecho de Merrow")


def landuse(city: City) -> Iterator[Feature]:
    terrain = city.terrain
    for ground_ in terrain.grounds:
        yield Feature("landuse", ground_.polygon, LANDUSE.get(ground_.kind, ground_.kind), 9)
    for park in city.parks:
        yield Feature("landuse", park.shape, "playground" if "Playground" in park.name else "park", 11)
    yield Feature("landuse", terrain.island.buffer(-12), "park", 12)
    yield Feature("landuse", terrain.beach, "beach", 11)
    for wood in countryside.woods(terrain):
        yield Feature("landuse", wood, "wood", 9)
    for pier in terrain.piers:
        yield Feature("landuse", pier, "pier", 12)


def roads(city: City) -> Iterator[Feature]:
    yield from _highway(city)
    over = city.terrain.river.buffer(7)
    named: set[int] = set()
    for street in city.streets:
        named.update(number for number, _ in street.path)
        coords: list[tuple[float, float]] = []
        for number, forward in street.path:
            link = city.network.links[number]
            coords += link.coords if forward else link.coords[::-1]
        yield from _road(LineString(coords), street.kind, street.name, over)
    for number, link in enumerate(city.network.links):
        if number not in named:
            yield from _road(link.line, link.kind, city.network.ways[link.way].name, over)
    for line in city.railway:
        yield from _railway(line, over)
    for line in ramps.paths(city.parks, city.terrain):
        yield Feature("roads", line, "path", 13, more={"kind_detail": "footway", "min_zoom": 13})
    for line in countryside.roads(city.terrain):
        yield Feature("roads", line, "major_road", 8, more={"kind_detail": "secondary", "min_zoom": 8})
    for line in countryside.village_streets():
        yield Feature("roads", line, "minor_road", 12, more={"kind_detail": "residential", "min_zoom": 12})
    ferry = LineString([(-40, -1960), (40, -2400), (60, -2960)])
    yield Feature("roads", ferry, "other", 12, name="Gull Island Ferry", named_from=14,
                  more={"kind_detail": "ferry", "min_zoom": 12})  # fmt: skip


def _road(line: LineString, kind: str, name: str, over: BaseGeometry) -> Iterator[Feature]:
    shown, first, named_from = ROADS[kind]
    more = {"kind_detail": kind, "min_zoom": first}
    bridge = line.intersection(over) if kind != "residential" else LineString()
    yield Feature("roads", line.difference(over) if not bridge.is_empty else line, shown, first, 15, name, "",
                  named_from, more)  # fmt: skip
    if not bridge.is_empty:
        yield Feature("roads", bridge, shown, first, 15, name, "", named_from, {**more, "is_bridge": True})


def _highway(city: City) -> Iterator[Feature]:
    more = {"kind_detail": "motorway", "min_zoom": 5}
    name, es = "Merrow Parkway", "Autopista Merrow"
    yield Feature("roads", city.highway, "highway", 5, 12, name, es, 11, more)
    for side in (-11, 11):
        carriageway = city.highway.offset_curve(side)
        line = carriageway if side < 0 else carriageway.reverse()
        over = city.terrain.river.buffer(14)
        yield Feature("roads", line.difference(over), "highway", 13, 15, name, es, 13, {**more, "oneway": "yes"})
        yield Feature("roads", line.intersection(over), "highway", 13, more={**more, "is_bridge": True})
    for line in ramps.ramps(city.network, city.highway):
        link = {"kind_detail": "motorway_link", "is_link": True, "min_zoom": 12}
        yield Feature("roads", line, "highway", 12, more=link)


def _railway(line: LineString, over: BaseGeometry) -> Iterator[Feature]:
    more = {"kind_detail": "rail", "min_zoom": 10}
    yield Feature("roads", line, "rail", 10, more=more)


def buildings(city: City) -> Iterator[Feature]:
    for shape in city.sheds:
        yield Feature("buildings", shape, "building", 13)
    for address in city.addresses:
        yield Feature("buildings", address.building, "building", 14)
        more = {"addr_housenumber": str(address.number)}
        yield Feature("buildings", Point(address.at), "address", 15, more=more)


def labels(city: City) -> Iterator[Feature]:
    population = sum(area.population or 0 for area in city.areas if area.layer == "board")
    more = {"kind_detail": "city", "population": population, "population_rank": 9, "min_zoom": 4, "sort_key": 1}
    yield Feature("places", Point(-560, -900), "locality", 4, 14, NAME, more=more)
    for code, (name, _) in TOWNS.items():
        more = {"kind_detail": "town", "population_rank": 5, "min_zoom": 9, "sort_key": 9}
        centre = Point(countryside.CENTRES[code])
        yield Feature("places", centre, "locality", 9, 15, name.removeprefix("Town of "), more=more)
    for area in city.areas:
        if area.layer == "neighborhood":
            more = {"kind_detail": "neighbourhood", "min_zoom": 12, "sort_key": 20}
            middle = area.shape.intersection(city.terrain.land).buffer(-60).representative_point()
            yield Feature("places", middle, "neighbourhood", 12, 15, area.name, more=more)
    for landmark in city.landmarks:
        if landmark.kind != "island":
            yield Feature("pois", Point(landmark.at), landmark.kind, landmark.min_zoom - 1, 15, landmark.name,
                          landmark.name_es, more={"min_zoom": landmark.min_zoom})  # fmt: skip
