"""A request changes its status: checked against the workflow, written with its timeline row, in one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.clock import first_look, start_again
from app.service_requests.late import is_late
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.people import attach, detach, lock, touch
from app.service_requests.workflow import STATUSES, may_change
from app.templating import gettext, mark

CHANGED = mark("Somebody changed this report after you opened it. Look at it again, then decide.")
NOT_FROM_HERE = mark("A report that is “%(before)s” cannot become “%(after)s”.")
NAME_THE_OTHER = mark("Say of which report this one is a duplicate.")
OF_ITSELF = mark("A report cannot be a duplicate of itself.")


async def change_status(
    session: AsyncSession,
    request: ServiceRequest,
    to: str,
    *,
    text: str = "",
    text_public: bool = True,
    author: str = "city",
    account_id: int | None = None,
    department_id: int | None = None,
    duplicate_of: ServiceRequest | None = None,
    seen: datetime | None = None,
) -> Update:
    """Writes the new status and returns its timeline row, not yet announced to anybody.

    `seen` is the `updated_datetime` that the person decided on; without it, that of `request` as it was loaded.
    `department_id` hands the request over. "duplicate" needs `duplicate_of`: its people are then counted with
    that request, or with the one that this is itself a duplicate of. `text` is shown only if `text_public`.

    Raises Refused: 409 when the request has changed since `seen`, 422 for a change that the workflow forbids.
    """
    seen = seen or request.updated_datetime
    target_id = await root_id(session, duplicate_of) if duplicate_of else None
    known = [number for number in (request.id, request.duplicate_of_id, target_id) if number]
    locked = await lock(session, *known)
    request = locked[request.id]
    if target_id and locked[target_id].duplicate_of_id:
        raise Refused(Problem("duplicate_of", CHANGED), status=409)
    check_change(request, to, seen, target_id)
    before, request.status = request.status, to
    now = touch(request)
    if not STATUSES[to].is_open:
        # What the clock has stood counts for the promise, however it ends.
        await start_again(session, request, now)
        request.clock_datetime = None
    elif not STATUSES[before].is_open:
        request.clock_datetime = first_look(request, now)
    request.closed_datetime = None if STATUSES[to].is_open else now
    request.late = is_late(request.status, request.expected_datetime, request.paused_datetime or now)
    request.status_notes = text if text and text_public else None
    if department_id not in (None, request.department_id):
        # What team and person it had are not the new department's.
        request.department_id, request.team_id, request.assignee_id = department_id, None, None
        request.triage_datetime = None
    if before == "duplicate" and request.duplicate_of_id:
        await detach(session, request, locked[request.duplicate_of_id])
    if to == "duplicate" and target_id:
        await merge(session, request, locked[target_id])
    update = Update(request_id=request.id, updated_datetime=now, kind="status", status=to, text=text)
    update.text_public, update.author, update.account_id = text_public, author, account_id
    session.add(update)
    await session.flush()
    return update


def check_change(request: ServiceRequest, to: str, seen: datetime, target_id: int | None) -> None:
    if request.updated_datetime != seen:
        raise Refused(Problem("status", CHANGED), status=409)
    if to not in STATUSES or not may_change(request.status, to):
        label = gettext(STATUSES[to].label) if to in STATUSES else to
        told = {"before": gettext(STATUSES[request.status].label), "after": label}
        raise Refused(Problem("status", NOT_FROM_HERE, told))
    if to == "duplicate" and target_id is None:
        raise Refused(Problem("duplicate_of", NAME_THE_OTHER))
    if target_id == request.id:
        raise Refused(Problem("duplicate_of", OF_ITSELF))


async def root_id(session: AsyncSession, request: ServiceRequest) -> int:
    """The request itself, or the one that it is a duplicate of: duplicates never stand in a chain."""
    wanted = select(ServiceRequest.duplicate_of_id).where(ServiceRequest.id == request.id)
    return (await session.execute(wanted)).scalar_one() or request.id


async def merge(session: AsyncSession, request: ServiceRequest, root: ServiceRequest) -> None:
    """Makes a request, and whatever was a duplicate of it, a duplicate of `root`."""
    children = await session.execute(
        select(ServiceRequest).where(ServiceRequest.duplicate_of_id == request.id).order_by(ServiceRequest.id)
    )
    moved = list(children.scalars())
    for child in moved:
        await detach(session, child, request)
    for duplicate in (request, *moved):
        await attach(session, duplicate, root)
    session.add(Update(request_id=root.id, updated_datetime=touch(root), kind="merged"))
