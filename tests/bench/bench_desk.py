"""The queue of the desk, 2,000 open requests and 200,000: the first page of every filter must cost nearly the same.

Two cities on PostGIS, alike but for how much is open. The same pages are made for the same people in both, in turn,
by the functions that the server's page is made of: its requests, their lines, and the numbers of all views.
`BLOCKWISE_BENCH_OPEN=200,20000 make bench ONLY=desk` runs a small one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import Account, AccountRole
from app.accounts.team_models import Team, TeamMember
from app.db import Database
from app.imports.bulk import Dialect, dialect_of, ewkb, write
from app.jurisdictions.models import Department
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.service_requests.cells import cell_key
from app.service_requests.count_bulk import uncounted
from app.service_requests.identifiers import new_service_request_ids
from app.service_requests.models import ServiceRequest
from app.service_requests.workflow import OPEN as OPEN_STATUSES
from app.services.models import Service
from app.settings import async_url
from app.staff.queue_counts import view_counts
from app.staff.queue_filter import SORTS, VIEWS, read_filter
from app.staff.queue_lines import lines
from app.staff.queue_rows import queue_page
from tests.bench.__main__ import Row
from tests.bench.city import City, demo_city

SIZES = [int(size) for size in os.environ.get("BLOCKWISE_BENCH_OPEN", "2000,200000").split(",")]
SEED, CHUNK, TEAMS, PEOPLE = 311, 20_000, 20, 100
ROUNDS, GROWTH = 3, 1.5
COLUMNS = (
    "id, service_request_id, service_id, department_id, team_id, assignee_id, triage_datetime, status, description, "
    "description_public, answers, location, cell, place_source, address_string, requested_datetime, updated_datetime, "
    "expected_datetime, at_risk_datetime, paused_datetime, source, locale, reporter_count, follower_count, late"
)
STREETS = [
    f"{name} {kind}" for name in ("Elm", "Beacon", "Harbor", "Main", "Union", "Mill") for kind in ("Street", "Road")
]
# The more of one kind there are, the rarer is the last.
SOURCES = ("web", "web", "web", "phone", "phone", "open311")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, and for what."""

    account_id: int
    query: dict[str, str]


class Rows:
    """Open requests, the same for a seed: kinds as unevenly common as in a real city, hands and promises at random."""

    def __init__(self, services: Sequence[Any], departments: Sequence[int], box: Sequence[float]) -> None:
        self.dice, self.services, self.departments = random.Random(SEED), services, departments
        self.box, self.now = box, datetime.now(UTC)
        self.weights = [1 / (place + 1) for place in range(len(services))]

    def row(self, number: int, name: str, dialect: Dialect) -> tuple[tuple[object, ...], float, float]:
        dice, moment = self.dice, dialect.moment
        west, south, east, north = self.box
        lat, long = dice.uniform(south, north), dice.uniform(west, east)
        (service,) = dice.choices(self.services, self.weights)
        filed = self.now - timedelta(days=60) * dice.random()
        expected = None if dice.random() < 0.1 else self.now + timedelta(days=dice.uniform(-10, 50))
        paused = moment(filed) if dice.random() < 0.02 else None
        late = expected is not None and expected < self.now and paused is None
        (status,) = dice.choices(OPEN_STATUSES, [1 / (place + 1) ** 2 for place in range(len(OPEN_STATUSES))])
        at_risk = moment(expected - timedelta(days=dice.uniform(1, 5))) if expected else None
        words = dice.choice(("", "", "A deep hole", "It is dark here at night")) + (
            " zebra" if dice.random() < 0.001 else ""
        )
        hands = (
            dice.randrange(1, TEAMS + 1) if dice.random() < 0.6 else None,
            dice.randrange(1, PEOPLE + 1) if dice.random() < 0.3 else None,
        )
        return (
            (
                number, name, service, self.departments[service % len(self.departments)], *hands,
                moment(filed) if dice.random() < 0.01 else None, status, words, True, "{}", ewkb(long, lat),
                cell_key(lat, long), "pin", f"{dice.randrange(1, 999)} {dice.choice(STREETS)}", moment(filed),
                moment(filed), moment(expected) if expected else None, at_risk, paused, dice.choice(SOURCES), "en",
                1, 0, late,
            ),
            lat,
            long,
        )  # fmt: skip


async def fill(database: Database, count: int) -> list[Asked]:
    """So many open requests beside the demo city's history; gives what is asked of them."""
    async with database.writing() as session:
        services = (await session.execute(select(Service.id).order_by(Service.id))).scalars().all()
        departments = (await session.execute(select(Department.id).order_by(Department.id))).scalars().all()
        # What the demo city has open is not counted.
        stale = {"status": "fixed", "closed_datetime": datetime.now(UTC), "late": False}
        await session.execute(update(ServiceRequest).where(ServiceRequest.closed_datetime.is_(None)).values(**stale))
        index = await areas_index(session, await get_jurisdiction(session))
        first = ((await session.execute(select(func.max(ServiceRequest.id)))).scalar() or 0) + 1
        people = await bring_staff(session, departments)
    made = Rows(services, departments, index.bounds or (0, 0, 1, 1))
    names = new_service_request_ids(count)
    for start in range(0, count, CHUNK):
        async with database.writing() as session:
            connection = await session.connection()
            dialect = dialect_of(connection)
            rows = [made.row(first + at, names[at], dialect) for at in range(start, min(start + CHUNK, count))]
            async with uncounted(session):
                await write(connection, "service_requests", COLUMNS, dialect.rows(iter([row for row, _, _ in rows])))
            lats, longs = np.array([lat for _, lat, _ in rows]), np.array([long for _, _, long in rows])
            found = index.find_many(lats, longs, [made.now.date()] * len(rows))
            pairs = [(row[0], area.id) for (row, _, _), areas in zip(rows, found, strict=True) for area in areas]
            await write(connection, "request_areas", "request_id, area_id", dialect.rows(iter(pairs)))
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
    async with database.reading() as session:
        return list(await everything(session, people, index.shapes("board", made.now.date())))


async def bring_staff(session: AsyncSession, departments: Sequence[int]) -> list[int]:
    """A hundred people and twenty teams; the ids of three: of the whole city, of a department, of an area."""
    await session.execute(text("DELETE FROM team_members"))
    await session.execute(text("DELETE FROM teams"))
    session.add_all([Team(id=at, code=f"t{at}", name=f"Team {at}", active=True) for at in range(1, TEAMS + 1)])
    known = set((await session.execute(select(Account.id))).scalars())
    now = datetime.now(UTC)
    for number in set(range(1, PEOPLE + 1)) - known:
        session.add(
            Account(
                id=number, email=f"b{number}@bench.example", name=f"B {number}", password_hash="-", created_datetime=now
            )
        )
    await session.flush()
    scopes: list[dict[str, Any]] = [{}, {"department_id": departments[0]}, {"layer": "board", "area_code": "1"}]
    people = [PEOPLE - at for at in range(len(scopes))]
    for number, scope in zip(people, scopes, strict=True):
        session.add(AccountRole(account_id=number, role_code="clerk", **scope))
        session.add(TeamMember(team_id=number % TEAMS + 1, account_id=number))
    return people


async def everything(session: AsyncSession, people: Sequence[int], boards: Sequence[Any]) -> Iterator[Asked]:
    services = (await session.execute(select(Service.service_code, Service.group).order_by(Service.id))).all()
    departments = (await session.execute(select(Department.id).order_by(Department.id))).scalars().all()
    lately = datetime.now(UTC).date()
    queries: list[dict[str, str]] = [{"view": view, "sort": sort} for view in VIEWS for sort in SORTS]
    queries += [
        {"service_code": row.service_code}
        for row in (*services[:5], *services[len(services) // 2 :][:5], *services[-5:])
    ]
    queries += [{"group": group} for group in sorted({row.group for row in services})]
    queries += [{"department": str(number)} for number in departments]
    queries += [{"team": str(number)} for number in range(1, TEAMS + 1, 4)]
    queries += [{"status": status} for status in OPEN_STATUSES]
    queries += [{"area": f"board/{one.ref.code}"} for one in boards[:6]]
    queries += [{"source": source} for source in ("web", "phone", "open311", "liaison")]
    queries += [
        {"from": str(lately - timedelta(days=days)), "to": str(lately - timedelta(days=days))} for days in (1, 30, 300)
    ]
    queries += [{"q": words} for words in ("elm", "hole", "zebra", "zebra elm", "nowhere", "12 beacon")]
    queries += [
        {"department": str(departments[0]), "status": "reopened"},
        {"team": "3", "view": "late"},
        {"area": f"board/{boards[0].ref.code}", "service_code": services[10].service_code},
        {"q": "hole", "source": "phone", "sort": "newest"},
        {"view": "unassigned", "group": services[0].group, "sort": "oldest"},
    ]
    return (Asked(person, query) for person in people for query in queries)


async def first_page(database: Database, asked: Asked) -> float:
    """Milliseconds, the best of a few: the machine's other work is not what is measured."""
    times = []
    for _ in range(ROUNDS):
        async with database.reading() as session:
            grants = selectinload(Account.grants).options(joinedload(AccountRole.role))
            account = await session.get_one(Account, asked.account_id, options=[grants])
            started = time.perf_counter()
            page = await queue_page(session, account, read_filter(asked.query))
            await lines(session, account, page.requests)
            await view_counts(session, account)
            times.append((time.perf_counter() - started) * 1000)
    return min(times)


async def measure(cities: Sequence[City]) -> tuple[list[list[float]], list[Asked]]:
    databases = [Database(async_url(city.environ["BLOCKWISE_DATABASE_URL"])) for city in cities]
    asked: list[Asked] = []
    for database, size in zip(databases, SIZES, strict=True):
        asked = await fill(database, size)
    times: list[list[float]] = [[] for _ in databases]
    for one in asked:
        for at, database in enumerate(databases):
            times[at].append(await first_page(database, one))
    for database in databases:
        await database.close()
    return times, asked


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def run() -> list[Row]:
    with contextlib.ExitStack() as stack:
        cities = [stack.enter_context(demo_city("postgis")) for _ in SIZES]
        times, asked = asyncio.run(measure(cities))
    few, many = (p95(one) for one in times)
    slowest = sorted(range(len(asked)), key=lambda at: times[1][at])[-3:]
    worst = "; ".join(f"{times[1][at]:.0f} ms {asked[at].query}" for at in reversed(slowest))
    return [
        {
            "name": f"the desk's queue, {SIZES[1]:,} open, first page of {len(asked)} filters: p95",
            "value": many,
            "unit": "ms",
            "limit": f"≤ {GROWTH} × {SIZES[0]:,} open",
            "ratio": many / few,
            "ok": many / few <= GROWTH,
            "detail": f"{few:.1f} ms for {SIZES[0]:,}; medians {sorted(times[1])[len(asked) // 2]:.1f} and "
            f"{sorted(times[0])[len(asked) // 2]:.1f} ms; slowest {worst}",
        }
    ]
