"""Reports that people leave an address with, and what happens to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.accounts.devices import hash_of
from app.db import Database
from app.notifications.models import PushEndpoint, Subscriber, Subscription
from app.notifications.push import Endpoint
from app.notifications.subscribing import keep_subscription
from app.service_requests.join import follow
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.submission import ContactDetails, Submission
from app.service_requests.submit import submit


async def report(
    database: Database,
    locale: str = "en",
    notify: str = "email",
    email: str = "ana@example.org",
    device: str | None = None,
    at: tuple[float, float] = (41.0, -71.0),
) -> ServiceRequest:
    """Ana's, with her address; `device`: sent from somebody's device, whose `hash_of` it is known by."""
    contact = ContactDetails(name="Ana", email=email, notify=notify)
    async with database.writing() as session:
        sent = Submission(
            "pothole", "web", lat=at[0], long=at[1], address_string="12 Elm", contact=contact, locale=locale
        )
        sent = replace(sent, device_hash=hash_of(device) if device else None)
        return (await submit(session, sent)).request


async def add_update(database: Database, request: ServiceRequest, **values) -> None:
    async with database.writing() as session:
        session.add(Update(request_id=request.id, updated_datetime=datetime.now(UTC), **values))


async def subscriber(database: Database, name: str, endpoints: tuple[Endpoint, ...] = (), **values: Any) -> Subscriber:
    """Somebody with a device of that name; `email` is taken as confirmed."""
    if "email" in values:
        values = {"email_state": "confirmed", **values}
    async with database.writing() as session:
        made = Subscriber(device_hash=hash_of(name), created_datetime=datetime.now(UTC), **values)
        session.add(made)
        await session.flush()
        for one in endpoints:
            keys = {"endpoint": one.url, "p256dh": one.p256dh, "auth": one.auth}
            session.add(PushEndpoint(subscriber_id=made.id, created_datetime=datetime.now(UTC), **keys))
    return made


async def follows(database: Database, request: ServiceRequest, name: str) -> None:
    async with database.writing() as session:
        await follow(session, request, hash_of(name))


async def subscribes(database: Database, who: Subscriber, what: str, **values: Any) -> Subscription:
    arguments = values.pop("arguments", {})
    async with database.writing() as session:
        return await keep_subscription(session, who.id, what, arguments, **values)
