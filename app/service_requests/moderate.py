"""Words and photos are taken from the public, and given back: what stood there is kept, and who did it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.errors import Problem, Refused
from app.service_requests.forms import clean
from app.service_requests.masking import MASK
from app.service_requests.models import Photo, ServiceRequest, Update
from app.service_requests.moderation_models import PHOTO_HIDDEN, WORDS_HIDDEN, WORDS_MASKED, Moderation
from app.service_requests.people import lock, touch
from app.templating import mark

MOST_REASON = 500
MOST_PHRASES = 50

NO_SUCH_WORDS = mark("These words are not there any more. Load the page again.")
NO_SUCH_PHOTO = mark("This photo is not there any more. Load the page again.")
NOTHING_TO_MASK = mark("Write the words that the public should not read, one part on each line.")
NOT_FOUND = mark("“%(phrase)s” does not stand in these words. Copy it letter by letter.")
TOO_MANY = mark("Mask at most %(most)d parts at once.")
CHANGED_SINCE = mark("The words were changed after this. Nothing was undone: mask what must not be read now.")
REASON_TOO_LONG = mark("Give the reason in at most %(most)d characters.")


async def hide_words(
    session: AsyncSession, request: ServiceRequest, by: Account, *, update_id: int | None = None, reason: str = ""
) -> Moderation | None:
    """Takes the description, or the words of an entry of the timeline, off every public page.

    None where they were hidden already. Raises Refused (422) for words that are not there.
    """
    request, entry = await locked_words(session, request, update_id)
    if not is_public(request, entry):
        return None
    show(request, entry, public=False)
    return await keep(session, request, by, WORDS_HIDDEN, update_id=update_id, reason=reason)


async def show_description(session: AsyncSession, request: ServiceRequest, by: Account) -> None:
    """Shows the description to everybody, whether it was hidden or waited for somebody who reads it first."""
    request, _ = await locked_words(session, request, None)
    for one in await standing(session, request.id, Moderation(kind=WORDS_HIDDEN)):
        one.undone_datetime, one.undone_by = datetime.now(UTC), by.name
    request.description_public = True
    # Whoever keeps a copy of the public reports must hear of it.
    touch(request)
    await session.flush()


async def mask_words(
    session: AsyncSession,
    request: ServiceRequest,
    by: Account,
    phrases: Sequence[str],
    *,
    update_id: int | None = None,
    reason: str = "",
) -> Moderation:
    """Puts dots in place of each phrase, wherever it stands and however it is written large or small.

    Whoever reads the words reads the dots, the reporter too; staff finds what stood there in the row's `before`.
    Raises Refused (422) for a phrase that is not there.
    """
    request, entry = await locked_words(session, request, update_id)
    before = words_of(request, entry)
    write(request, entry, before, with_dots(before, read_phrases(phrases, before)))
    facts = {"phrases": list(phrases), "before": before}
    return await keep(session, request, by, WORDS_MASKED, update_id=update_id, reason=reason, facts=facts)


async def hide_photo(
    session: AsyncSession, request: ServiceRequest, by: Account, photo_id: int, *, reason: str = ""
) -> Moderation | None:
    """Takes a photo off every public page; None where it was hidden already. Raises Refused (422)."""
    request = (await lock(session, request.id))[request.id]
    photo = await photo_of(session, request, photo_id)
    if not photo.public:
        return None
    photo.public = False
    return await keep(session, request, by, PHOTO_HIDDEN, photo_id=photo_id, reason=reason)


async def undo(session: AsyncSession, request: ServiceRequest, by: Account, done: Moderation) -> None:
    """Gives back what one moderation took; done already, it does nothing. Photos that were covered: cover_photo.py.

    Raises Refused (409) for masked words that were changed since.
    """
    request = (await lock(session, request.id))[request.id]
    await session.refresh(done)
    if done.undone_datetime is not None:
        return
    others = [one for one in await standing(session, request.id, done) if one.id != done.id]
    if done.kind == WORDS_MASKED:
        _, entry = await locked_words(session, request, done.update_id)
        unmask(request, entry, done, others)
    elif not others and done.kind == WORDS_HIDDEN:
        _, entry = await locked_words(session, request, done.update_id)
        show(request, entry, public=True)
    elif not others and done.kind == PHOTO_HIDDEN:
        (await photo_of(session, request, done.photo_id or 0)).public = True
    await mark_undone(session, request, by, done)


async def mark_undone(session: AsyncSession, request: ServiceRequest, by: Account, done: Moderation) -> None:
    done.undone_datetime, done.undone_by = datetime.now(UTC), by.name
    touch(request)
    await session.flush()


async def standing(session: AsyncSession, request_id: int, like: Moderation) -> list[Moderation]:
    """What was done to the same words or the same photo in the same way and is not undone, the oldest first."""
    wanted = select(Moderation).where(
        Moderation.request_id == request_id,
        Moderation.kind == like.kind,
        Moderation.update_id.is_not_distinct_from(like.update_id),
        Moderation.photo_id.is_not_distinct_from(like.photo_id),
        Moderation.undone_datetime.is_(None),
    )
    return list((await session.execute(wanted.order_by(Moderation.id))).scalars())


def unmask(request: ServiceRequest, entry: Update | None, done: Moderation, others: list[Moderation]) -> None:
    """The words as they would stand if this mask had never been."""
    every = sorted([done, *others], key=lambda one: one.id)
    original = str(every[0].facts["before"])
    now = words_of(request, entry)
    masked = original
    for one in every:
        masked = with_dots(masked, one.facts["phrases"])
    if now != masked:
        raise Refused(Problem("undo", CHANGED_SINCE), status=409)
    before = original
    for one in others:
        one.facts = {**one.facts, "before": before}
        before = with_dots(before, one.facts["phrases"])
    write(request, entry, now, before)


def read_phrases(phrases: Sequence[str], text: str) -> Sequence[str]:
    if not phrases:
        raise Refused(Problem("phrases", NOTHING_TO_MASK))
    if len(phrases) > MOST_PHRASES:
        raise Refused(Problem("phrases", TOO_MANY, {"most": MOST_PHRASES}))
    # With a mask in it, it would be found no more once that mask is undone.
    missing = [phrase for phrase in phrases if MASK in phrase or with_dots(text, [phrase]) == text]
    if missing:
        raise Refused(*[Problem("phrases", NOT_FOUND, {"phrase": phrase[:60]}) for phrase in missing[:1]])
    return phrases


def with_dots(text: str, phrases: Sequence[str]) -> str:
    # The longest first: one may stand within another.
    for phrase in sorted(phrases, key=len, reverse=True):
        text = re.sub(re.escape(phrase), MASK, text, flags=re.IGNORECASE)
    return text


def read_reason(text: str) -> str:
    """Raises Refused (422)."""
    reason = clean(text)
    if len(reason) > MOST_REASON:
        raise Refused(Problem("reason", REASON_TOO_LONG, {"most": MOST_REASON}))
    return reason


async def locked_words(
    session: AsyncSession, request: ServiceRequest, update_id: int | None
) -> tuple[ServiceRequest, Update | None]:
    """The request, kept from other writers, and the entry of its timeline. Raises Refused (422)."""
    request = (await lock(session, request.id))[request.id]
    if update_id is None:
        if not request.description:
            raise Refused(Problem("words", NO_SUCH_WORDS))
        return request, None
    wanted = select(Update).where(Update.id == update_id, Update.request_id == request.id, Update.text != "")
    wanted = wanted.where(Update.kind != "correction").execution_options(populate_existing=True)
    entry = (await session.execute(wanted)).scalar_one_or_none()
    if entry is None:
        raise Refused(Problem("words", NO_SUCH_WORDS))
    return request, entry


async def photo_of(session: AsyncSession, request: ServiceRequest, photo_id: int) -> Photo:
    """A photo of the request, as it is now. Raises Refused (422)."""
    wanted = select(Photo).where(Photo.id == photo_id, Photo.request_id == request.id)
    photo = (await session.execute(wanted.execution_options(populate_existing=True))).scalar_one_or_none()
    if photo is None:
        raise Refused(Problem("photo", NO_SUCH_PHOTO))
    return photo


def words_of(request: ServiceRequest, entry: Update | None) -> str:
    return entry.text if entry else request.description


def is_public(request: ServiceRequest, entry: Update | None) -> bool:
    return entry.text_public if entry else request.description_public


def write(request: ServiceRequest, entry: Update | None, before: str, after: str) -> None:
    if entry is None:
        request.description = after
        return
    entry.text = after
    if request.status_notes == before:
        request.status_notes = after


def show(request: ServiceRequest, entry: Update | None, *, public: bool) -> None:
    if entry is None:
        request.description_public = public
        return
    entry.text_public = public
    # The words of the newest status stand in the request too.
    if not public and request.status_notes == entry.text:
        request.status_notes = None
    elif public and entry.status == request.status and request.status_notes is None:
        request.status_notes = entry.text


async def keep(
    session: AsyncSession,
    request: ServiceRequest,
    by: Account,
    kind: str,
    *,
    update_id: int | None = None,
    photo_id: int | None = None,
    reason: str = "",
    facts: dict[str, Any] | None = None,
) -> Moderation:
    """Writes the row of what was done, and tells whoever keeps a copy of the public reports."""
    row = Moderation(request_id=request.id, kind=kind, update_id=update_id, photo_id=photo_id, reason=reason)
    row.facts, row.account_id, row.account_name = facts or {}, by.id, by.name
    row.done_datetime = touch(request)
    session.add(row)
    await session.flush()
    return row
