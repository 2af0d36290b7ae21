"""A phone without a network: from the icon to a form that can be used, and from the camera to a photo that is safe."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.async_api import Page

from tests.bench.__main__ import Row
from tests.bench.city import demo_city
from tests.bench.phone import SLOW, full_price, longest_task, slow_page, started_phone
from tests.servers import blockwise_server

LIMIT_START_MS = 1000
LIMIT_PHOTO_MS = 1500
LIMIT_TASK_MS = 100
TWELVE_MEGAPIXELS = (4000, 3000)
STARTS = 5
PHOTOS = 5
SETTLE_MS = 500
START_TAKES_MS = 5000

# Usable: it is painted, the scripts have begun (the address names the step), the kinds are there, the camera answers.
WATCH_USABLE = """
customElements.whenDefined("report-form").then(async () => {
  const form = document.querySelector("report-form");
  await form.kind.load(form.getAttribute("catalogue"));
  const painted = () => performance.getEntriesByName("first-contentful-paint").length > 0;
  const look = () => {
    const answers = location.hash && painted() && !document.querySelector("[data-camera]").disabled;
    if (answers) window.usableAt = performance.now();
    else setTimeout(look, 2);
  };
  look();
});
"""
BESIDE_START = """() => {
  const [it] = performance.getEntriesByType("navigation");
  return it.workerStart && it.responseEnd - it.workerStart;
}"""
KEPT = """async () => {
  await navigator.serviceWorker.ready;
  const catalogue = document.querySelector("report-form").getAttribute("catalogue");
  const kept = await Promise.all(["/report", catalogue].map((url) => caches.match(url, { ignoreVary: true })));
  return kept.every(Boolean) && !!navigator.serviceWorker.controller;
}"""
# The picker shows a photo once it is on disk.
WATCH_PHOTO = """() => {
  const list = document.querySelector("[data-thumbs]");
  const shown = () => list.querySelectorAll("li:not(.busy)").length;
  const before = shown();
  window.taken = new Promise((done) => {
    let begun = 0;
    const camera = document.querySelector("[data-camera]");
    camera.addEventListener("change", () => (begun = performance.now()), { capture: true, once: true });
    new MutationObserver((_, watch) => {
      if (shown() === before) return;
      watch.disconnect();
      done([begun, performance.now()]);
    }).observe(list, { subtree: true, childList: true, attributes: true });
  });
}"""
# The same picture once more by the worker alone, which nobody slows down.
BESIDE_PHOTO = """() => new Promise((done) => {
  const picker = document.querySelector("photo-picker");
  window.besideWorker ??= new Worker(picker.getAttribute("worker"), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  const begun = performance.now();
  port1.onmessage = () => done(performance.now() - begun);
  const rung = { longest: 2048, quality: 0.85, bytes: 1_500_000 };
  window.besideWorker.postMessage({ file: window.chosen, rung }, [port2]);
})"""
ON_DISK = """() => new Promise((done) => {
  const opening = indexedDB.open("blockwise");
  opening.onsuccess = () => {
    const asked = opening.result.transaction("photos").objectStore("photos").getAll();
    asked.onsuccess = () => { opening.result.close(); done(asked.result.map((it) => it.bytes.byteLength)); };
  };
})"""


def run() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="blockwise-bench-") as folder:
        profile, picture = Path(folder) / "profile", Path(folder) / "taken.jpg"
        twelve_megapixels(picture)
        with demo_city("sqlite") as city, blockwise_server(city.environ) as (address, _):
            asyncio.run(visit(profile, address))
        # From here on nothing answers at this address.
        starts = [asyncio.run(start(profile, address)) for _ in range(STARTS)]
        photos, task = asyncio.run(take(profile, address, picture))
        return [start_row(starts), photo_row(photos, picture.stat().st_size), task_row(task)]


def twelve_megapixels(path: Path) -> None:
    """A picture with as much detail as a camera's: 4–6 MB as JPEG."""
    noise = np.random.default_rng(311)
    width, height = TWELVE_MEGAPIXELS
    coarse = noise.integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    shapes = np.asarray(Image.fromarray(coarse).resize(TWELVE_MEGAPIXELS, Image.Resampling.BICUBIC), np.int16)
    grain = noise.normal(0, 9, (height, width, 1)).astype(np.int16)
    Image.fromarray(np.clip(shapes + grain, 0, 255).astype(np.uint8)).save(path, quality=88)


async def visit(profile: Path, address: str) -> None:
    """The visit on which the phone keeps the app."""
    async with started_phone(profile) as phone:
        page = await phone.new_page()
        await page.goto(f"{address}/report", wait_until="networkidle")
        await page.evaluate("navigator.serviceWorker.ready")
        await page.reload(wait_until="networkidle")
        await page.wait_for_function(KEPT)


async def start(profile: Path, address: str) -> tuple[float, float]:
    """Milliseconds from the navigation to a usable form in a browser that was just started; and those of the service
    worker in it, from its own start to the page's last byte."""
    async with started_phone(profile) as phone:
        page = await slow_page(phone)
        await page.add_init_script(WATCH_USABLE)
        await page.goto(f"{address}/report", wait_until="commit")
        # Looking into the page costs it time: not before it is done.
        await page.wait_for_timeout(START_TAKES_MS)
        usable, beside = await page.evaluate("window.usableAt"), await page.evaluate(BESIDE_START)
        assert usable, "the form can be used"
        assert beside, "the page came from the service worker"
        return full_price(usable, beside), beside


async def take(profile: Path, address: str, picture: Path) -> tuple[list[tuple[float, float]], float]:
    """Milliseconds from each photo to its place on disk, twice (`full_price`, and as seen); and the longest task."""
    async with started_phone(profile) as phone:
        page = await slow_page(phone)
        await page.add_init_script("addEventListener('change', (it) => (window.chosen = it.target.files?.[0]), true)")
        await page.goto(f"{address}/report#photo")
        await page.wait_for_url("**/report*#photo")
        await page.wait_for_timeout(2 * SETTLE_MS)
        took, tasks = [], []
        for _ in range(PHOTOS):
            since = await page.evaluate("performance.now()")
            took.append(await take_one(page, picture))
            tasks.append(await longest_task(page, since))
        beside = [float(await page.evaluate(BESIDE_PHOTO)) for _ in range(PHOTOS + 1)][1:]
        sizes: list[int] = await page.evaluate(ON_DISK)
        assert len(sizes) == PHOTOS and all(50_000 < size < 3_000_000 for size in sizes), sizes
        return [(full_price(one, statistics.median(beside)), one) for one in took], max(tasks)


async def take_one(page: Page, picture: Path) -> float:
    await page.evaluate(WATCH_PHOTO)
    async with page.expect_file_chooser() as chooser:
        await page.get_by_text("Take a photo").click()
    await page.wait_for_timeout(SETTLE_MS)
    await (await chooser.value).set_files(picture)
    begun, safe = await page.evaluate("window.taken")
    await page.wait_for_timeout(SETTLE_MS)
    return float(safe - begun)


def start_row(starts: list[tuple[float, float]]) -> Row:
    value = statistics.median(whole for whole, _ in starts)
    beside = statistics.median(part for _, part in starts)
    how = f"{SLOW} × slower, service worker ({beside:.0f} ms at full speed) too"
    detail = f"median of {STARTS} browsers just started, server gone; {how}; {usual(starts)}"
    return row("offline: from the icon to a usable report form", value, LIMIT_START_MS, detail)


def photo_row(photos: list[tuple[float, float]], size: int) -> Row:
    value = statistics.median(whole for whole, _ in photos)
    seen = statistics.median(part for _, part in photos)
    how = f"{SLOW} × slower, our worker too ({seen:.0f} ms with it at full speed)"
    detail = f"median of {PHOTOS}, {size / 1e6:.1f} MB as taken; {how}; {usual(photos)}"
    return row("12-megapixel photo: from the camera to disk", value, LIMIT_PHOTO_MS, detail)


def usual(times: list[tuple[float, float]]) -> str:
    """The spread, and how busy the machine was."""
    quickest, slowest = min(whole for whole, _ in times), max(whole for whole, _ in times)
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return f"{quickest:.0f} to {slowest:.0f} ms at a load of {load:.1f} per core"


def task_row(longest: float) -> Row:
    detail = f"longest task of the main thread over {PHOTOS} photos, {SLOW} × slower; 0 when none was over 50 ms"
    return row("12-megapixel photo: a tap waits at most", longest, LIMIT_TASK_MS, detail)


def row(name: str, value: float, limit: int, detail: str) -> Row:
    limited: dict[str, Any] = {"limit": f"at most {limit} ms", "ratio": value / limit, "ok": value <= limit}
    return {"name": name, "value": value, "unit": "ms", "detail": detail, **limited}  # type: ignore[typeddict-item]
