"""The map's page and what it asks for beside tiles and list: the search, and the months."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.db import Database
from app.service_requests.counts import fold_all
from tests.maps.conftest import Crowded
from tests.maps.crowd import CODES
from tests.service_requests.city import DRUGS, POTHOLE, make_city, report

Client = AsyncTestClient[Litestar]
PAGE = {"Accept": "text/html"}


async def test_the_page_holds_the_filter_of_its_address_and_the_list_under_it(crowded: Crowded) -> None:
    listed = await crowded.client.get(
        "/map/requests", params={"service_code": CODES[POTHOLE], "status": "open"}, headers=PAGE
    )
    page = await crowded.client.get("/map", params={"service_code": CODES[POTHOLE], "status": "open"}, headers=PAGE)
    assert page.status_code == 200
    checked = set(re.findall(r'name="(\w+)" value="([\w-]+)" checked', page.text)) - {("colour", "status")}
    assert checked == {("service_code", CODES[POTHOLE]), ("status", "open")}
    assert re.findall(r'href="/requests/([\w-]+)"', page.text) == re.findall(r'href="/requests/([\w-]+)"', listed.text)


async def test_no_private_service_is_offered_or_told(crowded: Crowded) -> None:
    page = await crowded.client.get("/map", headers=PAGE)
    facts = json.loads(re.search(r'id="map-facts">(.*?)</script>', page.text, re.S)[1])  # type: ignore[index]
    letters = [group["letter"] for group in facts["groups"]]
    assert len(set(letters)) == len(letters) > 0
    assert CODES[DRUGS] not in page.text.split('id="filter"')[1]


async def test_a_wrong_filter_is_refused_in_words(crowded: Crowded) -> None:
    for query in ("status=nonsense", "filed_from=2026-05-01&filed_to=2026-04-01", "near=NaN,0,5", "area=moon:1"):
        answer = await crowded.client.get(f"/map?{query}", headers=PAGE)
        assert answer.status_code == 400, query


async def test_a_list_without_a_report_leads_to_all_of_them_where_a_filter_left_them_out(crowded: Crowded) -> None:
    for query, is_narrowed in (("filed_to=2001-01-01", True), ("", False)):
        page = await crowded.client.get(f"/map/requests?bbox=10,10,10.1,10.1&z=12&{query}")
        assert "Nothing here fits." in page.text
        assert ('href="/map" data-show-all' in page.text) is is_narrowed


async def test_a_number_is_found_whole_and_a_private_one_by_nobody(client: Client, database: Database) -> None:
    await make_city(database)
    for service_id, known in ((POTHOLE, True), (DRUGS, False)):
        number = (await report(database, service_code=CODES[service_id])).service_request_id
        found = (await client.get("/map/search", params={"q": number.lower().replace("-", " ")})).json()
        assert [thing["label"] for thing in found if thing["kind"] == "request"] == [number] * known


async def test_an_area_is_found_by_how_people_begin_to_name_it(crowded: Crowded) -> None:
    for words in ("board 1", "Board 1"):
        found = (await crowded.client.get("/map/search", params={"q": words})).json()
        assert ("area", "1") in [(thing["kind"], thing.get("code")) for thing in found]
    west, south, east, north = next(thing["bbox"] for thing in found if thing["kind"] == "area")
    assert west < east and south < north
    assert (await crowded.client.get("/map/search", params={"q": "x" * 201})).status_code == 400


async def test_the_months_are_those_of_the_rows(crowded: Crowded) -> None:
    await fold_all(crowded.database)
    zone = ZoneInfo("America/New_York")
    counted = Counter(
        f"{one.filed.astimezone(zone):%Y%m}" for one in crowded.crowd if one.standing != "duplicate" and one.public
    )
    told = {month["month"]: month["n"] for month in (await crowded.client.get("/map/months.json")).json()}
    assert {month: n for month, n in told.items() if n} == dict(counted)
    assert f"{datetime.now(UTC).astimezone(zone):%Y%m}" in told


@pytest.mark.parametrize(
    ("query", "start"),
    [
        ("", [-71.1, 42.3, -71.0, 42.4]),
        ("?area=board:1", [-71.1, 42.3, -71.04, 42.4]),
        ("?near=42.35,-71.05,111.195", [-71.051353, 42.349, -71.048647, 42.351]),
    ],
)
async def test_the_map_opens_on_what_its_filter_asks_for(crowded: Crowded, query: str, start: list[float]) -> None:
    page = (await crowded.client.get(f"/map{query}")).text
    facts = json.loads(page.partition('id="map-facts"')[2].partition(">")[2].partition("</script>")[0])
    assert facts["start"] == pytest.approx(start, abs=1e-6)
    assert facts["bounds"] == pytest.approx([-71.1, 42.3, -71.0, 42.4])
