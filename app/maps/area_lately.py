"""What stands out among the last reports of an area, and what has been open in it for longest."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.area_facts import AreaFacts
from app.maps.area_last_rows import last_rows, lies_in
from app.maps.area_open_days import open_days
from app.maps.filter_rows import by_time
from app.service_requests.masking import masked_address
from app.service_requests.models import ServiceRequest
from app.service_requests.queries import public_requests
from app.service_requests.workflow import OPEN
from app.services.catalogue import Catalogue
from app.services.models import Service

MOST_SHOWN = 5
FEWEST_HERE, FEWEST_CLOSED = 3, 5


@dataclass(frozen=True, slots=True)
class Stack:
    """An address with several reports: its words, one of its points, and how many, `open` of them still open."""

    address: str
    lat: float
    long: float
    count: int
    open: int


@dataclass(frozen=True, slots=True)
class Lately:
    """Of the last `count` reports, filed since a moment; `slowest` are (service, median days, how many were closed)."""

    count: int
    since: datetime | None
    stacks: list[Stack]
    slowest: list[tuple[Service, float, int]]
    followers: int


async def area_lately(session: AsyncSession, catalogue: Catalogue, area: AreaFacts, timezone: str) -> Lately:
    hidden = [service.id for service in catalogue.by_id.values() if service.private]
    rows = await last_rows(session, area.ids, timezone, hidden)
    return Lately(
        count=len(rows),
        since=rows[-1].requested_datetime if rows else None,
        stacks=stacks_of(rows),
        slowest=slowest_of(rows, catalogue),
        followers=sum(row.follower_count for row in rows if row.status in OPEN),
    )


def stacks_of(rows: Iterable[Any]) -> list[Stack]:
    """Points (to about two metres) with three or more reports, the most first; repeats of one report count once."""
    at: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row.status != "duplicate":
            at[row.cell].append(row)
    many = sorted((here for here in at.values() if len(here) >= FEWEST_HERE), key=len, reverse=True)
    return [stack(here) for here in many[:MOST_SHOWN]]


def stack(here: Sequence[Any]) -> Stack:
    named = next((row.address_string for row in here if row.address_string), "")
    return Stack(masked_address(named), here[0].lat, here[0].long, len(here), sum(row.status in OPEN for row in here))


def slowest_of(rows: Iterable[Any], catalogue: Catalogue) -> list[tuple[Service, float, int]]:
    took: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        if row.closed_datetime and row.status not in OPEN and row.status != "duplicate":
            took[row.service_id].append((row.closed_datetime - row.requested_datetime).total_seconds() / 86_400)
    slow = [
        (catalogue.by_id[service], statistics.median(days), len(days))
        for service, days in took.items()
        if len(days) >= FEWEST_CLOSED
    ]
    return sorted(slow, key=lambda one: -one[1])[:MOST_SHOWN]


async def oldest_open(session: AsyncSession, area: AreaFacts, timezone: str) -> Sequence[ServiceRequest]:
    """The open public requests of an area that were filed first: the rollups know on which days to look."""
    found = await open_days(session, area.ids, most=MOST_SHOWN)
    days = sorted({day for of_area in found.values() for day in of_area})[:MOST_SHOWN]
    if not days:
        return []
    # Day by day, so that an index serves each.
    still = union_all(
        *(
            select(ServiceRequest.id).where(
                ServiceRequest.status.in_(OPEN), filed_on(day, timezone), lies_in(ServiceRequest.id, area.ids)
            )
            for day in days
        )
    )
    wanted = public_requests().where(ServiceRequest.id.in_(still))
    wanted = wanted.order_by(ServiceRequest.requested_datetime, ServiceRequest.id).limit(MOST_SHOWN)
    return (await session.execute(wanted)).scalars().all()


def filed_on(day: date, timezone: str) -> Any:
    return and_(*by_time(ServiceRequest.requested_datetime, day, day, timezone))
