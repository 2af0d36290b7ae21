"""An app that lives on a phone: a browser with a folder of its own, which can be killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, Playwright, async_playwright

from tests import chromium
from tests.e2e.cities import LAT, LONG
from tests.e2e.resident import Resident
from tests.e2e.tunnel import Tunnel

FLAGS = [
    chromium.WITHOUT,
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 1,
    "permissions": ["geolocation"],
    "geolocation": {"latitude": LAT, "longitude": LONG, "accuracy": 12},
}
WAIT_MS = 20_000
# The shell, the catalogue and one's own requests are kept.
READY = """async () => {
  const kept = async () => (await (await caches.open("catalogue")).keys()).length > 0;
  await navigator.serviceWorker.ready;
  for (let turn = 0; turn < 100 && !(navigator.serviceWorker.controller && await kept()); turn++)
    await new Promise((done) => setTimeout(done, 100));
  return kept();
}"""
KEEPS = """async ([name, path]) => {
  const kept = await (await caches.open(name)).keys();
  return kept.some(({ url }) => url.slice(location.origin.length).startsWith(path));
}"""


@dataclass
class InstalledPhone:
    playwright: Playwright
    folder: Path
    tunnel: Tunnel
    locale: str = "en-US"
    resident: Resident | None = None

    @property
    def me(self) -> Resident:
        assert self.resident, "the app is not started"
        return self.resident

    @property
    def page(self) -> Page:
        return self.me.page

    @property
    def context(self) -> BrowserContext:
        return self.me.context

    async def start(self) -> Resident:
        """Starts the browser; nothing is open yet."""
        context = await self.playwright.chromium.launch_persistent_context(
            self.folder, executable_path="/usr/bin/chromium", args=FLAGS, locale=self.locale, **PHONE
        )
        context.set_default_timeout(WAIT_MS)
        self.resident = Resident(context.pages[0], self.tunnel.address)
        return self.resident

    async def install(self) -> Resident:
        """The first visit, with a network: long enough for the service worker to keep what it wants."""
        resident = await self.start()
        await resident.open("/")
        assert await resident.page.evaluate(READY)
        return resident

    async def keeps(self, cache: str, path: str) -> None:
        """Waits until the service worker has put this away."""
        await eventually(self.page, KEEPS, [cache, path])

    async def leave_app(self) -> None:
        """The person goes elsewhere: no page of the app is open any more."""
        await self.page.goto("about:blank")

    async def wake_service_worker(self) -> None:
        """Background Sync, as the system does it when the network is back."""
        session = await self.context.new_cdp_session(self.page)
        found: dict[str, str] = {}

        def note(event: dict[str, Any]) -> None:
            for one in event["registrations"]:
                found[one["scopeURL"]] = one["registrationId"]

        session.on("ServiceWorker.workerRegistrationUpdated", note)
        await session.send("ServiceWorker.enable")
        for _ in range(50):
            if f"{self.tunnel.address}/" in found:
                break
            await asyncio.sleep(0.1)
        which = {"origin": self.tunnel.address, "registrationId": found[f"{self.tunnel.address}/"]}
        await session.send("ServiceWorker.dispatchSyncEvent", {**which, "tag": "blockwise-outbox", "lastChance": False})

    async def kill(self) -> None:
        """The system takes the whole browser away, with no word to it."""
        gone = asyncio.Event()
        self.context.on("close", lambda _: gone.set())
        # Chromium writes what a page was told is on disk; the folder's other files follow within a second.
        await asyncio.sleep(1)
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        await asyncio.wait_for(gone.wait(), 15)
        for left in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
            (self.folder / left).unlink(missing_ok=True)

    def processes(self) -> list[int]:
        """The browser of this folder, and no other."""
        wanted = f"--user-data-dir={self.folder}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if wanted in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        return found

    async def close(self) -> None:
        if self.resident:
            await self.context.close()


@contextlib.asynccontextmanager
async def phone_in(folder: Path, tunnel: Tunnel, *, locale: str = "en-US") -> AsyncIterator[InstalledPhone]:
    async with async_playwright() as playwright:
        phone = InstalledPhone(playwright, folder, tunnel, locale)
        try:
            yield phone
        finally:
            await phone.close()


async def eventually(page: Page, question: str, arg: Any = None) -> None:
    """Asks the page until it says yes. (`wait_for_function` takes a promise for a yes.)"""
    for _ in range(100):
        if await page.evaluate(question, arg):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"not so after 20 seconds: {question}, {arg}")
