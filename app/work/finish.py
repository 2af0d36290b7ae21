"""The crew begins, and is done: what came of it is told of each request, with the photo, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.change_status import change_status, check_words
from app.service_requests.missed import Missed
from app.service_requests.models import Photo, ServiceRequest, Update
from app.service_requests.submission import StoredPhoto
from app.service_requests.submit import photo_row
from app.service_requests.workflow import STATUSES
from app.templating import mark
from app.work.follow import follow, open_orders, targets
from app.work.models import WorkOrder
from app.work.orders import become, lock_order
from app.work.states import OUTCOMES
from app.work.tell_systems import tell_order

SAY_WHAT = mark("Say what came of it.")
STILL_OPEN = "acted_upon"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the work: one of OUTCOMES with its words, its reason, and photos that the store holds already."""

    status: str
    text: str = ""
    text_public: bool = True
    reason: str | None = None
    photos: tuple[StoredPhoto, ...] = ()
    # Why the promise was missed, for those of its requests that are late and not explained yet.
    missed: Missed | None = None


async def begin(
    session: AsyncSession,
    order_id: int,
    *,
    seen: datetime | None,
    account_id: int | None = None,
    said_by: int | None = None,
) -> WorkOrder:
    """The crew is at work. `said_by` is the id of a system that says so. Raises Refused (409) when the order has
    changed since `seen`, or is closed."""
    order = await lock_order(session, order_id, seen)
    become(order, "in_progress")
    await follow(session, order, account_id=account_id)
    await tell_order(session, order, "work_order.changed", but=said_by)
    return order


async def finish(
    session: AsyncSession,
    order_id: int,
    outcome: Outcome,
    *,
    seen: datetime | None,
    account_id: int | None = None,
    said_by: int | None = None,
) -> WorkOrder:
    """The order is done, and each of its open requests gets the outcome, its words and its photos.

    A request that waits for a further order is not closed: a step was taken. Raises Refused: 409 when the order has
    changed since `seen` or is closed, 422 for an outcome that lacks something.
    """
    if outcome.status not in OUTCOMES:
        raise Refused(Problem("status", SAY_WHAT))
    order = await lock_order(session, order_id, seen)
    become(order, "done")
    for request in await targets(session, order):
        await tell_outcome(session, order, request, outcome, account_id)
    await tell_order(session, order, "work_order.done", but=said_by)
    await session.flush()
    return order


async def tell_outcome(
    session: AsyncSession, order: WorkOrder, request: ServiceRequest, outcome: Outcome, account_id: int | None
) -> None:
    check_words(request, outcome.status, outcome.text, outcome.reason, None)
    more = bool(await open_orders(session, request.id, but=order.id))
    status = STILL_OPEN if more else outcome.status
    reason = outcome.reason if outcome.reason in STATUSES[status].reasons else None
    update = await change_status(
        session,
        request,
        status,
        text=outcome.text,
        text_public=outcome.text_public,
        reason=reason,
        account_id=account_id,
        missed=outcome.missed,
    )
    await add_photos(session, request, update, outcome.photos)


async def add_photos(
    session: AsyncSession, request: ServiceRequest, update: Update, photos: tuple[StoredPhoto, ...]
) -> None:
    """Photos of an entry of the timeline; one that the request has already is passed over."""
    if not photos:
        return
    known = select(Photo.content_hash).where(Photo.request_id == request.id)
    there = set((await session.execute(known)).scalars())
    last = select(func.coalesce(func.max(Photo.position), -1)).where(Photo.request_id == request.id)
    position = (await session.execute(last)).scalar_one()
    new = {photo.content_hash: photo for photo in photos if photo.content_hash not in there}
    for step, photo in enumerate(new.values(), 1):
        session.add(photo_row(request.id, photo, position + step, update_id=update.id))
    await session.flush()
