"""The newest requests that fit: what is read grows with how many are wanted, not with the history.

Time is read from its end in windows (`time_windows.py`), each as long as the rest should take, until enough has been
found. Where so much of time would have to be read that all that lies in the place is less, that is read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CTE, ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.cell_box import EVERYWHERE
from app.maps.cursors import since
from app.maps.time_windows import Wanted, all_of, asked_areas, in_window, most_of_time, of_closed, of_open
from app.service_requests.models import ServiceRequest

# Each window is at most so many times longer than the one before.
GROWTH = 3
# So many times denser than in all time are open requests at its end.
LATELY = 8
# What is open in a part of the city is fewer than all that was filed there in a longer share of time.
MOST_FOR_OPEN = 0.01
SHORTEST = timedelta(seconds=1)
# Of so many that were found it can be said how dense they are.
ENOUGH = 20

Request = ServiceRequest


@dataclass(frozen=True, slots=True)
class Times:
    """Between when requests can lie; in a `span` there are as many as are likely; `all_time` is of all requests."""

    first: datetime
    last: datetime
    span: timedelta
    all_time: timedelta


async def newest_ids(session: AsyncSession, wanted: Wanted) -> list[int]:
    """Their ids, by (requested_datetime, id) descending."""
    if not wanted.likely:
        return []
    if wanted.closing:
        part = of_closed(wanted, since(wanted.after))
        return await ids_of(session, newest_first(part).where(*asked_areas(wanted, part)), wanted.most)
    found: list[int] = []
    # A little more than should hold what is wanted, so that chance seldom makes a second one of it.
    share, most = with_chance(wanted.most) / max(wanted.likely, 1), most_of_time(wanted.place)
    share /= LATELY if wanted.lately else 1
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    if on_postgresql and wanted.lately and wanted.place != EVERYWHERE and share > MOST_FOR_OPEN:
        part = of_open(wanted, since(wanted.after))
        return await ids_of(session, newest_first(part).where(*asked_areas(wanted, part)), wanted.most)
    known = await times(session, wanted) if share < most else None
    end: datetime | None = None
    if known:
        read, step = timedelta(), max(known.span * share, SHORTEST)
        while read + step < known.all_time * most:
            read += step
            start = known.last - read if known.last - read > known.first else None
            found += await ids_of(session, part_of(wanted, start, end), wanted.most - len(found))
            if len(found) >= wanted.most or start is None:
                return found
            end, step = start, next_step(step, read, len(found), wanted.most)
    rest = newest_first(all_of(wanted, [*before(end), *since(wanted.after)]))
    return found + await ids_of(session, rest, wanted.most - len(found))


async def ids_of(session: AsyncSession, rows: Select[int], most: int) -> list[int]:
    return list((await session.execute(rows.limit(most))).scalars())


def with_chance(wanted: int) -> float:
    return wanted + 5 * math.sqrt(wanted)


def next_step(step: timedelta, read: timedelta, found: int, most: int) -> timedelta:
    """The next window's length: what the rest should take after what was found, but not much more than the last."""
    longest = step * GROWTH
    return min(longest, read * (with_chance(most - found) / found)) if found >= ENOUGH else longest


def part_of(wanted: Wanted, start: datetime | None, end: datetime | None) -> Select[int]:
    """What fits of a window, which is read by its own index: areas are asked of what was found there."""
    window = [Request.requested_datetime >= start] if start else []
    if wanted.after:
        # Said for itself: SQLite goes by no index for what the whole cursor asks.
        window.append(Request.requested_datetime <= wanted.after.requested_datetime)
    part = in_window(wanted, [*window, *before(end)], since(wanted.after))
    return newest_first(part).where(*asked_areas(wanted, part))


def newest_first(part: CTE) -> Select[int]:
    return select(part.c.id).order_by(part.c.requested_datetime.desc(), part.c.id.desc())


def before(end: datetime | None) -> list[ColumnElement[bool]]:
    return [Request.requested_datetime < end] if end else []


async def times(session: AsyncSession, wanted: Wanted) -> Times | None:
    """Between when the requests can lie: as the filter and the cursor say, else the first and the last of all."""
    filed = Request.requested_datetime
    known = select(select(func.min(filed)).scalar_subquery(), select(func.max(filed)).scalar_subquery())
    oldest, latest = (await session.execute(known)).one()
    if oldest is None:
        return None
    first, last = max(wanted.first or oldest, oldest), min(wanted.last or latest, latest)
    all_time = latest - oldest
    span = all_time if wanted.of_all_time else max(last - first, timedelta())
    return Times(first, min(last, wanted.after.requested_datetime) if wanted.after else last, span, all_time)
