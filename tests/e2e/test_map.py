"""The map: from the city to one address by touch, by keyboard and through the table; what is asked stays asked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import Resident
from tests.e2e.test_look import fits

DESK = {"viewport": {"width": 1280, "height": 800}, "is_mobile": False, "has_touch": False}
MARKS = "() => document.querySelector('map-view').map?.marks() ?? []"
HERE = re.compile(r"^[\d,]+ reports? here$")
IN_VIEW = re.compile(r"^[\d,]+ reports? in view$")
MOST_STEPS = 12


async def open_map(resident: Resident, query: str = "") -> Page:
    """Waits until the map is drawn, its marks are there and the list counts what is in view."""
    await resident.open(f"/map{query}")
    await is_still(resident.page)
    await expect(resident.page.locator("[data-count]")).to_have_text(IN_VIEW)
    return resident.page


async def is_still(page: Page) -> None:
    """Nothing of the map is on its way."""
    await expect(page.locator("map-view.ready:not(.busy)")).to_be_visible()
    await page.wait_for_function(
        f"async () => {{ const at = () => JSON.stringify(({MARKS})()); const one = at();"
        " await new Promise((done) => setTimeout(done, 400)); return one !== '[]' && one === at(); }"
    )


async def marks(page: Page) -> list[dict[str, Any]]:
    """The marks that a finger reaches, on the page; those under the tools and the sheet are not."""
    found: list[dict[str, Any]] = await page.evaluate(MARKS)
    box = await page.locator("map-view").bounding_box()
    assert box
    on_page = [{**mark, "x": mark["x"] + box["x"], "y": mark["y"] + box["y"]} for mark in found]
    reached = "([x, y]) => document.elementFromPoint(x, y)?.closest('map-view canvas') != null"
    return [mark for mark in on_page if await page.evaluate(reached, [mark["x"], mark["y"]])]


async def marks_drawn_up(page: Page) -> list[dict[str, Any]]:
    """What lay under the sheet: the finger draws the map up."""
    await page.mouse.move(180, 380)
    await page.mouse.down()
    await page.mouse.move(180, 220, steps=8)
    await page.mouse.up()
    await is_still(page)
    return await marks(page)


async def holds_a_place(page: Page) -> bool:
    return await page.locator("map-list[data-holds]").count() > 0


async def opens_its_address(page: Page) -> None:
    """From the place that the map found to the page of its address, where the same reports are told."""
    await expect(page.locator("[data-count]")).to_have_text(HERE)
    await expect(page.locator("map-list .request-card").first).to_be_visible()
    held = await reports_of(page.locator("map-list .request-card"))
    await page.get_by_role("link", name="This address").click()
    await page.wait_for_url(re.compile(r"/places/\d+"))
    await expect(page.locator("h1")).to_have_text(re.compile(r"\w"))
    assert held & await reports_of(page.locator(".request-card"))


async def reports_of(cards: Locator) -> set[str]:
    """The addresses of the reports in a list."""
    links = cards.locator("h3 a")
    return {str(await link.get_attribute("href")) for link in await links.all()}


async def test_a_finger_goes_from_the_city_to_one_address(phone: Resident) -> None:
    page = await open_map(phone)
    for _ in range(MOST_STEPS):
        most = max(await marks(page) or await marks_drawn_up(page), key=lambda mark: mark["n"])
        await page.touchscreen.tap(most["x"], most["y"])
        await page.wait_for_timeout(900)
        if await holds_a_place(page):
            break
        await is_still(page)
    await opens_its_address(page)


async def test_a_keyboard_goes_from_the_city_to_one_address(open_phone: OpenPhone, harbor: str) -> None:
    page = await open_map(await open_phone(harbor, **DESK))
    await page.locator("map-view").focus()
    await page.keyboard.press("ArrowRight")
    await is_still(page)
    for _ in range(MOST_STEPS):
        await page.keyboard.press("Enter")
        await page.wait_for_timeout(900)
        if await holds_a_place(page):
            break
        await is_still(page)
    await opens_its_address(page)


async def test_the_table_of_rates_leads_to_an_area_and_its_reports(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, **DESK)
    page = resident.page
    rows = page.locator("table.rates tbody tr")
    together = page.get_by_text("This is known of all kinds together")
    await resident.open("/map?colour=rates&layer=board&measure=median_days&service_code=pothole")
    await expect(rows.first).to_be_visible()
    await expect(together).to_be_visible()
    assert await violations(page) == []
    await resident.open("/map?colour=rates&layer=board&measure=open")
    await expect(rows.first).to_be_visible()
    await expect(together).to_be_hidden()
    figures = [int(text.replace(",", "")) for text in await rows.locator("[data-value]").all_inner_texts()]
    assert figures == sorted(figures, reverse=True)
    await page.get_by_role("button", name="Area", exact=True).press("Enter")
    await expect(page.locator("th[aria-sort=ascending]")).to_have_text("Area")
    assert await violations(page) == []

    await rows.first.get_by_role("button").press("Enter")
    await expect(page.locator("area-card .area-figures dd").first).to_be_visible()
    await page.wait_for_url(re.compile(r"area=board:"))
    await is_still(page)
    await page.locator("map-list .request-card a").first.press("Enter")
    await page.wait_for_url("**/requests/*")
    await page.get_by_role("link", name="All that was reported here").click()
    await page.wait_for_url(re.compile(r"/(places/\d+|map/at)"))


async def test_the_list_counts_what_the_map_shows_and_marks_what_one_looks_at(
    open_phone: OpenPhone, harbor: str
) -> None:
    page = await open_map(await open_phone(harbor, **DESK), "?at=41.055,-71.25,15.2&status=open,late")
    drawn = await page.wait_for_function(f"() => ({MARKS})().reduce((sum, mark) => sum + mark.n, 0)")
    shown = await drawn.json_value()
    counted = int(re.sub(r"\D", "", await page.locator("[data-count]").inner_text()))
    assert 0 < shown <= counted
    await page.locator("map-list .request-card a").first.focus()
    await expect(page.locator(".chosen-mark")).to_be_attached()
    before = await page.locator("[data-count]").inner_text()
    await page.evaluate("document.querySelector('map-view').map.goTo({ lat: 41.055, long: -71.25 }, 14)")
    await expect(page.locator("[data-count]")).not_to_have_text(before)
    await expect(page.locator("map-list h3 a:focus")).to_be_attached()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/requests/*")


async def test_a_filter_that_finds_nothing_leads_back_to_all_reports(phone: Resident) -> None:
    page = phone.page
    await phone.open("/map?filed_from=2019-01-01&filed_to=2019-01-02")
    await expect(page.locator("[data-count]")).to_have_text("No reports in view")
    await fits(page)
    await page.get_by_role("link", name="Show all reports").click()
    await expect(page.locator("[data-count]")).to_have_text(IN_VIEW)
    await page.wait_for_url(lambda url: "filed" not in url)


async def test_what_was_asked_is_in_the_address_and_remembered(phone: Resident) -> None:
    page = await open_map(phone)
    before = await page.locator("[data-count]").inner_text()
    await page.get_by_role("button", name="Filter").click()
    await page.get_by_label("Closed", exact=True).uncheck()
    await page.get_by_placeholder("Find a kind").fill("pothole")
    asked = re.compile(r"/map/requests\?.*service_code=pothole&status=open(,|%2C)late")
    async with page.expect_response(asked) as answer:
        await page.get_by_label("Pothole", exact=True).check()
    total = (await (await answer.value).all_headers())["x-total"]
    await page.get_by_role("button", name=re.compile(r"^Show \d")).click()
    await expect(page.locator("[data-count]")).to_have_text(re.compile(rf"^{total} reports? in view$"))
    await page.wait_for_url(re.compile(r"service_code=pothole&status=open,late"))
    after = await page.locator("[data-count]").inner_text()
    assert after != before

    for path in (page.url, f"{phone.address}/map"):
        await page.goto(path)
        await expect(page.locator("[data-count]")).to_have_text(after)
        await expect(page.locator("[data-open-filter] [data-number]")).to_have_text("2")
        await page.wait_for_url(re.compile(r"service_code=pothole"))
    await page.goto(f"{phone.address}/map?status=late")
    await expect(page.locator("[name=service_code][value=pothole]")).not_to_be_checked()


async def test_a_number_an_area_and_an_address_are_found(phone: Resident) -> None:
    page = await open_map(phone)
    report = await page.locator("map-list .request-card h3 a").nth(3).get_attribute("href")
    count = page.locator("[data-count]")

    await find(page, "old harbor")
    await page.wait_for_url(re.compile(r"area=neighborhood:old-harbor"))
    await expect(page.locator("area-card h3")).to_have_text("Old Harbor")
    await expect(page.locator("area-card .area-figures dd").first).not_to_be_empty()
    await page.locator("area-card [data-leave]").evaluate("(button) => button.click()")

    await find(page, "1319 The Embarcadero")
    await page.wait_for_url(re.compile(r"at=[\d.]+,-[\d.]+,18"))
    await expect(page.locator(".chosen-mark")).to_be_attached()

    await find(page, str(report).removeprefix("/requests/"))
    await expect(count).to_have_text(HERE)
    assert report in await reports_of(page.locator("map-list .request-card"))


async def find(page: Page, words: str) -> None:
    await page.get_by_role("combobox", name="Find").fill(words)
    await page.locator("#place-results [role=option][id]").first.click()


async def test_months_are_gone_through_one_after_the_other(phone: Resident) -> None:
    page = await open_map(phone)
    await page.get_by_role("button", name="By month").click()
    await page.wait_for_url(re.compile(r"filed_from=\d{4}-\d\d-01&filed_to="))
    slider = page.get_by_role("slider", name="Month")
    last = await slider.get_attribute("aria-valuetext")
    await slider.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(slider).not_to_have_attribute("aria-valuetext", last or "")
    await page.get_by_role("button", name="Play").click()
    await expect(slider).to_have_attribute("aria-valuetext", last or "")
    await page.get_by_role("button", name="Close: show all months").click()
    await expect(page).not_to_have_url(re.compile("filed_from"))


async def test_around_me_is_a_circle_in_the_address(phone: Resident) -> None:
    page = await open_map(phone)
    await page.get_by_role("button", name="Near me").click()
    await page.wait_for_url(re.compile(r"near=41\.07000,-71\.24000,500"))
    await expect(page.locator("[data-open-filter] [data-number]")).to_have_text("1")


async def test_the_map_fits_and_axe_finds_nothing(phone: Resident) -> None:
    page = await open_map(phone)
    await fits(page)
    assert await violations(page) == []
    await page.locator("[data-open-filter]").click()
    assert await violations(page) == []


async def test_without_a_connection_the_map_says_so_and_the_list_comes_back(phone: Resident) -> None:
    page = await open_map(phone)
    await phone.context.set_offline(True)
    await expect(page.locator("[data-map-said]")).to_contain_text("No connection")
    await page.locator("map-view").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("map-list [data-again]")).to_be_attached()
    await phone.context.set_offline(False)
    await expect(page.locator("map-list .request-card").first).to_be_attached()
    await expect(page.locator("[data-map-said]")).to_be_hidden()


async def test_where_no_map_can_be_drawn_the_list_is_there(phone: Resident) -> None:
    await phone.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    await phone.open("/map")
    await expect(phone.page.locator("html.no-map")).to_be_attached()
    await expect(phone.page.locator("[data-count]")).to_have_text(IN_VIEW)
    await expect(phone.page.locator("map-list .request-card").first).to_be_visible()


@pytest.mark.parametrize("words", ["old harbor", "1319 The Embarcadero"])
async def test_without_javascript_a_form_and_a_list_do(words: str, open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, javascript=False)
    page = resident.page
    await resident.open("/map")
    before = await page.locator("[data-count]").inner_text()
    await page.get_by_label("Closed", exact=True).uncheck()
    await page.get_by_role("button", name="Show").click()
    await page.wait_for_url(re.compile(r"status=open&status=late"))
    assert await page.locator("[data-count]").inner_text() != before
    await expect(page.get_by_label("Closed", exact=True)).not_to_be_checked()
    await page.locator("[name=place_q]").fill(words)
    await page.get_by_role("button", name="Find").click()
    await page.locator(".map-tools li a").first.click()
    await page.wait_for_url(re.compile(r"area=|near="))
    await expect(page.locator(".request-card").first).to_be_visible()
