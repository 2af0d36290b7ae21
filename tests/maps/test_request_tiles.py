"""Tiles of requests: the same figures at every zoom as in the rows, valid, small, and told apart by their tags."""

from __future__ import annotations

from collections import Counter
from typing import Any

import mapbox_vector_tile
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.maps.area_tiles import tile_of
from tests.maps.crowd import One
from tests.service_requests.city import LAT, LONG

Client = AsyncTestClient[Litestar]
JSON = {"Accept": "application/json"}
Features = list[dict[str, Any]]


async def tile(client: Client, z: int, x: int, y: int, **asked: str) -> Features:
    answer = await client.get(f"/tiles/requests/{z}/{x}/{y}.mvt", params=asked)
    assert answer.status_code in (200, 204), answer.text
    if answer.status_code == 204:
        return []
    assert len(answer.content) == 0 or answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    layers = mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})
    (name,) = layers
    assert name == ("cells" if z <= 16 else "requests")
    assert (layers[name]["version"], layers[name]["extent"]) == (2, 4096)
    return [{**feature["properties"], "at": feature["geometry"]["coordinates"]} for feature in layers[name]["features"]]


def tiles_over(crowd: list[One], z: int) -> set[tuple[int, int]]:
    return {tile_of(z, one.lat, one.long) for one in crowd}


def counted(features: Features) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in features:
        found["n"] += one["n"]
        for standing in ("open", "late", "closed", "duplicate"):
            found[standing] += one.get(standing, 0)
        if one["n"] == 1 and "standing" in one:
            found[one["standing"]] += 1
    return found


def expected(crowd: list[One], *standings: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in crowd:
        if one.public and one.standing in standings:
            found[one.standing] += 1
            found["n"] += 1
    return found


@pytest.mark.parametrize("z", range(19))
async def test_the_tiles_of_a_zoom_hold_each_public_request_once(client: Client, crowd: list[One], z: int) -> None:
    found: Counter[str] = Counter()
    for x, y in tiles_over(crowd, z):
        found += counted(await tile(client, z, x, y))
    assert +found == expected(crowd, "open", "late", "closed")


@pytest.mark.parametrize(
    "path",
    ["40/1/1.mvt", "19/1/1.mvt", "3/8/1.mvt", "3/1/8.mvt", "-1/0/0.mvt", "3/-1/0.mvt", "NaN/0/0.mvt", "3/NaN/0.mvt",
     "3/1/NaN.mvt", "3/1/1", "3/1/1.png", "3/1/99999999999999999999.mvt", "1e2/0/0.mvt", "²/0/0.mvt"],
)  # fmt: skip
async def test_what_is_no_tile_is_refused_in_words(client: Client, crowd: list[One], path: str) -> None:
    answer = await client.get(f"/tiles/requests/{path}", headers=JSON)
    assert answer.status_code == 400
    assert "z from 0 to 18" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"service_code": "pothole,nothing"}, "no public service “nothing”"),
        ({"service_code": "drugs"}, "no public service “drugs”"),
        ({"group": "nobody"}, "no group of services “nobody”"),
        ({"status": "open,lost"}, "open, late, closed, duplicate"),
        ({"filed_from": "2026-02-30"}, "YYYY-MM-DD"),
        ({"filed_from": "20260203"}, "YYYY-MM-DD"),
        ({"closed_to": "9999-12-31"}, "YYYY-MM-DD"),
        ({"filed_from": "2026-02-02", "filed_to": "2026-02-01"}, "lies before"),
        ({"closed_from": "2026-02-02", "closed_to": "2026-02-01"}, "lies before"),
        ({"source": "web;drop"}, "short word"),
        ({"area": "board"}, "layer:code"),
        ({"area": "board:77"}, "no area “board:77”"),
        ({"near": "42,-71"}, "latitude,longitude,metres"),
        ({"near": "nan,-71,50"}, "latitude,longitude,metres"),
        ({"near": "42,-71,0"}, "latitude,longitude,metres"),
        ({"near": "42,-71,60000"}, "latitude,longitude,metres"),
        ({"colour": "mauve"}, "colour is one of"),
        ({"service_code": ",".join(str(number) for number in range(3000))}, "at most 2000"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_refused_in_words(
    client: Client, crowd: list[One], asked: dict[str, str], words: str
) -> None:
    answer = await client.get("/tiles/requests/0/0/0.mvt", params=asked, headers=JSON)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


async def test_everything_that_is_wrong_is_told_at_once(client: Client, crowd: list[One]) -> None:
    asked = {"service_code": "nothing", "status": "lost", "near": "here", "filed_to": "today"}
    answer = await client.get("/tiles/requests/0/0/0.mvt", params=asked, headers=JSON)
    assert {problem["field"] for problem in answer.json()["problems"]} == set(asked)


async def test_a_tile_is_known_again_until_something_in_it_changes(client: Client, crowd: list[One]) -> None:
    x, y = tile_of(12, LAT, LONG)
    first = await client.get(f"/tiles/requests/12/{x}/{y}.mvt")
    assert first.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=300"
    assert first.headers["content-encoding"] == "gzip"
    again = await client.get(f"/tiles/requests/12/{x}/{y}.mvt", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = await client.get(f"/tiles/requests/12/{x}/{y}.mvt", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == first.content


async def test_an_empty_tile_has_no_content(client: Client, crowd: list[One]) -> None:
    answer = await client.get("/tiles/requests/12/0/0.mvt")
    assert (answer.status_code, answer.content) == (204, b"")
