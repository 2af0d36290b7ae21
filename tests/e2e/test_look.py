"""How every page looks: no sideways scrolling, targets for thumbs, and nothing that axe finds, light and dark."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.e2e.axe import violations
from tests.e2e.cities import PASSWORD
from tests.e2e.conftest import OpenPhone

PAGES = ["/", "/my", "/report", "/offline", "/sign-in", "/sign-in/forgotten", "/nowhere", "/requests?number=oops"]
WIDTHS = (320, 360, 1280)
# CSS pixels. WCAG 2.2 asks for 24; a thumb in the street needs more.
LEAST_TARGET = 44
SMALL_TARGETS = """(least) => [...document.querySelectorAll(
    ".button, .bottom-bar a, .input, .choice, .pick-one, summary, .brand")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => !one.closest("[hidden], .visually-hidden, .maplibregl-ctrl-attrib"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => box.width > 1 && box.height < least)
  .map(([one, box]) => `${one.className || one.tagName} ${one.textContent.trim().slice(0, 40)}: ${box.height}`)"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def fits(page: Page) -> None:
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 740})
        assert await page.evaluate(SIDEWAYS) <= 0, f"{page.url} scrolls sideways at {width}"
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.evaluate(SMALL_TARGETS, LEAST_TARGET) == [], page.url


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_fits_every_screen_and_every_thumb_and_axe_finds_nothing(
    path: str, open_phone: OpenPhone, harbor: str
) -> None:
    resident = await open_phone(harbor)
    await resident.page.goto(harbor + path)
    await fits(resident.page)
    assert await violations(resident.page) == []


@pytest.mark.parametrize("javascript", [True, False])
async def test_every_step_of_the_report_fits(javascript: bool, open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, javascript=javascript)
    await resident.open("/report?lat=41.0712&long=-71.2431")
    await fits(resident.page)
    for step in ("place", "kind"):
        await resident.go(step)
        await fits(resident.page)
    await resident.choose_kind("bulky-item", "bulky")
    if not javascript:
        await resident.press("known")
        await resident.is_at("kind")
    await fits(resident.page)
    # axe itself needs JavaScript; the pages without are the same templates.
    if javascript:
        assert await violations(resident.page) == []


async def test_the_pages_of_a_request_fit(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    number = await resident.report(words="A" * 300)
    await fits(resident.page)
    for path in (f"/requests/{number}", f"/requests/{number}/correction"):
        await resident.open(path)
        await fits(resident.page)


async def test_the_desk_fits(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    await resident.open("/staff")
    await resident.page.get_by_label("E-mail").fill("admin@harborpoint.example")
    await resident.page.get_by_label("Password").fill(PASSWORD)
    await resident.page.get_by_role("button", name="Sign in").click()
    await resident.page.wait_for_url("**/staff")
    await fits(resident.page)
    await resident.page.locator("main a[href^='/staff/requests/']").first.click()
    await resident.page.wait_for_url("**/staff/requests/*")
    await fits(resident.page)
    assert await violations(resident.page) == []
    for path in ("/staff/audit", "/staff/roles", "/staff/roles/clerk"):
        await resident.open(path)
        await fits(resident.page)
        assert await violations(resident.page) == []
