"""Reads of the catalogue. Each process keeps it whole and asks only whether it has changed."""

from __future__ import annotations

from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy import inspect as mapping_of
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Base
from app.jurisdictions.models import Area, Department, Jurisdiction
from app.jurisdictions.queries import CityVersions
from app.services.calendars import USUAL, Calendar
from app.services.catalogue import Catalogue, Rule, make_catalogue
from app.services.models import Responsibility, Service, ServiceAttribute, ServiceGroup
from app.services.promise_models import OwnDay, PromiseRule, Suspension, WorkingHours
from app.services.question_models import PastQuestion

# The layer whose areas are the land of outside agencies: a state park, a highway, the port.
AGENCY_LAYER = "agency"

Row = TypeVar("Row", bound=Base)

kept: WeakKeyDictionary[Engine, Catalogue] = WeakKeyDictionary()


async def current_catalogue(session: AsyncSession, city: Jurisdiction | CityVersions | None = None) -> Catalogue:
    """The catalogue as it is now: one read of one row by its key, and a reload when that row's versions rose.

    Whoever has just read the city gives it, and saves that read.

    Call it before a transaction changes the catalogue, not after: what is kept must have been committed.
    """
    version = (city.catalogue_version, city.areas_version) if city else await catalogue_version(session)
    engine = session.get_bind().engine
    catalogue = kept.get(engine)
    if catalogue is None or catalogue.version != version:
        catalogue = kept[engine] = await load_catalogue(session, version)
    return catalogue


def forget_catalogues() -> None:
    """Drops what is kept, for whoever replaces the database under the process (tests, the demo)."""
    kept.clear()


async def catalogue_version(session: AsyncSession) -> tuple[int, int]:
    """(catalogue, areas): who answers for a service hangs on both. (0, 0) before there is a city."""
    columns = (Jurisdiction.catalogue_version, Jurisdiction.areas_version)
    row = (await session.execute(select(*columns).where(Jurisdiction.id == 1))).one_or_none()
    return (row[0], row[1]) if row else (0, 0)


async def load_catalogue(session: AsyncSession, version: tuple[int, int]) -> Catalogue:
    services = await rows_apart(session, Service)
    questions: dict[int, list[ServiceAttribute]] = {service.id: [] for service in services}
    for attribute in await rows_apart(session, ServiceAttribute):
        questions[attribute.service_id].append(attribute)
    for service in services:
        service.attributes = sorted(questions[service.id], key=lambda attribute: (attribute.order, attribute.id))
    agencies = await session.execute(select(Area.id, Area.department_id).where(Area.layer == AGENCY_LAYER))
    return make_catalogue(
        version,
        groups=await rows_apart(session, ServiceGroup),
        services=services,
        departments=await rows_apart(session, Department),
        rules=[
            Rule(row.service_id, row.group, row.area_id, row.department_id)
            for row in await rows_apart(session, Responsibility)
        ],
        agency_areas={row.id: row.department_id for row in agencies},
        promises=await rows_apart(session, PromiseRule),
        calendar=await load_calendar(session),
        suspensions=await rows_apart(session, Suspension),
        past_questions=await rows_apart(session, PastQuestion),
    )


async def load_calendar(session: AsyncSession) -> Calendar:
    """When the city works; without a city, by the usual hours in UTC."""
    columns = (Jurisdiction.timezone, Jurisdiction.country, Jurisdiction.subdivision)
    city = (await session.execute(select(*columns).where(Jurisdiction.id == 1))).one_or_none()
    if city is None:
        return Calendar()
    hours: dict[int, tuple[tuple[int, int], ...]] = {}
    for row in await rows_apart(session, WorkingHours):
        hours[row.weekday] = (*hours.get(row.weekday, ()), (row.opens, row.closes))
    own = {row.day: row.works for row in await rows_apart(session, OwnDay)}
    return Calendar(city.timezone, hours or USUAL, city.country, city.subdivision, own)


async def rows_apart(session: AsyncSession, table: type[Row]) -> list[Row]:
    """Every row of a table as objects that belong to no session, so that no rollback can empty them."""
    names = [attribute.key for attribute in mapping_of(table).column_attrs]
    found = await session.execute(select(*[getattr(table, name) for name in names]))
    return [table(**dict(zip(names, row, strict=True))) for row in found]
