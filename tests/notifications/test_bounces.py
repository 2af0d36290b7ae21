"""Mail that comes back is known by the address it comes to, and who has no mailbox is written to no more."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.cli.mail import bounces
from app.db import Database
from app.notifications.announce import announce
from app.notifications.bounces import Returned, bounce_key, note_returned, read_bounce
from app.notifications.models import Delivery
from app.notifications.outcome import Failed, Gone
from app.service_requests.models import Contact
from app.settings import Settings
from tests.notifications.peers import Mailbox
from tests.notifications.reports import report

SECRET = "a secret for tests only"
KEY = bounce_key(SECRET, "d1")
MAILBOX = f"bounces+{KEY}@harbor.example"

# As Postfix writes it (RFC 3464, appendix E).
REPORT = """\
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org
X-Postfix-Queue-ID: 4C1
Arrival-Date: Mon, 23 Nov 2026 12:00:00 +0000

Final-Recipient: rfc822; ana@example.org
Original-Recipient: rfc822;ana@example.org
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 {status} <ana@example.org>: no

--b
Content-Type: message/rfc822

From: 311@harbor.example
To: ana@example.org
Subject: Pothole: Fixed

Action: failed
Status: 5.1.1
--b--
"""


def sent_back(to: str = MAILBOX, action: str = "failed", status: str = "5.1.1") -> bytes:
    return REPORT.format(to=to, action=action, status=status).replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("5.1.1", Gone("5.1.1")),
        ("5.1.1 (bad destination mailbox address)", Gone("5.1.1")),
        ("5.2.2", Failed("5.2.2")),
        ("4.4.7", Failed("4.4.7")),
        ("5.7.26", Failed("5.7.26")),
        ("", Failed("5.0.0")),
        ("nonsense", Failed("5.0.0")),
    ],
)
def test_a_report_says_whether_the_mailbox_is_gone(status: str, outcome: Gone | Failed) -> None:
    assert read_bounce(sent_back(status=status), SECRET) == Returned("d1", outcome)


def test_whom_the_mail_server_took_it_for_counts_before_what_the_message_says() -> None:
    assert read_bounce(sent_back(to="bounces@harbor.example"), SECRET) is None
    assert read_bounce(sent_back(to="bounces@harbor.example"), SECRET, MAILBOX.upper()) is not None
    assert read_bounce(sent_back(), SECRET, "bounces@harbor.example") is None


@pytest.mark.parametrize(
    "to", [f"bounces+d2-{KEY.partition('-')[2]}@harbor.example", "d1@harbor.example", "bounces+ä@x"]
)
def test_a_report_to_an_address_that_we_did_not_give_changes_nothing(to: str) -> None:
    assert read_bounce(sent_back(to=to), SECRET) is None


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_is_only_late_or_has_arrived_is_no_failure(action: str) -> None:
    assert read_bounce(sent_back(action=action, status="5.1.1"), SECRET) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\xff" * 1000,
        f"To: {MAILBOX}\r\nSubject: Out of office\r\n\r\nAction: failed\r\nStatus: 5.1.1".encode(),
        f"To: {MAILBOX}\r\nContent-Type: message/delivery-status\r\n\r\n".encode(),
        f"To: {MAILBOX}\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b".encode(),
        f"To: {'(' * 5000}{MAILBOX}".encode(),
    ],
)
def test_what_is_no_report_is_passed_over(raw: bytes) -> None:
    assert read_bounce(raw, SECRET) is None


async def told_once(city: Database, settings: Settings, mailbox: tuple[Mailbox, str]) -> Settings:
    settings = replace(settings, smtp_url=f"{mailbox[1]}&bounces=bounces@harbor.example")
    await report(city)
    await announce(city, settings)
    return settings


async def test_a_mail_server_pipes_a_report_in_and_nobody_writes_to_that_mailbox_again(
    city: Database,
    settings: Settings,
    mailbox: tuple[Mailbox, str],
) -> None:
    settings = await told_once(city, settings, mailbox)
    box, _ = mailbox
    [to] = box.senders
    environ = {
        "BLOCKWISE_DATABASE_URL": settings.database_url,
        "BLOCKWISE_SECRET_KEY": settings.secret_key,
        "BLOCKWISE_VAR": str(settings.var),
    }
    for raw in (b"From: somebody\r\n\r\nhello", sent_back(to=to)):
        piped = await asyncio.to_thread(CliRunner().invoke, bounces, input=raw, env=environ)
        assert piped.exit_code == 0, piped.output
    async with city.reading() as session:
        [delivery] = (await session.execute(select(Delivery))).scalars()
        [contact] = (await session.execute(select(Contact))).scalars()
    assert (delivery.failure, contact.notify) == ("returned 5.1.1", "none")


async def test_a_full_mailbox_is_noted_and_written_to_again(
    city: Database, settings: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    await told_once(city, settings, mailbox)
    async with city.writing() as session:
        [delivery] = (await session.execute(select(Delivery))).scalars()
        assert await note_returned(session, Returned(f"d{delivery.id}", Failed("5.2.2")))
        assert not await note_returned(session, Returned("d999", Failed("5.2.2")))
    async with city.reading() as session:
        [contact] = (await session.execute(select(Contact))).scalars()
    assert contact.notify == "email"
