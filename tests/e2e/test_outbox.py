"""What people see of the outbox, and do with it: every state in words, send now, mend, export, delete."""

from __future__ import annotations

import hashlib
import json
import uuid
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Dialog, Locator, Page, Route, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import OpenPhone
from tests.e2e.phone_store import (
    HOLD_SENDER,
    expect_stored,
    item,
    milliseconds,
    photo_of,
    put,
    receipt,
    stored,
    trouble,
)
from tests.e2e.resident import Resident, read_back
from tests.e2e.sending import BY_ITSELF_MS, fill_in, find_signal, lose_signal, press_send, requests_with
from tests.e2e.test_look import fits
from tests.e2e.wire import Wire, wire_to

EMAIL = ("email", "This is no e-mail address.")
ABOUT = {"subject": "7KF2-M9QX-T3AB"}
# Title → what stands in the outbox, the words for it, and what may be done about it at once.
STATES: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "Saved": ({}, "Saved on this phone.", ["Send now", "Correct it"]),
    "Being sent": ({"state": "sending"}, "Sending 2 of 3…", []),
    "No signal": ({"trouble": trouble("offline"), "attempted": True}, "Waiting for a signal. Last try:", ["Send now"]),
    "Broken": ({"trouble": trouble("server"), "attempted": True}, "city’s server could not take it", ["Send now"]),
    "Busy": ({"trouble": trouble("busy"), "attempted": True}, "The city’s server is busy. Last try:", ["Send now"]),
    "Café": ({"trouble": trouble("between"), "attempted": True}, "perhaps a Wi-Fi", ["Send now"]),
    "Refused": ({"state": "needs-you", "trouble": trouble("refused", EMAIL)}, f"Needs you: {EMAIL[1]}", ["Correct it"]),
    "Stranger": ({"trouble": trouble("sign-in"), "attempted": True}, "Sign in to send it.", ["Sign in"]),
    "Deleted": ({"state": "deleting", "attempted": True}, "Taking it back…", []),
    "Words": ({"kind": "comment", **ABOUT}, "Saved on this phone.", ["Send now", "Correct it"]),
    "Joined": ({"kind": "join", **ABOUT}, "Saved on this phone.", ["Send now"]),
    "Taken back": ({"kind": "withdrawal", **ABOUT}, "Saved on this phone.", ["Send now"]),
}


@pytest.fixture
async def wire(harbor: str) -> AsyncIterator[Wire]:
    async with wire_to(harbor) as wire:
        yield wire


def card(page: Page, title: str) -> Locator:
    return page.locator("[data-waiting] li").filter(has=page.get_by_role("heading", name=title, exact=True))


async def press_more(one: Locator, what: str) -> None:
    """A button that stands under "More"."""
    await one.locator("summary").click()
    await one.locator(f"[data-do={what}]").click()


def say_yes(page: Page) -> list[str]:
    """Says yes to every question, and keeps what was asked."""
    asked: list[str] = []

    async def yes(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.accept()

    page.on("dialog", yes)
    return asked


async def report_without_signal(phone: Resident, words: str, *photos: Path) -> None:
    """A report that waits on the phone, and "My reports" opened."""
    await fill_in(phone, words, *photos)
    await lose_signal(phone.page)
    await press_send(phone)
    await expect(phone.page.locator("[data-saved=waits]")).to_be_visible()
    await phone.page.goto(f"{phone.address}/my")
    await expect(phone.page.locator("[data-waiting] li")).to_have_count(1)


async def test_every_state_is_told_in_words_and_axe_finds_nothing(phone: Resident, photo: Path) -> None:
    page = phone.page
    await page.add_init_script(HOLD_SENDER)
    await phone.open("/my")
    await expect(page.locator("outbox-list")).to_be_hidden()
    await expect(page.locator(".empty")).to_be_visible()
    rows = {title: item(title, minutes_ago=60 - n, **facts) for n, (title, (facts, _, _)) in enumerate(STATES.items())}
    photos = [photo_of(rows["Being sent"], photo, uploaded=uploaded) for uploaded in (True, False)]
    begun = {"client_request_id": str(uuid.uuid4()), "saved": milliseconds(90), "step": "kind", "title": "Begun"}
    await put(page, "items", *rows.values())
    await put(page, "photos", *photos)
    await put(page, "drafts", {**begun, "fields": [], "photos": [], "addressTyped": False})
    await put(page, "receipts", receipt("Alone"), receipt("Not alone", likely=["9ABC-M9QX-T3AB"]))
    await page.reload()

    await expect(page.locator("[data-waiting] h3")).to_have_text(["Begun", *STATES])
    for title, (_, words, buttons) in STATES.items():
        one = card(page, title)
        await expect(one.locator("[data-state]")).to_contain_text(words)
        shown = one.locator(".actions > .button:visible")
        await expect(shown).to_have_text(buttons)
        assert await one.locator("summary").is_visible() == (title != "Deleted")
    await expect(card(page, "Begun").get_by_role("link", name="Go on with it: Begun")).to_be_visible()
    await card(page, "Being sent").scroll_into_view_if_needed()
    assert await card(page, "Being sent").locator("img").evaluate("async image => (await image.decode(), image.width)")
    await expect(page.locator("[data-arrived] li")).to_have_count(2)
    await expect(page.locator("[data-arrived] [data-likely]:visible")).to_have_text(
        "Somebody reported it in the meantime: 9ABC-M9QX-T3AB"
    )
    await expect(page.locator(".empty")).to_be_hidden()
    await fits(page)
    assert await violations(page) == []


async def test_the_mark_counts_what_is_not_sent_and_says_when_it_needs_somebody(phone: Resident) -> None:
    page = phone.page
    await page.add_init_script(HOLD_SENDER)
    await phone.open("/")
    mark = page.locator(".bottom-bar outbox-mark")
    await expect(mark).to_be_hidden()
    await put(page, "items", item("One"), item("Two"))
    await page.reload()
    await expect(page.get_by_role("link", name="My reports (2 not sent yet)")).to_be_visible()
    await put(page, "items", item("Three", state="needs-you", trouble=trouble("refused", EMAIL)))
    # Any change in any tab is news for all of them.
    await page.evaluate("new BroadcastChannel('blockwise-outbox').postMessage({ type: 'changed' })")
    await expect(page.get_by_role("link", name="My reports (3 not sent yet, 1 need you)")).to_be_visible()
    assert await violations(page) == []
    await page.set_viewport_size({"width": 1280, "height": 800})
    await expect(page.locator(".head-nav outbox-mark")).to_be_visible()


async def test_send_now_does_not_wait_for_the_next_try(phone: Resident) -> None:
    words, page = "Sent by hand", phone.page
    await fill_in(phone, words)

    async def fail(route: Route) -> None:
        await route.fulfill(status=503, headers={"retry-after": "290"}, content_type="text/html", body="Later")

    await page.route("**/outbox?*", fail)
    await press_send(phone)
    await expect(page.locator("[data-saved=waits] [data-state]")).to_contain_text("could not take it")
    # The page tries once more when it has loaded.
    async with page.expect_response("**/outbox?*"):
        await page.goto(f"{phone.address}/my")
    one = page.locator("[data-waiting] li")
    await expect(one.locator("[data-state]")).to_contain_text("could not take it")
    await page.unroute("**/outbox?*")
    await one.get_by_role("button", name="Send now").click()
    number = page.locator("[data-arrived] [data-number]")
    await expect(number).to_be_visible()
    assert await requests_with(phone.address, words) == [await number.inner_text()]
    await expect(page.locator("[role=status][data-said]")).to_have_text("Sent just now: 1. Everything is sent.")
    await expect(page.locator("#arrived-title, #waiting-title").last).to_be_visible()
    await page.get_by_role("button", name="Dismiss").click()
    await expect(page.locator("outbox-list")).to_be_hidden()
    assert await stored(page, "receipts") == []


async def test_what_the_city_refused_is_mended_at_its_field_and_sent(phone: Resident, photo: Path) -> None:
    words, page = "A wrong address, offline", phone.page
    await fill_in(phone, words, photo)
    await page.fill("[name=email]", "ana at example")
    await lose_signal(page)
    await press_send(phone)
    await expect(page.locator("[data-saved=waits]")).to_be_visible()
    await find_signal(page)
    await expect(page.locator("[data-saved=needs-you]")).to_be_visible(timeout=BY_ITSELF_MS)
    assert await violations(page) == []
    await page.goto(f"{phone.address}/my")
    one = page.locator("[data-waiting] li")
    await expect(one.locator("[data-state]")).to_contain_text("Needs you: ")
    await one.get_by_role("button", name="Correct it").click()
    await phone.is_at("words")
    await expect(page.locator("[data-field=email] .problem")).to_be_visible()
    await page.fill("[name=email]", "ana@example.org")
    number = await phone.send()
    assert await requests_with(phone.address, words) == [number]
    assert len((await read_back(phone.address, number))["photos"]) == 1


async def test_a_report_that_was_never_sent_is_mended_before_it_is(phone: Resident) -> None:
    page = phone.page
    await report_without_signal(phone, "With a misteak")
    await page.locator("[data-waiting] li").get_by_role("button", name="Correct it").click()
    await phone.is_at("words")
    await page.fill("[name=description]", "Without a mistake")
    await page.unroute_all(behavior="wait")
    number = await phone.send()
    assert (await read_back(phone.address, number))["description"] == "Without a mistake"
    assert await requests_with(phone.address, "With a misteak") == []


async def test_an_export_is_a_zip_with_the_report_and_its_photos(phone: Resident, photo: Path, tmp_path: Path) -> None:
    page = phone.page
    await report_without_signal(phone, "To be carried to the town hall", photo)
    (kept,) = await stored(page, "items")
    async with page.expect_download() as download:
        await press_more(page.locator("[data-waiting] li"), "export")
    path = tmp_path / "export.zip"
    await (await download.value).save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        report = json.loads(archive.read("report.json"))
        (name,) = report["photos"]
        assert hashlib.sha256(archive.read(name)).hexdigest() == kept["photos"][0]["hash"]
    assert {"name": "description", "value": "To be carried to the town hall"} in report["fields"]
    assert report["client_request_id"] == kept["client_request_id"]


async def test_what_was_never_sent_is_deleted_at_once_and_never_arrives(phone: Resident, photo: Path) -> None:
    words, page = "Deleted in time", phone.page
    await report_without_signal(phone, words, photo)
    asked = say_yes(page)
    await press_more(page.locator("[data-waiting] li"), "delete")
    await expect(page.locator("outbox-list")).to_be_hidden()
    assert "It was not sent yet" in asked[0]
    assert await stored(page, "items") == await stored(page, "photos") == []
    await find_signal(page)
    await page.wait_for_timeout(1500)
    assert await requests_with(phone.address, words) == []


async def test_what_may_have_arrived_is_taken_back(open_phone: OpenPhone, harbor: str, wire: Wire) -> None:
    words, resident = "Deleted too late", await open_phone(wire.address)
    page = resident.page
    await fill_in(resident, words)
    wire.swallow = 100
    await page.route("**/outbox?*", lose_after_first())
    await press_send(resident)
    await expect(page.locator("[data-saved=waits] [data-state]")).to_contain_text("Last try:")
    (number,) = await requests_with(harbor, words)
    await page.goto(f"{wire.address}/my")
    one = page.locator("[data-waiting] li")
    await expect(one.get_by_role("button", name="Correct it")).to_be_hidden()
    asked = say_yes(page)
    await press_more(one, "delete")
    await expect(one.locator("[data-state]")).to_contain_text("It is taken back as soon as there is a signal")
    await find_signal(page)
    await expect(page.locator("outbox-list")).to_be_hidden(timeout=BY_ITSELF_MS)
    assert "The city may have it already" in asked[0]
    assert (await read_back(harbor, number))["status_detail"] == "withdrawn"


def lose_after_first() -> Any:
    """The first question what the city has is answered, and none after it."""
    count = [0]

    async def handle(route: Route) -> None:
        count[0] += 1
        await (route.continue_() if count[0] == 1 else route.abort())

    return handle


async def test_a_draft_is_thrown_away_and_the_focus_stays_in_the_list(phone: Resident) -> None:
    page = phone.page
    await page.add_init_script(HOLD_SENDER)
    await phone.open("/my")
    begun = {"step": "kind", "fields": [], "photos": [], "addressTyped": False}
    for minutes, title in ((9, "First"), (8, "Second")):
        number = str(uuid.uuid4())
        await put(
            page, "drafts", {**begun, "client_request_id": number, "saved": milliseconds(minutes), "title": title}
        )
    await page.reload()
    asked = say_yes(page)
    await page.get_by_role("button", name="Throw it away: First").click()
    await expect(page.get_by_role("link", name="Go on with it: Second")).to_be_focused()
    assert "Throw this draft away?" in asked[0]
    assert [draft["title"] for draft in await stored(page, "drafts")] == ["Second"]


async def test_a_report_on_its_way_is_arrived_for_whoever_looks_at_my_reports(phone: Resident) -> None:
    words, page = "Seen in the list", phone.page
    await report_without_signal(phone, words)
    await find_signal(page)
    number = page.locator("[data-arrived] [data-number]")
    await expect(number).to_be_visible(timeout=BY_ITSELF_MS)
    await number.click()
    await phone.page.wait_for_url("**/requests/*")
    await expect_stored(page, "receipts", 0)
    await phone.open("/my")
    await expect(page.locator(".request-card")).to_have_count(1)
    await expect(page.locator("outbox-list")).to_be_hidden()


async def test_two_hundred_items_are_all_there_and_can_be_reached(phone: Resident) -> None:
    page = phone.page
    await page.add_init_script(HOLD_SENDER)
    await phone.open("/my")
    await put(page, "items", *(item(f"Number {n}", minutes_ago=300 - n) for n in range(200)))
    await page.reload()
    await expect(page.locator("[data-waiting] li")).to_have_count(200)
    await expect(page.locator("#waiting-title")).to_have_text("Not sent yet (200)")
    last = card(page, "Number 199")
    await last.scroll_into_view_if_needed()
    await expect(last.get_by_role("button", name="Send now")).to_be_in_viewport()
