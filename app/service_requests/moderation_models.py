"""What the city has hidden, masked or covered, kept so that it can be undone; and what residents have flagged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.service_requests.models import BigKey

# What can be done to words and to photos.
WORDS_HIDDEN, WORDS_MASKED = "words_hidden", "words_masked"
PHOTO_HIDDEN, PHOTO_COVERED = "photo_hidden", "photo_covered"
WAITING = text("settled_datetime IS NULL")


class Moderation(Base):
    """One thing taken from the public. It stands until `undone_datetime`.

    `update_id` names an entry of the timeline; without it and `photo_id` it is about the request's description.
    `facts`: {"phrases": [...], "before": "..."} of masked words, {"covers": [[left, top, width, height, how], ...]}
    of a covered photo.
    """

    __tablename__ = "moderations"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    update_id: Mapped[int | None] = mapped_column(ForeignKey("updates.id", ondelete="CASCADE"), index=True)
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(500), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    account_name: Mapped[str] = mapped_column(String(200), default="")
    done_datetime: Mapped[datetime]
    undone_datetime: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(200), default="")


class Flag(Base):
    """Somebody says that a report, its words or a photo should not be public. Staff settles it."""

    __tablename__ = "flags"
    __table_args__ = (Index("ix_flags_waiting", "request_id", sqlite_where=WAITING, postgresql_where=WAITING),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"), index=True)
    # report, words or photo
    about: Mapped[str] = mapped_column(String(10))
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    # A code of `flag.py`.
    reason: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(500), default="")
    # Who says so, as a hash that cannot be turned back: the same reader counts once.
    reader_hash: Mapped[str] = mapped_column(String(64))
    flagged_datetime: Mapped[datetime]
    settled_datetime: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(String(200), default="")
