"""A network that can be cut: passes a connection on to a server, and drops what comes back when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

REQUEST_LINE = re.compile(rb"(?:GET|HEAD|POST|PUT|DELETE) (/\S*) HTTP/1\.1\r\n")
# What settles a report: not its photos, and not the question what the city has.
REPORT = re.compile(rb"PUT /outbox/[0-9a-f-]{36}\?")


class Wire:
    """`swallow`: how many answers to a report are still to be lost. What was asked reaches the server all the same."""

    def __init__(self, upstream: str) -> None:
        where = urlsplit(upstream)
        self.upstream = (str(where.hostname), int(where.port or 80))
        self.address = ""
        self.swallow = 0
        self.swallowed = 0
        self.lose = REPORT

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self.upstream)
        asked = bytearray()

        async def there() -> None:
            while data := await reader.read(65536):
                if begun := REQUEST_LINE.match(data):
                    asked[:] = begun[0]
                server_writer.write(data)
                await server_writer.drain()

        async def back() -> None:
            while data := await server_reader.read(65536):
                if self.lose.match(asked) and self.swallow > 0:
                    self.swallow -= 1
                    self.swallowed += 1
                    return
                writer.write(data)
                await writer.drain()

        ways = [asyncio.create_task(there()), asyncio.create_task(back())]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (writer, server_writer):
            end.close()


@contextlib.asynccontextmanager
async def wire_to(upstream: str) -> AsyncIterator[Wire]:
    wire = Wire(upstream)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()
