"""Claiming what is due, with what goes out in the same message; and settling what became of it.

A claim moves the next attempt on by a lease and says for good which deliveries are one message. So whoever is killed
after it leaves a message that somebody else sends again, the same one under the same name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.queries import get_jurisdiction
from app.notifications.models import Delivery, Subscriber
from app.notifications.outcome import Later, Outcome, Sent
from app.notifications.take import wishes_of
from app.notifications.when import ALONE, DAY, NOW, Wishes, due_at, midnight

LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(days=1)
# Noted where a person said so after the message was written, or its words are gone.
STOPPED = "stopped"


@dataclass(slots=True)
class Parcel:
    """What is one message: the delivery that leads, and all of its deliveries in their order, the first included."""

    lead: Delivery
    all: list[Delivery] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Names the message for ever: in its Message-ID, its topic, and the address that it comes back to."""
        return f"d{self.lead.id}"


async def claim(session: AsyncSession, channel: str, most: int) -> list[Parcel]:
    """At most so many messages of a channel that are due now, leased to the caller: nobody else gets them meanwhile."""
    now = datetime.now(UTC)
    due = select(Delivery).where(Delivery.channel == channel, Delivery.due_datetime <= now)
    due = due.order_by(Delivery.due_datetime, Delivery.id).limit(most).with_for_update(skip_locked=True)
    found = list((await session.execute(due)).scalars())
    if not found:
        return []
    again = [delivery for delivery in found if delivery.lead_id is not None]
    fresh = [delivery for delivery in found if delivery.lead_id is None]
    parcels = await once_more(session, again)
    parcels += [Parcel(delivery, [delivery]) for delivery in fresh if delivery.bundle == ALONE]
    gathered = await with_mates(session, channel, [delivery for delivery in fresh if delivery.bundle != ALONE])
    parcels += await within_limits(session, channel, gathered, now)
    for parcel in parcels:
        for delivery in parcel.all:
            delivery.lead_id, delivery.due_datetime = parcel.lead.id, None
        parcel.lead.due_datetime = now + LEASE
        parcel.lead.attempts += 1
    await session.flush()
    return parcels


async def once_more(session: AsyncSession, leads: Sequence[Delivery]) -> list[Parcel]:
    parcels = {lead.id: Parcel(lead) for lead in leads}
    if parcels:
        wanted = select(Delivery).where(Delivery.lead_id.in_(parcels)).order_by(Delivery.id)
        for delivery in (await session.execute(wanted)).scalars():
            parcels[delivery.lead_id or 0].all.append(delivery)
    return list(parcels.values())


async def with_mates(session: AsyncSession, channel: str, fresh: Sequence[Delivery]) -> list[Parcel]:
    """One parcel for each person and bundle, with what waits for the same, due or not."""
    if not fresh:
        return []
    subscribers = {delivery.subscriber_id for delivery in fresh if delivery.subscriber_id}
    contacts = {delivery.contact_id for delivery in fresh if delivery.contact_id and not delivery.subscriber_id}
    theirs = or_(Delivery.subscriber_id.in_(subscribers), Delivery.contact_id.in_(contacts))
    waiting = select(Delivery).where(theirs, Delivery.due_datetime.is_not(None), Delivery.channel == channel)
    waiting = waiting.where(Delivery.lead_id.is_(None), Delivery.bundle != ALONE).order_by(Delivery.id)
    wanted = {person_and_bundle(delivery) for delivery in fresh}
    parcels: dict[tuple[int | None, int | None, str], Parcel] = {}
    for delivery in (await session.execute(waiting.with_for_update(skip_locked=True))).scalars():
        group = person_and_bundle(delivery)
        if group in wanted:
            parcels.setdefault(group, Parcel(delivery)).all.append(delivery)
    return list(parcels.values())


def person_and_bundle(delivery: Delivery) -> tuple[int | None, int | None, str]:
    """Who writes to whom in one message: a subscriber's e-mail may go to another address than their own."""
    return delivery.subscriber_id, delivery.contact_id, delivery.bundle


async def within_limits(session: AsyncSession, channel: str, parcels: Sequence[Parcel], now: datetime) -> list[Parcel]:
    """Those that may go out today; what is more than somebody wants a day waits for the next morning's digest."""
    numbers = {parcel.lead.subscriber_id for parcel in parcels if parcel.lead.bundle == NOW}
    limited = select(Subscriber).where(Subscriber.id.in_(numbers), Subscriber.most_a_day.is_not(None))
    subscribers = {one.id: one for one in (await session.execute(limited)).scalars()} if numbers else {}
    if not subscribers:
        return list(parcels)
    zone = ZoneInfo((await get_jurisdiction(session)).timezone)
    sent = select(Delivery.subscriber_id, func.count()).where(
        Delivery.subscriber_id.in_(subscribers),
        Delivery.channel == channel,
        Delivery.lead_id == Delivery.id,
        Delivery.sent_datetime >= midnight(now, zone),
    )
    today: dict[int | None, int] = defaultdict(int)
    for number, count in await session.execute(sent.group_by(Delivery.subscriber_id)):
        today[number] = count
    going = []
    for parcel in parcels:
        subscriber = subscribers.get(parcel.lead.subscriber_id or 0)
        if subscriber is None or parcel.lead.bundle != NOW or today[subscriber.id] < (subscriber.most_a_day or 0):
            today[parcel.lead.subscriber_id] += 1
            going.append(parcel)
            continue
        wishes = wishes_of(subscriber)
        _, due = due_at(now, Wishes("daily", wishes.quiet_from, wishes.quiet_to), zone)
        for delivery in parcel.all:
            delivery.bundle, delivery.due_datetime = DAY, due
    return going


async def settle_sent(session: AsyncSession, lead_ids: Sequence[int]) -> None:
    now = datetime.now(UTC)
    await change(session, lead_ids, {"sent_datetime": now, "due_datetime": None, "failure": None})


async def settle_over(session: AsyncSession, lead_ids: Sequence[int], failure: str) -> None:
    """They are not tried again."""
    await change(session, lead_ids, {"due_datetime": None, "failure": failure[:80]})


async def settle_later(session: AsyncSession, lead_id: int, due: datetime, reason: str) -> None:
    waits = update(Delivery).where(Delivery.id == lead_id, Delivery.sent_datetime.is_(None))
    await session.execute(waits.values(due_datetime=due, failure=reason[:80]), execution_options=AS_IT_IS)


async def give_back(session: AsyncSession, lead_ids: Sequence[int]) -> None:
    """They were claimed and not tried: the next attempt is still the one that it was."""
    untried = update(Delivery).where(Delivery.id.in_(lead_ids), Delivery.sent_datetime.is_(None))
    values = {"due_datetime": datetime.now(UTC), "attempts": Delivery.attempts - 1}
    await session.execute(untried.values(values), execution_options=AS_IT_IS)


async def change(session: AsyncSession, lead_ids: Sequence[int], values: dict[str, object]) -> None:
    if lead_ids:
        theirs = update(Delivery).where(Delivery.lead_id.in_(lead_ids), Delivery.sent_datetime.is_(None))
        await session.execute(theirs.values(values), execution_options=AS_IT_IS)


AS_IT_IS = {"synchronize_session": False}


def next_attempt(parcel: Parcel, outcome: Later) -> datetime | None:
    """When it is tried again: later each time, and not before the channel said; None after the eighth time."""
    if parcel.lead.attempts >= MOST_ATTEMPTS:
        return None
    waits: timedelta = min(FIRST_WAIT * 4 ** (parcel.lead.attempts - 1), LONGEST_WAIT)
    return datetime.now(UTC) + max(waits, timedelta(seconds=outcome.seconds))


def is_sent(outcome: Outcome) -> bool:
    return isinstance(outcome, Sent)
