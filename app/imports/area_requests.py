"""Requests that are here already get the areas in which they lie, each on its own day.

New areas bring a job with them. Whoever imports does it at once; when they are stopped, the worker does. A page of
requests is a transaction of its own: nobody waits for all of them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.imports.area_pairs import (
    Asked,
    Pairs,
    kept_pairs,
    only,
    read_again,
    read_page,
    requests_of,
    right_pairs,
    write_pairs,
)
from app.imports.progress import Pace, Progress, no_progress
from app.imports.request_rows import sum_up
from app.jobs import Job
from app.jurisdictions.area_index import AreaIndex
from app.jurisdictions.queries import city_versions, load_areas
from app.service_requests.models import ServiceRequest
from app.service_requests.placing import ASSIGN

# By then whoever imported has done it, or was stopped.
WORKER_AFTER = timedelta(minutes=10)
PAGE = 10_000
FOLD_AFTER = 10
# Who began before the areas came may still write by the old ones. Nobody writes for so long.
MOST_WAITED = 30.0
LOOK_EVERY = 0.1
OTHERS_SINCE = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend' AND xact_start < :moment"
)


@dataclass(slots=True)
class Ground:
    """The areas of a layer (None: of all) at a version, and the city's clock."""

    layer: str | None
    version: int = -1
    index: AreaIndex | None = None

    async def right(self, session: AsyncSession, asked: Asked) -> Pairs:
        """The pairs as they should be, by the areas that this transaction sees."""
        city = await city_versions(session)
        if self.index is None or self.version != city.areas_version:
            self.index, self.version = await load_areas(session, self.layer), city.areas_version
        return await asyncio.to_thread(right_pairs, self.index, ZoneInfo(city.timezone), asked)


def plan_to_assign(session: AsyncSession, layer: str | None) -> None:
    """In the transaction that changes areas: whatever happens, requests will follow. None stands for all layers."""
    due = datetime.now(UTC) + WORKER_AFTER
    session.add(Job(name=ASSIGN, arguments={"layer": layer}, run_datetime=due))


async def assign_planned(database: Database, layer: str | None, progress: Progress = no_progress) -> int:
    """Does what is planned for a layer; also what somebody left who was stopped. Returns how many requests changed."""
    async with database.reading() as session:
        jobs = (await session.execute(select(Job.id, Job.arguments).where(Job.name == ASSIGN))).all()
    planned = {job.arguments["layer"]: job.id for job in jobs if job.arguments["layer"] in (layer, None)}
    if not planned:
        return 0
    moved = await assign(database, None if None in planned else layer, progress)
    done = [job.id for job in jobs if job.arguments["layer"] in planned]
    async with database.writing() as session:
        await session.execute(delete(Job).where(Job.id.in_(done)))
    return moved


async def assign_job(database: Database, arguments: dict[str, Any]) -> None:
    """What an import planned and did not come to do."""
    await assign(database, arguments["layer"])


async def assign(database: Database, layer: str | None, progress: Progress = no_progress) -> int:
    """Gives every request exactly the areas of the layer in which it lies. Returns how many lay in others before."""
    await older_transactions_end(database)
    async with database.reading() as session:
        total = (await session.execute(select(func.count()).select_from(ServiceRequest))).scalar_one()
    if not total:
        return 0
    pace, ground = Pace(progress, "placing requests", total), Ground(layer)
    last, moved, turn = 0, 0, 0
    while True:
        asked, wrong = await assign_page(database, ground, last)
        if not asked.ids:
            break
        last, moved, turn = asked.ids[-1], moved + wrong, turn + 1
        if turn % FOLD_AFTER == 0:
            await sum_up(database)
        pace.add(len(asked.ids))
    await sum_up(database)
    pace.tell()
    return moved


async def assign_page(database: Database, ground: Ground, after: int) -> tuple[Asked, int]:
    """A page of the requests with a higher id, and how many of them lay in other areas until now."""
    async with database.writing() as session:
        asked = await read_page(session, after, PAGE)
        right = await ground.right(session, asked)
        kept = await kept_pairs(session, asked, ground.layer)
        wrong = requests_of(kept ^ right)
        if wrong and not database.is_sqlite:
            # With the rows locked: a pin may have been moved, and its areas written, since they were read.
            again = await read_again(session, wrong)
            if again != asked.only(wrong):
                right = await ground.right(session, again)
            kept, right = await kept_pairs(session, again, ground.layer), only(right, again.ids)
        await write_pairs(session, remove=kept - right, add=right - kept)
    return asked, len(requests_of(kept ^ right))


async def older_transactions_end(database: Database) -> None:
    """Until all that began before this moment have ended: they may have placed a request by the areas of before.

    On SQLite there are none: a writer reads the areas when it is alone already.
    """
    if database.is_sqlite:
        return
    async with database.reading() as session:
        moment = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    waited = 0.0
    while waited < MOST_WAITED:
        async with database.reading() as session:
            if not (await session.execute(OTHERS_SINCE, {"moment": moment})).scalar_one():
                return
        await asyncio.sleep(LOOK_EVERY)
        waited += LOOK_EVERY
