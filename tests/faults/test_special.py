"""What befalls one report: the camera that kills the page, a phone that dies half-way, what an old version left."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from playwright.async_api import Page, expect

from tests.e2e.resident import Resident
from tests.faults.by_hand import CAMERA_NAME, as_file, fill_in, send
from tests.faults.city import Arrived
from tests.faults.events import HOUR_MS
from tests.faults.exchange import Asked
from tests.faults.judge import judge, judge_phone
from tests.faults.phone import Gone
from tests.faults.reports import MOST_PHOTOS, MadeReport, make_photo, make_reports
from tests.faults.trial import Trial

LOST = "answer lost after the commit"
CUT = "connection cut in the question"


def made(trial: Trial, photos: int) -> MadeReport:
    """A report that no other test has made, with so many photos."""
    (report,) = make_reports(1, trial.chance, f"special-{Random().getrandbits(40):x}".translate(LETTERS))
    return replace(report, photos=tuple(make_photo(trial.chance) for _ in range(photos)))


# A number in the words may be taken for a telephone's.
LETTERS = str.maketrans("0123456789", "ghijklmnop")


async def ended_well(trial: Trial) -> None:
    """Nothing waits, and the city has what the phone said: once, with exactly its photos."""
    seen = await trial.calm()
    assert not judge_phone(seen, trial.city, trial.ledger)
    # Other tests have reported to this city too.
    assert not [line for line in judge(trial.city, trial.ledger) if not line.startswith("foreign:")]


def arrived(trial: Trial, report: MadeReport) -> Arrived:
    (found,) = [one for one in trial.city.reports() if one.client_request_id == report.client_request_id]
    return found


async def eventually(condition: Callable[[], bool], what: str) -> None:
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"never: {what}")


async def crash(page: Page) -> None:
    with contextlib.suppress(*Gone):
        session = await page.context.new_cdp_session(page)
        await asyncio.wait_for(session.send("Page.crash"), 1)
    with contextlib.suppress(*Gone):
        await asyncio.wait_for(page.close(), 5)


async def test_five_photos_with_the_same_name_arrive_as_five(trial: Trial) -> None:
    page = await trial.phone.new_page()
    report = await fill_in(page, trial.phone.address, made(trial, MOST_PHOTOS))
    assert {file["name"] for file in map(as_file, report.photos)} == {CAMERA_NAME}
    await send(trial, page, report)
    await ended_well(trial)
    assert len([one for one in trial.city.photos() if one.request == arrived(trial, report).id]) == MOST_PHOTOS


async def test_a_camera_that_kills_the_page_takes_nothing_with_it(trial: Trial) -> None:
    report = made(trial, 2)
    page = await trial.phone.new_page()
    resident = Resident(page, trial.phone.address)
    await resident.open()
    await resident.photograph(*map(as_file, report.photos))
    number = await page.input_value("[name=client_request_id]")
    async with page.expect_file_chooser():
        await page.locator("[data-camera]").evaluate("input => input.click()")
    await crash(page)

    page = await trial.phone.new_page()
    resident = Resident(page, trial.phone.address)
    await resident.open()
    await page.get_by_role("button", name="Go on with it").click()
    await expect(page.locator("[data-thumbs] li:not(.busy) img")).to_have_count(2)
    assert await page.input_value("[name=client_request_id]") == number
    await resident.go("place")
    await expect(page.locator("[name=lat]")).not_to_have_value("")
    await resident.go("kind")
    await resident.choose_kind(report.service_code, report.service_code)
    await resident.go_to_words()
    await page.fill("[name=description]", report.words)
    await send(trial, page, replace(report, client_request_id=number))
    await ended_well(trial)


async def test_a_phone_that_dies_half_way_goes_on_where_it_was(trial: Trial) -> None:
    """After the restart nobody touches it: what was uploaded stays uploaded, the rest is sent."""
    report = made(trial, MOST_PHOTOS)
    one = report.client_request_id
    through: list[str] = []

    def only_two(asked: Asked) -> str | None:
        if asked.method != "PUT":
            return None
        if len(through) < 2:
            through.append(asked.path)
            return None
        return CUT

    trial.wire.choose = only_two  # type: ignore[method-assign]
    await trial.put(report)
    await eventually(lambda: trial.wire.times("PUT", one) > 3, "two photos through and others cut")
    await trial.phone.kill()
    assert one not in trial.city.has()

    trial.wire.choose = lambda asked: None  # type: ignore[method-assign]
    before = len(trial.wire.asked)
    await trial.phone.switch_on()
    await eventually(lambda: one in trial.city.has(), "the report arrives by itself")
    again = [asked.path for asked, _ in trial.wire.asked[before:]]
    assert not set(through) & set(again)
    await ended_well(trial)


@pytest.mark.parametrize("start", ["/healthz"])
async def test_a_draft_of_the_first_version_is_sent_by_this_one(trial: Trial, start: str) -> None:
    report = made(trial, 3)
    one = report.client_request_id
    await trial.phone.call("keepAsVersion1", report.told())
    page = await trial.phone.new_page()
    await page.goto(f"{trial.phone.address}/report?draft={one}")
    await expect(page.locator("[name=description]")).to_have_value(report.words)
    await send(trial, page, report)
    await trial.phone.tabs[0].goto(f"{trial.phone.address}/my")
    await ended_well(trial)


@pytest.mark.parametrize("wrong_ms", [-HOUR_MS, HOUR_MS])
async def test_a_clock_that_is_an_hour_wrong_does_not_date_the_report(trial: Trial, wrong_ms: int) -> None:
    await trial.phone.call("setClock", wrong_ms)
    report = made(trial, 1)
    await trial.put(report)
    await ended_well(trial)
    found = arrived(trial, report)
    observed, requested = (datetime.fromisoformat(str(moment)) for moment in (found.observed, found.requested))
    assert timedelta(0) <= requested - observed < timedelta(minutes=2)


async def test_a_comment_and_a_withdrawal_whose_answers_are_lost_are_done_once(trial: Trial) -> None:
    report = made(trial, 0)
    await trial.put(report)
    await ended_well(trial)
    number, words = arrived(trial, report).service_request_id, f"More of {report.words}"
    for kind, fields in (("comment", [["text", words]]), ("withdrawal", [])):
        trial.wire.tally.injected[LOST] = 0
        trial.wire.choose = lambda asked: LOST if asked.method == "POST" else None  # type: ignore[method-assign]
        item = {"kind": kind, "subject": number, "title": words, "language": "en", "fields": fields}
        await trial.phone.call("queue", item)
        await eventually(lambda: trial.wire.tally.injected[LOST] > 0, "an answer is lost")
        trial.wire.choose = lambda asked: None  # type: ignore[method-assign]
        assert not (await trial.calm())["items"]
    assert trial.city.store.rows(f"SELECT count(*) FROM updates WHERE text = '{words}'") == [(1,)]
    assert arrived(trial, report).status == "withdrawn"
    seen = await trial.phone.call("look")
    assert [one["kind"] for one in seen["receipts"]].count("comment") == 1
    assert [one["kind"] for one in seen["receipts"]].count("withdrawal") == 1
