"""What the city owes when it misses a promise, and what it still owes to whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json
from app.service_requests.models import BigKey
from app.templating import mark

# An apology is given by being told, priority by being set; the others by somebody who says so.
APOLOGY, PRIORITY = "apology", "priority"
KINDS = {
    APOLOGY: mark("An apology"),
    PRIORITY: mark("It goes first from now on"),
    "fee": mark("A fee is paid back"),
    "choice": mark("The reporter may choose something"),
    "other": mark("Something else"),
}
OWED = text("given_datetime IS NULL")


class RedressRule(Base):
    """What is owed for a missed promise: for a service, a group or all (both None), since a moment, until another."""

    __tablename__ = "redress_rules"
    __table_args__ = (CheckConstraint("service_id IS NULL OR group_code IS NULL", name="service_or_group"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    group: Mapped[str | None] = mapped_column("group_code", ForeignKey("service_groups.code"))
    # One of KINDS.
    kind: Mapped[str] = mapped_column(String(20))
    # What is owed, in the city's own words; {"es": {"words": …}}
    words: Mapped[str] = mapped_column(Text)
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    # How many cases there have been and how many of them were given, as the figures of promises were counted last.
    cases: Mapped[int] = mapped_column(default=0)
    given: Mapped[int] = mapped_column(default=0)


class RedressCase(Base):
    """What is owed for one request by one rule; `given_datetime` is None while it is owed."""

    __tablename__ = "redress_cases"
    __table_args__ = (
        UniqueConstraint("request_id", "rule_id"),
        Index(None, "rule_id"),
        Index("ix_redress_cases_owed", "id", sqlite_where=OWED, postgresql_where=OWED),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"))
    rule_id: Mapped[int] = mapped_column(ForeignKey("redress_rules.id", ondelete="CASCADE"))
    created_datetime: Mapped[datetime]
    given_datetime: Mapped[datetime | None]
    # By whom, None where it was given by itself; and how, for the city alone.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(Text, default="")
