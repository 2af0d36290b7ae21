"""The page of an area: every figure is that of the requests themselves, and what is not there leads back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import update

from app.db import Database
from app.jurisdictions.models import Area
from app.maps.area_facts import find_area
from app.maps.area_lately import area_lately, oldest_open
from app.maps.area_report import Monthly, area_report, is_rising
from app.maps.area_sums import Figures
from app.service_requests.counts import fold_all
from app.services.queries import current_catalogue
from tests.maps.history import SERVICES, ZONE, Past, make_history
from tests.service_requests.city import LAT, LONG, days_ago, make_city, report, set_facts

Client = AsyncTestClient[Litestar]


@pytest.fixture
async def history(database: Database) -> list[Past]:
    """Half of it is summed up, half of it waits."""
    await make_city(database)
    made = await make_history(database, count=90, seed=7)
    await fold_all(database)
    return made + await make_history(database, count=90, days=60, seed=8)


def today() -> date:
    return datetime.now(ZONE).date()


def figures(history: list[Past], board: int | None, first: date, last: date) -> Figures:
    here = [past for past in history if board in (None, past.board)]

    def number(fits: Callable[..., bool]) -> int:
        return sum(fits(past) for past in here)

    standings = [
        number(lambda past, name=name: past.standing == name and first <= past.filed <= last)
        for name in ("open", "late", "closed", "duplicate")
    ]
    return Figures(*standings, number(lambda past: bool(past.closed and first <= past.closed <= last)))


async def test_the_figures_are_those_of_the_requests_themselves(database: Database, history: list[Past]) -> None:
    async with database.reading() as session:
        area = await find_area(session, "board", "1", today())
        catalogue = await current_catalogue(session)
        told = await area_report(session, catalogue, area, today())
        lately = await area_lately(session, catalogue, area, str(ZONE))
        oldest = await oldest_open(session, area, str(ZONE))
    ever = (date(2000, 1, 1), today())
    assert told.ever.still_open == figures(history, 1, *ever).still_open
    assert told.ever.late == figures(history, 1, *ever).late
    assert told.city_ever.late == figures(history, None, *ever).late
    assert told.today == figures(history, 1, today(), today())
    for one in told.compared:
        until, length = today() - timedelta(days=1), timedelta(days=one.days)
        first = until - length + timedelta(days=1)
        year = timedelta(days=365)
        assert one.now == figures(history, 1, first, until)
        assert one.before == figures(history, 1, first - length, until - length)
        assert one.year_ago == figures(history, 1, first - year, until - year)
        assert one.city == figures(history, None, first, until)
        assert one.city_before == figures(history, None, first - length, until - length)
    counted: dict[str, int] = {}
    for past in history:
        if past.board == 1 and past.filed >= told.top_since and past.standing != "duplicate":
            counted[SERVICES[past.row.service_id]] = counted.get(SERVICES[past.row.service_id], 0) + 1
    assert {service.service_code: count for service, count in told.top} == counted
    still = [past.row for past in history if past.board == 1 and past.standing in ("open", "late")]
    still.sort(key=lambda row: (row.requested_datetime, row.id))
    assert [one.service_request_id for one in oldest] == [row.service_request_id for row in still[:5]]
    assert lately.followers == sum(row.follower_count for row in still)
    assert lately.count == sum(past.board == 1 for past in history)


def test_a_rise_is_told_where_chance_would_not_make_it() -> None:
    rises = {(30, 10): True, (12, 10): False, (4, 0): False, (5, 0): True, (110, 100): False, (140, 100): True}
    for (last, before), told in rises.items():
        assert is_rising(Monthly(None, last, before, 0)) is told, (last, before)  # type: ignore[arg-type]


async def test_an_address_with_three_reports_is_a_stack_and_private_ones_do_not_count(
    client: Client, database: Database
) -> None:
    await make_city(database)
    three = [await report(database, address_string="12 Beacon Street") for _ in range(3)]
    await set_facts(database, three[0], status="fixed", closed_datetime=days_ago(0))
    for _ in range(4):
        await report(database, service_code="drugs", lat=LAT + 0.01, long=LONG, address_string="9 Secret Lane")
    page = (await client.get("/areas/board/1")).text
    stacks = page.split('id="stacks-title"')[1].split("</section>")[0]
    assert "12 Beacon Street" in stacks and "3 reports, 2 open" in stacks
    assert "Secret" not in page and "Drug" not in page
    assert f'href="/requests/{three[1].service_request_id}"' in page


async def test_the_page_leads_to_map_and_feeds_and_back(client: Client, history: list[Past]) -> None:
    page = await client.get("/areas/board/1")
    assert page.status_code == 200
    for link in ("/map?area=board:1", "/areas/board", "/areas", *(f"/requests.{f}?area=board:1" for f in FORMS)):
        assert f'href="{link}"' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    for form in FORMS:
        assert (await client.get(f"/requests.{form}?area=board:1")).status_code == 200


FORMS = ("csv", "geojson", "atom")


async def test_only_the_page_for_frames_may_be_framed(client: Client, history: list[Past]) -> None:
    framed = await client.get("/areas/board/1/embed")
    policy = framed.headers["content-security-policy"]
    assert policy.endswith("frame-ancestors *") and "default-src 'none'" in policy
    assert "<script" not in framed.text and "set-cookie" not in framed.headers
    assert 'href="http://testserver.local/areas/board/1"' in framed.text


async def test_areas_stand_side_by_side_and_are_sorted_by_any_column(client: Client, history: list[Past]) -> None:
    def order(page: str) -> list[str]:
        return re.findall(r'<th scope="row"><a href="/areas/board/(\d)"', page)

    page = await client.get("/areas/board")
    assert order(page.text) == ["1", "2"]
    assert 'aria-sort="descending"' in page.text
    assert order((await client.get("/areas/board?sort=open")).text) == ["2", "1"]
    assert order((await client.get("/areas/board?sort=-name")).text) == ["2", "1"]
    assert order((await client.get("/areas/board?sort=beauty")).text) == ["1", "2"]
    first = today() - timedelta(days=30)
    month = figures(history, 1, first, today() - timedelta(days=1))
    cells = re.findall(r"<td>([^<]*)</td>", page.text.split("Board 1</a>")[1].split("</tr>")[0])
    assert [int(cell) for cell in cells[:2]] == [month.new, month.closings]
    layers = await client.get("/areas")
    assert 'href="/areas/board/2"' in layers.text and "I-90" not in layers.text


async def test_an_area_that_was_redrawn_keeps_its_past_and_says_so(client: Client, database: Database) -> None:
    await make_city(database)
    old = await report(database)
    async with database.writing() as session:
        await session.execute(update(Area).where(Area.id == 1).values(valid_to=date(2020, 1, 1)))
        await session.execute(update(Area).where(Area.id == 2).values(code="1", valid_from=date(2020, 1, 1)))
    async with database.reading() as session:
        area = await find_area(session, "board", "1", today())
        assert (area.name, area.redrawn) == ("Board 2", date(2020, 1, 1))
    page = await client.get("/areas/board/1")
    assert "Its outline is as it is since" in page.text
    assert old.service_request_id in page.text


async def test_what_is_not_there_leads_back_to_what_is(client: Client, database: Database) -> None:
    await make_city(database)
    for path in ("/areas/nowhere", "/areas/board/99", "/areas/nowhere/1", "/areas/board/99/embed"):
        page = await client.get(path)
        assert page.status_code == 404, path
        assert 'href="/areas"' in page.text
        told = await client.get(path, headers={"Accept": "application/json"})
        assert told.status_code == 404 and told.json()["problems"]


async def test_an_area_without_a_single_report_says_so(client: Client, database: Database) -> None:
    await make_city(database)
    page = await client.get("/areas/board/2")
    assert page.status_code == 200
    for words in ("Nothing is open", "Nothing was reported in the last twelve months", "Too few were closed to say"):
        assert words in page.text
