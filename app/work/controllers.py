"""The door for other systems: the orders that they have, and what they say of them. Each has a key of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException, NotFoundException, TooManyRequestsException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Problem, Refused
from app.jurisdictions.local_clock import local_day
from app.jurisdictions.queries import get_jurisdiction
from app.limits import Buckets, client_address
from app.templating import mark
from app.work.answers import SystemUpdate, find_order, take_answer
from app.work.documents import order_document
from app.work.models import WorkOrder
from app.work.states import UNDONE
from app.work.webhook_models import Webhook
from app.work.webhooks import webhook_of_key

ApiRequest = Request[Any, Any, State]
PER_MINUTE = 600
# Keys that are none, from one address.
WRONG_PER_MINUTE = 30
BODY_BYTES = 200_000
MOST_ORDERS = 200
NO_STORE = {"Cache-Control": "no-store"}

NO_KEY = mark("Send the key of your system: Authorization: Bearer KEY")
UNREADABLE = mark("The body cannot be read: %(reason)s")
LONG_KEY = mark("An Idempotency-Key has at most 200 characters.")


@get("/api/work-orders", summary="The open orders that your system has", tags=["Work orders"])
async def list_orders(request: ApiRequest, session: AsyncSession) -> Response[Any]:
    """The longest waiting first, at most 200."""
    webhook = await require_system(request, session)
    wanted = select(WorkOrder).where(WorkOrder.webhook_id == webhook.id, WorkOrder.state.in_(UNDONE))
    orders = (await session.execute(wanted.order_by(WorkOrder.id).limit(MOST_ORDERS))).scalars().all()
    return Response([await order_document(session, order) for order in orders], headers=NO_STORE)


@get("/api/work-orders/{order:str}", summary="One order, by our number or yours", tags=["Work orders"])
async def show_order(request: ApiRequest, session: AsyncSession, order: str) -> Response[Any]:
    webhook = await require_system(request, session)
    found = await require_order(session, webhook, order)
    return Response(await order_document(session, found), headers=NO_STORE)


@post(
    "/api/work-orders/{order:str}/updates",
    request_max_body_size=BODY_BYTES,
    status_code=200,
    summary="What your system says of an order",
    description="JSON. The same Idempotency-Key again is answered alike and done once.",
    tags=["Work orders"],
)
async def post_update(request: ApiRequest, order: str) -> Response[Any]:
    database: Database = request.app.state.database
    body = await request.body()
    key = request.headers.get("idempotency-key", "").strip()
    async with database.writing() as session:
        webhook = await require_system(request, session)
        found = await require_order(session, webhook, order)
        update = read_update(body, key)
        zone = ZoneInfo((await get_jurisdiction(session)).timezone)
        answer = await take_answer(session, webhook, found, update, key, local_day(datetime.now(UTC), zone))
    return Response(answer, headers=NO_STORE)


def read_update(body: bytes, key: str) -> SystemUpdate:
    """Raises Refused (400, 422)."""
    if len(key) > 200:
        raise Refused(Problem("Idempotency-Key", LONG_KEY), status=400)
    try:
        return msgspec.json.decode(body, type=SystemUpdate)
    except msgspec.ValidationError as error:
        raise Refused(Problem("", UNREADABLE, {"reason": str(error)[:200]})) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(Problem("", UNREADABLE, {"reason": str(error)[:200]}), status=400) from error


async def require_system(request: ApiRequest, session: AsyncSession) -> Webhook:
    """The system whose key was sent, within its rate. Raises 401 and 429."""
    said = request.headers.get("authorization", "")
    scheme, _, key = said.partition(" ")
    webhook = await webhook_of_key(session, key.strip()) if scheme.lower() == "bearer" else None
    name, rate = (f"system:{webhook.id}", PER_MINUTE) if webhook else (client_address(request), WRONG_PER_MINUTE)
    buckets: Buckets = request.app.state.setdefault("work_buckets", Buckets())
    if wait := buckets.take(name, rate):
        raise TooManyRequestsException(headers={"Retry-After": str(wait)})
    if webhook is None:
        raise NotAuthorizedException(NO_KEY, headers={"WWW-Authenticate": "Bearer"})
    return webhook


async def require_order(session: AsyncSession, webhook: Webhook, said: str) -> WorkOrder:
    found = await find_order(session, webhook, said)
    if found is None:
        raise NotFoundException
    return found


route_handlers = [list_orders, show_order, post_update]
