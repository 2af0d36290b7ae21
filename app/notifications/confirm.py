"""An address is written to once its holder says that it is theirs (double opt-in): the letter that asks, its link."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from app.notifications.models import Subscriber
from app.notifications.news import News
from app.notifications.signed import read_signed, signed
from app.notifications.when import ALONE
from app.settings import Settings
from app.templating import gettext

PURPOSE = "confirm"
CONFIRM = "confirm"
EMAIL, PHONE = "email", "phone"
LETTERS = {"e": EMAIL, "p": PHONE}
# Somebody who types another's address again and again fills nobody's mailbox.
ASKED_AGAIN_AFTER = timedelta(minutes=2)


def confirming(settings: Settings, subscriber: Subscriber, asked: str) -> News | None:
    """What the letter says; None where nothing is asked any more."""
    if getattr(subscriber, f"{asked}_state") != "asked":
        return None
    return News(
        kind=CONFIRM,
        subject=gettext("Shall messages come here?"),
        heading=gettext("Shall messages come here?"),
        meaning=gettext("Somebody asked for messages about reports and gave this address. If it was you, say yes."),
        next=gettext("If it was not you, do nothing: nothing more comes."),
        url=f"{settings.public_url}{confirm_path(settings.secret_key, subscriber, asked)}",
    )


def confirm_path(secret_key: str, subscriber: Subscriber, asked: str) -> str:
    """The path that says yes for this subscriber and this very address."""
    return f"/notifications/confirm/{signed(secret_key, PURPOSE, name_of(subscriber, asked))}"


def name_of(subscriber: Subscriber, asked: str) -> str:
    address = getattr(subscriber, asked) or ""
    return f"{asked[0]}{subscriber.id}x{hashlib.sha256(address.encode()).hexdigest()[:10]}"


def read_confirm(secret_key: str, token: str) -> tuple[str, int] | None:
    """(email or phone, the subscriber's id) of a link that we gave; check `name_of` against the address of today."""
    name = read_signed(secret_key, PURPOSE, token) or ""
    number = name[1:].partition("x")[0]
    return (LETTERS[name[0]], int(number)) if name[:1] in LETTERS and number.isdecimal() else None


def is_of_today(secret_key: str, token: str, subscriber: Subscriber, asked: str) -> bool:
    return read_signed(secret_key, PURPOSE, token) == name_of(subscriber, asked)


def confirm_row(subscriber: Subscriber, asked: str, now: datetime) -> dict[str, Any]:
    """The delivery of the letter that asks."""
    return {
        "key": f"k{subscriber.id}.{now:%Y%m%d%H%M%S}.{asked}",
        "subscriber_id": subscriber.id,
        "channel": "email" if asked == EMAIL else "sms",
        "body": {"confirm": asked},
        "bundle": ALONE,
        "created_datetime": now,
        "due_datetime": now,
    }
