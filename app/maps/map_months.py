"""`/map/months.json`: how many reports each month brought, for the slider that goes through them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from litestar import Response, get
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests.counts import ALL, AreaCount
from app.templating import local

# Of the whole city, for a picture as wide as a thumb: a few minutes old is new enough.
KEEP = "public, max-age=300"
# A month's period is YYYYMM00.
MONTH = 100


class Month(msgspec.Struct, frozen=True):
    """`month` as "YYYYMM", by the city's clock; `n` public reports were filed in it, duplicates left out."""

    month: str
    n: int


@get("/map/months.json")
async def months(session: AsyncSession) -> Response[list[Month]]:
    """From the first month with a report to this one, in order; a month without any may be left out."""
    return Response(await months_of_city(session), headers={"Cache-Control": KEEP})


async def months_of_city(session: AsyncSession) -> list[Month]:
    n = AreaCount.open + AreaCount.late + AreaCount.closed
    city = (
        AreaCount.area_id == ALL,
        AreaCount.service_id == ALL,
        AreaCount.period > ALL,
        AreaCount.period % MONTH == 0,
    )
    rows = await session.execute(select(AreaCount.period, n).where(*city))
    found = {f"{period // MONTH:06}": int(count) for period, count in rows}
    now = f"{local(datetime.now(UTC)):%Y%m}"
    return [Month(month, count) for month, count in sorted({now: 0, **found}.items()) if month <= now]
