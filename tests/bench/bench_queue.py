"""Two hundred reports wait on /my: does the list scroll under a thumb without a hitch?"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from playwright.async_api import Page

from app.templating import asset
from tests.bench.__main__ import Row
from tests.bench.bench_upload import keep, report
from tests.bench.city import demo_city
from tests.bench.phone import SLOW, longest_task, slow_page, started_phone
from tests.servers import blockwise_server

ITEMS = 200
LIMIT_TASK_MS = 50
SENDING = re.compile(r"/outbox[?/]")
CARDS = "outbox-list [data-waiting] [data-list] > li"
SHOWN = "([cards, many]) => document.querySelectorAll(cards).length === many"
SETTLE_MS = 2000


def run() -> list[Row]:
    with demo_city("sqlite") as city, blockwise_server(city.environ) as (address, _):
        return [asyncio.run(measure(address, city.place))]


async def measure(address: str, place: tuple[float, float]) -> Row:
    with tempfile.TemporaryDirectory(prefix="blockwise-bench-") as folder:
        async with started_phone(Path(folder)) as phone:
            # Nothing gets through, so that all of it goes on waiting.
            await phone.route(SENDING, lambda route: route.abort())
            page = await phone.new_page()
            await page.goto(f"{address}/offline", wait_until="networkidle")
            await keep(page, asset("outbox.js"), [report(number, place) for number in range(ITEMS)])
            await page.close()
            page = await slow_page(phone)
            await page.goto(f"{address}/my", wait_until="networkidle")
            await page.wait_for_function(SHOWN, arg=[CARDS, ITEMS])
            await page.wait_for_timeout(SETTLE_MS)
            since = await page.evaluate("performance.now()")
            far = await scroll(page)
            return row(await longest_task(page, since), far)


async def scroll(page: Page) -> int:
    """Swipes to the end of the list and back; gives the pixels between."""
    session = await page.context.new_cdp_session(page)
    far = int(await page.evaluate("document.documentElement.scrollHeight - innerHeight"))
    for distance in (-far, far):
        gesture = {"x": 180, "y": 400, "yDistance": distance, "speed": 4000, "gestureSourceType": "touch"}
        await session.send("Input.synthesizeScrollGesture", gesture)
    assert far > ITEMS * 50, "the whole list is on the page"
    return far


def row(longest: float, far: int) -> Row:
    return {
        "name": f"{ITEMS} queued items on /my: the longest task while scrolling",
        "value": longest,
        "unit": "ms",
        "limit": f"at most {LIMIT_TASK_MS} ms",
        "ratio": longest / LIMIT_TASK_MS,
        "ok": longest <= LIMIT_TASK_MS,
        "detail": f"{far} pixels down and up again by touch, {SLOW} × slower; 0 when none was over 50 ms",
    }
