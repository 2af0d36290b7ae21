"""The map over 4G on a mid-range phone: how soon it is usable, first and second time, and what panning costs.

The frames of a pan are compared with those of the same pan over the basemap alone, in turns: here both are drawn by
software, on the cores that the page needs too. BLOCKWISE_BENCH_REQUESTS ("postgis:10000000") pans over as many
requests, in the databases of bench_tiles.py; without it, over those of the demo city.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.async_api import BrowserContext

from tests.bench.__main__ import Row
from tests.bench.bench_tiles import city
from tests.bench.city import City, demo_city
from tests.bench.link import Link
from tests.bench.new_york import Sample, read_sample
from tests.bench.panning import WATCH_FRAMES, WATCH_WAITS, Panned, panned
from tests.bench.phone import DRAWN_ASIDE, SLOW, slow_page, started_phone
from tests.bench.streets import repeated_streets
from tests.servers import blockwise_server

# Seconds, on a phone whose drawing is done by a graphics chip; here it is software's, on the same cores.
LIMIT_FIRST_S, LIMIT_SECOND_S = 3, 1
LIMIT_TASK_MS = 100
LEAST_FRAMES = 0.8
ROUNDS, TURNS = 3, 2
# Cells joined into clusters, and single requests.
ZOOMS = (12, 17)
# Degrees.
SQUARE = 0.01
WAIT_MS = 60_000
# Asking the map itself for its marks costs it a picture: it is asked once, at the end.
DRAWN = """() => document.querySelector("map-view.ready.rested:not(.busy)")"""
MARKS = """() => document.querySelector("map-view").map.marks().length"""
LISTED = """() => performance.getEntriesByType("resource").some(({name}) => name.includes("/map/requests?"))
  && document.querySelector("map-list [data-body]:not([aria-busy]) [data-lat]")"""
BARE = """() => document.querySelector("map-view.ready:not(.busy)")?.map"""
HOW = f"9 Mbit/s and 170 ms, page {SLOW} × slower, WebGL in software"
Pans = list[tuple[Panned, Panned]]


@dataclass(frozen=True, slots=True)
class Ground:
    """A city to pan over: its settings, how many requests are in it, and a place in its middle (lat, long)."""

    environ: dict[str, str]
    name: str
    place: tuple[float, float]


def run() -> list[Row]:
    with demo_city("sqlite") as demo:
        return asyncio.run(run_all(demo))


async def run_all(demo: City) -> list[Row]:
    with blockwise_server(demo.environ) as (address, _):
        rows = await opening(address)
    async with ground(demo) as over:
        with blockwise_server(over.environ) as (address, _):
            return rows + await panning(address, over)


async def opening(address: str) -> list[Row]:
    """How soon the map is usable, over a poor link: the median of some rounds, each with a new phone."""
    first, second, weight = [], [], 0.0
    for _ in range(ROUNDS):
        link = Link(bytes_per_second=9e6 / 8, round_trip=0.17, loss=0, seed=0)
        link.poor = True
        with tempfile.TemporaryDirectory(prefix="blockwise-bench-") as folder:
            async with link.to(address) as far, started_phone(Path(folder), DRAWN_ASIDE) as phone:
                first.append(await opened(phone, far))
                weight = link.down.carried / 1000
                second.append(await opened(phone, far))
    return [
        at_most("map usable, first time", first, LIMIT_FIRST_S, f"{weight:.0f} KB; {HOW}"),
        at_most("map usable, second time", second, LIMIT_SECOND_S, HOW),
    ]


async def opened(phone: BrowserContext, address: str) -> tuple[float, float]:
    """Seconds until tiles are drawn, marks lie on them and the list is filled; those of them waited for the drawing."""
    page = await slow_page(phone)
    await page.add_init_script(WATCH_WAITS)
    began = time.perf_counter()
    await page.goto(f"{address}/map", wait_until="commit")
    for wanted in (DRAWN, LISTED):
        await page.wait_for_function(wanted, timeout=WAIT_MS, polling=50)
    took = time.perf_counter() - began
    waited = await page.evaluate("drawingWaited / 1000")
    assert await page.evaluate(MARKS) > 0
    # Whatever is done for the next visit is done, as when a person looks at the map for a while.
    await page.wait_for_timeout(5000)
    await page.close()
    return took, waited


async def panning(address: str, over: Ground) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="blockwise-bench-") as folder:
        async with started_phone(Path(folder), DRAWN_ASIDE) as phone:
            return [row for zoom in ZOOMS for row in compared(over, zoom, await pans(phone, address, over, zoom))]


async def pans(phone: BrowserContext, address: str, over: Ground, zoom: int) -> Pans:
    """(with all requests, over the basemap alone), in turns."""
    lat, long = over.place
    found = []
    for turn in range(TURNS + 1):
        at = f"{address}/map?at={lat + turn * 0.0005:.5f},{long:.5f},{zoom}"
        with_requests = await pan_at(phone, at, DRAWN)
        # Coloured by rates, and no areas chosen: the same page without a single request drawn.
        found.append((with_requests, await pan_at(phone, f"{at}&colour=rates", BARE)))
    # The first of each warms up what the drawing software keeps.
    return found[1:]


async def pan_at(phone: BrowserContext, address: str, there: str) -> Panned:
    page = await slow_page(phone)
    await page.add_init_script(WATCH_FRAMES)
    await page.goto(address, wait_until="commit")
    await page.wait_for_function(there, timeout=WAIT_MS, polling=50)
    await page.wait_for_timeout(2000)
    found = await panned(phone, page)
    await page.close()
    return found


def compared(over: Ground, zoom: int, found: Pans) -> list[Row]:
    shown, bare = ([one[at] for one in found] for at in (0, 1))
    rate, bare_rate = (sum(one.frames for one in each) / sum(one.seconds for one in each) for each in (shown, bare))
    where = f"{over.name}, zoom {zoom}"
    alone = max(one.longest for one in bare)
    longest = max(one.longest for one in shown)
    return [
        {
            "name": f"longest task while panning, {where}",
            "value": longest,
            "unit": "ms",
            "limit": f"at most {LIMIT_TASK_MS} ms",
            "ratio": longest / LIMIT_TASK_MS,
            "ok": longest <= LIMIT_TASK_MS,
            "detail": f"{listed(one.longest for one in shown)} ms; over the basemap alone {alone:.0f} ms; {HOW}",
        },
        {
            "name": f"frames while panning, {where}",
            "value": rate,
            "unit": "/s",
            "limit": f"≥ {LEAST_FRAMES} × basemap alone",
            "ratio": rate / bare_rate,
            "ok": rate >= LEAST_FRAMES * bare_rate,
            "detail": f"basemap alone {bare_rate:.1f} frames a second; {TURNS} pans of each in turns; {HOW}",
        },
    ]


def at_most(name: str, found: list[tuple[float, float]], limit: float, detail: str) -> Row:
    seconds = [took for took, _ in found]
    value, waited = statistics.median(seconds), statistics.median(waits for _, waits in found)
    return {
        "name": name,
        "value": value,
        "unit": "s",
        "limit": f"at most {limit} s",
        "ratio": value / limit,
        "ok": value <= limit,
        "detail": f"median of {listed(seconds, 1)} s, {waited:.1f} s of it for shaders made by software; {detail}",
    }


def listed(values: Iterable[float], digits: int = 0) -> str:
    return ", ".join(f"{value:.{digits}f}" for value in values)


@contextlib.asynccontextmanager
async def ground(demo: City) -> AsyncIterator[Ground]:
    """The largest city on PostGIS that is asked for, never written to; else the demo city."""
    sizes = [part.partition(":") for part in os.environ.get("BLOCKWISE_BENCH_REQUESTS", "").split(";")]
    counts = [int(count) for kind, _, numbers in sizes if kind == "postgis" for count in numbers.split(",")]
    if not counts:
        yield Ground(demo.environ, "the demo city", demo.place)
        return
    lat, long = busiest(read_sample())
    async with city("postgis", max(counts)) as (database, _):
        address = database.engine.url.render_as_string(hide_password=False)
        with tempfile.TemporaryDirectory(prefix="blockwise-bench-") as made:
            folder = Path(made)
            basemap = folder / "basemap.pmtiles"
            repeated_streets(Path(demo.environ["BLOCKWISE_BASEMAP_PATH"]), demo.place, (lat, long), basemap)
            environ = {
                **demo.environ,
                "BLOCKWISE_DATABASE_URL": f"{address}?options=-c%20default_transaction_read_only%3Don",
                "BLOCKWISE_VAR": str(folder),
                "BLOCKWISE_BASEMAP_PATH": str(basemap),
                "BLOCKWISE_EMBEDDED_WORKER": "0",
            }
            yield Ground(environ, f"{max(counts):,} requests", (lat, long))


def busiest(sample: Sample) -> tuple[float, float]:
    """(lat, long) of the middle of the square, about a kilometre wide, from which most reports come."""
    squares, counts = np.unique(np.floor(sample.places / SQUARE), axis=0, return_counts=True)
    lat, long = (squares[counts.argmax()] + 0.5) * SQUARE
    return float(lat), float(long)
