"""What is on the phone before it is sent: kept at every step, through a killed page and a change of language."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.resident import Resident, read_back

STORED = """() => new Promise((done, failed) => {
  const opening = indexedDB.open("blockwise");
  opening.onerror = () => failed(opening.error);
  opening.onsuccess = () => {
    const database = opening.result;
    const asked = database.transaction("drafts").objectStore("drafts").getAll();
    asked.onsuccess = () => { database.close(); done(asked.result); };
  };
})"""


async def drafts_on(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await page.evaluate(STORED)
    return found


async def kill(resident: Resident) -> None:
    """The renderer dies, as it does when the system takes its memory away; a new tab is opened."""
    page = resident.page
    session = await resident.context.new_cdp_session(page)
    async with page.expect_event("crash"):
        page.context.set_default_timeout(30_000)
        killing = session.send("Page.crash")
        task = asyncio.ensure_future(killing)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
    await resident.new_page()


async def fill_in(resident: Resident, photo: Path) -> None:
    await resident.open()
    await resident.photograph(photo)
    await resident.go("place")
    await expect(resident.page.locator("[name=address_string]")).not_to_have_value("")
    await resident.go("kind")
    await resident.choose_kind("pothole", "pothole")
    await resident.page.get_by_label("An alley").check()
    await resident.go_to_words()
    await resident.page.fill("[name=description]", "As deep as a bucket")


async def test_a_killed_page_is_offered_again_with_its_photos(phone: Resident, photo: Path) -> None:
    await fill_in(phone, photo)
    place = await phone.shown_place()
    await phone.page.wait_for_timeout(600)
    await kill(phone)
    await phone.open()
    offer = phone.page.locator("[data-offer]")
    await expect(offer).to_contain_text("Pothole")
    await offer.get_by_role("button", name="Go on with it").click()
    await phone.is_at("words")
    assert await phone.page.input_value("[name=description]") == "As deep as a bucket"
    assert await phone.shown_place() == place
    number = await phone.send()

    told = await read_back(phone.address, number)
    assert (told["service_code"], told["description"]) == ("pothole", "As deep as a bucket")
    assert len(told["photos"]) == 1
    await phone.open()
    await expect(phone.page.locator("[data-offer]")).to_be_hidden()
    assert await drafts_on(phone.page) == []


async def test_a_reloaded_page_goes_on_where_it_was(phone: Resident, photo: Path) -> None:
    await fill_in(phone, photo)
    await phone.page.wait_for_timeout(600)
    await phone.page.reload()
    await phone.is_at("words")
    assert await phone.page.input_value("[name=description]") == "As deep as a bucket"
    await expect(phone.page.locator("[data-review=photos]")).to_have_text("1")


async def test_starting_anew_keeps_the_draft_among_my_reports(phone: Resident, photo: Path) -> None:
    await fill_in(phone, photo)
    await phone.page.wait_for_timeout(600)
    await phone.page.close()
    await phone.new_page()
    await phone.open()
    await phone.page.get_by_role("button", name="Start anew").click()
    await phone.page.goto(f"{phone.address}/my")
    waiting = phone.page.locator("outbox-list [data-waiting]")
    await expect(waiting).to_contain_text("Pothole")
    await waiting.get_by_role("link").first.click()
    await phone.is_at("words")
    assert await phone.page.input_value("[name=description]") == "As deep as a bucket"


async def test_the_draft_is_on_disk_before_the_camera_opens(phone: Resident) -> None:
    await phone.open("/report?address_string=Behind+the+school")
    async with phone.page.expect_file_chooser():
        await phone.page.get_by_text("Take a photo").click()
    (draft,) = await drafts_on(phone.page)
    assert ["address_string", "Behind the school"] in draft["fields"]


@pytest.mark.parametrize("words", ["Take a photo", "Choose from your photos"])
async def test_the_first_touch_opens_the_camera_or_the_library(words: str, phone: Resident) -> None:
    await phone.open()
    async with phone.page.expect_file_chooser():
        await phone.page.get_by_text(words).tap()


async def test_changing_the_language_in_the_middle_loses_nothing(phone: Resident, photo: Path) -> None:
    await fill_in(phone, photo)
    place = await phone.shown_place()
    await phone.page.get_by_role("button", name="Español").click()
    await phone.page.wait_for_url("**/report?draft=*")
    await phone.is_at("words")
    await expect(phone.page.locator("html")).to_have_attribute("lang", "es")
    await expect(phone.page.locator("[data-review=kind]")).to_have_text("Bache")
    assert await phone.page.input_value("[name=description]") == "As deep as a bucket"
    assert await phone.shown_place() == place
    await expect(phone.page.locator("[data-review=photos]")).to_have_text("1")
    await phone.press("known")
    if await phone.is_at("known", "kind") == "known":
        await phone.go("kind")
    await expect(phone.page.locator("[name='attribute[ROAD]']:checked, [data-questions] input:checked")).to_have_count(
        1
    )
