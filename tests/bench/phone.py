"""A mid-range phone for benchmarks: Debian's Chromium at phone size, its pages' main threads slowed down four times.

Chromium slows down the page's main thread only. What runs beside it (the service worker, our worker for photos) is
measured apart, and counted four times by whoever reports a figure: `full_price`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from playwright.async_api import BrowserContext, Page, async_playwright

from tests.chromium import CHROMIUM, FLAGS

SLOW = 4
# Niceness.
BEHIND = 5
# On a phone a chip draws beside the page. Without these the page itself waits for each picture of a map, to copy it.
DRAWN_ASIDE = (
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--enable-gpu-rasterization",
)
WATCH_TASKS = """
window.longTasks = [];
new PerformanceObserver((seen) => {
  for (const task of seen.getEntries()) window.longTasks.push([task.startTime, task.duration]);
}).observe({ type: "longtask", buffered: true });
"""


@contextlib.asynccontextmanager
async def started_phone(folder: Path, flags: Sequence[str] = ()) -> AsyncIterator[BrowserContext]:
    """A browser whose profile is this folder: what it keeps outlives it. `flags` beside those of every test."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder,
            executable_path=CHROMIUM,
            args=[*FLAGS, *flags],
            viewport={"width": 360, "height": 740},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            locale="en-US",
        )
        if flags == DRAWN_ASIDE:
            stand_back(folder)
        try:
            yield context
        finally:
            await context.close()


def stand_back(folder: Path) -> None:
    """The process that draws, in place of a chip, takes what time the page leaves it."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_text()
            if "--type=gpu-process" in command and str(folder) in command:
                for task in (process / "task").iterdir():
                    os.setpriority(os.PRIO_PROCESS, int(task.name), BEHIND)


async def slow_page(context: BrowserContext) -> Page:
    """A page whose main thread is slowed down, and which notes its long tasks (50 ms and more) in `longTasks`."""
    page = await context.new_page()
    await page.add_init_script(WATCH_TASKS)
    session = await context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW})
    return page


async def longest_task(page: Page, since: float = 0) -> float:
    """Milliseconds of the longest task of the main thread since a time of the page's clock; 0 for none of 50 ms."""
    tasks: list[tuple[float, float]] = await page.evaluate("window.longTasks")
    return max((took for start, took in tasks if start + took >= since), default=0)


def full_price(whole: float, beside: float) -> float:
    """What `whole` milliseconds would be, if the part of it that ran beside the main thread were slowed down too."""
    return whole + (SLOW - 1) * beside
