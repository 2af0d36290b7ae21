"""A new version of the app while something waits or is on its way: offered, never forced, and it touches nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import BrowserContext, Page, Route, expect

from tests.e2e.installed import InstalledPhone
from tests.e2e.phone_store import stored
from tests.e2e.test_offline_story import arrived
from tests.e2e.test_sending import fill_in, is_saved, press_send, requests_with

UPDATE = "navigator.serviceWorker.getRegistration().then((one) => one.update())"
RUNNING = "navigator.serviceWorker.getRegistration().then((one) => [!!one.active, !!one.waiting])"
# Only the new version keeps its name here.
IS_NEW = "caches.has('newer')"


async def publish(context: BrowserContext, address: str) -> None:
    """The city has a new version: another script at the same address."""
    script = (await (await context.request.get(f"{address}/service-worker.js")).body()).decode()
    newer = f"{script}\nself.addEventListener('activate', (event) => event.waitUntil(caches.open('newer')));"

    async def answer(route: Route) -> None:
        await route.fulfill(body=newer, content_type="text/javascript")

    await context.route("**/service-worker.js", answer)


async def waits(page: Page) -> None:
    await page.evaluate(UPDATE)
    await page.wait_for_function(f"{RUNNING}.then(([, waiting]) => waiting)", polling=200)


async def test_a_new_version_in_the_middle_of_a_queued_report_loses_nothing(
    app: InstalledPhone, harbor: str, photo: Path
) -> None:
    resident = await app.install()
    page = resident.page
    number = await resident.report(photo, words="Sent before the update")
    await resident.open("/my")
    await app.keeps("own", f"/requests/{number}")
    await app.tunnel.enter()
    words = "Queued before the update"
    await fill_in(resident, words, photo)
    await press_send(resident)
    await is_saved(page, "")
    # What the sender asks for is lost; the rest of the network is there.
    await page.context.route("**/outbox**", lambda route: route.abort())
    await app.tunnel.leave()
    await publish(page.context, harbor)
    await waits(page)
    await expect(page.locator("[data-update]")).to_be_hidden()
    await resident.open("/my")
    offer = page.locator("[data-update]")
    await expect(offer).to_be_visible()
    assert not await page.evaluate(IS_NEW)
    async with page.expect_navigation():
        await offer.get_by_role("button").click()
    assert await page.evaluate(IS_NEW)
    assert [row["title"].startswith("Litter") for row in await stored(page, "items")] == [True]
    assert len(await stored(page, "photos")) == 1
    await app.keeps("own", f"/requests/{number}")
    await page.context.unroute("**/outbox**")
    await page.reload()
    assert len(await arrived(harbor, words)) == 1
    await asyncio.sleep(2)
    assert len(await requests_with(harbor, words)) == 1


async def test_a_new_version_waits_until_what_is_being_sent_has_arrived(
    app: InstalledPhone, harbor: str, photo: Path
) -> None:
    resident = await app.install()
    page = resident.page
    await app.tunnel.enter()
    words = "On its way during the update"
    await fill_in(resident, words, photo)
    await press_send(resident)
    await is_saved(page, "")
    go = asyncio.Event()

    async def slowly(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await page.context.route("**/outbox/**/photos/**", slowly)
    await app.tunnel.leave()
    await publish(page.context, harbor)
    await resident.open("/my")
    await page.wait_for_function(
        """() => new Promise((done) => { const opening = indexedDB.open("blockwise"); opening.onsuccess = () => {
          const asked = opening.result.transaction("items").objectStore("items").getAll();
          asked.onsuccess = () => { opening.result.close(); done(asked.result[0]?.state === "sending"); }; }; })""",
        polling=200,
    )
    await waits(page)
    offer = page.locator("[data-update]")
    await offer.get_by_role("button").click()
    await expect(offer).to_contain_text("The new version waits until that is done")
    assert not await page.evaluate(IS_NEW)
    go.set()
    assert len(await arrived(harbor, words)) == 1
    async with page.expect_navigation():
        await offer.get_by_role("button").click()
    assert await page.evaluate(IS_NEW)
