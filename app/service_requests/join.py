"""“This is it”: one more person reports the same problem, or wants to hear of it. Everybody is counted once."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from app.errors import Problem, Refused
from app.service_requests.check import contact_problems
from app.service_requests.models import Contact, Follower, Reporter, ServiceRequest, Update
from app.service_requests.people import family, is_counted, lock, touch
from app.service_requests.submission import ContactDetails
from app.service_requests.submit import contact_row
from app.service_requests.workflow import STATUSES
from app.services.models import Service
from app.templating import mark

IS_CLOSED = mark("This report is closed. If the problem is there again, report it anew.")


async def join(
    session: AsyncSession, request: ServiceRequest, device_hash: str, contact: ContactDetails, *, own: bool
) -> ServiceRequest:
    """Counts a device as a further reporter and lets it follow. Returns the request that it joined.

    One that was merged meanwhile stands for its root. `own`: it is the reporter's own report, which is not counted
    again. The contact is kept where the service takes one. Raises Refused: 409 for a closed request, 422 for a
    contact that cannot be read.
    """
    request = await locked_root(session, request)
    service = request.service
    if not STATUSES[request.status].is_open:
        raise Refused(Problem("status", IS_CLOSED), status=409)
    problems = contact_problems(service, contact) if contact else []
    if problems:
        raise Refused(*problems)
    if not own:
        await count_reporter(session, request, device_hash)
    await add_follower(session, request, device_hash)
    await keep_contact(session, request, service, device_hash, contact)
    return request


async def locked_root(session: AsyncSession, request: ServiceRequest) -> ServiceRequest:
    """The request, or the public one that it is a duplicate of, with its service, kept from other writers."""
    wanted = request.duplicate_of_id or request.id
    locked = (await lock(session, wanted))[wanted]
    if locked.duplicate_of_id:
        # It was merged between our reading and our locking; a root has no root of its own.
        locked = (await lock(session, locked.duplicate_of_id))[locked.duplicate_of_id]
    service = await session.get_one(Service, locked.service_id)
    if service.private and locked.id != request.id:
        raise Refused(Problem("status", IS_CLOSED), status=409)
    set_committed_value(locked, "service", service)
    return locked


async def count_reporter(session: AsyncSession, request: ServiceRequest, device_hash: str) -> None:
    if await reporter_of(session, request.id, device_hash):
        return
    known = await is_counted(session, Reporter, request.id, device_hash)
    now = touch(request)
    session.add(Reporter(request_id=request.id, device_hash=device_hash, reported_datetime=now))
    if not known:
        request.reporter_count += 1
        session.add(Update(request_id=request.id, updated_datetime=now, kind="joined", author="resident"))
    await session.flush()


async def reporter_of(session: AsyncSession, request_id: int, device_hash: str) -> Reporter | None:
    wanted = select(Reporter).where(Reporter.request_id == request_id, Reporter.device_hash == device_hash)
    return (await session.execute(wanted)).scalar_one_or_none()


async def keep_contact(
    session: AsyncSession, request: ServiceRequest, service: Service, device_hash: str, contact: ContactDetails
) -> None:
    """One contact for each reporter: the one given last."""
    reporter = await reporter_of(session, request.id, device_hash)
    if not contact or service.contact_rule == "never" or reporter is None or reporter.first:
        return
    await session.execute(delete(Contact).where(Contact.reporter_id == reporter.id))
    session.add(contact_row(request.id, reporter.id, contact))


async def follow(session: AsyncSession, request: ServiceRequest, device_hash: str) -> ServiceRequest:
    """Lets a device follow a request, or the one that it is a duplicate of. Returns the one that is followed."""
    root_id = request.duplicate_of_id or request.id
    root = (await lock(session, root_id))[root_id]
    await add_follower(session, root, device_hash)
    return root


async def add_follower(session: AsyncSession, request: ServiceRequest, device_hash: str) -> None:
    """Counts a follower once. The request must be locked."""
    followed = select(Follower.id).where(Follower.request_id == request.id, Follower.device_hash == device_hash)
    if (await session.execute(followed)).first():
        return
    known = await is_counted(session, Follower, request.id, device_hash)
    now = touch(request)
    session.add(Follower(request_id=request.id, device_hash=device_hash, followed_datetime=now))
    request.follower_count += 0 if known else 1
    await session.flush()


async def unfollow(session: AsyncSession, request: ServiceRequest, device_hash: str) -> None:
    """Lets a device hear no more of a request, nor of its duplicates."""
    root_id = request.duplicate_of_id or request.id
    wanted = select(Follower).where(Follower.device_hash == device_hash, Follower.request_id.in_(family(root_id)))
    locked = await lock(session, root_id, request.id)
    rows = list((await session.execute(wanted)).scalars())
    for followed_id in {row.request_id for row in rows} | ({root_id} if rows else set()):
        followed = locked.get(followed_id) or (await lock(session, followed_id))[followed_id]
        followed.follower_count = max(0, followed.follower_count - 1)
    for row in rows:
        await session.delete(row)
    await session.flush()


async def forget_device(session: AsyncSession, device_hash: str) -> int:
    """Unfollows whatever a device followed. Returns how many requests these were."""
    followed = select(ServiceRequest).join(Follower, Follower.request_id == ServiceRequest.id)
    requests = list((await session.execute(followed.where(Follower.device_hash == device_hash))).scalars())
    for request in requests:
        await unfollow(session, request, device_hash)
    return len(requests)
