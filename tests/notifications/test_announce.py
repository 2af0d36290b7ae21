"""People hear by e-mail, once, in their language, and never of what did not happen or of what they did themselves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from app.db import Database
from app.media.storage import open_store
from app.notifications.announce import announce, take_all
from app.notifications.claims import claim
from app.notifications.models import Delivery
from app.notifications.outcome import Gone, Sent
from app.notifications.send_email import send_email_batch, settle
from app.notifications.take import Ways
from app.service_requests.identifiers import is_reporter_key
from app.service_requests.models import Contact
from app.settings import Settings
from tests.notifications.peers import part_of, text_of
from tests.notifications.reports import add_update, report
from tests.servers import free_port


async def test_the_reporter_is_told_once_with_a_private_link_that_works(
    city: Database, settings: Settings, mailbox
) -> None:
    box, url = mailbox
    settings = replace(settings, smtp_url=url)
    request = await report(city)
    await announce(city, settings)
    await announce(city, settings)
    [message] = box.messages
    text = text_of(message)
    assert message["To"] == "ana@example.org"
    assert "Pothole" in message["Subject"]
    assert request.service_request_id in text
    assert "Promised by " in text and " at " in text
    key = text.partition("/yours?key=")[2].split()[0]
    assert is_reporter_key(settings.secret_key, request.service_request_id, key)


async def test_a_message_speaks_the_language_of_the_report(city: Database, settings: Settings, mailbox) -> None:
    box, url = mailbox
    await report(city, locale="es")
    await announce(city, replace(settings, smtp_url=url))
    assert "Bache" in text_of(box.messages[0])


async def test_only_the_citys_news_is_told_and_never_what_is_for_the_city_only(
    city: Database, settings: Settings, mailbox
) -> None:
    box, url = mailbox
    settings = replace(settings, smtp_url=url)
    request = await report(city)
    await announce(city, settings)
    await add_update(city, request, kind="comment", author="reporter", text="I looked again")
    await add_update(city, request, kind="status", status="fixed", author="city", text="Filled with asphalt")
    await announce(city, settings)
    assert [m["Subject"] for m in box.messages[1:]] == ["Pothole: Fixed"]
    assert "Filled with asphalt" in text_of(box.messages[1])
    note = "Mr. Smith next door had called too"
    await add_update(city, request, kind="status", status="reopened", author="city", text=note, text_public=False)
    await announce(city, settings)
    assert box.messages[2]["Subject"] == "Pothole: Reopened"
    assert "Smith" not in text_of(box.messages[2])


async def test_who_did_not_ask_is_not_told(city: Database, settings: Settings, mailbox) -> None:
    box, url = mailbox
    await report(city, notify="none")
    await announce(city, replace(settings, smtp_url=url))
    assert box.messages == []


async def test_a_message_that_the_server_refused_is_sent_later_and_once(
    city: Database, settings: Settings, mailbox
) -> None:
    box, url = mailbox
    settings = replace(settings, smtp_url=url)
    box.refuse = "451 Try again later"
    await report(city)
    await announce(city, settings)
    box.refuse = ""
    await announce(city, settings)
    assert box.messages == [], "it was tried again before its time"
    async with city.writing() as session:
        earlier = datetime.now(UTC) - timedelta(hours=1)
        await session.execute(update(Delivery).values(due_datetime=earlier))
    await announce(city, settings)
    await announce(city, settings)
    assert len(box.messages) == 1
    async with city.reading() as session:
        [delivery] = (await session.execute(select(Delivery))).scalars()
    assert (delivery.attempts, delivery.failure) == (2, None)


async def test_somebody_who_is_forgotten_while_their_letter_goes_out_takes_nobody_along(
    city: Database, settings: Settings, mailbox
) -> None:
    gone = await report(city)
    await report(city, email="ben@example.org")
    await take_all(city, settings, Ways(email=True))
    async with city.writing() as session:
        first, second = await claim(session, "email", 10)
    async with city.writing() as session:
        await session.execute(delete(Contact).where(Contact.request_id == gone.id))
    async with city.writing() as session:
        await settle(session, [(first, Gone("5.1.1")), (second, Sent())])
    async with city.reading() as session:
        [delivery] = (await session.execute(select(Delivery))).scalars()
    assert delivery.id == second.lead.id and delivery.sent_datetime


async def test_what_a_slow_mail_server_does_not_come_to_is_given_back(
    city: Database, settings: Settings, mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, url = mailbox
    monkeypatch.setattr("app.notifications.send_email.MOST_SECONDS", 0)
    for name in ("ana", "ben"):
        await report(city, email=f"{name}@example.org")
    await take_all(city, settings, Ways(email=True))
    for sent in (1, 2):
        assert await send_email_batch(city, settings, url, open_store(settings.media_url))
        assert len(box.messages) == sent
        async with city.reading() as session:
            rows = list((await session.execute(select(Delivery).order_by(Delivery.id))).scalars())
        assert [(one.attempts, one.sent_datetime is not None) for one in rows] == [(1, True), (sent - 1, sent == 2)]


async def test_messages_that_wait_hold_up_nobody_elses(
    city: Database, settings: Settings, mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, url = mailbox
    settings = replace(settings, smtp_url=url)
    monkeypatch.setattr("app.notifications.send_email.BATCH", 1)
    box.refuse = "451 Try again later"
    await report(city)
    await announce(city, settings)
    box.refuse = ""
    await report(city, email="ben@example.org")
    await announce(city, settings)
    assert [message["To"] for message in box.messages] == ["ben@example.org"]


@pytest.mark.parametrize("address", [".:?-.`.@|.a\\/", "(/[@).*#)", "($):.?@*_$/.](*"])
async def test_an_address_that_no_library_can_read_holds_up_nobody_elses(
    address: str, city: Database, settings: Settings, mailbox
) -> None:
    box, url = mailbox
    strange = await report(city)
    async with city.writing() as session:
        await session.execute(update(Contact).where(Contact.request_id == strange.id).values(email=address))
    await report(city, email="ben@example.org")
    await announce(city, replace(settings, smtp_url=url))
    assert "ben@example.org" in [message["To"] for message in box.messages]


async def test_a_message_that_two_workers_found_is_sent_once(city: Database, settings: Settings, mailbox) -> None:
    box, url = mailbox
    settings = replace(settings, smtp_url=url)
    box.refuse = "451 Try again later"
    await report(city)
    await announce(city, settings)
    box.refuse = ""
    async with city.writing() as session:
        await session.execute(update(Delivery).values(due_datetime=datetime.now(UTC)))
    await asyncio.gather(announce(city, settings), announce(city, settings))
    assert len(box.messages) == 1


async def test_without_a_mail_server_nothing_is_kept_for_later(city: Database, settings: Settings, mailbox) -> None:
    box, url = mailbox
    await report(city)
    await announce(city, settings)
    await announce(city, replace(settings, smtp_url=url))
    assert box.messages == []


async def test_a_message_is_text_and_html_and_neither_holds_the_other_s_signs(
    city: Database, settings: Settings, mailbox
) -> None:
    box, url = mailbox
    settings = replace(settings, smtp_url=url)
    request = await report(city)
    await announce(city, settings)
    await add_update(city, request, kind="status", status="fixed", author="city", text="Peña & sons <b>filled</b> it")
    await announce(city, settings)
    received, fixed = box.messages
    assert "Peña & sons <b>filled</b> it" in text_of(fixed)
    html = part_of(fixed, "html")
    assert "Peña &amp; sons &lt;b&gt;filled&lt;/b&gt; it" in html and "<h1>Fixed</h1>" in html
    page = f"{settings.public_url}/requests/{request.service_request_id}"
    for message in (received, fixed):
        assert f'href="{page}"' in part_of(message, "html") and f'href="{page}/yours?key=' in part_of(message, "html")
        # Nothing is loaded from anywhere when it is opened.
        assert not any(sign in part_of(message, "html") for sign in ("<img", "<link", "<script", "url("))
    assert '<html lang="en"' in html


async def test_a_mail_server_that_is_away_is_asked_once_and_not_for_each_message(
    city: Database, settings: Settings
) -> None:
    away = replace(settings, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    for name in ("ana", "ben", "eve"):
        await report(city, email=f"{name}@example.org")
    await announce(city, away)
    async with city.reading() as session:
        deliveries = (await session.execute(select(Delivery).order_by(Delivery.id))).scalars()
        tried = [(delivery.attempts, delivery.failure) for delivery in deliveries]
    assert tried == [(1, "ConnectionRefusedError"), (0, None), (0, None)]


async def test_a_mailbox_that_is_not_there_is_not_tried_again(city: Database, settings: Settings, mailbox) -> None:
    box, url = mailbox
    settings = replace(settings, smtp_url=url)
    box.refused["ana@example.org"] = "550 5.1.1 no such user"
    await report(city)
    await announce(city, settings)
    box.refused.clear()
    async with city.writing() as session:
        assert (await session.execute(select(Delivery.due_datetime))).scalar_one() is None
    await announce(city, settings)
    assert box.messages == []
    async with city.reading() as session:
        [delivery] = (await session.execute(select(Delivery))).scalars()
    assert (delivery.failure, delivery.sent_datetime) == ("5.1.1", None)
