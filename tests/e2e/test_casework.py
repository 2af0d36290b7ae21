"""One report at the desk, on a phone and on a wide screen: flagged, noted, covered, answered; what is asked changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.cities import PASSWORD, copy_of
from tests.e2e.conftest import OpenPhone
from tests.e2e.test_look import fits
from tests.servers import blockwise_server

ADMIN = "admin@harborpoint.example"
WIDE = {"viewport": {"width": 1280, "height": 800}, "is_mobile": False, "has_touch": False}


@pytest.fixture(scope="module")
def town(harbor_point: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A city of its own: the questions of its services change."""
    environ = copy_of(harbor_point, tmp_path_factory.mktemp("casework") / "city")
    with blockwise_server(environ) as (address, _):
        yield address


def with_photo(address: str) -> str:
    """The number of an open report that has a photo and words."""
    asked = {"status": "open", "extensions": "true", "page_size": "200"}
    for one in httpx.get(f"{address}/open311/v2/requests.json", params=asked).json():
        if one["photos"] and one["description"]:
            return str(one["service_request_id"])
    raise LookupError("Harbor Point has no open report with a photo")


async def looks_well(page: Page) -> None:
    await fits(page)
    assert await violations(page) == []


async def sign_in(page: Page, address: str) -> None:
    await page.goto(f"{address}/sign-in?next=/staff/answers")
    await page.get_by_label("E-mail").fill(ADMIN)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/staff/answers")


async def test_a_report_is_worked_on_at_the_desk(open_phone: OpenPhone, town: str) -> None:
    number = with_photo(town)
    desk, public = f"{town}/staff/requests/{number}", f"{town}/requests/{number}"
    phone = (await open_phone(town)).page
    await phone.goto(public)
    await phone.get_by_text("Should something here not be public?").click()
    await phone.locator("[name=about]").select_option(index=2)
    await phone.locator("[name=reason]").select_option("person")
    await looks_well(phone)
    await phone.get_by_role("button", name="Tell the city").click()
    await expect(phone.get_by_role("status").first).to_contain_text("The city looks at it")

    await sign_in(phone, town)
    await phone.get_by_role("link", name="Write an answer").click()
    await phone.get_by_label("Title, for the desk only").fill("Crew is coming")
    await phone.get_by_label("The answer in English").fill("A crew goes to {address} today.")
    await looks_well(phone)
    await phone.get_by_role("button", name="Keep this answer").click()
    await expect(phone.get_by_role("link", name="Crew is coming")).to_be_visible()

    await phone.goto(desk)
    await expect(phone.get_by_text("Waits for somebody who looks at it")).to_be_visible()
    await phone.get_by_label("Write a note").press_sequentially("Look, @adm")
    await expect(phone.get_by_role("option").first).to_be_visible()
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_label("Write a note")).to_have_value("Look, @admin ")
    await phone.get_by_role("button", name="Keep the note").click()
    await expect(phone.get_by_text("Told:")).to_be_visible()

    await cover(phone, desk)
    wide = (await open_phone(town, **WIDE)).page
    await sign_in(wide, town)
    await wide.goto(desk)
    await looks_well(wide)
    await wide.locator("form:has(#f-comment) summary").click()
    await wide.locator("form:has(#f-comment)").get_by_role("button", name="Put it in").click()
    assert (await wide.locator("#f-comment").input_value()).startswith("A crew goes to ")
    await wide.get_by_role("button", name="Publish these words").click()
    await phone.goto(public)
    await expect(phone.get_by_text("A crew goes to")).to_be_visible()
    await ask_something_new(wide, town)


async def cover(page: Page, desk: str) -> None:
    """One rectangle with a finger, one with the keyboard; undone, the photo is as it was."""
    await page.goto(desk)
    await page.get_by_text("Moderate photo 1").click()
    await page.get_by_role("link", name="Cover parts of it").first.click()
    photo = page.locator(".cover-photo")
    await expect(photo).to_be_visible()
    box = await photo.bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.2)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.6, steps=4)
    await page.mouse.up()
    assert abs(float(await page.locator("[name=left-0]").input_value()) - 10) < 1.5
    assert abs(float(await page.locator("[name=width-0]").input_value()) - 30) < 1.5
    await page.get_by_role("button", name="Add a rectangle").focus()
    for key in ("Enter", "ArrowRight", "Shift+ArrowDown"):
        await page.keyboard.press(key)
    assert await page.locator("[name=left-1]").input_value() == "41"
    assert await page.locator("[name=height-1]").input_value() == "21"
    await looks_well(page)
    await page.get_by_role("button", name="Cover these parts for everybody").click()
    await expect(page.get_by_text("Parts of a photo covered (Photo 1)")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("Undone by")).to_be_visible()


async def ask_something_new(page: Page, address: str) -> None:
    await page.goto(f"{address}/staff/services")
    await page.locator("main section li a").first.click()
    await page.get_by_role("link", name="Add a question").click()
    await page.get_by_role("button", name="Keep this question").click()
    await expect(page.get_by_role("alert")).to_contain_text("Write the question.")
    await looks_well(page)
    await page.get_by_label("The question").fill("Does it move in the wind?")
    await page.get_by_label("One answer of a list").check()
    await page.get_by_label("Answer 1").fill("Yes")
    await page.get_by_role("button", name="Keep this question").click()
    await expect(page.get_by_role("link", name="Does it move in the wind?")).to_be_visible()
    await looks_well(page)
