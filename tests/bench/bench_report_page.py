"""The report page: what a phone must load before it can be used, and how fast the server answers with it."""

from __future__ import annotations

import asyncio
import http.client
import json
import multiprocessing
import statistics
import time
from urllib.parse import urlsplit

from playwright.async_api import async_playwright

from tests.bench.__main__ import Row
from tests.bench.city import demo_city
from tests.chromium import CHROMIUM, FLAGS
from tests.servers import blockwise_server

LIMIT_KB = 60
# The report page's is the promise; the others are held to twice that.
LIMITS_MS = {"/report": 20, "/": 40, "/my": 40}
LIMIT_REQUEST_MS = 40
ROUNDS = 5
REQUESTS = 100
WARM_UP = 10
NEEDED = ("Document", "Stylesheet", "Script")


def run() -> list[Row]:
    with demo_city("sqlite") as city, blockwise_server(city.environ) as (address, _):
        rows = [asyncio.run(weight(address))]
        with multiprocessing.get_context("spawn").Pool(1) as client:
            rows += client.apply(answers, (address,))
    return rows


async def weight(address: str) -> Row:
    """Bytes on the wire (headers and compressed bodies) of HTML, CSS and JS on the first load of the page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(viewport={"width": 360, "height": 740}, service_workers="block")
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        await session.send("Network.enable")
        kinds: dict[str, tuple[str, str]] = {}
        sizes: dict[str, float] = {}
        session.on(
            "Network.responseReceived", lambda it: kinds.update({it["requestId"]: (it["type"], it["response"]["url"])})
        )
        session.on("Network.loadingFinished", lambda it: sizes.update({it["requestId"]: it["encodedDataLength"]}))
        await page.goto(f"{address}/report", wait_until="networkidle")
        await page.wait_for_url("**#photo")
        await browser.close()
    loaded = {url: sizes.get(number, 0.0) for number, (kind, url) in kinds.items() if kind in NEEDED}
    map_code = [url for url in loaded if "/map" in urlsplit(url).path]
    total = sum(loaded.values()) / 1000
    return {
        "name": "report page: HTML + CSS + JS before it can be used",
        "value": total,
        "unit": "KB",
        "limit": f"at most {LIMIT_KB} KB, no map code",
        "ratio": total / LIMIT_KB,
        "ok": 0 < total <= LIMIT_KB and not map_code,
        "detail": f"{len(loaded)} files in Chromium, headers included; map code: {', '.join(map_code) or 'none'}",
    }


def answers(address: str) -> list[Row]:
    """How long the server's answers take, one after the other, from a process of its own; each page in its turn."""
    where = urlsplit(address)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=30)
    number = json.loads(get(connection, "/open311/v2/requests.json?page_size=1"))[0]["service_request_id"]
    paths = ["/healthz", *LIMITS_MS, f"/requests/{number}"]
    rounds = [{path: p95(connection, path) for path in paths} for _ in range(ROUNDS)]
    # A busy machine spoils a round or two, seldom most of them.
    usual = {path: statistics.median(one[path] for one in rounds) for path in paths}
    return [row(path, usual[path], usual["/healthz"]) for path in paths[1:]]


def get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (path, answer.status)
    return body


def p95(connection: http.client.HTTPConnection, path: str) -> float:
    """The 95th percentile of a round, in milliseconds."""
    for _ in range(WARM_UP):
        get(connection, path)
    took = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        get(connection, path)
        took.append((time.perf_counter() - started) * 1000)
    return sorted(took)[int(REQUESTS * 0.95)]


def row(path: str, value: float, bare: float) -> Row:
    name = "/requests/{id}" if path.startswith("/requests/") else path
    limit = LIMITS_MS.get(path, LIMIT_REQUEST_MS)
    return {
        "name": f"GET {name}, p95",
        "value": value,
        "unit": "ms",
        "limit": f"at most {limit} ms",
        "ratio": value / limit,
        "ok": value <= limit,
        "detail": f"{value / bare:.1f} × GET /healthz ({bare:.1f} ms) in the same run; {ROUNDS} × {REQUESTS} requests",
    }
