"""The last reports of an area by the time of their filing, at a cost that does not grow with the history.

No index has areas and times together. The counts by day say how far back to look, the index of times says which ids
were given since then, and the index of areas which of those lie here. That is quick where ids were given in runs: by
reports as they came, by a file of past ones in whatever order. Where the ids of those days are scattered over all
others, fewer reports are looked at, one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.area_sums import COUNTS, listed, waiting
from app.maps.filter_rows import midnight
from app.service_requests.count_models import ALL, STANDINGS
from app.service_requests.models import RequestArea, ServiceRequest

# So many of the last reports are wanted, from so many days on which there was anything.
LATELY, LATELY_DAYS = 2000, 1000
# Of the whole city's reports so many are gone through by their ids alone, and so many one by one.
MOST_READ, FEW_READ = 100_000, 20_000
# Ids are scattered that span more numbers than so many times their own.
SCATTERED = 4

COLUMNS = (
    ServiceRequest.service_id,
    ServiceRequest.status,
    ServiceRequest.cell,
    func.ST_Y(ServiceRequest.location).label("lat"),
    func.ST_X(ServiceRequest.location).label("long"),
    ServiceRequest.address_string,
    ServiceRequest.requested_datetime,
    ServiceRequest.closed_datetime,
    ServiceRequest.follower_count,
)


async def last_rows(
    session: AsyncSession, area_ids: Sequence[int], timezone: str, hidden: Collection[int]
) -> Sequence[Any]:
    """COLUMNS of the requests filed last in these areas, newest first; those of `hidden` services are left out."""
    first = await first_day(session, area_ids)
    if first is None:
        return []
    recent = newest(midnight(first, timezone), MOST_READ).subquery()
    facts = select(func.count(), func.min(recent.c.id), func.max(recent.c.id), func.min(recent.c.requested_datetime))
    count, low, high, since = (await session.execute(facts)).one()
    if not count:
        return []
    is_scattered = high - low >= SCATTERED * count
    ids = (one_by_one(since, area_ids) if is_scattered else by_ids(low, high, area_ids)).subquery()
    wanted = (
        select(*COLUMNS)
        .join(ids, ids.c.id == ServiceRequest.id)
        .where(ServiceRequest.requested_datetime >= since, ServiceRequest.service_id.not_in(hidden))
        .order_by(ServiceRequest.requested_datetime.desc(), ServiceRequest.id.desc())
        .limit(LATELY)
    )
    return (await session.execute(wanted)).all()


async def first_day(session: AsyncSession, area_ids: Iterable[int]) -> date | None:
    """The day since which as many as wanted were filed, or the first of LATELY_DAYS."""
    ids, n = list(area_ids), " + ".join(STANDINGS)
    of_days = f"service_id = {ALL} AND period % 100 <> 0"
    # Each area by itself, so that the key gives its days from the last one on.
    parts = [
        f"SELECT period, n FROM (SELECT period, {n} AS n FROM area_counts WHERE area_id = {int(one)} AND {of_days}"
        f" ORDER BY period DESC LIMIT {LATELY_DAYS}) of_area"
        for one in ids
    ]
    parts.append(f"SELECT period, {n} AS n FROM waiting WHERE {of_days}")
    statement = (
        f"WITH waiting AS MATERIALIZED ({waiting(COUNTS, listed(ids))}) SELECT period, SUM(n)"
        f" FROM ({' UNION ALL '.join(parts)}) counted GROUP BY period HAVING SUM(n) > 0 ORDER BY period DESC"
        f" LIMIT {LATELY_DAYS}"
    )
    day, held = None, 0
    for day, filed in (await session.execute(text(statement))).all():  # noqa: B007
        held += filed
        if held >= LATELY:
            break
    return None if day is None else date(day // 10_000, day // 100 % 100, day % 100)


def newest(since: datetime, most: int) -> Select[int, datetime]:
    """(id, requested_datetime) of the city's last requests: from the index alone."""
    return (
        select(ServiceRequest.id, ServiceRequest.requested_datetime)
        .where(ServiceRequest.requested_datetime >= since)
        .order_by(ServiceRequest.requested_datetime.desc(), ServiceRequest.id.desc())
        .limit(most)
    )


def by_ids(low: int, high: int, area_ids: Iterable[int]) -> Select[Any]:
    here = select(RequestArea.request_id.label("id")).where(
        RequestArea.area_id.in_(area_ids), RequestArea.request_id.between(low, high)
    )
    # Both databases do what has an offset by itself, and first. A request may lie in two outlines of an area.
    return here.distinct().offset(0)


def one_by_one(since: datetime, area_ids: Iterable[int]) -> Select[Any]:
    last = newest(since, FEW_READ).subquery()
    return select(last.c.id).where(lies_in(last.c.id, area_ids))


def lies_in(request_id: Any, area_ids: Iterable[int]) -> ColumnElement[bool]:
    """Asked for each request by the key: as a join, planners may begin with all that ever lay in the areas."""
    found = select(literal(1)).where(RequestArea.request_id == request_id, RequestArea.area_id.in_(area_ids)).limit(1)
    return found.scalar_subquery() == 1
