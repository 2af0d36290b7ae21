"""Others beside the reporter: neighbours who have the same problem, strangers, and the city's staff."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.e2e.axe import violations
from tests.e2e.cities import PASSWORD
from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import Resident, read_back

SPOT = {"latitude": 41.0712, "longitude": -71.2431, "accuracy": 8}


async def go_to_known(resident: Resident) -> None:
    await resident.open()
    await resident.go("place")
    await expect(resident.page.locator("[name=lat]")).not_to_have_value("")
    await resident.go("kind")
    await resident.choose_kind("litter", "litter")
    await resident.go("known")


async def test_a_neighbour_follows_what_is_known_and_is_counted_once(open_phone: OpenPhone, harbor: str) -> None:
    ana = await open_phone(harbor, geolocation=SPOT)
    number = await ana.report()
    ben = await open_phone(harbor, geolocation=SPOT)
    await go_to_known(ben)
    assert not await violations(ben.page)
    before = (await read_back(harbor, number))["reporter_count"]
    await ben.page.locator(f"[data-known='{number}']").get_by_role("button", name="This is it: follow it").click()
    await ben.page.wait_for_url(f"**/requests/{number}?done=joined")
    assert (await read_back(harbor, number))["reporter_count"] == before + 1

    await go_to_known(ben)
    await ben.page.locator(f"[data-known='{number}'] [data-join]").click()
    await ben.page.wait_for_url(f"**/requests/{number}?done=*")
    assert (await read_back(harbor, number))["reporter_count"] == before + 1
    await ben.open("/my")
    await expect(ben.page.locator(f"a[href='/requests/{number}']")).to_be_visible()


async def test_whose_problem_is_another_one_goes_on(open_phone: OpenPhone, harbor: str) -> None:
    spot = {**SPOT, "latitude": 41.0735}
    ana = await open_phone(harbor, geolocation=spot)
    known = await ana.report()
    ben = await open_phone(harbor, geolocation=spot)
    await go_to_known(ben)
    await ben.step.get_by_role("button", name="Mine is another").click()
    await ben.is_at("words")
    number = await ben.send()
    assert number != known
    assert (await read_back(harbor, known))["reporter_count"] == 1


async def test_the_private_link_opens_the_report_elsewhere_and_lets_it_be_changed(
    open_phone: OpenPhone, harbor: str, photo: Path
) -> None:
    ana = await open_phone(harbor)
    number = await ana.report(words="Bags by the bench")
    link = await ana.page.input_value("#private-link")

    laptop = await open_phone(harbor, accuracy=None)
    page = laptop.page
    await page.goto(link)
    await page.wait_for_url(f"{harbor}/requests/{number}")
    assert not await violations(page)
    await page.fill("#f-text", "There are more bags now")
    await page.get_by_role("button", name="Send the words").click()
    await expect(page.locator(".timeline")).to_contain_text("There are more bags now")
    await page.set_input_files("#f-photo", photo)
    await page.get_by_role("button", name="Send the photo").click()
    await page.wait_for_url("**?done=photo")
    await page.get_by_role("link", name="Correct something").click()
    assert not await violations(page)
    await page.fill("[name=description]", "Bags by the fountain")
    await page.get_by_role("button", name="Keep the correction").click()
    await page.wait_for_url("**?done=corrected")
    told = await read_back(harbor, number)
    assert told["description"] == "Bags by the fountain"
    assert len(told["photos"]) == 1

    await page.get_by_text("Take the report back").click()
    await page.get_by_role("button", name="Yes, take it back").click()
    await page.wait_for_url("**?done=withdrawn")
    assert (await read_back(harbor, number))["status_detail"] == "withdrawn"


async def test_a_stranger_sees_the_report_and_can_change_nothing(open_phone: OpenPhone, harbor: str) -> None:
    ana = await open_phone(harbor)
    number = await ana.report(words="By the pump")
    ben = await open_phone(harbor)
    await ben.open(f"/requests/{number}")
    await expect(ben.page.locator(".words")).to_have_text("By the pump")
    await expect(ben.page.locator(".yours")).to_have_count(0)
    answer = await ben.context.request.post(f"{harbor}/requests/{number}/withdrawal")
    assert answer.status == 403
    answer = await ben.context.request.get(f"{harbor}/requests/{number}/correction")
    assert answer.status == 404
    assert (await read_back(harbor, number))["status"] == "open"


async def test_a_forgotten_device_lists_nothing_and_its_reports_stay(phone: Resident) -> None:
    number = await phone.report()
    await phone.open("/my")
    await expect(phone.page.locator(f"a[href='/requests/{number}']")).to_be_visible()
    await phone.page.get_by_text("Forget this device", exact=True).click()
    await phone.page.get_by_role("button", name="Yes, forget this device").click()
    await expect(phone.page.locator(f"a[href='/requests/{number}']")).to_have_count(0)
    assert not [cookie for cookie in await phone.context.cookies() if cookie["name"] == "device"]
    assert (await read_back(phone.address, number))["status"] == "open"


async def test_staff_accept_and_fix_a_report_and_everybody_reads_it(open_phone: OpenPhone, harbor: str) -> None:
    ana = await open_phone(harbor)
    number = await ana.report(words="Cans in the gutter")
    clerk = await open_phone(harbor, accuracy=None, is_mobile=False, viewport={"width": 1280, "height": 800})
    page = clerk.page
    await clerk.open(f"/staff/requests/{number}")
    assert not await violations(page)
    await page.get_by_label("E-mail").fill("admin@harborpoint.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**/staff/requests/{number}")
    assert not await violations(page)
    for label, words in (("accepted", "We come on Tuesday"), ("fixed", "All swept")):
        await page.locator(f"[name=status][value={label}]").check()
        await page.locator("textarea[name=text]").fill(words)
        await page.get_by_role("button", name="Keep this change").click()
        await page.wait_for_url("**?done=status")
    await page.get_by_role("link", name="Queue").click()
    assert not await violations(page)

    await ana.open(f"/requests/{number}")
    timeline = ana.page.locator(".timeline")
    for words in ("We come on Tuesday", "All swept", "Fixed"):
        await expect(timeline).to_contain_text(words)
    told = await read_back(harbor, number)
    assert (told["status"], told["status_detail"]) == ("closed", "fixed")
