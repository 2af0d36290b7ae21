"""How an e-mail is sent: SMTP (RFC 5321) through the server that the city names."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from app.notifications.messages import Message

TIMEOUT_SECONDS = 15
DEFAULT_SENDER = "blockwise@localhost"


async def send_email(smtp_url: str, message: Message) -> None:
    """Sends one message; when this returns, the server has taken it.

    `smtp_url`: smtp://[user:password@]host[:port][?from=address] (STARTTLS where the server offers it), or
    smtps:// for TLS from the start. Raises smtplib.SMTPException or OSError.
    """
    await asyncio.to_thread(send_now, smtp_url, message)


def send_now(smtp_url: str, message: Message) -> None:
    parts = urlsplit(smtp_url)
    host, context = parts.hostname or "localhost", ssl.create_default_context()
    sender = parse_qs(parts.query).get("from", [DEFAULT_SENDER])[0]
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_SECONDS)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(written(message, sender))


def written(message: Message, sender: str) -> EmailMessage:
    email = EmailMessage(policy=SMTP)
    email["From"], email["To"], email["Subject"] = sender, message.to, message.subject
    email["Date"], email["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2])
    # So that out-of-office answers stay away (RFC 3834).
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(message.text)
    return email
