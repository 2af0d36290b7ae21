"""From the timeline to people: each update is taken once, a delivery is written for each person, and then sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.db import Database
from app.jurisdictions.queries import get_jurisdiction
from app.notifications.bounces import bounce_key
from app.notifications.email import send_email
from app.notifications.messages import Message, compose
from app.notifications.models import Delivery
from app.notifications.outcome import Later, Outcome, Sent
from app.notifications.recipients import contacts_to_tell
from app.service_requests.models import Contact, Reporter, ServiceRequest, Update
from app.settings import Settings
from app.work.tell_systems import tell_updates

log = structlog.get_logger()

BATCH = 100
MOST_ATTEMPTS = 8
# Noted where a person said so after the message was written.
STOPPED = "stopped"


async def announce(database: Database, settings: Settings) -> None:
    """Takes what has not been announced and sends what has not been sent. Safe to run in several processes."""
    while await take_updates(database, settings):
        pass
    if settings.smtp_url:
        await send_deliveries(database, settings, settings.smtp_url)


async def take_updates(database: Database, settings: Settings) -> bool:
    """Marks a batch of updates as announced and writes their deliveries, in one transaction; False when none are left.

    Where no channel is set up nobody is told, and the updates are marked all the same: a city that sets up
    e-mail later does not flood people with what is long past.
    """
    async with database.reading() as session:
        if not (await session.execute(select(Update.id).where(Update.announced_datetime.is_(None)).limit(1))).first():
            return False
    async with database.writing() as session:
        waiting = select(Update).where(Update.announced_datetime.is_(None)).order_by(Update.id).limit(BATCH)
        updates = list((await session.execute(waiting.with_for_update(skip_locked=True))).scalars())
        await tell_updates(session, updates)
        for update in updates:
            update.announced_datetime = datetime.now(UTC)
            if settings.smtp_url:
                await write_deliveries(session, update)
    return len(updates) == BATCH


async def write_deliveries(session: AsyncSession, update: Update) -> None:
    for contact in await contacts_to_tell(session, update):
        now = datetime.now(UTC)
        session.add(
            Delivery(
                key=f"u{update.id}.c{contact.id}.email",
                update_id=update.id,
                contact_id=contact.id,
                channel="email",
                bundle="alone",
                created_datetime=now,
                due_datetime=now,
            )
        )


async def send_deliveries(database: Database, settings: Settings, smtp_url: str) -> None:
    """Sends each waiting delivery that is due; a failed one waits longer each time, and is given up after 8 tries.

    When the mail server is away the others are left alone: each would only wait for it in vain.
    """
    async with database.reading() as session:
        due = select(Delivery.id).where(Delivery.channel == "email", Delivery.due_datetime <= datetime.now(UTC))
        found = (await session.execute(due.order_by(Delivery.due_datetime).limit(BATCH))).scalars().all()
    for delivery_id in found:
        outcome = await send_delivery(database, settings, smtp_url, delivery_id)
        if isinstance(outcome, Later) and outcome.shut:
            break


async def send_delivery(database: Database, settings: Settings, smtp_url: str, delivery_id: int) -> Outcome | None:
    """Claims one delivery by moving its next attempt on, sends it outside of any transaction, and notes how it went.

    None when there was nothing to send: another worker has claimed it meanwhile.
    """
    now = datetime.now(UTC)
    async with database.writing() as session:
        claim = select(Delivery).where(Delivery.id == delivery_id, Delivery.due_datetime <= now)
        delivery = (await session.execute(claim.with_for_update(skip_locked=True))).scalar_one_or_none()
        if delivery is None:
            return None
        message = await message_of(session, settings, delivery)
        if message is None:
            delivery.due_datetime, delivery.failure = None, STOPPED
            return None
        delivery.due_datetime = now + timedelta(seconds=30) * 4**delivery.attempts
        delivery.attempts += 1
    outcome = await send_email(smtp_url, message)
    async with database.writing() as session:
        note(await session.get_one(Delivery, delivery_id), outcome)
    return outcome


def note(delivery: Delivery, outcome: Outcome) -> None:
    """Writes down how it went. What will never be taken is not tried again."""
    if isinstance(outcome, Sent):
        delivery.sent_datetime, delivery.due_datetime, delivery.failure = datetime.now(UTC), None, None
        return
    delivery.failure = outcome.reason
    if not isinstance(outcome, Later) or delivery.attempts >= MOST_ATTEMPTS:
        delivery.due_datetime = None
    log.warning("not sent", delivery=delivery.id, outcome=type(outcome).__name__, reason=outcome.reason)


async def message_of(session: AsyncSession, settings: Settings, delivery: Delivery) -> Message | None:
    """What a delivery says; None when this person has asked meanwhile to hear no more."""
    assert delivery.update_id and delivery.contact_id, "only entries of timelines are told yet, and by e-mail"
    update = await session.get_one(Update, delivery.update_id)
    contact = await session.get_one(Contact, delivery.contact_id)
    if contact.notify != "email":
        return None
    request = await session.get_one(ServiceRequest, update.request_id, options=[selectinload(ServiceRequest.service)])
    reporter = await session.get_one(Reporter, contact.reporter_id)
    city = await get_jurisdiction(session)
    message = compose(settings, city, request, update, contact, first=reporter.first)
    name = f"d{delivery.id}"
    return replace(message, key=f"{settings.public_url} {name}", bounce_key=bounce_key(settings.secret_key, name))
