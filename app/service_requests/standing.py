"""What follows from a status by itself: whether a request is closed, late, and whether its clock runs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests.clock import first_look, start_again
from app.service_requests.late import is_late
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.people import touch
from app.service_requests.workflow import STATUSES
from app.templating import mark

CHANGED = mark("Somebody changed this report after you opened it. Look at it again, then decide.")
# In the others nothing is planned, or not any more.
KEEP_THEIR_PLACE = ("received", "triaged", "accepted", "assigned", "scheduled", "acted_upon")
KEEP_THEIR_DAY = ("scheduled", "in_progress", "acted_upon")


async def set_status(session: AsyncSession, request: ServiceRequest, to: str) -> datetime:
    """Writes a status with all that follows from it, and returns the moment. The request must be locked."""
    before, request.status = request.status, to
    now = touch(request)
    if not STATUSES[to].is_open:
        # What the clock has stood counts for the promise, however it ends.
        await start_again(session, request, now)
        request.clock_datetime = None
    elif not STATUSES[before].is_open:
        request.clock_datetime = first_look(request, now)
    request.closed_datetime = None if STATUSES[to].is_open else now
    late = is_late(request.status, request.expected_datetime, request.paused_datetime or now)
    request.late = late and (request.late or await was_told(session, request))
    if to not in KEEP_THEIR_DAY:
        request.planned_date = None
    if to not in KEEP_THEIR_PLACE:
        request.queue_position = None
    return now


async def was_told(session: AsyncSession, request: ServiceRequest) -> bool:
    """Whether its timeline says that this promise was missed. If not, the sweep marks it, and says so."""
    told = select(Update.id).where(Update.request_id == request.id, Update.kind == "late")
    told = told.where(Update.updated_datetime == request.expected_datetime)
    return bool((await session.execute(select(exists(told)))).scalar_one())
