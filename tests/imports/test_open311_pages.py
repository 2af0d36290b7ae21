"""All requests of an endpoint are read, whatever habits it has: against a real server on loopback."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.imports.open311_endpoint import Endpoint
from app.imports.open311_pages import CHANGED, FILED, Axis, NotHonoured, Reader
from app.outside import outside_client
from tests.imports.georeport_server import FIRST_DAY, GeoReport, requests, served

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with outside_client("tests", allow_http=True, allow_private=True) as client:
        yield client


async def no_sleep(_seconds: float) -> None:
    """For tests that need not wait."""


async def read_all(
    client: httpx.AsyncClient, server: GeoReport, axis: Axis = FILED, start: datetime = FIRST_DAY - timedelta(days=3)
) -> tuple[set[str], Reader]:
    reader = Reader(Endpoint(client, server.address, sleep=no_sleep), NEW_YORK, axis)
    found: set[str] = set()
    async for _until, records in reader.windows(start, datetime(2019, 12, 1, tzinfo=UTC)):
        found |= records.keys()
    return found, reader


def all_of(server: GeoReport) -> set[str]:
    return {row["service_request_id"] for row in server.rows}


@pytest.mark.parametrize("totals", [False, True])
@pytest.mark.parametrize("form", ["json", "xml"])
async def test_pages_are_followed_to_the_last(client: httpx.AsyncClient, form: str, totals: bool) -> None:
    with served(GeoReport(requests(700), form=form, totals=totals)) as server:
        found, reader = await read_all(client, server)
    assert found == all_of(server)
    assert len(server.asked) < 120
    assert not reader.notes


@pytest.mark.parametrize("most", [7, 25, 100])
async def test_an_endpoint_that_gives_the_first_so_many_and_knows_no_pages_is_read_in_shorter_windows(
    client: httpx.AsyncClient, most: int
) -> None:
    with served(GeoReport(requests(200), page_size=None, most=most)) as server:
        found, _ = await read_all(client, server)
    assert found == all_of(server)
    assert len(server.asked) < 60 + 6 * 200 / most


async def test_the_first_thousand_over_all_pages_are_not_taken_for_all(client: httpx.AsyncClient) -> None:
    rows = requests(2600, every=timedelta(minutes=2))
    with served(GeoReport(rows, page_size=200, most=1000)) as server:
        found, _ = await read_all(client, server)
    assert found == all_of(server)


async def test_an_endpoint_that_passes_over_the_dates_is_read_at_once(client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(220), heeds=())) as server:
        found, _ = await read_all(client, server)
    assert found == all_of(server)
    assert len(server.asked) < 20


async def test_many_of_one_moment_are_read_by_their_pages(client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(320, every=timedelta(0)))) as server:
        found, _ = await read_all(client, server)
    assert found == all_of(server)


async def test_more_of_one_moment_than_the_endpoint_gives_are_told(client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(30, every=timedelta(0)), page_size=None, most=10)) as server:
        found, reader = await read_all(client, server)
    assert len(found) == 10
    assert any("maybe not all" in note for note in reader.notes)


async def test_nothing_is_lost_when_the_order_changes_with_each_page(client: httpx.AsyncClient) -> None:
    chance = random.Random(311)
    server = GeoReport(requests(400), arranged=lambda rows: chance.sample(rows, len(rows)))
    with served(server):
        found, _ = await read_all(client, server)
    assert found == all_of(server)


async def test_nothing_is_lost_when_the_last_comes_first_and_more_come_in_meanwhile(client: httpx.AsyncClient) -> None:
    server = GeoReport(requests(300), arranged=lambda rows: rows[::-1])
    late = requests(340)[300:]
    server.after = lambda: server.rows.append(late.pop()) if late else None
    first = all_of(server)
    with served(server):
        found, _ = await read_all(client, server)
    assert found >= first


async def test_a_request_that_moves_to_an_earlier_page_while_pages_are_read_is_not_lost(
    client: httpx.AsyncClient,
) -> None:
    """The page that was read shrinks by one row, and the next one begins a row later: only the total tells."""
    server = GeoReport(requests(300, every=timedelta(minutes=1)), totals=True)
    gone = [row for row in server.rows if int(row["service_request_id"]) % 40 == 0]
    expected = all_of(server) - {row["service_request_id"] for row in gone}
    server.after = lambda: server.rows.remove(gone.pop(0)) if gone else None
    with served(server):
        found, _ = await read_all(client, server)
    assert found >= expected


async def test_an_endpoint_that_refuses_what_it_does_not_know_is_asked_for_less(client: httpx.AsyncClient) -> None:
    server = GeoReport(requests(150), page_size=None, most=40, heeds=("start_date", "end_date"), strict=True)
    with served(server):
        found, _ = await read_all(client, server)
        with pytest.raises(NotHonoured):
            await read_all(client, server, CHANGED)
    assert found == all_of(server)


async def test_changes_are_read_at_once_where_only_their_beginning_is_heeded(client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(400), heeds=("updated_after",))) as server:
        changed = {row["service_request_id"] for row in server.rows if row["updated_datetime"] > "2019-03-01"}
        found, _ = await read_all(client, server, CHANGED, datetime(2019, 3, 1, tzinfo=UTC))
    assert found >= changed
    assert len(server.asked) < 40


async def test_the_same_page_for_ever_comes_to_an_end(client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(40), page_size=None, heeds=())) as server:
        found, _ = await read_all(client, server)
    assert found == all_of(server)
    assert len(server.asked) < 12


async def test_pages_that_begin_again_come_to_an_end(client: httpx.AsyncClient) -> None:
    rows = requests(120)
    server = GeoReport(rows, page_size=None, heeds=())

    def turning(_rows: list[dict[str, object]]) -> list[dict[str, object]]:
        page = int(server.asked[-1].get("page", 1)) % 4
        return rows[page * 30 : page * 30 + 30]

    server.arranged = turning
    with served(server):
        found, _ = await read_all(client, server)
    assert found == all_of(server)
    assert len(server.asked) < 40


async def test_only_what_changed_is_asked_for(client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(400))) as server:
        changed = {row["service_request_id"] for row in server.rows if row["updated_datetime"] > "2019-03-01"}
        found, _ = await read_all(client, server, CHANGED, datetime(2019, 3, 1, tzinfo=UTC))
    assert found >= changed
    assert len(found) < len(changed) + 10


@pytest.mark.parametrize("never", [False, True])
async def test_an_endpoint_that_passes_over_updated_after_is_found_out(client: httpx.AsyncClient, never: bool) -> None:
    rows = [{**row, "updated_datetime": None if never else row["updated_datetime"]} for row in requests(90)]
    with served(GeoReport(rows, heeds=("start_date", "end_date"))) as server, pytest.raises(NotHonoured):
        await read_all(client, server, CHANGED, datetime(2019, 6, 1, tzinfo=UTC))
    assert len(server.asked) <= 4
