"""The moments of a promise: until when the city says that it will have acted, and when that is at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from app.services.calendars import (
    Calendar,
    after_working_time,
    working_day_after,
    working_days_between,
    working_time_between,
)

CALENDAR, WORKING = "calendar", "working"
CLOCKS = (CALENDAR, WORKING)
# The last second of a day: said as a day, it is the day that was promised.
END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Terms:
    """Hours from filing, or whole days (kept by the end of the last one), on one of CLOCKS. Neither: no promise."""

    hours: int | None = None
    days: int | None = None
    clock: str = CALENDAR
    at_risk_percent: int = 75


class Moments(NamedTuple):
    """In UTC; both None where nothing is promised."""

    expected: datetime | None
    at_risk: datetime | None


def moments(terms: Terms, start: datetime, calendar: Calendar) -> Moments:
    """What is promised to whom files at `start`, which must know its zone. Raises ValueError."""
    expected = expected_datetime(terms, start, calendar)
    return Moments(expected, at_risk_datetime(terms, start, expected, calendar) if expected else None)


def expected_datetime(terms: Terms, start: datetime, calendar: Calendar) -> datetime | None:
    """The promised moment in UTC, or None where nothing is promised.

    Hours are exact. Days run to the end of the local day that many (working) days later, whatever the clocks do
    meanwhile. Raises ValueError for a naive datetime, and (NeverWorks) for a city that never works.
    """
    if start.tzinfo is None:
        raise ValueError(f"{start!r} has no time zone")
    start = start.astimezone(UTC)
    if terms.hours is not None:
        return later(terms, start, timedelta(hours=terms.hours), calendar)
    if terms.days is not None:
        return end_of_day(days_later(terms, local_date(start, calendar), terms.days, calendar), calendar)
    return None


def at_risk_datetime(terms: Terms, start: datetime, expected: datetime, calendar: Calendar) -> datetime:
    """When the given share of the promise's own time has passed."""
    start = start.astimezone(UTC)
    whole = working_time_between(calendar, start, expected) if terms.clock == WORKING else expected - start
    return min(later(terms, start, whole * terms.at_risk_percent / 100, calendar), expected)


def restarted(terms: Terms, before: Moments, stopped: datetime, now: datetime, calendar: Calendar) -> Moments:
    """The moments of a promise whose clock stood from `stopped` until `now`; those that had passed by then stay."""
    return Moments(*(moved(terms, moment, stopped, now, calendar) for moment in before))


def moved(
    terms: Terms, moment: datetime | None, stopped: datetime, now: datetime, calendar: Calendar
) -> datetime | None:
    if moment is None or moment <= stopped:
        return moment
    if is_end_of_day(moment, calendar):
        first, last = local_date(stopped, calendar), local_date(moment, calendar)
        left = working_days_between(calendar, first, last) if terms.clock == WORKING else (last - first).days
        return end_of_day(days_later(terms, local_date(now, calendar), left, calendar), calendar)
    left_time = working_time_between(calendar, stopped, moment) if terms.clock == WORKING else moment - stopped
    return later(terms, now, left_time, calendar)


def later(terms: Terms, start: datetime, length: timedelta, calendar: Calendar) -> datetime:
    return after_working_time(calendar, start, length) if terms.clock == WORKING else start + length


def days_later(terms: Terms, day: date, count: int, calendar: Calendar) -> date:
    return working_day_after(calendar, day, count) if terms.clock == WORKING else day + timedelta(days=count)


def local_date(moment: datetime, calendar: Calendar) -> date:
    return moment.astimezone(calendar.zone).date()


def end_of_day(day: date, calendar: Calendar) -> datetime:
    # fold=1: where the clocks go back at midnight, the day ends with the second 23:59:59.
    return datetime.combine(day, END_OF_DAY, calendar.zone).replace(fold=1).astimezone(UTC)


def is_end_of_day(moment: datetime, calendar: Calendar) -> bool:
    return moment.astimezone(calendar.zone).time().replace(microsecond=0) == END_OF_DAY
