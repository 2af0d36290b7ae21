"""An emergency: the desk tells it, it stands above every page at once, and a phone without a network still has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.cities import LAT, LONG, PASSWORD, copy_of
from tests.e2e.conftest import OpenPhone
from tests.e2e.installed import InstalledPhone, eventually, phone_in
from tests.e2e.test_look import fits
from tests.e2e.tunnel import tunnel_to
from tests.servers import blockwise_server

PUBLISHER = "admin@harborpoint.example"
BANNER = "[data-alerts]"
FORGOTTEN = "async () => !(await (await caches.match('/announcements/banner')).text()).includes('Smoke')"
HEADLINE = "Storm tide: leave the streets by the harbor"


@pytest.fixture(scope="module")
def flooded(harbor_point: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A city of its own: what it tells everybody stands on every page."""
    environ = copy_of(harbor_point, tmp_path_factory.mktemp("flooded") / "city")
    with blockwise_server(environ) as (address, _):
        yield address


@pytest.fixture
async def phone_there(flooded: str, tmp_path: Path) -> AsyncIterator[InstalledPhone]:
    async with tunnel_to(flooded) as tunnel, phone_in(tmp_path / "phone", tunnel) as phone:
        yield phone


def hours(count: float) -> str:
    """By any clock of a city: no notice of these tests begins or ends within a day."""
    return (datetime.now(UTC) + timedelta(hours=count)).strftime("%Y-%m-%dT%H:%M")


async def looks_well(page: Page) -> None:
    await fits(page)
    assert await violations(page) == []


async def test_somebody_at_the_desk_writes_a_notice_and_everybody_sees_it(open_phone: OpenPhone, flooded: str) -> None:
    resident = await open_phone(flooded)
    page = resident.page
    await resident.open("/staff/announcements")
    await page.get_by_label("E-mail").fill(PUBLISHER)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/staff/announcements")
    await looks_well(page)
    await page.get_by_role("link", name="Write a notice").click()
    await page.get_by_label("Severe").check()
    await page.get_by_role("button", name="Keep the draft").click()
    await expect(page.get_by_role("alert")).to_contain_text("Choose one of these")
    await looks_well(page)
    await page.get_by_label("What is it about?").select_option("met")
    await page.locator("[name=headline]").fill(HEADLINE)
    await page.locator("[name=description]").fill("The water comes over the wall at nine this evening.")
    await page.locator("[name=instruction]").fill("Go to the school. Take your medicine along.")
    await page.locator("[name=place-0-name]").fill("Harbor School")
    await page.locator("[name=place-0-where]").fill(f"{LAT}, {LONG}")
    await page.get_by_role("button", name="Keep the draft").click()
    await expect(page.get_by_text("Not written in: Español")).to_be_visible()
    await expect(page.locator(BANNER)).to_be_hidden()
    await looks_well(page)
    await page.get_by_role("button", name="Publish to everybody").click()
    await expect(page.locator(BANNER)).to_contain_text(HEADLINE)
    await looks_well(page)
    for path in ("/announcements", "/map", "/report"):
        await resident.open(path)
        await expect(page.locator(BANNER)).to_contain_text(HEADLINE)
        await looks_well(page)
    await page.goto(f"{flooded}/map?at={LAT},{LONG},17")
    await expect(page.locator("map-view.ready.rested")).to_be_visible()
    await tap_the_middle(page)
    await expect(page.locator("[data-notice]")).to_contain_text("Shelter: Harbor School")
    await page.locator("[data-notice] a").click()
    await expect(page.locator("h1")).to_have_text(HEADLINE)
    await looks_well(page)


async def tap_the_middle(page: Page) -> None:
    """The notices come to the map after its first picture."""
    box = await page.locator("map-view").bounding_box()
    assert box
    for _ in range(40):
        await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        if await page.locator("[data-notice]").is_visible():
            return
        await asyncio.sleep(0.25)


async def tell(address: str, **changed: str) -> str:
    """A notice that the desk publishes, without a browser; gives its address at the desk."""
    form = {
        "severity": "extreme", "category": "fire", "urgency": "immediate", "certainty": "observed", "reach": "all",
        "headline": "Smoke: keep windows shut", "description": "A warehouse burns.", "instruction": "Stay inside.",
        "starts": hours(-48), "ends": hours(48),
        "place-0-kind": "shelter", "place-0-name": "Town Hall", "place-0-where": f"{LAT}, {LONG}",
    }  # fmt: skip
    async with desk(address) as client:
        written = await client.post("/staff/announcements", data={**form, **changed})
        assert written.status_code == 303, written.text
        path = written.headers["location"].partition("?")[0]
        assert (await client.post(f"{path}/publish")).status_code == 303
        return str(path)


@asynccontextmanager
async def desk(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        await client.post("/sign-in", data={"email": PUBLISHER, "password": PASSWORD})
        yield client


async def test_a_phone_without_a_network_keeps_the_banner_and_what_it_leads_to(
    phone_there: InstalledPhone, flooded: str
) -> None:
    resident = await phone_there.install()
    page = resident.page
    # Kept before there was anything to tell.
    await resident.open("/my")
    await expect(page.locator(BANNER)).not_to_contain_text("Smoke")
    path = await tell(flooded)
    await resident.open("/")
    banner = page.locator(BANNER)
    await expect(banner).to_contain_text("Smoke: keep windows shut")
    public = path.removeprefix("/staff")
    for kept in (public, "/announcements.geojson"):
        await phone_there.keeps("notices", kept)
    await phone_there.tunnel.enter()
    await resident.open("/my")
    await expect(banner).to_contain_text("Smoke: keep windows shut")
    await looks_well(page)
    await banner.get_by_role("link", name="Smoke").click()
    await expect(page.locator("main")).to_contain_text("Town Hall")
    await expect(page.get_by_role("status")).to_contain_text("No connection")
    await looks_well(page)
    # What it leads to on the map is there too.
    assert "Town Hall" in await page.evaluate("fetch('/announcements.geojson').then((one) => one.text())")

    async with desk(flooded) as client:
        assert (await client.post(f"{path}/withdraw", data={"note": "It is out."})).status_code == 303
    await expect(banner).to_contain_text("Smoke")
    await phone_there.tunnel.leave()
    await resident.open("/")
    await expect(banner).not_to_contain_text("Smoke")
    await eventually(page, FORGOTTEN)
    await phone_there.tunnel.enter()
    await resident.open("/my")
    await expect(banner).not_to_contain_text("Smoke")
