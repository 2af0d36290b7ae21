"""What a map filter asks of a row of `service_requests`, as SQL."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select

from app.jurisdictions.geodesy import METRES_PER_DEGREE, boxes_around
from app.jurisdictions.models import Area
from app.service_requests.cells import CELL_ZOOM
from app.service_requests.count_figures import shifted
from app.service_requests.models import SQUARE_LEVEL, RequestArea, ServiceRequest
from app.service_requests.workflow import CLOSED, OPEN
from app.sql import InBox, among

DAY = timedelta(days=1)


def is_standing() -> dict[str, ColumnElement[bool]]:
    """open, late, closed and duplicate: exactly one of them is true of every request."""
    status, late = ServiceRequest.status, ServiceRequest.late
    return {
        "open": and_(among(status, OPEN), late.is_(False)),
        "late": and_(among(status, OPEN), late.is_(True)),
        "closed": among(status, [code for code in CLOSED if code != "duplicate"]),
        "duplicate": status == "duplicate",
    }


def by_standing(standings: Sequence[str]) -> list[ColumnElement[bool]]:
    known = is_standing()
    return [or_(*(known[name] for name in standings))]


def by_time(column: Any, first: date | None, last: date | None, timezone: str) -> list[ColumnElement[bool]]:
    """From the first day's midnight to the midnight that ends the last one."""
    conditions = []
    if first:
        conditions.append(column >= midnight(first, timezone))
    if last:
        conditions.append(column < midnight(last + DAY, timezone))
    return conditions


def midnight(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(timezone)).astimezone(UTC)


def by_area(layer: str, code: str) -> ColumnElement[bool]:
    """In the area as it was on the request's own day."""
    named = select(Area.id).where(Area.layer == layer, Area.code == code)
    return ServiceRequest.id.in_(select(RequestArea.request_id).where(RequestArea.area_id.in_(named)))


def in_area(layer: str, code: str) -> ColumnElement[bool]:
    """As `by_area`, asked of each request that is found by another index: OFFSET keeps PostgreSQL from joining."""
    named = select(Area.id).where(Area.layer == layer, Area.code == code)
    link = select(literal(1)).where(RequestArea.request_id == ServiceRequest.id)
    return link.where(RequestArea.area_id.in_(named)).offset(0).exists()


def in_only_area(layer: str, code: str) -> ColumnElement[bool]:
    """As `in_area`, for an area that was never another: its number is looked up once, not for each request."""
    number = select(func.max(Area.id)).where(Area.layer == layer, Area.code == code).scalar_subquery()
    link = select(literal(1)).where(RequestArea.request_id == ServiceRequest.id)
    return link.where(RequestArea.area_id == number).offset(0).exists()


def by_place(lat: float, long: float, radius_m: float) -> ColumnElement[bool]:
    """Within a circle, by the spatial index."""
    boxes = [InBox(ServiceRequest.location, box) for box in boxes_around(lat, long, radius_m)]
    return and_(or_(*boxes), in_circle(lat, long, radius_m))


def in_circle(lat: float, long: float, radius_m: float) -> ColumnElement[bool]:
    """Within a circle, on a plane: good to 1 % within 50 km."""
    up = func.ST_Y(ServiceRequest.location) - lat
    across = func.ST_X(ServiceRequest.location) - long
    if len(boxes_around(lat, long, radius_m)) > 1:
        # The way over the date line, where that is the shorter one.
        across = case((across > 180, across - 360), (across < -180, across + 360), else_=across)
    across = across * math.cos(math.radians(lat))
    reach = radius_m / METRES_PER_DEGREE
    found: ColumnElement[bool] = up * up + across * across <= reach * reach
    return found


def in_square(squares: Any) -> ColumnElement[bool]:
    """In one of these cells of SQUARE_LEVEL, by their index."""
    return cast(ColumnElement[bool], shifted(ServiceRequest.cell, 2 * (CELL_ZOOM - SQUARE_LEVEL)).in_(squares))
