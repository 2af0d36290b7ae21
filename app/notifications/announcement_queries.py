"""Reads of announcements: what holds now, what the public may see, and all of it for staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.notifications.announcement_models import Announcement, AnnouncementMessage
from app.sql import holds

# How long the public list shows what is over.
SHOWN_AFTER = timedelta(days=30)
MOST_SHOWN = 100
# Who polls a feed once a day hears of a withdrawal too.
TOLD_AFTER = timedelta(days=1)


def announcements() -> Select[Announcement]:
    """With places and messages; more than these is not asked of anybody."""
    return select(Announcement).options(selectinload(Announcement.places), selectinload(Announcement.messages))


def holds_after(now: datetime) -> ColumnElement[bool]:
    """Published and not over: in force, or planned."""
    return and_(Announcement.state == "published", Announcement.ends_datetime > now)


async def in_force_or_planned(session: AsyncSession, now: datetime) -> Sequence[Announcement]:
    """The soonest first."""
    wanted = announcements().where(holds_after(now)).order_by(Announcement.starts_datetime, Announcement.id)
    return (await session.execute(wanted.limit(MOST_SHOWN))).scalars().all()


async def lately_over(session: AsyncSession, now: datetime) -> Sequence[Announcement]:
    """What ended or was withdrawn within the last 30 days, the last one first."""
    ended = and_(Announcement.state == "published", Announcement.ends_datetime.between(now - SHOWN_AFTER, now))
    taken_back = and_(Announcement.state == "withdrawn", Announcement.updated_datetime > now - SHOWN_AFTER)
    wanted = announcements().where(or_(ended, taken_back)).order_by(Announcement.updated_datetime.desc())
    return (await session.execute(wanted.limit(MOST_SHOWN))).scalars().all()


async def for_feeds(session: AsyncSession, now: datetime) -> list[Announcement]:
    """What holds or is planned, and what was withdrawn in the last day; the newest message first."""
    withdrawn = and_(Announcement.state == "withdrawn", Announcement.updated_datetime > now - TOLD_AFTER)
    wanted = announcements().where(or_(holds_after(now), withdrawn)).limit(MOST_SHOWN)
    found = (await session.execute(wanted.order_by(Announcement.updated_datetime.desc()))).scalars().all()
    return sorted(found, key=lambda one: (one.messages[-1].sent_datetime, one.id), reverse=True)


async def find_public(session: AsyncSession, announcement_id: int) -> Announcement | None:
    """One that the public may see: published or withdrawn, however long ago."""
    found = await find(session, announcement_id)
    return found if found and found.state != "draft" else None


async def find(session: AsyncSession, announcement_id: int) -> Announcement | None:
    if not holds(Announcement.id, announcement_id):
        return None
    return (await session.execute(announcements().where(Announcement.id == announcement_id))).scalar_one_or_none()


async def for_staff(session: AsyncSession) -> Sequence[Announcement]:
    """The last hundred, drafts too; what was changed last comes first."""
    wanted = announcements().order_by(Announcement.updated_datetime.desc(), Announcement.id.desc())
    return (await session.execute(wanted.limit(MOST_SHOWN))).scalars().all()


async def untold(session: AsyncSession, most: int) -> Sequence[AnnouncementMessage]:
    """Messages that nobody has been told yet, the oldest first; another worker's are skipped."""
    wanted = select(AnnouncementMessage).where(AnnouncementMessage.announced_datetime.is_(None))
    wanted = wanted.order_by(AnnouncementMessage.id).limit(most).with_for_update(skip_locked=True)
    return (await session.execute(wanted)).scalars().all()
