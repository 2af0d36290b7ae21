"""The page of an address or a corner: all that was ever filed there, and one hole for every department."""

from __future__ import annotations

import re

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.db import Database, lat_long, point
from app.jurisdictions.models import Place
from app.maps import place_history
from app.service_requests.models import ServiceRequest
from tests.service_requests.city import ANA, LAT, LONG, PARKS, days_ago, make_city, report, set_facts

Client = AsyncTestClient[Litestar]
METRE = 1 / 111_195
CORNER = 77


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    async with database.writing() as session:
        corner = {"street": "Beacon Street", "cross_street": "Park Avenue", "label": "Beacon Street & Park Avenue"}
        session.add(Place(id=CORNER, kind="intersection", location=point(LAT + 60 * METRE, LONG), **corner))
    return database


async def door(client: Client) -> str:
    """The page of 12 Beacon Street, as a report's position leads to it."""
    answer = await client.get("/map/at", params={"lat": LAT, "long": LONG}, follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def numbers(page: str, title: str) -> list[str]:
    section = page.split(f'id="{title}"')[1].split("</section>")[0]
    return re.findall(r'href="/requests/([0-9A-Z-]{14})"', section)


async def test_everything_ever_filed_at_an_address_is_there_newest_first(client: Client, city: Database) -> None:
    fixed = await report(city, service_code="graffiti")
    await set_facts(city, fixed, status="fixed", requested_datetime=days_ago(4000), closed_datetime=days_ago(3999))
    at_the_door, in_the_road = await report(city), await report(city, lat=LAT + 29 * METRE)
    await report(city, lat=LAT + 31 * METRE)
    await report(city, lat=LAT - 41 * METRE)
    private = await report(city, service_code="drugs")
    page = await client.get(await door(client))
    assert page.status_code == 200
    shown = [request.service_request_id for request in (in_the_road, at_the_door, fixed)]
    assert numbers(page.text, "history-title") == shown
    assert "3 reports, 2 of them open" in page.text
    assert private.service_request_id not in page.text
    assert 'href="/areas/board/1"' in page.text


@pytest.mark.parametrize(("most", "words"), [(1, "More than 1 reports"), (5, "5 reports, 5 of them open")])
async def test_a_place_is_read_to_its_end_also_with_more_than_anybody_counts(
    client: Client, city: Database, monkeypatch: pytest.MonkeyPatch, most: int, words: str
) -> None:
    monkeypatch.setattr(place_history, "MOST_COUNTED", most)
    monkeypatch.setattr(place_history, "PAGE", 2)
    made = [
        await report(city, service_code=code) for code in ("pothole", "drugs", "tree", "graffiti", "pothole", "tree")
    ]
    for age, request in enumerate(made):
        await set_facts(city, request, requested_datetime=days_ago(10 * age))
    address, shown = await door(client), []
    while address:
        page = (await client.get(address)).text
        assert words in page
        shown += numbers(page, "history-title")
        onward = re.search(r'href="(/places/[^"]+)" rel="next"', page)
        address = onward[1].replace("&amp;", "&") if onward else ""
    assert shown == [one.service_request_id for one in made if one is not made[1]]


async def test_each_report_is_on_the_page_that_its_position_leads_to_and_on_no_other(
    client: Client, city: Database
) -> None:
    sides = (-9, -4, 4, 9)
    async with city.writing() as session:
        for number, (x, y) in enumerate((x, y) for x in sides for y in sides):
            at = point(LAT + 59 * METRE + y * METRE, LONG + x * METRE)
            session.add(Place(id=100 + number, kind="address", label=f"{number} Park Avenue", location=at))
    filed = [await report(city, lat=LAT + (50.2 + n) * METRE, long=LONG + (n % 7 - 3.3) * 4 * METRE) for n in range(12)]
    told: list[str] = []
    for one in filed:
        lat, long = lat_long(one.location)
        at = await client.get("/map/at", params={"lat": lat, "long": long}, follow_redirects=False)
        here = numbers((await client.get(str(at.headers["location"]))).text, "history-title")
        assert one.service_request_id in here
    for place in (CORNER, *range(100, 116)):
        page = (await client.get(f"/places/{place}")).text
        told += numbers(page, "history-title") if "Nothing was ever" not in page else []
    assert sorted(told) == sorted(one.service_request_id for one in filed)


async def test_one_hole_for_the_open_work_of_every_department_within_fifty_metres(
    client: Client, city: Database
) -> None:
    pothole, second = await report(city), await report(city, lat=LAT + 48 * METRE)
    tree = await report(city, service_code="tree", lat=LAT + 20 * METRE)
    await report(city, lat=LAT + 53 * METRE)
    fixed, again = await report(city), await report(city)
    await set_facts(city, fixed, status="fixed", closed_datetime=days_ago(1))
    await set_facts(city, again, status="duplicate", duplicate_of_id=pothole.id)
    await report(city, service_code="drugs")
    page = await client.get(await door(client))
    shown = [request.service_request_id for request in (pothole, second, tree)]
    assert numbers(page.text, "dig-title") == shown
    headings = re.findall(r"<h3>(.*?) <span", page.text.split('id="dig-title"')[1].split("</section>")[0])
    assert headings == ["Streets Department", "Parks Department"]
    assert "48 m away" in page.text
    assert tree.department_id == PARKS


async def test_pages_lead_on_to_the_oldest_and_none_is_shown_twice(client: Client, city: Database) -> None:
    made = [await report(city) for _ in range(3)]
    async with city.writing() as session:
        for number in range(57):
            # Many at one moment, as imports have them.
            filed = days_ago(100 + number // 20)
            session.add(copy_of(made[0], number, requested_datetime=filed.replace(microsecond=0)))
    path, seen = await door(client), []
    while path:
        page = await client.get(path)
        seen += numbers(page.text, "history-title")
        following = re.search(r'href="(/places/[^"]+)" rel="next"', page.text)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == 60 and len(set(seen)) == 60


def copy_of(request: ServiceRequest, number: int, **facts: object) -> ServiceRequest:
    names = ("service_id", "department_id", "status", "location", "cell", "updated_datetime", "source")
    kept = {name: getattr(request, name) for name in names}
    return ServiceRequest(**{**kept, "service_request_id": f"AAAA-AAAA-{number:04}", **facts})


async def test_a_report_says_nothing_of_its_people_on_the_page_of_its_place(client: Client, city: Database) -> None:
    await report(city, contact=ANA, address_string="12 Beacon Street, call 617 555 0142")
    page = await client.get(await door(client))
    assert "617 555 0142" not in page.text and "ana@example.org" not in page.text


async def test_a_place_where_nothing_happened_offers_to_report(client: Client, city: Database) -> None:
    page = await client.get(f"/places/{CORNER}")
    assert "Nothing was ever reported here" in page.text
    assert "No department has open work within 50 metres" in page.text


async def test_a_point_far_from_every_address_leads_to_a_circle_on_the_map(client: Client, city: Database) -> None:
    answer = await client.get("/map/at", params={"lat": 42.31, "long": -71.01}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/map?near=42.310000,-71.010000,40")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/places/999999", 404),
        ("/places/0", 404),
        ("/places/99999999999999999999", 404),
        (f"/places/{CORNER}?after=yesterday", 400),
        (f"/places/{CORNER}?after=2026-01-01_1", 400),
        (f"/places/{CORNER}?after=1767225600000000--1", 400),
        (f"/places/{CORNER}?after=1767225600000000-99999999999999999999", 400),
        ("/map/at?lat=91&long=0", 400),
        ("/map/at?lat=nan&long=0", 400),
        ("/map/at", 400),
    ],
)
async def test_what_is_no_place_or_no_page_is_refused(client: Client, city: Database, path: str, status: int) -> None:
    assert (await client.get(path)).status_code == status


@pytest.mark.parametrize(
    ("query", "field"), [("lat=abc&long=1", "lat"), ("lat=91&long=1", "lat"), ("lat=1&long=nan", "long")]
)
async def test_a_point_that_is_none_is_named(client: Client, city: Database, query: str, field: str) -> None:
    said = (await client.get(f"/map/at?{query}", headers={"accept": "application/json"})).json()
    assert [problem["field"] for problem in said["problems"]] == [field]
    assert said["detail"].startswith(f"“{field}” has a value")


async def test_a_page_beyond_the_end_says_so(client: Client, city: Database) -> None:
    page = await client.get(f"/places/{CORNER}?after=978307200000000-5")
    assert page.status_code == 200
    assert "There are no older reports" in page.text


async def test_the_page_of_a_report_leads_to_that_of_its_place(client: Client, city: Database) -> None:
    request = await report(city)
    page = await client.get(f"/requests/{request.service_request_id}")
    link = re.search(r'href="(/map/at\?[^"]+)"', page.text)
    assert link
    assert "12 Beacon Street" in (await client.get(link[1].replace("&amp;", "&"))).text
