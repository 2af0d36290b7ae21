"""A new version of the app while something waits or is on its way: offered, never forced, and it touches nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.cities import copy_of
from tests.e2e.installed import InstalledPhone, eventually, phone_in
from tests.e2e.phone_store import stored
from tests.e2e.test_offline_story import arrived
from tests.e2e.test_sending import fill_in, is_saved, press_send, requests_with
from tests.e2e.tunnel import tunnel_to
from tests.servers import blockwise_server

UPDATE = "navigator.serviceWorker.getRegistration().then((one) => one.update())"
WAITING = "async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting)"
SENDING = """async () => (await navigator.locks.query()).held.some(({ name }) => name === "blockwise-outbox")"""
IS_NEW = "caches.has('newer')"


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """Touch it, and the city has a new version."""
    return tmp_path / "newer"


@pytest.fixture
def city(harbor_point: Path, tmp_path: Path, newer: Path) -> Iterator[str]:
    environ = {**copy_of(harbor_point, tmp_path / "city"), "BLOCKWISE_TEST_NEWER": str(newer)}
    with blockwise_server(environ, target="tests.e2e.newer:create_app") as (address, _):
        yield address


@pytest.fixture
async def app(city: str, tmp_path: Path) -> AsyncIterator[InstalledPhone]:
    async with tunnel_to(city) as tunnel, phone_in(tmp_path / "phone", tunnel) as phone:
        yield phone


async def waits(page: Page) -> None:
    await page.evaluate(UPDATE)
    await eventually(page, WAITING)


async def test_a_new_version_in_the_middle_of_a_queued_report_loses_nothing(
    app: InstalledPhone, city: str, newer: Path, photo: Path
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
    newer.touch()
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
    assert len(await arrived(city, words)) == 1
    await asyncio.sleep(2)
    assert len(await requests_with(city, words)) == 1


async def test_a_new_version_waits_until_what_is_being_sent_has_arrived(
    app: InstalledPhone, city: str, newer: Path, photo: Path
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
    newer.touch()
    await resident.open("/my")
    await eventually(page, SENDING)
    await waits(page)
    offer = page.locator("[data-update]")
    await offer.get_by_role("button").click()
    await expect(offer).to_contain_text("The new version waits until that is done")
    assert not await page.evaluate(IS_NEW)
    go.set()
    assert len(await arrived(city, words)) == 1
    async with page.expect_navigation():
        await offer.get_by_role("button").click()
    assert await page.evaluate(IS_NEW)
