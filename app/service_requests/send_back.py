"""Wrongly routed: a request goes back in one click, with the reason, to whom it came from or to triage."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.assign import checked_hands, hand_over, hands_of, locked_open
from app.service_requests.models import ServiceRequest
from app.service_requests.routing import tried_by
from app.service_requests.routing_models import ASSIGNED, RETURNED, HandOver
from app.service_requests.routing_rules import Hands
from app.templating import mark

REASONS = {
    "work": mark("Not our kind of work"),
    "area": mark("Not in our area"),
    "other": mark("Another reason"),
}
IN_TRIAGE = mark("Nobody has this report: it is in triage already.")
CHOOSE = mark("Choose why it goes back.")
SAY_WHY = mark("Write in a few words why it goes back.")


async def send_back(
    session: AsyncSession,
    request: ServiceRequest,
    reason_code: str,
    *,
    reason: str = "",
    account_id: int | None = None,
    seen: datetime | None = None,
) -> HandOver:
    """Gives a request back, counted: to the hands that gave it on, or to triage where rules had placed it.

    Never to hands that gave it back before, so that two of them do not send it to and fro. The caller writes the
    audit trail. Raises Refused: 409 when it has changed since `seen`, is closed or in triage, 422 without a reason.
    """
    request = await locked_open(session, request, seen or request.updated_datetime)
    if not hands_of(request):
        raise Refused(Problem("hands", IN_TRIAGE), status=409)
    if reason_code not in REASONS:
        raise Refused(Problem("reason_code", CHOOSE))
    if reason_code == "other" and not reason:
        raise Refused(Problem("reason", SAY_WHY))
    to = await earlier_hands(session, request)
    request.returned_count += 1
    return await hand_over(
        session, request, to, RETURNED, account_id=account_id, reason=reason, reason_code=reason_code
    )


async def earlier_hands(session: AsyncSession, request: ServiceRequest) -> Hands:
    """Whose work it was before somebody gave it on; none where that were a circle, or they are gone."""
    handed = select(HandOver).where(HandOver.request_id == request.id, HandOver.kind == ASSIGNED)
    last = (await session.execute(handed.order_by(HandOver.id.desc()).limit(1))).scalar_one_or_none()
    if last is None or Hands(last.to_department_id, last.to_team_id, last.to_assignee_id) != hands_of(request):
        return Hands()
    earlier = Hands(last.from_department_id, last.from_team_id, last.from_assignee_id)
    if earlier in (await tried_by(session, request.id)).hands:
        return Hands()
    try:
        return await checked_hands(session, earlier)
    except Refused:
        return Hands()
