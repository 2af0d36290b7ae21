"""The newest requests that fit: what is read grows with how many are wanted, not with the history.

Time is read from its end in windows, each longer than the one before, until enough has been found. A window is a run
of the index by time; in a part of the map that is small against the city it is a run of each of its squares, by the
index by square and time. Where so much of time would have to be read that all that lies in the place is less, that
is read.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.cell_box import EVERYWHERE, CellBox
from app.maps.cursors import Cursor, since
from app.maps.filter_rows import in_square
from app.service_requests.cells import CELL_ZOOM, interleave
from app.service_requests.models import SQUARE_LEVEL, RequestArea, ServiceRequest
from app.sql import Aside

# Each window is so many times longer than the one before.
GROWTH = 3
# Where squares are too many to name, from this share of all time on all that lies in the place is read.
MOST_OF_TIME = 0.25
MOST_SQUARES = 256
# A street's: there are fewer of all kinds there than of one kind in the whole city.
FEW_SQUARES = 6

Request = ServiceRequest


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many of the newest that are `fitting` in a place, of `services`, in one of `areas`, where these are named.

    `likely` is about how many there are in all, 0 where there is none. `first` and `last` are moments before and
    after which none fits, where the filter says so.
    """

    fitting: Sequence[ColumnElement[bool]]
    place: CellBox
    most: int
    likely: float
    services: Sequence[ColumnElement[bool]] = ()
    areas: Sequence[int] | None = None
    after: Cursor | None = None
    first: datetime | None = None
    last: datetime | None = None


async def newest_ids(session: AsyncSession, wanted: Wanted) -> list[int]:
    """Their ids, by (requested_datetime, id) descending."""
    if not wanted.likely:
        return []
    found: list[int] = []
    end: datetime | None = None
    async for start in starts(session, wanted):
        rows = part_of(wanted, start, end) if start else all_of(wanted, end)
        found += (await session.execute(rows.limit(wanted.most - len(found)))).scalars()
        if len(found) >= wanted.most:
            break
        end = start
    return found


def part_of(wanted: Wanted, start: datetime, end: datetime | None) -> Select[int]:
    """What fits of a window, which is read by its own index: areas are asked of what was found there."""
    window = [Request.requested_datetime >= start, *before(end)]
    services = wanted.services
    if wanted.place != EVERYWHERE:
        # Not by an index of their own: all of a group is more than all that lies in a part of the city for a while.
        services = [func.coalesce(one, false()) for one in services]
    rows = apart(wanted, [*window, *in_squares(wanted.place)], [*services, *wanted.fitting])
    return rows if wanted.areas is None else rows.where(in_areas(rows.selected_columns.id, wanted.areas))


def all_of(wanted: Wanted, end: datetime | None) -> Select[int]:
    """What fits of all that is left, read by whatever index shows the fewest."""
    inside = [] if wanted.areas is None else [in_areas(Request.id, wanted.areas)]
    here = [] if wanted.place == EVERYWHERE else [wanted.place.holds(Request.cell, CELL_ZOOM)]
    checked = [*before(end), *wanted.fitting]
    if here and 0 < len(squares_of(wanted.place)) <= FEW_SQUARES:
        return apart(wanted, [*here, *inside], [*wanted.services, *checked])
    return apart(wanted, [*here, *inside, *wanted.services], checked)


def apart(wanted: Wanted, by: Sequence[ColumnElement[bool]], checked: Sequence[ColumnElement[bool]]) -> Select[int]:
    """In the order of time, but read apart: no database is to take another order of time for the shorter way."""
    checked = [*checked, *since(wanted.after)]
    if wanted.place != EVERYWHERE and checked:
        checked = [Aside(and_(*checked))]
    part = select(Request.id, Request.requested_datetime).where(*by, *checked).cte("part").prefix_with("MATERIALIZED")
    return select(part.c.id).order_by(part.c.requested_datetime.desc(), part.c.id.desc())


def before(end: datetime | None) -> list[ColumnElement[bool]]:
    return [Request.requested_datetime < end] if end else []


def in_areas(request_id: Any, areas: Sequence[int]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = request_id.in_(select(RequestArea.request_id).where(RequestArea.area_id.in_(areas)))
    return found


async def starts(session: AsyncSession, wanted: Wanted) -> AsyncIterator[datetime | None]:
    """Where each window begins, the latest first; None is the beginning of time."""
    # A little more than should hold what is wanted, so that chance seldom makes a second one of it.
    share = step = (wanted.most + 5 * math.sqrt(wanted.most)) / max(wanted.likely, 1)
    most = most_of_time(wanted.place)
    if share < most:
        first, last = await times(session, wanted)
        while first and last and share < most:
            yield last - (last - first) * share
            step *= GROWTH
            share += step
    yield None


def most_of_time(place: CellBox) -> float:
    """From which share of all time on the squares of a place hold more than the place itself holds of all."""
    if place == EVERYWHERE:
        return 1
    squares = squares_of(place)
    inside = place.at(CELL_ZOOM)
    cells = (inside.right - inside.left + 1) * (inside.bottom - inside.top + 1)
    return cells / (len(squares) << 2 * (CELL_ZOOM - SQUARE_LEVEL)) if squares else MOST_OF_TIME


async def times(session: AsyncSession, wanted: Wanted) -> tuple[datetime | None, datetime | None]:
    """Between when the requests can lie: as the filter and the cursor say, else the first and the last of all."""
    filed = Request.requested_datetime
    first, last = wanted.first, wanted.last
    if wanted.after:
        last = min(last or wanted.after.requested_datetime, wanted.after.requested_datetime)
    known = select(select(func.min(filed)).scalar_subquery(), select(func.max(filed)).scalar_subquery())
    oldest, latest = (await session.execute(known)).one()
    if oldest is None:
        return None, None
    return max(first or oldest, oldest), min(last or latest, latest)


def in_squares(place: CellBox) -> list[ColumnElement[bool]]:
    """Where a request lies: by the squares that the place touches, and exactly where it is no whole number of them."""
    if place == EVERYWHERE:
        return []
    squares = squares_of(place)
    named = [in_square(squares)] if squares else []
    return [*named, place.at(CELL_ZOOM).exactly(Request.cell)]


def squares_of(place: CellBox) -> list[int]:
    """The squares that a place touches; none where they are so many that the order of time alone reads less."""
    finer = max(0, place.level - SQUARE_LEVEL)
    box = place.at(max(place.level, SQUARE_LEVEL))
    columns = range(box.left >> finer, (box.right >> finer) + 1)
    rows = range(box.top >> finer, (box.bottom >> finer) + 1)
    if len(columns) * len(rows) > MOST_SQUARES:
        return []
    return [interleave(x, y) for x in columns for y in rows]
