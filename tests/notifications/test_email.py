"""E-mail through a real SMTP server, and through those that are down, refuse, or hang."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from app.notifications.email import send_email, send_emails
from app.notifications.letters import Message
from app.notifications.outcome import Failed, Gone, Later, Outcome, Sent
from tests.notifications.peers import Mailbox, part_of, silent_server, text_of
from tests.servers import free_port

STOP = f"https://311.harbor.example/notifications/stop/c1-{'abc' * 40}"
NEWS = Message("ana@example.org", "Bache: Reparado", "Listo, señora Peña.\n", html="<p>Listo</p>", unsubscribe=STOP)


async def test_a_message_has_text_and_html_and_a_button_to_stop_with_one_click(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    assert await send_email(url, NEWS) == Sent()
    [message] = box.messages
    assert message.get_content_type() == "multipart/alternative"
    assert text_of(message).replace("\r\n", "\n") == NEWS.text
    assert part_of(message, "html").strip() == "<p>Listo</p>"
    # As it stands: mail programs do not decode these.
    assert f"\r\nList-Unsubscribe: <{STOP}>\r\n".encode() in box.raw[0]
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in box.raw[0]
    assert message["Auto-Submitted"] == "auto-generated"


async def test_without_https_mail_programs_are_not_told_to_post(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    await send_email(url, replace(NEWS, unsubscribe="http://127.0.0.1:8311/stop"))
    assert box.messages[0]["List-Unsubscribe"] and box.messages[0]["List-Unsubscribe-Post"] is None


async def test_the_same_message_sent_twice_is_one_to_a_mail_program(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    for key in ("d1", "d1", "d2", "", ""):
        await send_email(url, replace(NEWS, key=key))
    first, again, other, *random = [message["Message-ID"] for message in box.messages]
    assert first == again and len({first, other, *random}) == 4


async def test_what_cannot_be_delivered_comes_back_to_an_address_of_its_own(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    key = replace(NEWS, bounce_key="d7-abc")
    for where in (url, f"{url}&bounces=bounces@harbor.example"):
        await send_email(where, key)
    assert box.senders == ["311@harbor.example", "bounces+d7-abc@harbor.example"]
    assert {str(message["From"]) for message in box.messages} == {"311@harbor.example"}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 5.1.1 no such user", Gone("5.1.1")),
        ("550 no such user here", Gone("550")),
        ("550 5.7.1 we do not like you", Failed("5.7.1")),
        ("552 5.2.2 mailbox full", Failed("5.2.2")),
        ("451 4.7.1 greylisted, come again", Later(0, "451")),
    ],
)
async def test_a_server_that_refuses_one_of_two_takes_the_other(
    mailbox: tuple[Mailbox, str], answer: str, outcome: Outcome
) -> None:
    box, url = mailbox
    box.refused["ben@example.org"] = answer
    to = ["ben@example.org", "ana@example.org"]
    assert await send_emails(url, [replace(NEWS, to=address) for address in to]) == [outcome, Sent()]
    assert [message["To"] for message in box.messages] == ["ana@example.org"]
    assert box.connections == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("451 try again later", Later(0, "451")),
        ("554 5.6.0 cannot read it", Failed("5.6.0")),
        ("421 4.3.2 going down", Later(0, "421", shut=True)),
    ],
)
async def test_a_server_that_refuses_what_is_said(mailbox: tuple[Mailbox, str], answer: str, outcome: Outcome) -> None:
    box, url = mailbox
    box.refuse = answer
    assert await send_email(url, NEWS) == outcome


async def test_an_address_that_no_library_can_read_takes_nobody_along(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    strange = [replace(NEWS, to=address) for address in (".:?-.`.@|.a\\/", "($):.?@*_$/.](*", "a@b.c\r\nBcc: all@b.c")]
    outcomes = await send_emails(url, [*strange, NEWS])
    assert outcomes[-1] == Sent() and not any(isinstance(outcome, Later) for outcome in outcomes)
    assert "ana@example.org" in [message["To"] for message in box.messages]
    assert not any(message["Bcc"] for message in box.messages)


async def test_one_message_goes_to_one_person(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    assert await send_email(url, replace(NEWS, to="ana@example.org, eve@example.org")) == Failed("address")
    assert box.messages == []


async def test_a_server_that_is_down_shuts_the_door_for_all() -> None:
    outcomes = await send_emails(f"smtp://127.0.0.1:{free_port()}", [NEWS, NEWS])
    assert outcomes == [Later(0, "ConnectionRefusedError", shut=True)] * 2


async def test_a_server_that_hangs_is_left_and_shuts_the_door_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.notifications.email.TIMEOUT_SECONDS", 0.2)
    started = time.monotonic()
    with silent_server() as port:
        outcomes = await send_emails(f"smtp://127.0.0.1:{port}", [NEWS] * 20)
    assert [type(outcome) for outcome in outcomes] == [Later] * 20 and outcomes[0].shut
    assert time.monotonic() - started < 2, "each message waited for the server anew"


async def test_a_server_that_wants_another_password_is_for_later(mailbox: tuple[Mailbox, str]) -> None:
    _, url = mailbox
    outcome = await send_email(url.replace("smtp://", "smtp://user:wrong@"), NEWS)
    assert isinstance(outcome, Later) and outcome.shut


async def test_nothing_to_send_asks_nobody() -> None:
    assert await send_emails(f"smtp://127.0.0.1:{free_port()}", []) == []
