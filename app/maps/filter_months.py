"""Days that a filter asks for, as the whole months that are counted and the days that are left over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from app.service_requests.count_figures import months_between

Days = tuple[date, date]

DAY = timedelta(days=1)
# Where a filter has no first or last day: no report is older, and none comes from the year after next.
FIRST = date(1970, 1, 1)


def whole_months(first: date | None, last: date | None) -> tuple[list[int], list[Days]]:
    """(months YYYYMM that lie wholly between two days, both included; the spans of days left over)."""
    start, end = first or FIRST, last or date(datetime.now(UTC).year + 1, 12, 31)
    opens = start if start.day == 1 else next_month(start)
    closes = end if (end + DAY).day == 1 else end.replace(day=1) - DAY
    if opens > closes:
        return [], [(start, end)]
    left = [(start, opens - DAY)] if start < opens else []
    right = [(closes + DAY, end)] if closes < end else []
    return months_between(opens, closes), left + right


def next_month(day: date) -> date:
    """The first day of the month after a day's own."""
    return (day.replace(day=1) + 32 * DAY).replace(day=1)


def previous_month(day: date) -> date:
    """The first day of the month before a day's own."""
    return (day.replace(day=1) - DAY).replace(day=1)
