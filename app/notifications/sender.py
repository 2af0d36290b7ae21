"""`python -m app.notifications.sender`: seals and posts what it is given, line by line, until there is no more.

Started by `fan_out`. Reads a `Beginning`, then `Group`s; answers each with a `Report`, the first done first. All of
them are lines of JSON. When whoever started it is gone, it goes too.
"""

from __future__ import annotations

import asyncio
import sys
import time

import httpx
import msgspec
import uvloop

from app.notifications.outcome import Later, Outcome
from app.notifications.push import (
    MOST_CONNECTIONS,
    UNREACHABLE,
    Endpoint,
    Pusher,
    PushMessage,
    Sealed,
    post_sealed,
    push_client,
)
from app.notifications.vapid import VapidKeys

LINE_BYTES = 16_000_000
FAILURES_IN_A_ROW = 10
PAUSE_SECONDS = 30


class Beginning(msgspec.Struct, array_like=True, frozen=True):
    keys: VapidKeys
    public_url: str
    private: bool


class Group(msgspec.Struct, array_like=True, frozen=True):
    number: int
    pushes: list[tuple[Endpoint, PushMessage]]


class Report(msgspec.Struct, array_like=True, frozen=True):
    """An outcome for each push of a group, in its order."""

    number: int
    outcomes: list[Outcome]


class Patience:
    """Which push services do not answer now: after some failures in a row nobody waits for them, for a while."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._until: dict[str, float] = {}

    def pause(self, url: str) -> float:
        """Seconds to leave this address's push service alone."""
        return max(self._until.get(origin(url), 0) - time.monotonic(), 0)

    def note(self, url: str, outcome: Outcome) -> None:
        service = origin(url)
        if not isinstance(outcome, Later) or outcome.reason != UNREACHABLE:
            self._failures.pop(service, None)
            return
        self._failures[service] = self._failures.get(service, 0) + 1
        if self._failures[service] >= FAILURES_IN_A_ROW:
            self._until[service] = time.monotonic() + PAUSE_SECONDS


def origin(url: str) -> str:
    return url[: url.find("/", len("https://"))]


async def serve() -> None:
    reader = asyncio.StreamReader(limit=LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    beginning = msgspec.json.decode(await reader.readline(), type=Beginning)
    pusher, turns, patience = Pusher(beginning.keys), asyncio.Semaphore(MOST_CONNECTIONS), Patience()
    groups = msgspec.json.Decoder(Group)
    async with push_client(beginning.public_url, private=beginning.private) as client:
        # Whoever is dropped here has told nothing, and is sent again.
        under_way: set[asyncio.Task[None]] = set()
        while line := await reader.readline():
            task = asyncio.create_task(answer(groups.decode(line), client, pusher, turns, patience))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        for task in under_way:
            task.cancel()


async def answer(
    group: Group, client: httpx.AsyncClient, pusher: Pusher, turns: asyncio.Semaphore, patience: Patience
) -> None:
    async def one(endpoint: Endpoint, message: PushMessage) -> Outcome:
        # Its time runs from its turn on, not while others are sent.
        async with turns:
            if pause := patience.pause(endpoint.url):
                return Later(pause, UNREACHABLE)
            sealed = pusher.seal(endpoint, message)
            if not isinstance(sealed, Sealed):
                return sealed
            outcome = await post_sealed(client, sealed)
            patience.note(endpoint.url, outcome)
            return outcome

    outcomes = await asyncio.gather(*(one(endpoint, message) for endpoint, message in group.pushes))
    sys.stdout.buffer.write(msgspec.json.encode(Report(group.number, list(outcomes))) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(serve())
