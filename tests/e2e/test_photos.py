"""Photos on the phone: made ready aside, on disk before they are shown, smaller when room runs out, never dropped."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page, Route, expect

from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import Resident
from tests.e2e.test_draft import drafts_on

STORED = """() => new Promise((done, failed) => {
  const opening = indexedDB.open("blockwise");
  opening.onerror = () => failed(opening.error);
  opening.onsuccess = () => {
    const database = opening.result;
    const asked = database.transaction("photos").objectStore("photos").getAll();
    asked.onsuccess = async () => {
      database.close();
      const base64 = (bytes) => new Promise((read) => {
        const reader = new FileReader();
        reader.onload = () => read(reader.result.split(",")[1]);
        reader.readAsDataURL(new Blob([bytes]));
      });
      const size = async (bytes) => {
        if (!bytes) return null;
        const picture = await createImageBitmap(new Blob([bytes])).catch(() => null);
        return picture && [picture.width, picture.height];
      };
      done(await Promise.all(asked.result.map(async (photo) => ({
        id: photo.id, type: photo.type, hash: photo.hash, bytes: await base64(photo.bytes),
        size: await size(photo.bytes), thumb: await size(photo.thumb),
      }))));
    };
  };
})"""
LARGE, SMALL = (3000, 2250), (640, 480)


async def photos_on(page: Page) -> list[dict[str, Any]]:
    """The photos on disk, the oldest first; sizes are null for what Chromium cannot read."""
    found: list[dict[str, Any]] = await page.evaluate(STORED)
    for photo in found:
        photo["bytes"] = base64.b64decode(photo["bytes"])
    return sorted(found, key=lambda photo: str(photo["id"]))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """large.jpg (too large to be sent as it is), and four small ones, each of another grey."""
    folder = tmp_path_factory.mktemp("pictures")
    Image.effect_noise(LARGE, 60).save(folder / "large.jpg", quality=90)
    for grey in (40, 90, 140, 190):
        Image.new("L", SMALL, grey).save(folder / f"{grey}.jpg")
    return folder


async def leave_room(phone: Resident, bytes_free: int) -> None:
    """The browser allows this site so many bytes more than it has now."""
    session = await phone.context.new_cdp_session(phone.page)
    used = await phone.page.evaluate("navigator.storage.estimate().then((it) => it.usage)")
    await session.send("Storage.overrideQuotaForOrigin", {"origin": phone.address, "quotaSize": used + bytes_free})


async def test_a_photo_is_kept_with_its_hash_and_a_thumb(phone: Resident, pictures: Path) -> None:
    await phone.open()
    async with phone.page.expect_event("worker"):
        await phone.photograph(pictures / "large.jpg")
    (kept,) = await photos_on(phone.page)
    assert kept["hash"] == hashlib.sha256(kept["bytes"]).hexdigest()
    assert 1900 <= max(kept["size"]) <= 2048
    assert kept["size"][0] / kept["size"][1] == pytest.approx(4 / 3, rel=0.01)
    assert kept["thumb"] == [160, 120]
    assert len(kept["bytes"]) < (pictures / "large.jpg").stat().st_size


async def test_a_large_photo_that_lies_on_its_side_is_kept_upright(phone: Resident, tmp_path: Path) -> None:
    lying = Image.new("RGB", LARGE, "black")
    lying.paste("white", (0, 0, LARGE[0] // 2, LARGE[1]))
    lying = Image.blend(lying, Image.effect_noise(LARGE, 60).convert("RGB"), 0.3)
    exif = Image.Exif()
    exif[0x0112] = 6
    lying.save(tmp_path / "lying.jpg", quality=95, exif=exif)
    await phone.open()
    await phone.photograph(tmp_path / "lying.jpg")
    (kept,) = await photos_on(phone.page)
    (tmp_path / "kept.jpg").write_bytes(kept["bytes"])
    with Image.open(tmp_path / "kept.jpg") as stands:
        width, height = stands.size
        assert width < height <= 2048
        light, dark = (stands.convert("L").getpixel((width // 2, height * part // 4)) for part in (1, 3))
    assert light > 128 > dark, "what lay on the left stands at the top"


async def test_photos_keep_the_order_in_which_they_were_chosen(phone: Resident, pictures: Path) -> None:
    await phone.open()
    chosen = [pictures / name for name in ("large.jpg", "190.jpg", "40.jpg", "140.jpg")]
    # The second choice is made while the large one is still being read.
    await phone.page.set_input_files("[data-library]", chosen[:3])
    await phone.page.set_input_files("[data-library]", chosen[3])
    await expect(phone.page.locator("[data-thumbs] li:not(.busy) img")).to_have_count(4)
    kept = [photo["bytes"] for photo in await photos_on(phone.page)]
    assert kept[1:] == [path.read_bytes() for path in chosen[1:]]
    ids = await phone.page.evaluate("document.querySelector('photo-picker').photos.map((one) => one.id)")
    assert ids == sorted(ids)


async def test_without_its_worker_the_page_makes_the_photo_ready_itself(phone: Resident, pictures: Path) -> None:
    async def lose(route: Route) -> None:
        await route.abort()

    await phone.context.route("**/shrink-worker-*.js", lose)
    await phone.open()
    await phone.photograph(pictures / "large.jpg")
    (kept,) = await photos_on(phone.page)
    assert max(kept["size"]) <= 2048 and kept["thumb"] == [160, 120]


async def test_a_picture_that_only_the_server_can_read_is_kept_as_it_is(phone: Resident, shared_data: Path) -> None:
    heic = shared_data / "photos" / "heic" / "IMG_5195.HEIC"
    await phone.open()
    await phone.photograph(heic)
    (kept,) = await photos_on(phone.page)
    assert kept["bytes"] == heic.read_bytes()
    assert kept["hash"] == hashlib.sha256(heic.read_bytes()).hexdigest()
    assert kept["thumb"] is None


async def test_what_is_no_picture_is_refused_in_words(phone: Resident, tmp_path: Path) -> None:
    (tmp_path / "not.jpg").write_bytes(b"no picture at all")
    await phone.open()
    await phone.page.set_input_files("[data-library]", tmp_path / "not.jpg")
    await expect(phone.page.locator("[data-photo-status]")).to_contain_text("could not be read")
    await expect(phone.page.locator("[data-thumbs] li")).to_have_count(0)


async def test_a_phone_that_is_almost_full_keeps_the_photo_smaller_and_says_so(
    open_phone: OpenPhone, harbor: str, pictures: Path
) -> None:
    phone = await open_phone(harbor)
    await phone.open()
    await leave_room(phone, 400_000)
    await phone.photograph(pictures / "large.jpg")
    await expect(phone.page.locator("[data-photo-status]")).to_contain_text("kept smaller")
    (kept,) = await photos_on(phone.page)
    assert max(kept["size"]) < 2000
    assert kept["hash"] == hashlib.sha256(kept["bytes"]).hexdigest()
    await phone.page.evaluate("document.querySelector('photo-picker').beforePicking()")
    (draft,) = await drafts_on(phone.page)
    assert draft["photos"] == [kept["id"]], "the words of the report fit beside its photo"


async def test_a_phone_that_tells_of_little_room_keeps_photos_smaller_from_the_start(
    phone: Resident, pictures: Path
) -> None:
    await phone.context.add_init_script("navigator.storage.estimate = async () => ({ quota: 100e6, usage: 80e6 })")
    await phone.open()
    await phone.photograph(pictures / "large.jpg")
    await expect(phone.page.locator("[data-photo-status]")).to_contain_text("kept smaller")
    (kept,) = await photos_on(phone.page)
    assert max(kept["size"]) <= 1280


async def test_a_full_phone_keeps_the_photo_on_the_page_and_says_what_to_do(
    open_phone: OpenPhone, harbor: str, pictures: Path
) -> None:
    phone = await open_phone(harbor)
    await phone.open()
    await leave_room(phone, 0)
    await phone.photograph(pictures / "large.jpg")
    await expect(phone.page.locator("[data-photo-status]")).to_contain_text("only on this page")
    assert await photos_on(phone.page) == []
    assert await phone.page.evaluate("document.querySelector('photo-picker').keep()") is False
    await leave_room(phone, 50_000_000)
    assert await phone.page.evaluate("document.querySelector('photo-picker').keep()") is True
    assert len(await photos_on(phone.page)) == 1
