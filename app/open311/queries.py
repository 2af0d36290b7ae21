"""Reads of public requests: a page of those that fit, with how many there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.interfaces import ORMOption

from app.jurisdictions.geodesy import METRES_PER_DEGREE, box_around
from app.jurisdictions.models import Area, Place
from app.open311.filters import Filters
from app.open311.request_documents import public_address, public_description
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.models import ServiceRequest
from app.service_requests.workflow import CLOSED, OPEN
from app.services.catalogue import Catalogue
from app.sql import InBox

# A search for words looks at this many candidates, in the order that was asked for.
MOST_SEARCHED = 5_000


@dataclass(frozen=True, slots=True)
class Found:
    requests: Sequence[ServiceRequest]
    total: int


async def find_requests(session: AsyncSession, filters: Filters, catalogue: Catalogue) -> Found:
    """A page of the public requests that fit the filters, with what telling them needs; ties go by number of entry."""
    conditions = conditions_of(filters, catalogue)
    ordered = select(ServiceRequest).where(*conditions).order_by(*order_of(filters))
    first = (filters.page - 1) * filters.page_size
    if filters.q and filters.ids is None:
        numbers = await numbers_with_words(session, ordered, filters.q)
        wanted = numbers[first : first + filters.page_size]
        return Found(await requests_numbered(session, wanted, filters), len(numbers))
    counted = select(func.count()).select_from(ServiceRequest).where(*conditions)
    total = (await session.execute(counted)).scalar_one()
    if first >= total:
        return Found([], total)
    page = ordered.limit(filters.page_size).offset(first).options(*loaded(filters.extensions))
    return Found((await session.execute(page)).scalars().all(), total)


async def find_request(
    session: AsyncSession, said: str, catalogue: Catalogue, *, extensions: bool
) -> ServiceRequest | None:
    """The public request of a number as somebody wrote it, or of a token: its `client_request_id`."""
    if number := read_service_request_id(said):
        known = ServiceRequest.service_request_id == number
    elif token := read_token(said):
        known = ServiceRequest.client_request_id == token
    else:
        return None
    wanted = select(ServiceRequest).where(known, *never_private(catalogue)).options(*loaded(extensions))
    return (await session.execute(wanted)).scalar_one_or_none()


def read_token(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None


async def find_place(session: AsyncSession, address_id: str) -> tuple[Place, float, float] | None:
    """The place of an `address_id`, with its (lat, long)."""
    where = func.ST_Y(Place.location), func.ST_X(Place.location)
    row = (await session.execute(select(Place, *where).where(Place.source_id == address_id))).one_or_none()
    return (row[0], row[1], row[2]) if row else None


def conditions_of(filters: Filters, catalogue: Catalogue) -> list[ColumnElement[bool]]:
    conditions = never_private(catalogue)
    if filters.ids is not None:
        return [*conditions, ServiceRequest.service_request_id.in_(filters.ids)]
    if filters.service_ids is not None:
        conditions.append(ServiceRequest.service_id.in_(sorted(filters.service_ids)))
    if filters.department_ids is not None:
        conditions.append(ServiceRequest.department_id.in_(sorted(filters.department_ids)))
    if filters.statuses is not None and len(filters.statuses) == 1:
        conditions.append(ServiceRequest.status.in_(OPEN if "open" in filters.statuses else CLOSED))
    return [*conditions, *times_of(filters), *places_of(filters)]


def never_private(catalogue: Catalogue) -> list[ColumnElement[bool]]:
    """Says what is left out, not what is wanted, so that the index of the order still serves."""
    hidden = [service.id for service in catalogue.by_id.values() if service.private]
    return [ServiceRequest.service_id.not_in(hidden)] if hidden else []


def times_of(filters: Filters) -> list[ColumnElement[bool]]:
    requested, updated = ServiceRequest.requested_datetime, ServiceRequest.updated_datetime
    bounds = (
        (filters.start, requested.__ge__),
        (filters.end, requested.__le__),
        (filters.updated_after, updated.__ge__),
        (filters.updated_before, updated.__le__),
    )
    return [compare(moment) for moment, compare in bounds if moment is not None]


def places_of(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.box is not None:
        conditions.append(InBox(ServiceRequest.location, filters.box))
    if filters.center is not None:
        conditions.append(InBox(ServiceRequest.location, box_around(*filters.center, filters.radius_m)))
        reach = filters.radius_m / METRES_PER_DEGREE
        conditions.append(squared_degrees(*filters.center) <= reach * reach)
    return conditions


def squared_degrees(lat: float, long: float) -> ColumnElement[float]:
    """The square of the distance to a point in degrees of latitude, on a plane: good to 1 % within 50 km."""
    up = func.ST_Y(ServiceRequest.location) - lat
    across = (func.ST_X(ServiceRequest.location) - long) * math.cos(math.radians(lat))
    return up * up + across * across


def order_of(filters: Filters) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if filters.sort == "distance" and filters.center is not None:
        key: Any = squared_degrees(*filters.center)
    elif filters.sort == "updated_datetime":
        key = ServiceRequest.updated_datetime
    else:
        key = ServiceRequest.requested_datetime
    return (key.desc(), ServiceRequest.id.desc()) if filters.descending else (key.asc(), ServiceRequest.id.asc())


async def numbers_with_words(session: AsyncSession, ordered: Select[Any], words: str) -> list[int]:
    """The ids of requests whose public words hold these, in order; of at most 5,000 candidates.

    The database finds candidates in the raw text; each is then read as the public sees it. Otherwise a masked
    e-mail address could be guessed letter by letter.
    """
    # SQLite folds the case of ASCII only.
    spellings = {words} if words.isascii() else {words, words.lower(), words.upper(), words.capitalize()}
    holding = [
        column.icontains(spelling, autoescape=True)
        for spelling in spellings
        for column in (ServiceRequest.description, ServiceRequest.address_string)
    ]
    columns = (
        ServiceRequest.id,
        ServiceRequest.description,
        ServiceRequest.description_public,
        ServiceRequest.address_string,
    )
    rows = await session.execute(ordered.with_only_columns(*columns).where(or_(*holding)).limit(MOST_SEARCHED))
    wanted = words.casefold()
    return [row.id for row in rows if wanted in public_words(row)]


def public_words(row: Any) -> str:
    return f"{public_description(row) or ''}\n{public_address(row)}".casefold()


async def requests_numbered(session: AsyncSession, ids: Sequence[int], filters: Filters) -> list[ServiceRequest]:
    """The requests of these ids, in their order."""
    wanted = select(ServiceRequest).where(ServiceRequest.id.in_(ids)).options(*loaded(filters.extensions))
    by_id = {request.id: request for request in (await session.execute(wanted)).scalars()}
    return [by_id[number] for number in ids]


def loaded(extensions: bool) -> list[ORMOption]:
    photos = selectinload(ServiceRequest.photos)
    if not extensions:
        return [photos]
    return [
        photos,
        selectinload(ServiceRequest.updates),
        # Never the shape: it may be megabytes, once for every request that lies in it.
        selectinload(ServiceRequest.areas).load_only(Area.layer, Area.code, Area.name),
        selectinload(ServiceRequest.duplicate_of),
    ]
