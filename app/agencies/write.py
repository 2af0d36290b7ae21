"""What an agency's answers change in a request. Whoever calls holds the request's lock."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.agencies.models import OVER, Referral
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.people import touch
from app.service_requests.routing import route
from app.service_requests.send_back import send_back


async def say(session: AsyncSession, request: ServiceRequest, text: str) -> Update:
    """A public entry of the timeline, which those who follow the request hear."""
    update = Update(request_id=request.id, updated_datetime=touch(request), kind="comment", text=text)
    session.add(update)
    await session.flush()
    return update


async def back_from_agency(session: AsyncSession, referral: Referral, request: ServiceRequest, words: str) -> None:
    """They will not act: it goes back, counted, and on by the rules to where it has not been, or to triage."""
    referral.state, referral.due_datetime = OVER, None
    await send_back(session, request, "other", reason=words or "-")
    await route(session, request)
