"""Work orders: what a crew does on a day, for one request or for many, with what it cost."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Account
from app.accounts.team_models import Team
from app.db import Base
from app.service_requests.models import BigKey, ServiceRequest

# The condition of the indexes by which the lists of the day are read: they say it word for word.
UNDONE = text("closed_datetime IS NULL")


class WorkOrder(Base):
    """`state` is a code of `states.py`; `planned_date` a day of the city's calendar; times are UTC."""

    __tablename__ = "work_orders"
    __table_args__ = (
        UniqueConstraint("webhook_id", "external_id"),
        Index("ix_work_orders_day", "planned_date", "id", sqlite_where=UNDONE, postgresql_where=UNDONE),
        Index("ix_work_orders_team", "team_id", sqlite_where=UNDONE, postgresql_where=UNDONE),
        Index("ix_work_orders_person", "assignee_id", sqlite_where=UNDONE, postgresql_where=UNDONE),
        Index(None, "closed_datetime"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    instructions: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(20))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id", ondelete="SET NULL"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    planned_date: Mapped[date | None]
    created_datetime: Mapped[datetime]
    updated_datetime: Mapped[datetime]
    closed_datetime: Mapped[datetime | None]
    # The system that has taken it, and what that calls it and says of it.
    webhook_id: Mapped[int | None] = mapped_column(ForeignKey("webhooks.id", ondelete="SET NULL"))
    external_id: Mapped[str | None] = mapped_column(String(100))
    external_url: Mapped[str | None] = mapped_column(String(500))
    # How many orders stand before it there.
    position: Mapped[int | None]
    # When what the other system said last was true.
    answered_datetime: Mapped[datetime | None]

    requests: Mapped[list[ServiceRequest]] = relationship(
        lazy="raise", secondary="work_order_requests", viewonly=True, order_by="ServiceRequest.id"
    )
    lines: Mapped[list[WorkOrderLine]] = relationship(lazy="raise", order_by="WorkOrderLine.id", viewonly=True)
    team: Mapped[Team | None] = relationship(lazy="raise", viewonly=True)
    assignee: Mapped[Account | None] = relationship(lazy="raise", viewonly=True)

    @property
    def number(self) -> str:
        """As people and other systems name it: "W-1042"."""
        return f"W-{self.id}"


class WorkOrderRequest(Base):
    """A request that an order is for. A request may have several orders."""

    __tablename__ = "work_order_requests"

    order_id: Mapped[int] = mapped_column(ForeignKey("work_orders.id", ondelete="CASCADE"), primary_key=True)
    request_id: Mapped[int] = mapped_column(
        ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class WorkOrderLine(Base):
    """What was used: `kind` of `lines.py`, `unit_price` in the smallest unit of the city's money (cents)."""

    __tablename__ = "work_order_lines"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_orders.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    what: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    unit: Mapped[str] = mapped_column(String(20), default="")
    unit_price: Mapped[int] = mapped_column(BigInteger, default=0)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    noted_datetime: Mapped[datetime]

    @property
    def price(self) -> int:
        """Quantity times unit price, rounded to the smallest unit."""
        return round(self.quantity * self.unit_price)
