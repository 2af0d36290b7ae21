"""One row for each message to each person: written with what it announces, sent once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.service_requests.models import BigKey


class Delivery(Base):
    """A message about an update to one contact. `sent_datetime` is None until the channel took it."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("update_id", "contact_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    update_id: Mapped[int] = mapped_column(ForeignKey("updates.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(String(10))
    created_datetime: Mapped[datetime]
    sent_datetime: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # The kind of the last failure, never its text.
    failure: Mapped[str | None] = mapped_column(String(80))
