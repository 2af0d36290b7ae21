"""The newest requests that fit: what is read grows with how many are wanted, not with the history.

Time is read from its end in windows, each longer than the one before, until enough has been found. A window is a run
of the index by time; in a part of the map that is small against the city it is a run of each of its squares, by the
index by square and time. Where so much of time would have to be read that all that lies in the place is less, that
is read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CTE, ColumnElement, Select, and_, false, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.cell_box import EVERYWHERE, CellBox
from app.maps.cursors import Cursor, since
from app.maps.filter_rows import in_square
from app.service_requests.cells import CELL_ZOOM, interleave
from app.service_requests.models import SQUARE_LEVEL, RequestArea, ServiceRequest
from app.sql import Aside, among

# Each window is at most so many times longer than the one before.
GROWTH = 3
# Of so many that were found it can be said how dense they are.
ENOUGH = 20
# Where squares are too many to name, from this share of all time on all that lies in the place is read.
MOST_OF_TIME = 0.25
MOST_SQUARES = 256
# A street's: there are fewer of all kinds there than of one kind in the whole city.
FEW_SQUARES = 6
# So many services are looked for each by its own run of time.
MOST_NAMED = 40

Request = ServiceRequest


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many of the newest that are `fitting` in a place, of `services`, in one of `areas`, where these are named.

    `likely` is about how many there are in all, 0 where there is none. `first` and `last` are moments before and
    after which none fits, where the filter says so. `service_ids` are those of `services` where a source is asked too.
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
    service_ids: Sequence[int] = ()


async def newest_ids(session: AsyncSession, wanted: Wanted) -> list[int]:
    """Their ids, by (requested_datetime, id) descending."""
    if not wanted.likely:
        return []
    found: list[int] = []
    # A little more than should hold what is wanted, so that chance seldom makes a second one of it.
    share, step, most = 0.0, with_chance(wanted.most) / max(wanted.likely, 1), most_of_time(wanted.place)
    first, last = await times(session, wanted) if step < most else (None, None)
    end: datetime | None = None
    while first and last and share + step < most:
        share += step
        start = last - (last - first) * share
        missing = wanted.most - len(found)
        found += (await session.execute(part_of(wanted, start, end).limit(missing))).scalars()
        if len(found) >= wanted.most:
            return found
        end, step = start, next_step(step, share, len(found), wanted.most)
    rest = newest_first(all_of(wanted, [*before(end), *since(wanted.after)]))
    return found + list((await session.execute(rest.limit(wanted.most - len(found)))).scalars())


def with_chance(wanted: int) -> float:
    return wanted + 5 * math.sqrt(wanted)


def next_step(step: float, share: float, found: int, most: int) -> float:
    """The next window's share of time: as long as the rest should take after what was found, but not much longer."""
    longest = step * GROWTH
    return min(longest, share * with_chance(most - found) / found) if found >= ENOUGH else longest


def part_of(wanted: Wanted, start: datetime, end: datetime | None) -> Select[int]:
    """What fits of a window, which is read by its own index: areas are asked of what was found there."""
    part = in_window(wanted, [Request.requested_datetime >= start, *before(end)], since(wanted.after))
    return newest_first(part).where(*asked_areas(wanted, part))


def in_window(wanted: Wanted, window: Sequence[ColumnElement[bool]], checked: Sequence[ColumnElement[bool]]) -> CTE:
    """(id, requested_datetime) of what fits and is `checked` in a window of time, but for its areas."""
    services = list(wanted.services)
    if wanted.place != EVERYWHERE:
        # Not by an index of their own: all of a group is more than all that lies in a part of the city for a while.
        services = [func.coalesce(one, false()) for one in services]
    elif 0 < len(wanted.service_ids) <= MOST_NAMED:
        services.append(or_(*(and_(among(Request.service_id, [one]), *window) for one in wanted.service_ids)))
    return apart(wanted, [*window, *in_squares(wanted.place)], [*services, *checked, *wanted.fitting])


def asked_areas(wanted: Wanted, part: CTE) -> list[ColumnElement[bool]]:
    """Whether it lies in one of the areas: asked of each that was found in a window.

    OFFSET keeps PostgreSQL from reading all that ever lay there.
    """
    if wanted.areas is None:
        return []
    link = select(literal(1)).where(RequestArea.request_id == part.c.id, RequestArea.area_id.in_(wanted.areas))
    return [link.offset(0).exists()]


def all_of(wanted: Wanted, checked: Sequence[ColumnElement[bool]]) -> CTE:
    """(id, requested_datetime) of what fits of all time and is `checked`, by whatever index shows the fewest."""
    inside = [] if wanted.areas is None else [in_areas(wanted.areas)]
    here = [] if wanted.place == EVERYWHERE else [wanted.place.holds(Request.cell, CELL_ZOOM)]
    checked = [*checked, *wanted.fitting]
    if here and 0 < len(squares_of(wanted.place)) <= FEW_SQUARES:
        return apart(wanted, [*here, *inside], [*wanted.services, *checked])
    return apart(wanted, [*here, *inside, *wanted.services], checked)


def apart(wanted: Wanted, by: Sequence[ColumnElement[bool]], checked: Sequence[ColumnElement[bool]]) -> CTE:
    """Read apart from any order: no database is to take another order of time for the shorter way."""
    if wanted.place != EVERYWHERE and checked:
        checked = [Aside(and_(*checked))]
    return select(Request.id, Request.requested_datetime).where(*by, *checked).cte("part").prefix_with("MATERIALIZED")


def newest_first(part: CTE) -> Select[int]:
    return select(part.c.id).order_by(part.c.requested_datetime.desc(), part.c.id.desc())


def before(end: datetime | None) -> list[ColumnElement[bool]]:
    return [Request.requested_datetime < end] if end else []


def in_areas(areas: Sequence[int]) -> ColumnElement[bool]:
    return Request.id.in_(select(RequestArea.request_id).where(RequestArea.area_id.in_(areas)))


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
