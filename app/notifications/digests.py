"""Daily and weekly subscriptions: when their morning has come, each gets one delivery for the time that is over.

What happened is not noted as it happens: whoever wants to hear of a district once a week costs one row a week.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.jurisdictions.queries import get_jurisdiction
from app.notifications.models import Subscription
from app.notifications.recipients import Crowd, Person, load_subscribers
from app.notifications.take import Ways, channels, rows, wishes_of, write
from app.notifications.when import BUNDLES, DAY, DIGEST_AT, MONDAY, NOW, after_quiet, instant

BATCH = 500
CADENCES = ("daily", "weekly")


async def take_digests(database: Database, ways: Ways) -> None:
    """Writes the deliveries of all mornings that have come, a batch in each transaction."""
    now = datetime.now(UTC)
    async with database.reading() as session:
        some = select(Subscription.id).where(Subscription.cadence.in_(CADENCES)).limit(1)
        if not (await session.execute(some)).first():
            return
        zone = ZoneInfo((await get_jurisdiction(session)).timezone)
    for cadence in CADENCES:
        until = last_morning(now, BUNDLES[cadence], zone)
        while await take_batch(database, ways, cadence, until, now, zone) == BATCH:
            pass


def last_morning(now: datetime, bundle: str, zone: ZoneInfo) -> datetime:
    """The last eight o'clock in the morning, or that of the last Monday."""
    day = now.astimezone(zone).date()
    mornings = (
        instant(on, DIGEST_AT, zone)
        for on in (day - timedelta(days=ago) for ago in range(9))
        if bundle == DAY or on.weekday() == MONDAY
    )
    return next(morning for morning in mornings if morning <= now)


async def take_batch(
    database: Database, ways: Ways, cadence: str, until: datetime, now: datetime, zone: ZoneInfo
) -> int:
    waiting = select(Subscription).where(Subscription.cadence == cadence, Subscription.told_datetime < until)
    async with database.reading() as session:
        if not (await session.execute(waiting.limit(1))).first():
            return 0
    async with database.writing() as session:
        wanted = waiting.order_by(Subscription.told_datetime).limit(BATCH).with_for_update(skip_locked=True)
        found = list((await session.execute(wanted)).scalars())
        crowd = Crowd()
        await load_subscribers(session, crowd, sorted({one.subscriber_id for one in found}))
        made: list[dict[str, Any]] = []
        for one in found:
            made += digest_rows(f"g{one.id}.{until:%Y%m%d}", one, crowd, ways, BUNDLES[cadence], until, now, zone)
        await write(session, made)
        told = update(Subscription).where(Subscription.id.in_([one.id for one in found]))
        await session.execute(told.values(told_datetime=until), execution_options={"synchronize_session": False})
    return len(found)


def digest_rows(
    name: str,
    one: Subscription,
    crowd: Crowd,
    ways: Ways,
    bundle: str,
    until: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> Iterator[dict[str, Any]]:
    subscriber, has_push = crowd.subscribers[one.subscriber_id]
    chosen = channels(subscriber, ways, has_push=has_push)[:1]
    times = {"since": one.told_datetime.isoformat(), "until": until.isoformat()}
    about = {"body": {"subscription": one.id, **times}}
    due = after_quiet(now, wishes_of(subscriber), zone)
    return rows(name, Person(one.subscriber_id), chosen, bundle, due, now, about)


async def change_cadence(session: AsyncSession, one: Subscription, cadence: str, ways: Ways) -> None:
    """Who was told at once has heard all until now; who was not is told the rest now, in one last digest."""
    now = datetime.now(UTC)
    if one.cadence in CADENCES and cadence not in CADENCES:
        zone, crowd = ZoneInfo((await get_jurisdiction(session)).timezone), Crowd()
        await load_subscribers(session, crowd, [one.subscriber_id])
        name = f"g{one.id}.{now:%Y%m%dT%H%M%S}"
        await write(session, list(digest_rows(name, one, crowd, ways, NOW, now, now, zone)))
    if (one.cadence in CADENCES) != (cadence in CADENCES):
        one.told_datetime = now
    one.cadence = cadence
