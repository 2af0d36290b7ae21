"""`make screenshot`: the pictures of the README, taken in a Harbor Point of their own."""

from __future__ import annotations

import asyncio
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.cities import LAT, LONG, environ_of, make_harbor_point
from tests.e2e.conftest import FLAGS, PHONE
from tests.e2e.resident import Resident
from tests.servers import ROOT, blockwise_server

IMAGES = ROOT / "docs" / "images"
GAP = 24
BEHIND = "#d9d5cb"
QUALITY = 72


def main() -> None:
    """Writes report.webp, waiting.webp, request.webp, home.webp and dark.webp, and says their sizes."""
    with tempfile.TemporaryDirectory(prefix="blockwise-pictures-") as folder:
        environ = environ_of(Path(folder))
        make_harbor_point(environ)
        with blockwise_server(environ) as (address, _):
            asyncio.run(take_all(address, Path(folder)))
    for path in sorted(IMAGES.glob("*.webp")):
        print(f"{path.stat().st_size / 1000:6.0f} kB  {path.relative_to(ROOT)}")


async def take_all(address: str, folder: Path) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    photo = largest_photo(folder / "media" / "public")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        save("home", [await desk(browser, address, "/")])
        save("request", [await desk(browser, address, await request_with_photo(address, browser))])
        save("report", await report_steps(browser, address, photo, "light"))
        save("waiting", await without_network(browser, address, photo))
        save("dark", (await report_steps(browser, address, photo, "dark"))[1:4])
        await browser.close()


def largest_photo(folder: Path) -> Path:
    return max(folder.rglob("*.webp"), key=lambda path: path.stat().st_size)


async def report_steps(browser: Browser, address: str, photo: Path, scheme: str) -> list[Image.Image]:
    """Photo, place, kind and number, on a phone."""
    options = {**PHONE, "device_scale_factor": 2, "color_scheme": scheme, "service_workers": "block"}
    here = {"latitude": LAT, "longitude": LONG, "accuracy": 12}
    context = await browser.new_context(**options, permissions=["geolocation"], geolocation=here, locale="en-US")
    resident, shots = Resident(await context.new_page(), address), []
    await resident.open()
    await resident.photograph(photo)
    shots.append(await shot(resident))
    await resident.go("place")
    await expect(resident.page.locator("[data-map].ready")).to_be_visible()
    await expect(resident.page.locator("[name=address_string]")).not_to_have_value("")
    await resident.page.wait_for_timeout(2500)
    shots.append(await shot(resident))
    await resident.go("kind")
    await resident.page.fill("[name=kind_q]", "trash")
    await expect(resident.page.locator("[data-kind]").first).to_be_visible()
    shots.append(await shot(resident))
    await resident.choose_kind("litter", "litter")
    await resident.go_to_words()
    await resident.send()
    await resident.page.wait_for_timeout(500)
    shots.append(await shot(resident))
    await context.close()
    return shots


async def without_network(browser: Browser, address: str, photo: Path) -> list[Image.Image]:
    """A report that nothing gets through for: saved, and waiting in the list; on a phone."""
    here = {"latitude": LAT, "longitude": LONG, "accuracy": 12}
    options = {**PHONE, "device_scale_factor": 2, "service_workers": "block", "locale": "en-US"}
    context = await browser.new_context(**options, permissions=["geolocation"], geolocation=here)
    resident, shots = Resident(await context.new_page(), address), []
    await context.route("**/outbox*", lambda route: route.abort())
    await resident.open()
    await resident.photograph(photo)
    await resident.go("place")
    await expect(resident.page.locator("[name=address_string]")).not_to_have_value("")
    await resident.go("kind")
    await resident.choose_kind("litter", "litter")
    await resident.go_to_words()
    await resident.page.locator("[data-send]").click()
    await expect(resident.page.get_by_text("Saved on this phone")).to_be_visible()
    await resident.page.wait_for_timeout(1000)
    shots.append(await shot(resident))
    for path in ("/my", "/my/area"):
        await resident.page.goto(address + path, wait_until="networkidle")
        await resident.page.wait_for_timeout(1500)
        shots.append(await shot(resident))
    await context.close()
    return shots


async def shot(resident: Resident) -> Image.Image:
    return Image.open(io.BytesIO(await resident.page.screenshot(animations="disabled", caret="hide")))


async def request_with_photo(address: str, browser: Browser) -> str:
    """The newest fixed request that has a photo and a story."""
    context = await browser.new_context()
    answer = await context.request.get(
        f"{address}/open311/v2/requests.json?status=closed&extensions=true&page_size=200"
    )
    for one in await answer.json():
        if one["photos"] and one["status_detail"] == "fixed" and len(one["updates"]) > 3:
            return f"/requests/{one['service_request_id']}"
    raise LookupError("Harbor Point has no fixed request with a photo")


async def desk(browser: Browser, address: str, path: str) -> Image.Image:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, service_workers="block")
    page = await context.new_page()
    await page.goto(address + path, wait_until="networkidle")
    await page.wait_for_timeout(2000)
    taken = Image.open(io.BytesIO(await page.screenshot(animations="disabled")))
    await context.close()
    return taken


def save(name: str, shots: list[Image.Image]) -> None:
    """Side by side, at most 1600 px wide, as WebP."""
    width = sum(one.width for one in shots) + GAP * (len(shots) - 1)
    sheet = Image.new("RGB", (width, max(one.height for one in shots)), BEHIND)
    left = 0
    for one in shots:
        sheet.paste(one.convert("RGB"), (left, 0))
        left += one.width + GAP
    sheet.thumbnail((1600, 1600))
    sheet.save(IMAGES / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
