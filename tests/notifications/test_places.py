"""Who hears of a place is found by keys: none who should is missed, and nobody else is told."""

from __future__ import annotations

import random

from app.jurisdictions.geodesy import distance_m
from app.notifications.places import CITY, MOST_CELLS, covering, holds, keys_of, keys_of_request, middle_of
from app.service_requests.cells import cell_key

CIRCLE = {"lat": 41.0, "long": -71.0, "radius_m": 400.0}
ROUTE = {"points": [[41.0, -71.0], [41.01, -71.02], [41.03, -71.02]], "radius_m": 100.0}


def around(seed: int, count: int, spread: float) -> list[tuple[float, float]]:
    chance = random.Random(seed)
    return [(41.01 + chance.uniform(-spread, spread), -71.01 + chance.uniform(-spread, spread)) for _ in range(count)]


def test_every_place_of_a_circle_or_a_route_is_found_by_one_of_its_keys() -> None:
    for what, arguments in (("circle", CIRCLE), ("route", ROUTE)):
        keys, found = set(keys_of(what, arguments)), 0
        for lat, long in around(1, 3000, 0.03):
            cell = cell_key(lat, long)
            if holds(what, arguments, cell, ()):
                found += 1
                assert keys & set(keys_of_request(cell, ())), (what, lat, long)
        assert found > 20, what
        assert len(keys) <= MOST_CELLS


def test_a_circle_holds_to_the_metre_about() -> None:
    for lat, long in around(2, 2000, 0.015):
        away = distance_m(lat, long, CIRCLE["lat"], CIRCLE["long"])
        if abs(away - CIRCLE["radius_m"]) > 3:
            assert holds("circle", CIRCLE, cell_key(lat, long), ()) == (away < CIRCLE["radius_m"])


def test_a_route_holds_beside_its_lines_and_not_beside_what_would_go_on_after_them() -> None:
    assert holds("route", ROUTE, cell_key(41.02, -71.0205), ())
    assert not holds("route", ROUTE, cell_key(41.02, -71.0220), ())
    assert holds("route", ROUTE, cell_key(41.0305, -71.02), ())
    assert not holds("route", ROUTE, cell_key(41.0320, -71.02), ())


def test_a_cell_key_is_a_place_again() -> None:
    for lat, long in [*around(3, 50, 0.5), (-33.9, 151.2), (0.0, 179.9)]:
        assert distance_m(*middle_of(cell_key(lat, long)), lat, long) < 3


def test_an_area_goes_by_its_name_through_all_its_versions_and_the_city_holds_everything() -> None:
    area = {"layer": "ward", "code": "5"}
    asked = keys_of_request(cell_key(41.0, -71.0), [("ward", "5"), ("zip", "02840")])
    assert keys_of("area", area)[0] in asked
    assert keys_of("area", {"layer": "war", "code": "d:5"})[0] not in asked
    assert holds("area", area, 0, [("ward", "5")]) and not holds("area", area, 0, [("ward", "6")])
    assert keys_of("service", {}) == [CITY] and CITY in asked
    assert covering([(41.0, -71.0)], 5_000_000.0) == [CITY]
