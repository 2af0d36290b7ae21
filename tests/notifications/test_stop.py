"""Who wants no more e-mails says so with one click, and is written to no more."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from app.db import Database
from app.notifications.announce import announce, take_all
from app.notifications.models import Delivery
from app.notifications.take import Ways
from app.service_requests.models import Contact, ServiceRequest
from app.settings import Settings
from tests.notifications.peers import Mailbox, part_of, text_of
from tests.notifications.reports import add_update, report

Client = AsyncTestClient[Litestar]


@pytest.fixture
async def told(city: Database, settings: Settings, mailbox: tuple[Mailbox, str]) -> EmailMessage:
    """The e-mail that Ana got when she had reported."""
    await report(city)
    await announce(city, replace(settings, smtp_url=mailbox[1]))
    return mailbox[0].messages[0]


def stop_of(message: EmailMessage) -> str:
    return urlsplit(message["List-Unsubscribe"].strip("<>")).path


async def contact_of(city: Database) -> Contact:
    async with city.reading() as session:
        return (await session.execute(select(Contact))).scalar_one()


async def request_of(city: Database) -> ServiceRequest:
    async with city.reading() as session:
        return (await session.execute(select(ServiceRequest))).scalar_one()


async def test_one_click_of_a_mail_program_stops_the_e_mails(
    city: Database, settings: Settings, mailbox: tuple[Mailbox, str], client: Client, told: EmailMessage
) -> None:
    """As RFC 8058 has it: this body, no cookies, and no redirect."""
    answer = await client.post(stop_of(told), data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)
    assert answer.status_code == 200
    assert (await contact_of(city)).notify == "none"
    await add_update(city, await request_of(city), kind="status", status="fixed", author="city", text="Filled")
    await announce(city, replace(settings, smtp_url=mailbox[1]))
    assert len(mailbox[0].messages) == 1


async def test_the_link_opens_a_page_with_a_button_and_opening_it_changes_nothing(
    city: Database, client: Client, told: EmailMessage
) -> None:
    path = stop_of(told)
    assert path in text_of(told) and path in part_of(told, "html")
    page = await client.get(path)
    assert page.status_code == 200 and "Stop these e-mails" in page.text
    assert (await contact_of(city)).notify == "email"
    for _ in range(2):
        done = await client.post(path)
        assert done.status_code == 200 and "You get no more e-mails" in done.text


async def test_nobody_stops_the_e_mails_of_others(city: Database, client: Client, told: EmailMessage) -> None:
    path = stop_of(told)
    for wrong in (path[:-1] + ("a" if path[-1] != "a" else "b"), path.replace("c1-", "c2-"), "/notifications/stop/c1"):
        assert (await client.get(wrong)).status_code == 404
        assert (await client.post(wrong)).status_code == 404
    assert (await contact_of(city)).notify == "email"


async def test_what_was_waiting_when_somebody_stopped_is_not_sent_either(
    city: Database, settings: Settings, mailbox: tuple[Mailbox, str], client: Client, told: EmailMessage
) -> None:
    settings = replace(settings, smtp_url=mailbox[1])
    await add_update(city, await request_of(city), kind="status", status="fixed", author="city", text="Filled")
    await take_all(city, settings, Ways(email=True))
    await client.post(stop_of(told))
    await announce(city, settings)
    assert len(mailbox[0].messages) == 1
    async with city.reading() as session:
        failures = (await session.execute(select(Delivery.failure).order_by(Delivery.id))).scalars().all()
    assert failures == [None, "stopped"]
