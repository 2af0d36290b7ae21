"""The pages of areas and places in a browser: on a phone, on paper, in a frame, without JavaScript."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import expect

from tests.e2e.axe import violations
from tests.e2e.conftest import OpenPhone
from tests.e2e.test_look import fits

BOARD = "/areas/board/1"
# CSS pixels of an A4 page's height at 96 to the inch, its margins of 12 mm taken off.
SHEET = 1123 - 2 * 45


@pytest.mark.parametrize("path", ["/areas", "/areas/board", BOARD, f"{BOARD}/embed", "/areas/board/99"])
async def test_a_page_of_areas_fits_and_axe_finds_nothing(path: str, open_phone: OpenPhone, harbor: str) -> None:
    # The page for frames runs no script, axe's neither, unless the browser lets it.
    resident = await open_phone(harbor, bypass_csp=True)
    await resident.open(path)
    await fits(resident.page)
    assert await violations(resident.page) == []


async def test_from_the_list_of_areas_to_one_hole_without_javascript(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor, javascript=False)
    page = resident.page
    await resident.open("/areas")
    await page.locator("h2 a[href='/areas/board']").click()
    await page.get_by_role("link", name="Open now").click()
    await expect(page.locator("th[aria-sort=descending]")).to_contain_text("Open now")
    await page.locator("tbody th a").first.click()
    await expect(page.locator(".now")).to_contain_text("Open now")
    await page.locator("a[href^='/requests/']").first.click()
    await page.get_by_role("link", name="All that was reported here").click()
    await page.wait_for_url("**/places/*")
    await expect(page.get_by_role("heading", name="Let’s dig one hole")).to_be_visible()
    await fits(page)


async def test_a_place_fits_and_axe_finds_nothing(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    await resident.open("/map/at?lat=41.07&long=-71.24")
    await fits(resident.page)
    assert await violations(resident.page) == []


async def test_an_area_is_printed_on_one_sheet(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    page = resident.page
    await page.set_viewport_size({"width": 703, "height": 1000})
    await resident.open(BOARD)
    await page.emulate_media(media="print")
    assert await page.evaluate("document.documentElement.scrollHeight") <= SHEET
    await expect(page.locator(".site-head")).to_be_hidden()
    await expect(page.locator(".print-only")).to_be_visible()


async def test_another_site_may_show_the_page_for_frames_and_no_other(open_phone: OpenPhone, harbor: str) -> None:
    resident = await open_phone(harbor)
    page = resident.page
    async with another_site(
        f'<iframe id="may" src="{harbor}{BOARD}/embed"></iframe><iframe id="may-not" src="{harbor}{BOARD}"></iframe>'
    ) as elsewhere:
        await page.goto(elsewhere)
        await expect(page.frame_locator("#may").locator(".now")).to_be_visible()
        await expect(page.frame_locator("#may-not").locator("body")).not_to_contain_text("Board")
    # What the browser says of the frame that it refused.
    assert any("frame-ancestors" in words for words in resident.complaints)
    resident.complaints.clear()


@asynccontextmanager
async def another_site(body: str) -> AsyncIterator[str]:
    """The address of a site of another origin with one page."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
