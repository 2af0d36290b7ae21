"""Sending what is due by e-mail: claimed, sent over one connection outside of any transaction, and settled."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Sequence
from dataclasses import replace

import structlog
from obstore.store import ObjectStore
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.media.storage import StorageUnavailable, read
from app.notifications.bounces import nobody_there
from app.notifications.claims import (
    LEASE,
    STOPPED,
    Parcel,
    claim,
    give_back,
    next_attempt,
    settle_later,
    settle_over,
    settle_sent,
)
from app.notifications.contents import load_contents
from app.notifications.email import send_emails
from app.notifications.letters import Message
from app.notifications.messages import Written, write_email
from app.notifications.outcome import Gone, Later, Outcome, Sent
from app.settings import Settings

log = structlog.get_logger()

BATCH = 50
# A slow mail server must not take so long that what it has taken is sent again.
MOST_SECONDS = LEASE.total_seconds() / 2
# On a phone's screen, and no burden for a mailbox.
PHOTO_SIDE, PHOTO_QUALITY = 640, 80


async def send_email_batch(database: Database, settings: Settings, smtp_url: str, store: ObjectStore) -> bool:
    """Sends what is due, at most 50 messages. False: none were, or the mail server is away."""
    until = time.monotonic() + MOST_SECONDS
    async with database.writing() as session:
        parcels = await claim(session, "email", BATCH)
    if not parcels:
        return False
    letters, nothing = await letters_of(database, settings, parcels)
    messages = [await with_photo(store, written) for _, written in letters]
    outcomes = await send_emails(smtp_url, messages, until)
    async with database.writing() as session:
        await settle_over(session, [parcel.lead.id for parcel in nothing], STOPPED)
        await settle(session, [(parcel, outcome) for (parcel, _), outcome in zip(letters, outcomes, strict=False)])
        await give_back(session, [parcel.lead.id for parcel, _ in letters[len(outcomes) :]])
    return not any(isinstance(outcome, Later) and outcome.shut for outcome in outcomes)


async def letters_of(
    database: Database, settings: Settings, parcels: Sequence[Parcel]
) -> tuple[list[tuple[Parcel, Written]], list[Parcel]]:
    """(what is to be sent, what has nothing to say any more)."""
    letters, nothing = [], []
    async with database.reading() as session:
        contents = await load_contents(session, settings, [one for parcel in parcels for one in parcel.all])
    for parcel in parcels:
        reader = contents.reader(parcel.lead)
        if reader is None:
            nothing.append(parcel)
            continue
        contents.speak(reader.locale)
        news = [found for one in parcel.all if (found := contents.news(one, reader))]
        if news:
            letters.append((parcel, write_email(contents, parcel.name, reader, news)))
        else:
            nothing.append(parcel)
    return letters, nothing


async def with_photo(store: ObjectStore, written: Written) -> Message:
    """The message with its photo in it: nothing is loaded from anywhere when it is opened."""
    if written.photo is None:
        return written.message
    try:
        raw = await read(store, written.photo.large_key)
        return replace(written.message, photo=await asyncio.to_thread(as_jpeg, raw))
    except (StorageUnavailable, OSError) as error:
        log.warning("a letter goes without its photo", photo=written.photo.id, reason=type(error).__name__)
        return written.message


def as_jpeg(raw: bytes) -> bytes:
    """Of our own renditions, which are WebP: not every mail program can show it."""
    with Image.open(io.BytesIO(raw)) as picture:
        picture.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
        made = io.BytesIO()
        picture.convert("RGB").save(made, "JPEG", quality=PHOTO_QUALITY)
    return made.getvalue()


async def settle(session: AsyncSession, outcomes: Sequence[tuple[Parcel, Outcome]]) -> None:
    await settle_sent(session, [parcel.lead.id for parcel, outcome in outcomes if isinstance(outcome, Sent)])
    tried = False
    for parcel, outcome in outcomes:
        if isinstance(outcome, Sent):
            continue
        if isinstance(outcome, Later) and outcome.shut:
            # The server was asked for one of them only.
            if tried:
                await give_back(session, [parcel.lead.id])
                continue
            tried = True
        await note_failure(session, parcel, outcome)


async def note_failure(session: AsyncSession, parcel: Parcel, outcome: Outcome) -> None:
    reason = getattr(outcome, "reason", "")
    due = next_attempt(parcel, outcome) if isinstance(outcome, Later) else None
    if due is not None:
        await settle_later(session, parcel.lead.id, due, reason)
    else:
        await settle_over(session, [parcel.lead.id], reason)
    if isinstance(outcome, Gone):
        await nobody_there(session, parcel.lead)
    log.warning("not sent", delivery=parcel.lead.id, outcome=type(outcome).__name__, reason=reason)
