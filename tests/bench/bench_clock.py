"""The clock of a million open requests: a minute's worth of promises come to be at risk or late, on both databases.

`BLOCKWISE_BENCH_OPEN=20000 make bench ONLY=clock` runs a small one.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountRole
from app.db import Database
from app.imports.bulk import Dialect, dialect_of, ewkb, write
from app.jurisdictions.models import Department
from app.service_requests.cells import cell_key
from app.service_requests.count_bulk import uncounted
from app.service_requests.escalation import sweep_clock
from app.service_requests.escalation_models import StaffNotice
from app.service_requests.late import sweep_late
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.suspensions import sweep_suspensions
from app.services.models import Service
from app.settings import async_url
from tests.bench.__main__ import Row
from tests.bench.city import City, demo_city

OPEN = int(os.environ.get("BLOCKWISE_BENCH_OPEN", 1_000_000))
CHUNK = 20_000
SEED = 311
ROUNDS = 10
# A sweep each half minute. A million promises of four weeks: 25 of them end in each minute, and 25 come to be at risk.
SWEEPS_A_MINUTE = 2
WEEKS = timedelta(days=28)
LIMIT_MS = 1000
COLUMNS = (
    "id, service_request_id, service_id, department_id, status, description, description_public, answers, location, "
    "cell, place_source, address_string, requested_datetime, updated_datetime, expected_datetime, at_risk_datetime, "
    "clock_datetime, source, locale, reporter_count, follower_count, late"
)
Sweep = Callable[[Database], Awaitable[None]]


async def fill(database: Database, place: tuple[float, float]) -> int:
    """So many open requests, none of them due, beside the demo city's, whose clocks stop. Returns their first id."""
    dice = random.Random(SEED)
    async with database.writing() as session:
        services = (await session.execute(select(Service.id).order_by(Service.id))).scalars().all()
        departments = (await session.execute(select(Department.id).order_by(Department.id))).scalars().all()
        now = datetime.now(UTC)
        await session.execute(update(ServiceRequest).values(clock_datetime=None))
        await bring_staff(session, departments, now)
        first = ((await session.execute(select(func.max(ServiceRequest.id)))).scalar() or 0) + 1
    for start in range(first, first + OPEN, CHUNK):
        ids = range(start, min(start + CHUNK, first + OPEN))
        async with database.writing() as session:
            connection = await session.connection()
            dialect = dialect_of(connection)
            rows = (row(number, dialect, dice, services, departments, place, now) for number in ids)
            async with uncounted(session):
                await write(connection, "service_requests", COLUMNS, dialect.rows(rows))
    async with database.writing() as session:
        await session.execute(text("ANALYZE"))
    return first


async def bring_staff(session: AsyncSession, departments: Sequence[int], now: datetime) -> None:
    """Three clerks and a supervisor in each department, and nobody else who is told."""
    await session.execute(update(Account).values(active=False))
    for department in departments:
        for place, role in enumerate(("clerk", "clerk", "clerk", "supervisor")):
            email = f"{role}{place}.{department}@bench.example"
            account = Account(email=email, name=email, password_hash="-", created_datetime=now)
            session.add(account)
            await session.flush()
            session.add(AccountRole(account_id=account.id, role_code=role, department_id=department))


def row(
    number: int,
    dialect: Dialect,
    dice: random.Random,
    services: Sequence[int],
    departments: Sequence[int],
    place: tuple[float, float],
    now: datetime,
) -> tuple[object, ...]:
    lat, long = place[0] + dice.uniform(-0.05, 0.05), place[1] + dice.uniform(-0.05, 0.05)
    filed = dialect.moment(now - WEEKS * dice.random())
    # Later than the bench takes.
    at_risk = now + timedelta(hours=6) + WEEKS * dice.random()
    risk, expected = dialect.moment(at_risk), dialect.moment(at_risk + WEEKS / 4)
    return (
        number, f"B{number:011}", dice.choice(services), dice.choice(departments), "received", "", False, "{}",
        ewkb(long, lat), cell_key(lat, long), "pin", "", filed, filed, expected, risk, risk, "web", "en", 1, 0, False,
    )  # fmt: skip


async def a_minute(database: Database, ids: Sequence[int]) -> None:
    """Time passes for some: the first half comes to be at risk, the other is late. Not part of what is measured."""
    just_now = datetime.now(UTC) - timedelta(seconds=1)
    half = len(ids) // 2
    async with database.writing() as session:
        at_risk = {"at_risk_datetime": just_now, "clock_datetime": just_now}
        await session.execute(update(ServiceRequest).where(ServiceRequest.id.in_(ids[:half])).values(**at_risk))
        late = {"expected_datetime": just_now, "clock_datetime": just_now, "at_risk_datetime": just_now - WEEKS}
        await session.execute(update(ServiceRequest).where(ServiceRequest.id.in_(ids[half:])).values(**late))


async def measure(city: City) -> tuple[list[float], list[float], int]:
    """(milliseconds of each minute's sweeps, of each scan for the same, how many were left out or told twice)."""
    database = Database(async_url(city.environ["BLOCKWISE_DATABASE_URL"]))
    first = await fill(database, city.place)
    due = max(2, round(OPEN / (WEEKS / timedelta(minutes=1)) * 2))
    dice = random.Random(SEED)
    chosen = dice.sample(range(first, first + OPEN), due * (ROUNDS + 1))
    sweeps: tuple[Sweep, ...] = (sweep_suspensions, sweep_late, sweep_clock)
    ours, scans = [], []
    for turn in range(ROUNDS + 1):
        await a_minute(database, chosen[turn * due : (turn + 1) * due])
        started = time.perf_counter()
        for _ in range(SWEEPS_A_MINUTE):
            for sweep in sweeps:
                await sweep(database)
        ours.append((time.perf_counter() - started) * 1000)
        scans.append(await scan(database))
    wrong = await left_out_or_twice(database, first, due)
    await database.close()
    # The first round warms both up.
    return ours[1:], scans[1:], wrong


async def scan(database: Database) -> float:
    """What one look at every open request would take: no index knows this sum."""
    started = time.perf_counter()
    async with database.reading() as session:
        await session.execute(text("SELECT count(*) FROM service_requests WHERE expected_datetime || '' < '1'"))
    return (time.perf_counter() - started) * 1000


async def left_out_or_twice(database: Database, first: int, due: int) -> int:
    half = due // 2
    async with database.reading() as session:
        late = select(func.count()).select_from(Update).where(Update.kind == "late", Update.request_id >= first)
        told = select(StaffNotice.kind, func.count(StaffNotice.request_id.distinct()), func.count())
        rows = (await session.execute(told.where(StaffNotice.request_id >= first).group_by(StaffNotice.kind))).all()
        found = {kind: (requests, notices) for kind, requests, notices in rows}
        entries = (await session.execute(late)).scalar_one()
    rounds = ROUNDS + 1
    wanted = {"at_risk": (half * rounds, half * rounds * 3), "late": ((due - half) * rounds, (due - half) * rounds)}
    wrong = abs(entries - (due - half) * rounds)
    return wrong + sum(
        abs(a - b) for kind in wanted for a, b in zip(wanted[kind], found.get(kind, (0, 0)), strict=True)
    )


def run() -> list[Row]:
    return [row for kind in ("sqlite", "postgis") for row in rows_of(kind)]


def rows_of(kind: str) -> list[Row]:
    with demo_city(kind) as city:
        ours, scans, wrong = asyncio.run(measure(city))
    longest = max(ours)
    return [
        Row(
            name=f"a minute of the clock over {OPEN:,} open requests, {kind}",
            value=longest,
            unit="ms",
            limit=f"at most {LIMIT_MS} ms",
            ratio=longest / LIMIT_MS,
            ok=longest <= LIMIT_MS,
            detail=f"median of {ROUNDS} {statistics.median(ours):.0f}; one scan {statistics.median(scans):.0f}",
        ),
        Row(
            name=f"promises left out or told twice, {kind}",
            value=wrong,
            unit="",
            limit="0",
            ratio=None,
            ok=wrong == 0,
            detail="at risk and late, counted in the notices and the timelines",
        ),
    ]
