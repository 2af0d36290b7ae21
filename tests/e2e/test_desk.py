"""The desk by keyboard: a call is filed in a few keys, the queue is gone through, changed together and live."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.cities import PASSWORD, copy_of
from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import Resident
from tests.e2e.test_look import fits
from tests.servers import blockwise_server

CLERK = "admin@harborpoint.example"
DESK = {"is_mobile": False, "has_touch": False, "viewport": {"width": 1280, "height": 800}}
# A clerk who types 60 words a minute: five keys a second, and a second to look before each new field.
KEYS_A_SECOND, LOOK_S, WITHIN_S = 5, 1, 30


@pytest.fixture(scope="module")
def city(harbor_point: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with blockwise_server(copy_of(harbor_point, tmp_path_factory.mktemp("desk") / "city")) as (address, _):
        yield address


async def sign_in(clerk: Resident, path: str, who: str = CLERK) -> Page:
    page = clerk.page
    await clerk.open(path)
    await page.get_by_label("E-mail").fill(who)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**{path}")
    return page


async def looks_well(page: Page) -> None:
    await fits(page)
    assert await violations(page) == []
    await page.set_viewport_size({"width": 1280, "height": 800})
    assert await violations(page) == []


class Hands:
    """Types, and counts the keys and the fields."""

    def __init__(self, page: Page) -> None:
        self.page, self.keyboard, self.keys, self.fields = page, page.keyboard, 0, 0

    async def write(self, words: str) -> None:
        await self.keyboard.type(words)
        self.keys += len(words)

    async def press(self, key: str) -> None:
        await self.keyboard.press(key)
        self.keys += 1
        self.fields += key == "Tab"

    async def tab_to(self, name: str) -> None:
        for _ in range(8):
            await self.press("Tab")
            if await self.page.evaluate("(name) => document.activeElement.name === name", name):
                return
        raise AssertionError(f"{name} is too far away")


async def test_a_call_is_filed_by_keyboard_within_half_a_minute(open_phone: OpenPhone, city: str) -> None:
    page = await sign_in(await open_phone(city, **DESK), "/staff/call")
    hands, place = Hands(page), page.locator("[name=address_string]")
    started = time.monotonic()
    await expect(page.locator("[data-kind-words]")).to_be_focused()
    await hands.write("litter")
    await expect(page.locator("#kind-results li").first).to_be_visible()
    await hands.press("Tab")
    await expect(page.locator("[data-kind]")).to_contain_text("Say:")
    await expect(place).to_be_focused()
    await hands.write("harbor")
    await expect(page.locator("#place-results [role=option]").first).to_be_visible()
    await hands.press("ArrowDown")
    await hands.press("Enter")
    await expect(page.locator("[name=lat]")).not_to_have_value("")
    # What the city asks about this kind comes between.
    for name, words in (("description", "Bags all over"), ("name", "Mr Okafor"), ("phone", "555 0134")):
        await hands.tab_to(name)
        await hands.write(words)
    await hands.press("Control+Enter")
    await expect(page.locator("[data-number]")).to_have_text(re.compile(r"^\w{4}-\w{4}-\w{4}$"))
    took = time.monotonic() - started
    await expect(page.get_by_role("link", name="The next call")).to_be_focused()
    by_hand = hands.keys / KEYS_A_SECOND + hands.fields * LOOK_S
    assert hands.keys <= 55 and by_hand < WITHIN_S, f"{hands.keys} keys, {hands.fields} fields: {by_hand} s"
    assert took < WITHIN_S
    await looks_well(page)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/staff/call")
    await looks_well(page)


async def test_the_queue_goes_by_keys_is_changed_together_and_tells_what_others_do(
    open_phone: OpenPhone, city: str
) -> None:
    page = await sign_in(await open_phone(city, **DESK), "/staff")
    lines, keys = page.locator(".line"), page.keyboard
    await looks_well(page)
    await keys.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await violations(page) == []
    await keys.press("Escape")
    for key in ("j", "j", "k", "x", "j", "x"):
        await keys.press(key)
    await expect(lines.nth(1).locator("h2 a")).to_be_focused()
    await expect(page.locator("[data-chosen-count]")).to_have_text("2 chosen")
    # In a field the same keys are letters.
    await keys.press("/")
    await keys.type("jxa?")
    await expect(page.locator(".queue-filter [name=q]")).to_have_value("jxa?")
    await page.locator(".queue-filter [name=q]").fill("")
    numbers = [await lines.nth(at).get_attribute("data-number") for at in (0, 1)]

    # Somebody else opens one; a third person changes the other.
    looker = await sign_in(await open_phone(city), f"/staff/requests/{numbers[0]}", "auditor@harborpoint.example")
    there = page.locator(f'[data-number="{numbers[0]}"] [data-there]')
    await expect(there).to_contain_text("Open with")
    await looker.goto(f"{city}/staff")
    await expect(there).not_to_contain_text("Open with")
    other = await sign_in(await open_phone(city), f"/staff/requests/{numbers[1]}")
    await other.locator("[name=status]").first.check()
    await other.locator("form[action$='/status'] button").first.click()
    await other.wait_for_url("**?done=status")
    await expect(page.locator(f'.line.news[data-number="{numbers[1]}"]')).to_be_visible()

    # What was chosen before that is not overwritten.
    await page.locator("[name=action][value=status]").click()
    await page.wait_for_url("**/staff/bulk")
    await page.get_by_label("New status").select_option("assigned")
    await page.get_by_role("button", name="Show what would change").click()
    await expect(page.get_by_role("heading", name="Will change (1)")).to_be_visible()
    await expect(page.get_by_role("heading", name="Cannot be changed (1)")).to_be_visible()
    await looks_well(page)
    await page.get_by_role("button", name="Change one report").click()
    await expect(page.get_by_role("status")).to_contain_text("1 of 2")
    await looks_well(page)
