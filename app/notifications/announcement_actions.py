"""Writing an announcement, publishing, changing and withdrawing it. Each message about it is a row of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.notifications.announcement_models import Announcement, AnnouncementMessage, AnnouncementPlace
from app.notifications.banner import forget_notices
from app.templating import mark

OVER = mark("The end has passed already. Choose a later one before you publish.")
CHANGED = mark("Somebody changed this notice while you wrote. See how it stands now, and make your change on that.")
NOT_A_DRAFT = mark("This notice is published already.")
NOT_PUBLISHED = mark("This notice is not published, so there is nothing to withdraw.")
WITHDRAWN = mark("This notice was withdrawn. Write a new one.")


async def write_draft(
    session: AsyncSession, facts: Mapping[str, Any], places: Sequence[AnnouncementPlace]
) -> Announcement:
    """A new announcement that only staff sees."""
    now = datetime.now(UTC)
    made = Announcement(**facts, state="draft", created_datetime=now, updated_datetime=now)
    made.places, made.messages = list(places), []
    session.add(made)
    await session.flush()
    return made


async def change(
    session: AsyncSession,
    announcement: Announcement,
    facts: Mapping[str, Any],
    places: Sequence[AnnouncementPlace],
    *,
    account_id: int,
    seen: datetime | None,
) -> None:
    """Other words, times or places. What is published already says so in a message of its own.

    `seen` is when it had been changed last as the writer saw it. Raises Refused: 409 for one that was changed since
    or withdrawn, 422 for a published one whose new end has passed.
    """
    await lock(session, announcement)
    if announcement.state == "withdrawn":
        raise Refused(Problem("state", WITHDRAWN), status=409)
    if seen != announcement.updated_datetime:
        raise Refused(Problem("state", CHANGED), status=409)
    is_published = announcement.state == "published"
    if is_published:
        refuse_what_is_over(facts["ends_datetime"])
    for name, value in facts.items():
        setattr(announcement, name, value)
    announcement.places = list(places)
    announcement.updated_datetime = datetime.now(UTC)
    if is_published:
        await write_message(session, announcement, "update", account_id)
    await session.flush()


async def publish(session: AsyncSession, announcement: Announcement, *, account_id: int) -> None:
    """From now on everybody sees it. Raises Refused: 409 for one that is no draft, 422 for one that is over."""
    await lock(session, announcement)
    if announcement.state != "draft":
        raise Refused(Problem("state", NOT_A_DRAFT), status=409)
    refuse_what_is_over(announcement.ends_datetime)
    announcement.state = "published"
    announcement.updated_datetime = datetime.now(UTC)
    await write_message(session, announcement, "alert", account_id)


async def withdraw(
    session: AsyncSession, announcement: Announcement, *, account_id: int, note: str, translations: dict[str, Any]
) -> None:
    """It holds no more, whatever its end says. Raises Refused (409) for one that is not published."""
    await lock(session, announcement)
    if announcement.state != "published":
        raise Refused(Problem("state", NOT_PUBLISHED), status=409)
    announcement.state = "withdrawn"
    announcement.updated_datetime = datetime.now(UTC)
    await write_message(session, announcement, "cancel", account_id, note=note, translations=translations)


async def discard(session: AsyncSession, announcement: Announcement) -> None:
    """A draft goes for good. Raises Refused (409) for what people have seen."""
    await lock(session, announcement)
    if announcement.state != "draft":
        raise Refused(Problem("state", NOT_A_DRAFT), status=409)
    await session.delete(announcement)


async def lock(session: AsyncSession, announcement: Announcement) -> None:
    """Two who change the same announcement follow each other, and the second sees what the first did."""
    await session.refresh(announcement, ["state", "updated_datetime"], with_for_update=True)


def refuse_what_is_over(ends: datetime) -> None:
    if ends <= datetime.now(UTC):
        raise Refused(Problem("ends", OVER))


async def write_message(
    session: AsyncSession, announcement: Announcement, kind: str, account_id: int, **words: Any
) -> None:
    """The next message of an announcement, for feeds and for those who tell people. The banners read anew."""
    last = select(func.max(AnnouncementMessage.version)).where(AnnouncementMessage.announcement_id == announcement.id)
    session.add(
        AnnouncementMessage(
            announcement_id=announcement.id,
            version=((await session.execute(last)).scalar() or 0) + 1,
            kind=kind,
            account_id=account_id,
            sent_datetime=datetime.now(UTC).replace(microsecond=0),
            **words,
        )
    )
    await session.flush()
    forget_notices(session)
