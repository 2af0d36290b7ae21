"""The notices of the moment: read once in a while by each process, so that every page can show what is urgent."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.jurisdictions.queries import engine_of
from app.notifications.announcement_models import Announcement
from app.notifications.announcement_queries import in_force_or_planned
from app.notifications.announcement_words import URGENT
from app.templating import DEFAULT_LOCALE, current_locale, template_engine

log = structlog.get_logger()

# A notice stands on every page of every process within this many seconds.
KEPT_SECONDS = 10.0
# A phone that goes offline knows by then what begins within this time.
AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    announcements: Sequence[Announcement]
    until: float


_kept: WeakKeyDictionary[Engine, Kept] = WeakKeyDictionary()
current_notices: ContextVar[Sequence[Announcement]] = ContextVar("current_notices", default=())


class NoticesOfTheMoment:
    """What templates call `city_notices`."""

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def urgent(self) -> list[Announcement]:
        """For the banner: what is in force, and what begins within a day; the worst first."""
        soon = self.now + AHEAD
        found = [one for one in current_notices.get() if one.severity in URGENT and one.starts_datetime < soon]
        found = [one for one in found if one.ends_datetime > self.now]
        return sorted(found, key=lambda one: (URGENT.index(one.severity), one.starts_datetime))

    @property
    def in_force(self) -> list[Announcement]:
        return [one for one in current_notices.get() if one.starts_datetime <= self.now < one.ends_datetime]

    @property
    def version(self) -> str:
        """Another one when there is anything new to say; "" when there is nothing."""
        told = [f"{one.id} {one.updated_datetime.timestamp()}" for one in current_notices.get()]
        return hashlib.sha256(" ".join(told).encode()).hexdigest()[:12] if told else ""

    def has_begun(self, one: Announcement) -> bool:
        return one.starts_datetime <= self.now

    def language(self, one: Announcement) -> str:
        """The language in which its words are shown: the reader's, or the city's where it was not translated."""
        locale = current_locale.get()
        return locale if locale in one.translations else DEFAULT_LOCALE


template_engine.engine.globals["city_notices"] = NoticesOfTheMoment()


async def enter_notices(database: Database) -> None:
    """Sets the notices for what follows in this task. Costs a read every 10 seconds.

    With the database gone the last known ones stay.
    """
    engine = database.engine.sync_engine
    kept = _kept.get(engine)
    if kept is None or kept.until < time.monotonic():
        known = kept.announcements if kept else ()
        kept = _kept[engine] = Kept(await read_notices(database, known), time.monotonic() + KEPT_SECONDS)
    current_notices.set(kept.announcements)


async def read_notices(database: Database, known: Sequence[Announcement]) -> Sequence[Announcement]:
    try:
        async with database.reading() as session:
            found = await in_force_or_planned(session, datetime.now(UTC))
            session.expunge_all()
            return found
    except (SQLAlchemyError, OSError) as error:
        log.warning("notices not read", reason=type(error).__name__)
        return known


def forget_notices(session: AsyncSession) -> None:
    """This process reads them anew once what the session has written is committed."""
    engine = engine_of(session)

    @event.listens_for(session.sync_session, "after_commit", once=True)
    def forget(_session: object) -> None:
        _kept.pop(engine, None)
