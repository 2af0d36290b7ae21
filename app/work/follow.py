"""Requests follow their orders: what a request's open orders say together is its status and its planned day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests.change_status import change_status
from app.service_requests.models import ServiceRequest
from app.service_requests.people import lock
from app.service_requests.workflow import STATUSES
from app.work.models import WorkOrder, WorkOrderRequest
from app.work.states import UNDONE

# Where an order takes a request that waits: further along it is left where it is.
WAITING = ("received", "triaged", "accepted", "reopened")
PLANNED = ("assigned", "scheduled")


async def lock_requests(session: AsyncSession, request_ids: Iterable[int]) -> dict[int, ServiceRequest]:
    """These requests and those that they are duplicates of, by id: locked together, so that nobody waits in a ring."""
    wanted = sorted(set(request_ids))
    roots = select(ServiceRequest.duplicate_of_id).where(ServiceRequest.id.in_(wanted))
    ids = {*wanted, *(root for root in (await session.execute(roots)).scalars() if root)}
    return await lock(session, *ids)


async def targets(session: AsyncSession, order: WorkOrder, also: Sequence[int] = ()) -> list[ServiceRequest]:
    """The open requests that an order is for, locked; the root in place of a duplicate."""
    links = select(WorkOrderRequest.request_id).where(WorkOrderRequest.order_id == order.id)
    ids = [*(await session.execute(links)).scalars(), *also]
    locked = await lock_requests(session, ids)
    roots = {locked[one].duplicate_of_id or one for one in ids if one in locked}
    chosen = [locked[one] for one in sorted(roots) if one in locked]
    return [request for request in chosen if STATUSES[request.status].is_open]


async def follow(
    session: AsyncSession, order: WorkOrder, *, also: Sequence[int] = (), account_id: int | None = None
) -> None:
    """Gives each request of an order the status that its open orders ask for, with a timeline row where it changes."""
    await session.flush()
    for request in await targets(session, order, also):
        await follow_orders(session, request, account_id=account_id)


async def follow_orders(session: AsyncSession, request: ServiceRequest, *, account_id: int | None = None) -> None:
    orders = await open_orders(session, request.id)
    status, day = asked_for(orders)
    if status is None and request.status in PLANNED:
        status = "accepted"
    if status is None or not is_step(request, status, day):
        return
    await change_status(session, request, status, planned_date=day, account_id=account_id)


def asked_for(orders: Sequence[WorkOrder]) -> tuple[str | None, date | None]:
    """The status that these orders ask for together: the one that is furthest along; and the first planned day."""
    days = sorted(order.planned_date for order in orders if order.state == "planned" and order.planned_date)
    if any(order.state == "in_progress" for order in orders):
        return "in_progress", None
    if days:
        return "scheduled", days[0]
    given = any(order.team_id or order.assignee_id or order.webhook_id for order in orders)
    return ("assigned" if given else None), None


def is_step(request: ServiceRequest, status: str, day: date | None) -> bool:
    """Whether this is news for a request: never a step back from work that is under way."""
    if status == "scheduled":
        return request.status != "in_progress" and (request.status != status or request.planned_date != day)
    if status == "assigned":
        return request.status in WAITING or request.status == "scheduled"
    return request.status != status


async def open_orders(session: AsyncSession, request_id: int, *, but: int | None = None) -> Sequence[WorkOrder]:
    """The open orders of a request and of its duplicates, without one of them."""
    family = select(ServiceRequest.id).where(
        or_(ServiceRequest.id == request_id, ServiceRequest.duplicate_of_id == request_id)
    )
    linked = select(WorkOrderRequest.order_id).where(WorkOrderRequest.request_id.in_(family))
    wanted = select(WorkOrder).where(WorkOrder.id.in_(linked), WorkOrder.state.in_(UNDONE)).order_by(WorkOrder.id)
    return [order for order in (await session.execute(wanted)).scalars() if order.id != but]
