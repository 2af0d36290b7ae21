"""A time zone as a list of offsets, so that the database itself knows the local day of an instant.

SQLite knows no time zones, and two sources (the server's and Python's) may disagree: these come from Python's.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2070, 1, 1, tzinfo=UTC)
# No zone has changed its offset twice within this time.
STEP = timedelta(days=5)


@lru_cache(maxsize=4)
def offsets(timezone: str) -> tuple[tuple[datetime, int], ...]:
    """(from when on, seconds ahead of UTC) from 1970 to 2070; what is before goes by the first, later by the last."""
    zone = ZoneInfo(timezone)
    found = [(datetime(1, 1, 2, tzinfo=UTC), seconds_ahead(zone, FIRST))]
    at = FIRST
    while at < LAST:
        if seconds_ahead(zone, at + STEP) != seconds_ahead(zone, at):
            found.append((changed_between(zone, at, at + STEP), seconds_ahead(zone, at + STEP)))
        at += STEP
    return tuple(found)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The day by which the areas of a request are chosen that was filed at this instant."""
    return instant.astimezone(zone).date()


def seconds_ahead(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def changed_between(zone: ZoneInfo, first: datetime, last: datetime) -> datetime:
    """The first second with the later offset."""
    before = seconds_ahead(zone, first)
    low, high = 0, int((last - first).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if seconds_ahead(zone, first + timedelta(seconds=middle)) == before:
            low = middle
        else:
            high = middle
    return first + timedelta(seconds=high)
