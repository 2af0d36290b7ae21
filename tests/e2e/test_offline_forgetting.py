"""Forgetting a device: it says what would be lost, and then nothing of the person is left on the phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.installed import InstalledPhone, eventually
from tests.e2e.phone_store import stored
from tests.e2e.resident import Resident
from tests.e2e.test_sending import fill_in, is_saved, press_send

STORES = ("drafts", "photos", "thumbs", "items", "receipts", "areas", "area_places", "area_requests")
# What the start page and "My reports" are kept as may have been fetched anew, for nobody.
NOTHING_KEPT = """async (number) => {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url);
      const kept = await (await cache.match(request, { ignoreVary: true }))?.text();
      const speaks = ["/", "/my"].includes(pathname) && kept?.includes(number);
      if (speaks || /^(own|visited|area)/.test(name)) return false;
    }
  }
  return true;
}"""


async def nothing_is_left(page: Page, number: str) -> None:
    assert [row for store in STORES for row in await stored(page, store)] == []
    await eventually(page, NOTHING_KEPT, number)
    assert await page.evaluate("sessionStorage.length") == 0
    for mark in await page.locator("outbox-mark").all():
        await expect(mark).to_be_hidden()


async def press_forget(resident: Resident) -> list[str]:
    """Presses the button, says yes; what was asked."""
    asked: list[str] = []

    async def yes(dialog: Any) -> None:
        asked.append(dialog.message)
        await dialog.accept()

    resident.page.on("dialog", yes)
    await resident.page.get_by_text("Forget this device", exact=True).click()
    await expect(resident.page.locator("[data-warning]")).to_contain_text("Not sent yet: ")
    await resident.page.get_by_role("button", name="Yes, forget this device").click()
    return asked


async def test_without_a_network_the_phone_is_wiped_and_says_what_is_left_to_do(
    app: InstalledPhone, photo: Path
) -> None:
    resident = await app.install()
    number = await resident.report(photo)
    await resident.open("/my")
    await app.keeps("own", f"/requests/{number}")
    await app.tunnel.enter()
    await fill_in(resident, "Never to be sent", photo)
    await press_send(resident)
    await is_saved(resident.page, "")
    await resident.open("/my")
    asked = await press_forget(resident)
    await expect(resident.page.locator("#forgotten")).to_be_visible()
    assert "Not sent yet: 1" in asked[0]
    await nothing_is_left(resident.page, number)
    assert not await violations(resident.page)


async def test_with_a_network_the_city_forgets_the_device_too(app: InstalledPhone, photo: Path) -> None:
    resident = await app.install()
    number = await resident.report(photo)
    await resident.open("/my")
    await app.keeps("own", f"/requests/{number}")
    await fill_in(resident, "Only begun")
    await resident.open("/my")
    await press_forget(resident)
    await resident.page.wait_for_url("**/my?forgotten=1")
    assert "device" not in [cookie["name"] for cookie in await resident.context.cookies()]
    await expect(resident.page.locator("main")).to_contain_text("This device is forgotten")
    await nothing_is_left(resident.page, number)
    await app.tunnel.enter()
    await resident.open(f"/requests/{number}")
    await expect(resident.page.locator("h1")).to_have_text("No connection")


async def test_a_report_that_stands_in_another_tab_is_not_saved_again(app: InstalledPhone) -> None:
    resident = await app.install()
    await fill_in(resident, "Nobody else's business")
    writing = resident.page
    await resident.new_page()
    await resident.open("/my")
    await press_forget(resident)
    await resident.page.wait_for_url("**/my?forgotten=1")
    await expect(writing.locator("[name=description]")).to_have_value("")
    await writing.close()
    assert await stored(resident.page, "drafts") == []
