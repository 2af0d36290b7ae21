"""What each process keeps of the city in memory counts as old when its version rises, in the same transaction."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Jurisdiction


async def routing_changed(session: AsyncSession) -> None:
    """Rules, teams, or the people in them are others now."""
    raised = Jurisdiction.routing_version + 1
    await session.execute(update(Jurisdiction).where(Jurisdiction.id == 1).values(routing_version=raised))
