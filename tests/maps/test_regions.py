"""Circles and areas of every kind: the tiles of a zoom together hold exactly what the rows say, wherever it lies."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from litestar import Litestar
from litestar.testing import AsyncTestClient
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.imports import areas as area_import
from app.imports.area_requests import assign_planned
from app.imports.areas import import_areas
from app.jurisdictions.geodesy import distance_m
from app.maps import area_cover, circle_cover
from app.maps.figures import cells_of_tile, values_of_tile
from app.maps.filters import MapFilter, read_filter
from app.maps.grid import LAST_ZOOM, TileAt, shown_level
from app.maps.regions import counted_region
from app.service_requests.cells import cell_key, tile_of
from app.service_requests.counts import fold_all
from app.service_requests.models import RequestArea, ServiceRequest
from tests.maps.crowd import bring, make_crowd, row
from tests.maps.test_figures import read
from tests.maps.test_request_tiles import counted, tile
from tests.service_requests.city import LAT, LONG, POTHOLE, make_city

# Some of the most detailed and of the most broken.
REAL = ("nyc_borough", "nyc_zcta", "nyc_community_district", "la_neighborhood_council", "pittsburgh_neighborhood")
EVERY_ONE = bool(os.environ.get("BLOCKWISE_TEST_EVERY_ROW"))
SEEDS, REQUESTS, ASKED, FINE = (range(10), 150, 25, area_cover.MOST_CUT) if EVERY_ONE else (range(1), 40, 6, 500)
Spot = tuple[float, float]

ISLAND = shapely.box(-71.15, 42.15, -71.1, 42.2)
SHAPES = {
    "holed": shapely.box(-71.3, 42.0, -70.9, 42.4) - shapely.box(-71.2, 42.1, -71.0, 42.3) | ISLAND,
    "beside": shapely.box(-70.9, 42.0, -70.5, 42.4),
    "sliver": shapely.box(-71.0, 42.0, -70.999999, 42.4),
    "apart": shapely.union_all([shapely.box(x / 10, -34.0, x / 10 + 0.05, -33.95) for x in range(1510, 1520)]),
    "world": shapely.box(-180, -90, 180, 90),
    "top": shapely.box(-180, 84.9, 180, 90),
    "dateline": shapely.box(179.9, -17, 180, -16) | shapely.box(-180, -17, -179.9, -16),
    "bowtie": shapely.Polygon([(10, 10), (11, 11), (11, 10), (10, 11), (10, 10)]),
    "round": shapely.Point(20, -20).buffer(0.5, quad_segs=500),
}
ENDS: list[Spot] = [
    (0.0, 0.0), (85.0511, 180.0), (-85.0511, -180.0), (90.0, 0.0), (-90.0, 180.0), (85.2, -71.0), (-16.5, 180.0),
    (-16.5, -180.0), (-33.97, 151.02), (10.25, 10.5), (10.5, 10.5),
]  # fmt: skip


def real_shapes(dice: random.Random, folder: Path) -> Iterator[tuple[str, BaseGeometry]]:
    name = dice.choice(REAL)
    features = json.loads((folder / f"{name}.geojson").read_text())["features"]
    for number, feature in enumerate(dice.sample(features, 3)):
        yield f"{name}-{number}", shapely.geometry.shape(feature["geometry"])


def spots(dice: random.Random, shapes: list[BaseGeometry]) -> Iterator[Spot]:
    """At the ends of the map; then within areas, at their corners or a hair beside, and on the edges of cells."""
    yield from ENDS
    while True:
        shape = dice.choice(shapes)
        west, south, east, north = shape.bounds
        long, lat = dice.choice(shapely.get_coordinates(shape).tolist())
        hair = dice.choice([0.0, 1e-10, 1e-8, 1e-6, -1e-10, -1e-8, -1e-6])
        size = 1 << dice.choice([12, 16, 20, 24])
        x, y = (part * size >> 24 for part in tile_of(24, dice.uniform(south, north), dice.uniform(west, east)))
        edge = float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / size))))), x / size * 360 - 180
        inside = dice.uniform(south, north), dice.uniform(west, east)
        yield dice.choice([inside, kept((lat + hair, long - hair)), edge])


def kept(spot: Spot, most: float = 90.0) -> Spot:
    return min(most, max(-most, spot[0])), min(180.0, max(-180.0, spot[1]))


async def scatter(database: Database, dice: random.Random, shapes: dict[str, BaseGeometry], folder: Path) -> list[Spot]:
    """Requests in and around areas that come after them; of the requests some are summed up and some wait."""
    await make_city(database)
    places = [spot for spot, _ in zip(spots(dice, list(shapes.values())), range(REQUESTS), strict=False)]
    crowd = make_crowd(REQUESTS, seed=dice.randrange(1_000))
    rows = [
        row(at, one) | {"location": f"SRID=4326;POINT({long!r} {lat!r})", "cell": cell_key(lat, long)}
        for at, (one, (lat, long)) in enumerate(zip(crowd, places, strict=True), 1)
    ]
    for some in (rows[: REQUESTS // 2], rows[REQUESTS // 2 :]):
        await fold_all(database)
        async with database.writing() as session:
            await session.execute(insert(ServiceRequest), some)
    await bring_areas(database, shapes, folder)
    return places


async def bring_areas(database: Database, shapes: dict[str, BaseGeometry], folder: Path) -> None:
    if not database.is_sqlite:
        # The city's own areas have been numbered by hand.
        async with database.writing() as session:
            await session.execute(text("SELECT setval(pg_get_serial_sequence('areas', 'id'), 100)"))
    features = [
        {"type": "Feature", "properties": {"code": code, "name": code}, "geometry": mapping(shape)}
        for code, shape in shapes.items()
    ]
    path = folder / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    await import_areas(database, path, layer="hard")


def random_query(dice: random.Random, places: list[Spot], areas: list[str]) -> dict[str, list[str]]:
    lat, long = dice.choice(places)
    aside = dice.choice([0, 1e-7, 0.01])
    lat, long = kept((lat + aside, long + aside), most=85.0)
    circle = f"{lat!r},{long!r},{dice.choice([1, 3, 40, 1000, 50_000])}"
    where = dice.choice([{"near": [circle]}, {"area": [f"hard:{dice.choice(areas)}"]}])
    both = {"service_code": ["pothole"], "group": ["safety"]}
    asked = dice.choice([{}, {"status": ["open,late,closed,duplicate"]}, {"group": ["streets"]}, both])
    return {**where, **asked}


async def in_all_tiles(session: AsyncSession, asked: MapFilter, z: int, places: list[Spot]) -> int:
    """The sum over all tiles of a zoom; in some of them every figure is compared with the rows."""
    region, level, total = await counted_region(session, asked), shown_level(z), 0
    assert region is not None
    statement = cells_of_tile(asked, z, level, in_region=True)
    tiles = [TileAt(z, x, y) for x, y in sorted({tile_of(z, *spot) for spot in places})]
    for one in tiles:
        total += sum(found.n for found in await session.execute(statement, values_of_tile(region, one, level)))
    for one in random.Random(z).sample(tiles, min(2, len(tiles))):
        assert await read(session, asked, one) == await read(session, asked, one, by_region=False), (asked, one)
    return total


@pytest.mark.parametrize("seed", SEEDS)
async def test_all_tiles_together_hold_what_lies_in_a_circle_or_an_area(
    database: Database, shared_data: Path, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    shapes = {**SHAPES, **dict(real_shapes(dice, shared_data / "areas"))}
    places = await scatter(database, dice, shapes, tmp_path)
    monkeypatch.setattr(area_cover, "MOST_CUT", FINE)
    some = 0
    for number in range(ASKED):
        if number == ASKED // 2:
            # From here on borders are too long to be cut small.
            monkeypatch.setattr(area_cover, "MOST_CUT", 50)
            monkeypatch.setattr(circle_cover, "MOST_CUT", 2)
            area_cover._kept.clear()
        query, z = random_query(dice, places, list(shapes)), dice.randint(0, LAST_ZOOM)
        async with database.reading() as session:
            asked = await read_filter(session, query)
            exact = (await session.execute(select(func.count(ServiceRequest.id)).where(*asked.where()))).scalar_one()
            assert await in_all_tiles(session, asked, z, places) == exact, (query, z)
        some += exact > 0
    assert some >= ASKED // 3


async def test_a_circle_reaches_over_the_date_line(client: AsyncTestClient[Litestar], database: Database) -> None:
    await make_city(database)
    places: list[Spot] = [(-16.5, 179.99 + step / 200 if step <= 2 else -180.01 + step / 200) for step in range(6)]
    seen = {"status": "received", "service_id": POTHOLE}
    rows = [
        row(at, one) | seen | {"location": f"SRID=4326;POINT({long!r} {lat!r})", "cell": cell_key(lat, long)}
        for at, (one, (lat, long)) in enumerate(zip(make_crowd(6), places, strict=True), 1)
    ]
    async with database.writing() as session:
        await session.execute(insert(ServiceRequest), rows)
    for long in (179.9999, -179.9999):
        inside = [spot for spot in places if distance_m(-16.5, long, *spot) < 1_500]
        assert {degrees > 0 for _, degrees in inside} == {True, False}
        query = {"near": f"-16.5,{long},1500"}
        async with database.reading() as session:
            asked = await read_filter(session, {name: [value] for name, value in query.items()})
            assert await in_all_tiles(session, asked, 9, places) == len(inside)
        listed = (await client.get("/map/requests", params=query, headers={"Accept": "application/json"})).json()
        assert listed["total"] == len(listed["requests"]) == len(inside)


async def test_while_requests_follow_new_areas_a_tile_holds_those_that_have(
    client: AsyncTestClient[Litestar], database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_city(database)
    await bring(database, make_crowd(60))

    async def stopped(*_: Any) -> int:
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(area_import, "assign_planned", stopped)
        await bring_areas(database, {"here": shapely.box(LONG - 1, LAT - 1, LONG + 1, LAT + 1)}, tmp_path)
    everybody = {"status": "open,late,closed,duplicate"}

    async def shown() -> list[int]:
        at = {z: sorted({tile_of(z, one.lat, one.long) for one in make_crowd(60)}) for z in (9, 18)}
        return [
            sum([counted(await tile(client, z, *xy, area="hard:here", **everybody))["n"] for xy in tiles])
            for z, tiles in at.items()
        ]

    assert await shown() == [0, 0]
    await assign_planned(database, "hard")
    public = sum(one.public for one in make_crowd(60))
    assert await shown() == [public, public]
    async with database.writing() as session:
        await session.execute(delete(RequestArea))
    # Nobody's doing, and not for the map to fall over: what cannot be named is a number.
    assert await shown() == [public, public]


async def test_an_area_with_a_long_border_is_looked_for_run_by_run(database: Database, tmp_path: Path) -> None:
    await make_city(database)
    await bring(database, make_crowd(500))
    await bring_areas(database, {"round": shapely.Point(LONG, LAT).buffer(0.3, quad_segs=300)}, tmp_path)
    async with database.reading() as session:
        asked = await read_filter(session, {"area": ["hard:round"]})
        region = await counted_region(session, asked)
        statement, values = cells_of_tile(asked, 0, 4, in_region=True), values_of_tile(region, TileAt(0, 0, 0), 4)
        started = time.perf_counter()
        await session.execute(statement, values)
    # All runs for each request would take some seconds.
    assert time.perf_counter() - started < 1
