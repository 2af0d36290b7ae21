"""What past requests are held against: the city's areas and clock, its services and departments."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.imports.request_checks import checked
from app.imports.request_row import LeftOut, RequestRow, TakeOptions
from app.imports.request_services import Made, Names, make_missing
from app.imports.request_store import SERVICES_LOCK, NewRequest, take_turns
from app.jurisdictions.area_index import AreaIndex, AreaRef
from app.jurisdictions.local_clock import local_day
from app.jurisdictions.queries import areas_index, city_versions, get_jurisdiction, load_areas
from app.services.models import Service, ServiceGroup
from app.services.queries import current_catalogue
from app.services.responsibility import responsible_department

# Degrees beyond the city's boundary: up to here a place may be on its pier or its border road.
NEAR_CITY = 0.02


@dataclass(slots=True)
class Ground:
    """`names` is made anew when services are."""

    zone: ZoneInfo
    areas: AreaIndex
    areas_version: int
    names: Names
    options: TakeOptions


@dataclass(slots=True)
class Sifted:
    """The rows of a batch that can be kept, each key once, with their areas; the others; and what was mended."""

    rows: list[tuple[RequestRow, list[AreaRef]]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    mended: Counter[str] = field(default_factory=Counter)
    made: Made = field(default_factory=Made)
    areas_version: int = -1


async def lay_ground(database: Database, options: TakeOptions) -> Ground:
    """Raises NoCity before there is a city."""
    async with database.reading() as session:
        city = await get_jurisdiction(session)
        index = await areas_index(session, city)
        return Ground(ZoneInfo(city.timezone), index, city.areas_version, await known_names(session, options), options)


async def known_names(session: AsyncSession, options: TakeOptions) -> Names:
    groups = (await session.execute(select(ServiceGroup))).scalars().all()
    return Names(await current_catalogue(session), groups, options.services)


def sift(batch: list[RequestRow | LeftOut], ground: Ground) -> Sifted:
    """Checks the rows and finds their areas. Needs no database: it may run in a thread."""
    now, not_places, sifted = datetime.now(UTC), ground.options.not_places, Sifted()
    rows: dict[str, RequestRow] = {}
    for item in batch:
        row = item if isinstance(item, LeftOut) else checked(item, now, not_places)
        if isinstance(row, LeftOut):
            sifted.left_out.append(row)
            continue
        if earlier := rows.pop(row.import_key, None):
            sifted.left_out.append(LeftOut(earlier.line, earlier.import_key, "repeated"))
        rows[row.import_key] = row
    find_areas(list(rows.values()), ground, sifted)
    return sifted


def find_areas(rows: list[RequestRow], ground: Ground, sifted: Sifted) -> None:
    """The areas of each place on its day; what lies far outside the city is left out."""
    # First: at worst it is older than the areas, and they are asked once more.
    sifted.areas_version = ground.areas_version
    lats, longs = [row.lat or 0.0 for row in rows], [row.long or 0.0 for row in rows]
    days = [local_day(filed(row), ground.zone) for row in rows]
    holding = ground.areas.find_many(lats, longs, days)
    outside = ground.areas.distances_from_city(lats, longs)
    for row, areas, distance in zip(rows, holding, outside, strict=True):
        if distance > NEAR_CITY:
            sifted.left_out.append(LeftOut(row.line, row.import_key, "far_away", f"{row.lat}, {row.long}"))
            continue
        if distance:
            row.mended = (*row.mended, "outside_city")
        sifted.rows.append((row, areas))


async def areas_of_now(session: AsyncSession, rows: list[NewRequest], sifted: Sifted, ground: Ground) -> bool:
    """Finds the areas once more where an import of areas came after the rows were sifted, and says whether it did."""
    version = (await city_versions(session)).areas_version
    if version == sifted.areas_version:
        return False
    if version != ground.areas_version:
        ground.areas = await load_areas(session)
        ground.areas_version = version
    days = [local_day(row.requested_datetime, ground.zone) for row in rows]
    found = ground.areas.find_many([row.lat for row in rows], [row.long for row in rows], days)
    for row, areas in zip(rows, found, strict=True):
        row.area_ids = tuple(dict.fromkeys(area.id for area in areas))
    return True


async def name(database: Database, sifted: Sifted, ground: Ground) -> list[NewRequest]:
    """Gives the rows their services and departments: those that nobody knows are made, or their rows left out."""
    if ground.options.create_services:
        sifted.made = await make_unknown(database, [row for row, _ in sifted.rows], ground)
    return await asyncio.to_thread(new_requests, sifted, ground)


def new_requests(sifted: Sifted, ground: Ground) -> list[NewRequest]:
    named = []
    for row, areas in sifted.rows:
        service = ground.names.service(row)
        if service is None:
            said = row.service or row.service_code or ""
            reason = "unknown_service" if said else "no_service"
            sifted.left_out.append(LeftOut(row.line, row.import_key, reason, said))
            continue
        named.append(new_request(row, service, areas, ground, sifted))
        sifted.mended.update(row.mended)
    return named


async def make_unknown(database: Database, rows: list[RequestRow], ground: Ground) -> Made:
    names = ground.names
    if all(names.service(row) and (not row.department or names.department(row)) for row in rows):
        return Made()
    async with database.writing() as session:
        await take_turns(session, SERVICES_LOCK)
        # Another import may have made them since they were looked for.
        made = await make_missing(session, await known_names(session, ground.options), rows)
    async with database.reading() as session:
        ground.names = await known_names(session, ground.options)
    return made


def filed(row: RequestRow) -> datetime:
    assert row.requested_datetime is not None
    return row.requested_datetime


def new_request(
    row: RequestRow, service: Service, areas: list[AreaRef], ground: Ground, sifted: Sifted
) -> NewRequest:  # fmt: skip
    department = ground.names.department(row) if row.department else None
    if row.department and department is None:
        sifted.mended["unknown_department"] += 1
    area_ids = tuple(dict.fromkeys(area.id for area in areas))
    says_who = department is not None
    if department is None:
        department = responsible_department(ground.names.catalogue, service, area_ids)
    requested = filed(row)
    return NewRequest(
        import_key=row.import_key,
        service_id=service.id,
        department_id=department.id if department else None,
        status=row.status,
        status_notes=row.status_notes,
        description=row.description,
        description_public=service.text_rule == "public" and not service.private,
        lat=row.lat or 0.0,
        long=row.long or 0.0,
        address_string=row.address_string,
        zipcode=next((area.code for area in areas if area.layer == "zip"), row.zipcode),
        requested_datetime=requested,
        updated_datetime=max(filter(None, (requested, row.closed_datetime, row.updated_datetime))),
        expected_datetime=row.expected_datetime,
        closed_datetime=row.closed_datetime,
        area_ids=area_ids,
        duplicate_of_key=row.duplicate_of_key,
        says_when=row.updated_datetime is not None,
        says_who=says_who,
    )
