"""Requests, reports and people are counted apart: a duplicate brings its people along, each counted once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests.models import Follower, Reporter, ServiceRequest

TICK = timedelta(microseconds=1)


async def lock(session: AsyncSession, *request_ids: int) -> dict[int, ServiceRequest]:
    """The requests by id as they are now, kept from other writers until the transaction ends."""
    wanted = select(ServiceRequest).where(ServiceRequest.id.in_(request_ids)).order_by(ServiceRequest.id)
    wanted = wanted.with_for_update(of=ServiceRequest).execution_options(populate_existing=True)
    return {request.id: request for request in (await session.execute(wanted)).scalars()}


def touch(request: ServiceRequest) -> datetime:
    """Moves `updated_datetime` on, always forward, and returns it."""
    request.updated_datetime = max(datetime.now(UTC), request.updated_datetime + TICK)
    return request.updated_datetime


async def attach(session: AsyncSession, duplicate: ServiceRequest, root: ServiceRequest) -> None:
    """Counts a duplicate's people with the request that it is a duplicate of."""
    await count_with(session, duplicate, root, 1)
    duplicate.duplicate_of_id = root.id
    await session.flush()


async def detach(session: AsyncSession, duplicate: ServiceRequest, root: ServiceRequest) -> None:
    """Takes a duplicate's people out of the count again, but for those that the others also brought."""
    duplicate.duplicate_of_id = None
    await session.flush()
    await count_with(session, duplicate, root, -1)


async def count_with(session: AsyncSession, duplicate: ServiceRequest, root: ServiceRequest, sign: int) -> None:
    root.reporter_count += sign * (duplicate.reporter_count - await shared(session, Reporter, duplicate, root))
    root.follower_count += sign * (duplicate.follower_count - await shared(session, Follower, duplicate, root))


async def shared(
    session: AsyncSession, people: type[Reporter] | type[Follower], duplicate: ServiceRequest, root: ServiceRequest
) -> int:
    """How many devices stand in a duplicate and in its root's family, the duplicate itself left out."""
    there = select(people.device_hash).where(people.request_id.in_(family(root.id)), people.request_id != duplicate.id)
    both = select(func.count(people.device_hash.distinct())).where(
        people.request_id == duplicate.id, people.device_hash.in_(there.where(people.device_hash.is_not(None)))
    )
    return (await session.execute(both)).scalar_one()


async def is_counted(
    session: AsyncSession, people: type[Reporter] | type[Follower], root_id: int, device_hash: str
) -> bool:
    """Whether a device is among the people of a request or of one of its duplicates."""
    found = select(people.id).where(people.device_hash == device_hash, people.request_id.in_(family(root_id)))
    return (await session.execute(found.limit(1))).first() is not None


def family(root_id: int) -> Select[int]:
    """A request and its duplicates, as a subquery of ids."""
    return select(ServiceRequest.id).where(or_(ServiceRequest.id == root_id, ServiceRequest.duplicate_of_id == root_id))
