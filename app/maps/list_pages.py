"""A page of the requests in a part of the map, newest first, and how many there are in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from app.maps.cell_box import EVERYWHERE, CellBox
from app.maps.cursors import PAGE, Cursor, cursor_at, newest
from app.maps.figures import count_cells
from app.maps.filters import MapFilter
from app.maps.newest import newest_ids
from app.maps.search_space import areas_of, count_area, looking
from app.service_requests.models import ServiceRequest

# What is not counted is counted one by one, so far: beyond it the number would cost more than the page.
MOST_COUNTED = 1_000

Request = ServiceRequest


@dataclass(frozen=True, slots=True)
class ListPage:
    """Requests with their services and photos; `after` is where the next page begins, "" on the last one.

    `total` counts all; where there are `more` it is the number up to which they were counted.
    """

    requests: Sequence[ServiceRequest]
    total: int
    more: bool
    after: str


async def list_page(
    session: AsyncSession, asked: MapFilter, place: CellBox = EVERYWHERE, after: Cursor | None = None
) -> ListPage:
    """25 public requests at most, by (requested_datetime, id) descending, with the number of all of them."""
    areas = await areas_of(session, asked)
    exact = await exact_number(session, asked, place, areas)
    look = await looking(session, asked, place, areas, exact)
    counted = [] if exact is not None else await newest_ids(session, replace(look, most=MOST_COUNTED + 1))
    # Those that were counted begin with the first page.
    ids = counted if exact is None and after is None else await newest_ids(session, replace(look, after=after))
    requests = await with_services(session, ids[:PAGE])
    total = min(len(counted), MOST_COUNTED) if exact is None else exact
    next_page = str(cursor_at(requests[-1])) if len(ids) > PAGE else ""
    return ListPage(requests, total, len(counted) > MOST_COUNTED, next_page)


async def exact_number(
    session: AsyncSession, asked: MapFilter, place: CellBox, areas: Sequence[int] | None
) -> int | None:
    """How many there are, where it is counted; else None."""
    level = place.counted_level
    if asked.is_counted(level) or asked.has_months(level):
        return (await count_cells(session, asked, place)).fitting
    return await count_area(session, asked, areas) if areas is not None and place == EVERYWHERE else None


async def with_services(session: AsyncSession, ids: Sequence[int]) -> Sequence[ServiceRequest]:
    if not ids:
        return []
    wanted = (
        select(Request)
        .join(Request.service)
        .where(Request.id.in_(ids))
        .options(contains_eager(Request.service), selectinload(Request.photos))
        .order_by(*newest())
    )
    return (await session.execute(wanted)).scalars().all()
