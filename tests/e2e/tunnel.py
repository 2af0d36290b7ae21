"""A network that goes away as it does in a tunnel: connections are refused, or taken and never answered."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from tests.servers import free_port


class Tunnel:
    """The way to a server, at an address that stays the same. Outside of the tunnel, everything passes."""

    def __init__(self, upstream: str) -> None:
        where = urlsplit(upstream)
        self.upstream = (str(where.hostname), int(where.port or 80))
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.silent = False
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def leave(self) -> None:
        """The network is back."""
        self.silent = False
        if self._server is None:
            self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port, family=socket.AF_INET)

    async def enter(self) -> None:
        """The network is gone, in the middle of whatever it was doing."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._cut()

    def hush(self) -> None:
        """The network seems to be there, and answers nothing."""
        self.silent = True
        self._cut()

    def _cut(self) -> None:
        for writer in [*self._open]:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self.silent:
                await reader.read()
                return
            away, back = await asyncio.open_connection(*self.upstream)
            await asyncio.gather(pump(reader, back), pump(away, writer))
        except OSError:
            pass
        finally:
            self._open.discard(writer)
            writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def tunnel_to(upstream: str) -> AsyncIterator[Tunnel]:
    tunnel = Tunnel(upstream)
    await tunnel.leave()
    try:
        yield tunnel
    finally:
        await tunnel.enter()
