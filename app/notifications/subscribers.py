"""Finding and making subscribers: a person's device, or the account of somebody of the staff."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.notifications.models import Subscriber
from app.templating import current_locale


async def find_subscriber(session: AsyncSession, device_hash: str | None) -> Subscriber | None:
    """The subscriber of a device that the city knows (`devices.device_hash`); None for who has chosen nothing yet."""
    if device_hash is None:
        return None
    return (await session.execute(select(Subscriber).where(Subscriber.device_hash == device_hash))).scalar_one_or_none()


async def subscriber_of_device(session: AsyncSession, device_hash: str, locale: str | None = None) -> Subscriber:
    """The subscriber of a device, made now where there is none. Of two that make one at once, one stays."""
    return await found_or_made(session, device_hash=device_hash, locale=locale or current_locale.get())


async def subscriber_of_account(session: AsyncSession, account_id: int) -> Subscriber:
    """The subscriber of somebody of the staff, made now where there is none."""
    return await found_or_made(session, account_id=account_id, locale=current_locale.get())


async def found_or_made(session: AsyncSession, *, locale: str, **by: Any) -> Subscriber:
    [(column, value)] = by.items()
    wanted = select(Subscriber).where(getattr(Subscriber, column) == value)
    if known := (await session.execute(wanted)).scalar_one_or_none():
        return known
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    made = dialect.insert(Subscriber).values(**by, locale=locale, created_datetime=datetime.now(UTC))
    await session.execute(made.on_conflict_do_nothing())
    return (await session.execute(wanted)).scalar_one()
