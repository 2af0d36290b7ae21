"""Reports of the past by the dozen, as rows: how they ended, and when."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from app.db import Database, point
from app.performance.months import month_before, month_of, span_of
from app.service_requests.cells import cell_key
from app.service_requests.models import RequestArea, ServiceRequest
from tests.service_requests.city import LAT, LONG, POTHOLE, STREETS

ZONE = ZoneInfo("America/New_York")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
numbers = itertools.count(1)
# It was promised within so long.
PROMISED = 3 * DAY


def this_month() -> int:
    return month_of(datetime.now(UTC), ZONE)


def in_month(before: int = 1) -> datetime:
    """The fifth of the month so many before this one, at noon or so."""
    return span_of(month_before(this_month(), before), ZONE)[0] + 4.5 * DAY


async def past(database: Database, count: int, closed: datetime | None, took: timedelta, **facts: Any) -> None:
    """So many reports that were closed at a moment, or are open, `took` after they were filed (until now)."""
    ended = closed or datetime.now(UTC)
    filed = ended - took
    row = {
        "service_id": POTHOLE,
        "department_id": STREETS,
        "status": "fixed" if closed else "received",
        "location": point(LAT, LONG),
        "cell": cell_key(LAT, LONG),
        "requested_datetime": filed,
        "updated_datetime": ended,
        "expected_datetime": filed + PROMISED,
        "closed_datetime": closed,
        "late": closed is None and took > PROMISED,
        "source": "web",
        **facts,
    }
    area_ids = row.pop("area_ids", (1,))
    async with database.writing() as session:
        rows = [{**row, "service_request_id": f"PAST-{next(numbers)}"} for _ in range(count)]
        made = await session.execute(insert(ServiceRequest).returning(ServiceRequest.id), rows)
        links = [{"request_id": one, "area_id": area} for one in made.scalars() for area in area_ids]
        if links:
            await session.execute(insert(RequestArea), links)
