"""The demo city, once it is made: whole, told to nobody, and the same when it is made again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from litestar.testing import AsyncTestClient
from obstore.store import ObjectStore
from sqlalchemy import func, insert, select

from app.accounts.models import Account
from app.db import Database, lat_long
from app.demo.city import City
from app.demo.seed import DEMO_SIGN_INS
from app.jurisdictions.models import Area, Department, Place, PlaceIndex
from app.jurisdictions.queries import areas_at, get_jurisdiction
from app.media.storage import exists, open_store
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.models import Contact, Photo, Reporter, ServiceRequest, Update
from app.service_requests.routing import load_rules
from app.service_requests.workflow import OPEN
from app.services.models import Responsibility, Service
from app.settings import Settings
from tests.conftest import DATABASES, database_for, settings_for
from tests.demo.conftest import NOW
from tests.demo.made import COUNT, count, digest, make


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module", params=DATABASES)
def database_url(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    with database_for(request, folder) as url:
        yield url


@pytest.fixture(scope="module")
async def settings(database_url: str, folder: Path, city: City) -> Settings:
    """Those of Harbor Point, made once for all tests of this file, which leave it as it is."""
    settings = settings_for(database_url, folder)
    database = Database(settings.database_url)
    await make(database, open_store(settings.media_url), city)
    await database.close()
    return settings


@pytest.fixture
def store(settings: Settings) -> ObjectStore:
    return open_store(settings.media_url)


async def test_the_demo_fills_every_part_of_the_city(database: Database, city: City) -> None:
    assert await count(database, ServiceRequest) == COUNT
    assert await count(database, Place) == len(city.addresses) + len(city.crossings) + len(city.landmarks)
    assert await count(database, Area) == len(city.areas) + len(city.agency_areas)
    assert await count(database, Service) >= 70
    assert await count(database, PlaceIndex) == 1
    assert await count(database, Responsibility) > 40
    assert await count(database, Update) > 2 * COUNT
    async with database.reading() as session:
        kinds = dict((await session.execute(select(Department.kind, func.count()).group_by(Department.kind))).all())
        assert kinds == {"department": 12, "agency": 6}
        jurisdiction = await get_jurisdiction(session)
        assert (jurisdiction.name, jurisdiction.is_demo, jurisdiction.timezone) == (
            "Harbor Point", True, "America/New_York",
        )  # fmt: skip


async def test_requests_stand_in_their_areas_with_their_department_and_photos(
    database: Database, store: ObjectStore
) -> None:
    async with database.reading() as session:
        requests = (await session.execute(select(ServiceRequest))).scalars().all()
        layers = {"board", "council", "zip", "neighborhood"}
        for request in requests:
            assert read_service_request_id(request.service_request_id) == request.service_request_id
            assert (request.department_id is None) == (request.triage_datetime is not None)
            lat, long = lat_long(request.location)
            refs = await areas_at(session, lat, long, request.requested_datetime.date())
            assert layers <= {ref.layer for ref in refs}
            assert request.zipcode in {ref.code for ref in refs}
        agencies = set((await session.execute(select(Department.id).where(Department.kind == "agency"))).scalars())
        referred = [request for request in requests if request.status == "referred"]
        assert all(request.department_id in agencies for request in referred)
        photos = (await session.execute(select(Photo))).scalars().all()
        assert len(photos) > 40
        for photo in {photo.content_hash: photo for photo in photos}.values():
            for key in (photo.master_key, photo.large_key, photo.small_key):
                assert await exists(store, key)
        reporters = select(Reporter.request_id, func.count()).group_by(Reporter.request_id)
        people = dict((await session.execute(reporters)).all())
        assert all(people[request.id] == request.reporter_count for request in requests)


async def test_nobody_is_told_of_the_past(database: Database) -> None:
    async with database.reading() as session:
        unsaid = select(func.count()).select_from(Update).where(Update.announced_datetime.is_(None))
        assert (await session.execute(unsaid)).scalar_one() == 0
        contacts = (await session.execute(select(Contact.email, Contact.notify))).all()
        assert contacts
        assert all(email.endswith(".example") and notify == "none" for email, notify in contacts)


async def test_a_new_row_gets_the_next_number(database: Database) -> None:
    # A session for reads is rolled back.
    async with database.reading() as session:
        values = (await session.execute(select(ServiceRequest).limit(1))).scalar_one().__dict__
        copy = {k: v for k, v in values.items() if k not in ("_sa_instance_state", "id", "client_request_id")}
        copy |= {"service_request_id": "0000-0000-0000", "location": "SRID=4326;POINT(-71.24 41.07)"}
        await session.execute(insert(ServiceRequest).values(**copy))
        number = select(ServiceRequest.id).where(ServiceRequest.service_request_id == "0000-0000-0000")
        assert (await session.execute(number)).scalar_one() == COUNT + 1


async def test_the_demo_is_seen_through_the_product(client: AsyncTestClient[Any], database: Database) -> None:
    public: AsyncClient = client
    answer = await public.get("/open311/v2/requests.json?status=open")
    assert answer.status_code == 200
    assert answer.json()
    services = (await public.get("/open311/v2/services.json")).json()
    assert len(services) >= 70
    assert (await public.get("/")).status_code == 200
    async with database.reading() as session:
        accounts = set((await session.execute(select(Account.email))).scalars())
    assert accounts == {one.email for one in DEMO_SIGN_INS}
    assert timedelta(0) < NOW - (await newest(database)) < timedelta(days=60)


async def newest(database: Database) -> Any:
    async with database.reading() as session:
        return (await session.execute(select(func.max(ServiceRequest.requested_datetime)))).scalar_one()


@pytest.mark.skipif(
    "BLOCKWISE_TEST_EVERY_ROW" not in os.environ, reason="a whole city more: BLOCKWISE_TEST_EVERY_ROW=1"
)
async def test_making_it_again_gives_the_same_city(database: Database, store: ObjectStore, city: City) -> None:
    async with database.reading() as session:
        version = (await get_jurisdiction(session)).areas_version
    first = await digest(database)
    assert await make(database, store, city) == version + 1
    again = await digest(database)
    assert {name for name in first if first[name] != again[name]} == set()


async def test_open_reports_are_with_teams_and_people_by_the_rules_and_some_wait_in_triage(database: Database) -> None:
    async with database.reading() as session:
        assert len(await load_rules(session)) == 6
        request = ServiceRequest
        for column in (request.team_id, request.assignee_id, request.triage_datetime, request.priority):
            found = select(request.status).where(column.is_not(None))
            assert set((await session.execute(found)).scalars()) <= set(OPEN)
            assert (await session.execute(found.limit(1))).first(), column
        ours = select(request.team_id).where(request.routing_rule_id.is_not(None)).limit(1)
        assert (await session.execute(ours)).scalar_one()
