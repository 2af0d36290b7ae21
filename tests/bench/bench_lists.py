"""Lists, pages of addresses and feeds at growing histories: what the first of them costs must not grow.

Sizes and cities are those of bench_tiles (BLOCKWISE_BENCH_REQUESTS, BLOCKWISE_BENCH_KEPT). The same places under the
same filters are asked at each size, in turn, through the same functions as the server's. The table of a million
requests is streamed by a process of its own, whole and a tenth of it: its memory must be the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, point
from app.jurisdictions.models import Place
from app.jurisdictions.queries import areas_at, get_jurisdiction
from app.maps import feed_rows
from app.maps.cell_box import read_place
from app.maps.feed_formats import CsvFeed, GeoJsonFeed
from app.maps.feeds import pieces
from app.maps.filters import MapFilter, read_filter
from app.maps.list_pages import list_page
from app.maps.place_history import open_around, place_history
from app.service_requests.cells import cell_key
from app.services.queries import current_catalogue
from tests.bench.bench_tiles import SIZES, city, p95
from tests.bench.new_york import END, SEED, Sample

Row = dict[str, Any]
SPOTS = 6
ADDRESSES = 100
GROWTH, MEMORY = 1.3, 1.2
STREAMED = 1_000_000
COUNTED: list[dict[str, str]] = [
    {},
    {"status": "late"},
    {"service_code": "kind-40"},
    {"group": "NYPD"},
]
READ: list[dict[str, str]] = [
    {"source": "phone"},
    {"source": "phone", "group": "HPD"},
    {"area": "of the spot"},
    {"near": "the spot"},
    {"closed_from": "2019-10-20", "closed_to": "2019-10-26"},
    {"filed_from": "2019-09-01", "filed_to": "2019-09-30"},
]
# Half the sides of a box in degrees, and the zoom that shows it.
BOXES = {"board": (0.02, 13), "street": (0.0015, 17)}
Timed = Callable[[AsyncSession, Database], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing to be asked at every size; `words` say it where it is the slowest."""

    words: str
    act: Timed


def run() -> list[Row]:
    return asyncio.run(run_all())


async def run_all() -> list[Row]:
    found: list[Row] = []
    for part in os.environ.get("BLOCKWISE_BENCH_REQUESTS", SIZES).split(";"):
        kind, _, counts = part.partition(":")
        found += await run_kind(kind, [int(count) for count in counts.split(",")])
    return found


async def run_kind(kind: str, counts: list[int]) -> list[Row]:
    rows: list[Row] = []
    async with contextlib.AsyncExitStack() as stack:
        cities = [await stack.enter_async_context(city(kind, count)) for count in counts]
        databases = [database for database, _ in cities]
        for name, asked in (await everything(*cities[0])).items():
            times: list[list[float]] = [[] for _ in counts]
            for one in asked:
                for at, database in enumerate(databases):
                    times[at].append(await best(database, one))
            rows += [
                line(f"{name}, {counts[at]:,} requests, {kind}", counts, at, times, asked) for at in range(len(counts))
            ]
        rows += await streaming(str(databases[-1].url.render_as_string(hide_password=False)), kind, counts[-1])
    return rows


async def everything(database: Database, sample: Sample) -> dict[str, list[Asked]]:
    """What is asked, by the name of its figure."""
    dice = random.Random(SEED)
    spots = [tuple(map(float, sample.places[dice.randrange(len(sample.places))])) for _ in range(ADDRESSES)]
    async with database.reading() as session:
        boards = [await board_at(session, *spot) for spot in spots[:SPOTS]]
    kinds = {"counted": COUNTED, "read from rows": READ}
    found = {f"a list, {kind}": list(lists(spots[:SPOTS], boards, queries)) for kind, queries in kinds.items()}
    found["the page of an address"] = [Asked(f"{lat:.5f},{long:.5f}", address_page(lat, long)) for lat, long in spots]
    for ending in ("csv", "geojson", "atom"):
        for kind, queries in kinds.items():
            found[f"the first rows of .{ending}, {kind}"] = list(feeds(ending, spots[:SPOTS], boards, queries))
    return found


async def board_at(session: AsyncSession, lat: float, long: float) -> str:
    areas = await areas_at(session, lat, long, END.date())
    return next((area.code for area in areas if area.layer == "board"), "101")


def lists(spots: list[Any], boards: list[str], queries: list[dict[str, str]]) -> Iterator[Asked]:
    for (lat, long), board in zip(spots, boards, strict=True):
        for query in queries:
            told = filled(query, lat, long, board)
            for name, place in places(lat, long).items():
                yield Asked(f"{name} {told}", list_of(told, place))


def places(lat: float, long: float) -> dict[str, dict[str, str]]:
    boxes = {
        name: {"bbox": f"{long - half},{lat - half},{long + half},{lat + half}", "z": str(z)}
        for name, (half, z) in BOXES.items()
    }
    return {"city": {}, **boxes, "cell": {"cell": f"24:{cell_key(lat, long)}"}}


def filled(query: dict[str, str], lat: float, long: float, board: str) -> dict[str, str]:
    spot = {"area": f"board:{board}", "near": f"{lat:.6f},{long:.6f},300"}
    return {name: spot.get(name, value) for name, value in query.items()}


def feeds(ending: str, spots: list[Any], boards: list[str], queries: list[dict[str, str]]) -> Iterator[Asked]:
    for (lat, long), board in zip(spots, boards, strict=True):
        for query in queries:
            told = filled(query, lat, long, board)
            yield Asked(str(told), newest_of(told) if ending == "atom" else first_rows(told, ending))


async def filter_of(session: AsyncSession, told: dict[str, str]) -> MapFilter:
    return await read_filter(session, {name: [value] for name, value in told.items()})


def list_of(told: dict[str, str], place: dict[str, str]) -> Timed:
    async def act(session: AsyncSession, _: Database) -> object:
        asked = await filter_of(session, told)
        return await list_page(session, asked, read_place({name: [value] for name, value in place.items()}))

    return act


def address_page(lat: float, long: float) -> Timed:
    async def act(session: AsyncSession, _: Database) -> object:
        history = await place_history(session, Place(location=point(lat, long)), after="")
        return history, await open_around(session, await current_catalogue(session), lat, long)

    return act


def newest_of(told: dict[str, str]) -> Timed:
    async def act(session: AsyncSession, _: Database) -> object:
        return await feed_rows.newest(session, await filter_of(session, told))

    return act


def first_rows(told: dict[str, str], ending: str) -> Timed:
    """Until the first requests are there; the table's head comes before them."""

    async def act(session: AsyncSession, database: Database) -> object:
        asked, zone = await filter_of(session, told), ZoneInfo((await get_jurisdiction(session)).timezone)
        written = pieces(database, asked, CsvFeed() if ending == "csv" else GeoJsonFeed(), zone, "en")
        try:
            return [piece for _ in range(2) if (piece := await anext(written, ""))]
        finally:
            await written.aclose()

    return act


async def best(database: Database, one: Asked) -> float:
    """The better of two in milliseconds: the machine's other work is not what is measured."""
    times = []
    for _ in range(2):
        async with database.reading() as session:
            started = time.perf_counter()
            await one.act(session, database)
            times.append((time.perf_counter() - started) * 1000)
    return min(times)


def line(name: str, counts: list[int], at: int, times: list[list[float]], asked: list[Asked]) -> Row:
    value = p95(times[at])
    ratio = value / p95(times[at - 1]) if at else None
    slowest = max(range(len(asked)), key=lambda number: times[at][number])
    return {
        "name": f"{name}: p95",
        "value": value,
        "unit": "ms",
        "limit": f"≤ {GROWTH} × {counts[at - 1]:,}" if at else "",
        "ratio": ratio,
        "ok": ratio is None or ratio <= GROWTH,
        "detail": f"median {sorted(times[at])[len(asked) // 2]:.1f} ms; "
        f"slowest {times[at][slowest]:.1f} ms ({asked[slowest].words})",
    }


class Streamed(msgspec.Struct):
    """What a process says that has streamed a table; `memory` is the most that it ever held, in MB."""

    rows: int
    seconds: float
    memory: float


async def streaming(url: str, kind: str, count: int) -> list[Row]:
    whole, tenth = [await stream(url, rows) for rows in (min(count, STREAMED), min(count, STREAMED) // 10)]
    ratio = whole.memory / tenth.memory
    return [
        {
            "name": f".csv of {whole.rows:,} requests of {count:,}, {kind}: peak memory",
            "value": whole.memory,
            "unit": "MB",
            "limit": f"≤ {MEMORY} × that of {tenth.rows:,}",
            "ratio": ratio,
            "ok": ratio <= MEMORY,
            "detail": f"{whole.rows / whole.seconds:,.0f} rows a second",
        }
    ]


async def stream(url: str, rows: int) -> Streamed:
    command = [sys.executable, "-m", "tests.bench.stream_table", url, str(rows)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"a table could not be streamed: exit status {process.returncode}")
    return msgspec.json.decode(said, type=Streamed)
