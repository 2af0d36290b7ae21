"""What is done to a request without a signal: joined, added to, taken back; once each, and by itself later."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import OpenPhone
from tests.e2e.phone_store import expect_stored, stored
from tests.e2e.resident import Resident, read_back
from tests.e2e.sending import BY_ITSELF_MS, find_signal, lose_signal
from tests.e2e.test_people import go_to_known


def form(page: Page, kind: str) -> Locator:
    return page.locator(f"outbox-form[kind={kind}]")


async def waits(page: Page, kind: str, words: str = "Saved on this phone: ") -> Locator:
    state = form(page, kind).locator("[data-state]")
    await expect(state).to_contain_text(words)
    return state


async def test_a_neighbour_joins_without_a_signal_and_is_counted_once(open_phone: OpenPhone, harbor: str) -> None:
    ana, ben = await open_phone(harbor), await open_phone(harbor)
    number, page = await ana.report(), ben.page
    before = (await read_back(harbor, number))["reporter_count"]
    await ben.open(f"/requests/{number}")
    await lose_signal(page)
    await page.get_by_role("button", name="Mine too: add me").click()
    await waits(page, "join")
    await expect(page.get_by_role("button", name="Mine too: add me")).to_be_hidden()
    assert await violations(page) == []
    await page.reload()
    await waits(page, "join")
    await expect(page.get_by_role("button", name="Mine too: add me")).to_be_hidden()
    assert (await read_back(harbor, number))["reporter_count"] == before
    await find_signal(page)
    await expect(form(page, "join").locator("[data-state]")).to_contain_text("Sent.", timeout=BY_ITSELF_MS)
    assert (await read_back(harbor, number))["reporter_count"] == before + 1
    await page.reload()
    await expect(page.locator(".take-part")).to_contain_text("You are counted as a further reporter.")
    assert await stored(page, "receipts") == []


async def test_with_a_signal_a_join_goes_through_at_once(open_phone: OpenPhone, harbor: str) -> None:
    ana, ben = await open_phone(harbor), await open_phone(harbor)
    number = await ana.report()
    await ben.open(f"/requests/{number}")
    await ben.page.get_by_role("button", name="Mine too: add me").click()
    await ben.page.wait_for_url(f"**/requests/{number}?done=joined")
    await expect(ben.page.locator(".note.good").first).to_be_visible()


async def test_words_that_were_added_without_a_signal_stand_in_the_timeline_once(phone: Resident) -> None:
    number, page = await phone.report(), phone.page
    await page.goto(f"{phone.address}/requests/{number}")
    await lose_signal(page)
    for words in ("More bags now", "And a fridge"):
        await page.fill("#f-text", words)
        await page.get_by_role("button", name="Send the words").click()
        await waits(page, "comment")
        await expect(page.locator("#f-text")).to_have_value("")
    assert len(await stored(page, "items")) == 2
    await page.goto(f"{phone.address}/my")
    await expect(page.locator("[data-waiting] li")).to_have_count(2)
    await expect(page.locator("[data-waiting] li").first).to_contain_text("Your comment on a report")
    await find_signal(page)
    await expect(page.locator("[data-arrived] li")).to_have_count(2, timeout=BY_ITSELF_MS)
    await page.goto(f"{phone.address}/requests/{number}")
    timeline = await page.locator(".timeline").inner_text()
    assert timeline.count("More bags now") == timeline.count("And a fridge") == 1


async def test_the_form_says_what_became_of_words_that_waited(phone: Resident) -> None:
    number, page = await phone.report(), phone.page
    await page.goto(f"{phone.address}/requests/{number}")
    await lose_signal(page)
    await page.fill("#f-text", "Still there")
    await page.get_by_role("button", name="Send the words").click()
    state = await waits(page, "comment")
    await find_signal(page)
    await expect(state).to_contain_text("Sent.", timeout=BY_ITSELF_MS)
    await lose_signal(page)
    await page.fill("#f-text", "Never mind")
    await page.get_by_role("button", name="Send the words").click()
    await waits(page, "comment")
    mine = await page.context.new_page()
    await lose_signal(mine)
    await mine.goto(f"{phone.address}/my")
    mine.on("dialog", lambda dialog: dialog.accept())
    await mine.get_by_text("More", exact=True).click()
    await mine.locator("[data-do=delete]").click()
    await expect(mine.locator("[data-waiting] li")).to_have_count(0)
    await expect(state).to_be_hidden()
    await expect(page.locator("#f-text")).to_be_visible()


async def test_words_that_the_city_refuses_are_mended_at_their_field(phone: Resident) -> None:
    number, page = await phone.report(), phone.page
    await page.goto(f"{phone.address}/requests/{number}")
    await lose_signal(page)
    await page.fill("#f-text", "   ")
    await page.get_by_role("button", name="Send the words").click()
    await waits(page, "comment")
    await page.goto(f"{phone.address}/my")
    await find_signal(page)
    one = page.locator("[data-waiting] li")
    await expect(one.locator("[data-state]")).to_contain_text("Needs you: ", timeout=BY_ITSELF_MS)
    await one.get_by_role("button", name="Correct it").click()
    await page.wait_for_url(f"**/requests/{number}?mend=*")
    await expect(form(page, "comment").locator(".problem")).to_be_visible()
    assert await violations(page) == []
    await page.fill("#f-text", "Now with words")
    await page.get_by_role("button", name="Send the words").click()
    await page.wait_for_url(f"**/requests/{number}?done=comment")
    await expect(page.locator(".timeline")).to_contain_text("Now with words")
    assert await stored(page, "items") == []


async def test_a_report_is_taken_back_without_a_signal(phone: Resident) -> None:
    number, page = await phone.report(), phone.page
    await page.goto(f"{phone.address}/requests/{number}")
    await lose_signal(page)
    await page.get_by_text("Take the report back").click()
    await page.get_by_role("button", name="Yes, take it back").click()
    await waits(page, "withdrawal")
    await expect(page.get_by_role("button", name="Yes, take it back")).to_be_hidden()
    await page.goto(f"{phone.address}/my")
    await expect(page.locator("[data-waiting] li")).to_contain_text("You take a report back")
    assert (await read_back(phone.address, number))["status"] == "open"
    await find_signal(page)
    await expect(page.locator("[data-arrived] li")).to_have_count(1, timeout=BY_ITSELF_MS)
    assert (await read_back(phone.address, number))["status_detail"] == "withdrawn"


async def test_what_is_known_is_followed_without_a_signal_instead_of_reported(
    open_phone: OpenPhone, harbor: str
) -> None:
    spot = {"latitude": 41.0745, "longitude": -71.2431, "accuracy": 8}
    ana, ben = await open_phone(harbor, geolocation=spot), await open_phone(harbor, geolocation=spot)
    number, page = await ana.report(), ben.page
    before = (await read_back(harbor, number))["reporter_count"]
    await go_to_known(ben)
    await lose_signal(page)
    await page.locator(f"[data-known='{number}'] [data-join]").click()
    panel = page.locator("[data-saved]")
    await expect(panel.get_by_role("heading", name="Saved on this phone")).to_be_visible()
    await find_signal(page)
    await expect(panel.get_by_role("heading", name="You are counted, and follow it")).to_be_visible(
        timeout=BY_ITSELF_MS
    )
    assert await stored(page, "drafts") == []
    assert (await read_back(harbor, number))["reporter_count"] == before + 1
    assert await violations(page) == []


async def test_who_cannot_follow_any_more_finds_the_own_report_again(
    open_phone: OpenPhone, harbor: str, photo: Path
) -> None:
    spot = {"latitude": 41.0761, "longitude": -71.2431, "accuracy": 8}
    ana, ben = await open_phone(harbor, geolocation=spot), await open_phone(harbor, geolocation=spot)
    number, page = await ana.report(), ben.page
    await ben.open()
    await ben.photograph(photo)
    await go_to_known(ben)
    await lose_signal(page)
    await page.locator(f"[data-known='{number}'] [data-join]").click()
    panel = page.locator("[data-saved]")
    await expect(panel.get_by_role("heading", name="Saved on this phone")).to_be_visible()
    assert len(await stored(page, "photos")) == 1
    await ana.page.get_by_text("Take the report back").click()
    await ana.page.get_by_role("button", name="Yes, take it back").click()
    await ana.page.wait_for_url("**?done=withdrawn")
    await find_signal(page)
    anew = panel.get_by_role("link", name="Report it anew")
    await expect(anew).to_be_visible(timeout=BY_ITSELF_MS)
    assert await violations(page) == []
    await page.goto(f"{harbor}/my")
    await expect(page.locator("[data-waiting] li")).to_have_count(1)
    await page.locator("[data-waiting] li").get_by_role("button", name="Report it anew").click()
    await page.wait_for_url("**/report?draft=*")
    await ben.is_at("known")
    await ben.step.get_by_role("button", name="Mine is another").click()
    await ben.is_at("words")
    assert await ben.send() != number
    for store in ("items", "drafts", "photos"):
        await expect_stored(page, store, 0)


async def test_what_was_known_and_is_another_problem_goes_along(open_phone: OpenPhone, harbor: str) -> None:
    spot = {"latitude": 41.0757, "longitude": -71.2431, "accuracy": 8}
    ana, ben = await open_phone(harbor, geolocation=spot), await open_phone(harbor, geolocation=spot)
    known = await ana.report()
    await go_to_known(ben)
    await ben.step.get_by_role("button", name="Mine is another").click()
    await ben.is_at("words")
    await lose_signal(ben.page)
    await ben.page.locator("[data-send]").click()
    await expect(ben.page.locator("[data-saved=waits]")).to_be_visible()
    (item,) = await stored(ben.page, "items")
    assert known in item["seen"]


async def test_the_forms_are_plain_forms_without_javascript(open_phone: OpenPhone, harbor: str) -> None:
    number = await (await open_phone(harbor)).report()
    ben = await open_phone(harbor, javascript=False)
    await ben.open(f"/requests/{number}")
    await ben.page.get_by_role("button", name="Mine too: add me").click()
    await ben.page.wait_for_url(f"**/requests/{number}?done=joined")
    assert (await read_back(harbor, number))["reporter_count"] == 2


async def test_words_and_taking_back_are_plain_forms_without_javascript(open_phone: OpenPhone, harbor: str) -> None:
    ana = await open_phone(harbor, javascript=False)
    await ana.open("/report?lat=41.07&long=-71.24&service_code=litter")
    for step in ("place", "kind"):
        await ana.go(step)
    await ana.go_to_words()
    await ana.page.locator("button[value=send]").click()
    number = await ana.read_number()
    await ana.page.fill("[name=text]", "Still there without a script")
    await ana.page.get_by_role("button", name="Send the words").click()
    await ana.page.wait_for_url(f"**/requests/{number}?done=comment")
    await expect(ana.page.locator("main")).to_contain_text("Still there without a script")
    await ana.page.get_by_text("Take the report back").click()
    await ana.page.get_by_role("button", name="Yes, take it back").click()
    await ana.page.wait_for_url(f"**/requests/{number}?done=withdrawn")
    assert (await read_back(harbor, number))["status"] == "closed"
