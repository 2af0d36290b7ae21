"""Open requests around a point that may be the same problem."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.jurisdictions.area_box import Box
from app.jurisdictions.geodesy import box_around, distance_m
from app.service_requests.models import ServiceRequest
from app.service_requests.workflow import OPEN
from app.services.catalogue import Catalogue
from app.services.models import Service
from app.sql import InBox, among

# More than anybody reads, and a bound on what a crowded corner costs.
MOST_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Near:
    request: ServiceRequest
    distance_m: float


def is_open_within(box: Box, service_ids: Sequence[int]) -> tuple[ColumnElement[bool], ...]:
    """What an open request of these services in a box (west, south, east, north) is, duplicates left out."""
    return (
        InBox(ServiceRequest.location, box),
        # In the words of `ix_service_requests_open`: however much was ever closed here, only what is open is read.
        among(ServiceRequest.status, OPEN),
        among(ServiceRequest.service_id, service_ids),
        ServiceRequest.duplicate_of_id.is_(None),
    )


async def open_nearby(
    session: AsyncSession, lat: float, long: float, *, radius_m: float, service_ids: Sequence[int], limit: int = 10
) -> list[Near]:
    """Open public requests of these services within `radius_m` metres, nearest first, with their photos."""
    if not service_ids:
        return []
    found = await session.execute(
        select(ServiceRequest)
        .where(*is_open_within(box_around(lat, long, radius_m), service_ids))
        .order_by(ServiceRequest.requested_datetime.desc())
        .limit(MOST_LOOKED_AT)
        .options(selectinload(ServiceRequest.photos))
    )
    return nearest(found.scalars(), lat, long, radius_m)[:limit]


def nearest(requests: Iterable[ServiceRequest], lat: float, long: float, radius_m: float) -> list[Near]:
    """Those within `radius_m` metres of a point, nearest first."""
    near = (Near(request, distance_m(lat, long, request.lat, request.long)) for request in requests)
    return sorted((item for item in near if item.distance_m <= radius_m), key=lambda item: item.distance_m)


async def maybe_the_same(
    session: AsyncSession, catalogue: Catalogue, service: Service, lat: float, long: float, *, limit: int = 5
) -> list[Near]:
    """Open requests of the service's group within the service's radius; none for a private service."""
    if service.private:
        return []
    group = [other.id for other in catalogue.in_group(service.group) if not other.private]
    radius_m = service.nearby_radius_m
    return await open_nearby(session, lat, long, radius_m=radius_m, service_ids=group, limit=limit)
