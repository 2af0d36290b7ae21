"""Pages of areas and the figures of their map at growing histories: what they cost must not grow with them.

Sizes and cities are those of bench_tiles (BLOCKWISE_BENCH_REQUESTS, BLOCKWISE_BENCH_KEPT). The same areas are asked at
each size, in turn, through the same functions as the server's, on the last day of the sample. At the largest size the
same figures are counted from the requests with plain SQL, and must be the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, keep_plans
from app.jurisdictions.queries import get_jurisdiction
from app.maps.area_facts import AreaFacts, find_area, find_areas
from app.maps.area_lately import area_lately, oldest_open
from app.maps.area_rates import MEASURES, TOGETHER, Rates, layer_rates
from app.maps.area_report import AreaReport, area_report
from app.maps.area_table import area_lines
from app.maps.filters import read_filter
from app.services.queries import current_catalogue
from tests.bench.bench_lists import Asked, Timed, best
from tests.bench.bench_tiles import SIZES, city, p95
from tests.bench.new_york import A_DAY, END
from tests.bench.rows_of_areas import counted_page, counted_rates, of_page, of_rates

Row = dict[str, Any]
ON = END.date()
GROWTH, OVER_ROWS = 1.3, 100
# An area's page looks two years back: a shorter history holds less than it asks for.
WHOLE = 730 * A_DAY
# Below so many, counting them is quick too.
MANY = 10_000_000
EVERY = {"borough": 1, "board": 5, "zip": 12}
ASKED: list[dict[str, str]] = [
    {},
    {"filed_from": "2019-09-10", "filed_to": "2019-10-20"},
    {"filed_to": "2019-09-30"},
    {"service_code": "kind-40,kind-41"},
    {"group": "NYPD", "filed_from": "2019-08-01"},
]
# (milliseconds by counting rows, ours) of each.
Compared = Callable[[AsyncSession, str], Awaitable[list[tuple[float, float]]]]
Told = TypeVar("Told")


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
        databases = [(await stack.enter_async_context(city(kind, count)))[0] for count in counts]
        for name, asked in (await everything(databases[0])).items():
            times: list[list[float]] = [[] for _ in counts]
            for one in asked:
                for at, database in enumerate(databases):
                    times[at].append(await best(database, one))
            rows += [
                line(f"{name}, {counts[at]:,} requests, {kind}", counts, at, times, asked) for at in range(len(counts))
            ]
        for name, compare in (("figures of an area", pages_compared), ("a map of areas", rates_compared)):
            rows.append(await beside(f"{name}, {counts[-1]:,} requests, {kind}", databases[-1], compare, counts[-1]))
    return rows


async def everything(database: Database) -> dict[str, list[Asked]]:
    """What is asked, by the name of its figure."""
    async with database.reading() as session:
        codes = [
            (layer, area.code)
            for layer, step in EVERY.items()
            for area in (await find_areas(session, layer, ON))[::step]
        ]
    asked_of = [(measure, query) for measure in MEASURES for query in (ASKED[:1] if measure in TOGETHER else ASKED)]
    return {
        "the page of an area": [Asked(f"{layer} {code}", page_of(layer, code)) for layer, code in codes],
        "a map of areas": [
            Asked(f"{layer} {measure} {query}", map_of(layer, measure, query))
            for layer in ("board", "zip")
            for measure, query in asked_of
        ],
        "the table of a layer": [Asked(layer, table_of(layer)) for layer in EVERY],
    }


def page_of(layer: str, code: str) -> Timed:
    async def act(session: AsyncSession, _: Database) -> AreaReport:
        place, area = await get_jurisdiction(session), await find_area(session, layer, code, ON)
        catalogue = await current_catalogue(session, place)
        await area_lately(session, catalogue, area, place.timezone)
        await oldest_open(session, area, place.timezone)
        return await area_report(session, catalogue, area, ON)

    return act


def map_of(layer: str, measure: str, query: dict[str, str]) -> Timed:
    async def act(session: AsyncSession, _: Database) -> Rates:
        await keep_plans(session)
        asked = await read_filter(session, {name: [value] for name, value in query.items()})
        return await layer_rates(session, await find_areas(session, layer, ON), measure, asked, ON)

    return act


def table_of(layer: str) -> Timed:
    async def act(session: AsyncSession, _: Database) -> object:
        return await area_lines(session, await find_areas(session, layer, ON), ON)

    return act


def line(name: str, counts: list[int], at: int, times: list[list[float]], asked: list[Asked]) -> Row:
    value = p95(times[at])
    ratio = value / p95(times[at - 1]) if at else None
    is_limited = at > 0 and counts[at - 1] >= WHOLE
    slowest = max(range(len(asked)), key=lambda number: times[at][number])
    return {
        "name": f"{name}: p95",
        "value": value,
        "unit": "ms",
        "limit": f"≤ {GROWTH} × {counts[at - 1]:,}" if is_limited else "",
        "ratio": ratio,
        "ok": not is_limited or ratio is None or ratio <= GROWTH,
        "detail": f"median {sorted(times[at])[len(asked) // 2]:.1f} ms; "
        f"slowest {times[at][slowest]:.1f} ms ({asked[slowest].words})",
    }


async def beside(name: str, database: Database, compare: Compared, count: int) -> Row:
    """The same figures by rows and ours, one after the other; both summed up."""
    async with database.reading() as session:
        await keep_plans(session)
        if not database.is_sqlite:
            # Counting is to be as quick as it can be.
            await session.execute(text("SET LOCAL max_parallel_workers_per_gather = 2"))
        times = await compare(session, (await get_jurisdiction(session)).timezone)
    by_rows, ours = (sum(part) for part in zip(*times, strict=True))
    ratio = by_rows / ours
    return {
        "name": f"{name}: beside counting rows",
        "value": by_rows,
        "unit": "ms",
        "limit": f"≥ {OVER_ROWS} × ours" if count >= MANY else "",
        "ratio": ratio,
        "ok": count < MANY or ratio >= OVER_ROWS,
        "detail": f"{len(times)} times the same, ours {ours:.1f} ms; least {min(a / b for a, b in times):.0f} ×",
    }


async def pages_compared(session: AsyncSession, timezone: str) -> list[tuple[float, float]]:
    times = []
    catalogue = await current_catalogue(session)
    for layer, step in EVERY.items():
        area: AreaFacts = (await find_areas(session, layer, ON))[step]
        report, ours = await best_of_two(lambda area=area: area_report(session, catalogue, area, ON))
        counted, by_rows = await once(counted_page(session, area, report, timezone))
        times.append((by_rows, ours))
        must_be_same(f"{layer} {area.code}", of_page(report), counted)
    return times


async def rates_compared(session: AsyncSession, timezone: str) -> list[tuple[float, float]]:
    areas: Sequence[AreaFacts] = await find_areas(session, "zip", ON)
    asked, times = await read_filter(session, {}), []
    for measure in MEASURES:
        rates, ours = await best_of_two(lambda one=measure: layer_rates(session, areas, one, asked, ON))
        counted, by_rows = await once(counted_rates(session, areas, rates, timezone))
        times.append((by_rows, ours))
        must_be_same(measure, of_rates(rates, ON), counted)
    return times


async def once(act: Awaitable[Told]) -> tuple[Told, float]:
    """What it gives, and how many milliseconds it took."""
    started = time.perf_counter()
    told = await act
    return told, (time.perf_counter() - started) * 1000


async def best_of_two(act: Callable[[], Awaitable[Told]]) -> tuple[Told, float]:
    return min([await once(act()), await once(act())], key=lambda one: one[1])


def must_be_same(words: str, ours: dict[str, Any], counted: dict[str, Any]) -> None:
    if differing := {name: (ours.get(name), n) for name, n in counted.items() if ours.get(name) != n}:
        raise RuntimeError(f"{words}: not what the rows say, ours and theirs: {differing}")
