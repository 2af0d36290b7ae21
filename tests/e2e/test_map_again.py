"""The map's second visit: its page is there before the city answers, and says what the city said last."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.installed import InstalledPhone, eventually
from tests.e2e.test_map import open_map

KEPT = "map-page"
CONTROLLED = "() => navigator.serviceWorker.controller !== null"


async def test_the_map_opens_again_at_once_and_without_a_network_too(app: InstalledPhone) -> None:
    resident = await app.start()
    page = await open_map(resident)
    await app.keeps(KEPT, "/map")
    await eventually(page, CONTROLLED)
    # Whoever comes back finds what was kept, while the city is asked once more.
    await page.evaluate(
        "async ([name]) => { const cache = await caches.open(name); const page = await cache.match('/map');"
        " const html = (await page.text()).replace('<html ', '<html data-was-kept ');"
        " await cache.put('/map', new Response(html, { headers: page.headers })); }",
        [KEPT],
    )
    await open_map(resident)
    await expect(page.locator("html[data-was-kept]")).to_be_attached()
    await eventually(
        page,
        "async ([name]) => !(await (await (await caches.open(name)).match('/map')).text()).includes('data-was-kept')",
        [KEPT],
    )
    await app.tunnel.enter()
    await resident.open("/map?at=41.07,-71.24,15")
    await expect(page.locator("map-view canvas")).to_be_attached()
    await expect(page.locator("map-list [data-again]")).to_be_attached()


async def test_the_map_speaks_the_language_that_was_chosen_on_it(app: InstalledPhone) -> None:
    resident = await app.start()
    page = await open_map(resident)
    await app.keeps(KEPT, "/map")
    await eventually(page, CONTROLLED)
    await page.get_by_role("button", name="Español").click()
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await resident.open("/map")
    await expect(page.locator("html")).to_have_attribute("lang", "es")
