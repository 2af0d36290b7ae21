"""The whole report by keyboard alone: in order, with the focus in sight, each step announced."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import read_back

MOST_TABS = 60
# Whether one can see where the focus is: an outline or a shadow on the element, or on the label that stands for it.
SEEN = """() => {
  const focused = document.activeElement;
  const around = [focused, focused.closest("label"), focused.labels && focused.labels[0], focused.nextElementSibling];
  return around.filter(Boolean).some((one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  });
}"""
FOCUSED = "selector => document.activeElement.matches(selector)"
NAME = "() => document.activeElement.outerHTML.slice(0, 120)"


async def tab_to(page: Page, selector: str) -> None:
    """Tab until the focus is there; it must be seen at every stop."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await page.evaluate("() => document.activeElement !== document.body"):
            assert await page.evaluate(SEEN), await page.evaluate(NAME)
        if await page.evaluate(FOCUSED, selector):
            return
    raise AssertionError(f"{selector} cannot be reached")


async def press(page: Page, to: str) -> None:
    await tab_to(page, f".step-actions button[value={to}]")
    await page.keyboard.press("Enter")


async def announced(page: Page, step: str) -> None:
    """The heading of the step has the focus: that is what a screen reader says."""
    await expect(page.locator(f"#step-{step}")).to_be_focused()


async def test_a_report_is_sent_by_keyboard_alone(open_phone: OpenPhone, harbor: str, photo: Path) -> None:
    resident = await open_phone(
        harbor, accuracy=None, is_mobile=False, has_touch=False, viewport={"width": 1280, "height": 800}
    )
    page = resident.page
    await page.add_init_script("delete Navigator.prototype.geolocation")
    await resident.open()
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await expect(page.locator(".skip")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()

    await tab_to(page, "[data-library]")
    async with page.expect_file_chooser() as choosing:
        await page.keyboard.press("Space")
    await (await choosing.value).set_files(photo)
    await expect(page.locator("[data-thumbs] li:not(.busy) img")).to_have_count(1)
    await press(page, "place")

    await announced(page, "place")
    await tab_to(page, "[name=place_q]")
    field = page.locator("[name=place_q]")
    await page.keyboard.type("embarcadero 1319")
    await expect(field).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowDown")
    active = await field.get_attribute("aria-activedescendant")
    await expect(page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await expect(page.locator("[name=address_string]")).to_have_value("1319 The Embarcadero")
    before = await resident.shown_place()
    await tab_to(page, "[data-map]")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("[name=place_source]")).to_have_value("pin")
    assert 0 < (await resident.shown_place())[0] - before[0] < 0.0001
    await press(page, "kind")

    await announced(page, "kind")
    await tab_to(page, "[name=kind_q]")
    await page.keyboard.type("pothole")
    await expect(page.locator("[data-count]")).to_contain_text("found")
    await tab_to(page, "[data-kind=pothole]")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-change]")).to_be_focused()
    await press(page, "known")
    await expect(page.locator("[data-summary]")).to_be_focused()
    await tab_to(page, "[data-summary] a")
    await page.keyboard.press("Enter")
    await tab_to(page, "[data-questions] input[type=radio]")
    await page.keyboard.press("Space")
    await press(page, "known")
    if await resident.is_at("known", "words") == "known":
        await announced(page, "known")
        await press(page, "words")

    await announced(page, "words")
    await tab_to(page, "[name=description]")
    await page.keyboard.type("Typed, not touched")
    await tab_to(page, "[data-send]")
    await page.keyboard.press("Enter")
    told = await read_back(harbor, await resident.read_number())
    assert (told["service_code"], told["description"]) == ("pothole", "Typed, not touched")
    assert len(told["photos"]) == 1


async def test_escape_closes_what_was_found(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    await resident.open()
    await resident.go("place")
    await tab_to(resident.page, "[name=place_q]")
    await resident.page.keyboard.type("embarcadero")
    await expect(resident.page.locator("#place-results")).to_be_visible()
    await resident.page.keyboard.press("Escape")
    await expect(resident.page.locator("#place-results")).to_be_hidden()
    await resident.is_at("place")


async def test_back_leads_to_the_step_before(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    await resident.open()
    await resident.go("place")
    await expect(resident.page.locator("[name=lat]")).not_to_have_value("")
    await resident.go("kind")
    await resident.page.go_back()
    await resident.is_at("place")
    await resident.page.go_back()
    await resident.is_at("photo")
