"""From the timeline to deliveries: each entry is taken once, and a row is written for each person and channel.

The entry's mark and the rows are one transaction, so that whoever is killed leaves both or neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.jurisdictions.queries import get_jurisdiction
from app.notifications.models import Delivery, Subscriber
from app.notifications.recipients import Crowd, Person, recipients
from app.notifications.when import NOW, Wishes, due_at
from app.service_requests.models import Update
from app.settings import Settings
from app.work.tell_systems import tell_updates

BATCH = 500
EMAIL, PUSH, SMS, INBOX = "email", "push", "sms", "inbox"
RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Ways:
    """Which channels the city has."""

    email: bool = False
    push: bool = False
    sms: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is, by which clock, and for how long more of the same is waited for."""

    now: datetime
    zone: ZoneInfo
    gather: timedelta = timedelta()


async def take_updates(database: Database, settings: Settings, ways: Ways) -> bool:
    """Marks a batch of entries as announced and writes their deliveries, in one transaction; False: none are left.

    Where no channel is set up nobody is told but in their inbox, and the entries are marked all the same: a city that
    sets up e-mail later does not flood people with what is long past.
    """
    async with database.reading() as session:
        if not (await session.execute(select(Update.id).where(Update.announced_datetime.is_(None)).limit(1))).first():
            return False
    async with database.writing() as session:
        waiting = select(Update).where(Update.announced_datetime.is_(None)).order_by(Update.id).limit(BATCH)
        updates = list((await session.execute(waiting.with_for_update(skip_locked=True))).scalars())
        await tell_updates(session, updates)
        when = await moment(session, settings)
        told, crowd = await recipients(session, updates)
        rows = [row for one in updates for row in rows_of(one, told.get(one.id, ()), crowd, ways, when)]
        await write(session, rows)
        taken = update(Update).where(Update.id.in_([one.id for one in updates]))
        await session.execute(
            taken.values(announced_datetime=when.now), execution_options={"synchronize_session": False}
        )
    return len(updates) == BATCH


async def moment(session: AsyncSession, settings: Settings) -> Moment:
    city = await get_jurisdiction(session)
    return Moment(datetime.now(UTC), ZoneInfo(city.timezone), timedelta(seconds=settings.gather_seconds))


def rows_of(
    update: Update, people: Sequence[Person], crowd: Crowd, ways: Ways, when: Moment
) -> Iterator[dict[str, Any]]:
    for person in people:
        subscriber, has_push = crowd.subscribers.get(person.subscriber_id or 0, (None, False))
        about = {"update_id": update.id, "body": {"rater": person.rater} if person.rater else {}}
        if update.kind == RECEIVED and person.reported:
            # They have just sent it, and wait for the letter.
            chosen, bundle, due = [EMAIL] if ways.email else [], NOW, when.now
        elif subscriber is None:
            chosen, (bundle, due) = [EMAIL] if ways.email else [], due_at(when.now, Wishes(), when.zone, when.gather)
        else:
            wishes = wishes_of(subscriber, person.cadence)
            bundle, due = due_at(when.now, wishes, when.zone, when.gather)
            chosen = channels(subscriber, ways, has_push=has_push, has_address=bool(person.contact_id))
            chosen = chosen if bundle == NOW else chosen[:1]
        yield from rows(f"u{update.id}", person, chosen, bundle, due, when.now, about)


def rows(
    name: str, person: Person, chosen: Sequence[str], bundle: str, due: datetime, now: datetime, about: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """A delivery for each channel; in the inbox alone where there is none. `name` says for ever what it is about."""
    who = f"s{person.subscriber_id}" if person.subscriber_id else f"c{person.contact_id}"
    if not chosen and not person.subscriber_id:
        return
    for place, channel in enumerate(chosen or [INBOX]):
        waits = channel != INBOX
        yield {
            **NOTHING,
            **about,
            "key": f"{name}.{who}.{channel}",
            "subscriber_id": person.subscriber_id,
            "contact_id": person.contact_id if channel == EMAIL else None,
            "channel": channel,
            "in_inbox": place == 0 and person.subscriber_id is not None,
            "bundle": bundle,
            "created_datetime": now,
            "due_datetime": due if waits else None,
            "sent_datetime": None if waits else now,
        }


NOTHING: Mapping[str, Any] = {"update_id": None, "announcement_message_id": None, "notice_id": None, "body": {}}


def wishes_of(subscriber: Subscriber, cadence: str | None = None) -> Wishes:
    return Wishes(cadence or subscriber.cadence, subscriber.quiet_from, subscriber.quiet_to)


def channels(subscriber: Subscriber, ways: Ways, *, has_push: bool, has_address: bool = False) -> list[str]:
    """The channels that somebody chose and can be reached by; a digest takes the first, where most can be read.

    `has_address`: they left one with the report.
    """
    email = has_address or (subscriber.by_email and subscriber.email_state == "confirmed")
    by = {
        EMAIL: ways.email and email,
        PUSH: ways.push and has_push and subscriber.by_push,
        SMS: ways.sms and subscriber.by_sms and subscriber.phone_state == "confirmed",
    }
    return [channel for channel, chosen in by.items() if chosen]


async def write(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Writes deliveries; one whose key is known is left as it is."""
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    connection = await session.connection()
    await connection.execute(dialect.insert(Delivery).on_conflict_do_nothing(index_elements=["key"]), list(rows))
