"""Reports that may be the same problem, filed by people who could not know of each other. Nothing is merged."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, Subquery, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from app.service_requests.models import Reporter, ServiceRequest
from app.service_requests.nearby import Near, maybe_the_same
from app.service_requests.outbox_models import LikelyDuplicate
from app.services.models import Service
from app.services.queries import current_catalogue

MOST_LINKED = 5
# PostgreSQL keeps locks of two numbers apart from those of one, which `receipts.hold` takes.
LIKELY_LOCK = 311


@dataclass(frozen=True, slots=True)
class Likely:
    """The other request, with its service and photos, and how many metres away it is."""

    request: ServiceRequest
    distance_m: float


async def link_likely(
    session: AsyncSession, request: ServiceRequest, seen: Collection[str], device_hash: str | None
) -> None:
    """Links a request that has just been written with open public ones around it, the nearest five.

    Left out are those in `seen` (numbers), which the person has looked at, and those of the same device.
    """
    catalogue = await current_catalogue(session)
    service = catalogue.by_id[request.service_id]
    await one_after_another(session, service.group)
    limit = MOST_LINKED + len(seen) + await count_of_device(session, device_hash) + 1
    near = await maybe_the_same(session, catalogue, service, request.lat, request.long, limit=limit)
    others = [one for one in near if one.request.id != request.id and one.request.service_request_id not in seen]
    mine = await of_device(session, [one.request.id for one in others], device_hash)
    chosen = [one for one in others if one.request.id not in mine][:MOST_LINKED]
    # Always in this order: each row locks the other request for a moment.
    for one in sorted(chosen, key=lambda one: one.request.id):
        session.add(link(request, one))
    await session.flush()


async def one_after_another(session: AsyncSession, group: str) -> None:
    """Lets no two transactions link reports of one group at once: neither would see what the other has written."""
    if session.get_bind().dialect.name == "postgresql":
        key = zlib.crc32(group.encode()) - 2**31
        await session.execute(select(func.pg_advisory_xact_lock(literal(LIKELY_LOCK), literal(key))))


async def count_of_device(session: AsyncSession, device_hash: str | None) -> int:
    """How many reports this device has filed, whatever became of them."""
    if device_hash is None:
        return 0
    wanted = select(func.count()).where(Reporter.first, Reporter.device_hash == device_hash)
    return (await session.execute(wanted)).scalar_one()


async def of_device(session: AsyncSession, request_ids: Collection[int], device_hash: str | None) -> set[int]:
    if not request_ids or device_hash is None:
        return set()
    wanted = select(Reporter.request_id).where(Reporter.request_id.in_(request_ids), Reporter.first)
    return set((await session.execute(wanted.where(Reporter.device_hash == device_hash))).scalars())


def link(request: ServiceRequest, near: Near) -> LikelyDuplicate:
    now = datetime.now(UTC)
    return LikelyDuplicate(
        request_id=request.id, other_id=near.request.id, distance_m=near.distance_m, found_datetime=now
    )


async def likely_duplicates(session: AsyncSession, request_id: int) -> list[Likely]:
    """What a request was linked with, in whichever direction, nearest first: public ones that are no duplicates."""
    links = links_of([request_id])
    wanted = public(select(ServiceRequest, links.c.distance_m), links)
    wanted = wanted.options(contains_eager(ServiceRequest.service), selectinload(ServiceRequest.photos))
    return [Likely(request, distance_m) for request, distance_m in await session.execute(wanted)]


async def likely_numbers(session: AsyncSession, request_ids: Collection[int]) -> dict[int, list[str]]:
    """The public numbers of the same, for each of these requests."""
    links = links_of(request_ids)
    found: dict[int, list[str]] = {request_id: [] for request_id in request_ids}
    wanted = public(select(links.c.request_id, ServiceRequest.service_request_id).select_from(ServiceRequest), links)
    for request_id, number in await session.execute(wanted):
        found[request_id].append(number)
    return found


def links_of(request_ids: Collection[int]) -> Subquery:
    """Each link of these requests as seen from them: `request_id`, `other_id`, `distance_m`."""
    one = LikelyDuplicate
    there = select(one.request_id, one.other_id, one.distance_m).where(one.request_id.in_(request_ids))
    back = select(one.other_id, one.request_id, one.distance_m).where(one.other_id.in_(request_ids))
    return union_all(there, back).subquery()


def public(wanted: Select[Any], links: Subquery) -> Select[Any]:
    """What may be shown of the other requests of these links, nearest first."""
    return (
        wanted.join(links, links.c.other_id == ServiceRequest.id)
        .join(ServiceRequest.service)
        .where(
            Service.private.is_(False),
            ServiceRequest.status != "withdrawn",
            ServiceRequest.duplicate_of_id.is_(None),
        )
        .order_by(links.c.distance_m, ServiceRequest.id)
    )
