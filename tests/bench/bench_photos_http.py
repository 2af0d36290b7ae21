"""Photos over HTTP: two people send 12-megapixel photos without a pause; how long do the others wait meanwhile?"""

from __future__ import annotations

import asyncio
import statistics
import time

import httpx

from tests.bench.__main__ import Row
from tests.bench.bench_photos import street_photos
from tests.bench.city import demo_city
from tests.servers import blockwise_server

SECONDS = 20.0
SENDERS = 2
LIMIT_MS = 100
PAGE = "/report"


def run() -> list[Row]:
    photos = street_photos()
    with demo_city("sqlite") as city, blockwise_server(city.environ) as (address, _):
        alone, _ = asyncio.run(measure(address, photos, senders=0))
        meanwhile, sent = asyncio.run(measure(address, photos, senders=SENDERS))
    p95 = percentile_95(meanwhile)
    detail = f"{len(meanwhile)} answers while {sent} photos came in; {percentile_95(alone):.1f} ms with none"
    return [
        Row(
            name=f"GET {PAGE} while photos are prepared, p95",
            value=p95,
            unit="ms",
            limit=f"< {LIMIT_MS} ms",
            ratio=p95 / LIMIT_MS,
            ok=p95 < LIMIT_MS and sent >= SENDERS,
            detail=detail,
        )
    ]


async def measure(address: str, photos: list[bytes], *, senders: int) -> tuple[list[float], int]:
    """(milliseconds of each answer, photos taken): one reader a tenth of a second apart, beside the senders."""
    times: list[float] = []
    sent = 0
    until = time.perf_counter() + SECONDS

    async def send(client: httpx.AsyncClient, first: int) -> None:
        nonlocal sent
        number = first
        while time.perf_counter() < until:
            photo = {"media": ("image.jpg", photos[number % len(photos)], "image/jpeg")}
            answer = await client.post(PAGE, data={"step": "place", "at": "photo"}, files=photo)
            assert answer.status_code == 200, answer.status_code
            number, sent = number + 1, sent + 1

    async def read(client: httpx.AsyncClient) -> None:
        while time.perf_counter() < until:
            started = time.perf_counter()
            answer = await client.get(PAGE)
            assert answer.status_code == 200
            times.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(0.1)

    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        await client.get(PAGE)
        await asyncio.gather(read(client), *(send(client, number) for number in range(senders)))
    return times, sent


def percentile_95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
