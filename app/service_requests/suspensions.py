"""Events that keep the city from its promises: the clocks of all that they concern stop, and run on when they end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.jurisdictions.models import Area, Jurisdiction
from app.service_requests.clock import event_of, hold, start_again
from app.service_requests.models import NOT_YET_LATE, RequestArea, ServiceRequest, Update
from app.service_requests.people import lock, touch
from app.services.models import Service
from app.services.promise_models import Suspension

BATCH = 500
Take = Callable[[AsyncSession, Suspension, Sequence[int]], Awaitable[None]]


async def suspend(session: AsyncSession, event: Suspension) -> None:
    """Declares an event: the next sweep stops the clocks, and those of reports that come in stand from the first."""
    session.add(event)
    await catalogue_changed(session)


async def end(session: AsyncSession, event: Suspension, at: datetime) -> None:
    """Says when an event is over: clocks run on from then. One that was still to come is taken away."""
    if event.start_datetime < at:
        event.end_datetime = at
    else:
        await session.delete(event)
    await catalogue_changed(session)


async def catalogue_changed(session: AsyncSession) -> None:
    await session.flush()
    raised = Jurisdiction.catalogue_version + 1
    await session.execute(update(Jurisdiction).where(Jurisdiction.id == 1).values(catalogue_version=raised))


async def sweep_suspensions(database: Database) -> None:
    """Begins and ends what is due, a batch of requests in each transaction. Interrupted, it goes on the next time."""
    now = datetime.now(UTC)
    async with database.reading() as session:
        open_ones = select(Suspension).where(Suspension.ended_datetime.is_(None)).order_by(Suspension.id)
        events = (await session.execute(open_ones)).scalars().all()
    for event in events:
        over = event.end_datetime is not None and event.end_datetime <= now
        if event.begun_datetime is None and event.start_datetime <= now and not over:
            await each_batch(database, concerned(event), event, hold_batch)
            await note(database, event, begun_datetime=now)
        if over:
            await each_batch(database, held(event), event, release_batch)
            await note(database, event, ended_datetime=now)


def concerned(event: Suspension) -> Select[Any]:
    """The ids of open requests whose clock runs, and that are not late. Read by the partial index of the model."""
    wanted = select(ServiceRequest.id).where(NOT_YET_LATE, ServiceRequest.suspension_id.is_(None))
    if event.service_id is not None:
        wanted = wanted.where(ServiceRequest.service_id == event.service_id)
    if event.group is not None:
        wanted = wanted.where(ServiceRequest.service_id.in_(select(Service.id).where(Service.group == event.group)))
    if event.layer is not None:
        areas = select(Area.id).where(Area.layer == event.layer, Area.code == event.area_code)
        there = select(RequestArea.request_id).where(RequestArea.area_id.in_(areas))
        wanted = wanted.where(ServiceRequest.id.in_(there))
    return wanted.where(ServiceRequest.expected_datetime > event.start_datetime)


def held(event: Suspension) -> Select[Any]:
    return select(ServiceRequest.id).where(ServiceRequest.suspension_id == event.id)


async def each_batch(database: Database, wanted: Select[Any], event: Suspension, take: Take) -> None:
    async with database.reading() as session:
        ids = (await session.execute(wanted.order_by(ServiceRequest.id))).scalars().all()
    for start in range(0, len(ids), BATCH):
        async with database.writing() as session:
            await take(session, event, ids[start : start + BATCH])


async def hold_batch(session: AsyncSession, event: Suspension, ids: Sequence[int]) -> None:
    requests = await lock(session, *ids)
    running = await running_since(session, ids)
    for request in requests.values():
        if request.closed_datetime is None and not request.late and request.paused_datetime is None:
            since = max(event.start_datetime, request.requested_datetime, running.get(request.id, event.start_datetime))
            touch(request)
            session.add(hold(request, event, since))


async def running_since(session: AsyncSession, ids: Sequence[int]) -> dict[int, datetime]:
    """When clocks that had stood began to run again: until then the time is given already."""
    resumed = select(Update.request_id, func.max(Update.updated_datetime)).where(Update.request_id.in_(ids))
    resumed = resumed.where(or_(Update.kind == "resumed", Update.status == "reopened")).group_by(Update.request_id)
    return {row[0]: row[1] for row in await session.execute(resumed)}


async def release_batch(session: AsyncSession, event: Suspension, ids: Sequence[int]) -> None:
    for request in (await lock(session, *ids)).values():
        if request.suspension_id == event.id and event.end_datetime is not None:
            await start_again(session, request, event.end_datetime)
            now = touch(request)
            if other := await event_of(session, request, now):
                session.add(hold(request, other, event.end_datetime))
            else:
                session.add(Update(request_id=request.id, updated_datetime=now, kind="resumed"))


async def note(database: Database, event: Suspension, **moments: datetime) -> None:
    async with database.writing() as session:
        await session.execute(update(Suspension).where(Suspension.id == event.id).values(**moments))
