"""A change of status with its rollups, triggers and fold, beside the same change without them; both databases."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from app.db import Database
from app.service_requests.change_status import change_status
from app.service_requests.count_triggers import removals, statements
from app.service_requests.counts import differences, fold_all, recount
from app.service_requests.models import ServiceRequest
from app.settings import async_url
from tests.bench.__main__ import Row
from tests.bench.city import demo_city

ROUNDS = 6
CHANGES_A_ROUND = 100
LIMIT = 1.5


async def install(database: Database, made: Iterable[str]) -> None:
    async with database.writing() as session:
        connection = await session.connection()
        for statement in made:
            await connection.exec_driver_sql(statement)


async def round_of(database: Database, ids: Sequence[int], *, counted: bool) -> float:
    """Seconds for one change: each request is closed or opened in a transaction of its own, then all is folded."""
    started = time.perf_counter()
    for request_id in ids:
        async with database.writing() as session:
            request = await session.get_one(ServiceRequest, request_id)
            await change_status(session, request, "reopened" if request.status == "fixed" else "fixed")
    if counted:
        await fold_all(database)
    return (time.perf_counter() - started) / len(ids)


async def measure(url: str) -> tuple[list[float], list[float], int]:
    """(seconds without, seconds with rollups, differences at the end), of alternating rounds on the same requests."""
    database = Database(async_url(url))
    dialect = "sqlite" if database.is_sqlite else "postgresql"
    async with database.reading() as session:
        open_or_fixed = ServiceRequest.status.in_(("received", "accepted", "assigned", "fixed"))
        wanted = select(ServiceRequest.id).where(open_or_fixed, ServiceRequest.duplicate_of_id.is_(None))
        ids = (await session.execute(wanted.order_by(ServiceRequest.id).limit(CHANGES_A_ROUND))).scalars().all()
    without, with_counts = [], []
    for turn in range(ROUNDS + 1):
        await install(database, removals(dialect))
        bare = await round_of(database, ids, counted=False)
        await install(database, statements(dialect))
        ours = await round_of(database, ids, counted=True)
        if turn:  # The first round warms both up.
            without.append(bare)
            with_counts.append(ours)
    # What changed while nobody counted is counted now; after it, one more round must leave the rollups exact.
    await recount(database)
    await round_of(database, ids, counted=True)
    async with database.reading() as session:
        wrong = len(await differences(session))
    await database.close()
    return without, with_counts, wrong


def run() -> list[Row]:
    return [row for kind in ("sqlite", "postgis") for row in rows_of(kind)]


def rows_of(kind: str) -> list[Row]:
    with demo_city(kind) as city:
        without, ours, wrong = asyncio.run(measure(city.environ["BLOCKWISE_DATABASE_URL"]))
    bare, counted = statistics.median(without) * 1000, statistics.median(ours) * 1000
    return [
        Row(
            name=f"change of status with its rollups, {kind}",
            value=counted,
            unit="ms",
            limit=f"<= {LIMIT} of the same without",
            ratio=counted / bare,
            ok=counted / bare <= LIMIT,
            detail=f"without {bare:.2f} ms; median of {ROUNDS} rounds of {CHANGES_A_ROUND}, the fold included",
        ),
        Row(
            name=f"rollups that differ from the rows, {kind}",
            value=wrong,
            unit="",
            limit="0",
            ratio=None,
            ok=wrong == 0,
            detail="recounted after the last round",
        ),
    ]
