"""Agencies without Open311 get a letter, and somebody hears when it cannot be sent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app.agencies.models import AgencyDoor
from app.db import Database
from app.notifications.agency_mails import send_agency_mails
from app.service_requests.escalation_models import StaffNotice
from app.settings import Settings
from tests.accounts.signed_in import grant, person
from tests.agencies.test_referrals import all_due, last, run_jobs, words
from tests.notifications.peers import mail_server
from tests.service_requests.city import AGENCY_LONG, ANA, report


@pytest.fixture
async def by_mail(city: Database) -> Database:
    async with city.writing() as session:
        await session.execute(update(AgencyDoor).values(kind="email", email="roads@state.example"))
    return city


async def test_a_letter_says_what_is_theirs_and_nothing_of_who_reported_it(
    by_mail: Database, settings: Settings
) -> None:
    with mail_server() as (mailbox, url):
        request = await report(by_mail, long=AGENCY_LONG, description="Deep. Call 617 555 0142", contact=ANA)
        await run_jobs(by_mail)
        for _ in range(2):
            await all_due(by_mail)
            await send_agency_mails(by_mail, replace(settings, smtp_url=url))
        [letter] = mailbox.messages
    text = letter.get_content()
    assert letter["to"] == "roads@state.example" and request.service_request_id in letter["subject"]
    assert "Deep." in text and f"/requests/{request.service_request_id}" in text and "555-0100" in text
    for private in ("617 555 0142", "ana@example.org", "Ana"):
        assert private not in text
    assert (await last(by_mail)).state == "told"
    assert await words(by_mail, request) == ["comment: We passed this on to State Highways, who act here."]


async def test_a_mail_server_that_is_down_is_tried_again_and_in_the_end_somebody_hears(
    by_mail: Database, settings: Settings
) -> None:
    admin = await person(by_mail, grant("administrator"))
    await report(by_mail, long=AGENCY_LONG)
    await run_jobs(by_mail)
    for _ in range(8):
        await all_due(by_mail)
        await send_agency_mails(by_mail, replace(settings, smtp_url="smtp://127.0.0.1:1"))
    assert (await last(by_mail)).state == "failed"
    async with by_mail.reading() as session:
        told = await session.execute(select(StaffNotice.account_id, StaffNotice.kind))
        assert told.all() == [(admin, "agency")]
