"""The promise of a service: the moment by which the city says that it will have acted."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.services.models import Service

# The last second of a day: said as a day, it is the day that was promised.
END_OF_DAY = time(23, 59, 59)


def expected_datetime(service: Service, requested_datetime: datetime, timezone: str) -> datetime | None:
    """The promised moment in UTC, or None where the service promises nothing.

    Hours are exact. Days run to the end of the local day that many days later, whatever the clocks do
    meanwhile. `requested_datetime` must know its zone; `timezone` is an IANA name. Raises ValueError for a
    naive datetime.
    """
    if requested_datetime.tzinfo is None:
        raise ValueError(f"{requested_datetime!r} has no time zone")
    if service.promise_hours is not None:
        return requested_datetime.astimezone(UTC) + timedelta(hours=service.promise_hours)
    if service.promise_days is not None:
        zone = ZoneInfo(timezone)
        day = requested_datetime.astimezone(zone).date() + timedelta(days=service.promise_days)
        # fold=1: where the clocks go back at midnight, the day ends with the second 23:59:59.
        return datetime.combine(day, END_OF_DAY, zone).replace(fold=1).astimezone(UTC)
    return None
