"""What a merge moved, so that it can be put back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.service_requests.models import BigKey


class Merge(Base):
    """One request became a duplicate of another: what it was before, and the ids of its own duplicates (`moved`)."""

    __tablename__ = "merges"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"), index=True)
    root_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(24))
    status_notes: Mapped[str | None] = mapped_column(Text)
    planned_date: Mapped[date | None]
    moved: Mapped[list[Any]]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    merged_datetime: Mapped[datetime]
    undone_datetime: Mapped[datetime | None]
    undone_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
