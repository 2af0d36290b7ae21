"""Updates of requests, as mySociety's extension of Open311 has them (`servicerequestupdates`): read, and sent.

https://github.com/mysociety/fixmystreet/wiki/Open311-FMS---Proposed-differences-to-Open311
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request
from litestar.datastructures import State
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.local_clock import local_day
from app.open311.errors import Fault
from app.open311.filters import MAX_PAGE, Reader
from app.open311.forms import Sent
from app.open311.guards import NO_KEY, WRONG_KEY, key_of, limit_address, require_city, take
from app.open311.queries import never_private
from app.open311.request_documents import Teller, update_document
from app.service_requests.forms import clean
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.workflow import STATUSES
from app.services.catalogue import Catalogue
from app.templating import mark
from app.work.answers import SystemUpdate, take_answer
from app.work.models import WorkOrder, WorkOrderRequest
from app.work.states import UNDONE
from app.work.webhook_models import Webhook
from app.work.webhooks import webhook_of_key

DEFAULT_SPAN = timedelta(days=1)
MOST_SPAN = timedelta(days=31)
MOST = 1000
PER_MINUTE = 600

TOO_LONG = mark("Ask for at most 31 days at once, or for one service_request_id.")
NOT_YOURS = mark("No open work order for this request was handed to you.")
UNKNOWN_STATUS = mark("status is OPEN, CLOSED, or one of %(known)s.")
NO_ID = mark("update_id is missing: by it the same update again is done once.")
# What other servers say, in upper case, and what an order becomes by it: (status, outcome).
SAID = {
    "OPEN": ("taken", "fixed"),
    "INVESTIGATING": ("acted_upon", "fixed"),
    "PLANNED": ("acted_upon", "fixed"),
    "ACTION_SCHEDULED": ("acted_upon", "fixed"),
    "ACTED_UPON": ("acted_upon", "fixed"),
    "IN_PROGRESS": ("in_progress", "fixed"),
    "CLOSED": ("done", "fixed"),
    "FIXED": ("done", "fixed"),
    "FIXED_COUNCIL": ("done", "fixed"),
    "NOT_FOUND": ("done", "not_found"),
    "NO_ACTION": ("done", "no_action"),
    "NO_FURTHER_ACTION": ("done", "no_action"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which updates: between two instants, both included, or all of one request; a page of at most 1,000."""

    start: datetime | None
    end: datetime | None
    number: str | None
    page: int


def read_asked(query: Mapping[str, Sequence[str]], timezone: str, now: datetime) -> Asked:
    """Without dates the last 24 hours. Raises Refused (400) for what cannot be read and for more than 31 days."""
    reader = Reader(query, timezone)
    start, end = reader.instant("start_date"), reader.instant("end_date", last=True)
    reader.check_order("end_date", start, end)
    said = next(iter(query.get("service_request_id", ())), "")
    number = read_service_request_id(said) or (said and "none") or None
    if number is None:
        end = end or (min(now, start + MOST_SPAN) if start else now)
        start = start or end - DEFAULT_SPAN
        if end - start > MOST_SPAN:
            reader.problems.append(Problem("start_date", TOO_LONG))
    page = reader.whole("page", 1, MAX_PAGE)
    if reader.problems:
        raise Refused(*reader.problems, status=400)
    return Asked(start, end, number, page)


async def find_updates(
    session: AsyncSession, asked: Asked, catalogue: Catalogue
) -> Sequence[tuple[Update, ServiceRequest]]:
    """Updates of public requests, the oldest first."""
    wanted = select(Update, ServiceRequest).join(ServiceRequest, ServiceRequest.id == Update.request_id)
    wanted = wanted.where(*never_private(catalogue))
    if asked.number is not None:
        wanted = wanted.where(ServiceRequest.service_request_id == asked.number)
    if asked.start is not None:
        # A request was changed last when its last update was written, or later: its index leads there.
        wanted = wanted.where(Update.updated_datetime >= asked.start, ServiceRequest.updated_datetime >= asked.start)
    if asked.end is not None:
        wanted = wanted.where(Update.updated_datetime <= asked.end)
    page = wanted.order_by(Update.updated_datetime, Update.id).limit(MOST).offset((asked.page - 1) * MOST)
    return [(row[0], row[1]) for row in await session.execute(page)]


def told(update: Update, request: ServiceRequest, teller: Teller) -> dict[str, Any]:
    """`status` is that of the request after the update, where it said one, else as it is now."""
    document = update_document(update, teller)
    status = STATUSES[update.status if update.status in STATUSES else request.status]
    return {
        "update_id": document["update_id"],
        "service_request_id": request.service_request_id,
        "status": status.open311.upper(),
        "status_detail": status.code,
        "updated_datetime": document["updated_datetime"],
        "description": document["text"] or document["reason"],
        "kind": document["kind"],
        "planned_date": document["planned_date"],
        "media_url": None,
    }


async def require_system(session: AsyncSession, request: Request[Any, Any, State], sent: Sent) -> Webhook:
    """The system that sends, by the key that staff made for it. Raises Fault (403, 404, 429)."""
    await require_city(session, sent.value("jurisdiction_id") or request.query_params.get("jurisdiction_id", ""))
    key = sent.value("api_key") or key_of(request)
    webhook = await webhook_of_key(session, key)
    if webhook is None:
        limit_address(request)
        raise Fault(403, WRONG_KEY if key else NO_KEY, field="api_key")
    take(request, f"system:{webhook.id}", PER_MINUTE)
    return webhook


async def take_update(session: AsyncSession, webhook: Webhook, sent: Sent, zone: str) -> dict[str, Any]:
    """Does what an update says of the order that the system has for the request; the same `update_id` is done once.

    Raises Refused with what is wrong, and Fault (404) where it has no such order.
    """
    order = await order_for(session, webhook, sent.value("service_request_id"))
    update_id, said = clean(sent.value("update_id")), sent.value("status").upper()
    problems = [] if update_id else [Problem("update_id", NO_ID)]
    if said not in SAID:
        known = ", ".join(sorted(SAID.keys() - {"OPEN", "CLOSED"}))
        problems.append(Problem("status", UNKNOWN_STATUS, {"known": known}))
    if problems:
        raise Refused(*problems, status=400)
    status, outcome = SAID[said]
    facts = {
        "status": status,
        "outcome": outcome,
        "text": sent.value("description"),
        "occurred_datetime": sent.value("updated_datetime") or None,
    }
    try:
        update = msgspec.convert(facts, SystemUpdate, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(Problem("", str(error)[:200]), status=400) from error
    today: date = local_day(datetime.now(UTC), ZoneInfo(zone))
    await take_answer(session, webhook, order, update, f"open311:{update_id}"[:200], today)
    return {"update_id": update_id}


async def order_for(session: AsyncSession, webhook: Webhook, said: str) -> WorkOrder:
    """The order that a system has for a request: the open one, else the last."""
    number = read_service_request_id(said) or ""
    wanted = (
        select(WorkOrder)
        .join(WorkOrderRequest, WorkOrderRequest.order_id == WorkOrder.id)
        .join(ServiceRequest, ServiceRequest.id == WorkOrderRequest.request_id)
        .where(ServiceRequest.service_request_id == number, WorkOrder.webhook_id == webhook.id)
        .order_by(WorkOrder.state.in_(UNDONE).desc(), WorkOrder.id.desc())
        .limit(1)
    )
    order = (await session.execute(wanted)).scalar_one_or_none()
    if order is None:
        raise Fault(404, NOT_YOURS, field="service_request_id")
    return order
