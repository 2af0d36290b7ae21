"""Sending what is due by web push: few in this process, many by a process for each core (`fan_out`).

An endpoint that is gone is forgotten at once. One that fails for an hour, or has no other left beside it, leaves the
person to their e-mail.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.notifications.claims import (
    AS_IT_IS,
    STOPPED,
    Parcel,
    claim,
    settle_later,
    settle_over,
    settle_sent,
)
from app.notifications.contents import load_contents
from app.notifications.fan_out import GROUP, Push, fan_out
from app.notifications.messages import write_push
from app.notifications.models import Delivery, PushEndpoint, Subscriber
from app.notifications.outcome import Gone, Later, Outcome, Sent
from app.notifications.push import Endpoint, Pusher, PushMessage, push_client, send_push
from app.notifications.take import EMAIL, NOTHING, Ways, write
from app.notifications.vapid import VapidKeys
from app.notifications.when import NOW
from app.settings import Settings

# With fewer than these due, the processes would take longer to start than the messages to go.
MANY = 200
# For so long a push service may fail before somebody is told by e-mail: by attempts, each of which waits for twice as
# long as the one before it. Who has no address is tried for longer.
FALL_BACK_AFTER = timedelta(hours=1)
FIRST_WAIT = timedelta(minutes=1)
HOUR, DAY_AND_A_HALF = 7, 12
# An endpoint that has failed for so long is nobody's any more.
FORGOTTEN_AFTER = timedelta(days=14)
NO_DEVICE = "no device"


@dataclass(slots=True)
class Books:
    """What is claimed and not settled yet: parcels by their lead's id, endpoints by their address."""

    database: Database
    settings: Settings
    ways: Ways
    until: float
    parcels: dict[int, Parcel] = field(default_factory=dict)

    async def claim(self) -> list[Push]:
        """The next messages, one for each browser of a person; none once the time is over."""
        while time.monotonic() < self.until:
            async with self.database.writing() as session:
                parcels = await claim(session, "push", GROUP)
            if not parcels:
                return []
            if pushes := await self.pushes_of(parcels):
                return pushes
        return []

    async def pushes_of(self, parcels: Sequence[Parcel]) -> list[Push]:
        pushes: list[Push] = []
        nobody: list[tuple[Parcel, str]] = []
        async with self.database.reading() as session:
            contents = await load_contents(session, self.settings, [one for parcel in parcels for one in parcel.all])
            subscribers = {parcel.lead.subscriber_id for parcel in parcels if parcel.lead.subscriber_id}
            endpoints = await endpoints_of(session, subscribers)
            unread = await unread_of(session, subscribers)
        for parcel in parcels:
            reader = contents.reader(parcel.lead)
            number = parcel.lead.subscriber_id or 0
            if reader is None or reader.subscriber is None or not reader.subscriber.by_push:
                nobody.append((parcel, STOPPED))
                continue
            contents.speak(reader.locale)
            news = [found for one in parcel.all if (found := contents.news(one, reader))]
            if not news or not endpoints[number]:
                nobody.append((parcel, NO_DEVICE if news else STOPPED))
                continue
            payload = write_push(contents, reader, news, unread.get(number, 0))
            message = PushMessage(payload, f"{self.settings.public_url} {parcel.name}")
            self.parcels[parcel.lead.id] = parcel
            pushes += [Push(parcel.lead.id, endpoint, message) for endpoint in endpoints[number]]
        if nobody:
            async with self.database.writing() as session:
                for parcel, reason in nobody:
                    await settle_over(session, [parcel.lead.id], reason)
                await fall_back(session, self.ways, [one for one, reason in nobody if reason == NO_DEVICE])
        return pushes

    async def settle(self, outcomes: Sequence[tuple[Push, Outcome]]) -> None:
        """One transaction: what is sent, what comes later, what falls back; and what became of each endpoint."""
        by_parcel: dict[int, list[Outcome]] = defaultdict(list)
        for push, outcome in outcomes:
            by_parcel[push.name].append(outcome)
        sent = [number for number, those in by_parcel.items() if any(isinstance(one, Sent) for one in those)]
        async with self.database.writing() as session:
            await note_endpoints(session, outcomes)
            await settle_sent(session, sent)
            failed = [number for number in by_parcel if number not in set(sent)]
            have = await with_address(session, self.ways, {self.parcels[n].lead.subscriber_id for n in failed})
            over = []
            for number in failed:
                parcel = self.parcels[number]
                else_by_email = parcel.lead.subscriber_id in have
                if not await again(session, parcel, by_parcel[number], else_by_email=else_by_email):
                    over.append(parcel)
            await fall_back(session, self.ways, over)
        for number in by_parcel:
            del self.parcels[number]


async def send_pushes(
    database: Database, settings: Settings, keys: VapidKeys, ways: Ways, until: float, *, many: int = MANY
) -> None:
    """Sends what is due until a moment of `time.monotonic`."""
    async with database.reading() as session:
        due = select(Delivery.id).where(Delivery.channel == "push", Delivery.due_datetime <= datetime.now(UTC))
        count = len((await session.execute(due.limit(many))).all())
    if not count:
        return
    books = Books(database, settings, ways, until)
    if count >= many:
        await fan_out(books.claim, books.settle, keys, settings)
        return
    pusher = Pusher(keys)
    async with push_client(settings.public_url, private=settings.private_endpoints) as client:
        while pushes := await books.claim():
            sending = (send_push(client, pusher, push.endpoint, push.message) for push in pushes)
            await books.settle(list(zip(pushes, await asyncio.gather(*sending), strict=True)))


async def endpoints_of(session: AsyncSession, subscribers: Iterable[int]) -> dict[int, list[Endpoint]]:
    wanted = select(PushEndpoint).where(PushEndpoint.subscriber_id.in_(list(subscribers))).order_by(PushEndpoint.id)
    found: dict[int, list[Endpoint]] = defaultdict(list)
    for row in (await session.execute(wanted)).scalars():
        found[row.subscriber_id].append(Endpoint(row.endpoint, row.p256dh, row.auth))
    return found


async def unread_of(session: AsyncSession, subscribers: Iterable[int]) -> dict[int, int]:
    """How many pieces of news each has not seen in their inbox; none for those who have seen all."""
    count = select(Delivery.subscriber_id, func.count()).join(Subscriber, Subscriber.id == Delivery.subscriber_id)
    count = count.where(
        Delivery.subscriber_id.in_(list(subscribers)), Delivery.in_inbox, Delivery.id > Subscriber.seen_id
    )
    rows = await session.execute(count.group_by(Delivery.subscriber_id))
    return {number: total for number, total in rows if number is not None}


async def note_endpoints(session: AsyncSession, outcomes: Sequence[tuple[Push, Outcome]]) -> None:
    now = datetime.now(UTC)

    def those(kind: type[Any]) -> list[str]:
        return [push.endpoint.url for push, outcome in outcomes if isinstance(outcome, kind)]

    if gone := those(Gone):
        await session.execute(delete(PushEndpoint).where(PushEndpoint.endpoint.in_(gone)), execution_options=AS_IT_IS)
    if well := those(Sent):
        again = update(PushEndpoint).where(PushEndpoint.endpoint.in_(well), PushEndpoint.failures > 0)
        await session.execute(again.values(failures=0, failing_datetime=None), execution_options=AS_IT_IS)
    if failing := those(Later):
        since = func.coalesce(PushEndpoint.failing_datetime, now)
        ill = update(PushEndpoint).where(PushEndpoint.endpoint.in_(failing))
        values = {"failures": PushEndpoint.failures + 1, "failing_datetime": since}
        await session.execute(ill.values(values), execution_options=AS_IT_IS)
        old = delete(PushEndpoint).where(PushEndpoint.endpoint.in_(failing))
        old = old.where(PushEndpoint.failing_datetime < now - FORGOTTEN_AFTER)
        await session.execute(old, execution_options=AS_IT_IS)


async def again(session: AsyncSession, parcel: Parcel, outcomes: Sequence[Outcome], *, else_by_email: bool) -> bool:
    """Whether what nobody took is tried again, and when; False: it is over with push."""
    later = [outcome for outcome in outcomes if isinstance(outcome, Later)]
    most = HOUR if else_by_email else DAY_AND_A_HALF
    asked = max((one.seconds for one in later), default=0.0)
    if later and parcel.lead.attempts < most and not (else_by_email and asked > FALL_BACK_AFTER.total_seconds()):
        wait = max(FIRST_WAIT * 2 ** (parcel.lead.attempts - 1), timedelta(seconds=asked))
        await settle_later(session, parcel.lead.id, datetime.now(UTC) + wait, later[0].reason)
        return True
    reason = next((one.reason for one in outcomes if not isinstance(one, Sent)), "")
    await settle_over(session, [parcel.lead.id], reason)
    return False


async def with_address(session: AsyncSession, ways: Ways, numbers: Iterable[int | None]) -> set[int]:
    """Those who have confirmed an e-mail address, and have not stopped what comes there."""
    if not ways.email:
        return set()
    reached = select(Subscriber.id).where(Subscriber.id.in_(list(numbers)), Subscriber.email_state == "confirmed")
    return set((await session.execute(reached)).scalars())


async def fall_back(session: AsyncSession, ways: Ways, parcels: Sequence[Parcel]) -> None:
    """By e-mail, what push could not: for those who have confirmed an address, and are not written to of it already."""
    confirmed = await with_address(session, ways, {parcel.lead.subscriber_id for parcel in parcels})
    now = datetime.now(UTC)
    made = [
        {
            **NOTHING,
            "update_id": one.update_id,
            "announcement_message_id": one.announcement_message_id,
            "notice_id": one.notice_id,
            "body": {**one.body, "instead": True},
            "key": f"{one.key.rpartition('.')[0]}.{EMAIL}",
            "subscriber_id": one.subscriber_id,
            "contact_id": None,
            "channel": EMAIL,
            "in_inbox": False,
            "bundle": NOW,
            "created_datetime": now,
            "due_datetime": now,
        }
        for parcel in parcels
        if parcel.lead.subscriber_id in confirmed
        for one in parcel.all
    ]
    await write(session, made)
