"""Work orders are made, planned and called off; the requests that they are for follow in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.assign import checked_hands
from app.service_requests.models import ServiceRequest
from app.service_requests.people import TICK
from app.service_requests.routing_rules import Hands
from app.service_requests.workflow import STATUSES
from app.templating import gettext, mark
from app.work.follow import follow, lock_requests
from app.work.models import WorkOrder, WorkOrderRequest
from app.work.states import STATES, may_become
from app.work.tell_systems import hand_over, tell_order
from app.work.webhook_models import Webhook

MOST_REQUESTS = 200

CHANGED = mark("Somebody changed this order after you opened it. Look at it again, then decide.")
NOT_FROM_HERE = mark("An order that is “%(before)s” cannot become “%(after)s”.")
NOTHING_TO_DO = mark("An order needs at least one open report.")
IS_CLOSED = mark("The report %(number)s is closed, so there is no work to order for it.")
TOO_MANY = mark("An order can be for at most %(most)d reports.")
NO_TITLE = mark("Say in a few words what is to be done.")
TAKES_NONE = mark("This system does not take orders.")
LAST_ONE = mark("An order needs at least one report. Call the order off instead.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, by whom, and on which day of the city's calendar."""

    title: str
    instructions: str = ""
    department_id: int | None = None
    team_id: int | None = None
    assignee_id: int | None = None
    planned_date: date | None = None


async def make_order(
    session: AsyncSession, requests: Sequence[ServiceRequest], plan: Plan, *, account_id: int | None = None
) -> WorkOrder:
    """A new order for these requests, which become scheduled where a day is planned, and else assigned.

    A duplicate stands for the request that it is a duplicate of. Raises Refused: 409 for a closed request, 422 for a
    plan that lacks something.
    """
    check_plan(plan, len(requests))
    now = datetime.now(UTC)
    order = WorkOrder(state="new", created_datetime=now, updated_datetime=now)
    await write_plan(session, order, plan)
    session.add(order)
    await session.flush()
    await add_requests(session, order, requests)
    await follow(session, order, account_id=account_id)
    await tell_order(session, order, "work_order.made")
    return order


async def add_requests(session: AsyncSession, order: WorkOrder, requests: Sequence[ServiceRequest]) -> None:
    """Raises Refused (409) for a request that is closed."""
    locked = await lock_requests(session, [request.id for request in requests])
    wanted = {locked[request.id].duplicate_of_id or request.id for request in requests}
    for request in locked.values():
        if request.id in wanted and not STATUSES[request.status].is_open:
            raise Refused(Problem("requests", IS_CLOSED, {"number": request.service_request_id}), status=409)
    known = select(WorkOrderRequest.request_id).where(WorkOrderRequest.order_id == order.id)
    there = set((await session.execute(known)).scalars())
    if len(there | wanted) > MOST_REQUESTS:
        raise Refused(Problem("requests", TOO_MANY, {"most": MOST_REQUESTS}))
    session.add_all([WorkOrderRequest(order_id=order.id, request_id=one) for one in sorted(wanted - there)])
    await session.flush()


async def change_plan(
    session: AsyncSession, order_id: int, plan: Plan, *, seen: datetime, account_id: int | None = None
) -> WorkOrder:
    """Raises Refused: 409 when the order has changed since `seen` or is closed, 422 for a plan that lacks something."""
    check_plan(plan, 1)
    order = await lock_order(session, order_id, seen)
    check_next(order, "planned" if plan.planned_date else "new")
    await write_plan(session, order, plan)
    await follow(session, order, account_id=account_id)
    await tell_order(session, order, "work_order.changed")
    return order


async def take_along(
    session: AsyncSession, order_id: int, request: ServiceRequest, *, seen: datetime, account_id: int | None = None
) -> WorkOrder:
    """One more request for an order. Raises Refused (409) when either has changed or is closed."""
    order = await lock_order(session, order_id, seen)
    check_open(order)
    await add_requests(session, order, [request])
    await follow(session, order, account_id=account_id)
    await tell_order(session, order, "work_order.changed")
    return order


async def leave_out(
    session: AsyncSession, order_id: int, request: ServiceRequest, *, seen: datetime, account_id: int | None = None
) -> WorkOrder:
    """A request less. Raises Refused: 409 when the order has changed or is closed, 422 for its last request."""
    order = await lock_order(session, order_id, seen)
    check_open(order)
    links = select(WorkOrderRequest.request_id).where(WorkOrderRequest.order_id == order.id)
    if set((await session.execute(links)).scalars()) <= {request.id}:
        raise Refused(Problem("requests", LAST_ONE))
    gone = delete(WorkOrderRequest).where(WorkOrderRequest.order_id == order.id)
    await session.execute(gone.where(WorkOrderRequest.request_id == request.id))
    await follow(session, order, also=[request.id], account_id=account_id)
    await tell_order(session, order, "work_order.changed")
    return order


async def call_off(session: AsyncSession, order_id: int, *, seen: datetime, account_id: int | None = None) -> WorkOrder:
    """Cancels an order: requests that wait for no other one are the department's to plan again."""
    order = await lock_order(session, order_id, seen)
    become(order, "cancelled")
    await follow(session, order, account_id=account_id)
    await tell_order(session, order, "work_order.cancelled")
    return order


async def hand_to_system(
    session: AsyncSession, order_id: int, webhook: Webhook, *, seen: datetime, account_id: int | None = None
) -> WorkOrder:
    """Gives an order to another system, which is told of it and answers with its own number and status.

    Raises Refused: 409 when the order has changed or is closed, 422 for a system that takes none.
    """
    if not webhook.active or not webhook.takes_orders:
        raise Refused(Problem("webhook", TAKES_NONE))
    order = await lock_order(session, order_id, seen)
    check_open(order)
    order.webhook_id, order.external_id, order.external_url = webhook.id, None, None
    order.position = order.answered_datetime = None
    await follow(session, order, account_id=account_id)
    await hand_over(session, order, webhook)
    return order


async def lock_order(session: AsyncSession, order_id: int, seen: datetime | None) -> WorkOrder:
    """The order as it is now, kept from other writers: taken before any request is locked.

    Raises Refused (409) when it has changed since `seen`.
    """
    wanted = select(WorkOrder).where(WorkOrder.id == order_id)
    wanted = wanted.with_for_update(of=WorkOrder).execution_options(populate_existing=True)
    order = (await session.execute(wanted)).scalar_one()
    if seen is not None and order.updated_datetime != seen:
        raise Refused(Problem("order", CHANGED), status=409)
    order.updated_datetime = max(datetime.now(UTC), order.updated_datetime + TICK)
    return order


def become(order: WorkOrder, state: str) -> None:
    """Raises Refused (409) for a state that does not follow."""
    check_next(order, state)
    order.state = state
    order.closed_datetime = None if STATES[state].is_open else order.updated_datetime


def check_next(order: WorkOrder, state: str) -> None:
    if state != order.state and not may_become(order.state, state):
        told = {"before": gettext(STATES[order.state].label), "after": gettext(STATES[state].label)}
        raise Refused(Problem("state", NOT_FROM_HERE, told), status=409)
    check_open(order)


def check_open(order: WorkOrder) -> None:
    if not STATES[order.state].is_open:
        planned = STATES["planned"].label
        told = {"before": gettext(STATES[order.state].label), "after": gettext(planned)}
        raise Refused(Problem("state", NOT_FROM_HERE, told), status=409)


def check_plan(plan: Plan, requests: int) -> None:
    problems = []
    if not plan.title:
        problems.append(Problem("title", NO_TITLE))
    if not requests:
        problems.append(Problem("requests", NOTHING_TO_DO))
    if problems:
        raise Refused(*problems)


async def write_plan(session: AsyncSession, order: WorkOrder, plan: Plan) -> None:
    """Raises Refused (422) for a team or a person who does not work here."""
    hands = await checked_hands(session, Hands(plan.department_id, plan.team_id, plan.assignee_id))
    order.title, order.instructions, order.planned_date = plan.title, plan.instructions, plan.planned_date
    order.department_id, order.team_id, order.assignee_id = hands.department_id, hands.team_id, hands.assignee_id
    if order.state in ("new", "planned"):
        order.state = "planned" if plan.planned_date else "new"
