"""The map over 4G on a mid-range phone: how soon it is usable, first and second time, and what panning costs."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from playwright.async_api import BrowserContext, Page

from tests.bench.__main__ import Row
from tests.bench.city import demo_city
from tests.bench.link import Link
from tests.bench.phone import SLOW, longest_task, slow_page, started_phone
from tests.servers import blockwise_server

# Seconds, on a phone whose drawing is done by a graphics chip; here it is software's, on the same cores.
LIMIT_FIRST_S, LIMIT_SECOND_S = 3, 1
LIMIT_TASK_MS = 100
WAIT_MS = 60_000
USABLE = """() => document.querySelector("map-view.ready:not(.busy)")?.map?.marks().length > 0
  && document.querySelector("map-list [data-lat]")"""
PANS, PAN_PX = 12, 160


def run() -> list[Row]:
    with demo_city("sqlite") as city, blockwise_server(city.environ) as (address, _):
        return asyncio.run(measure(address))


async def measure(address: str) -> list[Row]:
    link = Link(bytes_per_second=9e6 / 8, round_trip=0.17, loss=0, seed=0)
    link.poor = True
    with tempfile.TemporaryDirectory(prefix="blockwise-bench-") as folder:
        async with link.to(address) as far, started_phone(Path(folder)) as phone:
            first, page = await opened(phone, far)
            weight = link.down.carried / 1000
            await page.close()
            second, page = await opened(phone, far)
            task = await panned(page)
    how = f"9 Mbit/s and 170 ms, page {SLOW} × slower, WebGL in software"
    return [
        row("map usable, first time", first, "s", LIMIT_FIRST_S, f"{weight:.0f} KB; {how}"),
        row("map usable, second time", second, "s", LIMIT_SECOND_S, how),
        row("longest task while panning", task, "ms", LIMIT_TASK_MS, f"{PANS} drags of {PAN_PX} px; {how}"),
    ]


async def opened(phone: BrowserContext, address: str) -> tuple[float, Page]:
    """Seconds until tiles are drawn, marks lie on them and the list is filled."""
    page = await slow_page(phone)
    began = time.perf_counter()
    await page.goto(f"{address}/map", wait_until="commit")
    await page.wait_for_function(USABLE, timeout=WAIT_MS)
    return time.perf_counter() - began, page


async def panned(page: Page) -> float:
    """Milliseconds of the longest task of the main thread while a finger drags the map about; 0 for none of 50."""
    await page.wait_for_timeout(2000)
    since = await page.evaluate("performance.now()")
    box = await page.locator("map-view").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for pan in range(PANS):
        away = PAN_PX if pan % 4 < 2 else -PAN_PX
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x + away * (pan % 2), y + away * (1 - pan % 2) / 2, steps=12)
        await page.mouse.up()
        await page.wait_for_timeout(500)
    return await longest_task(page, since)


def row(name: str, value: float, unit: str, limit: float, detail: str) -> Row:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "limit": f"at most {limit} {unit}",
        "ratio": value / limit,
        "ok": value <= limit,
        "detail": detail,
    }
