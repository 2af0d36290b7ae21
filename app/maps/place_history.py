"""Everything that was ever filed at an address or a corner, and what is open around it for every department."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import InBox
from app.errors import Problem, Refused
from app.jurisdictions.geodesy import box_around, distance_m
from app.jurisdictions.models import Department, Place
from app.service_requests.models import ServiceRequest
from app.service_requests.nearby import MOST_LOOKED_AT, Near
from app.service_requests.queries import public_requests
from app.service_requests.workflow import OPEN
from app.services.catalogue import Catalogue
from app.services.models import Service
from app.templating import mark

# How far from its own point a place reaches, in metres: a corner is wider than a door.
REACH_M = {"address": 15.0}
REACH_ELSEWHERE_M = 30.0
DIG_M = 50.0
PAGE = 25
# Counted to here: at one such place stand all reports of a city that had no position.
MOST_COUNTED = 10_000
BAD_CURSOR = mark("This page's address is not whole. Begin again with the first page.")


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


def reach_m(place: Place) -> float:
    return REACH_M.get(place.kind, REACH_ELSEWHERE_M)


async def place_history(session: AsyncSession, lat: float, long: float, *, reach: float, after: str) -> History:
    """What was filed within `reach` metres north, south, east or west of a point. Raises Refused (400)."""
    here = InBox(ServiceRequest.location, box_around(lat, long, reach))
    wanted = public_requests().where(here, *beyond(after))
    wanted = wanted.order_by(ServiceRequest.requested_datetime.desc(), ServiceRequest.id.desc()).limit(PAGE + 1)
    found = (await session.execute(wanted)).scalars().all()
    some = (
        select(ServiceRequest.status)
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(here, Service.private.is_(False))
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    counted = select(func.count(), func.count().filter(some.c.status.in_(OPEN))).select_from(some)
    total, still_open = (await session.execute(counted)).one()
    page = found[:PAGE]
    return History(
        requests=page,
        total=min(total, MOST_COUNTED),
        still_open=still_open,
        more=total > MOST_COUNTED,
        after=cursor(page[-1]) if len(found) > PAGE else "",
    )


def cursor(request: ServiceRequest) -> str:
    return f"{request.requested_datetime.isoformat()}_{request.id}"


def beyond(after: str) -> list[ColumnElement[bool]]:
    """What lies after a cursor, newest first; nothing to ask for "". Raises Refused (400) for anything else."""
    if not after:
        return []
    instant, _, number = after.rpartition("_")
    try:
        when, last = datetime.fromisoformat(instant), int(number)
    except ValueError as error:
        raise Refused(Problem("after", BAD_CURSOR), status=400) from error
    if when.tzinfo is None or not 0 <= last < 1 << 63:
        raise Refused(Problem("after", BAD_CURSOR), status=400)
    older = ServiceRequest.requested_datetime
    return [older <= when, or_(older < when, ServiceRequest.id < last)]


async def open_around(session: AsyncSession, catalogue: Catalogue, lat: float, long: float) -> list[Digging]:
    """ "Let's dig one hole": the open work within 50 metres of a point by department, the most first."""
    wanted = public_requests().where(
        InBox(ServiceRequest.location, box_around(lat, long, DIG_M)),
        ServiceRequest.status.in_(OPEN),
        ServiceRequest.duplicate_of_id.is_(None),
    )
    wanted = wanted.order_by(ServiceRequest.requested_datetime.desc()).limit(MOST_LOOKED_AT)
    found = (await session.execute(wanted)).scalars().all()
    near = [Near(request, distance_m(lat, long, request.lat, request.long)) for request in found]
    by_department: dict[int | None, list[Near]] = {}
    for item in sorted(near, key=lambda item: item.distance_m):
        if item.distance_m <= DIG_M:
            by_department.setdefault(item.request.department_id, []).append(item)
    digging = [Digging(catalogue.departments.get(key or 0), work) for key, work in by_department.items()]
    return sorted(digging, key=lambda group: (group.department is None, -len(group.work)))
