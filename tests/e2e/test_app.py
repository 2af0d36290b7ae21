"""The pages as an app on the phone: installable, small, there without a network, and never updated in the middle."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import httpx
from PIL import Image
from playwright.async_api import expect

from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import Resident

CONTROLLED = "async () => { await navigator.serviceWorker.ready; return !!navigator.serviceWorker.controller; }"
CACHED = """async () => {
  const sizes = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) {
      const answer = await caches.match(request, { ignoreVary: true });
      sizes.push([new URL(request.url).pathname, [...new Uint8Array(await answer.arrayBuffer())]]);
    }
  return sizes;
}"""
PRECACHE_LIMIT = 200_000


async def installed(open_phone: OpenPhone, harbor: str) -> Resident:
    """A phone on which the service worker has taken over."""
    resident = await open_phone(harbor, service_workers="allow")
    await resident.open("/")
    await resident.page.evaluate(CONTROLLED)
    await resident.page.reload()
    assert await resident.page.evaluate(CONTROLLED)
    return resident


async def test_the_manifest_is_whole_and_its_icons_are_what_it_says(harbor: str) -> None:
    async with httpx.AsyncClient(base_url=harbor, timeout=30) as client:
        answer = await client.get("/manifest.webmanifest")
        manifest = answer.json()
        assert answer.headers["content-type"].startswith("application/manifest+json")
        assert manifest["display"] == "standalone"
        assert manifest["start_url"].startswith(manifest["scope"])
        assert {shortcut["url"] for shortcut in manifest["shortcuts"]} == {"/report", "/my"}
        shortcut_icons = [icon for shortcut in manifest["shortcuts"] for icon in shortcut["icons"]]
        for icon in manifest["icons"] + shortcut_icons:
            picture = await client.get(icon["src"])
            assert picture.status_code == 200, icon
            assert picture.headers["content-type"].startswith(icon["type"])
            if icon["type"] == "image/png":
                with Image.open(io.BytesIO(picture.content)) as image:
                    assert icon["sizes"] == f"{image.width}x{image.height}"
        purposes = {icon["purpose"] for icon in manifest["icons"]}
        assert {"any", "maskable"} <= purposes


async def test_the_precache_is_small_and_holds_no_map_code(open_phone: OpenPhone, harbor: str) -> None:
    resident = await installed(open_phone, harbor)
    cached = await resident.page.evaluate(CACHED)
    names = [name for name, _ in cached]
    assert "/report" in names
    assert not [name for name in names if "map" in name.rpartition("/")[2].partition("-")[0]]
    assert sum(len(gzip.compress(bytes(data), 6)) for _, data in cached) < PRECACHE_LIMIT


async def test_without_a_network_the_report_opens_and_other_pages_say_so(
    open_phone: OpenPhone, harbor: str, photo: Path
) -> None:
    resident = await installed(open_phone, harbor)
    await resident.context.set_offline(True)
    await resident.open("/report")
    await resident.photograph(photo)
    await resident.go("place")
    answer = await resident.page.goto(f"{harbor}/my")
    assert answer
    await expect(resident.page.locator("main")).to_contain_text("connection")
    await resident.context.set_offline(False)
    await resident.open("/my")
    await expect(resident.page.locator("h1")).to_have_text("My reports")


async def test_what_a_link_filled_in_is_not_in_the_next_report_without_a_network(
    open_phone: OpenPhone, harbor: str
) -> None:
    resident = await installed(open_phone, harbor)
    place = resident.page.locator("[name=address_string]")
    await resident.open("/report?address_string=Behind+the+school")
    await expect(place).to_have_value("Behind the school")
    # The service worker keeps a page after it has answered with it.
    await resident.page.wait_for_timeout(1000)
    await resident.context.set_offline(True)
    await resident.page.evaluate("sessionStorage.clear()")
    await resident.open("/report")
    await expect(place).to_have_value("")


async def test_a_photo_that_another_app_shares_begins_a_report(phone: Resident, photo: Path) -> None:
    await phone.open("/")
    await phone.page.evaluate("""() => {
      document.body.innerHTML = `<form method="post" action="/report/share" enctype="multipart/form-data">
        <input name="title" value="Look"><input name="text" value="A bag in the tree">
        <input type="file" name="media"><button id="share">Share</button></form>`;
    }""")
    await phone.page.set_input_files("[name=media]", photo)
    await phone.page.click("#share")
    await phone.page.wait_for_url("**/report/share#photo")
    await expect(phone.page.locator("[data-thumbs] li")).to_have_count(1)
    assert await phone.page.locator("[name=description]").input_value() == "Look\nA bag in the tree"


async def test_a_new_version_is_offered_and_never_forced_on_a_report(open_phone: OpenPhone, harbor: str) -> None:
    resident = await installed(open_phone, harbor)
    page = resident.page
    script = (await (await resident.context.request.get(f"{harbor}/service-worker.js")).body()).decode()

    async def newer(route: object) -> None:
        await route.fulfill(body=f"{script}\n// newer", content_type="text/javascript")  # type: ignore[attr-defined]

    await resident.context.route("**/service-worker.js", newer)
    await resident.open("/report")
    before = await page.evaluate("navigator.serviceWorker.controller.scriptURL")
    await page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
    await page.wait_for_timeout(1500)
    await expect(page.locator("[data-update]")).to_be_hidden()
    assert await page.evaluate("navigator.serviceWorker.controller.scriptURL") == before
    await resident.is_at("photo")
