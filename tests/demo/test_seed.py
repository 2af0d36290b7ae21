"""The demo city in a database: whole, the same every time, and never in the place of a real city."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from litestar import Litestar
from litestar.testing import AsyncTestClient
from obstore.store import ObjectStore
from sqlalchemy import func, insert, select

from app.accounts.models import Account
from app.db import Base, Database, lat_long
from app.demo import seed
from app.demo.city import City
from app.demo.seed import DEMO_SIGN_INS, clear, write_ground, write_past
from app.jurisdictions.models import Area, Department, Jurisdiction, Place, PlaceIndex
from app.jurisdictions.queries import areas_at, get_jurisdiction
from app.media.storage import exists, open_store
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.models import Contact, Photo, Reporter, ServiceRequest, Update
from app.services.models import Responsibility, Service
from app.settings import Settings
from tests.demo.conftest import NOW

COUNT = 240
# Times at which rows were written, and what is salted.
UNLIKE = {"password_hash", "created_datetime", "version", "data"}
# These rise, so that running servers read again what they keep.
UNLIKE |= {"areas_version", "catalogue_version"}


@pytest.fixture
def store(settings: Settings) -> ObjectStore:
    return open_store(settings.media_url)


async def make(database: Database, store: ObjectStore, city: City, count: int = COUNT) -> int:
    version = await clear(database)
    await write_ground(database, city)
    await write_past(database, store, city, version, NOW, 311, count)
    return version


async def count(database: Database, table: type[Base]) -> int:
    async with database.reading() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def digest(database: Database) -> dict[str, str]:
    """For each table a hash of all that is in it, in the order of its key."""
    out = {}
    async with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if column.name not in UNLIKE]
            keys = list(table.primary_key.columns)
            rows: list[Any] = list((await session.execute(select(*columns).order_by(*keys))).all())
            said = repr([[getattr(value, "data", value) for value in row] for row in rows])
            out[table.name] = hashlib.sha256(said.encode()).hexdigest()
    return out


async def test_the_demo_fills_every_part_of_the_city(database: Database, store: ObjectStore, city: City) -> None:
    await make(database, store, city)
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
    database: Database, store: ObjectStore, city: City
) -> None:
    await make(database, store, city)
    async with database.reading() as session:
        requests = (await session.execute(select(ServiceRequest))).scalars().all()
        layers = {"board", "council", "zip", "neighborhood"}
        for request in requests:
            assert read_service_request_id(request.service_request_id) == request.service_request_id
            assert request.department_id is not None
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


async def test_a_new_row_gets_the_next_number(database: Database, store: ObjectStore, city: City) -> None:
    await make(database, store, city, 20)
    async with database.writing() as session:
        values = (await session.execute(select(ServiceRequest).limit(1))).scalar_one().__dict__
        copy = {k: v for k, v in values.items() if k not in ("_sa_instance_state", "id", "client_request_id")}
        copy |= {"service_request_id": "0000-0000-0000", "location": "SRID=4326;POINT(-71.24 41.07)"}
        await session.execute(insert(ServiceRequest).values(**copy))
        number = select(ServiceRequest.id).where(ServiceRequest.service_request_id == "0000-0000-0000")
        assert (await session.execute(number)).scalar_one() == 21


async def test_nobody_is_told_of_the_past(database: Database, store: ObjectStore, city: City) -> None:
    await make(database, store, city)
    async with database.reading() as session:
        unsaid = select(func.count()).select_from(Update).where(Update.announced_datetime.is_(None))
        assert (await session.execute(unsaid)).scalar_one() == 0
        contacts = (await session.execute(select(Contact.email, Contact.notify))).all()
        assert contacts
        assert all(email.endswith(".example") and notify == "none" for email, notify in contacts)


async def test_making_it_again_gives_the_same_city(database: Database, store: ObjectStore, city: City) -> None:
    version = await make(database, store, city)
    first = await digest(database)
    assert await make(database, store, city) == version + 1
    again = await digest(database)
    assert {name for name in first if first[name] != again[name]} == set()


async def test_what_was_interrupted_is_no_city_and_is_made_whole_by_the_next_run(
    database: Database, store: ObjectStore, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(*_: Any) -> None:
        raise ConnectionError("the power went")

    monkeypatch.setattr(seed, "write_city", cut_off)
    with pytest.raises(ConnectionError):
        await make(database, store, city, 60)
    assert await count(database, Jurisdiction) == 0
    assert await count(database, ServiceRequest) == 0
    assert await count(database, Area) > 0
    monkeypatch.undo()
    await make(database, store, city, 60)
    assert await count(database, Jurisdiction) == 1
    assert await count(database, ServiceRequest) == 60


async def test_a_real_city_is_never_replaced(database: Database, store: ObjectStore, city: City) -> None:
    async with database.writing() as session:
        session.add(Jurisdiction(id=1, jurisdiction_id="real.gov", name="Real", lat=41.0, long=-71.0))
    with pytest.raises(RuntimeError, match="real city"):
        await make(database, store, city)
    assert await count(database, Jurisdiction) == 1


async def test_the_demo_is_seen_through_the_product(
    app: Litestar, client: AsyncTestClient[Litestar], database: Database, store: ObjectStore, city: City
) -> None:
    await make(database, store, city)
    public: AsyncClient = client
    answer = await public.get("/open311/v2/requests.json?status=open")
    assert answer.status_code == 200
    assert answer.json()
    services = (await public.get("/open311/v2/services.json")).json()
    assert len(services) >= 70
    assert (await public.get("/")).status_code == 200
    async with database.reading() as session:
        accounts = set((await session.execute(select(Account.email))).scalars())
    assert accounts == {email for email, _, _ in DEMO_SIGN_INS}
    assert timedelta(0) < NOW - (await newest(database)) < timedelta(days=60)


async def newest(database: Database) -> Any:
    async with database.reading() as session:
        return (await session.execute(select(func.max(ServiceRequest.requested_datetime)))).scalar_one()
