"""Take my area along: its size told before, used with the server gone (search, map, what is known), then removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.cities import LAT, LONG, copy_of
from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import Resident
from tests.servers import blockwise_server

KEPT = """async () => {
  const result = (asked) => new Promise((done) => (asked.onsuccess = () => done(asked.result)));
  const database = await result(indexedDB.open("blockwise"));
  const count = (store) => result(database.transaction(store).objectStore(store).count());
  const rows = [await count("areas"), await count("area_places"), await count("area_requests")];
  database.close();
  const tiles = (await caches.has("area-tiles")) ? (await (await caches.open("area-tiles")).keys()).length : 0;
  return { rows, tiles, caches: (await caches.keys()).filter((name) => name.startsWith("area-")).length };
}"""


# Makes what is open older by so many milliseconds, and says what is kept.
AGED = """async (by) => {
  const result = (asked) => new Promise((done) => (asked.onsuccess = () => done(asked.result)));
  const database = await result(indexedDB.open("blockwise"));
  const store = database.transaction("area_requests", "readwrite").objectStore("area_requests");
  const [requests] = await result(store.getAll());
  const asOf = requests.asOf - by;
  if (by) await result(store.put({ ...requests, asOf }));
  const [{ basemap }] = await result(database.transaction("areas").objectStore("areas").getAll());
  database.close();
  const cache = await caches.open("area-tiles");
  const tags = await Promise.all((await cache.keys()).map(async (one) => (await cache.match(one)).headers.get("etag")));
  return { asOf, basemap, versions: [...new Set(tags.filter(Boolean).map((tag) => tag.slice(1).split("-")[0]))] };
}"""
WAITING = """async () => {
  const result = (asked) => new Promise((done) => (asked.onsuccess = () => done(asked.result)));
  const database = await result(indexedDB.open("blockwise"));
  const items = await result(database.transaction("items").objectStore("items").getAll());
  database.close();
  return items.map(({ kind, subject }) => [kind, subject]);
}"""
HOUR_MS = 3_600_000


class Town:
    """A server of one's own that can be stopped for real."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._running = ExitStack()
        self.address, _ = self._running.enter_context(blockwise_server(environ))

    def stop(self) -> None:
        self._running.close()


@pytest.fixture
def town(harbor_point: Path, tmp_path: Path) -> Iterator[Town]:
    town = Town(copy_of(harbor_point, tmp_path / "city"))
    yield town
    town.stop()


async def with_service_worker(open_phone: OpenPhone, address: str) -> Resident:
    resident = await open_phone(address, service_workers="allow")
    await resident.open("/report")
    await resident.page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    await resident.page.reload()
    await resident.is_ready()
    return resident


async def take_along(page: Page, address: str, size: str = "A few blocks") -> None:
    await page.goto(f"{address}/my/area")
    await page.get_by_text(size).click()
    await page.get_by_role("button", name="See how large it is").click()
    await page.get_by_role("button", name="Take it along").click()
    await expect(page.locator("kept-areas [data-said]")).to_contain_text("is on this phone")


def misspelt(label: str) -> str:
    """ "1319 The Embarcadero" → "1319 The Embacadero"."""
    word = max(label.split(), key=len)
    return label.replace(word, word[:4] + word[5:])


async def test_an_area_is_used_without_a_server_and_removed_again(open_phone: OpenPhone, town: Town) -> None:
    async with httpx.AsyncClient(base_url=town.address) as client:
        near = (await client.get("/places/nearest", params={"lat": LAT, "long": LONG})).json()
    phone = await with_service_worker(open_phone, town.address)
    known = await phone.report()
    await take_along(phone.page, town.address)
    before = await phone.page.evaluate(KEPT)
    assert before["rows"] == [1, 1, 1] and before["tiles"] > 8
    # What the browser happens to remember by itself must not stand in for what was taken along.
    await (await phone.context.new_cdp_session(phone.page)).send("Network.clearBrowserCache")
    town.stop()

    drawn: list[tuple[int, bool]] = []
    phone.context.on("response", lambda one: ".mvt" in one.url and drawn.append((one.status, one.from_service_worker)))
    await phone.open("/report")
    await phone.go("place")
    await expect(phone.page.locator("[name=address_string]")).to_have_value(near["label"])
    await expect(phone.page.locator("[data-map].ready")).to_be_visible()
    await phone.page.wait_for_timeout(2000)
    assert set(drawn) == {(200, True)}
    await phone.page.fill("[name=address_string]", "")
    await phone.search_place(misspelt(near["label"]))
    await expect(phone.page.locator("[name=address_string]")).to_have_value(near["label"])
    await phone.go("kind")
    await phone.choose_kind("litter", "litter")
    await phone.go("known")
    card = phone.page.locator(f"[data-known='{known}']")
    await expect(card).to_contain_text("Litter")
    await expect(card.get_by_role("button", name="This is it: follow it")).to_be_visible()
    await expect(phone.page.locator("[data-nearby]")).to_contain_text("From your phone, as of")
    assert await violations(phone.page) == []

    await card.get_by_role("button", name="This is it: follow it").click()
    await phone.page.wait_for_url("**/report**#saved")
    assert await phone.page.evaluate(WAITING) == [["join", known]]

    await phone.page.goto(f"{town.address}/my/area")
    phone.page.on("dialog", lambda dialog: dialog.accept())
    await phone.page.get_by_role("button", name="Remove").click()
    await expect(phone.page.locator("kept-areas [data-said]")).to_contain_text("more space")
    assert await phone.page.evaluate(KEPT) == {"rows": [0, 0, 0], "tiles": 0, "caches": 0}


async def test_one_of_two_areas_goes_and_the_tiles_of_the_other_stay(open_phone: OpenPhone, harbor: str) -> None:
    phone = await with_service_worker(open_phone, harbor)
    await take_along(phone.page, harbor)
    small = await phone.page.evaluate(KEPT)
    await take_along(phone.page, harbor, "The neighborhood")
    both = await phone.page.evaluate(KEPT)
    assert both["rows"] == [2, 2, 2] and both["tiles"] > small["tiles"]
    phone.page.on("dialog", lambda dialog: dialog.accept())
    await phone.page.get_by_role("button", name="Remove").first.click()
    await expect(phone.page.locator("kept-areas li")).to_have_count(1)
    assert await phone.page.evaluate(KEPT) == {**small, "rows": [1, 1, 1]}


async def test_the_page_says_what_an_area_weighs_and_where_there_is_no_room(open_phone: OpenPhone, harbor: str) -> None:
    phone = await with_service_worker(open_phone, harbor)
    await phone.open("/my/area")
    assert await violations(phone.page) == []
    await phone.page.select_option("[name=named]", label="Old Harbor (4 km²)")
    await phone.page.get_by_role("button", name="See how large it is").click()
    offer = phone.page.locator("[data-offer]")
    await expect(offer).to_contain_text("Old Harbor")
    await expect(offer).to_contain_text("pieces of the map")
    assert await violations(phone.page) == []
    full = "navigator.storage.estimate = async () => ({ quota: 30_000_000, usage: 29_500_000 })"
    await phone.page.evaluate(full)
    await phone.page.get_by_role("button", name="See how large it is").click()
    await expect(offer).to_contain_text("Not enough space")
    await expect(offer.get_by_role("button")).to_have_count(0)


async def test_a_fetch_that_breaks_off_says_so_and_goes_on_where_it_was(open_phone: OpenPhone, harbor: str) -> None:
    phone = await with_service_worker(open_phone, harbor)
    await phone.open("/my/area")
    asked: list[str] = []
    await phone.page.route("**/along/places.json*", lambda route: route.abort())
    await phone.page.get_by_text("A few blocks").click()
    await phone.page.get_by_role("button", name="See how large it is").click()
    await phone.page.get_by_role("button", name="Take it along").click()
    await expect(phone.page.locator("take-area [data-said]")).to_contain_text("broke off")
    assert (await phone.page.evaluate(KEPT))["rows"] == [0, 0, 0]
    await phone.page.unroute("**/along/places.json*")
    phone.page.on("request", lambda request: asked.append(request.url))
    await phone.page.get_by_role("button", name="See how large it is").click()
    await phone.page.get_by_role("button", name="Take it along").click()
    await expect(phone.page.locator("kept-areas [data-said]")).to_contain_text("is on this phone")
    assert (await phone.page.evaluate(KEPT))["rows"] == [1, 1, 1]
    assert [url for url in asked if "/along/places.json" in url]
    assert not [url for url in asked if url.endswith(".mvt")]


async def test_what_a_broken_fetch_left_is_gone_with_the_next_page(open_phone: OpenPhone, harbor: str) -> None:
    phone = await with_service_worker(open_phone, harbor)
    await phone.open("/my/area")
    await phone.page.route("**/along/requests.json*", lambda route: route.abort())
    await phone.page.get_by_role("button", name="See how large it is").click()
    await phone.page.get_by_role("button", name="Take it along").click()
    await expect(phone.page.locator("take-area [data-said]")).to_contain_text("broke off")
    assert (await phone.page.evaluate(KEPT))["tiles"] > 0
    await phone.open("/")
    for _ in range(20):
        kept = await phone.page.evaluate(KEPT)
        if kept["caches"] == 0:
            break
        await phone.page.wait_for_timeout(500)
    assert kept == {"rows": [0, 0, 0], "tiles": 0, "caches": 0}


async def test_the_citys_own_words_say_why_an_area_is_refused(open_phone: OpenPhone, harbor: str) -> None:
    phone = await with_service_worker(open_phone, harbor)
    await phone.open("/my/area")
    await phone.page.evaluate("document.querySelector('option[value*=council]').value = 'layer=council&code=gone'")
    await phone.page.select_option("[name=named]", value="layer=council&code=gone")
    await phone.page.get_by_role("button", name="See how large it is").click()
    await expect(phone.page.locator("take-area [data-said]")).to_contain_text("no such area")


async def test_what_is_open_is_asked_for_again_and_a_new_map_fetched_when_the_network_is_back(
    open_phone: OpenPhone, harbor_point: Path, tmp_path: Path
) -> None:
    environ = copy_of(harbor_point, tmp_path / "city")
    basemap = Path(environ["BLOCKWISE_BASEMAP_PATH"])
    # The copy is a link to what other tests read.
    own = basemap.read_bytes()
    basemap.unlink()
    basemap.write_bytes(own)
    with blockwise_server(environ) as (address, _):
        phone = await with_service_worker(open_phone, address)
        await take_along(phone.page, address)
        first = await phone.page.evaluate(AGED, 5 * HOUR_MS)
        await phone.open("/")
        await phone.page.wait_for_timeout(6000)
        assert (await phone.page.evaluate(AGED, 0))["asOf"] == first["asOf"]
        await phone.page.evaluate(AGED, 2 * HOUR_MS)
        os.utime(basemap)
        await phone.open("/")
        for _ in range(40):
            fresh = await phone.page.evaluate(AGED, 0)
            if fresh["basemap"] != first["basemap"]:
                break
            await phone.page.wait_for_timeout(500)
        assert fresh["asOf"] > first["asOf"] + 5 * HOUR_MS
        assert fresh["versions"] == [fresh["basemap"]]


async def test_without_javascript_the_page_says_that_it_needs_it(open_phone: OpenPhone, harbor: str) -> None:
    phone = await open_phone(harbor, javascript=False)
    await phone.open("/my/area")
    await expect(phone.page.get_by_text("This needs JavaScript")).to_be_visible()
    await expect(phone.page.get_by_role("button", name="See how large it is")).to_be_hidden()
