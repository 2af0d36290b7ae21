"""A live endpoint's requests come in once, stay current, and go on after a stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.agencies.georeport_documents import read_records
from app.db import Database
from app.imports import open311_file, open311_harvest
from app.imports.open311_endpoint import Endpoint, EndpointFailed
from app.imports.open311_file import import_open311_file
from app.imports.open311_harvest import Outcome, harvest
from app.imports.problems import ImportRefused
from app.imports.request_row import LeftOut, TakeOptions
from app.jobs import Job, Worker
from app.jurisdictions.models import Jurisdiction
from app.outside import outside_client
from app.service_requests.models import ServiceRequest
from app.services.models import ServiceGroup
from app.services.queries import forget_catalogues
from tests.imports.georeport_server import FIRST_DAY, GeoReport, requests, send, served

SINCE = date(2018, 12, 20)
SERVICES = [{"service_code": f"S{number}", "service_name": f"Kind {number}", "group": "Streets"} for number in range(4)]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with outside_client("tests", allow_http=True, allow_private=True) as client:
        yield client


@pytest.fixture
async def city(database: Database) -> Database:
    return await make_city(database)


async def make_city(database: Database, timezone: str = "America/New_York") -> Database:
    """A city without a boundary: every place is in it."""
    forget_catalogues()
    async with database.writing() as session:
        place = {"lat": 42.35, "long": -71.06}
        session.add(Jurisdiction(id=1, jurisdiction_id="city.gov", name="City", timezone=timezone, **place))
    return database


async def no_sleep(_seconds: float) -> None:
    """For tests that need not wait."""


async def take(city: Database, client: httpx.AsyncClient, server: GeoReport, since: date | None = SINCE) -> Outcome:
    endpoint = Endpoint(client, server.address, sleep=no_sleep)
    return await harvest(city, endpoint, TakeOptions(create_services=True), since=since)


async def kept(city: Database) -> dict[str, ServiceRequest]:
    """Every request by its number at the endpoint."""
    async with city.reading() as session:
        wanted = select(ServiceRequest).options(selectinload(ServiceRequest.service))
        rows = (await session.execute(wanted)).scalars().all()
    return {(row.import_key or "").rpartition(":")[2]: row for row in rows}


def broken(handler: Any) -> None:
    send(handler, b"broken", "text/plain", 500)


def counts(outcome: Outcome) -> tuple[int, int]:
    return outcome.summary.taken, outcome.summary.changed


async def test_all_requests_come_in_once_and_again_takes_nothing(city: Database, client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(120), SERVICES)) as server:
        first = await take(city, client, server)
        rows = await kept(city)
        asked = len(server.asked)
        again = await take(city, client, server)
    assert counts(first) == (120, 0) and first.stopped is None and not first.notes
    assert rows.keys() == {row["service_request_id"] for row in server.rows}
    one = rows["1001"]
    assert (one.service.service_code, one.service.service_name, one.status) == ("S1", "Kind 1", "fixed")
    assert one.requested_datetime == FIRST_DAY + timedelta(hours=7)
    assert one.closed_datetime == one.updated_datetime == FIRST_DAY + timedelta(hours=31)
    assert (one.address_string, one.source) == ("1 Beacon Street", "import")
    assert counts(again) == (0, 0) and len(await kept(city)) == 120
    assert len(server.asked) - asked <= 6
    async with city.reading() as session:
        groups = (await session.execute(select(ServiceGroup.name))).scalars().all()
    assert groups == ["Streets"]


async def test_what_is_new_and_what_has_changed_comes_in_later(city: Database, client: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    with served(GeoReport(requests(60), SERVICES)) as server:
        await take(city, client, server)
        # By a clock that is behind ours.
        earlier = (now - timedelta(minutes=10)).isoformat()
        changed = {"status": "closed", "updated_datetime": earlier, "status_notes": "Filled."}
        server.rows[6] = {**server.rows[6], **changed}
        server.rows += [{**requests(1, start=now)[0], "service_request_id": "new"}]
        later = await take(city, client, server)
        nothing = await take(city, client, server)
    assert counts(later) == (1, 1) and counts(nothing) == (0, 0)
    rows = await kept(city)
    assert (rows["1006"].status, rows["1006"].status_notes) == ("fixed", "Filled.")
    assert "new" in rows


async def test_a_reading_that_stops_says_why_and_goes_on_where_it_was(
    city: Database, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open311_harvest, "ARRIVING", 20)
    monkeypatch.setattr("app.imports.request_rows.ARRIVING", 20)
    with served(GeoReport(requests(200), SERVICES)) as server:
        server.after = lambda: server.instead.extend([broken] * 5) if len(server.asked) == 9 else None
        first = await take(city, client, server)
        here = len(await kept(city))
        assert first.stopped and first.stopped.endswith("answered 500") and 0 < here < 200
        asked = len(server.asked)
        second = await take(city, client, server)
    assert second.stopped is None and second.summary.taken == 200 - here
    assert len(await kept(city)) == 200
    starts = [query["start_date"] for query in server.asked[asked:] if "start_date" in query]
    assert min(starts) > "2019-01-05", "it began again from the beginning"


async def test_what_changes_while_it_is_read_is_not_lost(city: Database, client: httpx.AsyncClient) -> None:
    """One that was read already changes during the same run."""
    with served(GeoReport(requests(100), SERVICES)) as server:
        now = {"status": "closed", "updated_datetime": datetime.now(UTC).isoformat(), "status_notes": "Just now."}

        def change() -> None:
            if len(server.asked) == 15:
                server.rows[0] = {**server.rows[0], **now}

        server.after = change
        await take(city, client, server)
    assert (await kept(city))["1000"].status_notes == "Just now."


async def test_an_endpoint_that_cannot_say_what_changed_has_its_last_days_read_again(
    city: Database, client: httpx.AsyncClient
) -> None:
    rows = requests(50, start=datetime.now(UTC) - timedelta(days=40))
    with served(GeoReport(rows, SERVICES, heeds=("start_date", "end_date"))) as server:
        await take(city, client, server)
        server.rows[3] = {**server.rows[3], "status_notes": "Seen.", "updated_datetime": datetime.now(UTC).isoformat()}
        later = await take(city, client, server)
    assert counts(later) == (0, 1)
    assert any("cannot say what has changed" in note for note in later.notes)


async def test_an_earlier_day_is_read_as_well_when_it_is_asked_for(city: Database, client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(60), SERVICES)) as server:
        first = await take(city, client, server, since=date(2019, 1, 10))
        second = await take(city, client, server, since=date(2018, 12, 1))
    assert 0 < first.summary.taken < 60
    assert len(await kept(city)) == 60 and second.summary.taken == 60 - first.summary.taken


async def test_without_a_day_all_is_read(city: Database, client: httpx.AsyncClient) -> None:
    old = requests(1, start=datetime(2004, 2, 3, 10, tzinfo=UTC))[0]
    with served(GeoReport([*requests(5), {**old, "service_request_id": "old"}], SERVICES)) as server:
        outcome = await take(city, client, server, since=None)
    assert outcome.summary.taken == 6
    assert len(server.asked) < 150


async def test_the_state_is_never_taken_for_work(city: Database, client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(3), SERVICES)) as server:
        await take(city, client, server)
    async with city.reading() as session:
        jobs = (await session.execute(select(Job))).scalars().all()
    assert [job.name for job in jobs] == ["harvest"]
    assert not await Worker(city, {}).run_one()


async def test_before_there_is_a_city_that_is_told(database: Database, client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(1))) as server, pytest.raises(ImportRefused, match="There is no city yet"):
        await take(database, client, server)
    assert not server.asked


async def test_a_wrong_address_is_told_and_nothing_is_kept(city: Database, client: httpx.AsyncClient) -> None:
    page = b"<!DOCTYPE html><html><body>Welcome</body></html>"
    server = GeoReport(instead=[lambda handler: send(handler, page, "text/html")] * 4)
    with served(server), pytest.raises(EndpointFailed, match="a page for people"):
        await take(city, client, server)
    async with city.reading() as session:
        assert (await session.execute(select(func.count()).select_from(Job))).scalar_one() == 0


RECORDED = {"san_francisco_requests.xml": "America/Los_Angeles", "bloomington_requests.json": "America/New_York"}


@pytest.mark.parametrize("name", RECORDED)
async def test_the_recorded_answers_of_cities_come_in(
    database: Database, client: httpx.AsyncClient, shared_data: Path, name: str
) -> None:
    await make_city(database, RECORDED[name])
    content = (shared_data / "open311" / name).read_bytes()
    left_out: list[LeftOut] = []
    with served(GeoReport()) as server:
        server.instead = [lambda handler: send(handler, content, "text/plain")] * 200
        server.instead.insert(1, lambda handler: send(handler, b"[]"))
        endpoint = Endpoint(client, server.address, sleep=no_sleep)
        options = TakeOptions(create_services=True, left_out=left_out.append)
        outcome = await harvest(database, endpoint, options, since=date(2012, 5, 1))
    rows, records = await kept(database), read_records(content)
    nowhere = {record["service_request_id"] for record in records if not float(record["lat"] or 0)}
    assert {item.key.rpartition(":")[2] for item in left_out} == nowhere
    assert {item.reason for item in left_out} <= {"zero_place", "no_place"}
    assert rows.keys() == {record["service_request_id"] for record in records} - nowhere
    assert outcome.summary.taken == len(rows) > 10
    if name.startswith("san"):
        fell = rows["1129792"]
        assert (fell.status, fell.zipcode, fell.address_string) == (
            "received", None, "INTERSECTION of FALMOUTH ST and FOLSOM ST",
        )  # fmt: skip
        assert fell.requested_datetime == datetime(2012, 5, 23, 5, 43, 22, 440000, tzinfo=UTC)
        assert fell.service.service_code == "015"


async def test_an_answer_that_memory_cannot_hold_is_refused(
    city: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open311_file, "MOST_BYTES", 1_000_000)
    path = tmp_path / "requests.json"
    path.write_bytes(b"[" + b" " * 1_000_000 + b"]")
    with pytest.raises(ImportRefused, match="larger than 1 MB: keep it by pages"):
        await import_open311_file(city, path, TakeOptions())


async def test_an_answer_that_was_kept_in_a_file_comes_in(database: Database, shared_data: Path) -> None:
    await make_city(database, "America/Los_Angeles")
    path, options = shared_data / "open311" / "recorded_xml" / "service_requests.xml", TakeOptions(create_services=True)
    first = await import_open311_file(database, path, options)
    again = await import_open311_file(database, path, options)
    assert (first.taken, again.taken, again.unchanged) == (2, 0, 2)
    rows = await kept(database)
    assert {number: row.status for number, row in rows.items()} == {"638344": "duplicate", "638349": "received"}
    with pytest.raises(ImportRefused, match="holds no requests"):
        await import_open311_file(database, path.with_name("services.xml"), options)
    with pytest.raises(ImportRefused, match="not found with id"):
        await import_open311_file(database, path.with_name("get_service_request_not_found.xml"), options)
