"""The requests of a feed: under the map's filter, in one order, read in chunks so that any number costs the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, lat_long
from app.maps.cell_box import EVERYWHERE
from app.maps.filters import MapFilter
from app.maps.newest import newest_ids, times
from app.maps.search_space import areas_of, looking
from app.maps.time_windows import Wanted, all_of, asked_areas, in_window, of_closed
from app.service_requests.masking import masked, masked_address
from app.service_requests.models import ServiceRequest
from app.service_requests.workflow import OPEN, STATUSES
from app.services.catalogue import Catalogue
from app.services.queries import current_catalogue
from app.services.words import said_in

# The first one is short, so that who asks soon sees something.
FIRST_CHUNK, CHUNK = 100, 1000
# So many times longer is a window than the one before when there was little in that.
LONGER = 4
NEWEST = 50
COLUMNS = (
    ServiceRequest.id,
    ServiceRequest.service_request_id,
    ServiceRequest.service_id,
    ServiceRequest.department_id,
    ServiceRequest.status,
    ServiceRequest.late,
    ServiceRequest.status_notes,
    ServiceRequest.description,
    ServiceRequest.description_public,
    ServiceRequest.location,
    ServiceRequest.address_string,
    ServiceRequest.zipcode,
    ServiceRequest.requested_datetime,
    ServiceRequest.updated_datetime,
    ServiceRequest.expected_datetime,
    ServiceRequest.closed_datetime,
    ServiceRequest.source,
    ServiceRequest.reporter_count,
)
# In this order in every row of a table; GeoJSON has `lat` and `long` as its geometry.
FIELDS = (
    "service_request_id",
    "service_code",
    "service_name",
    "group",
    "status",
    "status_detail",
    "late",
    "status_notes",
    "agency_responsible",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "closed_datetime",
    "address",
    "zipcode",
    "lat",
    "long",
    "source",
    "reporter_count",
    "description",
)


async def chunks(database: Database, asked: MapFilter) -> AsyncIterator[tuple[Sequence[Any], Catalogue]]:
    """All rows, the oldest first, by time and then by id. Each chunk is a read of its own: a slow reader holds none.

    Time is read in windows of about a chunk each, so that none waits for what fits late, or for an order of all.
    """
    async with database.reading() as session:
        look = await looking(session, asked, EVERYWHERE, await areas_of(session, asked), None)
        known = await times(session, look)
    if not (look.likely and known):
        return
    last, each, most = known.last, known.span / look.likely, min(CHUNK, FIRST_CHUNK)
    begin, after = None, None
    end = None if look.closing else ending(known.first, each * most, last)
    while True:
        async with database.reading() as session:
            catalogue = await current_catalogue(session)
            rows = await read_after(session, look, (begin, end), after, most)
        # A service may have become private since the first chunk.
        yield [row for row in rows if not catalogue.by_id[row.service_id].private], catalogue
        if len(rows) == most:
            after = rows[-1]
        elif end is None:
            return
        else:
            each *= LONGER if after is None and len(rows) < most / LONGER else 1
            begin, end, after = end, ending(end, each * CHUNK, last), None
        most = CHUNK


def ending(begin: datetime, length: timedelta, last: datetime) -> datetime | None:
    """Where a window ends; None for one without an end, in which what comes in meanwhile lies too."""
    return begin + length if last - begin > length else None


async def read_after(
    session: AsyncSession, look: Wanted, window: tuple[datetime | None, datetime | None], after: Any, most: int
) -> Sequence[Any]:
    """At most so many rows of a window of time, after a row of the same window."""
    filed = ServiceRequest.requested_datetime
    begin, end = after.requested_datetime if after else window[0], window[1]
    times = [*([filed >= begin] if begin else []), *([filed < end] if end else [])]
    later = [or_(filed > after.requested_datetime, ServiceRequest.id > after.id)] if after else []
    wanted = select(*COLUMNS).order_by(filed, ServiceRequest.id).limit(most)
    if not look.closing and window != (None, None) and look.place == EVERYWHERE and look.areas is None:
        return (await session.execute(wanted.where(*look.fitting, *look.services, *times, *later))).all()
    # Apart: the order of time is not the shorter way to a few of all time, or to what lies in a part of the city.
    if look.closing:
        part = of_closed(look, [*times, *later])
    elif window == (None, None):
        part = all_of(look, [*times, *later])
    else:
        part = in_window(look, times, later)
    asked = asked_areas(look, part) if look.closing or window != (None, None) else []
    first = select(part.c.id).where(*asked).order_by(part.c.requested_datetime, part.c.id).limit(most)
    return (await session.execute(wanted.where(ServiceRequest.id.in_(first)))).all()


async def newest(session: AsyncSession, asked: MapFilter) -> Sequence[Any]:
    """The 50 that were filed last, the newest first."""
    look = await looking(session, asked, EVERYWHERE, await areas_of(session, asked), None)
    ids = await newest_ids(session, replace(look, most=NEWEST))
    wanted = select(*COLUMNS).where(ServiceRequest.id.in_(ids))
    wanted = wanted.order_by(ServiceRequest.requested_datetime.desc(), ServiceRequest.id.desc())
    return (await session.execute(wanted)).all() if ids else []


def public_fields(row: Any, catalogue: Catalogue, zone: ZoneInfo, locale: str) -> dict[str, Any]:
    """What anybody may know of a request, by FIELDS; None where there is nothing. Times have the city's offset."""
    service = catalogue.by_id[row.service_id]
    department = catalogue.departments.get(row.department_id or 0)
    lat, long = lat_long(row.location)
    return {
        "service_request_id": row.service_request_id,
        "service_code": service.service_code,
        "service_name": said_in(service, "service_name", locale),
        "group": service.group,
        "status": STATUSES[row.status].open311,
        "status_detail": row.status,
        "late": row.status in OPEN and row.late,
        "status_notes": masked(row.status_notes) if row.status_notes else None,
        "agency_responsible": said_in(department, "name", locale) if department else None,
        "requested_datetime": at(row.requested_datetime, zone),
        "updated_datetime": at(row.updated_datetime, zone),
        "expected_datetime": at(row.expected_datetime, zone),
        "closed_datetime": at(row.closed_datetime, zone),
        "address": masked_address(row.address_string) or None,
        "zipcode": row.zipcode,
        "lat": round(lat, 6),
        "long": round(long, 6),
        "source": row.source,
        "reporter_count": row.reporter_count,
        "description": masked(row.description) if row.description_public and row.description else None,
    }


def at(instant: datetime | None, zone: ZoneInfo) -> str | None:
    return None if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")
