"""What another app on the phone shares: a draft on the phone, with a network or without."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from tests.e2e.conftest import PHOTO_LAT
from tests.e2e.installed import InstalledPhone
from tests.e2e.test_draft import drafts_on

# What the system sends when somebody shares with the app: the manifest's form, filled in.
FORM = """() => {
  document.body.innerHTML = `<form method="post" action="/report/share" enctype="multipart/form-data">
    <input name="title" value="Look"><input name="text" value="A bag in the tree"><input name="url">
    <input type="file" name="media" multiple><button id="share">Share</button></form>`;
}"""
RAW = """() => new Promise((done) => {
  const opening = indexedDB.open("blockwise");
  opening.onsuccess = () => {
    const asked = opening.result.transaction("photos").objectStore("photos").getAll();
    asked.onsuccess = () => { opening.result.close(); done(asked.result.map((one) => one.raw === true)); };
  };
})"""


async def share(page: Page, *photos: Path) -> None:
    await page.evaluate(FORM)
    await page.set_input_files("[name=media]", photos)
    await page.click("#share")


async def test_a_photo_is_shared_with_the_app_without_a_network(app: InstalledPhone, photo_in_town: Path) -> None:
    resident = await app.install()
    await app.tunnel.enter()
    await share(resident.page, photo_in_town)
    await resident.page.wait_for_url("**/report?draft=*#photo")
    await expect(resident.page.locator("[data-thumbs] li")).to_have_count(1)
    assert await resident.page.input_value("[name=description]") == "Look\nA bag in the tree"
    assert float(await resident.page.input_value("[name=lat]")) == PHOTO_LAT
    assert await resident.page.evaluate(RAW) == [False]


async def test_what_was_shared_outlives_a_killed_browser(app: InstalledPhone, photo: Path) -> None:
    resident = await app.install()
    await app.tunnel.enter()
    await share(resident.page, photo, photo)
    await resident.page.wait_for_url("**/report?draft=*")
    (draft,) = await drafts_on(resident.page)
    await app.kill()
    resident = await app.start()
    await resident.open(f"/report?draft={draft['client_request_id']}")
    await expect(resident.page.locator("[data-thumbs] li:not(.busy) img")).to_have_count(2)
    assert await resident.page.input_value("[name=description]") == "Look\nA bag in the tree"


async def test_nothing_shared_goes_to_the_server_as_it_came(app: InstalledPhone) -> None:
    resident = await app.install()
    await resident.page.evaluate(FORM)
    for name in ("title", "text"):
        await resident.page.fill(f"[name={name}]", "")
    await resident.page.click("#share")
    await resident.page.wait_for_url("**/report/share#photo")
    assert await drafts_on(resident.page) == []
