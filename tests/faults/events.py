"""What befalls the phone and the city as a whole, beside single exchanges."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from tests.faults.phone import Gone
from tests.faults.trial import Trial

HOUR_MS = 3_600_000
TABS = 2
RENEWAL_S = 3

Event = Callable[[Trial], Awaitable[None]]


async def kill_server(trial: Trial) -> None:
    trial.spawn(away(trial, trial.city.server.restart(trial.chance.uniform(0, 1.5))))


async def take_database(trial: Trial) -> None:
    trial.spawn(away(trial, trial.city.store.go_away(trial.chance.uniform(0.2, 2))))


async def away(trial: Trial, work: Awaitable[None]) -> None:
    async with trial.ground:
        await work


async def crash_tab(trial: Trial) -> None:
    await trial.phone.crash_tab()


async def close_tab(trial: Trial) -> None:
    await trial.phone.close_tab()


async def kill_browser(trial: Trial) -> None:
    await trial.phone.restart()


async def two_tabs(trial: Trial) -> None:
    """Another tab, if there is none yet; both send."""
    if len(trial.phone.tabs) < TABS:
        await trial.phone.open_tab()
    calls = [trial.phone.call(name, tab=tab) for tab in range(TABS) for name in ("wake", "drain")]
    trial.spawn(ignoring(asyncio.gather(*calls, return_exceptions=True)))


async def ignoring(work: Awaitable[object]) -> None:
    await work


async def renew_worker(trial: Trial) -> None:
    """A new version of the app's service worker, which the person takes at once."""
    trial.wire.version += 1
    # Chromium may put off looking for one by some seconds: then the next that comes along takes it.
    if await asyncio.wait_for(trial.phone.call("renew"), RENEWAL_S):
        await trial.phone.close_tab()


async def close_store(trial: Trial) -> None:
    for tab in range(len(trial.phone.tabs)):
        await trial.phone.call("closeStore", tab=tab)


async def fill_disk(trial: Trial) -> None:
    trial.spawn(full_for_a_while(trial))


async def full_for_a_while(trial: Trial) -> None:
    async with trial.disk:
        with contextlib.suppress(*Gone):
            async with trial.phone.full(trial.chance.choice([0, 1_000, 20_000])):
                await asyncio.sleep(trial.chance.uniform(0.2, 0.8))


async def turn_clock(trial: Trial) -> None:
    await trial.phone.call("setClock", trial.chance.choice([-HOUR_MS, 0, HOUR_MS]))


# Each with its weight beside the others.
EVENTS: dict[str, tuple[Event, int]] = {
    "server killed (-9) and restarted": (kill_server, 1),
    "database restarted or locked": (take_database, 1),
    "tab crashed": (crash_tab, 2),
    "tab closed in the middle": (close_tab, 1),
    "browser killed (-9)": (kill_browser, 1),
    "two tabs sending at once": (two_tabs, 2),
    "service worker updated in the middle": (renew_worker, 1),
    "IndexedDB closed under it": (close_store, 3),
    "disk full": (fill_disk, 2),
    "clock an hour wrong": (turn_clock, 2),
}


async def befall(trial: Trial, name: str) -> None:
    """Lets it happen, and notes which reports were waiting."""
    trial.tally.note(name, trial.waiting())
    with contextlib.suppress(*Gone):
        await EVENTS[name][0](trial)
