from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.accounts.team_models import Team
from app.db import Database
from app.service_requests.models import ServiceRequest, Update
from app.work.models import WorkOrder
from app.work.orders import Plan, make_order
from tests.service_requests.city import STREETS, make_city

MONDAY, TUESDAY = date(2026, 11, 30), date(2026, 12, 1)
CREW = 7


@pytest.fixture
async def city(database: Database) -> Database:
    """The small city, with a crew of its streets department."""
    await make_city(database)
    async with database.writing() as session:
        session.add(Team(id=CREW, code="crew-7", name="Crew 7", department_id=STREETS))
    return database


def plan(title: str = "Fill the hole", **more: object) -> Plan:
    return Plan(title, **{"department_id": STREETS, "team_id": CREW, "planned_date": MONDAY, **more})


async def order_for(city: Database, *requests: ServiceRequest, **more: object) -> WorkOrder:
    async with city.writing() as session:
        return await make_order(session, requests, plan(**more))


async def order_now(city: Database, order: WorkOrder) -> WorkOrder:
    async with city.reading() as session:
        wanted = select(WorkOrder).where(WorkOrder.id == order.id)
        options = selectinload(WorkOrder.requests), selectinload(WorkOrder.lines)
        return (await session.execute(wanted.options(*options))).scalar_one()


async def statuses(city: Database, *requests: ServiceRequest) -> list[str]:
    """As they are now, in the order of the arguments."""
    async with city.reading() as session:
        rows = await session.execute(select(ServiceRequest.id, ServiceRequest.status))
        now = {row.id: row.status for row in rows}
    return [now[request.id] for request in requests]


async def timeline(city: Database, request: ServiceRequest) -> list[Update]:
    async with city.reading() as session:
        wanted = select(Update).where(Update.request_id == request.id).order_by(Update.id)
        return list((await session.execute(wanted)).scalars())
