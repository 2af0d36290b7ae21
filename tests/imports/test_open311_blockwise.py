"""The demo city is harvested from one running Blockwise into another city's database."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from app.db import Database, lat_long
from app.demo import seed
from app.demo.city import make_city
from app.demo.history import PastRequest, make_history
from app.demo.seed import clear, write_ground, write_past
from app.imports.open311_endpoint import Endpoint
from app.imports.open311_harvest import harvest
from app.imports.open311_requests import import_key
from app.imports.request_row import TakeOptions
from app.jurisdictions.models import Jurisdiction
from app.media.storage import open_store
from app.outside import outside_client
from app.service_requests.models import ServiceRequest
from app.services.queries import forget_catalogues
from tests.servers import blockwise_server

COUNT = 150


@dataclass(frozen=True, slots=True)
class Source:
    """A running city: its database, and where it answers."""

    database: Database
    address: str


def without_pictures(*arguments: Any) -> list[PastRequest]:
    """They take longer to draw than all else here."""
    return [replace(request, picture=None) for request in make_history(*arguments)]


@pytest.fixture(scope="module")
async def source(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Source]:
    """Harbor Point with some of its past, and a server that tells it."""
    folder = tmp_path_factory.mktemp("source")
    path, media = folder / "source.sqlite", str(folder / "media")
    shutil.copyfile(sqlite_template, path)
    database, city = Database(f"sqlite+aiosqlite:///{path}"), make_city()
    version = await clear(database)
    await write_ground(database, city)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(seed, "make_history", without_pictures)
        await write_past(database, open_store(media), city, version, datetime.now(UTC), 311, COUNT)
    environ = {
        "BLOCKWISE_DATABASE_URL": f"sqlite:///{path}",
        "BLOCKWISE_MEDIA_URL": media,
        "BLOCKWISE_VAR": str(folder / "var"),
        "BLOCKWISE_EMBEDDED_WORKER": "0",
    }
    with blockwise_server(environ) as (address, _pid):
        yield Source(database, address)
    await database.close()


async def all_requests(database: Database) -> list[ServiceRequest]:
    async with database.reading() as session:
        wanted = select(ServiceRequest).options(selectinload(ServiceRequest.service))
        return list((await session.execute(wanted)).scalars())


def facts(request: ServiceRequest) -> tuple[Any, ...]:
    lat, long = lat_long(request.location)
    moments = (request.requested_datetime, request.updated_datetime, request.closed_datetime, request.expected_datetime)
    seconds = tuple(moment and moment.replace(microsecond=0) for moment in moments)
    return request.service.service_code, request.status, request.address_string, round(lat, 6), round(long, 6), seconds


async def test_a_blockwise_city_comes_into_another_and_stays_current(database: Database, source: Source) -> None:
    public = [request for request in await all_requests(source.database) if not request.service.private]
    forget_catalogues()
    async with database.writing() as session:
        place = {"lat": 42.35, "long": -71.06, "timezone": "America/New_York"}
        session.add(Jurisdiction(id=1, jurisdiction_id="other.gov", name="Other", **place))
    options = TakeOptions(create_services=True)
    since = (min(request.requested_datetime for request in public) - timedelta(days=100)).date()
    async with outside_client("tests", allow_http=True, allow_private=True) as client:
        endpoint = Endpoint(client, f"{source.address}/open311/v2")
        first = await harvest(database, endpoint, options, since=since)
        here = {request.import_key: request for request in await all_requests(database)}
        again = await harvest(database, endpoint, options, since=since)
        async with source.database.writing() as session:
            one = update(ServiceRequest).where(ServiceRequest.id == public[0].id)
            seen = f"Seen {datetime.now(UTC)}."
            await session.execute(one.values(status_notes=seen, updated_datetime=datetime.now(UTC)))
        later = await harvest(database, endpoint, options, since=since)
    assert first.stopped is None and first.notes == []
    assert first.summary.taken == len(public) > COUNT / 2, first.summary
    for request in public:
        assert facts(here[import_key(endpoint.source, request.service_request_id)]) == facts(request)
    assert (again.summary.taken, again.summary.changed) == (0, 0)
    assert (later.summary.taken, later.summary.changed) == (0, 1)
