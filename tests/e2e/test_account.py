"""An account on a phone: a second factor is set up, asked for and taken away; all pages fit, axe is content."""

from __future__ import annotations

import re
import time
from base64 import b32decode

from playwright.async_api import Page, expect

from app.accounts.totp import code_at, step_at
from tests.e2e.axe import violations
from tests.e2e.cities import PASSWORD
from tests.e2e.conftest import OpenPhone
from tests.e2e.test_look import fits


async def enter(page: Page, email: str) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


async def looks_well(page: Page) -> None:
    await fits(page)
    assert await violations(page) == []


async def test_a_second_factor_is_set_up_asked_for_and_taken_away(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    page = resident.page
    await resident.open("/account")
    await enter(page, "inspector@harborpoint.example")
    await expect(page.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    await looks_well(page)
    await page.get_by_role("link", name="Set up a second factor").click()
    await looks_well(page)
    key = re.sub(r"\s", "", await page.locator("code").inner_text())
    step = step_at(time.time())
    await page.get_by_label("Code").fill(code_at(b32decode(key), step))
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Turn it on").click()
    await expect(page.locator("main li code")).to_have_count(10)
    await looks_well(page)
    paper = await page.locator("main li code").nth(3).inner_text()
    await page.get_by_role("link", name="I have kept them").click()
    await page.wait_for_url("**/account")

    await page.get_by_label("The desk").get_by_role("button", name="Sign out").click()
    await resident.open("/account")
    await enter(page, "inspector@harborpoint.example")
    await looks_well(page)
    await page.get_by_label("Code").fill(code_at(b32decode(key), step))
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("alert")).to_contain_text("used already")
    await page.get_by_role("link", name="No phone at hand").click()
    await looks_well(page)
    await page.get_by_label("Recovery code").fill(paper)
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("link", name="Change the second factor").click()
    await looks_well(page)
    away = page.get_by_role("form", name="Take it away")
    await away.get_by_label("Your password").fill(PASSWORD)
    await away.get_by_label("Code").fill(code_at(b32decode(key), step + 1))
    await away.get_by_role("button").click()
    await page.wait_for_url("**/account?done=second-factor-off")
    await page.get_by_role("link", name="Change the password").click()
    await looks_well(page)


async def test_the_account_works_without_javascript_in_spanish(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, javascript=False)
    page = resident.page
    await resident.open("/account?lang=en")
    await enter(page, "board@harborpoint.example")
    await page.get_by_role("radio", name="Español").check()
    await page.get_by_role("button", name="Keep these").click()
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await fits(page)
    await page.get_by_role("radio", name="English").check()
    await page.locator("form[action='/account'] button").click()
    await expect(page.get_by_role("status").filter(has_text="are kept")).to_be_visible()
