"""New York: its boards, ZIPs and a catalogue of its own kinds are loaded, and its reports of October 2018 sent."""

from __future__ import annotations

import asyncio
import csv
import os
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from sqlalchemy import event

from app.db import Database
from app.imports.areas import import_areas
from app.imports.services import import_services
from app.open311.actions import create_api_client
from app.services.queries import forget_catalogues

Row = dict[str, str]
# Every twentieth row; with BLOCKWISE_TEST_EVERY_ROW set, all of them on SpatiaLite, which takes two minutes more.
SHARE = {"sqlite": 1 if os.environ.get("BLOCKWISE_TEST_EVERY_ROW") else 20, "postgresql": 20}
SENDERS = 4
FAST = "PRAGMA synchronous=OFF"
BOROUGHS = ("MANHATTAN", "BRONX", "BROOKLYN", "QUEENS", "STATEN ISLAND")
HERE_IS_NO_BOARD = re.compile("unspecified", re.IGNORECASE)


def reports(shared_data: Path) -> list[Row]:
    """The rows that have a position."""
    path = shared_data / "requests" / "nyc_2018-10_full.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if row["Latitude"] and row["Longitude"]]


def service_code(complaint_type: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", complaint_type.lower()).strip("-")


def address_of(row: Row) -> str:
    crossing = [row["Intersection Street 1"], row["Intersection Street 2"]]
    return row["Incident Address"] or " & ".join(street for street in crossing if street)


def board_of(row: Row) -> str:
    """ "405" of "05 QUEENS": the code of the district, its borough's digit first."""
    number, _, borough = row["Community Board"].partition(" ")
    return f"{BOROUGHS.index(borough) + 1}{number}"


async def load_new_york(database: Database, shared_data: Path, rows: Iterable[Row], folder: Path) -> None:
    """What docs/real-city.md does with the commands."""
    forget_catalogues()
    areas = shared_data / "areas"
    options: dict[str, Any] = {"city_name": "New York", "timezone": "America/New_York", "boundary": True}
    await import_areas(database, areas / "nyc_borough.geojson", layer="borough", **options)
    await import_areas(database, areas / "nyc_community_district.geojson", layer="board", layer_name="Community board")
    await import_areas(database, areas / "nyc_zcta.geojson", layer="zip", layer_name="ZIP", name_field="modzcta")
    catalogue = folder / "services.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["service_code", "service_name", "group"])
        kinds = {service_code(row["Complaint Type"]): row for row in rows}
        writer.writerows([code, row["Complaint Type"], row["Agency"]] for code, row in kinds.items())
    await import_services(database, catalogue)


async def send(api: AsyncClient, key: str, row: Row) -> str:
    """Posts a report as a form; gives its number."""
    answered = await api.post(
        "/open311/v2/requests.json",
        data={
            "api_key": key,
            "service_code": service_code(row["Complaint Type"]),
            "lat": row["Latitude"],
            "long": row["Longitude"],
            "address_string": address_of(row),
            "description": row["Descriptor"],
        },
    )
    assert answered.status_code == 201, (answered.text, row)
    return str(answered.json()[0]["service_request_id"])


async def send_all(api: AsyncClient, key: str, rows: Sequence[Row]) -> dict[str, Row]:
    """Every row, by the number that it was given; several at a time."""
    sent: dict[str, Row] = {}
    waiting = iter(rows)

    async def work() -> None:
        for row in waiting:
            sent[await send(api, key, row)] = row

    await asyncio.gather(*(work() for _ in range(SENDERS)))
    return sent


async def read_all(api: AsyncClient) -> dict[str, dict[str, Any]]:
    """Every request, page after page, as the links lead."""
    found: dict[str, dict[str, Any]] = {}
    address: str | None = "/open311/v2/requests.json?extensions=true"
    while address:
        page = await api.get(address)
        assert page.status_code == 200, page.text
        found |= {request["service_request_id"]: request for request in page.json()}
        address = page.links.get("next", {}).get("url")
    return found


@asynccontextmanager
async def direct(app: Litestar) -> AsyncIterator[AsyncClient]:
    """Straight to the application: the test client's own thread would take longer than the application does."""
    database: Database = app.state.database
    if database.is_sqlite:
        # As the private PostgreSQL runs without fsync: nobody pulls the plug here.
        event.listen(database.engine.sync_engine, "connect", lambda connection, _: connection.execute(FAST))
    async with app.lifespan(), AsyncClient(transport=ASGITransport(app), base_url="http://testserver.local") as client:
        yield client


@pytest.mark.parametrize("half", [0, 1] if os.environ.get("BLOCKWISE_TEST_EVERY_ROW") else [0])
async def test_each_report_of_new_york_comes_back_with_its_board_and_address(
    database: Database, app: Litestar, shared_data: Path, tmp_path: Path, half: int
) -> None:
    """In two halves, for two cores."""
    rows = reports(shared_data)[half::2][:: SHARE[database.url.get_backend_name()]]
    await load_new_york(database, shared_data, rows, tmp_path)
    async with database.writing() as session:
        key = await create_api_client(session, "New York", requests_per_minute=1_000_000)
    async with direct(app) as api:
        sent = await send_all(api, key, rows)
        found = await read_all(api)
    assert len(sent) == len(rows)
    assert found.keys() == sent.keys()
    boards = [
        (board_of(row), {area["code"] for area in found[number]["areas"] if area["layer"] == "board"})
        for number, row in sent.items()
        if not HERE_IS_NO_BOARD.search(row["Community Board"])
    ]
    right = sum(board in codes for board, codes in boards)
    assert right / len(boards) >= 0.995, f"{right} of {len(boards)}"
    for number, row in sent.items():
        address = " ".join(address_of(row).split())
        assert " ".join((found[number]["address"] or "").split()) == address, (found[number], row)
