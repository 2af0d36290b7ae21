"""Many push messages at once: sealed and posted by a process for each core, each with connections that it keeps.

The caller claims work and settles outcomes, and so keeps the books; the senders know no database. Whoever is killed,
nothing is lost: what has no outcome is sent again, and a push service shows the phone one of two (`topic_of`).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import msgspec
import structlog

from app.notifications.outcome import Later, Outcome
from app.notifications.push import Endpoint, PushMessage
from app.notifications.sender import LINE_BYTES, Beginning, Group, Report
from app.notifications.vapid import VapidKeys
from app.settings import ROOT, Settings

log = structlog.get_logger()

# What a caller should claim at once; each sender has as many groups in hand as it has lanes, so that one browser
# whose push service does not answer holds up its own group only.
GROUP = 128
LANES = 4
STOP_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Push:
    """One message for one browser; `name` is what the caller knows it by."""

    name: int
    endpoint: Endpoint
    message: PushMessage


# Gives the next pushes, about `GROUP` of them; none: there are no more. Never called twice at a time.
Claim = Callable[[], Awaitable[Sequence[Push]]]
# Takes what became of them, in one transaction. Never called twice at a time.
Settle = Callable[[Sequence[tuple[Push, Outcome]]], Awaitable[None]]


async def fan_out(
    claim: Claim, settle: Settle, keys: VapidKeys, settings: Settings, *, senders: int | None = None
) -> None:
    """Sends all that `claim` gives, and tells `settle` of each what became of it.

    At most `LANES` groups a sender are under way, so memory does not grow with the work. What a sender had in hand
    when it died is for later. Raises what `claim` and `settle` raise.
    """
    books = asyncio.Lock()

    async def lane(sender: Sender) -> None:
        while not sender.dead:
            async with books:
                pushes = await claim()
            if not pushes:
                return
            outcomes = await sender.send(pushes)
            async with books:
                await settle(list(zip(pushes, outcomes, strict=True)))

    async with AsyncExitStack() as stack:
        count = senders or os.cpu_count() or 1
        started = [await stack.enter_async_context(running_sender(keys, settings)) for _ in range(count)]
        async with asyncio.TaskGroup() as lanes:
            for sender in started * LANES:
                lanes.create_task(lane(sender))


@dataclass(slots=True)
class Sender:
    """A process of `app.notifications.sender`, and whoever waits for it."""

    process: asyncio.subprocess.Process
    dead: bool = False
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _waiting: dict[int, asyncio.Future[list[Outcome] | None]] = field(default_factory=dict)

    async def send(self, pushes: Sequence[Push]) -> list[Outcome]:
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        if self.dead:
            waiting.set_result(None)
        else:
            await self.write(Group(number, [(push.endpoint, push.message) for push in pushes]))
        outcomes = await waiting
        return outcomes or [Later(0, "sender died")] * len(pushes)

    async def write(self, line: Group | Beginning) -> None:
        assert self.process.stdin
        # Who listens to it sees that it died, and tells whoever waits.
        with suppress(ConnectionError):
            self.process.stdin.write(msgspec.json.encode(line) + b"\n")
            await self.process.stdin.drain()

    async def listen(self) -> None:
        assert self.process.stdout
        reports = msgspec.json.Decoder(Report)
        while line := await self.process.stdout.readline():
            report = reports.decode(line)
            waiting = self._waiting.pop(report.number)
            if not waiting.done():
                waiting.set_result(report.outcomes)
        self.dead = True
        unanswered = [waiting for waiting in self._waiting.values() if not waiting.done()]
        if unanswered:
            log.error("a sender died", groups=len(unanswered))
        for waiting in unanswered:
            waiting.set_result(None)


@asynccontextmanager
async def running_sender(keys: VapidKeys, settings: Settings) -> AsyncIterator[Sender]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.notifications.sender", stdin=pipe, stdout=pipe, limit=LINE_BYTES, cwd=ROOT
    )
    sender = Sender(process)
    await sender.write(Beginning(keys, settings.public_url, settings.private_endpoints))
    listening = asyncio.create_task(sender.listen())
    try:
        yield sender
    finally:
        # Without work it ends by itself.
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
        listening.cancel()
