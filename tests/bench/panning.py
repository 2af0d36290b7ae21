"""A finger that drags the map about, steadily: the frames that the map draws meanwhile, and the longest task."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from playwright.async_api import BrowserContext, CDPSession, Page

from tests.bench.phone import longest_task

# Where the finger goes: over new ground, and back in another row, as (right, down).
PATH = [(-1, 0), (-1, 0), (0, -1), (1, 0), (1, 0), (0, -1), (-1, 0), (-1, 0)]
DRAG_PX, PX_A_SECOND, TOUCHES_A_SECOND = 230, 300, 60
BETWEEN_MS = 400
# What a drag leads to, of which the list is a part, comes to its end.
AFTERWARDS_MS = 1500
# Counts frames in which the map was drawn: every picture of it draws at least one of its parts.
WATCH_FRAMES = """
window.framesDrawn = 0;
let fresh = true;
const draw = WebGL2RenderingContext.prototype.drawElements;
WebGL2RenderingContext.prototype.drawElements = function (...parts) {
  if (fresh) {
    fresh = false;
    window.framesDrawn++;
    requestAnimationFrame(() => (fresh = true));
  }
  return draw.apply(this, parts);
};
"""
# Sums up the milliseconds for which the page waits until what draws is there: the context, and each shader.
WATCH_WAITS = """
window.drawingWaited = 0;
const gl = WebGL2RenderingContext.prototype;
const canvas = HTMLCanvasElement.prototype;
for (const [owner, name] of [[canvas, "getContext"], [gl, "getProgramParameter"], [gl, "getExtension"]]) {
  const ask = owner[name];
  owner[name] = function (...parts) {
    const since = performance.now();
    const answer = ask.apply(this, parts);
    window.drawingWaited += performance.now() - since;
    return answer;
  };
}
"""


@dataclass(frozen=True, slots=True)
class Panned:
    """Frames drawn while the finger moved for `seconds`; milliseconds of the longest task, 0 for none of 50."""

    frames: int
    seconds: float
    longest: float


async def panned(phone: BrowserContext, page: Page) -> Panned:
    """Drags the map of an open page along PATH. The page must have begun with WATCH_FRAMES."""
    session = await phone.new_cdp_session(page)
    box = await page.locator("map-view").bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    since = await page.evaluate("performance.now()")
    frames, seconds = 0, 0.0
    for right, down in PATH:
        before, began = await page.evaluate("framesDrawn"), time.perf_counter()
        await dragged(session, middle, right, down)
        seconds += time.perf_counter() - began
        frames += await page.evaluate("framesDrawn") - before
        await page.wait_for_timeout(BETWEEN_MS)
    await page.wait_for_timeout(AFTERWARDS_MS)
    return Panned(frames, seconds, await longest_task(page, since))


async def dragged(session: CDPSession, middle: tuple[float, float], right: int, down: int) -> None:
    """One finger, from one side of the middle to the other. It goes on whether or not the page keeps up."""

    def touch(kind: str, gone: float) -> asyncio.Task[object]:
        x, y = (at + way * (gone - DRAG_PX / 2) for at, way in zip(middle, (right, down), strict=True))
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        return asyncio.create_task(session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}))

    began = time.perf_counter()
    sent = [touch("touchStart", 0)]
    while (gone := (time.perf_counter() - began) * PX_A_SECOND) < DRAG_PX:
        await asyncio.sleep(1 / TOUCHES_A_SECOND)
        sent.append(touch("touchMove", gone))
    sent.append(touch("touchEnd", DRAG_PX))
    await asyncio.gather(*sent)
