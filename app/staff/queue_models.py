"""What staff keeps of the queue: filters by name, and who has which request open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Account
from app.db import Base
from app.service_requests.models import BigKey


class SavedFilter(Base):
    """A filter of the queue under a name: its owner's, or (`shared`) everybody's at the desk. It gives no right."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    # As in the page's address: "view=late&group=streets".
    query: Mapped[str] = mapped_column(String(1000))
    shared: Mapped[bool] = mapped_column(default=False, server_default=false())

    account: Mapped[Account] = relationship(lazy="raise")


class Presence(Base):
    """Somebody has a request's page open: said anew every few seconds, and over when it is not (presence.py)."""

    __tablename__ = "presences"
    __table_args__ = (Index(None, "seen_datetime"),)

    request_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    opened_datetime: Mapped[datetime]
    seen_datetime: Mapped[datetime]
