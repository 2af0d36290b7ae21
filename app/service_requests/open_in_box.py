"""The open public requests of a box, for a phone that asks “is it one of these?” without a connection."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import lat_long
from app.jurisdictions.area_box import Box
from app.service_requests.masking import masked_address
from app.service_requests.models import ServiceRequest
from app.service_requests.nearby import is_open_within
from app.services.catalogue import Catalogue
from app.services.words import said_in

# The newest so many: more around one area than a city's crews would leave open for long.
MOST_REQUESTS = 5000
# Measured: one request's share of the compressed answer, and unpacked.
BYTES_EACH, PLAIN_EACH = 62, 300


class KnownRequest(msgspec.Struct, frozen=True):
    """What a card of what is known nearby shows, photos apart. `lat`, `long` in decimal degrees; `group` is a code."""

    service_request_id: str
    service_code: str
    service_name: str
    group: str
    address: str
    lat: float
    long: float
    requested_datetime: datetime
    expected_datetime: datetime | None
    reporter_count: int


async def open_in_box(session: AsyncSession, catalogue: Catalogue, box: Box, locale: str) -> list[KnownRequest]:
    """The newest open requests of public services in a box, duplicates left out, at most 5,000."""
    columns = (
        ServiceRequest.service_request_id,
        ServiceRequest.service_id,
        ServiceRequest.address_string,
        ServiceRequest.location,
        ServiceRequest.requested_datetime,
        ServiceRequest.expected_datetime,
        ServiceRequest.reporter_count,
    )
    wanted = select(*columns).where(*shown(catalogue, box))
    wanted = wanted.order_by(ServiceRequest.requested_datetime.desc(), ServiceRequest.id.desc()).limit(MOST_REQUESTS)
    return [known(row, catalogue, locale) for row in await session.execute(wanted)]


async def count_open(session: AsyncSession, catalogue: Catalogue, box: Box) -> int:
    counted = select(func.count()).select_from(ServiceRequest).where(*shown(catalogue, box))
    return min((await session.execute(counted)).scalar_one(), MOST_REQUESTS)


def shown(catalogue: Catalogue, box: Box) -> tuple[ColumnElement[bool], ...]:
    return is_open_within(box, [service.id for service in catalogue.services if not service.private])


def known(row: Any, catalogue: Catalogue, locale: str) -> KnownRequest:
    service = catalogue.by_id[row.service_id]
    lat, long = lat_long(row.location)
    return KnownRequest(
        service_request_id=row.service_request_id,
        service_code=service.service_code,
        service_name=said_in(service, "service_name", locale),
        group=service.group,
        address=masked_address(row.address_string),
        lat=round(lat, 6),
        long=round(long, 6),
        requested_datetime=row.requested_datetime.replace(microsecond=0),
        expected_datetime=row.expected_datetime and row.expected_datetime.replace(microsecond=0),
        reporter_count=row.reporter_count,
    )
