"""How many requests stand in each cell, by standing, under a filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.cell_box import EVERYWHERE, CellBox
from app.maps.filter_rows import is_standing
from app.maps.filters import STANDINGS, MapFilter
from app.maps.grid import TileAt
from app.service_requests.cells import CELL_ZOOM
from app.service_requests.models import ServiceRequest
from app.services.models import Service

Condition = ColumnElement[bool]


def shifted(cell: Any, bits: int) -> Any:
    """Shifted down by so many bits, or up by a negative number of them."""
    if not bits:
        return cell
    # Written out: PostgreSQL shifts by a plain integer only.
    return cell.op(">>" if bits > 0 else "<<", return_type=BigInteger())(literal_column(str(abs(bits))))


def cells_of_tile(asked: MapFilter, tile: TileAt, level: int) -> Select[Any]:
    """(cell, n, open, late, closed, duplicate) of each cell of a level in a tile that holds a request."""
    return summed(by_service(asked, level, within=in_tile(tile)))


def cells_by_group(asked: MapFilter, tile: TileAt, level: int) -> Select[Any]:
    """Like `cells_of_tile`, and with it `group`: the code of the group that most of them belong to."""
    parts = by_service(asked, level, within=in_tile(tile))
    grouped = summed(parts, Service.group.label("group")).join(Service, Service.id == parts.c.service_id).subquery()
    cell = grouped.c.cell
    first = func.row_number().over(partition_by=cell, order_by=(grouped.c.n.desc(), grouped.c.group))
    sums = [func.sum(grouped.c[name]).over(partition_by=cell).label(name) for name in ("n", *STANDINGS)]
    ranked = select(grouped.c.cell, grouped.c.group, *sums, first.label("place")).subquery()
    counts = [whole(ranked.c[name]).label(name) for name in ("n", *STANDINGS)]
    return select(ranked.c.cell, *counts, ranked.c.group).where(ranked.c.place == 1)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many fit a filter, and how many an index shows that does not know how they stand."""

    fitting: int
    looked_at: int


async def count_cells(session: AsyncSession, asked: MapFilter, place: CellBox) -> Counted:
    """The exact numbers in a part of the map."""
    known = is_standing()
    counts = [func.count().filter(known[name]).label(name) for name in STANDINGS]
    rows = select(*counts).where(*asked.where(standings=False))
    if place != EVERYWHERE:
        rows = rows.where(place.holds(ServiceRequest.cell, CELL_ZOOM))
    found = (await session.execute(rows)).one()._asdict()
    return Counted(sum(found[name] for name in asked.standings), sum(found.values()))


def by_service(asked: MapFilter, level: int, *, within: Sequence[Condition]) -> Subquery:
    """(cell, service_id, open, late, closed, duplicate) under a filter; cells of a level; service_id may be 0: any."""
    cell = shifted(ServiceRequest.cell, 2 * (CELL_ZOOM - level))
    known = is_standing()
    counts = [
        (func.count().filter(known[name]) if name in asked.standings else literal(0, Integer)).label(name)
        for name in STANDINGS
    ]
    rows = select(cell.label("cell"), ServiceRequest.service_id.label("service_id"), *counts)
    return rows.where(*within, *asked.where()).group_by(cell, ServiceRequest.service_id).subquery()


def in_tile(tile: TileAt) -> list[Condition]:
    first, end = tile.span()
    return [ServiceRequest.cell >= first, ServiceRequest.cell < end]


def summed(parts: Subquery, *more: Any) -> Select[Any]:
    counts = [whole(func.sum(parts.c[name])).label(name) for name in STANDINGS]
    every = sum((parts.c[name] for name in STANDINGS[1:]), parts.c[STANDINGS[0]])
    n = whole(func.sum(every)).label("n")
    return select(parts.c.cell, n, *counts, *more).select_from(parts).group_by(parts.c.cell, *more).having(n > 0)


def whole(value: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum as a plain integer: PostgreSQL's sums of large integers are decimals."""
    return cast(value, Integer)


def places_of_tile(asked: MapFilter, tile: TileAt, level: int) -> Select[Any]:
    """One row for each cell of a level: where n = 1 the request itself, where there are more their counts.

    (cell, n, open, late, closed, duplicate, id, standing, group, service, lat, long)
    """
    found = cells_of_tile(asked, tile, level).subquery()
    alone = (
        select(
            shifted(ServiceRequest.cell, 2 * (CELL_ZOOM - level)).label("cell"),
            ServiceRequest.service_request_id.label("id"),
            case(*((is_so, name) for name, is_so in is_standing().items())).label("standing"),
            Service.group.label("group"),
            Service.service_code.label("service"),
            func.ST_X(ServiceRequest.location).label("long"),
            func.ST_Y(ServiceRequest.location).label("lat"),
        )
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(*in_tile(tile), *asked.where())
        .subquery()
    )
    stacked = [case((found.c.n > 1, found.c[name])).label(name) for name in STANDINGS]
    single = [alone.c[name] for name in ("id", "standing", "group", "service", "lat", "long")]
    joined = found.outerjoin(alone, (found.c.n == 1) & (alone.c.cell == found.c.cell))
    return select(found.c.cell, found.c.n, *stacked, *single).select_from(joined)
