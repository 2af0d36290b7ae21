"""Months of the city's own days, as YYYYMM."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

# So many months are told of, with the one that runs.
SHOWN = 13


def month_of(moment: datetime, zone: ZoneInfo) -> int:
    here = moment.astimezone(zone)
    return here.year * 100 + here.month


def month_before(month: int, count: int = 1) -> int:
    """The month so many before (after, for a negative count)."""
    number = month // 100 * 12 + month % 100 - 1 - count
    return number // 12 * 100 + number % 12 + 1


def shown_months(now: datetime, zone: ZoneInfo) -> list[int]:
    """The newest first."""
    this = month_of(now, zone)
    return [month_before(this, count) for count in range(SHOWN)]


def span_of(month: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of a month and that of the next one, in UTC."""
    first, after = (datetime(one // 100, one % 100, 1, tzinfo=zone) for one in (month, month_before(month, -1)))
    return first.astimezone(UTC), after.astimezone(UTC)
