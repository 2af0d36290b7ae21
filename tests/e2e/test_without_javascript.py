"""The whole report with JavaScript off: every step is a page of the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import read_back


@pytest.mark.parametrize("file", ["photos/gps/DSCN0010.jpg", "photos/heic/IMG_5195.HEIC"])
async def test_a_photo_is_sent_with_everything_else_from_page_to_page(
    file: str, open_phone: OpenPhone, harbor: str, shared_data: Path
) -> None:
    resident = await open_phone(harbor, javascript=False)
    page = resident.page
    await resident.open("/")
    await page.get_by_role("link", name="Report a problem").first.click()
    await resident.photograph(shared_data / file)
    await resident.go("place")
    await resident.press("kind")
    await expect(page.locator("[data-summary]")).to_contain_text("Say where it is")
    await resident.search_place("1319 Embarcadero")
    await resident.go("kind")
    await resident.press("known")
    await expect(page.locator("[data-summary]")).to_contain_text("Choose what kind of problem it is")
    await resident.choose_kind("pothole", "pothole")
    await resident.press("known")
    await page.get_by_label("An alley").check()
    await resident.go_to_words()
    await page.fill("[name=description]", "Sent without a script")
    number = await resident.send()

    told = await read_back(harbor, number)
    assert told["address"] == "1319 The Embarcadero"
    assert told["service_code"] == "pothole"
    assert told["description"] == "Sent without a script"
    assert len(told["photos"]) == 1
    await page.goto(f"{harbor}/requests/{number}")
    await expect(page.locator(".timeline")).to_contain_text("Received")


async def test_a_photo_is_removed_again_and_the_language_changed_on_the_way(
    open_phone: OpenPhone, harbor: str, photo: Path
) -> None:
    resident = await open_phone(harbor, javascript=False)
    page = resident.page
    await resident.open("/report?lat=41.07&long=-71.24&service_code=litter")
    await resident.photograph(photo)
    await resident.go("place")
    await resident.go("photo")
    await expect(page.locator("[data-thumbs] li")).to_have_count(1)
    await page.get_by_role("button", name="Español").click()
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await expect(page.locator("[data-thumbs] li")).to_have_count(1)
    await page.locator("[data-remove]").click()
    await expect(page.locator("[data-thumbs] li")).to_have_count(0)
    await resident.go("place")
    await resident.go("kind")
    await expect(page.locator("[data-chosen]")).to_contain_text("Calle sucia")
    await resident.go_to_words()
    told = await read_back(harbor, await resident.send())
    assert (told["service_code"], told["photos"]) == ("litter", [])


async def test_a_file_that_is_no_photo_is_refused_and_the_report_stays(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, javascript=False)
    await resident.open("/report?lat=41.07&long=-71.24&service_code=litter&address_string=By+the+pump")
    await resident.photograph({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"not a photo at all " * 50})
    await resident.press("place")
    await expect(resident.page.locator("[data-summary] li")).to_have_count(1)
    await resident.is_at("photo")
    await resident.go("place")
    assert await resident.page.input_value("[name=address_string]") == "By the pump"
