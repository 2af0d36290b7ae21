"""Fills a database, a photo store and a basemap with the made-up city. `blockwise demo` calls it."""

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geoalchemy2 import WKTElement
from obstore.store import ObjectStore
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.actions import create_account
from app.accounts.models import AccountRole, AuditEntry
from app.accounts.roles import write_first_roles
from app.db import Base, Database, open_database
from app.demo.basemap import write_basemap
from app.demo.city import NAME, SEED, City, make_city
from app.demo.city_rows import write_areas, write_city_places
from app.demo.hands import hand_out
from app.demo.history import COUNT, PastRequest, make_history
from app.demo.outcomes import COUNTRY
from app.demo.pictures import photograph
from app.demo.request_rows import Ground, Picture, Rows, make_rows
from app.demo.rhythm import TIMEZONE
from app.demo.sign_ins import DEMO_SIGN_INS, PASSWORD
from app.demo.themes import Kind
from app.imports.routing import import_routing
from app.imports.services import import_services
from app.jurisdictions.models import Area, Department, Jurisdiction
from app.jurisdictions.queries import load_areas
from app.media.photos import prepare_photo
from app.media.storage import open_store, save_photo
from app.performance.count_promises import count_promises
from app.service_requests.counts import CountChange, recount
from app.service_requests.escalation_models import FIRST_STEPS, EscalationStep
from app.service_requests.late import sweep_late
from app.service_requests.missed_models import FIRST_REASONS, MissedReason
from app.service_requests.models import Contact, Follower, Photo, Reporter, RequestArea, ServiceRequest, Update
from app.service_requests.routing_models import RoutingRule
from app.services.models import Service
from app.services.promise_models import PromiseRule
from app.services.promise_rules import city_rule
from app.services.promises import Terms
from app.services.queries import forget_catalogues, load_catalogue
from app.settings import Settings

CATALOGUE = Path(__file__).with_name("catalogue")
CHUNK = 1000

Progress = Callable[[str], None]


def silent(_words: str) -> None:
    """For a caller that does not want to hear."""


async def make_demo_city(
    settings: Settings, *, seed: int = SEED, now: datetime | None = None, progress: Progress = silent
) -> None:
    """Makes Harbor Point in the migrated database of `settings`, the same every time from a seed and `now`.

    Each part is one transaction; the city's own row is written with the last, so that what was interrupted
    is made again from the beginning. Raises RuntimeError when the database holds another city.
    """
    progress("Drawing Harbor Point: streets, houses, districts …")
    city = await asyncio.to_thread(make_city, seed)
    database = open_database(settings)
    try:
        version = await clear(database)
        progress("Writing the basemap …")
        await asyncio.to_thread(write_basemap, city, settings.basemap_path)
        progress(f"Writing the districts, the services and {len(city.addresses):,} addresses …")
        await write_ground(database, city)
        progress(f"Imagining {COUNT:,} past requests …")
        await write_past(database, open_store(settings.media_url), city, version, now or datetime.now(UTC), seed)
        progress(f"{NAME} is ready.")
    finally:
        await database.close()


async def clear(database: Database) -> int:
    """Empties every table of a demo city, or of one that was never finished; the version that comes next.

    The audit trail stays: nobody empties it.
    """
    async with database.writing() as session:
        row = (await session.execute(select(Jurisdiction.is_demo, Jurisdiction.areas_version))).one_or_none()
        if row is not None and not row.is_demo:
            raise RuntimeError("the database holds a real city: make the demo city in an empty database")
        if row is None and await _in_use(session):
            raise RuntimeError("the database holds requests: make the demo city in an empty database")
        tables = [table for table in reversed(Base.metadata.sorted_tables) if table.name != AuditEntry.__tablename__]
        if database.is_sqlite:
            for table in tables:
                await session.execute(delete(table))
            # Deleting requests has noted changes of counts that are gone.
            await session.execute(delete(CountChange))
        else:
            # Numbers begin at 1 again, as they do by themselves on SQLite.
            await session.execute(text(f"TRUNCATE {', '.join(table.name for table in tables)} RESTART IDENTITY"))
        return row.areas_version + 1 if row else 1


async def _in_use(session: AsyncSession) -> bool:
    """The demo writes its requests together with its city: requests without one are somebody's."""
    return (await session.execute(select(ServiceRequest.id).limit(1))).first() is not None


async def write_ground(database: Database, city: City) -> None:
    """What does not hang on the day: districts, departments, services, addresses."""
    async with database.writing() as session:
        await write_areas(session, city)
        # What the migrations had written was emptied with all else.
        session.add_all(EscalationStep(since=since, after_hours=hours, role=role) for since, hours, role in FIRST_STEPS)
        reasons = enumerate(FIRST_REASONS)
        session.add_all(MissedReason(code=code, label=label, position=place) for place, (code, label) in reasons)
    for part in ("departments.yaml", "services", "responsibilities.yaml"):  # each names what is in those before
        await import_services(database, CATALOGUE / part)
    async with database.writing() as session:
        for area in city.agency_areas:
            department = select(Department.id).where(Department.code == area.agency).scalar_subquery()
            here = (Area.layer == area.layer, Area.code == area.code)
            await session.execute(update(Area).where(*here).values(department_id=department))
        await write_city_places(session, city)


async def write_past(
    database: Database, store: ObjectStore, city: City, version: int, now: datetime, seed: int, count: int = COUNT
) -> None:
    """`count` past requests with their photos, the demo's sign-ins and, with the last of it, the city's own row."""
    async with database.reading() as session:
        catalogue = await load_catalogue(session, (version, version))
        areas = await load_areas(session)
    kinds = [kind_of(service, city_rule(catalogue, service, datetime.now(UTC))) for service in catalogue.services]
    plan = await asyncio.to_thread(make_history, city, kinds, now, seed, count)
    pictures = await take_pictures(store, city, plan)
    async with database.writing() as session:
        ground = Ground(city, catalogue, areas, pictures, await make_accounts(session), seed)
        # The city first: its clock says on which day each request was filed.
        await write_city(session, city, version)
        await write_requests(session, await asyncio.to_thread(make_rows, plan, ground))
        # The city has promised this as long as anybody can remember.
        await session.execute(update(PromiseRule).values(valid_from=plan[0].requested_datetime))
    await import_routing(database, CATALOGUE / "routing.yaml")
    async with database.writing() as session:
        await hand_out(session)
        await session.execute(update(RoutingRule).values(valid_from=plan[0].requested_datetime))
    await sweep_late(database)
    await recount(database)
    await count_promises(database)
    async with database.writing() as session:
        # Nobody is told of the past.
        late = update(Update).where(Update.announced_datetime.is_(None))
        await session.execute(late.values(announced_datetime=Update.updated_datetime))
        await session.execute(text("ANALYZE"))
    forget_catalogues()


def kind_of(service: Service, rule: PromiseRule | None) -> Kind:
    terms = rule.terms if rule else Terms()
    promise: dict[str, Any] = {"promise_hours": terms.hours, "promise_days": terms.days, "promise_clock": terms.clock}
    shared = ("service_code", "service_name", "group", "translations", "attributes")
    return Kind(**{name: getattr(service, name) for name in shared}, **promise)


async def take_pictures(store: ObjectStore, city: City, plan: Sequence[PastRequest]) -> dict[str, Picture]:
    """Each picture of the plan once, through the pipeline that every photo goes through."""
    first = {request.picture: request for request in reversed(plan) if request.picture}
    at_once = asyncio.Semaphore(os.cpu_count() or 1)  # each takes some 50 MB while it is drawn

    async def take(name: str) -> Picture:
        long, lat = city.lonlat(first[name].spot.at)
        async with at_once:
            raw = await asyncio.to_thread(photograph, name, lat, long, first[name].requested_datetime)
            prepared = await prepare_photo(raw)
            keys = await save_photo(store, prepared)
        return Picture(prepared.content_hash, prepared.width, prepared.height, keys)

    names = sorted(name for name in first if name)
    return dict(zip(names, await asyncio.gather(*(take(name) for name in names)), strict=True))


async def make_accounts(session: AsyncSession) -> int:
    """The city's roles, and the demo's sign-ins; the id of the liaison."""
    await write_first_roles(session)
    for one in DEMO_SIGN_INS:
        name = f"Demo {one.who.partition(',')[0]}"
        account = await create_account(session, email=one.email, name=name, role=one.role, password=PASSWORD,
                                       department=one.department)  # fmt: skip
        if one.area:
            scope = dict(zip(("layer", "area_code"), one.area, strict=True))
            await session.execute(update(AccountRole).where(AccountRole.account_id == account.id).values(scope))
    found = await session.execute(select(AccountRole.account_id).where(AccountRole.role_code == "liaison"))
    return int(found.scalar_one())


async def write_requests(session: AsyncSession, rows: Rows) -> None:
    by_table: list[tuple[type[Base], list[dict[str, Any]]]] = [
        (ServiceRequest, rows.service_requests), (RequestArea, rows.request_areas), (Update, rows.updates),
        (Photo, rows.photos), (Reporter, rows.reporters), (Follower, rows.followers), (Contact, rows.contacts),
    ]  # fmt: skip
    for table, values in by_table:
        for start in range(0, len(values), CHUNK):
            await session.execute(insert(table), values[start : start + CHUNK])
    if session.get_bind().dialect.name == "postgresql":
        for name in ("service_requests", "reporters"):
            # These were written with their ids: the next one comes after them.
            last = f"(SELECT max(id) FROM {name})"
            await session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last})"))


async def write_city(session: AsyncSession, city: City, version: int) -> None:
    boundary = city.frame.to_lonlat(city.boundary)
    session.add(
        Jurisdiction(
            id=1,
            jurisdiction_id="harborpoint.example",
            name=NAME,
            timezone=TIMEZONE,
            country=COUNTRY,
            phone="311",
            lat=city.frame.lat,
            long=city.frame.lon,
            is_demo=True,
            boundary=WKTElement(boundary.wkt, srid=4326),
            areas_version=version,
            catalogue_version=version,
            routing_version=version,
        )
    )
    await session.flush()
