"""Tiles of requests at growing histories: what a tile costs must not grow with them.

BLOCKWISE_BENCH_REQUESTS names other sizes ("postgis:100000,1000000,10000000;sqlite:50000,500000"). The same random
tiles under the same filters are asked at each size, in turn, through the same functions as the server's. The bare
query beside it is one ST_AsMVT over a table that holds exactly the features of that tile. BLOCKWISE_BENCH_KEPT is the
address of a PostgreSQL server on which the filled databases are left and found again: ten million take half an hour.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, keep_plans
from app.maps.figure_places import places_of_tile
from app.maps.figures import cells_by_group, cells_of_tile, values_of_tile
from app.maps.filters import MapFilter, read_filter
from app.maps.grid import TileAt, shown_level
from app.maps.regions import counted_region
from app.maps.request_tiles import MOST_BYTES, fitting_tile
from app.maps.tile_layers import as_tile, features_in_sql
from app.schema import migrate
from app.service_requests.cells import tile_of
from app.settings import async_url
from tests.bench.new_york import SEED, Sample, fill, read_sample
from tests.servers import postgres_cluster

SIZES = "postgis:100000,1000000;sqlite:50000,500000"
TILES = 120
COMPARED = 40
GROWTH, OVER_BARE = 1.3, 2.0
# What people ask for, by whether it is counted. The days of counted ones are whole months or end the sample.
COUNTED: list[dict[str, str]] = [
    {},
    {"status": "late"},
    {"status": "open,late"},
    {"service_code": "kind-40"},
    {"group": "NYPD"},
    {"group": "HPD,DSNY", "status": "closed"},
    {"colour": "group"},
    {"filed_from": "2019-09-01", "filed_to": "2019-09-30"},
    {"filed_from": "2019-08-01", "filed_to": "2019-10-31", "group": "NYPD"},
]
DAYS: list[dict[str, str]] = [
    {"filed_from": "2019-10-20", "filed_to": "2019-10-26"},
    {"closed_from": "2019-10-20", "closed_to": "2019-10-26"},
]
CIRCLES: list[dict[str, str]] = [{"near": "40.7484,-73.9857,300"}, {"near": "40.7,-73.95,2000", "status": "late"}]
AREAS: list[dict[str, str]] = [{"area": "board:105"}, {"area": "zip:11226", "group": "HPD"}]
SOURCES: list[dict[str, str]] = [{"source": "phone"}, {"source": "phone", "group": "HPD"}]
ASKED = {
    "counted": COUNTED,
    "some days": DAYS,
    "a circle": CIRCLES,
    "an area": AREAS,
    "a source": SOURCES,
}


Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    tile: TileAt
    query: dict[str, str]


def run() -> list[Row]:
    return asyncio.run(run_all())


async def run_all() -> list[Row]:
    sizes = os.environ.get("BLOCKWISE_BENCH_REQUESTS", SIZES)
    found: list[Row] = []
    for part in sizes.split(";"):
        kind, _, counts = part.partition(":")
        found += await run_kind(kind, [int(count) for count in counts.split(",")])
    return found


async def run_kind(kind: str, counts: list[int]) -> list[Row]:
    rows: list[Row] = []
    async with contextlib.AsyncExitStack() as stack:
        cities = [await stack.enter_async_context(city(kind, count)) for count in counts]
        for name, queries in ASKED.items():
            wanted = wanted_tiles(cities[0][1], queries)
            times: list[list[float]] = [[] for _ in cities]
            largest = 0
            for one in wanted:
                for at, (database, _) in enumerate(cities):
                    took, size = await timed(database, one)
                    times[at].append(took)
                    largest = max(largest, size)
            rows += [line(kind, counts, at, name, times, largest) for at in range(len(counts))]
        if kind == "postgis":
            rows.append(await beside_bare(cities[-1][0], counts[-1], wanted_tiles(cities[0][1], COUNTED)[:COMPARED]))
    return rows


def line(kind: str, counts: list[int], at: int, name: str, times: list[list[float]], largest: int) -> Row:
    value = p95(times[at])
    ratio = value / p95(times[at - 1]) if at else None
    return {
        "name": f"a tile, {name}, {counts[at]:,} requests, {kind}: p95",
        "value": value,
        "unit": "ms",
        "limit": f"≤ {GROWTH} × {counts[at - 1]:,}" if at else "",
        "ratio": ratio,
        "ok": largest <= MOST_BYTES and (ratio is None or ratio <= GROWTH),
        "detail": f"median {sorted(times[at])[len(times[at]) // 2]:.1f} ms; largest tile {largest:,} bytes",
    }


def wanted_tiles(sample: Sample, queries: list[dict[str, str]]) -> list[Wanted]:
    dice = random.Random(SEED)
    found = []
    for number in range(TILES):
        lat, long = sample.places[dice.randrange(len(sample.places))]
        z = dice.randint(8, 18)
        found.append(Wanted(TileAt(z, *tile_of(z, float(lat), float(long))), queries[number % len(queries)]))
    return found


async def timed(database: Database, one: Wanted) -> tuple[float, int]:
    """(the better of two in milliseconds, bytes): the machine's other work is not what is measured."""
    times, size = [], 0
    for _ in range(2):
        async with database.reading() as session:
            started = time.perf_counter()
            await keep_plans(session)
            asked = await read_filter(session, {name: [value] for name, value in one.query.items()})
            packed = await fitting_tile(session, asked, one.tile, by_group="colour" in one.query)
            times.append((time.perf_counter() - started) * 1000)
            size = len(packed)
    return min(times), size


async def beside_bare(database: Database, count: int, wanted: list[Wanted]) -> Row:
    """Ours and the bare query in turn, over the same tiles."""
    ours, bare = [], []
    for number, one in enumerate(wanted):
        # A session of its own for each, as in the server.
        async with database.reading() as session:
            await keep_plans(session)
            asked = await read_filter(session, {name: [value] for name, value in one.query.items()})
            await prepare(session, asked, one, f"prepared_{number}")
            by_group = "colour" in one.query
            ours.append(
                await best(lambda s=session, a=asked, o=one, g=by_group: fitting_tile(s, a, o.tile, by_group=g))
            )
            bare.append(await best(lambda s=session, o=one, n=number: bare_tile(s, o.tile, f"prepared_{n}")))
    ratio = p95(ours) / p95(bare)
    return {
        "name": f"a counted tile, {count:,} requests, beside bare ST_AsMVT: p95",
        "value": p95(ours),
        "unit": "ms",
        "limit": f"≤ {OVER_BARE} × bare ST_AsMVT",
        "ratio": ratio,
        "ok": ratio <= OVER_BARE,
        "detail": f"bare {p95(bare):.1f} ms over a prepared table of each tile's features; both packed",
    }


async def best(act: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        await act()
        times.append((time.perf_counter() - started) * 1000)
    return min(times)


async def prepare(session: AsyncSession, asked: MapFilter, one: Wanted, name: str) -> None:
    level = shown_level(one.tile.z)
    make = places_of_tile if one.tile.shows_places else cells_by_group if "colour" in one.query else cells_of_tile
    region = await counted_region(session, asked)
    features = features_in_sql(make(asked, one.tile.z, level, in_region=region is not None), one.tile.z, level).params(
        **values_of_tile(region, one.tile, level)
    )
    written = features.compile(dialect=postgresql.psycopg.dialect(), compile_kwargs={"literal_binds": True})
    connection = await session.connection()
    await connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} AS {written}")
    await connection.exec_driver_sql(f"ANALYZE {name}")


async def bare_tile(session: AsyncSession, tile: TileAt, name: str) -> bytes:
    statement = select(as_tile(tile.z)).select_from(text(f"{name} AS shown"))
    data = bytes((await session.execute(statement)).scalar_one() or b"")
    return await asyncio.to_thread(gzip.compress, data, 6, mtime=0)


def p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


@contextlib.asynccontextmanager
async def city(kind: str, count: int) -> AsyncIterator[tuple[Database, Sample]]:
    with contextlib.ExitStack() as stack:
        database = Database(async_url(place_of(kind, count, stack)))
        try:
            full = await is_filled(database)
            await migrate(database)
            yield database, read_sample() if full else await fill(database, count)
        finally:
            await database.close()


def place_of(kind: str, count: int, stack: contextlib.ExitStack) -> str:
    """The address of an empty database, or of the one that an earlier run has filled and left."""
    kept = os.environ.get("BLOCKWISE_BENCH_KEPT")
    name = f"bench_{count}"
    if kind == "sqlite":
        return f"sqlite:///{Path(stack.enter_context(tempfile.TemporaryDirectory(prefix='blockwise-'))) / name}"
    server = kept or stack.enter_context(postgres_cluster())
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


async def is_filled(database: Database) -> bool:
    try:
        async with database.reading() as session:
            return (await session.execute(text("SELECT 1 FROM cell_counts LIMIT 1"))).first() is not None
    except DBAPIError:
        return False
