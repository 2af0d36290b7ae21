"""Somebody with a phone, who reports: the steps as a person takes them, with JavaScript or without."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import BrowserContext, Locator, Page, Response, expect

NUMBER = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}")
# What the browser itself writes: of an answer of 4xx or 5xx, a network that is gone, a fade that was cut short.
NOT_OUR_WORDS = ("Failed to load resource", "GL Driver Message", "Transition was aborted")


@dataclass
class Resident:
    page: Page
    address: str
    javascript: bool = True
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listen(self.page)

    def listen(self, page: Page) -> None:
        """Everything that the browser complains of: scripts that fail, and what the content policy forbids."""
        page.on("pageerror", lambda error: self.heard(page.url, "error", str(error)))
        page.on("console", lambda said: self.heard(page.url, said.type, said.text))

    def heard(self, url: str, kind: str, words: str) -> None:
        if kind == "error" and not words.startswith(NOT_OUR_WORDS):
            self.complaints.append(f"{url}: {words}")

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    @property
    def step(self) -> Locator:
        return self.page.locator("section[data-step]:not([hidden])")

    async def new_page(self) -> None:
        """A new tab of the same browser; the old one is left as it is."""
        self.page = await self.context.new_page()
        self.listen(self.page)

    async def open(self, path: str = "/report") -> Response | None:
        answer = await self.page.goto(self.address + path)
        if self.javascript and path.startswith("/report"):
            await self.is_ready()
        return answer

    async def is_ready(self) -> None:
        """The report page names its step in the address once its scripts have begun."""
        await self.page.wait_for_url(re.compile(r"/report.*#\w+$"))

    async def photograph(self, *files: Path | dict[str, Any]) -> None:
        if not self.javascript:
            await self.page.set_input_files("[name=media]", list(files))
            return
        before = await self.page.locator("[data-thumbs] li").count()
        await self.page.set_input_files("[data-library]", list(files))
        await expect(self.page.locator("[data-thumbs] li:not(.busy) img")).to_have_count(before + len(files))

    async def press(self, to: str) -> None:
        """The button at the foot of the step."""
        await self.step.locator(f".step-actions button[value={to}]").click()

    async def is_at(self, *steps: str) -> str:
        """Waits until one of these steps is shown, and says which."""
        shown = ", ".join(f"section[data-step={step}]:not([hidden])" for step in steps)
        await expect(self.page.locator(shown)).to_be_visible()
        return str(await self.step.get_attribute("data-step"))

    async def go(self, to: str) -> None:
        await self.press(to)
        await self.is_at(to)

    async def search_place(self, words: str) -> None:
        """Types, and takes the first that is found."""
        await self.page.fill("[name=place_q]", words)
        if not self.javascript:
            await self.step.locator("button[value='find:place']").click()
            await self.page.locator("input[name=place]").first.check()
            return
        await self.page.locator("#place-results [role=option][id]").first.click()
        await expect(self.page.locator("[name=address_string]")).not_to_have_value("")

    async def choose_kind(self, code: str, words: str) -> None:
        await self.page.fill("[name=kind_q]", words)
        if self.javascript:
            await self.page.locator(f"[data-kind='{code}']").click()
            await expect(self.page.locator("[data-chosen]")).to_be_visible()
            return
        await self.step.locator("button[value='find:kind']").click()
        await self.page.locator(f"input[name=service_code][value='{code}']").check()

    async def go_to_words(self) -> None:
        """On from the kind, past what is known already."""
        await self.press("known")
        if await self.is_at("known", "words") == "known":
            await self.go("words")

    async def send(self) -> str:
        """Sends, and reads the number aloud."""
        await self.page.locator("button[value=send]").click()
        return await self.read_number()

    async def read_number(self) -> str:
        await self.page.wait_for_url("**/requests/*?sent=1")
        number = (await self.page.inner_text(".big-number")).strip()
        assert NUMBER.fullmatch(number), number
        return number

    async def report(self, *photos: Path, code: str = "litter", kind: str = "litter", words: str = "") -> str:
        """The whole of it where the phone knows the place."""
        await self.open()
        if photos:
            await self.photograph(*photos)
        await self.go("place")
        await expect(self.page.locator("[name=lat]")).not_to_have_value("")
        await self.go("kind")
        await self.choose_kind(code, kind)
        await self.go_to_words()
        if words:
            await self.page.fill("[name=description]", words)
        return await self.send()

    async def shown_place(self) -> tuple[float, float]:
        lat, long = [await self.page.input_value(f"[name={name}]") for name in ("lat", "long")]
        return float(lat), float(long)


async def read_back(address: str, number: str) -> dict[str, Any]:
    """What the city publishes of a request, through Open311."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        answer = await client.get(f"/open311/v2/requests/{number}.json?extensions=true")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found[0]
