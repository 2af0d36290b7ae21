"""Mail that comes back: what a report of undelivered mail (RFC 3464) says, and what follows from it.

Each e-mail has a return address of its own (`return_path`): that, and not what the report says, tells which it was.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.notifications.email import NO_SUCH_MAILBOX, STATUS
from app.notifications.models import Delivery, Subscriber
from app.notifications.outcome import Failed, Gone
from app.notifications.signed import read_signed, signed
from app.service_requests.models import Contact

log = structlog.get_logger()

PURPOSE = "bounce"
UNKNOWN = "5.0.0"
# A report may bring the whole message back with it; what it says stands in front.
MOST_BYTES = 2_000_000
# The key in an address; the rest of a line is anybody's.
KEY = re.compile(r"\+([0-9a-z]{1,40}-[2-7a-z]{16})@", re.IGNORECASE)
ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "To")


@dataclass(frozen=True, slots=True)
class Returned:
    """`name`: of the message, as `bounce_key` was given it. `outcome`: Gone when there is no such mailbox."""

    name: str
    outcome: Gone | Failed


def bounce_key(secret_key: str, name: str) -> str:
    return signed(secret_key, PURPOSE, name)


def read_bounce(raw: bytes, secret_key: str, recipient: str | None = None) -> Returned | None:
    """What a message to the mailbox for bounces says; None for one that tells of no failure of a message of ours.

    `recipient`: whom the mail server took it for, where it says so; else it is looked for in the message.
    """
    message = email.message_from_bytes(raw[:MOST_BYTES])
    name = name_in([recipient] if recipient else addressed(message), secret_key)
    status = failed_status(message) if name else None
    if name is None or status is None:
        return None
    return Returned(name, Gone(status) if status in NO_SUCH_MAILBOX else Failed(status))


def addressed(message: Message) -> list[str]:
    return [str(line) for header in ADDRESSED for line in message.get_all(header, [])]


def name_in(lines: Iterable[str], secret_key: str) -> str | None:
    keys = (key for line in lines for key in KEY.findall(line))
    return next((name for key in keys if (name := read_signed(secret_key, PURPOSE, key))), None)


def failed_status(message: Message) -> str | None:
    """The status (RFC 3463) of a delivery that failed for good; None for delays, receipts and letters by people."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for block in part.get_payload():
            if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
                said = STATUS.match(str(block.get("Status", "")).strip())
                return said.group() if said else UNKNOWN
    return None


async def note_returned(session: AsyncSession, returned: Returned) -> bool:
    """Notes it with the delivery; who has no mailbox is written to no more. False for a delivery that is not here."""
    delivery = await session.get(Delivery, int(returned.name[1:])) if returned.name.startswith("d") else None
    if delivery is None:
        return False
    delivery.failure = f"returned {returned.outcome.reason}"
    if isinstance(returned.outcome, Gone):
        await nobody_there(session, delivery)
    log.info("mail came back", delivery=delivery.id, status=returned.outcome.reason)
    return True


async def nobody_there(session: AsyncSession, delivery: Delivery) -> None:
    """The address of a delivery is written to no more. Whoever has been forgotten meanwhile needs nothing."""
    if delivery.contact_id:
        if contact := await session.get(Contact, delivery.contact_id):
            contact.notify = "none"
    elif delivery.subscriber_id and (subscriber := await session.get(Subscriber, delivery.subscriber_id)):
        subscriber.email_state = "gone"
