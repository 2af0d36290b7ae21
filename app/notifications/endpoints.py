"""The browsers that push messages go to: stored with whom they belong to, moved, replaced and forgotten."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.notifications.models import Delivery, PushEndpoint, Subscriber
from app.notifications.push import Endpoint, EndpointRefused, read_endpoint
from app.outside import OutsideError, addresses_of, may_connect
from app.templating import mark

MOST_ENDPOINTS = 10
LOOK_UP_SECONDS = 2.0

UNREADABLE = mark("This is no push subscription: it needs “endpoint” and “keys” with “p256dh” and “auth”.")
REFUSED = mark("Messages cannot be sent to this address: %(reason)s.")
INSIDE = "it leads to a network that is not the public internet"


class Keys(msgspec.Struct, frozen=True):
    p256dh: str
    auth: str


class Given(msgspec.Struct, frozen=True):
    """A PushSubscription as browsers write it in JSON; `replaces` is the endpoint that it had before.

    `account`: it is for who is signed in, not for the device.
    """

    endpoint: str
    keys: Keys
    replaces: str = ""
    account: bool = False


class Named(msgspec.Struct, frozen=True):
    endpoint: str


Told = TypeVar("Told", Given, Named)


def read_given(body: bytes, kind: type[Told]) -> Told:
    """Raises Refused (422) for what is no such thing."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(Problem("endpoint", UNREADABLE)) from None


async def checked(given: Given, *, private: bool) -> Endpoint:
    """The endpoint, where a message may go. Raises Refused (422). Not to be called inside a transaction.

    A name that leads inside is refused here so that a person is told; what counts is the look at each connection.
    """
    try:
        endpoint = read_endpoint(given.endpoint, given.keys.p256dh, given.keys.auth, private=private)
    except EndpointRefused as refused:
        raise Refused(Problem("endpoint", REFUSED, {"reason": str(refused)})) from None
    parts = urlsplit(endpoint.url)
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            addresses = await addresses_of(parts.hostname or "", parts.port or 443)
    except (OutsideError, TimeoutError):
        # Our own network may be away for a moment: the first message finds out.
        return endpoint
    if not all(may_connect(address, allow_private=private) for address in addresses):
        raise Refused(Problem("endpoint", REFUSED, {"reason": INSIDE}))
    return endpoint


async def keep_endpoint(session: AsyncSession, subscriber: Subscriber, endpoint: Endpoint, replaces: str = "") -> None:
    """Stores a browser's address; one that somebody else had is theirs no more. Of many, the newest ten stay."""
    if replaces and replaces != endpoint.url:
        await drop_endpoint(session, replaces)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    facts = {
        "subscriber_id": subscriber.id,
        "p256dh": endpoint.p256dh,
        "auth": endpoint.auth,
        "failures": 0,
        "failing_datetime": None,
        "created_datetime": datetime.now(UTC),
    }
    kept = dialect.insert(PushEndpoint).values(endpoint=endpoint.url, **facts)
    await session.execute(kept.on_conflict_do_update(index_elements=["endpoint"], set_=facts))
    newest = select(PushEndpoint.id).where(PushEndpoint.subscriber_id == subscriber.id)
    newest = newest.order_by(PushEndpoint.created_datetime.desc(), PushEndpoint.id.desc()).limit(MOST_ENDPOINTS)
    older = delete(PushEndpoint).where(PushEndpoint.subscriber_id == subscriber.id, PushEndpoint.id.not_in(newest))
    await session.execute(older)


async def drop_endpoint(session: AsyncSession, url: str) -> None:
    """Whoever can name an address may take it away: it is as secret as a key."""
    await session.execute(delete(PushEndpoint).where(PushEndpoint.endpoint == url))


async def owner_of(
    session: AsyncSession, fingerprint: str, device_hash: str | None, account_id: int | None
) -> Subscriber | None:
    """The subscriber, among those of this browser, whose is the endpoint with this SHA-256 (hexadecimal)."""
    wanted = (
        select(PushEndpoint.endpoint, Subscriber)
        .join(Subscriber, Subscriber.id == PushEndpoint.subscriber_id)
        .where(or_(Subscriber.device_hash == (device_hash or ""), Subscriber.account_id == (account_id or 0)))
    )
    for url, subscriber in await session.execute(wanted):
        if hashlib.sha256(url.encode()).hexdigest() == fingerprint:
            return subscriber
    return None


async def count_unread(session: AsyncSession, subscriber: Subscriber | None) -> int:
    """What stands in the inbox and has not been seen there."""
    if subscriber is None:
        return 0
    unread = select(func.count()).where(
        Delivery.subscriber_id == subscriber.id, Delivery.in_inbox, Delivery.id > subscriber.seen_id
    )
    return (await session.execute(unread)).scalar_one()
