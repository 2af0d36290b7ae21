"""The rollups are exact at every moment: after every action, before and after they are folded."""

from __future__ import annotations

from sqlalchemy import delete, func, select

from app.db import Database
from app.service_requests.change_status import change_status
from app.service_requests.correct_place import move
from app.service_requests.count_models import CountChange
from app.service_requests.counts import differences, fold_all, recount
from app.service_requests.models import ServiceRequest
from app.service_requests.people import lock
from app.service_requests.submission import Submission
from tests.service_requests.city import EAST_LONG, LAT, POTHOLE, report, set_facts, stored


async def exact(city: Database) -> bool:
    async with city.reading() as session:
        return await differences(session) == []


async def waiting(city: Database) -> int:
    async with city.reading() as session:
        return (await session.execute(select(func.count(CountChange.id)))).scalar_one()


async def test_each_action_is_counted_before_and_after_folding(city: Database) -> None:
    first, second, private = [await report(city, service_code=code) for code in ("pothole", "tree", "drugs")]
    assert await waiting(city) == 6 and await exact(city)
    await fold_all(city)
    assert await waiting(city) == 0 and await exact(city)
    async with city.writing() as session:
        await change_status(session, await stored(city, first), "fixed")
    async with city.writing() as session:
        await change_status(session, await stored(city, second), "duplicate", duplicate_of=first)
    async with city.writing() as session:
        moved = (await lock(session, first.id))[first.id]
        assert await move(session, moved, Submission(service_code="pothole", source="web", lat=LAT, long=EAST_LONG))
    await set_facts(city, private, service_id=POTHOLE)
    assert await waiting(city) and await exact(city)
    await fold_all(city)
    assert await exact(city)
    async with city.writing() as session:
        await session.execute(delete(ServiceRequest).where(ServiceRequest.id == private.id))
    assert await waiting(city) == 2 and await exact(city)
    await fold_all(city)
    assert await exact(city)
    await recount(city)
    assert await exact(city)
