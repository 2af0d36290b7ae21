"""Sending over a bad network: nothing is lost, nothing is doubled, and the page says what is so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import Resident, read_back
from tests.e2e.wire import Wire, wire_to


@pytest.fixture
async def wire(harbor: str) -> AsyncIterator[Wire]:
    async with wire_to(harbor) as wire:
        yield wire


async def fill_in(resident: Resident, words: str, *photos: Path) -> None:
    """Everything but the pressing of "Send"."""
    await resident.open()
    if photos:
        await resident.photograph(*photos)
    await resident.go("place")
    await expect(resident.page.locator("[name=lat]")).not_to_have_value("")
    await resident.go("kind")
    await resident.choose_kind("litter", "litter")
    await resident.go_to_words()
    await resident.page.fill("[name=description]", words)


async def requests_with(address: str, words: str) -> list[str]:
    """The numbers of all requests with these words."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        answer = await client.get("/open311/v2/requests.json", params={"q": words, "page_size": 50})
        return [one["service_request_id"] for one in answer.json() if one["description"] == words]


async def test_an_answer_that_is_lost_after_the_commit_makes_one_report(
    open_phone: OpenPhone, harbor: str, wire: Wire, photo: Path
) -> None:
    resident = await open_phone(wire.address)
    words = "The answer was lost"
    await fill_in(resident, words, photo)
    # A browser itself repeats what it sent on a connection that was open before: it must fail again.
    wire.swallow = 100
    await resident.page.locator("[data-send]").click()
    note = resident.page.locator("[data-sending]")
    await expect(note).to_contain_text("Not sent yet. It is saved on this phone.")
    assert wire.swallowed >= 1
    assert len(await requests_with(harbor, words)) == 1
    wire.swallow = 0
    await note.get_by_role("button", name="Try again").click()
    number = await resident.read_number()
    assert await requests_with(harbor, words) == [number]
    assert len((await read_back(harbor, number))["photos"]) == 1
    await expect(resident.page.locator(".yours")).to_be_visible()


async def test_a_server_that_fails_loses_nothing(phone: Resident, photo: Path) -> None:
    words = "The server failed"
    await fill_in(phone, words, photo)
    failures = [0]

    async def fail(route: Route) -> None:
        if route.request.method == "POST" and failures[0] < 1:
            failures[0] += 1
            await route.fulfill(status=500, content_type="text/html", body="<h1>Oh</h1>")
        else:
            await route.continue_()

    await phone.page.route("**/report", fail)
    await phone.page.locator("[data-send]").click()
    await expect(phone.page.locator("[data-sending]")).to_contain_text("The city's server did not take it")
    assert await phone.page.input_value("[name=description]") == words
    await phone.page.get_by_role("button", name="Try again").click()
    number = await phone.read_number()
    assert await requests_with(phone.address, words) == [number]


async def test_a_sign_in_page_of_the_cafe_is_no_receipt(phone: Resident) -> None:
    words = "In a café"
    await fill_in(phone, words)
    async with phone.page.expect_request("**/report"):
        await phone.page.route(
            "**/report", lambda route: route.fulfill(status=200, content_type="text/html", body="Welcome to our WLAN")
        )
        await phone.page.locator("[data-send]").click()
    await expect(phone.page.locator("[data-sending]")).to_contain_text("Not sent yet")
    await phone.page.unroute("**/report")
    await phone.page.get_by_role("button", name="Try again").click()
    number = await phone.read_number()
    assert await requests_with(phone.address, words) == [number]


async def test_offline_it_says_so_and_keeps_everything(phone: Resident, photo: Path) -> None:
    words = "Under the bridge without a signal"
    await fill_in(phone, words, photo)
    await phone.context.set_offline(True)
    await phone.page.locator("[data-send]").click()
    await expect(phone.page.locator("[data-sending]")).to_contain_text("You seem to be offline")
    await phone.context.set_offline(False)
    await phone.page.get_by_role("button", name="Try again").click()
    number = await phone.read_number()
    assert await requests_with(phone.address, words) == [number]
    assert len((await read_back(phone.address, number))["photos"]) == 1


async def test_a_double_click_sends_one_report(phone: Resident) -> None:
    words = "Clicked twice"
    await fill_in(phone, words)
    posts: list[str] = []
    phone.page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    await phone.page.locator("[data-send]").dblclick()
    number = await phone.read_number()
    assert len(posts) == 1
    assert await requests_with(phone.address, words) == [number]


async def test_a_double_click_without_javascript_sends_one_report(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, javascript=False)
    await resident.open("/report?lat=41.07&long=-71.24&service_code=litter")
    for step in ("place", "kind"):
        await resident.go(step)
    await resident.go_to_words()
    await resident.page.fill("[name=description]", "Clicked twice without a script")
    await resident.page.locator("button[value=send]").dblclick()
    number = await resident.read_number()
    assert await requests_with(harbor, "Clicked twice without a script") == [number]


async def test_the_same_draft_in_two_tabs_makes_one_report(phone: Resident, photo: Path) -> None:
    words = "In two tabs"
    await fill_in(phone, words, photo)
    await phone.page.wait_for_timeout(600)
    one: Page = phone.page
    await phone.new_page()
    await phone.open()
    await phone.page.get_by_role("button", name="Go on with it").click()
    await phone.is_at("words")
    await asyncio.gather(one.locator("[data-send]").click(), phone.page.locator("[data-send]").click())
    await phone.page.wait_for_url("**/requests/*?sent=1")
    await one.wait_for_url(phone.page.url)
    (number,) = await requests_with(phone.address, words)
    await phone.open(f"/requests/{number}")
    await expect(phone.page.locator(".yours")).to_be_visible()


async def test_a_form_that_was_open_for_too_long_is_sent_all_the_same(phone: Resident) -> None:
    words = "Open since last month"
    await fill_in(phone, words)
    await phone.page.evaluate("document.querySelector('[name=stamp]').value = 'AAAA'")
    await phone.page.locator("[data-send]").click()
    number = await phone.read_number()
    assert await requests_with(phone.address, words) == [number]


async def test_an_expired_form_without_javascript_comes_back_filled_in(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, javascript=False)
    await resident.open("/report?lat=41.07&long=-71.24&service_code=litter")
    for step in ("place", "kind"):
        await resident.go(step)
    await resident.go_to_words()
    await resident.page.fill("[name=description]", "Open since last year")

    async def age(route: Route) -> None:
        body = (route.request.post_data_buffer or b"").replace(b'name="stamp"\r\n\r\n', b'name="stamp"\r\n\r\nold')
        await route.continue_(post_data=body)

    await resident.page.route("**/report*", age)
    await resident.page.locator("button[value=send]").click()
    await expect(resident.page.locator("[data-summary]")).to_contain_text("Nothing is lost")
    assert await resident.page.input_value("[name=description]") == "Open since last year"
    await resident.page.unroute("**/report*")
    number = await resident.send()
    assert await requests_with(harbor, "Open since last year") == [number]
