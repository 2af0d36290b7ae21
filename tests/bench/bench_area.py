"""An area of five square kilometres taken along over 4G: what it weighs on the wire, and how long it takes."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from playwright.async_api import Page, expect

from tests.bench.__main__ import Row
from tests.bench.city import demo_city
from tests.bench.link import Link
from tests.bench.phone import SLOW, slow_page, started_phone
from tests.servers import blockwise_server

LIMIT_MB = 8
LIMIT_S = 20
TAKEN = "is on this phone"
WAIT_MS = 120_000


def run() -> list[Row]:
    with demo_city("sqlite") as city, blockwise_server(city.environ) as (address, _):
        return asyncio.run(measure(address, city.place))


async def measure(address: str, place: tuple[float, float]) -> list[Row]:
    link = Link(bytes_per_second=9e6 / 8, round_trip=0.17, loss=0, seed=0)
    with tempfile.TemporaryDirectory(prefix="blockwise-bench-") as folder:
        async with link.to(address) as far, started_phone(Path(folder)) as phone:
            await phone.grant_permissions(["geolocation"])
            await phone.set_geolocation({"latitude": place[0], "longitude": place[1], "accuracy": 10})
            page = await slow_page(phone)
            await page.goto(f"{far}/my/area", wait_until="networkidle")
            link.poor = True
            offer, took = await take(page)
            return rows(offer, took, link.down.carried / 1e6)


async def take(page: Page) -> tuple[str, float]:
    """What the page says that it will fetch, and seconds from the tap until the area is on the phone."""
    await page.locator("take-area input[value='radius_m=1100']").check()
    await page.get_by_role("button", name="See how large it is").click()
    button = page.locator("[data-offer]").get_by_role("button", name="Take it along")
    await expect(button).to_be_visible(timeout=WAIT_MS)
    offer = " ".join((await page.inner_text("[data-offer]")).split())
    began = time.perf_counter()
    await button.click()
    await expect(page.locator("take-area, kept-areas").get_by_text(TAKEN).first).to_be_visible(timeout=WAIT_MS)
    return offer, time.perf_counter() - began


def rows(offer: str, took: float, weight: float) -> list[Row]:
    return [
        {
            "name": "an area of 5 km² taken along: bytes on the wire",
            "value": weight,
            "unit": "MB",
            "limit": f"at most {LIMIT_MB} MB",
            "ratio": weight / LIMIT_MB,
            "ok": 0 < weight <= LIMIT_MB,
            "detail": f"2.2 × 2.2 km with tiles, addresses, open reports and the map's code; offered as: {offer[:60]}",
        },
        {
            "name": "an area of 5 km² taken along: time",
            "value": took,
            "unit": "s",
            "limit": f"at most {LIMIT_S} s",
            "ratio": took / LIMIT_S,
            "ok": took <= LIMIT_S,
            "detail": f"9 Mbit/s and 170 ms for the page and its service worker, page {SLOW} × slower",
        },
    ]
