"""A poor mobile link, emulated: one rate that all connections share, a delay, and lost segments.

Each way (up, down) has its own rate. Segments of all connections are carried in turn. A lost segment has cost its
time on the link, stalls its own connection for a retransmission time-out, and is carried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SEGMENT = 1448
# What waits on this machine before the link counts neither as sent nor as arrived: little, as on a phone.
SOCKET_BUFFER = 32_768
# A process that is woken late does not lose what the link could have carried meanwhile, up to so many seconds.
LATE = 0.1


@dataclass
class Way:
    """One direction. `carried` counts the bytes that were put on the link, `lost` those of them that were in vain."""

    rate: float
    loss: float
    timeout: float
    chance: random.Random
    free: float = 0.0
    carried: int = 0
    lost: int = 0

    async def carry(self, size: int) -> None:
        """Resolves when the segment has left the link at its far end, the delay apart."""
        while True:
            now = asyncio.get_running_loop().time()
            self.free = max(now - LATE, self.free) + size / self.rate
            self.carried += size
            await asyncio.sleep(self.free - now)
            if self.chance.random() >= self.loss:
                return
            self.lost += size
            await asyncio.sleep(self.timeout)


@dataclass
class Link:
    """`bytes_per_second` each way, `round_trip` in seconds, `loss` as a share. Harmless until `poor` is set."""

    bytes_per_second: float
    round_trip: float
    loss: float
    seed: int
    poor: bool = False
    connections: int = 0
    up: Way = field(init=False)
    down: Way = field(init=False)

    def __post_init__(self) -> None:
        # RFC 6298: the smoothed round trip, and four times its variation (taken as a quarter of it).
        timeout = 2 * self.round_trip
        self.up = Way(self.bytes_per_second, self.loss, timeout, random.Random(self.seed))
        self.down = Way(self.bytes_per_second, self.loss, timeout, random.Random(self.seed + 1))

    @contextlib.asynccontextmanager
    async def to(self, upstream: str) -> AsyncIterator[str]:
        """Gives the address at which a server ("http://host:port") is reached over this link."""
        where = urlsplit(upstream)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # Cut off, or still open when the link is taken down.
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self.join(reader, writer, str(where.hostname), int(where.port or 80))
            writer.close()

        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        door.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(serve, sock=door, limit=SOCKET_BUFFER)
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.close()

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
        self.connections += 1
        if self.poor:
            await asyncio.sleep(self.round_trip)
        there_reader, there_writer = await asyncio.open_connection(host, port)
        try:
            await asyncio.gather(self.pump(reader, there_writer, self.up), self.pump(there_reader, writer, self.down))
        finally:
            there_writer.close()

    async def pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: Way) -> None:
        """Passes on what comes, in its order, until its end; then the target hears of the end too."""
        flying: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def land() -> None:
            while True:
                at, data = await flying.get()
                await asyncio.sleep(at - asyncio.get_running_loop().time())
                if not data:
                    break
                target.write(data)
                await target.drain()
            with contextlib.suppress(OSError):
                target.write_eof()

        landing = asyncio.create_task(land())
        data = b"begun"
        while data:
            data = await source.read(SEGMENT)
            if self.poor and data:
                await way.carry(len(data))
            flying.put_nowait((asyncio.get_running_loop().time() + self.round_trip / 2 * self.poor, data))
        await landing
