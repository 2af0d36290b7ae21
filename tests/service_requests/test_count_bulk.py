"""Requests that are written by the thousand are counted as if each had come alone."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

from sqlalchemy import func, insert, select

from app.db import Database, point
from app.imports.request_store import next_ids
from app.service_requests.cells import cell_key
from app.service_requests.count_bulk import count_new, uncounted
from app.service_requests.count_models import CountChange, CountingPaused
from app.service_requests.counts import differences, fold_all
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.workflow import STATUSES
from app.services.models import Service
from tests.service_requests.city import LAT, LONG, days_ago, report

MANY = 300


async def write_many(city: Database, *, count: bool = True) -> None:
    """Requests of all kinds, near and far, some closed, some late; in no area, or in one, or in both."""
    dice = random.Random(311)
    async with city.writing() as session:
        services = (await session.execute(select(Service.id))).scalars().all()
        ids = await next_ids(session, MANY)
        areas = [(number, area) for number in ids for area in (1, 2) if dice.random() < 0.6]
        requests = []
        for number in ids:
            lat, long = LAT + dice.choice([0, dice.uniform(-0.3, 0.3)]), LONG + dice.choice([0, 0.0001])
            status, filed = dice.choice(list(STATUSES)), days_ago(dice.randrange(800))
            closed = filed + timedelta(hours=dice.randrange(2_000))
            requests.append({
                "id": number, "service_request_id": str(uuid.UUID(int=number))[-14:], "status": status,
                "service_id": dice.choice(services), "location": point(lat, long), "cell": cell_key(lat, long),
                "requested_datetime": filed, "updated_datetime": filed, "late": dice.random() < 0.3,
                "closed_datetime": None if STATUSES[status].is_open else dice.choice([closed, None]),
                "source": dice.choice(["import", "phone", "O'Neill {}%s"]),
            })  # fmt: skip
        async with uncounted(session):
            await session.execute(insert(ServiceRequest), requests)
            if areas:
                await session.execute(insert(RequestArea), [{"request_id": r, "area_id": a} for r, a in areas])
        if count:
            await count_new(session, ids, areas)


async def rows_of(city: Database, model: type[CountChange] | type[CountingPaused]) -> int:
    async with city.reading() as session:
        return (await session.execute(select(func.count(model.id)))).scalar_one()


async def wrong(city: Database) -> list[str]:
    async with city.reading() as session:
        return await differences(session)


async def test_thousands_are_counted_at_once_and_exactly(city: Database) -> None:
    await write_many(city)
    await write_many(city)
    assert await rows_of(city, CountChange) == await rows_of(city, CountingPaused) == 0
    assert await wrong(city) == []


async def test_what_is_written_uncounted_is_missed_by_the_check(city: Database) -> None:
    await write_many(city, count=False)
    assert await wrong(city)


async def test_a_report_after_it_notes_its_change_as_ever(city: Database) -> None:
    await write_many(city)
    await report(city)
    assert await rows_of(city, CountChange) > 0
    assert await wrong(city) == []
    await fold_all(city)
    assert await wrong(city) == []
