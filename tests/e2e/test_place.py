"""Where it is: the phone's own position and its accuracy, the pin that a person moves, places outside of the city."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.cities import LAT, LONG
from tests.e2e.conftest import PHOTO_LAT, OpenPhone
from tests.e2e.resident import Resident, read_back

ITALY = "photos/gps/DSCN0010.jpg"
FAILS_WITH = """navigator.geolocation.watchPosition = (found, failed) => {
  setTimeout(() => failed({ code: %d, PERMISSION_DENIED: 1, POSITION_UNAVAILABLE: 2, TIMEOUT: 3 }), 50);
  return 1;
};"""


async def said(resident: Resident, words: str) -> None:
    await expect(resident.page.locator("[data-placing]")).to_contain_text(words)


async def go_to_place(resident: Resident) -> None:
    await resident.open()
    await resident.go("place")


async def move_pin(resident: Resident) -> None:
    """25 metres to the north, by the arrow keys of the map."""
    await resident.page.locator("[data-map]").focus()
    await resident.page.keyboard.press("Shift+ArrowUp")
    await expect(resident.page.locator("[name=place_source]")).to_have_value("pin")


async def test_a_moved_pin_is_never_overridden(phone: Resident, photo_in_town: Path) -> None:
    await go_to_place(phone)
    await said(phone, "good to 12 m")
    await move_pin(phone)
    pinned = await phone.shown_place()
    assert pinned == pytest.approx((LAT + 25 / 111_195, LONG), abs=1e-6)

    await phone.context.set_geolocation({"latitude": LAT - 0.01, "longitude": LONG, "accuracy": 3})
    await phone.go("photo")
    await phone.photograph(photo_in_town)
    await phone.go("place")
    await phone.page.wait_for_timeout(1000)
    assert await phone.shown_place() == pinned
    await phone.go("kind")
    await phone.choose_kind("litter", "litter")
    await phone.go_to_words()
    number = await phone.send()
    told = await read_back(phone.address, number)
    assert (told["lat"], told["long"]) == pytest.approx(pinned, abs=1e-6)


async def test_a_pin_is_moved_by_dragging_the_map(phone: Resident) -> None:
    await go_to_place(phone)
    await said(phone, "good to 12 m")
    await expect(phone.page.locator("[data-map].ready")).to_be_visible()
    box = await phone.page.locator("[data-map]").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 2
    await phone.page.mouse.move(x, y)
    await phone.page.mouse.down()
    await phone.page.mouse.move(x, y + 60, steps=8)
    await phone.page.mouse.up()
    await expect(phone.page.locator("[name=place_source]")).to_have_value("pin")
    assert (await phone.shown_place())[0] > LAT


async def test_asking_for_ones_position_by_hand_lifts_the_pin(phone: Resident) -> None:
    await go_to_place(phone)
    await said(phone, "good to 12 m")
    await move_pin(phone)
    await phone.page.get_by_role("button", name="Use my position").click()
    await expect(phone.page.locator("[name=place_source]")).to_have_value("device")
    assert await phone.shown_place() == pytest.approx((LAT, LONG), abs=1e-6)


async def test_a_rough_position_says_so_and_gives_way_to_a_better_one(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, accuracy=80)
    await go_to_place(resident)
    await said(resident, "good to 80 m only")
    await resident.context.set_geolocation({"latitude": LAT, "longitude": LONG + 0.0003, "accuracy": 9})
    await said(resident, "good to 9 m")
    assert await resident.shown_place() == pytest.approx((LAT, LONG + 0.0003), abs=1e-6)


async def test_a_position_good_to_five_kilometres_sets_no_pin(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, accuracy=5000)
    await go_to_place(resident)
    await said(resident, "only to 5000 m. Search for the address")
    await expect(resident.page.locator("[name=lat]")).to_have_value("")


@pytest.mark.parametrize(("code", "words"), [(1, "not shared with us"), (3, "could not be found")])
async def test_without_a_position_the_address_is_searched_for(
    code: int, words: str, open_phone: OpenPhone, harbor: str
) -> None:
    resident = await open_phone(harbor, accuracy=None)
    await resident.page.add_init_script(FAILS_WITH % code)
    await go_to_place(resident)
    await said(resident, words)
    await resident.search_place("1319 The Embarcadero")
    await expect(resident.page.locator("[name=place_source]")).to_have_value("search")
    await expect(resident.page.locator("[name=address_string]")).to_have_value("1319 The Embarcadero")
    await resident.go("kind")


async def test_without_any_place_one_is_asked_for(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, accuracy=None)
    await resident.page.add_init_script(FAILS_WITH % 1)
    await go_to_place(resident)
    await said(resident, "not shared")
    await resident.press("kind")
    await expect(resident.page.locator("[data-summary]")).to_contain_text("Say where it is")
    await expect(resident.page.locator("[data-summary]")).to_be_focused()
    await resident.is_at("place")


async def test_a_place_that_the_index_does_not_know_is_taken_with_the_pin_and_the_persons_words(
    phone: Resident,
) -> None:
    await go_to_place(phone)
    await said(phone, "good to 12 m")
    await phone.page.fill("[name=address_string]", "Behind the blue boathouse")
    await move_pin(phone)
    await phone.page.wait_for_timeout(800)
    await phone.go("kind")
    await phone.choose_kind("litter", "litter")
    await phone.go_to_words()
    told = await read_back(phone.address, await phone.send())
    assert told["address"] == "Behind the blue boathouse"


async def test_a_photo_wins_over_the_phones_own_position(phone: Resident, photo_in_town: Path) -> None:
    await go_to_place(phone)
    await said(phone, "good to 12 m")
    await phone.go("photo")
    await phone.photograph(photo_in_town)
    await phone.go("place")
    await said(phone, "From the photo")
    assert await phone.shown_place() == pytest.approx((PHOTO_LAT, LONG), abs=1e-5)


async def test_a_photo_from_abroad_does_not_say_where_the_report_is(phone: Resident, shared_data: Path) -> None:
    await phone.open()
    await phone.photograph(shared_data / ITALY)
    await phone.go("place")
    await said(phone, "good to 12 m")
    assert await phone.shown_place() == pytest.approx((LAT, LONG), abs=1e-6)


async def test_who_stands_outside_of_the_city_is_told_whom_to_call_and_can_go_on(
    open_phone: OpenPhone, harbor: str
) -> None:
    abroad = {"latitude": 43.4674, "longitude": 11.8851, "accuracy": 8}
    phone = await open_phone(harbor, geolocation=abroad)
    await go_to_place(phone)
    outside = phone.page.locator("[data-is-outside]")
    await expect(outside).to_contain_text("outside of Harbor Point")
    await expect(phone.page.locator("[data-outside] a[href^='tel:']").first).to_be_visible()
    await phone.press("kind")
    await phone.is_at("place")

    await phone.search_place("1319 The Embarcadero")
    await expect(outside).to_have_count(0)
    await phone.go("kind")
    await phone.choose_kind("litter", "litter")
    await phone.go_to_words()
    told = await read_back(phone.address, await phone.send())
    assert told["address"] == "1319 The Embarcadero"
    assert {area["layer"] for area in told["areas"]} >= {"board", "zip"}
