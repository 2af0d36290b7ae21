"""What follows when a request comes into hands, in the same transaction: who is told, and what is watched."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import enqueue
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import get_jurisdiction
from app.service_requests.escalation import tell_staff
from app.service_requests.routing_rules import Hands
from app.services.queries import current_catalogue

# Of a staff notice: this work is yours now.
ASSIGNED = "assigned"
# Jobs: look whether it still waits in triage (triage.py); tell an outside agency that it has it (app/agencies).
TRIAGE_WAIT, TELL_AGENCY = "triage_wait", "tell_agency"
AGENCY = "agency"


async def follow_up(
    session: AsyncSession,
    request_id: int,
    hands: Hands,
    at: datetime,
    city: Jurisdiction | None = None,
    *,
    knows: bool = False,
) -> None:
    """Tells whose work it is, unless they know it; has an outside agency told, and looks after what is nobody's."""
    city = city or await get_jurisdiction(session)
    if hands.assignee_id is not None and not knows:
        tell_staff(session, hands.assignee_id, request_id, ASSIGNED)
    if not hands:
        waiting = {"request_id": request_id, "since": at.isoformat()}
        await enqueue(session, TRIAGE_WAIT, waiting, delay=timedelta(hours=city.triage_hours))
        return
    department = (await current_catalogue(session, city)).departments.get(hands.department_id or 0)
    if department is not None and department.kind == AGENCY:
        await enqueue(session, TELL_AGENCY, {"request_id": request_id, "department_id": department.id})
