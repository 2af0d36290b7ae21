"""Work at the desk on a phone: an order from a report to its end; all pages fit, axe is content."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.cities import PASSWORD
from tests.e2e.conftest import OpenPhone
from tests.e2e.test_look import fits


async def looks_well(page: Page) -> None:
    await fits(page)
    assert await violations(page) == []


async def test_an_order_is_made_from_a_report_planned_and_done(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    page = resident.page
    await resident.open("/staff")
    await page.get_by_label("E-mail").fill("supervisor@harborpoint.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.locator("a[href^='/staff/requests/']").first.click()
    await page.wait_for_url(re.compile("/staff/requests/"))
    await looks_well(page)
    await page.get_by_role("link", name="Make an order").click()
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    await page.get_by_label(re.compile("^Planned for")).fill(day)
    await looks_well(page)
    await page.get_by_role("button", name="Make the order").click()
    await expect(page.get_by_role("status").filter(has_text="Your change is kept")).to_be_visible()
    await looks_well(page)
    title = await page.get_by_role("heading", level=1).inner_text()
    await resident.open(f"/staff/work?day={day}")
    await expect(page.get_by_role("link", name=title).first).to_be_visible()
    await looks_well(page)
    await resident.open(f"/staff/work/print?day={day}")
    await looks_well(page)
    await page.go_back()
    await page.get_by_role("link", name=title).first.click()
    await page.get_by_role("button", name="The order is done").click()
    await expect(page.locator("main")).to_contain_text("Done")
    await looks_well(page)
