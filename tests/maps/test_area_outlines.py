"""A layer's outlines are small, still fit together, and are fetched once; the classes of a map part no equals."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import pytest
import shapely
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.db import Database
from app.imports.areas import import_areas
from app.maps.area_classes import ValueClass, natural_breaks
from tests.service_requests.city import make_city

Client = AsyncTestClient[Litestar]


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    return database


async def test_a_layer_comes_as_geojson_with_codes_and_names(client: Client, city: Database) -> None:
    answer = await client.get("/areas/board.geojson")
    assert answer.headers["content-type"].startswith("application/geo+json")
    told = answer.json()
    assert told["type"] == "FeatureCollection"
    assert [feature["properties"] for feature in told["features"]] == [
        {"code": "1", "name": "Board 1"},
        {"code": "2", "name": "Board 2"},
    ]
    first = shapely.from_geojson(answer.text.split('"geometry":')[1].split("}")[0] + "}")
    assert first.bounds == (-71.1, 42.3, -71.04, 42.4)


async def test_unchanged_outlines_are_not_sent_again(client: Client, city: Database) -> None:
    first = await client.get("/areas/board.geojson")
    again = await client.get("/areas/board.geojson", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/areas/nowhere.geojson", "/areas/.geojson", "/areas/board.geojson.geojson"])
async def test_outlines_of_an_unknown_layer_are_not_found(client: Client, city: Database, path: str) -> None:
    answer = await client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert "no such division" in answer.json()["detail"]


async def test_neighbours_of_a_real_city_share_their_border_still(
    client: Client, database: Database, shared_data: Path
) -> None:
    file = shared_data / "areas" / "chicago_ward_2022.geojson"
    await import_areas(database, file, layer="ward", city_name="Chicago", timezone="America/Chicago")
    answer = await client.get("/areas/ward.geojson")
    assert len(answer.json()["features"]) == 50
    assert answer.headers["content-encoding"] == "gzip" and int(answer.headers["content-length"]) < 60_000
    shapes = shapely.get_parts(shapely.from_geojson(answer.text))
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert abs(shapely.area(shapes).sum() / shapely.union_all(shapes).area - 1) < 1e-6


def costs(values: list[float], classes: list[ValueClass]) -> float:
    held = [[value for value in values if one.holds(value)] for one in classes]
    return sum(sum((value - sum(group) / len(group)) ** 2 for value in group) for group in held if group)


def test_the_classes_are_the_best_of_all_that_there_could_be() -> None:
    dice = random.Random(7)
    for _ in range(20):
        values = [float(dice.choice([dice.randint(0, 9), dice.randint(0, 80)])) for _ in range(12)]
        classes = natural_breaks(values, most=3)
        distinct = sorted(set(values))
        every = [
            [ValueClass(part[0], part[-1]) for part in (distinct[:a], distinct[a:b], distinct[b:])]
            for a, b in combinations(range(1, len(distinct)), 2)
        ]
        assert costs(values, classes) == pytest.approx(min(costs(values, one) for one in every))


def test_equal_values_are_in_one_class_and_every_value_is_in_exactly_one() -> None:
    dice = random.Random(7)
    for count in (1, 4, 5, 6, 60, 700, 1500):
        values = [round(dice.lognormvariate(1, 1), 1 if count < 100 else 6) for _ in range(count)]
        classes = natural_breaks(values)
        assert len(classes) == min(5, len(set(values)))
        assert all(sum(one.holds(value) for one in classes) == 1 for value in values)
        assert classes == sorted(classes, key=lambda one: one.low)


def test_no_values_have_no_classes() -> None:
    assert natural_breaks([]) == []
    assert natural_breaks([3.0, 3.0, 3.0]) == [ValueClass(3.0, 3.0)]
