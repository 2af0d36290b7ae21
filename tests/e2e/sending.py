"""Sending a report as a person does it, and what they see of it."""

from __future__ import annotations

from pathlib import Path

import httpx
from playwright.async_api import Page, expect

from tests.e2e.resident import NUMBER, Resident

# The longest pause after two failed tries is some four seconds.
BY_ITSELF_MS = 30_000


async def fill_in(resident: Resident, words: str, *photos: Path) -> None:
    """Everything but the pressing of "Send"."""
    await resident.open()
    if photos:
        await resident.photograph(*photos)
    await resident.go("place")
    await expect(resident.page.locator("[name=lat]")).not_to_have_value("")
    await resident.go("kind")
    await resident.choose_kind("litter", "litter")
    await resident.go_to_words()
    await resident.page.fill("[name=description]", words)


async def press_send(resident: Resident) -> None:
    await resident.page.locator("[data-send]").click()


async def is_saved(page: Page, because: str) -> None:
    """The form has gone, and the page says why it is not sent yet."""
    panel = page.locator("[data-saved]")
    await expect(panel.get_by_role("heading", name="Saved on this phone")).to_be_visible()
    await expect(panel.locator("[data-state]")).to_contain_text(because)
    await expect(page.locator("#report")).to_be_hidden()


async def arrives(page: Page) -> str:
    """It is sent while the person looks on and does nothing: its number."""
    panel = page.locator("[data-saved]")
    await expect(panel.get_by_role("heading", name="Your report is sent")).to_be_visible(timeout=BY_ITSELF_MS)
    number = await panel.locator("[data-number]").inner_text()
    assert NUMBER.fullmatch(number), number
    return number


async def report_offline(resident: Resident, words: str, *photos: Path) -> None:
    """A report that waits on the phone; the network is gone."""
    await fill_in(resident, words, *photos)
    await resident.context.set_offline(True)
    await press_send(resident)
    await is_saved(resident.page, "Waiting for a signal")


async def lose_signal(page: Page) -> None:
    """Nothing of the outbox gets through, while pages can still be opened."""
    for path in ("**/outbox?*", "**/outbox/**", "**/requests/*/*?lang=*"):
        await page.route(path, lambda route: route.abort())


async def find_signal(page: Page) -> None:
    await page.unroute_all(behavior="wait")
    await page.evaluate("dispatchEvent(new Event('online'))")


async def requests_with(address: str, words: str) -> list[str]:
    """The numbers of all requests with these words."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        answer = await client.get("/open311/v2/requests.json", params={"q": words, "page_size": 50})
        return [one["service_request_id"] for one in answer.json() if one["description"] == words]
