"""A run: so many reports from phone after phone over a network that breaks, and the verdict on all of it."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from playwright.async_api import Playwright, async_playwright

from tests.faults.breaks import BREAKS
from tests.faults.by_hand import report_by_hand
from tests.faults.city import OURS, City, city_on
from tests.faults.events import EVENTS, befall
from tests.faults.judge import judge, judge_phone
from tests.faults.ledger import Ledger
from tests.faults.phone import Phone, switched_on
from tests.faults.reports import MadeReport, make_reports
from tests.faults.server import Build
from tests.faults.tally import Tally, table
from tests.faults.trial import DELETED, Trial
from tests.faults.wire import Deck, Wire, wire_to

A_PHONE = 100
# Shares: of exchanges that are broken, and of reports beside which something happens.
BROKEN = 0.35
BEFALLEN = 0.3
REMOVED = 0.06
LOOKED = 0.1
WOKEN = 0.4
BY_HAND = 0.025


@dataclass
class Outcome:
    seed: int
    database: str
    tally: Tally
    ledger: Ledger
    arrived: set[str]
    wrong: list[str]
    seconds: float
    server_failed: list[str] = field(default_factory=list)

    def told(self) -> str:
        names = [*BREAKS, *EVENTS, DELETED]
        photos = sum(len(report.photos) for report in self.ledger.put.values())
        lines = [
            f"\nseed {self.seed}, {self.database}: {len(self.ledger.put):,} reports with {photos:,} photos,"
            f" {self.seconds:.0f} s",
            table(self.tally, names, self.ledger.owed, self.arrived),
            f"  said saved {len(self.ledger.saved):,}, of these deleted"
            f" {len(self.ledger.saved - self.ledger.owed):,}; owed {len(self.ledger.owed):,},"
            f" arrived {len(self.ledger.owed & self.arrived):,}",
            *(
                f"  not saved, and said so ({count}): {why}"
                for why, count in Counter(self.ledger.refused).most_common(6)
            ),
            *(f"  the server failed: {line[:300]}" for line in self.server_failed[:3]),
            *(f"  WRONG  {line}" for line in self.wrong[:40]),
            f"  verdict: {len(self.wrong)} wrong" if self.wrong else "  verdict: every promise was kept",
        ]
        return "\n".join(lines)


async def run(
    reports: int,
    seed: int,
    database: str,
    *,
    build: Build = OURS,
    say: Callable[[str], None] = lambda words: None,
) -> Outcome:
    """`database` is "sqlite" or "postgis"; `say` hears how far it is."""
    began, tally, whole, wrong = time.monotonic(), Tally(), Ledger(), list[str]()
    async with ground(database, seed, tally, build) as (playwright, city, wire):
        for number, first in enumerate(range(0, reports, A_PHONE)):
            chance = Random(f"{seed}/{number}")
            made = list(make_reports(min(A_PHONE, reports - first), chance, f"{seed}-{spelled_phone(number)}"))
            trial = await run_phone(playwright, city, wire, tally, chance, made)
            whole.add(trial.ledger)
            wrong += trial.wrong
            say(f"  {first + len(made)} of {reports}, {time.monotonic() - began:.0f} s, {len(wrong)} wrong")
        wrong += judge(city, whole)
        wrong = [f"{line}\n         asked: {wire.story(line)}" for line in wrong]
        failed = city.server.complaints()
        return Outcome(seed, database, tally, whole, set(city.has()), wrong, time.monotonic() - began, failed)


def spelled_phone(number: int) -> str:
    return chr(ord("A") + number % 26)


@asynccontextmanager
async def ground(database: str, seed: int, tally: Tally, build: Build) -> AsyncIterator[tuple[Playwright, City, Wire]]:
    async with (
        async_playwright() as playwright,
        city_on(database, build) as city,
        wire_to(city.server.port, Random(f"{seed}/wire"), tally) as wire,
    ):
        yield playwright, city, wire


async def run_phone(
    playwright: Playwright, city: City, wire: Wire, tally: Tally, chance: Random, made: list[MadeReport]
) -> Trial:
    """A new phone, its reports, and its verdict in `Trial.wrong`."""
    with tempfile.TemporaryDirectory(prefix="blockwise-phone-", ignore_cleanup_errors=True) as disk:
        module = city.server.build.module("outbox.js")
        async with switched_on(Phone(playwright, Path(disk), wire.address, module)) as phone:
            trial = Trial(city, wire, phone, tally, chance)
            events = Deck([name for name, (_, weight) in EVENTS.items() for _ in range(weight)], chance)
            wire.rate = BROKEN
            for report in made:
                await step(trial, report, events)
            await trial.storm()
            seen = await trial.calm()
            trial.wrong += judge_phone(seen, city, trial.ledger)
            return trial


async def step(trial: Trial, report: MadeReport, events: Deck) -> None:
    """One report, and what happens beside it."""
    chance = trial.chance
    work = report_by_hand(trial, report) if chance.random() < BY_HAND else trial.put(report)
    putting = asyncio.create_task(work)
    await asyncio.sleep(chance.uniform(0, 0.05))
    if chance.random() < BEFALLEN:
        await befall(trial, events.deal())
    await putting
    if chance.random() < REMOVED:
        trial.spawn(trial.remove())
    if chance.random() < WOKEN:
        await trial.wake()
    if chance.random() < LOOKED:
        await trial.look()
