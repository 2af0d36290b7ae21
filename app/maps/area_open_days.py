"""On which days the oldest open requests of areas were filed: from the rollups, whatever the length of the history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.area_sums import COUNTS, listed, waiting
from app.service_requests.count_models import ALL
from app.service_requests.count_sql import values

# So many months are looked at first, from each end of the history; twice as many the next time.
FIRST_MONTHS = 4

# Period → how many of those that were filed in it are open, of one area.
Open = dict[int, int]


async def open_days(session: AsyncSession, area_ids: Iterable[int], *, most: int) -> dict[int, list[date]]:
    """Area id → the first days on which something was filed that is open still, as many as hold `most` of them."""
    found = await open_in_days(session, await first_months(session, list(area_ids), most))
    return {
        area: [date(day // 10_000, day // 100 % 100, day % 100) for day in first_holding(days, most)]
        for area, days in found.items()
    }


async def first_months(session: AsyncSession, area_ids: Sequence[int], most: int) -> dict[int, list[int]]:
    """Area id → the first months (YYYYMM00) that hold `most` of what is open in it.

    Looked for from both ends of the history at once: an area's oldest is old, or it has but a few and they are new.
    """
    known = await open_ever(session, area_ids)
    # What was filed in other months is not open anywhere in the city.
    months = sorted(set(known.pop(ALL, {})) - {ALL})
    seen: dict[int, Open] = {area: {} for area in known}
    left, size = list(known), FIRST_MONTHS
    while left and months:
        early, recent = months[:size], months[size:][-size:]
        months, size = months[size:-size], 2 * size
        for area, found in (await open_in_months(session, left, early + recent)).items():
            seen[area] |= found
        left = [area for area in left if not is_settled(seen[area], early[-1], known[area][ALL], most)]
    return {area: first_holding(found, most) for area, found in seen.items()}


def is_settled(found: Open, until: int, total: int, most: int) -> bool:
    """Whether the months up to one hold enough, or all that is open was seen."""
    return sum(n for month, n in found.items() if month <= until) >= most or sum(found.values()) >= total


def first_holding(found: Open, most: int) -> list[int]:
    """The first periods that together hold so many."""
    periods = sorted(found)
    before = accumulate((found[period] for period in periods), initial=0)
    return [period for period, held in zip(periods, before, strict=False) if held < most]


async def open_ever(session: AsyncSession, area_ids: Sequence[int]) -> dict[int, Open]:
    """Of each area in ALL time, and of the city (area ALL) in each month as well."""
    if not area_ids:
        return {}
    both = ((area_ids, f"period = {ALL}"), ([ALL], "period % 100 = 0"))
    parts = [
        f"SELECT area_id, period, open + late AS n FROM {table} WHERE area_id IN ({listed(areas)})"
        f" AND service_id = {ALL} AND {when}"
        for areas, when in both
        for table in ("area_counts", "waiting")
    ]
    return await open_counts(session, [*area_ids, ALL], parts)


async def open_in_months(session: AsyncSession, area_ids: Sequence[int], months: Sequence[int]) -> dict[int, Open]:
    """Each month of each area is looked for by its key: PostgreSQL would read the whole history of many areas."""
    kept = (
        f"(SELECT open + late FROM area_counts WHERE area_id = a.column1 AND service_id = {ALL}"
        " AND period = m.column1) AS n"
    )
    parts = [
        f"SELECT a.column1 AS area_id, m.column1 AS period, {kept} FROM {values(*area_ids)} a"
        f" CROSS JOIN {values(*months)} m",
        f"SELECT area_id, period, open + late FROM waiting WHERE service_id = {ALL} AND period IN ({listed(months)})",
    ]
    return await open_counts(session, area_ids, parts)


async def open_in_days(session: AsyncSession, months: dict[int, list[int]]) -> dict[int, Open]:
    """In each day of these months of areas."""
    pairs = ", ".join(f"({area}, {month})" for area, found in months.items() for month in found)
    if not pairs:
        return {}
    areas_of: dict[int, list[int]] = defaultdict(list)
    for area, found in months.items():
        for month in found:
            areas_of[month].append(area)
    parts = [
        f"SELECT area_id, period, open + late AS n FROM area_counts WHERE area_id IN ({listed(areas)})"
        f" AND service_id = {ALL} AND period BETWEEN {month + 1} AND {month + 31} AND open + late <> 0"
        for month, areas in areas_of.items()
    ]
    parts.append(
        f"SELECT area_id, period, open + late FROM waiting WHERE service_id = {ALL} AND period % 100 <> 0"
        f" AND (area_id, period / 100 * 100) IN (VALUES {pairs})"
    )
    return await open_counts(session, months, parts)


async def open_counts(session: AsyncSession, areas: Iterable[int], parts: Sequence[str]) -> dict[int, Open]:
    """Area id → period → how many are open, where there are any; one statement, so that each figure is exact."""
    statement = (
        f"WITH waiting AS MATERIALIZED ({waiting(COUNTS, listed(areas))}) SELECT area_id, period, SUM(n)"
        f" FROM ({' UNION ALL '.join(parts)}) counted GROUP BY area_id, period HAVING SUM(n) > 0"
    )
    found: dict[int, Open] = defaultdict(dict)
    for area, period, n in (await session.execute(text(statement))).all():
        found[area][period] = int(n)
    return found
