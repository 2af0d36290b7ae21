"""How an e-mail is sent: SMTP (RFC 5321) through the server that the city names, as text and HTML."""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import smtplib
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from app.notifications.letters import Message
from app.notifications.outcome import Failed, Gone, Later, Outcome, Sent
from app.notifications.smtp_url import bounces_of, sender_of

TIMEOUT_SECONDS = 15
# An address in a header that were longer than a line would be encoded, and no mail program could read it.
POLICY = SMTP.clone(max_line_length=900)
# RFC 5321 §4.2.3 and RFC 3463: the mailbox is not there, and not: the message is not liked.
STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}(?!\d)")
NO_SUCH_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


async def send_email(smtp_url: str, message: Message) -> Outcome:
    """Sends one message. `Sent`: the server has taken it. Raises nothing: whatever happens is an outcome.

    `smtp_url`: smtp://[user:password@]host[:port][?from=address&bounces=address] (STARTTLS where the server offers
    it), or smtps:// for TLS from the start.
    """
    [outcome] = await send_emails(smtp_url, [message])
    return outcome


async def send_emails(smtp_url: str, messages: Sequence[Message], until: float = math.inf) -> list[Outcome]:
    """Sends messages over one connection: an outcome for each. A server that goes away leaves the rest for later.

    From a moment of `time.monotonic` on no other is begun: the last of them have no outcome then.
    """
    return await asyncio.to_thread(send_now, smtp_url, messages, until)


def send_now(smtp_url: str, messages: Sequence[Message], until: float = math.inf) -> list[Outcome]:
    outcomes: list[Outcome] = []
    if not messages:
        return outcomes
    try:
        with connection(smtp_url) as server:
            for message in messages:
                if outcomes and time.monotonic() >= until:
                    messages = messages[: len(outcomes)]
                    break
                outcomes.append(sent_over(server, smtp_url, message))
                if isinstance(outcomes[-1], Later) and outcomes[-1].shut:
                    break
    except (OSError, smtplib.SMTPException) as error:
        # A server that has taken all and then says no goodbye has taken all.
        if len(outcomes) < len(messages):
            outcomes.append(shut(error))
    return outcomes + [outcomes[-1]] * (len(messages) - len(outcomes))


def connection(smtp_url: str) -> smtplib.SMTP:
    """A server that is ready to take mail. Raises smtplib.SMTPException or OSError."""
    parts = urlsplit(smtp_url)
    host, context = parts.hostname or "localhost", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def sent_over(server: smtplib.SMTP, smtp_url: str, message: Message) -> Outcome:
    try:
        email = written(message, sender_of(smtp_url))
        if len(email["To"].addresses) != 1:
            return Failed("address")
        server.send_message(email, from_addr=return_path(smtp_url, message))
    except smtplib.SMTPRecipientsRefused as refused:
        [(code, words)] = refused.recipients.values()
        return refusal(code, words, recipient=True)
    except smtplib.SMTPNotSupportedError as error:
        # Only an address in letters that this server cannot take asks for more than it has.
        return Failed(type(error).__name__)
    except smtplib.SMTPResponseException as error:
        return refusal(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        return shut(error)
    except Exception as error:  # The library meets some addresses with whatever it happens to raise.
        # What it has begun to say is taken back, so that the next message begins anew.
        with suppress(OSError, smtplib.SMTPException):
            server.rset()
        return Failed(type(error).__name__)
    return Sent()


def refusal(code: int, words: bytes | str, *, recipient: bool = False) -> Outcome:
    """What a server's answer says: 4xx is for now (421: it is closing), 5xx for ever."""
    if code == 421:
        return Later(0, "421", shut=True)
    if code < 500:
        return Later(0, str(code))
    said = STATUS.match(words.decode("utf-8", "replace") if isinstance(words, bytes) else words)
    status = said.group() if said else ""
    # Without a status of its own, 550 to a recipient means the mailbox (RFC 5321 §4.2.3).
    gone = status in NO_SUCH_MAILBOX or (recipient and code in (550, 551, 553) and not status)
    return Gone(status or str(code)) if gone else Failed(status or str(code))


def shut(error: Exception) -> Later:
    return Later(0, type(error).__name__, shut=True)


def return_path(smtp_url: str, message: Message) -> str:
    """Where reports of undelivered mail go: an address of this message's own, where the city keeps a mailbox for it."""
    bounces = bounces_of(smtp_url)
    if not bounces or not message.bounce_key:
        return bounces or sender_of(smtp_url)
    local, _, domain = bounces.rpartition("@")
    return f"{local}+{message.bounce_key}@{domain}"


def written(message: Message, sender: str) -> EmailMessage:
    email = EmailMessage(policy=POLICY)
    email["From"], email["To"], email["Subject"] = sender, message.to, message.subject
    email["Date"], email["Message-ID"] = formatdate(), message_id(message, sender.rpartition("@")[2])
    # So that out-of-office answers stay away (RFC 3834).
    email["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe:
        # The mail program's own button (RFC 8058); without https it may only lead to the page.
        email["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        if message.unsubscribe.startswith("https://"):
            email["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    email.set_content(message.text)
    if message.html:
        email.add_alternative(message.html, subtype="html")
    if message.html and message.photo:
        _, html = email.iter_parts()
        html.add_related(message.photo, "image", "jpeg", cid="<photo>")
    return email


def message_id(message: Message, domain: str) -> str:
    """The same for the same message: of two copies, mail programs show one."""
    if not message.key:
        return make_msgid(domain=domain)
    return f"<{hashlib.sha256(message.key.encode()).hexdigest()[:40]}@{domain}>"
