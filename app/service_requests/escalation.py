"""Staff is told of promises at risk or missed, step by step: a sweep of the worker that goes by one small index.

A request stands in that index under the moment of its next step, `clock_datetime`. Steps from then until now are
taken, and it moves on to the one after, in one transaction: a step is taken once, and none is left out while no
worker runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountRole
from app.db import Database
from app.jurisdictions.models import Area
from app.service_requests.escalation_models import ASSIGNEE, AT_RISK, CLERK, EscalationStep, StaffNotice
from app.service_requests.models import RequestArea, ServiceRequest
from app.services.models import Service

BATCH = 500
# What `due` selects.
Due: TypeAlias = Select[
    int, int, int | None, int | None, datetime | None, datetime | None, datetime | None, datetime | None
]
DueRow: TypeAlias = Row[
    int, int, int | None, int | None, datetime | None, datetime | None, datetime | None, datetime | None
]


@dataclass(frozen=True, slots=True)
class Staff:
    """Who may be told, and by which steps. `areas`: (layer, code) of each request, where a grant asks for them."""

    steps: Sequence[EscalationStep]
    grants: Sequence[AccountRole]
    groups: dict[int, str]
    areas: set[tuple[int, str, str]]
    # Whoever of those that have one of the requests still works here.
    active: set[int | None]

    def of(self, role: str, request: DueRow) -> Iterator[int]:
        """The accounts that have a role for this request; ASSIGNEE is whose work it is, or else CLERK."""
        if role == ASSIGNEE and request.assignee_id in self.active:
            yield request.assignee_id
            return
        role = CLERK if role == ASSIGNEE else role
        for grant in self.grants:
            if (
                grant.role_code == role
                and grant.department_id in (None, request.department_id)
                and grant.service_id in (None, request.service_id)
                and (grant.layer is None or (request.id, grant.layer, grant.area_code) in self.areas)
            ):
                yield grant.account_id

    def steps_of(self, request: DueRow) -> Iterator[tuple[datetime, EscalationStep]]:
        """Its steps, each with its moment; none for one that was closed by an import, which knows no clock."""
        if request.closed_datetime is not None:
            return
        for step in self.steps:
            since = request.at_risk_datetime if step.since == AT_RISK else request.expected_datetime
            if since is None or step.group not in (None, self.groups.get(request.service_id)):
                continue
            if step.department_id in (None, request.department_id):
                yield since + timedelta(hours=step.after_hours), step


def tell_staff(
    session: AsyncSession, account_id: int, request_id: int, kind: str, facts: dict[str, Any] | None = None
) -> None:
    """Has a member of staff told of a request, with what else is written in this transaction (`StaffNotice`)."""
    notice = StaffNotice(account_id=account_id, request_id=request_id, kind=kind, facts=facts or {})
    notice.created_datetime = datetime.now(UTC)
    session.add(notice)


async def sweep_clock(database: Database) -> None:
    """Takes the steps that are due, a batch in each transaction."""
    while await sweep_batch(database) == BATCH:
        pass


async def sweep_batch(database: Database) -> int:
    now = datetime.now(UTC)
    async with database.reading() as session:
        if not (await session.execute(due(now).limit(1))).first():
            return 0
    async with database.writing() as session:
        return await take_steps(session, now)


def due(now: datetime) -> Due:
    """Those whose next step has come. Read by the partial index of the model."""
    request = ServiceRequest
    columns = (
        request.id,
        request.service_id,
        request.department_id,
        request.assignee_id,
        request.expected_datetime,
        request.at_risk_datetime,
        request.clock_datetime,
        request.closed_datetime,
    )
    return select(*columns).where(request.clock_datetime <= now).order_by(request.clock_datetime)


async def take_steps(session: AsyncSession, now: datetime) -> int:
    # One that somebody is changing is left for the next sweep.
    found = (await session.execute(due(now).limit(BATCH).with_for_update(skip_locked=True))).all()
    if not found:
        return 0
    staff = await load_staff(session, found)
    notices = [notice for request in found for notice in notices_of(request, staff, now)]
    if notices:
        await session.execute(insert(StaffNotice), notices)
    moved_on = [{"id": request.id, "clock_datetime": next_step(request, staff, now)} for request in found]
    await session.execute(update(ServiceRequest), moved_on)
    return len(found)


def notices_of(request: DueRow, staff: Staff, now: datetime) -> Iterator[dict[str, Any]]:
    """The rows of the steps that have come; of several that tell the same person the same, one."""
    told = {
        (account_id, step.since)
        for moment, step in staff.steps_of(request)
        if request.clock_datetime <= moment <= now
        for account_id in staff.of(step.role, request)
    }
    for account_id, kind in sorted(told):
        yield {"account_id": account_id, "request_id": request.id, "kind": kind, "created_datetime": now}


def next_step(request: DueRow, staff: Staff, now: datetime) -> datetime | None:
    """When the next one comes; without any, when the promise ends, for steps that are written meanwhile."""
    coming = [moment for moment, _ in staff.steps_of(request)]
    if request.closed_datetime is None and request.expected_datetime is not None:
        coming.append(request.expected_datetime)
    return min((moment for moment in coming if moment > now), default=None)


async def load_staff(session: AsyncSession, requests: Sequence[DueRow]) -> Staff:
    steps = (await session.execute(select(EscalationStep).order_by(EscalationStep.id))).scalars().all()
    roles = {step.role for step in steps} | {CLERK}
    active = select(AccountRole).join(Account, Account.id == AccountRole.account_id).where(Account.active)
    grants = (await session.execute(active.where(AccountRole.role_code.in_(roles)))).scalars().all()
    services = (await session.execute(select(Service.id, Service.group))).all()
    areas: set[tuple[int, str, str]] = set()
    having = {request.assignee_id for request in requests if request.assignee_id is not None}
    there = await session.execute(select(Account.id).where(Account.id.in_(having), Account.active))
    if any(grant.layer is not None for grant in grants):
        request_ids = [request.id for request in requests]
        within = select(RequestArea.request_id, Area.layer, Area.code).join(Area, Area.id == RequestArea.area_id)
        rows = await session.execute(within.where(RequestArea.request_id.in_(request_ids)))
        areas = {(request_id, layer, code) for request_id, layer, code in rows}
    return Staff(steps, grants, {row.id: row.group for row in services}, areas, set(there.scalars()))
