"""The made-up city: its streets, its houses and its districts."""

from __future__ import annotations

import hashlib
import itertools
import math
import os
from collections import Counter, defaultdict

import numpy as np
import pytest
import shapely
from shapely import Point, STRtree

from app.demo.addresses import Address
from app.demo.city import City, make_city

LAYERS = ("board", "council", "zip", "neighborhood")


def digest(city: City) -> str:
    said = repr((
        [(a.text, a.at, a.people, a.building.wkt) for a in city.addresses],
        [(c.text, c.at) for c in city.crossings],
        [(a.layer, a.code, a.name, a.population, a.shape.wkt) for a in [*city.areas, *city.agency_areas]],
        [(m.name, m.at) for m in city.landmarks],
        [(s.name, s.path) for s in city.streets],
    ))  # fmt: skip
    return hashlib.sha256(said.encode()).hexdigest()


@pytest.mark.skipif(
    "BLOCKWISE_TEST_EVERY_ROW" not in os.environ, reason="a whole city more: BLOCKWISE_TEST_EVERY_ROW=1"
)
def test_the_same_seed_makes_the_same_city_and_another_seed_another(city: City) -> None:
    assert digest(make_city(311)) == digest(city)
    assert digest(make_city(312)) != digest(city)


def test_the_city_has_the_size_that_was_asked_for(city: City) -> None:
    assert 19_000 <= len(city.addresses) <= 23_000
    assert 1_500 <= len(city.crossings) <= 2_500
    assert 140 <= len(city.landmarks) <= 190
    assert 500 <= len(city.streets) <= 900
    assert 55_000 <= sum(address.people for address in city.addresses) <= 70_000


def test_no_two_streets_share_a_name_and_no_two_houses_an_address(city: City) -> None:
    assert [name for name, n in Counter(street.name for street in city.streets).items() if n > 1] == []
    assert [text for text, n in Counter(address.text for address in city.addresses).items() if n > 1] == []
    assert [name for name, n in Counter(mark.name for mark in city.landmarks).items() if n > 1] == []


def test_odd_numbers_stand_on_the_left_of_the_way_in_which_they_rise(city: City) -> None:
    forward = {link: way for street in city.streets for link, way in street.path}
    for address in city.addresses[::7]:
        line = city.network.links[address.link].line
        line = line if forward[address.link] else line.reverse()
        at = line.project(Point(address.at))
        a, b = line.interpolate(max(0.0, at - 2)), line.interpolate(min(line.length, at + 2))
        cross = (b.x - a.x) * (address.at[1] - a.y) - (b.y - a.y) * (address.at[0] - a.x)
        assert (address.number % 2 == 1) == (cross > 0), address.text


def test_house_numbers_rise_along_a_street_and_each_new_hundred_begins_a_block(city: City) -> None:
    position = {}
    for street in city.streets:
        start = 0.0
        for link, forward in street.path:
            position[street.name, link] = (start, forward)
            start += city.network.links[link].line.length
    by_street: dict[tuple[str, int], list[tuple[float, Address]]] = defaultdict(list)
    for address in city.addresses:
        start, forward = position[address.street, address.link]
        line = city.network.links[address.link].line
        along = line.project(Point(address.at))
        by_street[address.street, address.number % 2].append(
            (start + (along if forward else line.length - along), address)
        )
    falls = 0
    for houses in by_street.values():
        numbers = [address.number for _, address in sorted(houses, key=lambda house: house[0])]
        falls += sum(b <= a for a, b in itertools.pairwise(numbers))
    # On the inside of a bend two neighbours may stand in each other's place.
    assert falls < len(city.addresses) / 300
    links: dict[tuple[str, int], set[int]] = defaultdict(set)
    for address in city.addresses:
        links[address.street, address.link].add(address.number // 100)
    assert all(len(hundreds) == 1 for hundreds in links.values())


def test_each_house_stands_by_its_own_street_and_clear_of_the_others(city: City) -> None:
    owner = {link: street.name for street in city.streets for link, _ in street.path}
    tree = STRtree([link.line for link in city.network.links])
    buildings = np.array([address.building for address in city.addresses])
    points = [Point(address.at) for address in city.addresses]
    nearest = tree.nearest(points)
    assert all(owner.get(int(link)) == address.street for link, address in zip(nearest, city.addresses, strict=True))
    assert len(tree.query(buildings, predicate="intersects")[0]) == 0
    wet = shapely.union_all([city.terrain.water, *city.terrain.piers])
    assert not shapely.intersects(wet, buildings).any()
    assert shapely.contains(city.terrain.land, buildings).all()


def test_every_intersection_lies_on_both_of_its_two_streets(city: City) -> None:
    lines = defaultdict(list)
    for street in city.streets:
        lines[street.name] += [city.network.links[link].line for link, _ in street.path]
    for crossing in city.crossings:
        assert crossing.street != crossing.cross_street
        assert crossing.text == f"{crossing.street} & {crossing.cross_street}"
        for name in (crossing.street, crossing.cross_street):
            assert min(line.distance(Point(crossing.at)) for line in lines[name]) < 0.01


def test_all_streets_hang_together(city: City) -> None:
    neighbours = defaultdict(set)
    for link in city.network.links:
        u, v = link.nodes
        neighbours[u].add(v)
        neighbours[v].add(u)
    seen, stack = set(), [next(iter(neighbours))]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(neighbours[node])
    assert len(seen) == len(neighbours)


def test_bridges_join_the_two_banks(city: City) -> None:
    across = {
        city.network.ways[link.way].name for link in city.network.links if link.line.crosses(city.terrain.river_line)
    }
    assert {"Washington Avenue", "Bridge Street", "Alvarado Boulevard", "Summit Avenue"} <= across
    assert "" not in across


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_covers_the_city_once(city: City, layer: str) -> None:
    shapes = [area.shape for area in city.areas if area.layer == layer]
    assert shapely.union_all(shapes).symmetric_difference(city.boundary).area < 1
    assert abs(sum(shape.area for shape in shapes) - city.boundary.area) < 1
    assert all(shape.is_valid for shape in shapes)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_address_lies_in_exactly_one_area_of_each_layer_even_in_degrees(city: City, layer: str) -> None:
    shapes = [city.frame.to_lonlat(area.shape) for area in city.areas if area.layer == layer]
    points = [Point(city.lonlat(address.at)) for address in city.addresses]
    point, _ = STRtree(shapes).query(points, predicate="intersects")
    assert sorted(point.tolist()) == list(range(len(points)))


def test_layers_have_the_counts_and_people_of_the_plan(city: City) -> None:
    counts = Counter(area.layer for area in city.areas)
    assert (counts["board"], counts["council"], counts["zip"]) == (8, 9, 6)
    assert 22 <= counts["neighborhood"] <= 28
    people = {layer: sum(a.population or 0 for a in city.areas if a.layer == layer) for layer in LAYERS}
    assert set(people.values()) == {sum(address.people for address in city.addresses)}
    districts = [area.population or 0 for area in city.areas if area.layer == "council"]
    assert max(districts) / min(districts) < 1.35
    assert all(len(area.shape.geoms) <= 2 for area in city.areas)


def test_the_towns_next_door_take_all_land_outside_and_none_inside(city: City) -> None:
    towns = shapely.union_all([a.shape for a in city.agency_areas if (a.agency or "").startswith("town-")])
    outside = city.terrain.land.difference(city.boundary)
    assert outside.difference(towns).area < 1
    assert towns.intersection(city.boundary).area < 1


def test_state_land_and_the_port_lie_partly_inside_the_city(city: City) -> None:
    inside = {a.agency for a in city.agency_areas if a.shape.intersection(city.boundary).area > 10_000}
    assert inside == {"state-highways", "state-parks", "port-authority"}


def test_degrees_and_metres_are_the_same_place(city: City) -> None:
    here = np.array([[3200.0, -2100.0], [-4100.0, 3300.0]])
    back = city.frame.metres(city.frame.degrees(here))
    assert np.abs(back - here).max() < 0.02
    (west, south), (east, north) = city.lonlat((-500, -500)), city.lonlat((500, 500))
    assert math.isclose((north - south) * 111_045, 1000, abs_tol=1)
    assert math.isclose((east - west) * 111_319.5 * math.cos(math.radians(41.07)), 1000, abs_tol=1)
