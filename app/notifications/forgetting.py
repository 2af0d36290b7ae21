"""A device that is forgotten hears of nothing any more: what it chose, and its addresses, go with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete

from app.db import Database
from app.notifications.models import Subscriber


async def forget_job(database: Database, arguments: dict[str, Any]) -> None:
    """Deletes the subscriber of `device_hash`, with its endpoints, subscriptions and deliveries."""
    async with database.writing() as session:
        await session.execute(delete(Subscriber).where(Subscriber.device_hash == arguments["device_hash"]))
