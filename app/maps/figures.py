"""How many requests stand in each cell, by standing, under a filter: from what is counted, else from the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.cell_box import CellBox
from app.maps.filter_months import whole_months
from app.maps.filter_rows import in_only_area, in_square, is_standing
from app.maps.filters import MapFilter
from app.maps.grid import END, FIRST, FIRST_SQUARES_ZOOM, SQUARES, TileAt, kept_level
from app.maps.region_runs import Region, cut_runs, inside_runs
from app.service_requests.cells import CELL_ZOOM
from app.service_requests.count_figures import cell_rows, shifted
from app.service_requests.count_models import LAST_GROUP_LEVEL, LEVELS, STANDINGS
from app.service_requests.models import ServiceRequest
from app.services.models import Service
from app.sql import Runs, found_in_runs

Ranges = Sequence[tuple[Any, Any]]
THE_TILE = [(FIRST, END)]
FEW_DAYS = 31
FEW_SERVICES = 2
# More than there are services.
MANY = 1 << 31


@dataclass(frozen=True, slots=True)
class Counted:
    """How many fit a filter, and how many an index shows that does not know how they stand."""

    fitting: int
    looked_at: int


def cells_of_tile(asked: MapFilter, z: int, level: int, *, in_region: bool = False) -> Select[Any]:
    """(cell, n, open, late, closed, duplicate) of each cell of a level with a request, in a tile of a zoom.

    Of which tile, `values_of_tile` says when it is asked. `in_region`: the filter has a `counted_region`.
    """
    return summed(asked, figures_of_tile(asked, z, level, each=False, in_region=in_region))


def values_of_tile(region: Region | None, tile: TileAt, level: int) -> dict[str, Any]:
    """The parameters of a statement about any tile of a zoom, for this tile and a filter's `counted_region`."""
    return {**tile.numbers(), **(region.in_tile(tile, level) if region else {})}


def cells_by_group(asked: MapFilter, z: int, level: int, *, in_region: bool = False) -> Select[Any]:
    """Like `cells_of_tile`, and with it `group`: the code of the group that most of them belong to."""
    parts = figures_of_tile(asked, z, level, each=True, in_region=in_region)
    ranked = select(Service.id, Service.group, func.dense_rank().over(order_by=Service.group).label("rank")).subquery()
    summed_up = summed(asked, parts, ranked.c.rank).join(ranked, ranked.c.id == func.abs(parts.c.service_id)).subquery()
    # The largest number and its group in one: a cell's groups need not be sorted. Of equal ones the first by code.
    largest = func.max(cast(summed_up.c.n, BigInteger) * MANY + (MANY - 1 - summed_up.c.rank))
    counts = [whole(func.sum(summed_up.c[name])).label(name) for name in ("n", *STANDINGS)]
    found = select(summed_up.c.cell, *counts, largest.label("largest")).group_by(summed_up.c.cell).subquery()
    groups = select(ranked.c.rank, ranked.c.group).distinct().subquery()
    columns = [found.c[name] for name in ("cell", "n", *STANDINGS)]
    return select(*columns, groups.c.group.label("group")).join(
        groups, groups.c.rank == MANY - 1 - found.c.largest % MANY
    )


async def count_cells(session: AsyncSession, asked: MapFilter, place: CellBox) -> Counted:
    """The exact numbers in a part of the map."""
    level = place.counted_level
    runs = place.at(CELL_ZOOM).runs()
    found = figures(asked, level, runs, each=False)
    sums = [whole(func.coalesce(func.sum(found.c[name]), 0)).label(name) for name in STANDINGS]
    told = select(*sums).where(place.at(level).exactly(found.c.cell))
    row = (await session.execute(told)).one()._asdict()
    return Counted(sum(row[name] for name in asked.standings), sum(row.values()))


def figures_of_tile(asked: MapFilter, z: int, level: int, *, each: bool, in_region: bool) -> Subquery:
    """`figures` of any tile of a zoom; `in_region` where the filter has a `counted_region`."""
    if in_region:
        return figures_in_region(asked, level, each=each)
    by_square = z >= FIRST_SQUARES_ZOOM and (asked.filed_from or asked.filed_to)
    return figures(asked, level, THE_TILE, each=each, by=[in_square(SQUARES)] if by_square else [])


def figures_in_region(asked: MapFilter, level: int, *, each: bool) -> Subquery:
    """`figures` of what a circle or an area leaves of a tile, by the parameters of its `Region.in_tile`."""
    plain, finest = replace(asked, near=None, area=None), finest_counted(asked, level, each=each)
    inside = [
        from_counts(plain, level, inside_runs(kept), None, each=each, kept=kept)
        if plain.is_counted(kept)
        else in_runs(plain, level, inside_runs(kept), each=each)
        for kept in LEVELS
        if kept_level(level) <= kept <= finest
    ]
    # Where the edge cuts a cell.
    return union_all(*inside, in_runs(asked, level, cut_runs(finest), each=each)).subquery()


def finest_counted(asked: MapFilter, level: int, *, each: bool) -> int:
    """The level up to which what lies inside a circle or an area is counted.

    Cells too small for sums of groups are looked for service by service: of many services reading them is quicker.
    Sources have no sums there.
    """
    many = each or asked.sources or len(asked.service_ids or ()) > FEW_SERVICES
    return LAST_GROUP_LEVEL if many and level <= LAST_GROUP_LEVEL else CELL_ZOOM


def in_runs(asked: MapFilter, level: int, runs: Runs, *, each: bool) -> Select[Any]:
    """The requests themselves, in short runs of cells of level 24."""
    known = is_standing()
    counts = [case((known[name], 1), else_=0).label(name) for name in STANDINGS]
    cell = shifted(ServiceRequest.cell, 2 * (CELL_ZOOM - level)).label("cell")
    inside = [in_only_area(*asked.area)] if asked.area else []
    rows = select(cell, service_of(each=each).label("service_id"), *counts).where(
        *replace(asked, area=None).where(standings=False, box=False), *inside
    )

    def in_run(first: Any, after: Any) -> Select[Any]:
        return rows.where(ServiceRequest.cell >= first, ServiceRequest.cell < after)

    return select(found_in_runs(runs, in_run))


def figures(
    asked: MapFilter, level: int, runs: Ranges, *, each: bool, by: Sequence[ColumnElement[bool]] = ()
) -> Subquery:
    """(cell, service_id, open, late, closed, duplicate), whatever standing is asked; a cell may have several rows.

    `runs`: (first, first one after it) of cells of level 24 that begin and end with cells of `level`. service_id is
    None unless `each`: the service's, or the key of its group. `by` says again where rows lie, as an index has it.
    """
    months, rest = parts_of(asked, kept_level(level), each=each)
    # Of a few days of closing there are fewer in the whole city than there are of all days in a part of it.
    cell = ServiceRequest.cell + 0 if asked.days_of_closing <= FEW_DAYS else ServiceRequest.cell
    parts = [from_rows(days, level, [within(cell, runs), *by], each=each) for days in rest]
    if months is None or months:
        parts.append(from_counts(asked, level, runs, months, each=each))
    return union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()


def reads_rows(asked: MapFilter, level: int, *, each: bool) -> bool:
    """Whether figures of a level are made from requests as well, without a `counted_region`."""
    return bool(parts_of(asked, kept_level(level), each=each)[1])


def parts_of(asked: MapFilter, level: int, *, each: bool) -> tuple[list[int] | None, list[MapFilter]]:
    """(the months to be taken from the counts of a level, None for all time; filters of rows to be read)."""
    if asked.is_counted(level) and not (asked.filed_from or asked.filed_to):
        return None, []
    # The groups of a source are counted for all time only.
    if not asked.has_months(level) or (asked.sources and each):
        return [], [asked]
    months, days = whole_months(asked.filed_from, asked.filed_to)
    return months, [replace(asked, filed_from=first, filed_to=last) for first, last in days]


def from_counts(
    asked: MapFilter, level: int, runs: Ranges | Runs, months: list[int] | None, *, each: bool, kept: int | None = None
) -> Select[Any]:
    """From the sums of a kept level, by default the coarsest one that will do."""
    kept = kept or kept_level(level)
    if not isinstance(runs, Runs):
        shift = 2 * (CELL_ZOOM - kept)
        runs = [(shifted(first, shift), shifted(end, shift)) for first, end in runs]
    # One sum for a group, not one for each of its services.
    keys = asked.group_keys if (each or asked.groups) and kept <= LAST_GROUP_LEVEL else None
    ids = asked.service_ids if keys is None else None
    found = cell_rows(
        kept, runs, service_ids=ids, group_keys=keys, months=months, sources=asked.sources, each=each
    ).subquery()
    service = found.c.service_id if each else literal_column("NULL", Integer)
    cell = shifted(found.c.cell, 2 * (kept - level))
    return select(cell.label("cell"), service.label("service_id"), *(found.c[name] for name in STANDINGS))


def from_rows(asked: MapFilter, level: int, here: Sequence[ColumnElement[bool]], *, each: bool) -> Select[Any]:
    """From the requests that lie `here`."""
    cell = shifted(ServiceRequest.cell, 2 * (CELL_ZOOM - level))
    known = is_standing()
    counts = [func.count().filter(known[name]).label(name) for name in STANDINGS]
    rows = select(cell.label("cell"), service_of(each=each).label("service_id"), *counts)
    rows = rows.where(*here, *asked.where(standings=False))
    return rows.group_by(cell, ServiceRequest.service_id) if each else rows.group_by(cell)


def service_of(*, each: bool) -> Any:
    return ServiceRequest.service_id if each else literal_column("NULL", Integer)


def within(cell: Any, runs: Ranges) -> ColumnElement[bool]:
    return or_(*(and_(cell >= first, cell < end) for first, end in runs))


def summed(asked: MapFilter, parts: Subquery, *more: Any) -> Select[Any]:
    """The sums of what is asked, by cell; 0 for a standing that is not."""
    counts = {
        name: whole(func.sum(parts.c[name])) if name in asked.standings else literal(0, Integer) for name in STANDINGS
    }
    n = total(counts[name] for name in asked.standings)
    named = [count.label(name) for name, count in counts.items()]
    found = select(parts.c.cell, n.label("n"), *named, *more).select_from(parts)
    return found.group_by(parts.c.cell, *more).having(n > 0)


def total(counts: Iterable[ColumnElement[int]]) -> ColumnElement[int]:
    first, *others = counts
    return sum(others, first)


def whole(value: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum as a plain integer: PostgreSQL's sums of large integers are decimals."""
    return cast(value, Integer)
