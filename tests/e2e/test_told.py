"""Somebody chooses what they hear of, at 360 pixels; the pages look well, and so does what staff sees of it."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from app.notifications.stop import subscriber_stop_path
from app.settings import load_settings
from tests.e2e.axe import violations
from tests.e2e.cities import PASSWORD, environ_of
from tests.e2e.conftest import OpenPhone
from tests.e2e.test_look import fits


async def looks_well(page: Page) -> None:
    await fits(page)
    assert await violations(page) == []


async def test_a_district_is_followed_from_its_page_and_settings_are_kept(
    open_phone: OpenPhone, harbor: str, harbor_point: Path
) -> None:
    resident = await open_phone(harbor)
    page = resident.page
    await resident.open("/areas/neighborhood/old-harbor")
    await page.get_by_role("link", name="Tell me every week").click()
    await expect(page.get_by_label("Every Monday").nth(1)).to_be_checked()
    assert await page.locator("#f-area").input_value() == "neighborhood:old-harbor"
    await looks_well(page)
    await page.get_by_role("button", name="Follow this").click()
    await expect(page.get_by_role("status").filter(has_text="You follow this from now on.")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="Old Harbor")).to_contain_text("Every Monday")
    await page.get_by_label("E-mail", exact=False).nth(1).fill("nobody")
    await page.locator("form[action='/notifications']").evaluate("form => form.noValidate = true")
    await page.get_by_role("button", name="Keep").click()
    await expect(page.get_by_role("alert")).to_contain_text("name@example.org")
    await looks_well(page)
    # The page behind the button of an e-mail: of the first who chose anything in this city.
    secret_key = load_settings(environ_of(harbor_point)).secret_key
    await resident.open(subscriber_stop_path(secret_key, 1))
    await expect(page.get_by_role("button", name="Stop these e-mails")).to_be_visible()
    await looks_well(page)
    await resident.open("/inbox")
    await expect(page.get_by_role("heading", name="No messages yet")).to_be_visible()
    await looks_well(page)


async def test_staff_sees_what_was_sent(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    page = resident.page
    await resident.open("/staff/deliveries")
    await page.get_by_label("E-mail").fill("auditor@harborpoint.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()
    await looks_well(page)
