"""Who gets what: the rules of the city in versions, and each time that a request went from hands to hands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base

CURRENT = text("valid_to IS NULL")
BY_RULE = text("rule_id IS NOT NULL")
# How a request came to other hands (HandOver.kind).
ASSIGNED, RETURNED, REROUTED = "assigned", "returned", "rerouted"


def now() -> datetime:
    return datetime.now(UTC)


class RoutingRule(Base):
    """One version of a rule. All versions of a rule share its `code`; the last one has no `valid_to`, until it is
    removed.

    `conditions` are as `routing_rules.py` reads them. What it gives: a department or outside agency, a team, a person,
    a priority; without any of the first three, the rules after it are tried for those.
    """

    __tablename__ = "routing_rules"
    __table_args__ = (
        Index(
            "ix_routing_rules_current",
            "position",
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
        Index(None, "code", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    # The smaller is tried first; one that is put between two others gets a number between theirs.
    position: Mapped[float]
    name: Mapped[str] = mapped_column(String(120))
    # One that is switched off keeps its place and is passed over.
    active: Mapped[bool] = mapped_column(default=True)
    conditions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id", ondelete="SET NULL"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    priority: Mapped[str | None] = mapped_column(String(20))
    valid_from: Mapped[datetime] = mapped_column(default=now)
    valid_to: Mapped[datetime | None]
    # Who wrote this version; None from the command line.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))


class HandOver(Base):
    """A request went from hands to hands, by whom and why. For the city only: no public page reads this table."""

    __tablename__ = "hand_overs"
    __table_args__ = (
        Index(None, "request_id"),
        Index(None, "rule_id", "handed_datetime", sqlite_where=BY_RULE, postgresql_where=BY_RULE),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"))
    handed_datetime: Mapped[datetime]
    # assigned, returned, or rerouted (by the rules, after it changed).
    kind: Mapped[str] = mapped_column(String(10))
    # The version of the rule that had given it to the hands that it left; None where a person had.
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("routing_rules.id"))
    from_department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id", ondelete="SET NULL"))
    from_team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    from_assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    to_department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id", ondelete="SET NULL"))
    to_team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    to_assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    # Who did it; None for the city's own rules and for an outside agency.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    # One of send_back.REASONS for what came back, and words.
    reason_code: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
