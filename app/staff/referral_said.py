"""What became of telling an outside agency of a request."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.agencies.models import OPEN311, AgencyDoor
from app.agencies.refer import referrals_of
from app.services.queries import current_catalogue


async def referral_shown(session: AsyncSession, request_id: int) -> dict[str, Any] | None:
    """The last time that an agency was told of a request, for the partial `staff/_referral.html`."""
    found = await referrals_of(session, request_id)
    if not found:
        return None
    agency = (await current_catalogue(session)).departments.get(found[0].department_id)
    door = await session.get(AgencyDoor, found[0].department_id)
    return {"last": found[0], "agency": agency, "listens": bool(door and door.kind == OPEN311)}
