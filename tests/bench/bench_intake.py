"""Intake without a photo through the real form, beside a bare route in the same server; both databases, 32 clients."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
import uuid
from urllib.parse import urlencode

from sqlalchemy import func, select

from app.db import Database
from app.service_requests.models import ServiceRequest
from app.service_requests.report_draft import new_stamp
from app.settings import async_url
from tests.bench.__main__ import Row
from tests.bench.city import SECRET, demo_city
from tests.servers import blockwise_server, memory_mb

CLIENTS = 32
ROUNDS = 6
REPORTS_A_ROUND = 320
LIMIT = 0.60
MEMORY_LIMIT_MB = 300


class Client:
    """One kept-alive HTTP/1.1 connection that does nothing but post forms."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> Client:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        status = int((await self.reader.readline()).split()[1])
        length = 0
        while (line := await self.reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, await self.reader.readexactly(length)


def form(draw: random.Random, number: uuid.UUID, place: tuple[float, float]) -> bytes:
    lat, long = place
    fields = {
        "client_request_id": str(number),
        "stamp": new_stamp(SECRET),
        "service_code": "pothole",
        "attribute[road]": "street",
        "lat": f"{lat + draw.uniform(-0.002, 0.002):.6f}",
        "long": f"{long + draw.uniform(-0.002, 0.002):.6f}",
        "accuracy": "10",
        "place_source": "device",
        "address_string": f"{draw.randint(1, 400)} Beacon Street",
        "description": "A deep hole in the right lane, about as wide as a bicycle wheel. " * 2,
        "step": "send",
    }
    return urlencode(fields).encode()


async def round_of(port: int, path: str, bodies: list[bytes]) -> float:
    """Posts these bodies from 32 clients at once; reports a second. Raises AssertionError for any but a 201."""
    waiting = iter(bodies)

    async def client() -> None:
        async with Client(port) as connection:
            for body in waiting:
                status, answer = await connection.post(path, body)
                assert status == 201, f"{path} answered {status}: {answer[:500]!r}"

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return len(bodies) / (time.perf_counter() - started)


async def measure(port: int, place: tuple[float, float]) -> tuple[list[float], list[float], list[uuid.UUID]]:
    """(bare, ours, numbers sent to ours): rates of alternating rounds; in ours each tenth report is sent twice."""
    draw = random.Random(311)
    rates: dict[str, list[float]] = {"/bare": [], "/report": []}
    sent: list[uuid.UUID] = []

    def numbers(count: int) -> list[uuid.UUID]:
        return [uuid.UUID(int=draw.getrandbits(128), version=4) for _ in range(count)]

    for turn in range(ROUNDS + 1):
        for path, kept in rates.items():
            fresh = numbers(REPORTS_A_ROUND)
            rate = await round_of(port, path, [form(draw, number, place) for number in fresh])
            if turn:  # The first round warms both up.
                kept.append(rate)
            sent += fresh if path == "/report" else []
    doubled = [number for number in numbers(64) for _ in range(2)]
    await round_of(port, "/report", [form(random.Random(1), number, place) for number in doubled])
    return rates["/bare"], rates["/report"], [*sent, *dict.fromkeys(doubled)]


async def lost_or_doubled(url: str, sent: list[uuid.UUID]) -> int:
    database = Database(async_url(url))
    async with database.reading() as session:
        found = select(func.count()).where(ServiceRequest.client_request_id.in_(sent), ServiceRequest.source == "web")
        count = (await session.execute(found)).scalar_one()
    await database.close()
    return abs(len(sent) - count)


def run() -> list[Row]:
    return [row for kind in ("sqlite", "postgis") for row in rows_of(kind)]


def rows_of(kind: str) -> list[Row]:
    with demo_city(kind) as city, blockwise_server(city.environ, target="tests.bench.bare:create_app") as server:
        url, pid = server
        bare, ours, sent = asyncio.run(measure(int(url.rpartition(":")[2]), city.place))
        memory = memory_mb(pid)
        wrong = asyncio.run(lost_or_doubled(city.environ["BLOCKWISE_DATABASE_URL"], sent))
    rate, bare_rate = statistics.median(ours), statistics.median(bare)
    return [
        Row(
            name=f"intake without photo, {kind}",
            value=rate,
            unit="/s",
            limit=f">= {LIMIT} of the bare route",
            ratio=rate / bare_rate,
            ok=rate / bare_rate >= LIMIT,
            detail=f"bare route {bare_rate:.0f}/s; median of {ROUNDS} rounds, {CLIENTS} clients",
        ),
        Row(
            name=f"reports lost or doubled, {kind}",
            value=wrong,
            unit="",
            limit="0",
            ratio=None,
            ok=wrong == 0,
            detail=f"of {len(sent)} sent, 64 of them twice at once",
        ),
        Row(
            name=f"memory of server and worker, {kind}",
            value=memory,
            unit="MB",
            limit=f"< {MEMORY_LIMIT_MB} MB",
            ratio=memory / MEMORY_LIMIT_MB,
            ok=memory < MEMORY_LIMIT_MB,
            detail="proportional set size after the intake",
        ),
    ]
