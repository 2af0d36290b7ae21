"""A report through the form itself, step by step, as a person clicks."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from typing import Any

from playwright.async_api import Page

from tests.e2e.resident import Resident
from tests.faults.judge import lies
from tests.faults.phone import Gone, answered
from tests.faults.reports import MadePhoto, MadeReport
from tests.faults.trial import Trial

# Every photo that an iPhone's camera hands over has this name.
CAMERA_NAME = "image.jpg"
# What the page shows when it has kept the report and the person may go.
SAVED = "[data-saved]:not([hidden])"
TRIES = 6


async def report_by_hand(trial: Trial, report: MadeReport) -> None:
    """In the ledger it is saved only when the page said so."""
    try:
        page = await trial.phone.new_page()
        report = await fill_in(page, trial.phone.address, report)
        await send(trial, page, report)
        with contextlib.suppress(*Gone):
            await answered(page.close())
    except (*Gone, AssertionError) as error:
        trial.ledger.refused.append(f"by hand: {str(error).partition(chr(10))[0][:120]}")


async def fill_in(page: Page, address: str, report: MadeReport) -> MadeReport:
    """Everything but the last press; the report as the page numbers it."""
    resident = Resident(page, address)
    await resident.open(f"/report?lat={report.lat:.6f}&long={report.long:.6f}&service_code={report.service_code}")
    if report.photos:
        await resident.photograph(*(as_file(photo) for photo in report.photos))
    await resident.go("place")
    await resident.go("kind")
    if not await page.locator("[data-chosen]").is_visible():
        # A page that was kept for offline knows nothing of what the link has filled in.
        await resident.choose_kind(report.service_code, report.service_code)
    await resident.go_to_words()
    await page.fill("[name=description]", report.words)
    number = await page.input_value("[name=client_request_id]")
    return replace(report, client_request_id=number)


async def send(trial: Trial, page: Page, report: MadeReport) -> None:
    """Presses "Send" until the page says that it is sent or saved: a refusal on the way asks the person again."""
    one = report.client_request_id
    trial.ledger.put[one] = report
    for _ in range(TRIES):
        await page.locator("[data-send]").click()
        await page.locator(f"{SAVED}, .big-number, [data-sending].bad:not([hidden])").first.wait_for()
        sent = re.search(r"/requests/([^?]+)\?sent=1", page.url)
        if sent:
            trial.ledger.shown.add(one)
            trial.wrong += lies({one: sent[1]}, trial.known if trial.arrived() else {one: sent[1]})
        if sent or await page.locator(SAVED).count():
            trial.ledger.saved.add(one)
            return
    raise TimeoutError("the page never said that the report is saved")


def as_file(photo: MadePhoto) -> dict[str, Any]:
    return {"name": CAMERA_NAME, "mimeType": "image/jpeg", "buffer": photo.data}
