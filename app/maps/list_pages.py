"""A page of the requests in a part of the map, newest first, and how many there are in all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from app.errors import Problem, Refused
from app.maps.cell_box import EVERYWHERE, CellBox
from app.maps.figures import Counted, count_cells
from app.maps.filters import MapFilter
from app.service_requests.cells import CELL_ZOOM
from app.service_requests.models import ServiceRequest
from app.templating import mark

PAGE = 25
CURSOR = re.compile(r"(\d{1,17})-(\d{1,18})")
NOT_A_CURSOR = mark("This is no page of the list. Open the list again from its beginning.")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# What is looked through in the order of time: twice as many as hold a page on average.
MARGIN = 2

Request = ServiceRequest


@dataclass(frozen=True, slots=True)
class ListPage:
    """Requests with their services and photos; `after` is where the next page begins, "" on the last one."""

    requests: Sequence[ServiceRequest]
    total: int
    after: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last request of a page: the next page begins after it."""

    requested_datetime: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.requested_datetime - EPOCH) // MICROSECOND}-{self.id}"

    def passed(self) -> ColumnElement[bool]:
        filed = Request.requested_datetime
        # The first condition is what an index can begin at.
        return and_(filed <= self.requested_datetime, or_(filed < self.requested_datetime, Request.id < self.id))


def cursor_at(request: ServiceRequest) -> Cursor:
    return Cursor(request.requested_datetime, request.id)


def read_cursor(said: str) -> Cursor | None:
    """Raises Refused (400) for what was never a cursor."""
    if not said:
        return None
    read = CURSOR.fullmatch(said)
    if read is None:
        raise Refused(Problem("after", NOT_A_CURSOR), status=400)
    try:
        return Cursor(EPOCH + int(read[1]) * MICROSECOND, int(read[2]))
    except OverflowError as error:
        raise Refused(Problem("after", NOT_A_CURSOR), status=400) from error


async def list_page(
    session: AsyncSession, asked: MapFilter, place: CellBox = EVERYWHERE, after: Cursor | None = None
) -> ListPage:
    """25 public requests at most, by (requested_datetime, id) descending, with the exact number of all of them."""
    here = await count_cells(session, asked, place)
    ids = await page_ids(session, asked, place, after, here) if here.fitting else []
    shown = ids[:PAGE]
    wanted = (
        select(Request)
        .join(Request.service)
        .where(Request.id.in_(shown))
        .options(contains_eager(Request.service), selectinload(Request.photos))
        .order_by(*newest())
    )
    requests = (await session.execute(wanted)).scalars().all() if shown else []
    last = cursor_at(requests[-1]) if len(ids) > PAGE else ""
    return ListPage(requests, here.fitting, str(last))


async def page_ids(
    session: AsyncSession, asked: MapFilter, place: CellBox, after: Cursor | None, here: Counted
) -> list[int]:
    """The ids of a page, and one more where there is another page.

    Two ways to the same: the newest of the city until enough of them lie here, where much of all lies here; or
    all that lies here, put in order. The exact counts say which reads less.
    """
    if place == EVERYWHERE:
        return await ids_of(session, by_time(asked, place, after, PAGE + 1))
    if here.looked_at > PAGE and asked.is_counted(CELL_ZOOM):
        everywhere = await count_cells(session, asked, EVERYWHERE)
        newest_few = MARGIN * (PAGE + 1) * everywhere.fitting // here.fitting + 1
        if newest_few < here.looked_at:
            found = await ids_of(session, by_time(asked, place, after, newest_few))
            if len(found) > PAGE or newest_few >= everywhere.fitting:
                return found
    return await ids_of(session, by_place(asked, place, after))


async def ids_of(session: AsyncSession, wanted: Select[int]) -> list[int]:
    return list((await session.execute(wanted)).scalars())


def by_time(asked: MapFilter, place: CellBox, after: Cursor | None, newest_few: int) -> Select[int]:
    """Of the newest so many in the whole city those that lie here."""
    few = select(Request.id).where(*asked.where(), *since(after)).order_by(*newest()).limit(newest_few).subquery()
    inside = place.at(CELL_ZOOM).exactly(Request.cell)
    return select(Request.id).join(few, few.c.id == Request.id).where(inside).order_by(*newest()).limit(PAGE + 1)


def by_place(asked: MapFilter, place: CellBox, after: Cursor | None) -> Select[int]:
    """All that lies here, apart, so that no database takes the order of time for the shorter way."""
    rows = select(Request.id, Request.requested_datetime)
    rows = rows.where(place.holds(Request.cell, CELL_ZOOM), *asked.where(), *since(after))
    here = rows.cte("here").prefix_with("MATERIALIZED")
    return select(here.c.id).order_by(here.c.requested_datetime.desc(), here.c.id.desc()).limit(PAGE + 1)


def since(after: Cursor | None) -> list[ColumnElement[bool]]:
    return [after.passed()] if after else []


def newest() -> tuple[Any, Any]:
    return Request.requested_datetime.desc(), Request.id.desc()
