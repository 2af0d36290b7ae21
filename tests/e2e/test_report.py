"""The main job: a resident photographs a problem, sends it, and follows it."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pillow_heif
import pytest
from PIL import ExifTags, Image
from playwright.async_api import expect

from tests.e2e.axe import violations
from tests.e2e.cities import LAT, LONG
from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import Resident, read_back
from tests.media.samples import PHOTOS, sample

pillow_heif.register_heif_opener()
# Every third; with BLOCKWISE_TEST_EVERY_ROW set, all of them.
GPS = PHOTOS["gps"][:: 1 if os.environ.get("BLOCKWISE_TEST_EVERY_ROW") else 3]
IPHONE = [path for path in PHOTOS["heic"] if path.suffix == ".HEIC"]


def position_of(path: Path) -> tuple[float, float] | None:
    """(lat, long) in degrees, read with another reader than ours; None for a photo without."""
    with Image.open(path) as image:
        gps = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    if 2 not in gps:
        return None

    def degrees(value: int, reference: int, minus: str) -> float:
        whole, minutes, seconds = (float(part) for part in gps[value])
        size = whole + minutes / 60 + seconds / 3600
        return -size if gps[reference] == minus else size

    return degrees(2, 1, "S"), degrees(4, 3, "W")


@pytest.mark.parametrize("path", GPS + IPHONE, ids=lambda path: path.name)
async def test_a_photo_says_where_the_report_is_and_else_the_phone_does(
    path: Path, open_phone: OpenPhone, open_city: str
) -> None:
    position = position_of(sample(path))
    resident = await open_phone(open_city)
    await resident.open()
    await resident.photograph(path)
    await resident.go("place")
    said = "From the photo" if position else "Your position, good to 12 m"
    await expect(resident.page.locator("[data-placing]")).to_contain_text(said)
    await resident.go("kind")
    await resident.choose_kind("pothole", "pothole")
    await resident.go_to_words()
    await resident.page.fill("[name=description]", f"As in {path.name}")
    number = await resident.send()

    told = await read_back(open_city, number)
    assert (told["lat"], told["long"]) == pytest.approx(position or (LAT, LONG), abs=1e-5)
    assert told["service_code"] == "pothole"
    assert told["description"] == f"As in {path.name}"
    assert len(told["photos"]) == 1
    picture = await resident.context.request.get(told["photos"][0]["media_url"])
    assert picture.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(await picture.body())) as shown:
        assert not shown.getexif()
        assert max(shown.size) <= 1280


async def test_a_resident_reports_where_they_stand_and_follows_it(phone: Resident, harbor: str, photo: Path) -> None:
    page = phone.page
    await phone.open("/")
    await page.get_by_role("link", name="Report a problem").first.click()
    await phone.is_ready()
    assert not await violations(page)
    await phone.photograph(photo)
    await phone.go("place")
    await expect(page.locator("[data-placing]")).to_contain_text("good to 12 m")
    await expect(page.locator("[name=address_string]")).not_to_have_value("")
    address = await page.input_value("[name=address_string]")
    assert not await violations(page)
    await phone.go("kind")
    assert not await violations(page)
    await phone.choose_kind("pothole", "hole in the road")
    await page.get_by_label("A city street").check()
    assert not await violations(page)
    await phone.go_to_words()
    await page.fill("[name=description]", "Deep, at the crossing. Call 617 555 0142.")
    await page.fill("[name=email]", "ana@example.org")
    assert address in await page.inner_text("[data-review=place]")
    assert await page.inner_text("[data-review=kind]") == "Pothole"
    assert not await violations(page)
    number = await phone.send()

    await expect(page.locator(".sent-promise")).to_contain_text("Promised by")
    assert not await violations(page)
    told = await read_back(harbor, number)
    assert (told["lat"], told["long"]) == pytest.approx((LAT, LONG), abs=1e-6)
    assert told["address"] == address
    assert told["service_code"] == "pothole"
    assert len(told["photos"]) == 1
    assert told["description"].startswith("Deep, at the crossing.")
    assert "555" not in told["description"]
    assert "ana@example.org" not in str(told)

    await page.goto(f"{harbor}/requests/{number}")
    await expect(page.locator(".timeline .entry")).to_have_count(1)
    await expect(page.locator(".timeline")).to_contain_text("Received")
    assert not await violations(page)
    await page.goto(f"{harbor}/my")
    await expect(page.locator(f"a[href='/requests/{number}']")).to_be_visible()
    assert not await violations(page)


async def test_another_problem_at_the_same_place_begins_with_that_place(phone: Resident) -> None:
    await phone.report()
    place = await phone.page.get_by_role("link", name="Report another here").get_attribute("href")
    await phone.open(str(place))
    await phone.go("place")
    assert await phone.shown_place() == pytest.approx((LAT, LONG), abs=1e-5)


async def test_five_photos_are_the_most(phone: Resident, photo: Path) -> None:
    await phone.open()
    await phone.photograph(*[photo] * 5)
    await expect(phone.page.locator("[data-library]")).to_be_disabled()
    await phone.page.locator("[data-remove]").first.click()
    await expect(phone.page.locator("[data-library]")).to_be_enabled()


async def test_a_photo_is_made_smaller_and_upright_before_it_leaves_the_phone(
    phone: Resident, shared_data: Path
) -> None:
    large = shared_data / "photos" / "orientation" / "landscape_6.jpg"
    sizes: list[int] = []
    phone.page.on(
        "request", lambda one: sizes.append(len(one.post_data_buffer or b"")) if one.method == "PUT" else None
    )
    number = await phone.report(large)
    told = await read_back(phone.address, number)
    with Image.open(large) as image:
        turned = image.size[::-1]
    shown = phone.page.locator(".gallery img")
    ratio = [int(str(await shown.get_attribute(side))) for side in ("width", "height")]
    assert ratio[0] / ratio[1] == pytest.approx(turned[0] / turned[1], rel=0.01)
    assert len(told["photos"]) == 1
    assert max(sizes) < 1_600_000
