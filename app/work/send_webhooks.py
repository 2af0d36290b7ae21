"""The worker's part: messages that are due are signed and posted, each attempt is noted, and failed ones wait longer.

A message is sent at least once. It is claimed before it is sent, outside of any transaction; whoever is killed in
between leaves it to be sent again under the same id, by which the receiver knows it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

import httpx
import msgspec
import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.ciphers import Unreadable
from app.db import Database
from app.outside import Answer, OutsideError, outside_client, send
from app.settings import Settings
from app.templating import mark
from app.work.signing import headers
from app.work.webhook_models import Webhook, WebhookAttempt, WebhookDelivery
from app.work.webhooks import secrets_of

log = structlog.get_logger()

SEND_EVERY = timedelta(seconds=5)
AT_ONCE = 20
ANSWER_SECONDS = 15.0
ANSWER_BYTES = 100_000
# While one process sends a message no other takes it.
CLAIMED = timedelta(minutes=2)
# After each attempt, as the specification advises; then the message is given up.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
# One that failed is left alone for as long, so that it holds up nobody else.
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=24)
# One that has failed for so long is switched off, and staff sees why.
GIVEN_UP = timedelta(days=5)
GONE = mark("It answered that nobody listens there any more (410).")
FAILED_FOR_DAYS = mark("Nothing reached it for five days.")


@dataclass(frozen=True, slots=True)
class Tried:
    """How an attempt ended: an HTTP `status`, or a `reason` why there was none. `pause` is what it asked for."""

    status: int | None
    reason: str
    took_ms: int
    pause: timedelta | None = None

    @property
    def is_sent(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is due, with the attempts that it has had: whoever takes it counts on."""

    id: int
    webhook_id: int
    attempts: int


async def send_webhooks(database: Database, settings: Settings) -> None:
    """Sends what is due, until nothing is. Safe to run in several processes."""
    while True:
        async with database.reading() as session:
            due = await due_deliveries(session, datetime.now(UTC))
        if not due:
            return
        private = settings.private_endpoints
        async with outside_client(
            f"Blockwise ({settings.public_url})", allow_http=private, allow_private=private, most=AT_ONCE
        ) as client:
            await asyncio.gather(*(send_in_order(database, settings, client, some) for some in by_webhook(due)))


def by_webhook(due: Sequence[Due]) -> list[list[Due]]:
    return [list(some) for _, some in groupby(sorted(due, key=lambda one: one.webhook_id), lambda one: one.webhook_id)]


async def send_in_order(database: Database, settings: Settings, client: httpx.AsyncClient, due: Sequence[Due]) -> None:
    """One after another to one system; where one does not get through, the others wait too."""
    for one in due:
        if not await send_one(database, settings, client, one.id, one.attempts):
            return


async def due_deliveries(session: AsyncSession, now: datetime) -> list[Due]:
    """Messages that are due, to systems that are switched on and are not left alone for a while; the oldest first."""
    delivery = WebhookDelivery
    paused = or_(Webhook.pause_datetime.is_(None), Webhook.pause_datetime <= now)
    wanted = select(delivery.id, delivery.webhook_id, delivery.attempts).join(
        Webhook, Webhook.id == delivery.webhook_id
    )
    wanted = wanted.where(delivery.sent_datetime.is_(None), delivery.failed_datetime.is_(None))
    wanted = wanted.where(delivery.due_datetime <= now, Webhook.active, paused)
    rows = await session.execute(wanted.order_by(delivery.id).limit(AT_ONCE))
    return [Due(row.id, row.webhook_id, row.attempts) for row in rows]


async def send_one(
    database: Database, settings: Settings, client: httpx.AsyncClient, delivery_id: int, attempts: int
) -> bool:
    """Whether it got through, or somebody else has it in hand."""
    async with database.writing() as session:
        claimed = await claim(session, delivery_id, attempts)
    if claimed is None:
        return True
    delivery, webhook = claimed
    tried = await post(client, settings, delivery, webhook)
    async with database.writing() as session:
        await note(session, delivery_id, tried)
    return tried.is_sent


async def claim(session: AsyncSession, delivery_id: int, attempts: int) -> tuple[WebhookDelivery, Webhook] | None:
    """The message and its receiver, if nobody else has taken it since it was found."""
    wanted = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id, WebhookDelivery.attempts == attempts)
    wanted = wanted.where(WebhookDelivery.sent_datetime.is_(None), WebhookDelivery.failed_datetime.is_(None))
    delivery = (await session.execute(wanted.with_for_update(skip_locked=True))).scalar_one_or_none()
    if delivery is None:
        return None
    delivery.attempts += 1
    delivery.due_datetime = datetime.now(UTC) + CLAIMED
    return delivery, await session.get_one(Webhook, delivery.webhook_id)


async def post(client: httpx.AsyncClient, settings: Settings, delivery: WebhookDelivery, webhook: Webhook) -> Tried:
    """Signs with the time of this attempt, and posts. Whatever happens is an answer."""
    now, begun = datetime.now(UTC), time.monotonic()
    payload = with_source(delivery.payload, settings.public_url)
    try:
        signing = secrets_of(webhook, settings.secret_key, now)
        signed = headers(delivery.message_id, int(now.timestamp()), payload, signing)
        told = {"Content-Type": "application/json", **signed}
        answer = await send(client, webhook.url, payload, told, most=ANSWER_BYTES, seconds=ANSWER_SECONDS)
    except Unreadable:
        return Tried(None, "the secret cannot be read: make a new one", took(begun))
    except OutsideError as error:
        return Tried(None, str(error)[:200], took(begun))
    return Tried(answer.status, "", took(begun), pause_of(answer, now))


def with_source(payload: str, public_url: str) -> bytes:
    """The message with the address of this server, from which its paths go on. Always the same bytes."""
    return msgspec.json.encode({**msgspec.json.decode(payload), "source": public_url})


def took(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def pause_of(answer: Answer, now: datetime) -> timedelta | None:
    """How long a system that has too much to do asks to be left alone."""
    if answer.status not in (429, 502, 503, 504):
        return None
    said = answer.headers.get("retry-after", "").strip()
    seconds = int(said[:9]) if said.isascii() and said.isdigit() else 60
    return min(timedelta(seconds=seconds), LONGEST_PAUSE)


async def note(session: AsyncSession, delivery_id: int, tried: Tried) -> None:
    """Writes down how an attempt ended, and what follows from it for the message and its receiver."""
    now = datetime.now(UTC)
    wanted = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id)
    delivery = (await session.execute(wanted.with_for_update())).scalar_one_or_none()
    if delivery is None:
        return
    webhook = await session.get_one(Webhook, delivery.webhook_id, with_for_update=True)
    session.add(
        WebhookAttempt(
            delivery_id=delivery.id,
            tried_datetime=now,
            took_ms=tried.took_ms,
            status=tried.status,
            reason=tried.reason,
        )
    )
    if tried.is_sent:
        delivery.sent_datetime, webhook.failing_since_datetime = now, None
        return
    log.warning("webhook", webhook=webhook.id, delivery=delivery.id, status=tried.status, reason=tried.reason)
    wait_longer(delivery, now)
    webhook.failing_since_datetime = webhook.failing_since_datetime or now
    webhook.pause_datetime = now + (tried.pause or PAUSE)
    if tried.status == 410:
        webhook.active, webhook.stopped_reason = False, GONE
    elif webhook.failing_since_datetime < now - GIVEN_UP:
        webhook.active, webhook.stopped_reason = False, FAILED_FOR_DAYS


def wait_longer(delivery: WebhookDelivery, now: datetime) -> None:
    if delivery.attempts > len(WAITS):
        delivery.failed_datetime = now
        return
    # Not all that failed together come together again.
    delivery.due_datetime = now + WAITS[delivery.attempts - 1] * random.uniform(1, 1.2)
