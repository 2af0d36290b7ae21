"""A hundred reports with photos leave a phone over a poor link: how much of the link do they use?"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import random
import socket
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from playwright.async_api import Page

from app.templating import asset
from tests.bench.__main__ import Row
from tests.bench.city import demo_city
from tests.bench.link import SOCKET_BUFFER, Link
from tests.bench.phone import started_phone
from tests.servers import blockwise_server

REPORTS = 100
LIMIT = 0.85
SEED = 311
# What a browser opens to one host over HTTP/1.1.
CONNECTIONS = 6
CHUNK = 4096
MOST_MINUTES = 8

KEEP = """async ([outbox, reports]) => {
  const { queue } = await import(outbox);
  const opened = (asked) => new Promise((done, failed) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  for (const { id, photo, ...report } of reports) {
    const bytes = Uint8Array.from(atob(photo), (one) => one.charCodeAt(0)).buffer;
    const canvas = new OffscreenCanvas(160, 120);
    canvas.getContext("2d").drawImage(await createImageBitmap(new Blob([bytes])), 0, 0, 160, 120);
    const thumb = await (await canvas.convertToBlob({ type: "image/jpeg", quality: 0.7 })).arrayBuffer();
    const database = await opened(indexedDB.open("blockwise"));
    const store = database.transaction("photos", "readwrite").objectStore("photos");
    await opened(store.put({ id: `photo-${id}`, draft: id, type: "image/jpeg", bytes, thumb }));
    database.close();
    const about = { kind: "report", subject: id, language: "en", photos: [`photo-${id}`] };
    await queue({ ...report, ...about, client_request_id: id });
  }
}"""
START = "async (outbox) => (await import(outbox)).startSender()"
WAITING = "async (outbox) => (await (await import(outbox)).items()).length"


def poor_link() -> Link:
    """1 Mbit/s, 300 ms there and back, 3 % of the segments lost."""
    return Link(bytes_per_second=125_000, round_trip=0.3, loss=0.03, seed=SEED)


def run() -> list[Row]:
    with demo_city("sqlite") as city, blockwise_server(city.environ) as (address, _):
        return [asyncio.run(measure(address, city.place))]


async def measure(address: str, place: tuple[float, float]) -> Row:
    reports = [report(number, place) for number in range(REPORTS)]
    size = sum(len(photo) for _, photo in reports)
    ours, took = await send_all(address, reports)
    await expect_all(address, reports)
    bulk = await send_bulk(size)
    return row(took, bulk, size, ours)


def report(number: int, place: tuple[float, float]) -> tuple[dict[str, Any], bytes]:
    """What the outbox is given, and its photo of 60–100 KB. The places are some metres apart."""
    chance = random.Random(SEED + number)
    where = [str(round(degrees + chance.uniform(-0.001, 0.001), 6)) for degrees in place]
    fields = [["service_code", "litter"], ["lat", where[0]], ["long", where[1]], ["place_source", "pin"]]
    fields.append(["description", f"Report {number} of a walk without a network."])
    numbers = uuid.UUID(int=chance.getrandbits(128), version=4)
    return {"id": str(numbers), "title": f"Litter {number}", "fields": fields}, photo(number)


def photo(number: int) -> bytes:
    noise = np.random.default_rng(SEED + number)
    grain = Image.fromarray(noise.integers(0, 255, (90, 120, 3), np.uint8))
    made = io.BytesIO()
    grain.resize((960, 720), Image.Resampling.BICUBIC).save(made, "JPEG", quality=int(noise.integers(25, 50)))
    return made.getvalue()


async def send_all(address: str, reports: list[tuple[dict[str, Any], bytes]]) -> tuple[Link, float]:
    """The link, and seconds from the network's return until the phone has nothing left to send."""
    link, outbox = poor_link(), asset("outbox.js")
    with tempfile.TemporaryDirectory(prefix="blockwise-bench-") as folder:
        async with link.to(address) as far, started_phone(Path(folder)) as phone:
            page = await phone.new_page()
            await page.goto(f"{far}/offline", wait_until="networkidle")
            await page.evaluate(START, outbox)
            await phone.set_offline(True)
            await keep(page, outbox, reports)
            assert await page.evaluate(WAITING, outbox) == REPORTS
            link.poor = True
            began = time.perf_counter()
            await phone.set_offline(False)
            await until_sent(page, outbox)
            return link, time.perf_counter() - began


async def keep(page: Page, outbox: str, reports: list[tuple[dict[str, Any], bytes]]) -> None:
    for at in range(0, len(reports), 10):
        some = [{**one, "photo": base64.b64encode(raw).decode()} for one, raw in reports[at : at + 10]]
        await page.evaluate(KEEP, [outbox, some])


async def until_sent(page: Page, outbox: str) -> None:
    async with asyncio.timeout(MOST_MINUTES * 60):
        while await page.evaluate(WAITING, outbox):
            await page.wait_for_timeout(250)


async def expect_all(address: str, reports: list[tuple[dict[str, Any], bytes]]) -> None:
    """The city has every report, with exactly its photo."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as web:
        for at in range(0, len(reports), 50):
            some = reports[at : at + 50]
            told = (await web.get("/outbox", params=[("id", one["id"]) for one, _ in some])).json()["items"]
            for item, (_, raw) in zip(told, some, strict=True):
                assert item["received"] and item["photos"] == [hashlib.sha256(raw).hexdigest()], item


async def send_bulk(size: int) -> float:
    """Seconds that the same bytes take over the same link, with nothing asked and nothing answered."""
    link = poor_link()
    link.poor = True
    arrived, left, done = 0, size, asyncio.Event()

    async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        while data := await reader.read(CHUNK):
            arrived += len(data)
            if arrived >= size:
                done.set()
        writer.close()

    async def pour(address: str) -> None:
        nonlocal left
        loop = asyncio.get_running_loop()
        with socket.socket() as line:
            # Or one connection would take all that there is before the others have begun.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
            line.setblocking(False)
            await loop.sock_connect(line, ("127.0.0.1", int(address.rpartition(":")[2])))
            while left > 0:
                some = min(CHUNK, left)
                left -= some
                await loop.sock_sendall(line, bytes(some))

    server = await asyncio.start_server(sink, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, link.to(f"http://127.0.0.1:{port}") as far:
        began = time.perf_counter()
        await asyncio.gather(*(pour(far) for _ in range(CONNECTIONS)))
        await done.wait()
        return time.perf_counter() - began


def row(took: float, bulk: float, size: int, link: Link) -> Row:
    share = bulk / took
    lost = f"{link.up.lost / 1e6:.2f} MB lost and sent again"
    how = f"{size / 1e6:.1f} MB of photos, {link.connections} connections, {lost}"
    detail = f"bulk over {CONNECTIONS} connections {bulk:.1f} s in the same run; {how}"
    return {
        "name": f"{REPORTS} queued reports with photos over 1 Mbit/s, 300 ms, 3 % loss",
        "value": took,
        "unit": "s",
        "limit": f"at least {LIMIT} of the link",
        "ratio": share,
        "ok": share >= LIMIT,
        "detail": detail,
    }
