"""The app without a network: what opens, how old it says that it is, and what it says where nothing is kept."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from tests.e2e.axe import violations
from tests.e2e.installed import InstalledPhone


@pytest.mark.parametrize("path", ["/", "/report", "/my", "/offline"])
async def test_an_app_whose_browser_was_killed_starts_in_a_tunnel(app: InstalledPhone, path: str) -> None:
    await app.install()
    await app.kill()
    await app.tunnel.enter()
    resident = await app.start()
    answer = await resident.open(path)
    assert answer
    assert answer.status == 200
    assert answer.from_service_worker
    loaded = await resident.page.evaluate("getComputedStyle(document.querySelector('.site-head')).display")
    assert loaded == "flex"
    assert not await violations(resident.page)
    assert not resident.complaints, resident.complaints


async def test_pages_that_are_kept_say_how_old_they_are(app: InstalledPhone) -> None:
    resident = await app.install()
    await app.tunnel.enter()
    line = resident.page.locator("[data-as-of]")
    for path in ("/", "/my"):
        await resident.open(path)
        await expect(line).to_be_visible()
        assert (await line.inner_text()).startswith("No connection. Last updated ")
    await app.tunnel.leave()
    await resident.open("/my")
    await expect(line).to_be_hidden()


async def test_ones_own_request_and_its_timeline_open_without_a_network(app: InstalledPhone, photo: Path) -> None:
    resident = await app.install()
    number = await resident.report(photo, words="By the gate")
    await resident.open("/my")
    await app.keeps("own", f"/requests/{number}")
    await app.keeps("own-photos", "/photos/")
    await app.kill()
    await app.tunnel.enter()
    resident = await app.start()
    await resident.open("/my")
    await resident.page.locator(f"main a[href='/requests/{number}']").first.click()
    await expect(resident.page.locator(".timeline .entry").first).to_be_visible()
    await expect(resident.page.locator(".words")).to_have_text("By the gate")
    await expect(resident.page.locator("[data-as-of]")).to_be_visible()
    shown = "[...document.querySelectorAll('img.photo')].every((one) => one.complete && one.naturalWidth > 0)"
    await resident.page.wait_for_function(shown)
    assert not await violations(resident.page)


async def test_of_other_requests_the_last_twenty_are_kept(app: InstalledPhone) -> None:
    resident = await app.install()
    async with httpx.AsyncClient(base_url=app.tunnel.address) as client:
        found = (await client.get("/open311/v2/requests.json?page_size=30")).json()
    paths = [f"/requests/{one['service_request_id']}" for one in found][:22]
    for path in paths:
        await resident.open(path)
    await app.keeps("visited", paths[-1])
    await app.tunnel.enter()
    for path in (paths[2], paths[-1]):
        await resident.open(path)
        await expect(resident.page.locator(".timeline")).to_be_visible()
    await resident.open(paths[0])
    await expect(resident.page.locator("h1")).to_have_text("No connection")


async def test_a_network_that_answers_nothing_is_waited_for_four_seconds(app: InstalledPhone) -> None:
    resident = await app.install()
    app.tunnel.hush()
    before = time.monotonic()
    await resident.open("/report")
    assert 3.5 < time.monotonic() - before < 8


async def test_a_page_that_is_not_kept_says_what_can_be_done(app: InstalledPhone) -> None:
    resident = await app.install()
    await app.tunnel.enter()
    await resident.open("/sign-in")
    await expect(resident.page.locator("main")).to_contain_text("No connection")
    await expect(resident.page.locator("#forgotten")).to_be_hidden()
    assert not await violations(resident.page)
    await resident.page.get_by_role("link", name="Report a problem").first.click()
    await resident.is_ready()


async def test_all_kinds_and_their_questions_are_there_without_a_network(app: InstalledPhone) -> None:
    resident = await app.install()
    await app.kill()
    await app.tunnel.enter()
    resident = await app.start()
    await resident.open("/report")
    await resident.go("place")
    await resident.page.fill("[name=address_string]", "Behind the school")
    await resident.go("kind")
    await resident.choose_kind("pothole", "pothole")
    await expect(resident.page.get_by_label("An alley")).to_be_visible()


async def test_changing_the_language_without_a_network_says_so_and_loses_nothing(app: InstalledPhone) -> None:
    resident = await app.install()
    await app.tunnel.enter()
    await resident.open("/report")
    await resident.go("place")
    await resident.page.fill("[name=address_string]", "Behind the school")
    await resident.page.get_by_role("button", name="Español").click()
    await expect(resident.page.get_by_text("Changing the language needs a connection")).to_be_visible()
    assert await resident.page.input_value("[name=address_string]") == "Behind the school"
    assert not await violations(resident.page)


async def test_after_a_change_of_language_all_that_is_kept_speaks_it(app: InstalledPhone) -> None:
    resident = await app.install()
    await resident.page.get_by_role("button", name="Español").click()
    await expect(resident.page.locator("html")).to_have_attribute("lang", "es")
    await app.keeps("catalogue", "/report/catalogue?lang=es")
    await app.kill()
    await app.tunnel.enter()
    resident = await app.start()
    for path in ("/", "/my", "/offline", "/report"):
        await resident.open(path)
        await expect(resident.page.locator("html")).to_have_attribute("lang", "es")
        assert not await violations(resident.page)
    await resident.go("place")
    await resident.page.fill("[name=address_string]", "Detrás de la escuela")
    await resident.go("kind")
    await resident.choose_kind("pothole", "bache")
