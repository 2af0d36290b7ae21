"""The reporter adds words or a photo to their report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.clock import resume
from app.service_requests.forms import MAX_DESCRIPTION, TOO_LONG, clean
from app.service_requests.models import Photo, ServiceRequest, Update
from app.service_requests.people import lock, touch
from app.service_requests.submission import StoredPhoto
from app.service_requests.submit import photo_row
from app.services.models import Service
from app.templating import mark

# The same words again within this time are the same click again.
SAME_CLICK = timedelta(minutes=10)
MAX_PHOTOS = 15
MAX_COMMENTS = 50

NO_WORDS = mark("Write something before you send it.")
ENOUGH_COMMENTS = mark("This report has many comments already. Call the city to tell more.")
ENOUGH_PHOTOS = mark("This report has %(most)d photos already, which is the most that it can have.")


def read_words(text: str, field: str = "text") -> str:
    """A comment as it is kept. Raises Refused (422) for an empty or an overlong one."""
    words = clean(text)
    if not words:
        raise Refused(Problem(field, NO_WORDS))
    if len(words) > MAX_DESCRIPTION:
        raise Refused(Problem(field, TOO_LONG, {"length": len(words), "most": MAX_DESCRIPTION}))
    return words


def shown_at_once(service: Service) -> bool:
    """Whether what a reporter writes is public without anybody's looking: the service's rule for texts."""
    return service.text_rule == "public" and not service.private


async def add_comment(session: AsyncSession, request: ServiceRequest, text: str) -> Update:
    """Writes the reporter's comment; the same one again gives the same row. Raises Refused (422)."""
    words, public = read_words(text), shown_at_once(request.service)
    waits_for_a_look = request.service.text_rule == "review"
    request = (await lock(session, request.id))[request.id]
    comments = select(Update).where(Update.request_id == request.id, Update.kind == "comment")
    same = comments.where(Update.text == words, Update.updated_datetime > datetime.now(UTC) - SAME_CLICK)
    if known := (await session.execute(same.limit(1))).scalar_one_or_none():
        return known
    if (await session.execute(select(func.count()).select_from(comments.subquery()))).scalar_one() >= MAX_COMMENTS:
        raise Refused(Problem("text", ENOUGH_COMMENTS))
    update = Update(request_id=request.id, updated_datetime=touch(request), kind="comment", text=words)
    update.text_public, update.author = public, "reporter"
    if waits_for_a_look and not request.flagged_datetime:
        request.flagged_datetime = update.updated_datetime
    session.add(update)
    await session.flush()
    # It may be what the city was waiting for.
    if request.paused_datetime is not None:
        await resume(session, request)
    return update


async def add_city_comment(session: AsyncSession, request: ServiceRequest, text: str, *, account_id: int) -> Update:
    """Writes what the city says to everybody; the same one again gives the same row. Raises Refused (422)."""
    words = read_words(text, "comment")
    request = (await lock(session, request.id))[request.id]
    same = select(Update).where(Update.request_id == request.id, Update.kind == "comment", Update.author == "city")
    same = same.where(Update.text == words, Update.updated_datetime > datetime.now(UTC) - SAME_CLICK)
    if known := (await session.execute(same.limit(1))).scalar_one_or_none():
        return known
    update = Update(request_id=request.id, updated_datetime=touch(request), kind="comment", text=words)
    update.author, update.account_id = "city", account_id
    session.add(update)
    await session.flush()
    return update


async def add_photo(
    session: AsyncSession, request: ServiceRequest, stored: StoredPhoto, *, update: Update | None = None
) -> Photo:
    """Writes a photo that the store holds already; the same one again gives the same row. Raises Refused (422).

    It belongs to the entry `update` of the timeline, or to one of its own.
    """
    request = (await lock(session, request.id))[request.id]
    photos = select(Photo).where(Photo.request_id == request.id).order_by(Photo.position)
    known = list((await session.execute(photos)).scalars())
    if same := next((photo for photo in known if photo.content_hash == stored.content_hash), None):
        return same
    if len(known) >= MAX_PHOTOS:
        raise Refused(Problem("photo", ENOUGH_PHOTOS, {"most": MAX_PHOTOS}))
    if update is None:
        update = Update(request_id=request.id, updated_datetime=touch(request), kind="photo", author="reporter")
        session.add(update)
        await session.flush()
    position = max((photo.position for photo in known), default=-1) + 1
    photo = photo_row(request.id, stored, position, update_id=update.id)
    session.add(photo)
    await session.flush()
    if request.paused_datetime is not None:
        await resume(session, request)
    return photo
