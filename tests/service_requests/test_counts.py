"""The rollups are exact at every moment: after every action, before and after they are folded."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from app.db import Database
from app.jobs import Worker
from app.jurisdictions.models import Jurisdiction
from app.service_requests.change_status import change_status
from app.service_requests.correct_place import move
from app.service_requests.count_models import AreaCount, CountChange
from app.service_requests.counts import differences, fold_all, recount, recount_job
from app.service_requests.late import sweep_late, wrongly_marked
from app.service_requests.missed import Missed
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.people import lock
from app.service_requests.submission import Submission
from app.service_requests.workflow import STATUSES
from app.services.models import Service
from tests.performance.past import HOUR, past
from tests.service_requests.cell_figures import cell_figures
from tests.service_requests.city import EAST_LONG, GRAFFITI, LAT, POTHOLE, days_ago, report, set_facts, stored


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


EVERYWHERE = [(0, 1 << 24)]
LITERALLY = {"literal_binds": True}


async def figures(city: Database) -> tuple[int, ...]:
    """open, late, closed and duplicate of the city."""
    async with city.reading() as session:
        rows = (await session.execute(cell_figures(12, EVERYWHERE))).all()
    return tuple(int(sum(column)) for column in list(zip(*rows, strict=True))[1:]) or (0, 0, 0, 0)


async def test_each_status_counts_as_the_workflow_says(city: Database) -> None:
    request = await report(city)
    wanted = {True: (1, 0, 0, 0), False: (0, 0, 1, 0)}
    for code, status in STATUSES.items():
        await set_facts(city, request, status=code, closed_datetime=None if status.is_open else datetime.now(UTC))
        assert await figures(city) == ((0, 0, 0, 1) if code == "duplicate" else wanted[status.is_open]), code


async def test_the_sweep_marks_what_is_late_and_a_change_of_status_keeps_the_mark(city: Database) -> None:
    request = await report(city)
    await sweep_late(city)
    assert await figures(city) == (1, 0, 0, 0)
    await set_facts(city, request, expected_datetime=days_ago(1))
    await sweep_late(city)
    assert await figures(city) == (0, 1, 0, 0)
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "fixed", missed=Missed("other", "It took long."))
    assert await figures(city) == (0, 0, 1, 0) and not (await stored(city, request)).late
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "reopened")
    assert await figures(city) == (0, 1, 0, 0)
    await set_facts(city, request, expected_datetime=None)
    await sweep_late(city)
    assert await figures(city) == (1, 0, 0, 0) and await exact(city)


@pytest.mark.parametrize("late", [True, False])
async def test_the_sweep_goes_by_its_small_index(city: Database, late: bool) -> None:
    # Of a few rows every index would do.
    await past(city, 500, None, HOUR)
    async with city.writing() as session:
        await session.execute(text("ANALYZE"))
        connection = await session.connection()
        wanted = wrongly_marked(session.get_bind().dialect.name, late, datetime.now(UTC))
        wanted = wanted.compile(connection.sync_engine, compile_kwargs=LITERALLY)
        if not city.is_sqlite:
            await session.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if city.is_sqlite else "EXPLAIN"
        plan = "\n".join(str(row) for row in await connection.exec_driver_sql(f"{explain} {wanted}"))
    assert f"ix_service_requests_{'due' if late else 'late'}" in plan


async def test_an_area_that_comes_beside_a_change_of_status_is_counted_as_it_ends(city: Database) -> None:
    for area_first in (True, False):
        request = await report(city)
        began = asyncio.Event()

        async def area(number: int = request.id, first: bool = area_first, began: asyncio.Event = began) -> None:
            await began.wait() if not first else None
            async with city.writing() as session:
                await session.execute(insert(RequestArea), [{"request_id": number, "area_id": 2}])
                began.set()
                await asyncio.sleep(0.3 if first else 0)

        async def close(number: int = request.id, first: bool = area_first, began: asyncio.Event = began) -> None:
            await began.wait() if first else None
            async with city.writing() as session:
                here = update(ServiceRequest).where(ServiceRequest.id == number)
                await session.execute(here.values(status="fixed", closed_datetime=datetime.now(UTC)))
                began.set()
                await asyncio.sleep(0 if first else 0.3)

        await asyncio.gather(area(), close())
        assert await exact(city)
        async with city.reading() as session:
            signs = select(func.sum(CountChange.sign)).where(CountChange.area_id == 2, CountChange.standing == "open")
            assert not (await session.execute(signs)).scalar()


async def test_a_service_made_private_leaves_the_counts_with_the_next_job(city: Database) -> None:
    await report(city)
    await fold_all(city)
    async with city.writing() as session:
        await session.execute(update(Service).where(Service.id == POTHOLE).values(private=True))
    assert not await exact(city)
    assert await Worker(city, {"recount": recount_job}).run_one()
    assert await exact(city)
    async with city.reading() as session:
        assert (await session.execute(cell_figures(12, EVERYWHERE, each=True))).all() == []
        assert (await session.execute(select(AreaCount).where(AreaCount.service_id == 0))).all() == []
    assert not await Worker(city, {"recount": recount_job}).run_one()


async def test_a_service_of_another_group_counts_with_that_one_from_the_next_job(city: Database) -> None:
    for code in ("pothole", "graffiti", "tree"):
        await report(city, service_code=code)
    await fold_all(city)
    async with city.writing() as session:
        await session.execute(update(Service).where(Service.id == POTHOLE).values(group="safety"))
    assert await Worker(city, {"recount": recount_job}).run_one()
    assert await exact(city)
    async with city.reading() as session:
        by_group = (
            await session.execute(cell_figures(12, EVERYWHERE, group_keys=[-POTHOLE, -GRAFFITI], each=True))
        ).all()
    assert {(row.service_id, row.open) for row in by_group} == {(-POTHOLE, 1), (-GRAFFITI, 2)}


async def test_another_time_zone_moves_requests_to_another_day(city: Database) -> None:
    request = await report(city)
    await set_facts(city, request, requested_datetime=datetime(2024, 3, 10, 4, 59, 59, 999_999, tzinfo=UTC))
    async with city.writing() as session:
        found = (await session.execute(select(Jurisdiction))).scalar_one()
        assert await filed_days(city) == {20240309}
        found.timezone = "Europe/Madrid"
    assert await Worker(city, {"recount": recount_job}).run_one()
    assert await filed_days(city) == {20240310} and await exact(city)


async def filed_days(city: Database) -> set[int]:
    """The days on which the city has a request, folded."""
    if await waiting(city):
        async with city.reading() as session:
            changes = (await session.execute(select(CountChange.filed, CountChange.sign))).all()
        days = {day for day, _ in changes}
        return {day for day in days if sum(sign for other, sign in changes if other == day)}
    async with city.reading() as session:
        days = select(AreaCount.period).where(AreaCount.area_id == 0, AreaCount.period % 100 != 0)
        return set((await session.execute(days)).scalars())
