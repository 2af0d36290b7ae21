"""Tiles of requests: the same figures at every zoom as in the rows, valid, small, and told apart by their tags."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import mapbox_vector_tile
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import insert, select, update

from app.db import Database
from app.jurisdictions.models import Jurisdiction
from app.maps.grid import TileAt, place_in_tile, shown_level
from app.maps.tile_layers import own_place
from app.service_requests.cells import tile_of
from app.service_requests.counts import fold_all
from app.service_requests.models import ServiceRequest
from app.services.models import Service
from tests.maps.conftest import Crowded
from tests.maps.crowd import CODES, GROUPS, One, bring, make_crowd, row
from tests.service_requests.city import LAT, LONG, POTHOLE, make_city

Client = AsyncTestClient[Litestar]
JSON = {"Accept": "application/json"}
SHOWN = ("open", "late", "closed")
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


async def test_a_tile_holds_what_its_four_parts_hold_down_to_the_street(crowded: Crowded) -> None:
    shown = [one for one in crowded.crowd if one.public and one.standing != "duplicate"]
    door = max(Counter((one.lat, one.long) for one in shown).items(), key=lambda pair: pair[1])[0]
    x = y = 0
    parent = counted(await tile(crowded.client, 0, 0, 0))
    assert parent == expected(crowded.crowd, "open", "late", "closed")
    for z in range(1, 19):
        parts = {
            (2 * x + right, 2 * y + down): counted(await tile(crowded.client, z, 2 * x + right, 2 * y + down))
            for right in (0, 1)
            for down in (0, 1)
        }
        assert sum(parts.values(), Counter()) == parent
        x, y = tile_of(z, *door)
        parent = parts[x, y]
        assert parent == expected([one for one in shown if tile_of(z, one.lat, one.long) == (x, y)], *SHOWN)
    assert parent["n"] > 5


@pytest.mark.parametrize("z", [3, 8, 12, 13, 14, 17])
async def test_each_cell_counts_its_own_requests(crowded: Crowded, z: int) -> None:
    x, y = tile_of(z, LAT, LONG)
    for standings in (SHOWN, ("duplicate",), ("late", "open")):
        cells: dict[int, list[One]] = {}
        for one in crowded.crowd:
            if one.public and one.standing in standings and tile_of(z, one.lat, one.long) == (x, y):
                cells.setdefault(one.cell >> 2 * (24 - shown_level(z)), []).append(one)
        found = await tile(crowded.client, z, x, y, status=",".join(standings))
        assert len(found) == len(cells)
        # What lies over the others is drawn last.
        assert z < 17 or [one["n"] for one in found] == sorted(one["n"] for one in found)
        for feature in found:
            if "id" in feature:
                (one,) = next(ones for ones in cells.values() if ones[0].number == feature["id"])
                told = {name: feature[name] for name in ("standing", "service", "group", "n")}
                assert told == {
                    "standing": one.standing, "service": CODES[one.service_id], "group": GROUPS[one.service_id], "n": 1
                }  # fmt: skip
                assert feature["at"] == list(own_place(one.lat, one.long, TileAt(z, x, y)))
                continue
            here = cells[int(feature["cell"])]
            assert feature["level"] == shown_level(z)
            assert counted([feature]) == expected(here, *standings)
            assert feature["at"] == list(place_in_tile(int(feature["cell"]), feature["level"], TileAt(z, x, y)))


@pytest.mark.parametrize("z", [9, 13])
async def test_a_cell_is_coloured_by_the_group_of_the_most(crowded: Crowded, z: int) -> None:
    x, y = tile_of(z, LAT, LONG)
    plain = await tile(crowded.client, z, x, y)
    coloured = await tile(crowded.client, z, x, y, colour="group")
    assert [{name: one[name] for name in one if name != "group"} for one in coloured] == plain
    for feature in coloured:
        level = feature["level"]
        groups = Counter(
            GROUPS[one.service_id]
            for one in crowded.crowd
            if one.public and one.standing in SHOWN and one.cell >> 2 * (24 - level) == int(feature["cell"])
        )
        most = max(groups.values())
        assert feature["group"] == min(group for group, count in groups.items() if count == most)


@pytest.mark.parametrize(
    "path",
    ["40/1/1.mvt", "19/1/1.mvt", "3/8/1.mvt", "3/1/8.mvt", "-1/0/0.mvt", "3/-1/0.mvt", "NaN/0/0.mvt", "3/NaN/0.mvt",
     "3/1/NaN.mvt", "3/1/1", "3/1/1.png", "3/1/99999999999999999999.mvt", "1e2/0/0.mvt", "²/0/0.mvt"],
)  # fmt: skip
async def test_what_is_no_tile_is_refused_in_words(crowded: Crowded, path: str) -> None:
    answer = await crowded.client.get(f"/tiles/requests/{path}", headers=JSON)
    assert answer.status_code == 400
    assert "z from 0 to 18" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"service_code": "pothole,nothing"}, "no service “nothing”"),
        ({"service_code": "drugs"}, "no service “drugs”"),
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
    crowded: Crowded, asked: dict[str, str], words: str
) -> None:
    answer = await crowded.client.get("/tiles/requests/0/0/0.mvt", params=asked, headers=JSON)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


async def test_everything_that_is_wrong_is_told_at_once(crowded: Crowded) -> None:
    asked = {"service_code": "nothing", "status": "lost", "near": "here", "filed_to": "today"}
    answer = await crowded.client.get("/tiles/requests/0/0/0.mvt", params=asked, headers=JSON)
    assert {problem["field"] for problem in answer.json()["problems"]} == set(asked)


async def test_a_tile_is_known_again_until_something_in_it_changes(crowded: Crowded) -> None:
    x, y = tile_of(12, LAT, LONG)
    first = await crowded.client.get(f"/tiles/requests/12/{x}/{y}.mvt")
    assert first.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=300"
    assert first.headers["content-encoding"] == "gzip"
    again = await crowded.client.get(
        f"/tiles/requests/12/{x}/{y}.mvt", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    plain = await crowded.client.get(f"/tiles/requests/12/{x}/{y}.mvt", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == first.content


async def test_an_empty_tile_has_no_content(crowded: Crowded) -> None:
    answer = await crowded.client.get("/tiles/requests/12/0/0.mvt")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_a_tag_changes_with_what_is_in_its_tile_and_with_nothing_else(client: Client, database: Database) -> None:
    await make_city(database)
    crowd = make_crowd(60)
    await bring(database, crowd)
    changed = next(one for one in crowd if one.public and one.standing == "open")
    at = {z: tile_of(z, changed.lat, changed.long) for z in (6, 13, 18)}
    elsewhere = next(
        tile_of(13, one.lat, one.long)
        for one in crowd
        if one.public and one.standing != "duplicate" and tile_of(13, one.lat, one.long) != at[13]
    )
    addresses = [f"/tiles/requests/{z}/{x}/{y}.mvt" for z, (x, y) in [*at.items(), (13, elsewhere)]]

    async def tags() -> list[str]:
        return [(await client.get(address)).headers["etag"] for address in addresses]

    before = await tags()
    await fold_all(database)
    assert await tags() == before
    async with database.writing() as session:
        this = update(ServiceRequest).where(ServiceRequest.service_request_id == changed.number)
        await session.execute(this.values(status="fixed", closed_datetime=datetime.now(UTC)))
    after = await tags()
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, False, False, True]


async def test_the_fullest_tile_stays_small_and_keeps_its_sum(client: Client, database: Database) -> None:
    """1,500 doors of one tile at zoom 17 have a request each: more than 40 KB can name."""
    await make_city(database)
    z, (x, y) = 17, tile_of(17, LAT, LONG)
    first = TileAt(z, x, y).span()[0]
    async with database.writing() as session:
        connection = await session.connection()
        one = row(1, make_crowd(1)[0]) | {"service_id": POTHOLE, "status": "received", "late": False}
        numbers = [(n, f"{n * 2_654_435_761 % 10**10:010}") for n in range(1, 1501)]
        doors = [{"id": n, "service_request_id": number, "cell": first + 10 * n} for n, number in numbers]
        await connection.execute(insert(ServiceRequest), [one | door for door in doors])
    for zoom, at in ((17, (x, y)), (13, (x >> 4, y >> 4))):
        answer = await client.get(f"/tiles/requests/{zoom}/{at[0]}/{at[1]}.mvt")
        assert int(answer.headers["content-length"]) <= 40_000
        assert counted(await tile(client, zoom, *at))["n"] == 1500


async def test_a_filter_of_five_hundred_services_works(client: Client, database: Database) -> None:
    await make_city(database)
    codes = [f"kind-{number}" for number in range(500)]
    async with database.writing() as session:
        await session.execute(
            insert(Service),
            [
                {"id": 100 + at, "service_code": code, "service_name": code, "group": "streets"}
                for at, code in enumerate(codes)
            ],
        )
        city = (await session.execute(select(Jurisdiction))).scalar_one()
        city.catalogue_version += 1
    await bring(database, make_crowd(50))
    x, y = tile_of(9, LAT, LONG)
    none = await client.get(f"/tiles/requests/9/{x}/{y}.mvt", params={"service_code": ",".join(codes)})
    some = await client.get(f"/tiles/requests/9/{x}/{y}.mvt", params={"service_code": ",".join([*codes, "pothole"])})
    assert (none.status_code, some.status_code) == (204, 200)
