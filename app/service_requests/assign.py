"""A request goes from hands to hands: to a department, a team or a person, and back where it did not belong."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.team_models import Team
from app.errors import Problem, Refused
from app.jurisdictions.models import Department
from app.service_requests.change_status import CHANGED
from app.service_requests.follow_up import follow_up
from app.service_requests.models import ServiceRequest
from app.service_requests.people import lock, touch
from app.service_requests.routing_models import ASSIGNED, HandOver
from app.service_requests.routing_rules import Hands
from app.service_requests.workflow import STATUSES
from app.templating import mark

CLOSED = mark("This report is closed. Open it again before you give it to somebody.")
NO_DEPARTMENT = mark("This department is not there any more. Choose another one.")
NO_TEAM = mark("This team does not work any more. Choose another one.")
NO_PERSON = mark("This person does not work here any more. Choose somebody else.")
NOT_THEIR_TEAM = mark("This team is not of that department. Choose one of its teams.")


def hands_of(request: ServiceRequest) -> Hands:
    return Hands(request.department_id, request.team_id, request.assignee_id)


async def assign(
    session: AsyncSession,
    request: ServiceRequest,
    *,
    department_id: int | None,
    team_id: int | None,
    assignee_id: int | None,
    account_id: int | None,
    reason: str = "",
    seen: datetime | None = None,
) -> HandOver | None:
    """Gives a request into these hands, as a whole: what is None is nobody's. Returns the entry that says so, which is
    for the city only; None where it was there already.

    A team without a department brings its own. Without anybody it goes to triage. `seen` is the `updated_datetime`
    that the person decided on; without it, that of `request` as it was loaded. The caller writes the audit trail.

    Raises Refused: 409 when the request has changed since `seen` or is closed, 422 for hands that are not there.
    """
    seen = seen or request.updated_datetime
    request = await locked_open(session, request, seen)
    to = await checked_hands(session, Hands(department_id, team_id, assignee_id))
    if to == hands_of(request):
        return None
    return await hand_over(session, request, to, ASSIGNED, account_id=account_id, reason=reason)


async def locked_open(session: AsyncSession, request: ServiceRequest, seen: datetime) -> ServiceRequest:
    request = (await lock(session, request.id))[request.id]
    if request.updated_datetime != seen:
        raise Refused(Problem("hands", CHANGED), status=409)
    if not STATUSES[request.status].is_open:
        raise Refused(Problem("hands", CLOSED), status=409)
    return request


async def checked_hands(session: AsyncSession, to: Hands) -> Hands:
    """The same, with the department of the team where none was named. Raises Refused (422)."""
    team = await session.get(Team, to.team_id) if to.team_id is not None else None
    if to.team_id is not None and (team is None or not team.active):
        raise Refused(Problem("team", NO_TEAM))
    department_id = to.department_id if to.department_id is not None or team is None else team.department_id
    if department_id is not None and await session.get(Department, department_id) is None:
        raise Refused(Problem("department", NO_DEPARTMENT))
    if team is not None and team.department_id not in (None, department_id):
        raise Refused(Problem("team", NOT_THEIR_TEAM))
    if to.assignee_id is not None:
        works = select(Account.id).where(Account.id == to.assignee_id, Account.active)
        if (await session.execute(works)).first() is None:
            raise Refused(Problem("assignee", NO_PERSON))
    return Hands(department_id, to.team_id, to.assignee_id)


async def hand_over(
    session: AsyncSession,
    request: ServiceRequest,
    to: Hands,
    kind: str,
    *,
    account_id: int | None = None,
    reason: str = "",
    reason_code: str = "",
) -> HandOver:
    """Writes the hands, the entry, and what follows from it. The caller holds the request's lock."""
    before, now = hands_of(request), touch(request)
    entry = HandOver(request_id=request.id, handed_datetime=now, kind=kind, rule_id=request.routing_rule_id)
    for way, hands in (("from", before), ("to", to)):
        for name in ("department_id", "team_id", "assignee_id"):
            setattr(entry, f"{way}_{name}", getattr(hands, name))
    entry.account_id, entry.reason_code, entry.reason = account_id, reason_code, reason
    session.add(entry)
    request.department_id, request.team_id, request.assignee_id = to.department_id, to.team_id, to.assignee_id
    request.routing_rule_id, request.triage_datetime = None, None if to else now
    await session.flush()
    # Who takes work themselves knows it.
    knows = to.assignee_id in (before.assignee_id, account_id)
    await follow_up(session, request.id, to, now, knows=knows)
    return entry
