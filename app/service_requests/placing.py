"""Whether every request lies in the areas in which it should: after an import of areas they follow page by page."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import Job

# The job that comes with new areas, in their transaction, and stands until all requests have followed.
ASSIGN = "assign_areas"


async def all_are_placed(session: AsyncSession) -> bool:
    return (await session.execute(select(Job.id).where(Job.name == ASSIGN).limit(1))).first() is None
