"""What the staff write to each other about a request, whom they name in it, and the files that they attach."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.service_requests.models import BigKey


class Note(Base):
    """Words for the city only. They stand apart from the timeline, which is public and which people are told of."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    account_name: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    written_datetime: Mapped[datetime]

    mentions: Mapped[list[NoteMention]] = relationship(lazy="raise", order_by="NoteMention.account_id")
    files: Mapped[list[NoteFile]] = relationship(lazy="raise", order_by="NoteFile.id")


class NoteMention(Base):
    """A colleague whom a note names, under the name that they had then."""

    __tablename__ = "note_mentions"

    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    account_name: Mapped[str] = mapped_column(String(200))


class NoteFile(Base):
    """A photo (as the pipeline made it anew) or a PDF (as it came). Both are private files of `media/storage.py`."""

    __tablename__ = "note_files"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    key: Mapped[str] = mapped_column(String(200), index=True)
