"""The requests of a window of time, and of all time, under a filter in a part of the map: by which index they are read.

A window is a run of the index by time; in a part of the map that is small against the city it is a run of each of its
squares, by the index by square and time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import CTE, ColumnElement, and_, false, func, literal, or_, select

from app.maps.cell_bounds import bounds_of
from app.maps.cell_box import EVERYWHERE, CellBox
from app.maps.cursors import Cursor
from app.maps.filter_rows import in_square
from app.maps.region_runs import MARGIN
from app.service_requests.cells import CELL_ZOOM, interleave
from app.service_requests.models import SQUARE_LEVEL, RequestArea, ServiceRequest
from app.service_requests.workflow import OPEN
from app.sql import Aside, InBox, among

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
    after which none fits, where the filter says so; `of_all_time`: `likely` counts those beyond them too.
    `service_ids` are those of `services` where a source is asked too; `closing` is what the times of closing must be
    where so few were closed that all of these are looked at. `lately`: most of what fits was filed not long ago.
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
    of_all_time: bool = False
    lately: bool = False
    service_ids: Sequence[int] = ()
    closing: Sequence[ColumnElement[bool]] = ()


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


def of_closed(wanted: Wanted, checked: Sequence[ColumnElement[bool]]) -> CTE:
    """(id, requested_datetime) of what fits and is `checked`, but for its areas, by the time of its closing."""
    here = [] if wanted.place == EVERYWHERE else [wanted.place.at(CELL_ZOOM).exactly(Request.cell)]
    others = [func.coalesce(one, false()) for one in (*here, *wanted.services, *checked, *wanted.fitting)]
    found = select(Request.id, Request.requested_datetime).where(*wanted.closing, *others)
    return found.cte("part").prefix_with("MATERIALIZED")


def of_open(wanted: Wanted, checked: Sequence[ColumnElement[bool]]) -> CTE:
    """(id, requested_datetime) of what fits of all time, is open and is `checked`, but for its areas.

    By PostgreSQL's index of the places of open requests.
    """
    inside = wanted.place.at(CELL_ZOOM)
    corners = [interleave(inside.left, inside.top), interleave(inside.right, inside.bottom)]
    wests, souths, easts, norths = (side.tolist() for side in bounds_of(np.array(corners), CELL_ZOOM))
    box = InBox(Request.location, (wests[0] - MARGIN, souths[1] - MARGIN, easts[1] + MARGIN, norths[0] + MARGIN))
    others = (inside.exactly(Request.cell), *wanted.services, *checked, *wanted.fitting)
    apart = [func.coalesce(one, false()) for one in others]
    found = select(Request.id, Request.requested_datetime).where(box, among(Request.status, OPEN), *apart)
    return found.cte("part").prefix_with("MATERIALIZED")


def apart(wanted: Wanted, by: Sequence[ColumnElement[bool]], checked: Sequence[ColumnElement[bool]]) -> CTE:
    """Read apart from any order: no database is to take another order of time for the shorter way."""
    if wanted.place != EVERYWHERE and checked:
        checked = [Aside(and_(*checked))]
    return select(Request.id, Request.requested_datetime).where(*by, *checked).cte("part").prefix_with("MATERIALIZED")


def in_areas(areas: Sequence[int]) -> ColumnElement[bool]:
    return Request.id.in_(select(RequestArea.request_id).where(RequestArea.area_id.in_(areas)))


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


def most_of_time(place: CellBox) -> float:
    """From which share of all time on the squares of a place hold more than the place itself holds of all."""
    if place == EVERYWHERE:
        return 1
    squares = squares_of(place)
    inside = place.at(CELL_ZOOM)
    cells = (inside.right - inside.left + 1) * (inside.bottom - inside.top + 1)
    return cells / (len(squares) << 2 * (CELL_ZOOM - SQUARE_LEVEL)) if squares else MOST_OF_TIME
