"""Keeping and stopping a subscription, with the keys that it is found by, in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.notifications.digests import change_cadence
from app.notifications.follows import EVERY_SERVICE
from app.notifications.models import Subscription, SubscriptionPlace
from app.notifications.places import keys_of
from app.notifications.take import Ways
from app.templating import mark

MOST = 50
IN_THE_INBOX = Ways()
ENOUGH = mark("You follow %(most)d things already. Stop one first.")


async def keep_subscription(
    session: AsyncSession,
    subscriber_id: int,
    what: str,
    arguments: Mapping[str, Any],
    *,
    service_id: int | None = None,
    cadence: str = "at_once",
    ways: Ways = IN_THE_INBOX,
    **changes: bool,
) -> Subscription:
    """The subscription, made or changed: the same place and service twice is one. `changes`: on_new, on_changed, …

    `ways`: by which a last digest goes out where one that was told by the day or the week is told at once from now on.
    Raises Refused (422) for one more than 50.
    """
    said = json.dumps([what, dict(arguments), service_id], sort_keys=True)
    fingerprint = hashlib.sha256(said.encode()).hexdigest()[:32]
    theirs = select(Subscription).where(Subscription.subscriber_id == subscriber_id)
    known = (await session.execute(theirs.where(Subscription.fingerprint == fingerprint))).scalar_one_or_none()
    if known is not None:
        for name, value in changes.items():
            setattr(known, name, value)
        await change_cadence(session, known, cadence, ways)
        return known
    if (await session.execute(select(func.count()).select_from(theirs.subquery()))).scalar_one() >= MOST:
        raise Refused(Problem("what", ENOUGH, {"most": MOST}))
    now = datetime.now(UTC)
    made = Subscription(
        subscriber_id=subscriber_id,
        what=what,
        arguments=dict(arguments),
        service_id=service_id,
        fingerprint=fingerprint,
        cadence=cadence,
        created_datetime=now,
        told_datetime=now,
        **changes,
    )
    session.add(made)
    await session.flush()
    keys = {"service_id": service_id or EVERY_SERVICE, "subscription_id": made.id}
    rows = [{"place": place, **keys} for place in keys_of(what, arguments)]
    await session.execute(insert(SubscriptionPlace), rows)
    return made


async def stop_subscription(session: AsyncSession, subscriber_id: int, subscription_id: int) -> bool:
    """False for one that is not theirs, or is gone already."""
    theirs = delete(Subscription).where(Subscription.id == subscription_id, Subscription.subscriber_id == subscriber_id)
    gone = await session.execute(theirs.returning(Subscription.id))
    return gone.first() is not None
