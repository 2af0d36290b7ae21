"""Which work orders a member of staff may see, and the lists of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.interfaces import ORMOption

from app.accounts.guards import grants_of, may
from app.accounts.models import Account
from app.accounts.team_models import Team, TeamMember
from app.service_requests.models import ServiceRequest
from app.staff.scope import is_of_department_alone, within_scope
from app.work.models import UNDONE, WorkOrder, WorkOrderRequest

MOST = 300
MANAGE, FIELD = "work.manage", "field.use"


def own(account: Account) -> ColumnElement[bool]:
    """Orders of the account's crews, or its own."""
    teams = select(TeamMember.team_id).where(TeamMember.account_id == account.id)
    return or_(WorkOrder.assignee_id == account.id, WorkOrder.team_id.in_(teams))


def managed(account: Account) -> ColumnElement[bool]:
    """Orders for a request in the scope of the account's right to manage work, and all of departments that are whole
    in it."""
    if not may(account, MANAGE):
        return false()
    scope = within_scope(account, MANAGE)
    if not scope:
        return true()
    linked = select(WorkOrderRequest.order_id).join(ServiceRequest, ServiceRequest.id == WorkOrderRequest.request_id)
    whole = {grant.department_id for grant in grants_of(account, MANAGE) if is_of_department_alone(grant)}
    departments = {one for one in whole if one is not None}
    return or_(WorkOrder.id.in_(linked.where(*scope)), WorkOrder.department_id.in_(departments))


def visible(account: Account) -> ColumnElement[bool]:
    return or_(managed(account), own(account))


async def find_order(session: AsyncSession, account: Account, number: str) -> WorkOrder | None:
    """The order with all that its page shows; None for a number that is not there, or out of sight."""
    digits = number.removeprefix("W-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
        return None
    wanted = select(WorkOrder).where(WorkOrder.id == int(digits), visible(account)).options(*loaded())
    return (await session.execute(wanted.execution_options(populate_existing=True))).scalar_one_or_none()


def loaded() -> tuple[ORMOption, ...]:
    return (
        selectinload(WorkOrder.requests).selectinload(ServiceRequest.service),
        selectinload(WorkOrder.requests).selectinload(ServiceRequest.photos),
        selectinload(WorkOrder.lines),
        selectinload(WorkOrder.team),
        selectinload(WorkOrder.assignee),
    )


async def may_manage(session: AsyncSession, account: Account, order: WorkOrder) -> bool:
    found = select(WorkOrder.id).where(WorkOrder.id == order.id, managed(account))
    return (await session.execute(found)).first() is not None


async def may_work_on(session: AsyncSession, account: Account, order: WorkOrder) -> bool:
    """Who manages it, or is of the crew that does it."""
    if await may_manage(session, account, order):
        return True
    found = select(WorkOrder.id).where(WorkOrder.id == order.id, own(account))
    return may(account, FIELD) and (await session.execute(found)).first() is not None


async def orders_of_day(
    session: AsyncSession, account: Account, day: date, team_id: int | None = None
) -> Sequence[WorkOrder]:
    """The open orders that are planned for a day, by crew."""
    return await listed(session, account, [WorkOrder.planned_date == day], team_id)


async def overdue_orders(
    session: AsyncSession, account: Account, day: date, team_id: int | None = None
) -> Sequence[WorkOrder]:
    return await listed(session, account, [WorkOrder.planned_date < day], team_id)


async def unplanned_orders(session: AsyncSession, account: Account, team_id: int | None = None) -> Sequence[WorkOrder]:
    return await listed(session, account, [WorkOrder.planned_date.is_(None)], team_id)


async def listed(
    session: AsyncSession, account: Account, conditions: list[ColumnElement[bool]], team_id: int | None
) -> Sequence[WorkOrder]:
    wanted = select(WorkOrder).where(UNDONE, visible(account), *conditions).options(*loaded())
    if team_id is not None:
        wanted = wanted.where(WorkOrder.team_id == team_id)
    order = (WorkOrder.planned_date, WorkOrder.team_id, WorkOrder.assignee_id, WorkOrder.id)
    return (await session.execute(wanted.order_by(*order).limit(MOST))).scalars().all()


async def orders_of_request(session: AsyncSession, request_id: int) -> Sequence[WorkOrder]:
    """The newest first."""
    linked = select(WorkOrderRequest.order_id).where(WorkOrderRequest.request_id == request_id)
    wanted = select(WorkOrder).where(WorkOrder.id.in_(linked)).order_by(WorkOrder.id.desc())
    return (await session.execute(wanted.options(selectinload(WorkOrder.team)))).scalars().all()


async def crews(session: AsyncSession) -> Sequence[Team]:
    return (await session.execute(select(Team).where(Team.active).order_by(Team.name))).scalars().all()
