"""A phone: a real Chromium with a disk of its own, whose tabs crash, and which is switched off without a warning."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import BrowserContext, Page, Playwright
from playwright.async_api import Error as BrowserError

from tests.e2e.conftest import FLAGS, PHONE
from tests.service_requests.city import LAT, LONG

START = "/my"
CHROMIUM = "/usr/bin/chromium"
HERE = Path(__file__).parent
# A call that a dying tab will never answer.
PATIENCE_S = 20
LOAD_MS = 10_000
TRIES = 4
# What a call raises when the tab or the browser has gone under it.
Gone = (BrowserError, TimeoutError)
T = TypeVar("T")
CALL = "async ([name, url, given]) => driver[name](await import(url), ...given)"


async def answered(asked: Awaitable[T]) -> T:
    """What the browser answers. Raises TimeoutError when it does not: a call on what is dying may wait for ever."""
    return await asyncio.wait_for(asked, PATIENCE_S)


class Phone:
    """`tabs` are open pages of the product; the first one is where reports are made.

    `module` is the address of the outbox's built script, `start` the page that is opened first.
    """

    def __init__(self, playwright: Playwright, disk: Path, address: str, module: str, start: str = START) -> None:
        self.playwright, self.disk, self.address, self.module = playwright, disk, address, module
        self.start = start
        self.context: BrowserContext | None = None
        self.tabs: list[Page] = []
        self.switching = asyncio.Lock()

    async def switch_on(self) -> None:
        self.context = await self.playwright.chromium.launch_persistent_context(
            self.disk,
            executable_path=CHROMIUM,
            args=FLAGS,
            locale="en-US",
            permissions=["geolocation"],
            geolocation={"latitude": LAT, "longitude": LONG, "accuracy": 12},
            **PHONE,
        )
        self.context.set_default_timeout(PATIENCE_S * 1000)
        await self.context.add_init_script(path=HERE / "driver.js")
        self.tabs = []
        await self.open_tab()
        for page in self.context.pages:
            if page not in self.tabs:
                await answered(page.close())

    async def open_tab(self) -> Page:
        for _ in range(TRIES):
            page = await self.new_page()
            try:
                await page.goto(self.address + self.start, timeout=LOAD_MS)
            except BrowserError:
                # Under Playwright (not in a browser without it) a page that meets a new service worker may hang.
                with contextlib.suppress(*Gone):
                    await answered(page.close())
                continue
            self.tabs.append(page)
            return page
        raise TimeoutError("no page can be opened")

    async def new_page(self) -> Page:
        assert self.context
        return await answered(self.context.new_page())

    async def ready(self) -> None:
        """Has a tab; a browser that opens none any longer is switched off and on."""
        async with self.switching:
            if self.tabs:
                return
            try:
                await self.open_tab()
            except Gone:
                await self.off_and_on()

    async def call(self, name: str, *given: Any, tab: int = 0) -> Any:
        """What a function of `driver.js` gives. Raises one of `Gone` when the tab dies first."""
        await self.ready()
        page = self.tabs[min(tab, len(self.tabs) - 1)]
        return await answered(page.evaluate(CALL, [name, self.module, given]))

    async def crash_tab(self) -> None:
        """The tab's process dies; another tab is opened."""
        assert self.context
        for page in self.tabs[:1]:
            with contextlib.suppress(*Gone):
                session = await answered(self.context.new_cdp_session(page))
                # It never answers: who was to has crashed.
                await asyncio.wait_for(session.send("Page.crash"), 1)
        await self.close_tab()

    async def close_tab(self) -> None:
        """The person closes the tab in the middle, and opens another."""
        for page in self.tabs[:1]:
            self.tabs.remove(page)
            with contextlib.suppress(*Gone):
                await asyncio.wait_for(page.close(), 5)
        await self.open_tab()

    @contextlib.asynccontextmanager
    async def full(self, room: int) -> AsyncIterator[None]:
        """A disk with so many bytes left for the app."""
        if not self.context or not self.tabs:
            raise TimeoutError("the phone is being switched on")
        session = await answered(self.context.new_cdp_session(self.tabs[0]))
        used = await answered(session.send("Storage.getUsageAndQuota", {"origin": self.address}))
        limit = {"origin": self.address, "quotaSize": used["usage"] + room}
        await answered(session.send("Storage.overrideQuotaForOrigin", limit))
        try:
            yield
        finally:
            with contextlib.suppress(*Gone):
                # The limit goes with the session that has set it.
                await answered(session.detach())

    async def kill(self) -> None:
        """The whole browser at once (SIGKILL)."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.tabs = []
        if self.context:
            with contextlib.suppress(*Gone):
                await asyncio.wait_for(self.context.close(), 5)
        await asyncio.to_thread(self.wait_until_dead)

    def wait_until_dead(self) -> None:
        while self.processes():
            time.sleep(0.02)

    def processes(self) -> list[int]:
        """All of this phone's processes: the browser's own, and those that it started and that name its disk."""
        mark = f"--user-data-dir={self.disk}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if folder.name.isdigit() and mark in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
        return found

    async def restart(self) -> None:
        async with self.switching:
            await self.off_and_on()

    async def off_and_on(self) -> None:
        await self.kill()
        for lock in self.disk.glob("Singleton*"):
            lock.unlink(missing_ok=True)
        await self.switch_on()

    async def switch_off(self) -> None:
        if self.context:
            with contextlib.suppress(*Gone):
                await asyncio.wait_for(self.context.close(), 10)
        await self.kill()


@contextlib.asynccontextmanager
async def switched_on(phone: Phone) -> AsyncIterator[Phone]:
    await phone.switch_on()
    try:
        yield phone
    finally:
        await phone.switch_off()
