"""What no rule and nobody placed waits in triage, and somebody is told when it waits too long."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.accounts.guards import grants_of
from app.accounts.models import Account, AccountRole
from app.db import Database
from app.service_requests.escalation import tell_staff
from app.service_requests.escalation_models import StaffNotice
from app.service_requests.models import IN_TRIAGE, ServiceRequest

# Of a staff notice: this waits in triage.
NOTICE = "triage"
MAY = "routing.manage"


async def triage_waited(database: Database, arguments: dict[str, Any]) -> None:
    """The job of `follow_up`: tells those who set the routing of a request that still waits, once for each stay."""
    since = datetime.fromisoformat(arguments["since"])
    async with database.writing() as session:
        waits = select(ServiceRequest.id).where(
            ServiceRequest.id == arguments["request_id"], ServiceRequest.triage_datetime == since, IN_TRIAGE
        )
        request_id = (await session.execute(waits.with_for_update())).scalar_one_or_none()
        told = select(StaffNotice.id).where(
            StaffNotice.request_id == request_id, StaffNotice.kind == NOTICE, StaffNotice.created_datetime >= since
        )
        if request_id is None or (await session.execute(told.limit(1))).first():
            return
        for account_id in await who_watches(session):
            tell_staff(session, account_id, request_id, NOTICE)


async def who_watches(session: AsyncSession) -> list[int]:
    """Everybody who may set the routing."""
    with_roles = selectinload(Account.grants).joinedload(AccountRole.role)
    accounts = (await session.execute(select(Account).where(Account.active).options(with_roles))).scalars()
    return sorted(account.id for account in accounts if grants_of(account, MAY))


async def waiting_in_triage(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many wait, and since when the first of them."""
    wanted = select(func.count(ServiceRequest.id), func.min(ServiceRequest.triage_datetime)).where(IN_TRIAGE)
    count, since = (await session.execute(wanted)).one()
    return count, since
