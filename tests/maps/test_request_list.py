"""The list beside the map: the same requests under the same filter, newest first, counted exactly, page by page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from app.maps import list_pages, search_space
from app.maps.cell_box import CellBox, read_cell, read_place
from app.maps.filters import MapFilter
from app.maps.grid import shown_level
from app.maps.newest import newest_ids
from app.maps.time_windows import Wanted
from app.service_requests.cells import cell_key, interleave, tile_of
from app.service_requests.models import ServiceRequest
from tests.maps.conftest import Crowded
from tests.maps.crowd import CODES, GROUPS, One
from tests.service_requests.city import DRUGS, LAT, LONG, POTHOLE

Client = AsyncTestClient[Litestar]
WEB = ("phone", "web", "open311")
JSON = {"Accept": "application/json"}
BOX = (LONG - 0.015, LAT - 0.01, LONG + 0.012, LAT + 0.013)


async def told(client: Client, **asked: Any) -> dict[str, Any]:
    answer = await client.get("/map/requests", params=asked, headers=JSON)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["x-total"] == str(found["total"])
    return found


async def walk(client: Client, **asked: Any) -> list[str]:
    """The numbers on all pages, one after another."""
    numbers: list[str] = []
    page = await told(client, **asked)
    total = page["total"]
    while True:
        assert page["total"] == total
        assert len(page["requests"]) == min(25, total - len(numbers))
        numbers += [one["service_request_id"] for one in page["requests"]]
        if page["after"] is None:
            assert len(numbers) == total
            return numbers
        page = await told(client, **asked, after=page["after"])


def newest(crowd: list[One], fits: Callable[[One], bool]) -> list[str]:
    return [one.number for one in sorted(crowd, key=lambda one: one.filed, reverse=True) if one.public and fits(one)]


def shown(one: One) -> bool:
    return one.standing != "duplicate"


def closed_within_the_year(one: One) -> bool:
    zone = ZoneInfo("America/New_York")
    return one.standing == "closed" and date(2025, 1, 31) <= one.closed.astimezone(zone).date() <= date(2026, 1, 31)


def filed(one: One) -> date:
    return one.filed.astimezone(ZoneInfo("America/New_York")).date()


def touches(z: int) -> Callable[[One], bool]:
    """Whether a request stands in a cell, as tiles of this zoom have them, that BOX touches."""
    level = shown_level(z)
    (left, top), (right, bottom) = tile_of(level, BOX[3], BOX[0]), tile_of(level, BOX[1], BOX[2])

    def inside(one: One) -> bool:
        x, y = tile_of(level, one.lat, one.long)
        return left <= x <= right and top <= y <= bottom

    return inside


async def test_every_page_of_the_city_follows_the_one_before(crowded: Crowded) -> None:
    assert await walk(crowded.client) == newest(crowded.crowd, shown)


@pytest.mark.parametrize("z", [0, 9, 12, 16, 22])
async def test_a_box_lists_all_that_its_cells_hold(crowded: Crowded, z: int) -> None:
    inside = touches(z)
    found = await walk(crowded.client, bbox=",".join(map(str, BOX)), z=z)
    assert found == newest(crowded.crowd, lambda one: shown(one) and inside(one))


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"service_code": "pothole"}, lambda one: shown(one) and one.service_id == POTHOLE),
        ({"group": "safety"}, lambda one: shown(one) and GROUPS[one.service_id] == "safety"),
        ({"status": "late"}, lambda one: one.standing == "late"),
        ({"status": "duplicate,open"}, lambda one: one.standing in ("open", "duplicate")),
        ({"source": "phone,web"}, lambda one: shown(one) and one.source in ("phone", "web")),
        (
            {"source": "phone,web", "group": "streets"},
            lambda one: shown(one) and one.source in ("phone", "web") and GROUPS[one.service_id] == "streets",
        ),
        ({"area": "board:2"}, lambda one: shown(one) and one.area_id == 2),
        ({"closed_to": "2026-01-31", "closed_from": "2025-01-31"}, lambda one: closed_within_the_year(one)),
        (
            {"filed_from": "2025-02-03", "filed_to": "2025-11-27", "source": "phone,web,open311"},
            lambda one: shown(one) and date(2025, 2, 3) <= filed(one) <= date(2025, 11, 27) and one.source in WEB,
        ),
    ],
)
async def test_the_filter_of_the_map_is_that_of_its_list(
    crowded: Crowded, asked: dict[str, str], fits: Callable[[One], bool]
) -> None:
    inside = touches(14)
    found = await walk(crowded.client, bbox=",".join(map(str, BOX)), z=14, **asked)
    assert found == newest(crowded.crowd, lambda one: fits(one) and inside(one))


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({}, lambda one: shown(one)),
        ({"service_code": "pothole,tree"}, lambda one: shown(one) and CODES[one.service_id] in ("pothole", "tree")),
        ({"status": "late,duplicate"}, lambda one: one.standing in ("late", "duplicate")),
        ({"filed_from": "2025-02-01"}, lambda one: shown(one) and filed(one) >= date(2025, 2, 1)),
        (
            {"group": "streets", "filed_from": "2025-02-01", "filed_to": "2025-11-30"},
            lambda one: (
                shown(one)
                and GROUPS[one.service_id] == "streets"
                and date(2025, 2, 1) <= filed(one) <= date(2025, 11, 30)
            ),
        ),
        (
            {"service_code": "heat", "filed_from": "2025-02-11"},
            lambda one: shown(one) and CODES[one.service_id] == "heat" and filed(one) >= date(2025, 2, 11),
        ),
    ],
)
async def test_the_whole_of_an_area_is_counted_exactly(
    crowded: Crowded, asked: dict[str, str], fits: Callable[[One], bool]
) -> None:
    found = await walk(crowded.client, area="board:1", **asked)
    assert found == newest(crowded.crowd, lambda one: fits(one) and one.area_id == 1) != []


async def test_where_more_were_closed_than_are_looked_at_the_list_is_the_same(
    crowded: Crowded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_space, "AT_ONCE", 0)
    found = await walk(crowded.client, closed_from="2025-01-31", closed_to="2026-01-31")
    assert found == newest(crowded.crowd, closed_within_the_year) != []


async def test_a_source_of_a_group_is_listed_for_the_whole_city(crowded: Crowded) -> None:
    found = await walk(crowded.client, source="phone", group="streets")
    expected = newest(
        crowded.crowd, lambda one: shown(one) and one.source == "phone" and GROUPS[one.service_id] == "streets"
    )
    assert found == expected != []


@pytest.mark.parametrize("group", [{}, {"group": "streets"}])
@pytest.mark.parametrize("place", [{}, {"bbox": ",".join(map(str, BOX)), "z": "14"}])
async def test_what_came_by_a_source_is_counted_exactly(
    crowded: Crowded, place: dict[str, str], group: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "MOST_COUNTED", 5)
    inside = touches(14) if place else lambda _: True
    expected = newest(
        crowded.crowd,
        lambda one: (
            shown(one) and one.source == "phone" and inside(one) and (not group or GROUPS[one.service_id] == "streets")
        ),
    )
    asked = {"source": "phone", **place, **group}
    answer = await crowded.client.get("/map/requests", params=asked, headers=JSON)
    assert int(answer.headers["x-total"]) == answer.json()["total"] == len(expected) > 5
    assert "more_than" not in answer.json() and "x-total-more-than" not in answer.headers


@pytest.mark.parametrize("place", [{}, {"bbox": ",".join(map(str, BOX)), "z": "14"}])
async def test_what_is_not_counted_is_counted_so_far_and_the_list_says_so(
    crowded: Crowded, place: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "MOST_COUNTED", 25)
    inside = touches(14) if place else lambda _: True
    expected = newest(crowded.crowd, lambda one: shown(one) and one.closed is not None and inside(one))
    assert len(expected) > 25
    asked, numbers = {"closed_from": "2020-01-01", **place}, []
    page: dict[str, Any] = {"after": ""}
    while page["after"] is not None:
        answer = await crowded.client.get("/map/requests", params={**asked, "after": page["after"]}, headers=JSON)
        page = answer.json()
        assert (page["total"], page["more_than"]) == (None, 25)
        assert answer.headers["x-total-more-than"] == "25" and "x-total" not in answer.headers
        numbers += [one["service_request_id"] for one in page["requests"]]
    assert numbers == expected
    assert "More than 25 reports" in (await crowded.client.get("/map/requests", params=asked)).text
    if not place:
        assert "More than 25 reports" in (await crowded.client.get("/map", params=asked)).text


@pytest.mark.parametrize("likely", [1, 60, 100_000])
@pytest.mark.parametrize("z", [9, 13, 17])
async def test_windows_of_time_find_the_newest_whatever_was_guessed(crowded: Crowded, z: int, likely: int) -> None:
    inside = touches(z)
    expected = newest(crowded.crowd, lambda one: one.status == "received" and one.public and inside(one))
    asked = MapFilter(standings=("open", "late"), hidden=(DRUGS,))
    fitting = [*asked.where(), ServiceRequest.status == "received"]
    place = read_place({"bbox": [",".join(map(str, BOX))], "z": [str(z)]})
    async with crowded.database.reading() as session:
        ids = await newest_ids(session, Wanted(fitting, place, 5, likely))
        rows = await session.execute(select(ServiceRequest.id, ServiceRequest.service_request_id))
        numbers = {row.id: row.service_request_id for row in rows}
    assert [numbers[found] for found in ids] == expected[:5]
    assert len(expected) > 5


async def test_one_stack_is_listed_by_its_cell(crowded: Crowded) -> None:
    ((cell, _),) = Counter(one.cell for one in crowded.crowd if one.public).most_common(1)
    for level in (24, 18, 8):
        code = cell >> 2 * (24 - level)
        expected = newest(crowded.crowd, lambda one, at=level, c=code: shown(one) and one.cell >> 2 * (24 - at) == c)
        assert await walk(crowded.client, cell=f"{level}:{code}") == expected


def test_the_runs_of_a_box_cover_it_and_little_more() -> None:
    box = CellBox(24, 5_000_001, 6_100_003, 5_000_900, 6_100_420)
    runs = box.runs()
    assert len(runs) <= 25
    assert all(
        any(first <= interleave(x, y) < end for first, end in runs)
        for x in range(box.left, box.right + 1, 7)
        for y in range(box.top, box.bottom + 1, 7)
    )
    assert sum(end - first for first, end in runs) <= 8 * 900 * 418


def test_a_cell_is_read_back_from_its_code() -> None:
    x, y = tile_of(24, LAT, LONG)
    assert read_cell(f"24:{cell_key(LAT, LONG)}") == CellBox(24, x, y, x, y)


async def test_a_page_beyond_the_end_is_empty(crowded: Crowded) -> None:
    page = await told(crowded.client, after="0-1")
    assert (page["requests"], page["after"]) == ([], None)
    assert page["total"] == len(newest(crowded.crowd, shown))


@pytest.mark.parametrize("after", ["1", "x-y", "1-2-3", "-1-1", "1e3-4", "1-", "²-1"])
async def test_a_mangled_cursor_is_refused_in_words(crowded: Crowded, after: str) -> None:
    answer = await crowded.client.get("/map/requests", params={"after": after}, headers=JSON)
    assert answer.status_code == 400
    assert "Open the list again" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"bbox": "170,40,-170,41"}, "date line"),
        ({"bbox": "-190,40,-170,41"}, "date line"),
        ({"bbox": "-71,43,-70,42"}, "west less than east"),
        ({"bbox": "-71,42,-71,43"}, "west less than east"),
        ({"bbox": "-71,42,-70"}, "decimal degrees"),
        ({"bbox": "-71,42,-70,43,44"}, "decimal degrees"),
        ({"bbox": "a,b,c,d"}, "decimal degrees"),
        ({"bbox": "nan,nan,nan,nan"}, "decimal degrees"),
        ({"bbox": "-71,42,inf,43"}, "decimal degrees"),
        ({"z": "40"}, "from 0 to 24"),
        ({"z": "nan"}, "from 0 to 24"),
        ({"z": "-1"}, "from 0 to 24"),
        ({"cell": "25:0"}, "LEVEL:CELL"),
        ({"cell": "2:16"}, "LEVEL:CELL"),
        ({"cell": "14"}, "LEVEL:CELL"),
        ({"cell": "-1:0"}, "LEVEL:CELL"),
        ({"service_code": "drugs"}, "reports are not public"),
    ],
)
async def test_what_is_no_part_of_the_map_is_refused_in_words(
    crowded: Crowded, asked: dict[str, str], words: str
) -> None:
    answer = await crowded.client.get("/map/requests", params=asked, headers=JSON)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


async def test_the_list_is_a_page_without_javascript_and_a_part_of_one_with_it(crowded: Crowded) -> None:
    page = await crowded.client.get("/map/requests", params={"status": "open,late"})
    part = await crowded.client.get("/map/requests", params={"status": "open,late"}, headers={"HX-Request": "true"})
    total = len(newest(crowded.crowd, lambda one: one.standing in ("open", "late")))
    assert "<html" in page.text
    assert "<html" not in part.text
    for text in (page.text, part.text):
        assert f"<strong>{total} reports</strong>" in text
        assert text.count("request-card") == 25
    (older,) = re.findall(r'rel="next" href="([^"]+)"', part.text)
    following = await crowded.client.get(older.replace("&amp;", "&"), headers={"HX-Request": "true"})
    assert following.text.count("request-card") == min(25, total - 25)
    assert not set(re.findall("/requests/CR0WD[0-9]+", part.text)) & set(
        re.findall("/requests/CR0WD[0-9]+", following.text)
    )


async def test_where_nothing_fits_the_list_says_what_to_do(crowded: Crowded) -> None:
    answer = await crowded.client.get("/map/requests", params={"bbox": "10,10,11,11", "z": "12"})
    assert answer.headers["x-total"] == "0"
    assert "Look elsewhere" in answer.text


async def test_no_private_service_is_ever_listed(crowded: Crowded) -> None:
    answer = await told(crowded.client, status="open,late,closed,duplicate")
    assert answer["total"] == sum(one.public for one in crowded.crowd)
    assert {one["service_code"] for one in answer["requests"]} <= set(CODES.values()) - {"drugs"}
