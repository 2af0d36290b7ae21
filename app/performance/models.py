"""How promises are kept, counted, and what is done where too few are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json

# Of a service, department or area that a row does not go by: it is of all of them.
ALL = 0
UNANSWERED = text("answered_datetime IS NULL")


class PromiseFigure(Base):
    """How promises ended that were answered in a month (YYYYMM of the city's days), of public services.

    By service, by department, by both, by area, by service and area, or of ALL. `still_open` rows count what is
    late and not answered yet instead, by the month in which it should have been.
    """

    __tablename__ = "promise_figures"
    __table_args__ = (Index(None, "month", "still_open"), {"sqlite_with_rowid": False})

    area_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    department_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    service_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    still_open: Mapped[bool] = mapped_column(primary_key=True)
    kept: Mapped[int] = mapped_column(default=0)
    missed: Mapped[int] = mapped_column(default=0)
    # How many took so long from filing to the answer: {step of `durations.py`: n}.
    took: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class CountedMonth(Base):
    """When the figures of a month were counted last."""

    __tablename__ = "promise_months"

    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted_datetime: Mapped[datetime]


class Review(Base):
    """A service of a department kept too few of its promises in a month: its figures then, and the answer."""

    __tablename__ = "promise_reviews"
    __table_args__ = (
        UniqueConstraint("month", "service_id", "department_id"),
        Index("ix_promise_reviews_unanswered", "id", sqlite_where=UNANSWERED, postgresql_where=UNANSWERED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # YYYYMM
    month: Mapped[int]
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    # None where nobody in particular had them, or the department is gone.
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id", ondelete="SET NULL"))
    opened_datetime: Mapped[datetime]
    # In percent, as it was then.
    target: Mapped[int]
    kept: Mapped[int]
    missed: Mapped[int]
    still_open: Mapped[int]
    median_hours: Mapped[float | None]
    ninetieth_hours: Mapped[float | None]
    # How often each reason was given: {code: n}.
    reasons: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_datetime: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
