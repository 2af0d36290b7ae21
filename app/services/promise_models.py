"""What the city promises, in versions, and when it works."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json
from app.services.promises import CALENDAR, Terms


def now() -> datetime:
    return datetime.now(UTC)


class PromiseRule(Base):
    """One version of a promise: for a service, a group or all (both None), in an area or the whole city.

    A change closes the row (`valid_to`) and opens another, so that a request can keep the promise that it was given.
    Neither hours nor days: here nothing is promised.
    """

    __tablename__ = "promise_rules"
    __table_args__ = (
        CheckConstraint("hours IS NULL OR days IS NULL", name="hours_or_days"),
        CheckConstraint("service_id IS NULL OR group_code IS NULL", name="service_or_group"),
        Index(None, "service_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    group: Mapped[str | None] = mapped_column("group_code", ForeignKey("service_groups.code"))
    # By its codes and not by a row of `areas`: an area that is drawn anew keeps its promises.
    layer: Mapped[str | None] = mapped_column(String(40))
    area_code: Mapped[str | None] = mapped_column(String(80))
    priority: Mapped[str | None] = mapped_column(String(20))
    # Hours of the clock that runs, or whole days (kept by the end of the last one).
    hours: Mapped[int | None]
    days: Mapped[int | None]
    # "calendar": every hour counts; "working": those in which the city works.
    clock: Mapped[str] = mapped_column(String(10), default=CALENDAR)
    # The share of the time, in percent, after which whoever has the work is told.
    at_risk_percent: Mapped[int] = mapped_column(default=75)
    valid_from: Mapped[datetime] = mapped_column(default=now)
    valid_to: Mapped[datetime | None]

    @property
    def terms(self) -> Terms:
        return Terms(self.hours, self.days, self.clock, self.at_risk_percent)

    def valid(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


class Suspension(Base):
    """An event (a storm) in which promises stand still: for a service, a group or all, in an area or everywhere.

    Public, with its reason. It is begun and ended for the requests that it holds by a sweep, which notes when.
    """

    __tablename__ = "suspensions"
    __table_args__ = (
        CheckConstraint("service_id IS NULL OR group_code IS NULL", name="service_or_group"),
        CheckConstraint("end_datetime IS NULL OR start_datetime < end_datetime", name="ends_after_its_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    group: Mapped[str | None] = mapped_column("group_code", ForeignKey("service_groups.code"))
    layer: Mapped[str | None] = mapped_column(String(40))
    area_code: Mapped[str | None] = mapped_column(String(80))
    start_datetime: Mapped[datetime]
    # None while nobody knows.
    end_datetime: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text)
    # {"es": {"reason": …}}
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    begun_datetime: Mapped[datetime | None]
    ended_datetime: Mapped[datetime | None]

    def holds(self, at: datetime) -> bool:
        return self.start_datetime <= at and (self.end_datetime is None or at < self.end_datetime)


class WorkingHours(Base):
    """A span of a weekday (0 is Monday) in which the city works, in minutes of the local day.

    While there are none, the city works from 8 to 17 o'clock on Mondays to Fridays.
    """

    __tablename__ = "working_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("0 <= opens AND opens < closes AND closes <= 1440", name="within_the_day"),
    )

    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    opens: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    closes: Mapped[int]


class OwnDay(Base):
    """A day that the city itself declares: off, or (`works`) worked whatever the calendar says."""

    __tablename__ = "own_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    works: Mapped[bool] = mapped_column(default=False)
