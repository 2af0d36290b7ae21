"""Everything that was ever filed at an address or a corner, and what is open around it for every department."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import lat_long
from app.jurisdictions.geodesy import box_around
from app.jurisdictions.models import Department, Place
from app.jurisdictions.place_nearest import places_within
from app.maps.cursors import PAGE, Cursor, cursor_at, read_cursor
from app.maps.figures import count_cells
from app.maps.filters import MapFilter
from app.maps.list_pages import with_services
from app.maps.newest import newest_ids
from app.maps.search_space import cells_around
from app.maps.time_windows import Wanted
from app.service_requests.count_models import STANDINGS
from app.service_requests.models import ServiceRequest
from app.service_requests.nearby import MOST_LOOKED_AT, Near, is_open_within, nearest
from app.service_requests.queries import public_requests
from app.service_requests.workflow import OPEN
from app.services.catalogue import Catalogue
from app.services.models import Service
from app.sql import InBox

# A pin that is farther than this from every address and corner is at none of them.
AT_M = 40.0
DIG_M = 50.0
# Degrees squared: a point between two places, some millimetres to either side, is at both.
ROUNDING = 1e-13
# Counted to here: at one such place stand all reports of a city that had no position.
MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class History:
    """One page of what was filed at a place, newest first. `after` leads to the next page, if there is one.

    `total` counts all, `still_open` those that are open; `more` when there are more than are counted.
    """

    requests: Sequence[ServiceRequest]
    total: int
    still_open: int
    more: bool
    after: str


@dataclass(frozen=True, slots=True)
class Digging:
    """The open work of one department around a place, nearest first; `department` is None where nobody has it yet."""

    department: Department | None
    work: list[Near]


async def at_the_place(session: AsyncSession, place: Place) -> ColumnElement[bool]:
    """Whether a request lies at a place: within AT_M of it, and no other address or corner is nearer.

    So each request is at one place, the one that `nearest_place` gives for it; at several where they share a point.
    The border between two points is a straight line, so that each neighbour is one comparison.
    """
    lat, long = lat_long(place.location)
    shrink = math.cos(math.radians(lat))
    x = (func.ST_X(ServiceRequest.location) - long) * shrink
    y = func.ST_Y(ServiceRequest.location) - lat
    others = {
        ((there.long - long) * shrink, there.lat - lat) for there in await places_within(session, lat, long, 2 * AT_M)
    }
    borders = [
        x * east + y * north <= (east**2 + north**2) / 2 + ROUNDING for east, north in sorted(others - {(0.0, 0.0)})
    ]
    return and_(InBox(ServiceRequest.location, box_around(lat, long, AT_M)), *borders)


async def place_history(session: AsyncSession, place: Place, *, after: str) -> History:
    """What was filed at a place, newest first. Raises Refused (400)."""
    cursor = read_cursor(after)
    here = await at_the_place(session, place)
    found = (await session.execute(page_and_numbers(here, cursor))).all()
    # Of more than are counted, none of those read may lie after the cursor.
    counted = found or (await session.execute(page_and_numbers(here, None))).all()
    total, still_open = counted[0][1:] if counted else (0, 0)
    more = total > MOST_COUNTED
    ids = await newest_of_many(session, place, here, cursor) if more else [row.id for row in found]
    page = await with_services(session, ids[:PAGE])
    return History(
        requests=page,
        total=min(total, MOST_COUNTED),
        still_open=still_open,
        more=more,
        after=str(cursor_at(page[-1])) if len(ids) > PAGE else "",
    )


def page_and_numbers(here: ColumnElement[bool], after: Cursor | None) -> Select[int, int, int]:
    """(id, how many there are, how many of them are open) for a page, and one more: all are read once, to the most."""
    rows = select(ServiceRequest.id, ServiceRequest.requested_datetime, ServiceRequest.status)
    rows = rows.join(ServiceRequest.service).where(here, Service.private.is_(False)).limit(MOST_COUNTED + 1)
    all_here = rows.cte("here").prefix_with("MATERIALIZED")
    total = select(func.count()).select_from(all_here).scalar_subquery()
    still_open = select(func.count()).select_from(all_here).where(all_here.c.status.in_(OPEN)).scalar_subquery()
    filed, number = all_here.c.requested_datetime, all_here.c.id
    page = select(number, total, still_open).order_by(filed.desc(), number.desc()).limit(PAGE + 1)
    if after is None:
        return page
    passed = and_(filed == after.requested_datetime, number < after.id)
    return page.where(or_(filed < after.requested_datetime, passed))


async def newest_of_many(
    session: AsyncSession, place: Place, here: ColumnElement[bool], after: Cursor | None
) -> list[int]:
    """The same where there are more than are read: such as where all without a position were put."""
    public = ServiceRequest.service_id.not_in(select(Service.id).where(Service.private))
    around = cells_around(*lat_long(place.location), AT_M)
    likely = (await count_cells(session, MapFilter(standings=STANDINGS), around)).fitting
    return await newest_ids(session, Wanted([here, public], around, PAGE + 1, likely, after=after))


async def open_around(session: AsyncSession, catalogue: Catalogue, lat: float, long: float) -> list[Digging]:
    """ "Let's dig one hole": the open work within 50 metres of a point by department, the most first."""
    public = [service.id for service in catalogue.by_id.values() if not service.private]
    wanted = public_requests().where(*is_open_within(box_around(lat, long, DIG_M), public))
    wanted = wanted.order_by(ServiceRequest.requested_datetime.desc()).limit(MOST_LOOKED_AT)
    found = (await session.execute(wanted)).scalars().all()
    by_department: dict[int | None, list[Near]] = {}
    for item in nearest(found, lat, long, DIG_M):
        by_department.setdefault(item.request.department_id, []).append(item)
    digging = [Digging(catalogue.departments.get(key or 0), work) for key, work in by_department.items()]
    return sorted(digging, key=lambda group: (group.department is None, -len(group.work)))
