"""The intake of past requests, from wherever they come: checked, compared, and written a batch at a time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.imports.progress import Pace
from app.imports.request_changes import compare, update_requests
from app.imports.request_checks import checked
from app.imports.request_links import Links, link_duplicates
from app.imports.request_row import LeftOut, RequestRow, TakeOptions
from app.imports.request_services import Made, Names, make_missing
from app.imports.request_store import NewRequest, insert_requests, take_turns
from app.jurisdictions.area_index import AreaIndex, AreaRef
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.services.models import Service, ServiceGroup
from app.services.queries import current_catalogue
from app.services.responsibility import responsible_department

BATCH = 1_000
# Degrees beyond the city's boundary: up to here a place may be on its pier or its border road.
NEAR_CITY = 0.02

Item = RequestRow | LeftOut


@dataclass(slots=True)
class Summary:
    """What became of the rows. `left_out` and `mended` count by the keys of `request_reasons`; `older` rows tell of
    a moment before what is here, `here` were changed in this city since: both were left as they are."""

    taken: int = 0
    changed: int = 0
    unchanged: int = 0
    older: int = 0
    here: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    services_made: int = 0
    departments_made: int = 0
    links: Links = field(default_factory=Links)
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        kept = self.taken + self.changed + self.unchanged + self.older + self.here
        return kept + sum(self.left_out.values())


@dataclass(slots=True)
class Ground:
    """What the rows are checked against. `names` is made anew when services are."""

    zone: ZoneInfo
    areas: AreaIndex
    names: Names
    options: TakeOptions
    summary: Summary
    named_duplicates: dict[str, str] = field(default_factory=dict)


async def take_rows(
    database: Database, rows: AsyncIterator[Item] | Iterator[Item], options: TakeOptions | None = None
) -> Summary:
    """Takes past requests: each `import_key` once, however often it comes; what differs is brought up to date.

    A batch is one transaction: whoever stops it keeps whole batches, and goes on by running it again. Memory does
    not grow with the number of rows. A plain iterator is read in a thread. Raises NoCity before there is a city.
    """
    options = options or TakeOptions()
    summary, started = Summary(), time.monotonic()
    ground = await prepare(database, options, summary)
    pace = Pace(options.progress, "taking", options.total)
    async for batch in batches(rows):
        await take_batch(database, batch, ground)
        pace.add(len(batch))
    pace.tell()
    summary.links = await link_duplicates(database, ground.named_duplicates, options.progress)
    summary.seconds = time.monotonic() - started
    return summary


async def prepare(database: Database, options: TakeOptions, summary: Summary) -> Ground:
    async with database.reading() as session:
        city = await get_jurisdiction(session)
        index = await areas_index(session, city)
        names = await known_names(session, options)
        return Ground(ZoneInfo(city.timezone), index, names, options, summary)


async def known_names(session: AsyncSession, options: TakeOptions) -> Names:
    groups = (await session.execute(select(ServiceGroup))).scalars().all()
    return Names(await current_catalogue(session), groups, options.services)


async def batches(rows: AsyncIterator[Item] | Iterator[Item]) -> AsyncIterator[list[Item]]:
    if isinstance(rows, AsyncIterator):
        batch: list[Item] = []
        async for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
        return
    while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
        yield batch


async def take_batch(database: Database, batch: list[Item], ground: Ground) -> None:
    """Checks a batch and writes it in one transaction; what is counted was committed."""
    rows, left_out = sift(batch, ground)
    known, unknown = await with_services(database, rows, ground)
    placed, far = with_places(known, ground)
    summary = ground.summary
    async with database.writing() as session:
        await take_turns(session)
        found = await compare(session, placed)
        await insert_requests(session, found.new)
        await update_requests(session, found.changed)
    summary.taken += len(found.new)
    summary.changed += len(found.changed)
    summary.unchanged += found.unchanged
    summary.older += found.older
    summary.here += found.here
    ground.named_duplicates.update((row.import_key, row.duplicate_of_key) for row in placed if row.duplicate_of_key)
    for item in (*left_out, *unknown, *far):
        summary.left_out[item.reason] += 1
        ground.options.left_out(item)


def sift(batch: list[Item], ground: Ground) -> tuple[list[RequestRow], list[LeftOut]]:
    """The rows that can be kept, each key once (the last of them), and the others."""
    now, not_places = datetime.now(UTC), ground.options.not_places
    items = [item if isinstance(item, LeftOut) else checked(item, now, not_places) for item in batch]
    left_out = [item for item in items if isinstance(item, LeftOut)]
    rows: dict[str, RequestRow] = {}
    for item in items:
        if isinstance(item, RequestRow):
            if earlier := rows.pop(item.import_key, None):
                left_out.append(LeftOut(earlier.line, earlier.import_key, "repeated"))
            rows[item.import_key] = item
    return list(rows.values()), left_out


async def with_services(
    database: Database, rows: list[RequestRow], ground: Ground
) -> tuple[list[tuple[RequestRow, Service]], list[LeftOut]]:
    """Each row with its service; those of a service that nobody knows are left out, or it is made."""
    if ground.options.create_services and await make_unknown(database, rows, ground) != Made():
        async with database.reading() as session:
            ground.names = await known_names(session, ground.options)
    known, unknown = [], []
    for row in rows:
        if service := ground.names.service(row):
            known.append((row, service))
        else:
            reason = "unknown_service" if row.service or row.service_code else "no_service"
            unknown.append(LeftOut(row.line, row.import_key, reason, row.service or row.service_code or ""))
    return known, unknown


async def make_unknown(database: Database, rows: list[RequestRow], ground: Ground) -> Made:
    names = ground.names
    if all(names.service(row) and (not row.department or names.department(row)) for row in rows):
        return Made()
    async with database.writing() as session:
        made = await make_missing(session, names, rows)
    ground.summary.services_made += made.services
    ground.summary.departments_made += made.departments
    return made


def with_places(rows: list[tuple[RequestRow, Service]], ground: Ground) -> tuple[list[NewRequest], list[LeftOut]]:
    """The rows with the areas of their place on their day; those far outside the city are left out."""
    lats, longs = [row.lat or 0.0 for row, _ in rows], [row.long or 0.0 for row, _ in rows]
    days = [filed(row).astimezone(ground.zone).date() for row, _ in rows]
    holding = ground.areas.find_many(lats, longs, days)
    outside = ground.areas.distances_from_city(lats, longs)
    placed, far = [], []
    for (row, service), areas, distance in zip(rows, holding, outside, strict=True):
        if distance > NEAR_CITY:
            far.append(LeftOut(row.line, row.import_key, "far_away", f"{row.lat}, {row.long}"))
            continue
        if distance:
            ground.summary.mended["outside_city"] += 1
        ground.summary.mended.update(row.mended)
        placed.append(new_request(row, service, areas, ground))
    return placed, far


def filed(row: RequestRow) -> datetime:
    assert row.requested_datetime is not None
    return row.requested_datetime


def new_request(row: RequestRow, service: Service, areas: list[AreaRef], ground: Ground) -> NewRequest:
    department = ground.names.department(row) if row.department else None
    if row.department and department is None:
        ground.summary.mended["unknown_department"] += 1
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
