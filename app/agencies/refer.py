"""A request is an agency's now: it is passed on, once, and what was passed on elsewhere before is over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.agencies.models import FAILED, OVER, TOLD, WAITING, AgencyDoor, Referral
from app.db import Database
from app.service_requests.escalation import tell_staff
from app.service_requests.models import ServiceRequest
from app.service_requests.people import lock
from app.service_requests.triage import who_watches
from app.service_requests.workflow import STATUSES

# Of a staff notice: an agency could not be told, or what it answered is for somebody to read.
NOTICE = "agency"
LONGEST_FAILURE = 300


async def tell_agency(database: Database, arguments: dict[str, Any]) -> None:
    """The job of `follow_up`: notes that an agency is to be told, where it is still theirs. It may run twice."""
    async with database.writing() as session:
        request = (await lock(session, arguments["request_id"])).get(arguments["request_id"])
        if request is not None:
            await refer(session, request)


async def refer(session: AsyncSession, request: ServiceRequest) -> Referral | None:
    """Passes a request on to the agency that has it. None where that cannot be told, or has been. Needs the lock."""
    now = datetime.now(UTC)
    alive = Referral.state.in_((WAITING, TOLD))
    of_others = (Referral.request_id == request.id, Referral.department_id != request.department_id, alive)
    await session.execute(update(Referral).where(*of_others).values(state=OVER, due_datetime=None))
    if request.department_id is None or not STATUSES[request.status].is_open:
        return None
    door = await session.get(AgencyDoor, request.department_id)
    same = (Referral.request_id == request.id, Referral.department_id == request.department_id, alive)
    if door is None or not door.active or (await session.execute(select(Referral.id).where(*same))).first():
        return None
    referral = Referral(
        request_id=request.id, department_id=request.department_id, created_datetime=now, due_datetime=now
    )
    session.add(referral)
    await session.flush()
    return referral


async def referrals_of(session: AsyncSession, request_id: int) -> list[Referral]:
    """The newest first."""
    wanted = select(Referral).where(Referral.request_id == request_id).order_by(Referral.id.desc())
    return list((await session.execute(wanted)).scalars())


async def try_again(session: AsyncSession, referral: Referral) -> None:
    """Tells an agency that could not be told, from the beginning; one that was told is only asked."""
    if referral.state == FAILED:
        referral.state = TOLD if referral.their_id or referral.token else WAITING
        referral.attempts, referral.failure = 0, None
        referral.due_datetime = datetime.now(UTC)
        await session.flush()


async def give_up(session: AsyncSession, referral: Referral, reason: str) -> None:
    """It is not told any more by itself, and those who set the routing hear of it."""
    referral.state, referral.due_datetime, referral.failure = FAILED, None, reason[:LONGEST_FAILURE]
    await tell_watchers(session, referral.request_id)


async def tell_watchers(session: AsyncSession, request_id: int) -> None:
    for account_id in await who_watches(session):
        tell_staff(session, account_id, request_id, NOTICE)
    await session.flush()
