"""The network between the phone and the city: passes everything on, but what its plan says to break."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from random import Random

from tests.faults.breaks import BREAKS
from tests.faults.exchange import NUMBER, Asked, answer_of, read_asked
from tests.faults.tally import Tally

WORKER = "/service-worker.js"


class Deck:
    """Deals names in random order, each as often as every other."""

    def __init__(self, names: list[str], chance: Random) -> None:
        self.names, self.chance, self.left = names, chance, list[str]()

    def deal(self) -> str:
        if not self.left:
            self.left = self.chance.sample(self.names, len(self.names))
        return self.left.pop()


class Wire:
    """`rate` is the share of the outbox's exchanges that are broken; 0 for a network that is whole.

    `version` is written under the service worker: another one is a new version of the app.
    """

    def __init__(self, upstream: int, chance: Random, tally: Tally) -> None:
        self.upstream, self.chance, self.tally = upstream, chance, tally
        self.deck = Deck(list(BREAKS), chance)
        self.rate = 0.0
        self.version = 0
        self.address = ""
        self.under_way: Counter[str] = Counter()
        # What was asked, and what was broken of it.
        self.asked: list[tuple[Asked, str | None]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await read_asked(reader)
        if asked is None:
            writer.close()
            return
        self.under_way.update(asked.ids)
        try:
            told = await self.carry(asked)
            writer.write(told)
            await writer.drain()
        except (OSError, TimeoutError):
            writer.transport.abort()
        finally:
            self.under_way.subtract(asked.ids)
            writer.close()

    async def carry(self, asked: Asked) -> bytes:
        fault = self.choose(asked)
        self.asked.append((Asked(asked.method, asked.path, b"", asked.ids), fault))
        if fault:
            self.tally.note(fault, asked.ids)
            return await BREAKS[fault](self.upstream, asked, self.chance)
        told = await answer_of(self.upstream, asked.raw)
        return renewed(told, self.version) if asked.path == WORKER and self.version else told

    def choose(self, asked: Asked) -> str | None:
        """What goes wrong with this exchange; a test may put its own choice in place of this one."""
        if asked.of_the_outbox and self.chance.random() < self.rate:
            return self.deck.deal()
        return None

    def times(self, method: str, *parts: str) -> int:
        """How often this was asked with all of these in its address, whatever became of it."""
        return sum(asked.method == method and all(part in asked.path for part in parts) for asked, _ in self.asked)

    def story(self, said: str) -> str:
        """What was asked about the items that these words name, in order, and what went wrong with it."""
        named = {number.decode() for number in NUMBER.findall(said.encode())}
        told = [f"{asked.method}{f' ({fault})' if fault else ''}" for asked, fault in self.asked if asked.ids & named]
        return ", ".join(told)

    @property
    def ids_under_way(self) -> set[str]:
        return {number for number, count in self.under_way.items() if count > 0}


def renewed(told: bytes, version: int) -> bytes:
    """The same script as another version of it."""
    head, _, script = told.partition(b"\r\n\r\n")
    script += f"\n// {version}\n".encode()
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    return b"\r\n".join([*kept, f"Content-Length: {len(script)}".encode(), b"", script])


@contextlib.asynccontextmanager
async def wire_to(upstream: int, chance: Random, tally: Tally, port: int = 0) -> AsyncIterator[Wire]:
    """A wire on loopback to the server on port `upstream`."""
    wire = Wire(upstream, chance, tally)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", port)
    wire.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()
        await asyncio.sleep(0)
