"""The whole report in Spanish, chosen by the phone's own language."""

from __future__ import annotations

from pathlib import Path

from babel.messages.pofile import read_po
from playwright.async_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import read_back
from tests.servers import ROOT

WORDS = ROOT / "app" / "locales" / "es" / "LC_MESSAGES" / "messages.po"


def english_words() -> dict[str, str]:
    """English sentences that have a Spanish one → the Spanish one."""
    if not WORDS.exists():
        return {}
    with WORDS.open("rb") as file:
        messages = [message for message in read_po(file, locale="es") if isinstance(message.id, str)]
    return {str(one.id): str(one.string) for one in messages if one.id and one.string and one.string != one.id}


async def is_spanish(page: Page, translated: dict[str, str]) -> None:
    """The page says that it is Spanish, and no line of it is English that has been translated."""
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    lines = {line.strip() for line in (await page.inner_text("body")).splitlines()}
    assert not lines & set(translated), lines & set(translated)


async def test_every_step_is_in_spanish(open_phone: OpenPhone, harbor: str, photo: Path) -> None:
    translated = english_words()
    resident = await open_phone(harbor, locale="es-MX")
    page = resident.page
    await resident.open("/")
    await is_spanish(page, translated)
    await resident.open()
    await is_spanish(page, translated)
    await resident.photograph(photo)
    await resident.go("place")
    await expect(page.locator("[name=lat]")).not_to_have_value("")
    await is_spanish(page, translated)
    await resident.go("kind")
    await expect(page.locator("[data-groups]")).to_contain_text("Calles")
    await is_spanish(page, translated)
    await resident.choose_kind("pothole", "bache")
    await expect(page.locator("[data-chosen]")).to_contain_text("Bache")
    await page.locator("[data-questions] input[type=radio]").first.check()
    await is_spanish(page, translated)
    await resident.go_to_words()
    await expect(page.locator("[data-review=kind]")).to_have_text("Bache")
    await page.fill("[name=description]", "Hondo, junto a la señal")
    await is_spanish(page, translated)
    assert not await violations(page)
    number = await resident.send()
    await is_spanish(page, translated)
    await expect(page.locator(".title")).to_have_text("Bache")
    assert (await read_back(harbor, number))["description"] == "Hondo, junto a la señal"
    await resident.open("/my")
    await expect(page.locator("main")).to_contain_text("Bache")
    await is_spanish(page, translated)


async def test_the_language_chosen_by_hand_is_kept(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    await resident.open("/")
    await resident.page.get_by_role("button", name="Español").click()
    await expect(resident.page.locator("html")).to_have_attribute("lang", "es")
    await resident.open("/report")
    await expect(resident.page.locator("html")).to_have_attribute("lang", "es")
