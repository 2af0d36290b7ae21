"""One phone in one run: its reports are put, deleted and looked at while things break around it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psycopg

from tests.faults.city import City
from tests.faults.judge import lies
from tests.faults.ledger import Ledger
from tests.faults.phone import Gone, Phone
from tests.faults.reports import MadeReport
from tests.faults.tally import Tally
from tests.faults.wire import Wire

# How long a whole network may take to empty the queue.
CALM_S = 90
STORM_S = 10
DELETED = "deleted by the person"


@dataclass
class Trial:
    city: City
    wire: Wire
    phone: Phone
    tally: Tally
    chance: Random
    ledger: Ledger = field(default_factory=Ledger)
    wrong: list[str] = field(default_factory=list)
    # Only one of these at a time: the server or the database away, the disk full.
    ground: asyncio.Lock = field(default_factory=asyncio.Lock)
    disk: asyncio.Lock = field(default_factory=asyncio.Lock)
    background: set[asyncio.Task[None]] = field(default_factory=set)
    known: dict[str, str] = field(default_factory=dict)

    async def put(self, report: MadeReport) -> None:
        """Reports; in the ledger it is saved only when the phone said so."""
        one = report.client_request_id
        self.ledger.put[one] = report
        try:
            await self.phone.call("put", report.told(), tab=self.chance.randrange(2))
        except Gone as error:
            self.ledger.refused.append(str(error).partition("\n")[0][:120])
        else:
            self.ledger.saved.add(one)

    async def remove(self) -> None:
        """The person deletes one of the last reports, whatever has become of it; not one that is told as sent, and
        put away: there is nothing of it to press on."""
        kept = self.ledger.saved - self.ledger.shown
        recent = [one for one in self.ledger.put if one in kept and one not in self.ledger.deleted][-12:]
        if not recent:
            return
        one = self.chance.choice(recent)
        self.ledger.deleted[one] = ""
        try:
            self.ledger.deleted[one] = await self.phone.call("remove", one)
        except Gone:
            return
        self.tally.note(DELETED, [one])

    async def look(self) -> None:
        """At any moment: what it shows as sent is in the city, and what it has saved is there to be seen."""
        owed = self.ledger.owed
        try:
            seen = await self.phone.call("look")
        except Gone:
            return
        told = {one["client_request_id"]: one["service_request_id"] for one in seen["receipts"]}
        shown = set(told) | {item["client_request_id"] for item in seen["items"]}
        self.wrong += [
            f"hidden: {one} was said to be saved, and is not shown"
            for one in owed & self.ledger.owed - shown - self.ledger.shown
        ]
        if self.arrived():
            self.wrong += lies(told, self.known)

    async def wake(self) -> None:
        try:
            await self.phone.call("wake")
        except Gone:
            return

    def arrived(self) -> bool:
        """Reads what the city has into `known`; whether it could be read."""
        try:
            self.known = self.city.has()
        except psycopg.OperationalError:
            return False
        return True

    def waiting(self) -> set[str]:
        """The reports that are on the phone, as far as one can see."""
        self.arrived()
        return (set(self.ledger.put) - set(self.known)) | self.wire.ids_under_way

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.background.add(task)

    async def rest(self) -> None:
        """Waits for all that was begun beside."""
        tasks, self.background = self.background, set()
        for done in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(done, BaseException) and not isinstance(done, Gone):
                raise done

    async def storm(self) -> None:
        """All is put, and the network is as bad as before: sends on for a while."""
        for _ in range(STORM_S * 3):
            try:
                await self.phone.call("insist", False)
                await asyncio.sleep(0.33)
                if not await self.phone.call("waiting"):
                    return
            except Gone:
                return

    async def calm(self) -> dict[str, Any]:
        """All faults off: sends until nothing waits. What the phone shows then."""
        await self.rest()
        self.wire.rate = 0
        for number in range(CALM_S * 2):
            with contextlib.suppress(*Gone):
                await self.phone.call("insist", number % 4 == 3)
                await asyncio.sleep(0.5)
                if not await self.phone.call("waiting"):
                    break
        return dict(await self.phone.call("look"))
