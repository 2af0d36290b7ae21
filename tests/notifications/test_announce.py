"""People hear by e-mail, once, in their language, and never of what did not happen or of what they did themselves."""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from app.db import Database
from app.jurisdictions.models import Jurisdiction
from app.notifications.announce import announce, send_delivery
from app.notifications.models import Delivery
from app.service_requests.identifiers import is_reporter_key
from app.service_requests.models import Contact, ServiceRequest, Update
from app.service_requests.submission import ContactDetails, Submission
from app.service_requests.submit import submit
from app.services.models import Service, ServiceGroup
from app.settings import Settings
from tests.servers import free_port


class Mailbox:
    """A real SMTP server's memory; `refuse` makes it answer 451."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.refuse = False

    async def handle_DATA(self, _server, _session, envelope) -> str:
        if self.refuse:
            return "451 Try again later"
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}?from=311@harbor.example"
    controller.stop()


@pytest.fixture
async def city(database: Database) -> Database:
    async with database.writing() as session:
        session.add(
            Jurisdiction(id=1, jurisdiction_id="t", name="Testville", timezone="America/New_York", lat=41, long=-71)
        )
        session.add(ServiceGroup(code="streets", name="Streets"))
        await session.flush()
        words = {"es": {"service_name": "Bache"}}
        session.add(
            Service(
                service_code="pothole", service_name="Pothole", group="streets", promise_hours=48, translations=words
            )
        )
    return database


async def report(
    database: Database, locale: str = "en", notify: str = "email", email: str = "ana@example.org"
) -> ServiceRequest:
    contact = ContactDetails(name="Ana", email=email, notify=notify)
    async with database.writing() as session:
        sent = Submission(
            "pothole", "web", lat=41.0, long=-71.0, address_string="12 Elm", contact=contact, locale=locale
        )
        return (await submit(session, sent)).request


async def add_update(database: Database, request: ServiceRequest, **values) -> None:
    async with database.writing() as session:
        session.add(Update(request_id=request.id, updated_datetime=datetime.now(UTC), **values))


async def test_the_reporter_is_told_once_with_a_private_link_that_works(
    city: Database, settings: Settings, mailbox
) -> None:
    box, url = mailbox
    settings = replace(settings, smtp_url=url)
    request = await report(city)
    await announce(city, settings)
    await announce(city, settings)
    [message] = box.messages
    text = message.get_content()
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
    assert "Bache" in box.messages[0].get_content()


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
    assert "Filled with asphalt" in box.messages[1].get_content()
    note = "Mr. Smith next door had called too"
    await add_update(city, request, kind="status", status="reopened", author="city", text=note, text_public=False)
    await announce(city, settings)
    assert box.messages[2]["Subject"] == "Pothole: Reopened"
    assert "Smith" not in box.messages[2].get_content()


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
    box.refuse = True
    await report(city)
    await announce(city, settings)
    box.refuse = False
    await announce(city, settings)
    assert box.messages == [], "it was tried again before its time"
    async with city.writing() as session:
        earlier = datetime.now(UTC) - timedelta(hours=1)
        await session.execute(update(Delivery).values(created_datetime=earlier))
    await announce(city, settings)
    await announce(city, settings)
    assert len(box.messages) == 1
    async with city.reading() as session:
        [delivery] = (await session.execute(select(Delivery))).scalars()
    assert (delivery.attempts, delivery.failure) == (2, None)


async def test_messages_that_wait_hold_up_nobody_elses(
    city: Database, settings: Settings, mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, url = mailbox
    settings = replace(settings, smtp_url=url)
    monkeypatch.setattr("app.notifications.announce.BATCH", 1)
    box.refuse = True
    await report(city)
    await announce(city, settings)
    box.refuse = False
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
    box.refuse = True
    await report(city)
    await announce(city, settings)
    box.refuse = False
    async with city.reading() as session:
        [delivery] = (await session.execute(select(Delivery))).scalars()
    for _ in range(2):
        await send_delivery(city, settings, url, delivery.id, delivery.attempts)
        async with city.writing() as session:
            # As if the first worker were still sending.
            await session.execute(update(Delivery).values(sent_datetime=None))
    assert len(box.messages) == 1


async def test_without_a_mail_server_nothing_is_kept_for_later(city: Database, settings: Settings, mailbox) -> None:
    box, url = mailbox
    await report(city)
    await announce(city, settings)
    await announce(city, replace(settings, smtp_url=url))
    assert box.messages == []
