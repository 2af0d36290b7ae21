"""Referrals that are due, claimed before anybody outside is asked: each by one worker, the slow agencies in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.agencies.models import OVER, AgencyDoor, Referral
from app.db import Database
from app.service_requests.models import ServiceRequest
from app.service_requests.people import lock
from app.service_requests.workflow import STATUSES

AT_ONCE = 20
# GeoReport servers often allow ten calls a minute.
OF_ONE_AGENCY = 3
# While one process asks about a referral no other does.
CLAIMED = timedelta(minutes=2)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
# An agency that does not answer is left alone, with all that waits for it.
PAUSE = timedelta(minutes=1)


async def due_referrals(database: Database, kind: str, states: Sequence[str]) -> list[tuple[int, int]]:
    """(id, attempts) of a few of each agency: one that has much to be told is in no other's way."""
    now = datetime.now(UTC)
    open_doors = (AgencyDoor.active, AgencyDoor.kind == kind)
    paused = or_(AgencyDoor.pause_datetime.is_(None), AgencyDoor.pause_datetime <= now)
    found: list[tuple[int, int]] = []
    async with database.reading() as session:
        doors = (await session.execute(select(AgencyDoor.department_id).where(*open_doors, paused))).scalars().all()
        wanted = select(Referral.id, Referral.attempts, Referral.department_id).where(
            Referral.due_datetime <= now, Referral.state.in_(states), Referral.department_id.in_(doors)
        )
        each: Counter[int] = Counter()
        for row in await session.execute(wanted.order_by(Referral.due_datetime).limit(AT_ONCE * 10)):
            each[row.department_id] += 1
            if each[row.department_id] <= OF_ONE_AGENCY and len(found) < AT_ONCE:
                found.append((row.id, row.attempts))
    return found


async def claim(
    session: AsyncSession, referral_id: int, attempts: int
) -> tuple[Referral, AgencyDoor, ServiceRequest] | None:
    """The referral with its door and request, if nobody else has taken it since it was found.

    One whose request is not the agency's any more is over.
    """
    now = datetime.now(UTC)
    wanted = select(Referral).where(
        Referral.id == referral_id, Referral.attempts == attempts, Referral.due_datetime <= now
    )
    referral = (await session.execute(wanted.with_for_update(skip_locked=True))).scalar_one_or_none()
    if referral is None:
        return None
    referral.attempts += 1
    referral.due_datetime = now + CLAIMED
    door = await session.get(AgencyDoor, referral.department_id)
    with_service = [joinedload(ServiceRequest.service), joinedload(ServiceRequest.department)]
    request = await session.get_one(ServiceRequest, referral.request_id, options=with_service)
    if door and not is_theirs(referral, request):
        referral.state, referral.due_datetime = OVER, None
        return None
    return (referral, door, request) if door else None


async def locked(
    session: AsyncSession, referral_id: int, state: str
) -> tuple[Referral, AgencyDoor, ServiceRequest] | None:
    """The same to note how it went, the request locked too; None where the referral has left this state meanwhile."""
    referral = await session.get_one(Referral, referral_id)
    request = (await lock(session, referral.request_id))[referral.request_id]
    # Only now: whoever changes a request holds its lock first.
    await session.refresh(referral, with_for_update=True)
    door = await session.get(AgencyDoor, referral.department_id)
    return (referral, door, request) if door and referral.state == state else None


def is_theirs(referral: Referral, request: ServiceRequest) -> bool:
    return request.department_id == referral.department_id and STATUSES[request.status].is_open


def later(referral: Referral, door: AgencyDoor, reason: str, pause_seconds: float | None = None) -> bool:
    """Puts a referral off, a little longer each time. False when it has been tried often enough."""
    now = datetime.now(UTC)
    referral.failure = reason[:300]
    door.pause_datetime = now + max(PAUSE, timedelta(seconds=min(pause_seconds or 0, 86_400)))
    if referral.attempts >= len(WAITS):
        return False
    referral.due_datetime = now + WAITS[referral.attempts - 1]
    return True
