"""Sending over a bad network: it goes by itself, nothing is lost, nothing is doubled, and the page says what is so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.conftest import OpenPhone
from tests.e2e.phone_store import stored
from tests.e2e.resident import NUMBER, Resident, read_back
from tests.e2e.sending import BY_ITSELF_MS, arrives, fill_in, is_saved, press_send, report_offline, requests_with
from tests.e2e.wire import Wire, wire_to


@pytest.fixture
async def wire(harbor: str) -> AsyncIterator[Wire]:
    async with wire_to(harbor) as wire:
        yield wire


async def test_an_answer_that_is_lost_after_the_commit_makes_one_report(
    open_phone: OpenPhone, harbor: str, wire: Wire, photo: Path
) -> None:
    resident = await open_phone(wire.address)
    words = "The answer was lost"
    await fill_in(resident, words, photo)
    # A browser itself repeats what it sent on a connection that was open before: it must fail again.
    wire.swallow = 100
    await press_send(resident)
    number = await arrives(resident.page)
    assert wire.swallowed >= 1
    assert await requests_with(harbor, words) == [number]
    assert len((await read_back(harbor, number))["photos"]) == 1
    await resident.page.get_by_role("link", name="Look at it").click()
    await expect(resident.page.locator(".yours")).to_be_visible()


async def test_a_report_made_without_a_network_arrives_without_a_touch(phone: Resident, photo: Path) -> None:
    words = "Under the bridge without a signal"
    await report_offline(phone, words, photo)
    assert await stored(phone.page, "drafts") == []
    await phone.context.set_offline(False)
    number = await arrives(phone.page)
    assert await requests_with(phone.address, words) == [number]
    assert len((await read_back(phone.address, number))["photos"]) == 1
    assert await stored(phone.page, "items") == []
    assert await stored(phone.page, "photos") == []


async def test_whoever_closes_the_page_finds_it_sent_from_any_page(phone: Resident) -> None:
    words = "Closed at once"
    await report_offline(phone, words)
    await phone.page.close()
    await phone.context.set_offline(False)
    await phone.new_page()
    await phone.open("/")
    await expect(phone.page.locator(".bottom-bar outbox-mark")).to_be_hidden()
    await phone.open("/my")
    arrived = phone.page.locator("[data-arrived] li")
    await expect(arrived).to_have_count(1, timeout=BY_ITSELF_MS)
    assert await requests_with(phone.address, words) == [await arrived.locator("[data-number]").inner_text()]


async def test_a_reloaded_page_still_says_what_became_of_it(phone: Resident) -> None:
    words = "Loaded again"
    await fill_in(phone, words)
    await phone.page.route("**/outbox*", lambda route: route.abort())
    await press_send(phone)
    await is_saved(phone.page, "Waiting for a signal")
    await phone.page.reload()
    await is_saved(phone.page, "Waiting for a signal")
    await phone.page.unroute("**/outbox*")
    number = await arrives(phone.page)
    await phone.page.reload()
    assert await arrives(phone.page) == number
    await phone.page.get_by_role("link", name="Report another").click()
    await phone.is_at("photo")


async def test_a_server_that_fails_is_tried_again(phone: Resident, photo: Path) -> None:
    words = "The server failed"
    await fill_in(phone, words, photo)
    failures = [0]

    async def fail(route: Route) -> None:
        failures[0] += 1
        if failures[0] > 1:
            await route.continue_()
        else:
            await route.fulfill(status=500, content_type="text/html", body="<h1>Oh</h1>")

    await phone.page.route("**/outbox/*?*", fail)
    await press_send(phone)
    await is_saved(phone.page, "The city’s server could not take it")
    number = await arrives(phone.page)
    assert failures[0] == 2
    assert await requests_with(phone.address, words) == [number]


@pytest.mark.parametrize(
    ("status", "headers"),
    [(200, {}), (403, {}), (302, {"location": "https://wlan.example/sign-in"})],
    ids=["a page of 200", "a page of 403", "a redirect"],
)
async def test_a_sign_in_page_of_the_cafe_is_no_receipt(status: int, headers: dict[str, str], phone: Resident) -> None:
    words = f"In a café, {status}"
    await fill_in(phone, words)

    async def welcome(route: Route) -> None:
        await route.fulfill(status=status, headers=headers, content_type="text/html", body="Welcome to our Wi-Fi")

    await phone.page.route("**/outbox**", welcome)
    await press_send(phone)
    await is_saved(phone.page, "The answer did not come from the city")
    await phone.page.unroute("**/outbox**")
    number = await arrives(phone.page)
    assert await requests_with(phone.address, words) == [number]


async def test_a_double_click_sends_one_report(phone: Resident) -> None:
    words = "Clicked twice"
    await fill_in(phone, words)
    puts: list[str] = []
    phone.page.on("request", lambda one: puts.append(one.url) if one.method == "PUT" else None)
    await phone.page.locator("[data-send]").dblclick()
    number = await phone.read_number()
    assert len(puts) == 1
    assert await requests_with(phone.address, words) == [number]


async def test_the_same_draft_in_two_tabs_makes_one_report(phone: Resident, photo: Path) -> None:
    words = "In two tabs"
    await fill_in(phone, words, photo)
    await phone.page.wait_for_timeout(600)
    one: Page = phone.page
    await phone.new_page()
    await phone.open()
    await phone.page.get_by_role("button", name="Go on with it").click()
    await phone.is_at("words")
    await asyncio.gather(*[tab.locator("[data-send]").dispatch_event("click") for tab in (one, phone.page)])
    (number,) = [await sent_in(tab) for tab in (one, phone.page)][:1]
    assert await sent_in(phone.page) == number
    assert await requests_with(phone.address, words) == [number]
    assert await stored(phone.page, "drafts") == []
    await phone.open(f"/requests/{number}")
    await expect(phone.page.locator(".yours")).to_be_visible()


async def sent_in(tab: Page) -> str:
    """The number as a tab says it: on the page of the request, or where the form was."""
    number = tab.locator(".big-number, [data-saved=sent] [data-number]")
    await expect(number).to_have_text(NUMBER)
    return (await number.inner_text()).strip()


async def test_a_tab_with_a_report_that_another_tab_has_sent_says_so(phone: Resident) -> None:
    words = "Sent in the other tab"
    await fill_in(phone, words)
    await phone.page.wait_for_timeout(600)
    other = phone.page
    await phone.new_page()
    await phone.open()
    await phone.page.get_by_role("button", name="Go on with it").click()
    await phone.is_at("words")
    number = await phone.send()
    assert await sent_in(other) == number
    assert await stored(phone.page, "drafts") == []


async def test_a_form_that_was_open_for_too_long_is_sent_all_the_same(phone: Resident) -> None:
    words = "Open since last month"
    await fill_in(phone, words)
    aged = [0]

    async def age(route: Route) -> None:
        answer = await route.fetch()
        aged[0] += 1
        told = await answer.json()
        await route.fulfill(response=answer, json={**told, "stamp": "AAAA"} if aged[0] == 1 else told)

    await phone.page.route("**/outbox?id=*", age)
    await press_send(phone)
    number = await phone.read_number()
    assert aged[0] >= 2
    assert await requests_with(phone.address, words) == [number]


async def test_what_the_city_refuses_is_mended_and_sent_again(phone: Resident) -> None:
    words = "With a wrong address"
    await fill_in(phone, words)
    await phone.page.fill("[name=email]", "ana at example")
    await press_send(phone)
    field = phone.page.locator("[data-field=email]")
    await expect(field.locator(".problem")).to_be_visible()
    await expect(phone.page.locator("[data-summary]")).to_be_focused()
    assert await stored(phone.page, "items") == []
    await phone.page.fill("[name=email]", "ana@example.org")
    number = await phone.send()
    assert await requests_with(phone.address, words) == [number]


@pytest.mark.parametrize(
    "broken", ["delete window.indexedDB", "IDBFactory.prototype.open = () => { throw new Error('none') }"]
)
async def test_a_phone_that_keeps_nothing_sends_from_the_page(broken: str, phone: Resident, photo: Path) -> None:
    words = f"Nothing is kept: {broken[:6]}"
    await phone.page.add_init_script(broken)
    await fill_in(phone, words, photo)
    await phone.context.set_offline(True)
    await press_send(phone)
    await expect(phone.page.locator("[data-sending]")).to_contain_text("Stay on this page")
    await phone.context.set_offline(False)
    number = await phone.send()
    assert await requests_with(phone.address, words) == [number]
    assert len((await read_back(phone.address, number))["photos"]) == 1


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
