"""Messages to other systems are rows, written in the transaction of what they tell of; a worker sends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.service_requests.models import ServiceRequest, Update
from app.work.documents import order_document, request_document, update_document, written
from app.work.events import HANDED_OVER, TEST
from app.work.models import WorkOrder
from app.work.webhook_models import Webhook, WebhookDelivery


async def tell_order(
    session: AsyncSession, order: WorkOrder, event: str, *, but: int | None = None, at: datetime | None = None
) -> None:
    """Tells an event of an order to those who ask for such, and to the system that has it.

    `but` is the id of the system that said it itself. Only the system that has the order is told of private services.
    """
    told = [
        webhook
        for webhook in await active_webhooks(session)
        if webhook.id != but and (event in webhook.events or webhook.id == order.webhook_id)
    ]
    if told:
        await session.flush()
    own = [webhook for webhook in told if webhook.id == order.webhook_id]
    for webhooks, private in ((own, True), ([webhook for webhook in told if webhook not in own], False)):
        document = await order_document(session, order, private=private) if webhooks else None
        if document and (private or document["requests"]):
            write(session, webhooks, event, order.number, {"order": document}, at or order.updated_datetime)


async def hand_over(session: AsyncSession, order: WorkOrder, webhook: Webhook) -> None:
    """Tells a system that an order is its own now."""
    data = {"order": await order_document(session, order)}
    write(session, [webhook], HANDED_OVER, order.number, data, order.updated_datetime)


def test_message(session: AsyncSession, webhook: Webhook) -> WebhookDelivery:
    """A message by which people see that a connection works."""
    now = datetime.now(UTC)
    return write(session, [webhook], TEST, "", {"words": "If you read this, the connection works."}, now)[0]


async def tell_updates(session: AsyncSession, updates: Sequence[Update]) -> None:
    """Tells entries of timelines to those who ask for such; nothing of private services.

    To be called once for each entry, in the transaction that notes that it was told of.
    """
    webhooks = await active_webhooks(session)
    asked = {event for webhook in webhooks for event in webhook.events}
    chosen = [update for update in updates if event_of(update) in asked]
    if not chosen:
        return
    wanted = select(ServiceRequest).where(ServiceRequest.id.in_({update.request_id for update in chosen}))
    loaded = joinedload(ServiceRequest.service), selectinload(ServiceRequest.photos)
    requests = {request.id: request for request in (await session.execute(wanted.options(*loaded))).scalars()}
    for update in chosen:
        request, event = requests[update.request_id], event_of(update)
        if request.service.private:
            continue
        told = [webhook for webhook in webhooks if event in webhook.events]
        data = {"request": request_document(request), "update": update_document(update)}
        write(session, told, event, request.service_request_id, data, update.updated_datetime)


def event_of(update: Update) -> str:
    if update.kind == "received":
        return "request.received"
    return "request.status" if update.status else "request.updated"


async def active_webhooks(session: AsyncSession) -> Sequence[Webhook]:
    return (await session.execute(select(Webhook).where(Webhook.active).order_by(Webhook.id))).scalars().all()


def write(
    session: AsyncSession, webhooks: Iterable[Webhook], event: str, about: str, data: Mapping[str, Any], at: datetime
) -> list[WebhookDelivery]:
    """A row for each system, with the JSON that Standard Webhooks asks for: type, timestamp and data."""
    payload = msgspec.json.encode({"type": event, "timestamp": written(at), "data": data}).decode()
    now = datetime.now(UTC)
    rows = [
        WebhookDelivery(
            webhook_id=webhook.id,
            message_id=f"msg_{token_urlsafe(20)}",
            event=event,
            about=about,
            payload=payload,
            created_datetime=now,
            due_datetime=now,
        )
        for webhook in webhooks
    ]
    session.add_all(rows)
    return rows
