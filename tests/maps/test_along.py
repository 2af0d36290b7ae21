"""What a phone takes along of an area: told before, small, bounded, and nothing that is not public."""

from __future__ import annotations

import gzip
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.db import Database, point
from app.jurisdictions.geodesy import box_around
from app.jurisdictions.models import Place
from app.jurisdictions.place_index import refresh_place_index
from app.settings import Settings
from tests.service_requests.city import LAT, LONG, days_ago, make_city, report, set_facts

Client = AsyncTestClient[Litestar]
JSON = {"Accept": "application/json"}
METRE = 1 / 111_195
HALF_MOON_BAY = {"lat": 37.4636, "long": -122.4286}


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    async with database.writing() as session:
        session.add_all(
            [
                Place(
                    kind="intersection", label="Beacon Street & Park Avenue", street="Beacon Street",
                    cross_street="Park Avenue", location=point(LAT + 90 * METRE, LONG),
                ),
                Place(
                    kind="poi", label="Harbor Library", house_number="14", street="Beacon Street", zipcode="02108",
                    location=point(LAT - 40 * METRE, LONG),
                ),
                Place(
                    kind="address", label="The Old Mill", house_number="7-9", street="Mill Lane",
                    location=point(LAT, LONG + 0.0004),
                ),
            ]
        )  # fmt: skip
        await session.flush()
        await refresh_place_index(session)
    return database


@pytest.fixture
def basemap(settings: Settings, shared_data: Path) -> Path:
    settings.basemap_path.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(shared_data / "basemap" / "half_moon_bay.pmtiles", settings.basemap_path))


def box_text(lat: float = LAT, long: float = LONG, radius_m: float = 500) -> str:
    return ",".join(f"{side:.5f}" for side in box_around(lat, long, radius_m))


async def told(client: Client, **asked: Any) -> dict[str, Any]:
    answer = await client.get("/along.json", params=asked, headers=JSON)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_area_says_before_what_it_will_weigh(client: Client, city: Database, basemap: Path) -> None:
    area = await told(client, **HALF_MOON_BAY, radius_m=1118)
    assert area["km2"] == 5.0
    fetched, plain, count = 0, 0, 0
    for zoom in area["tiles"]["zooms"]:
        for x in range(zoom["x"][0], zoom["x"][1] + 1):
            for y in range(zoom["y"][0], zoom["y"][1] + 1):
                tile = await client.get(f"/tiles/basemap/{zoom['z']}/{x}/{y}.mvt")
                assert tile.status_code in (200, 204)
                assert tile.headers.get("etag", f'"{area["basemap"]}-').startswith(f'"{area["basemap"]}-')
                fetched += int(tile.headers.get("content-length", 0))
                plain += len(tile.content)
                count += 1
    tiles = area["tiles"]
    assert (tiles["count"], tiles["bytes"], tiles["plain"]) == (count, fetched, plain)
    assert area["bytes"] == tiles["bytes"] + area["places"]["bytes"] + area["requests"]["bytes"]


async def test_the_tiles_are_those_that_the_area_lies_in(client: Client, city: Database, basemap: Path) -> None:
    area = await told(client, **HALF_MOON_BAY, radius_m=500)
    assert [zoom["z"] for zoom in area["tiles"]["zooms"]] == list(range(8, 16))
    last = area["tiles"]["zooms"][-1]
    assert (last["x"], last["y"], last["count"]) == ([5239, 5240], [12700, 12701], 4)


async def test_without_a_basemap_the_rest_can_be_taken_along(client: Client, city: Database) -> None:
    area = await told(client, lat=LAT, long=LONG, radius_m=500)
    assert (area["basemap"], area["tiles"]["count"], area["tiles"]["zooms"]) == ("", 0, [])
    assert area["places"]["count"] == 4
    assert area["name"] == "Around 12 Beacon Street"


async def test_one_of_the_citys_areas_is_asked_for_by_its_code(client: Client, city: Database) -> None:
    area = await told(client, layer="agency", code="i90")
    assert (area["name"], area["box"]) == ("I-90", [-71.1, 42.3, -71.08, 42.4])


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"layer": "board", "code": "1"}, 413, "choose a smaller one"),
        ({"layer": "board", "code": "77"}, 404, "no such area"),
        ({"layer": "board"}, 404, "no such area"),
        ({}, 400, "Say which area"),
        ({"lat": "42", "long": "-71"}, 400, "Say which area"),
        ({"lat": "42", "long": "-71", "radius_m": "2501"}, 400, "Say which area"),
        ({"lat": "42", "long": "-71", "radius_m": "-1"}, 400, "Say which area"),
        ({"lat": "42", "long": "-71", "radius_m": "nan"}, 400, "Say which area"),
        ({"lat": "nan", "long": "-71", "radius_m": "500"}, 400, ""),
        ({"lat": "91", "long": "-71", "radius_m": "500"}, 400, ""),
        ({"lat": "x", "long": "-71", "radius_m": "500"}, 400, ""),
    ],
)
async def test_what_is_no_area_is_refused_in_words(
    client: Client, city: Database, asked: dict[str, str], status: int, words: str
) -> None:
    answer = await client.get("/along.json", params=asked, headers=JSON)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/along/places.json", "/along/requests.json"])
@pytest.mark.parametrize(
    ("box", "status"),
    [("", 400), ("1,2,3", 400), ("a,b,c,d", 400), ("nan,nan,nan,nan", 400), ("-71,42,-72,43", 400),
     ("-71,42,-71,42", 400), ("0,-90,1,90", 400), ("0,0,1e400,1", 400), ("-71.1,42.3,-71.0,42.4", 413)],
)  # fmt: skip
async def test_a_box_that_is_none_or_too_large_is_refused(
    client: Client, city: Database, path: str, box: str, status: int
) -> None:
    answer = await client.get(path, params={"box": box}, headers=JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert ("smaller one" if status == 413 else "four numbers") in answer.json()["detail"]


async def test_the_places_of_a_box_come_as_columns_with_the_rules_of_their_words(
    client: Client, city: Database
) -> None:
    answer = await client.get("/along/places.json", params={"box": box_text()}, headers=JSON)
    index = answer.json()
    streets, addresses, corners = index["streets"], index["addresses"], index["corners"]
    west, south = index["box"][:2]
    said = [f"{n} {streets[s]}" for n, s in zip(addresses["number"], addresses["street"], strict=True)]
    assert said == ["12 Beacon Street", "7-9 Mill Lane"]
    assert addresses["labels"] == {"1": "The Old Mill"}
    assert south + addresses["north"][0] / 1e5 == pytest.approx(LAT, abs=1e-5)
    assert west + addresses["east"][0] / 1e5 == pytest.approx(LONG, abs=1e-5)
    assert index["zipcodes"][addresses["zip"][0]] == "02108" and addresses["zip"][1] == -1
    assert [streets[corners[side][0]] for side in ("street", "cross")] == ["Beacon Street", "Park Avenue"]
    assert (index["pois"]["label"], index["pois"]["hint"]) == (["Harbor Library"], ["14 Beacon Street"])
    assert index["words"]["spellings"]["avenue"] == "av" and index["words"]["weights"]["st"] == 0.25


async def test_unchanged_places_are_not_sent_again(client: Client, city: Database) -> None:
    asked: dict[str, Any] = {"params": {"box": box_text()}}
    first = await client.get("/along/places.json", **asked)
    again = await client.get("/along/places.json", **asked, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    async with city.writing() as session:
        await refresh_place_index(session)
    newer = await client.get("/along/places.json", **asked, headers={"If-None-Match": first.headers["etag"]})
    assert newer.status_code == 200 and newer.headers["etag"] != first.headers["etag"]


async def test_what_is_open_comes_with_what_a_card_shows_and_its_date(client: Client, city: Database) -> None:
    request = await report(city, address_string="12 Beacon Street, call 617 555 0142")
    await set_facts(city, request, reporter_count=3)
    params = {"box": box_text()}
    told = (await client.get("/along/requests.json", params=params, headers={"Accept-Language": "es"})).json()
    assert told["as_of"].startswith("20") and told["complete"]
    [known] = told["requests"]
    assert known["service_request_id"] == request.service_request_id
    assert (known["service_name"], known["group"], known["reporter_count"]) == ("Bache", "streets", 3)
    assert known["address"] == "12 Beacon Street, call •••"
    assert (known["lat"], known["long"]) == pytest.approx((LAT, LONG), abs=1e-6)
    assert known["requested_datetime"] < known["expected_datetime"]


async def test_only_what_is_open_public_and_inside_is_told(client: Client, city: Database) -> None:
    shown = await report(city)
    await report(city, service_code="drugs")
    await report(city, lat=LAT + 520 * METRE)
    fixed, doubled = await report(city), await report(city)
    await set_facts(city, fixed, status="fixed", closed_datetime=days_ago(1))
    await set_facts(city, doubled, duplicate_of_id=shown.id)
    answer = await client.get("/along/requests.json", params={"box": box_text()})
    assert [known["service_request_id"] for known in answer.json()["requests"]] == [shown.service_request_id]
    area = await told(client, lat=LAT, long=LONG, radius_m=500)
    assert area["requests"]["count"] == 1


async def test_the_weight_of_places_and_requests_is_well_estimated(client: Client, city: Database) -> None:
    around = random.Random(7)
    async with city.writing() as session:
        session.add_all(
            Place(
                kind="address", label=f"{number} Street {row}", house_number=str(number), street=f"Street {row}",
                zipcode="02108", location=point(LAT + around.uniform(-500, 500) * METRE, LONG + row * 20 * METRE),
            )
            for row in range(20)
            for number in sorted(around.sample(range(1, 999), 150))
        )  # fmt: skip
        await session.flush()
        await refresh_place_index(session)
    area = await told(client, lat=LAT, long=LONG, radius_m=600)
    assert area["places"]["count"] > 3000
    answer = await client.get("/along/places.json", params={"box": box_text(radius_m=600)})
    assert answer.headers["content-encoding"] == "gzip"
    sent = len(gzip.compress(answer.content, 6))
    assert area["places"]["bytes"] == pytest.approx(sent, rel=0.35)
    assert area["places"]["plain"] == pytest.approx(len(answer.content), rel=0.35)


async def test_the_page_offers_the_citys_smaller_areas(client: Client, city: Database) -> None:
    page = await client.get("/my/area")
    assert page.status_code == 200
    assert "layer=board" not in page.text
    assert "This needs JavaScript" in page.text
