"""Reports of one problem become one, with all their people; and each can be taken out again as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.clock import stand_still
from app.service_requests.merge_models import Merge
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.people import attach, detach, lock, touch
from app.service_requests.standing import CHANGED, set_status
from app.service_requests.workflow import STATUSES
from app.templating import mark

NOT_MERGED = mark("This report is not part of another one, so there is nothing to take out.")
# For a duplicate of which nobody knows what it was before: one that was imported.
UNKNOWN_BEFORE = "reopened"

Locked = Mapping[int, ServiceRequest]


def remembered(request: ServiceRequest) -> Merge:
    """What a request is before it becomes a duplicate; not written yet."""
    return Merge(
        request_id=request.id,
        status=request.status,
        status_notes=request.status_notes,
        planned_date=request.planned_date,
    )


async def merge(
    session: AsyncSession, request: ServiceRequest, root: ServiceRequest, kept: Merge, *, account_id: int | None
) -> None:
    """Makes a request, and whatever was a duplicate of it, a duplicate of `root`. All of them must be locked.

    `kept` is what it was `remembered` to be.
    """
    moved = await duplicates_of(session, request.id)
    for child in moved:
        await detach(session, child, request)
    for duplicate in (request, *moved):
        await attach(session, duplicate, root)
    now = touch(root)
    kept.root_id, kept.moved = root.id, [child.id for child in moved]
    kept.account_id, kept.merged_datetime = account_id, now
    session.add(kept)
    session.add(Update(request_id=root.id, updated_datetime=now, kind="merged", account_id=account_id))


async def split(
    session: AsyncSession, request: ServiceRequest, *, account_id: int | None = None, seen: datetime | None = None
) -> Update:
    """Undoes a merge: the request is what it was before, with its people and the duplicates that it had brought.

    `seen` is the `updated_datetime` that the person decided on. Raises Refused (409): it is no duplicate, or has
    changed since.
    """
    seen = seen or request.updated_datetime
    locked = await lock(session, *await concerned(session, request))
    request = locked[request.id]
    root = locked.get(request.duplicate_of_id or 0)
    if request.updated_datetime != seen:
        raise Refused(Problem("merge", CHANGED), status=409)
    if request.status != "duplicate" or root is None:
        raise Refused(Problem("merge", NOT_MERGED), status=409)
    last = await last_merge(session, request.id)
    await take_out(session, request, locked, account_id=account_id)
    now = await set_status(session, request, last.status if last else UNKNOWN_BEFORE)
    request.status_notes = last.status_notes if last else None
    request.planned_date = last.planned_date if last else None
    update = Update(request_id=request.id, updated_datetime=now, kind="split", status=request.status)
    update.account_id = account_id
    session.add(update)
    await session.flush()
    if STATUSES[request.status].is_open:
        await stand_still(session, request, now)
        await session.flush()
    return update


async def take_out(session: AsyncSession, request: ServiceRequest, locked: Locked, *, account_id: int | None) -> None:
    """Takes a duplicate out of its root, with the duplicates that it had brought and that are still there."""
    root, last = locked[request.duplicate_of_id or 0], await last_merge(session, request.id)
    await detach(session, request, root)
    for child_id in last.moved if last else ():
        child = locked.get(child_id)
        if child is not None and await went_along(session, child, root, last):
            await detach(session, child, root)
            await attach(session, child, request)
    now = touch(root)
    session.add(Update(request_id=root.id, updated_datetime=now, kind="unmerged", account_id=account_id))
    if last:
        last.undone_datetime, last.undone_account_id = now, account_id
    await session.flush()


async def went_along(session: AsyncSession, child: ServiceRequest, root: ServiceRequest, with_: Merge | None) -> bool:
    """Whether a duplicate is where this merge took it, and not because of a decision of its own since then."""
    own = await last_merge(session, child.id)
    return child.duplicate_of_id == root.id and (own is None or with_ is None or own.id < with_.id)


async def concerned(session: AsyncSession, request: ServiceRequest) -> list[int]:
    """All that merging a request, or taking it out, writes to: itself, its root, its duplicates and those it brought.

    They are locked together, in one order, so that no two such changes wait for each other.
    """
    last = await last_merge(session, request.id)
    found = select(ServiceRequest.id, ServiceRequest.duplicate_of_id)
    own = (await session.execute(found.where(ServiceRequest.id == request.id))).one()
    children = await session.execute(select(ServiceRequest.id).where(ServiceRequest.duplicate_of_id == request.id))
    ids = {own.id, own.duplicate_of_id, *children.scalars(), *(last.moved if last else ())}
    return sorted(one for one in ids if one)


async def duplicates_of(session: AsyncSession, request_id: int) -> list[ServiceRequest]:
    wanted = select(ServiceRequest).where(ServiceRequest.duplicate_of_id == request_id).order_by(ServiceRequest.id)
    return list((await session.execute(wanted)).scalars())


async def last_merge(session: AsyncSession, request_id: int) -> Merge | None:
    """The merge by which a request is a duplicate now."""
    newest = select(func.max(Merge.id)).where(Merge.request_id == request_id, Merge.undone_datetime.is_(None))
    return (await session.execute(select(Merge).where(Merge.id == newest.scalar_subquery()))).scalar_one_or_none()


async def merged_into(session: AsyncSession, root_id: int) -> Sequence[ServiceRequest]:
    """The duplicates of a request, the last reported first."""
    wanted = select(ServiceRequest).where(ServiceRequest.duplicate_of_id == root_id)
    return (await session.execute(wanted.order_by(ServiceRequest.requested_datetime.desc()))).scalars().all()


async def root_id(session: AsyncSession, request: ServiceRequest) -> int:
    """The request itself, or the one that it is a duplicate of: duplicates never stand in a chain."""
    wanted = select(ServiceRequest.duplicate_of_id).where(ServiceRequest.id == request.id)
    return (await session.execute(wanted)).scalar_one() or request.id
