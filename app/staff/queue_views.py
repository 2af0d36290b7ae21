"""The conditions of the queue: which requests a view has, and which a filter leaves of them.

Each is written so that an index of `service_requests` begins with it: see `docs/queue.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.team_models import TeamMember
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.models import IN_HAND, IS_OPEN, LATE, NOT_YET_LATE, ServiceRequest
from app.service_requests.workflow import CLOSED
from app.services.queries import current_catalogue
from app.sql import InBox
from app.staff.audit_pages import midnight
from app.staff.queue_filter import QueueFilter
from app.staff.queue_words import has_words
from app.staff.scope import Inside, one_of_areas, within_scope

Conditions = list[ColumnElement[bool]]


def in_hand() -> Conditions:
    """Open, by the index of what is not closed; the status itself is asked aside, as no index needs it then."""
    return [IN_HAND, ServiceRequest.status.concat("").not_in(CLOSED)]  # type: ignore[list-item]


async def view_conditions(session: AsyncSession, account: Account, view: str) -> Conditions:
    """What a view has of all that is there."""
    request = ServiceRequest
    if view == "closed":
        return [request.closed_datetime.is_not(None), request.status.in_(CLOSED)]
    if view == "moderation":
        # Closed ones too: their pages are as public.
        return [request.flagged_datetime.is_not(None)]
    now = datetime.now(UTC)
    of_view: dict[str, Conditions] = {
        "mine": [request.assignee_id == account.id],
        "unassigned": [request.assignee_id.is_(None)],
        "at_risk": [NOT_YET_LATE, request.at_risk_datetime <= now],  # type: ignore[list-item]
        "late": [LATE],  # type: ignore[list-item]
        "reopened": [request.status == "reopened"],
        "waiting": [request.paused_datetime.is_not(None), request.suspension_id.is_(None)],
        "triage": [request.triage_datetime.is_not(None)],
    }
    if view == "team":
        return [*in_hand(), request.team_id.in_(await teams_of(session, account))]
    return [*in_hand(), *of_view.get(view, [])]


async def teams_of(session: AsyncSession, account: Account) -> Sequence[int]:
    wanted = select(TeamMember.team_id).where(TeamMember.account_id == account.id).order_by(TeamMember.team_id)
    return (await session.execute(wanted)).scalars().all()


async def conditions(session: AsyncSession, account: Account, asked: QueueFilter) -> Conditions:
    """All that a request in this list must be: of the view, as the filter says, and in the scope of the account."""
    request = ServiceRequest
    inside = await by_areas(session, closed=asked.view == "closed")
    found = [*within_scope(account, "desk.view", inside), *await view_conditions(session, account, asked.view)]
    if asked.group or asked.service_code:
        found.append(request.service_id.in_(await service_ids(session, asked)))
    if asked.department is not None:
        found.append(request.department_id == asked.department)
    if asked.team is not None:
        found.append(request.team_id == asked.team)
    if asked.status:
        found.append(request.status == asked.status)
    if asked.source:
        found.append(request.source == asked.source)
    if asked.from_day:
        found.append(request.requested_datetime >= midnight(asked.from_day))
    if asked.to_day:
        found.append(request.requested_datetime < midnight(asked.to_day + timedelta(days=1)))
    if asked.area:
        layer, _, code = asked.area.partition("/")
        found.append(inside(layer, code))
    if asked.q:
        number = read_service_request_id(asked.q)
        by_number = [request.service_request_id == number]
        found += by_number if number else await has_words(session, asked.q, closed=asked.view == "closed")
    return found


async def service_ids(session: AsyncSession, asked: QueueFilter) -> list[int]:
    catalogue = await current_catalogue(session)
    services = catalogue.by_id.values()
    if asked.service_code:
        return [one.id for one in services if one.service_code == asked.service_code]
    return [one.id for one in services if one.group == asked.group]


async def by_areas(session: AsyncSession, *, closed: bool) -> Inside:
    """What lies in an area: within its box, by the index of places, what was in it on the day that it was filed."""
    index = await areas_index(session, await get_jurisdiction(session))

    def inside(layer: str, code: str) -> ColumnElement[bool]:
        versions = index.versions(layer, code)
        if not versions:
            return false()
        west, south, east, north = zip(*(one.shape.bounds for one in versions), strict=True)
        box = InBox(ServiceRequest.location, (min(west), min(south), max(east), max(north)))
        within = one_of_areas(sorted({one.ref.id for one in versions}))
        return and_(box, within) if closed else and_(box, within, IS_OPEN)

    return inside
