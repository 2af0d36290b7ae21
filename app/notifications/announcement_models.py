"""What the city tells everybody: an announcement, the places that it names, and each message that went out about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Json

UNTOLD = text("announced_datetime IS NULL")


class Announcement(Base):
    """One notice. `state` is draft (seen by staff only), published or withdrawn; it holds from `starts` until `ends`.

    `reach` says whom it concerns: "all", "areas" (`areas` as [[layer, code], …]) or "circle" (`lat`, `long` in
    decimal degrees WGS84, `radius_m`). Codes are those of `announcement_words.py`.
    """

    __tablename__ = "announcements"
    __table_args__ = (Index(None, "state", "ends_datetime"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    severity: Mapped[str] = mapped_column(String(10))
    category: Mapped[str] = mapped_column(String(10))
    urgency: Mapped[str] = mapped_column(String(10))
    certainty: Mapped[str] = mapped_column(String(10))
    headline: Mapped[str] = mapped_column(String(160))
    description: Mapped[str] = mapped_column(String(4000))
    # What people should do.
    instruction: Mapped[str] = mapped_column(String(2000), default="")
    # {"es": {"headline": …, "description": …, "instruction": …}}
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    starts_datetime: Mapped[datetime]
    ends_datetime: Mapped[datetime]
    reach: Mapped[str] = mapped_column(String(10), default="all")
    areas: Mapped[list[Any]] = mapped_column(Json, default=list)
    lat: Mapped[float | None]
    long: Mapped[float | None]
    radius_m: Mapped[float | None]
    # The middle of the circle in words.
    centre: Mapped[str] = mapped_column(String(300), default="")
    created_datetime: Mapped[datetime]
    updated_datetime: Mapped[datetime]

    places: Mapped[list[AnnouncementPlace]] = relationship(
        lazy="raise", order_by="AnnouncementPlace.id", cascade="all, delete-orphan"
    )
    messages: Mapped[list[AnnouncementMessage]] = relationship(
        lazy="raise", order_by="AnnouncementMessage.version", cascade="all, delete-orphan"
    )


class AnnouncementPlace(Base):
    """A shelter, something that is closed, or where help is (`kind`), with its position in decimal degrees WGS84."""

    __tablename__ = "announcement_places"

    id: Mapped[int] = mapped_column(primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    # In words.
    address: Mapped[str] = mapped_column(String(300))
    note: Mapped[str] = mapped_column(String(300), default="")
    # {"es": {"note": …}}
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    lat: Mapped[float]
    long: Mapped[float]


class AnnouncementMessage(Base):
    """That an announcement went out ("alert"), was changed ("update") or withdrawn ("cancel"), and by whom.

    Like an entry of a timeline it is the outbox of those who tell people: `announced_datetime` is None until then.
    """

    __tablename__ = "announcement_messages"
    __table_args__ = (
        UniqueConstraint("announcement_id", "version"),
        Index("ix_announcement_messages_untold", "id", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id", ondelete="CASCADE"))
    # From 1 on.
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    # Why it was withdrawn.
    note: Mapped[str] = mapped_column(String(500), default="")
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    sent_datetime: Mapped[datetime]
    announced_datetime: Mapped[datetime | None]
