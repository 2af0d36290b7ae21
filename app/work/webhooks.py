"""Connections to other systems: made, changed, their secrets and keys renewed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.ciphers import decipher, encipher
from app.errors import Problem, Refused
from app.outside import may_connect
from app.templating import mark
from app.work.events import EVENTS
from app.work.signing import new_secret
from app.work.webhook_models import Webhook, WebhookDelivery

PURPOSE = "webhook"
# For how long the secret before the present one still signs.
OLD_SECRET = timedelta(days=2)

NO_NAME = mark("Give the connection a name.")
SAME_NAME = mark("Another connection has this name.")
NO_ADDRESS = mark("This is no web address. Give one such as https://work.city.example/blockwise")
NOT_HTTPS = mark("The address must begin with https://")
NOT_OUTSIDE = mark("This is not an address of the public internet.")
NO_EVENTS = mark("Choose what it is told, or that it takes orders.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a connection is to be. `events` are codes of EVENTS."""

    name: str
    url: str
    events: tuple[str, ...] = ()
    takes_orders: bool = False
    active: bool = True


def read_wanted(form: Mapping[str, Sequence[str]], *, private: bool = False) -> Wanted:
    """From a form's fields. `private`: for tests, it may be on this machine. Raises Refused (422)."""

    def one(name: str) -> str:
        return next(iter(form.get(name, ())), "").strip()

    events = tuple(event for event in EVENTS if event in form.get("events", ()))
    wanted = Wanted(one("name")[:100], one("url"), events, one("takes_orders") == "yes", one("active") == "yes")
    problems = [] if wanted.name else [Problem("name", NO_NAME)]
    if wrong := wrong_with(wanted.url, private=private):
        problems.append(Problem("url", wrong))
    if not events and not wanted.takes_orders:
        problems.append(Problem("events", NO_EVENTS))
    if problems:
        raise Refused(*problems)
    return wanted


def wrong_with(url: str, *, private: bool) -> str:
    """What can be seen of an address without asking anybody; what its name leads to is looked at with each message."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return NO_ADDRESS
    if not host or len(url) > 500 or not url.isascii() or not url.isprintable() or parts.username is not None:
        return NO_ADDRESS
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        return NOT_HTTPS
    try:
        return "" if may_connect(ip_address(host), allow_private=private) else NOT_OUTSIDE
    except ValueError:
        return ""


async def make_webhook(session: AsyncSession, secret_key: str, wanted: Wanted) -> tuple[Webhook, str, str]:
    """A new connection, its signing secret and its API key: both are shown once. Raises Refused (422)."""
    await check_name(session, wanted.name, None)
    secret = new_secret()
    webhook = Webhook(secret=encipher(secret_key, PURPOSE, secret.encode()), created_datetime=datetime.now(UTC))
    write_wanted(webhook, wanted)
    key = new_key(webhook)
    session.add(webhook)
    await session.flush()
    return webhook, secret, key


async def change_webhook(session: AsyncSession, webhook: Webhook, wanted: Wanted) -> None:
    """Switched on again, it is told anew what waited for it. Raises Refused (422)."""
    await check_name(session, wanted.name, webhook.id)
    if wanted.active and not webhook.active:
        webhook.stopped_reason = webhook.failing_since_datetime = webhook.pause_datetime = None
    write_wanted(webhook, wanted)
    await session.flush()


def write_wanted(webhook: Webhook, wanted: Wanted) -> None:
    webhook.name, webhook.url, webhook.events = wanted.name, wanted.url, list(wanted.events)
    webhook.takes_orders, webhook.active = wanted.takes_orders, wanted.active


async def check_name(session: AsyncSession, name: str, own_id: int | None) -> None:
    same = (await session.execute(select(Webhook.id).where(Webhook.name == name))).scalar_one_or_none()
    if same not in (None, own_id):
        raise Refused(Problem("name", SAME_NAME))


def renew_secret(webhook: Webhook, secret_key: str) -> str:
    """The new secret, shown once. The one before signs beside it for two days."""
    secret = new_secret()
    webhook.old_secret, webhook.old_secret_datetime = webhook.secret, datetime.now(UTC) + OLD_SECRET
    webhook.secret = encipher(secret_key, PURPOSE, secret.encode())
    return secret


def secrets_of(webhook: Webhook, secret_key: str, now: datetime) -> list[str]:
    """Those that sign now, the newest first. Raises Unreadable where BLOCKWISE_SECRET_KEY is another one."""
    old = webhook.old_secret if webhook.old_secret_datetime and webhook.old_secret_datetime > now else None
    return [decipher(secret_key, PURPOSE, one).decode() for one in (webhook.secret, old) if one]


def new_key(webhook: Webhook) -> str:
    """A new API key in place of the old one, shown once: only its hash is kept."""
    key = secrets.token_urlsafe(32)
    webhook.key_hash = key_hash(key)
    return key


def key_hash(key: str) -> str:
    """SHA-256 in hex. The key holds 256 random bits, so that a slow hash would add nothing."""
    return hashlib.sha256(key.encode()).hexdigest()


async def webhook_of_key(session: AsyncSession, key: str) -> Webhook | None:
    """The active system that an API key belongs to."""
    wanted = select(Webhook).where(Webhook.key_hash == key_hash(key), Webhook.active)
    return (await session.execute(wanted)).scalar_one_or_none() if key else None


def send_again(webhook: Webhook, delivery: WebhookDelivery) -> None:
    """A message is due once more, from the first wait on, whatever became of it."""
    delivery.sent_datetime = delivery.failed_datetime = webhook.pause_datetime = None
    delivery.attempts, delivery.due_datetime = 0, datetime.now(UTC)
