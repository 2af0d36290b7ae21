"""The story that all of it is for: a report from a tunnel reaches the city, with the app open, killed or closed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.installed import InstalledPhone
from tests.e2e.phone_store import stored
from tests.e2e.resident import read_back
from tests.e2e.test_sending import arrives, fill_in, is_saved, press_send, requests_with

TRIES = 100


async def arrived(city: str, words: str) -> list[str]:
    """The numbers of the reports with these words, once there is one."""
    for _ in range(TRIES):
        if found := await requests_with(city, words):
            return found
        await asyncio.sleep(0.3)
    raise AssertionError("the report is not in the city's list")


async def test_a_report_from_a_tunnel_is_with_the_city_when_the_network_is_back(
    app: InstalledPhone, harbor: str, photo: Path
) -> None:
    await app.install()
    await app.kill()
    await app.tunnel.enter()
    resident = await app.start()
    await resident.open("/")
    await resident.page.get_by_role("link", name="Report a problem").first.click()
    await resident.is_ready()
    words = "Written in a tunnel"
    await fill_in(resident, words, photo)
    await press_send(resident)
    await is_saved(resident.page, "")
    await app.tunnel.leave()
    number = await arrives(resident.page)
    assert await requests_with(harbor, words) == [number]
    assert len((await read_back(harbor, number))["photos"]) == 1


async def test_a_report_whose_browser_was_killed_goes_when_the_app_is_opened_again(
    app: InstalledPhone, harbor: str, photo: Path
) -> None:
    resident = await app.install()
    await app.tunnel.enter()
    words = "Killed before the network came back"
    await fill_in(resident, words, photo)
    await press_send(resident)
    await is_saved(resident.page, "")
    await app.kill()
    resident = await app.start()
    await resident.open("/my")
    await expect(resident.page.locator("[data-waiting]")).to_contain_text("Litter")
    await app.kill()
    await app.tunnel.leave()
    resident = await app.start()
    await resident.open("/")
    assert len(await arrived(harbor, words)) == 1


async def test_a_closed_app_sends_when_the_system_wakes_its_service_worker(
    app: InstalledPhone, harbor: str, photo: Path
) -> None:
    resident = await app.install()
    await app.tunnel.enter()
    words = "Sent with no page open"
    await fill_in(resident, words, photo)
    await press_send(resident)
    await is_saved(resident.page, "")
    await app.leave_app()
    await app.tunnel.leave()
    await app.wake_service_worker()
    (number,) = await arrived(harbor, words)
    assert len((await read_back(harbor, number))["photos"]) == 1
    await resident.open("/my")
    await expect(resident.page.locator("[data-arrived]")).to_contain_text("Litter")
    assert await stored(resident.page, "items") == []
    # The service worker has brought what it keeps up to date by itself.
    await app.keeps("own", f"/requests/{number}")
