"""How many requests stand in each cell: the sums with what waits for the fold, in one statement, always exact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from app.service_requests.cells import CELL_ZOOM
from app.service_requests.count_models import (
    ALL,
    LAST_GROUP_LEVEL,
    LAST_MONTH_LEVEL,
    LAST_SOURCE_LEVEL,
    STANDINGS,
    CellCount,
    CountChange,
    SourceCount,
)
from app.services.models import Service
from app.sql import InOrder, Runs, among, found_in_runs

# Numbers, or parameters that stand for them.
Ranges = Sequence[tuple[Any, Any]] | Runs


def cell_rows(
    level: int,
    ranges: Ranges,
    *,
    service_ids: Sequence[int] | None = None,
    group_keys: Sequence[int] | None = None,
    months: Sequence[int] | None = None,
    sources: Sequence[str] = (),
    each: bool = False,
) -> CompoundSelect[Any]:
    """SELECT cell, service_id, open, late, closed, duplicate, to be summed up: a cell may have several rows.

    `level` is one of LEVELS; `ranges`: (first cell, first one after it) at that level, which must not overlap.
    `service_ids`: these services, or `group_keys`: these groups, or all; private services are never counted.
    `months`: filed in one of these (YYYYMM in the city's time zone, see `months_between`), or ever. `each`: rows for
    each service, or each group (its key as service_id), of a cell; else service_id says nothing. `sources`: that came
    by one of these, up to LAST_SOURCE_LEVEL; of single services, or of groups by month, they are not counted.
    Raises ValueError for months beyond LAST_MONTH_LEVEL, where the requests themselves must be read, for groups
    beyond LAST_GROUP_LEVEL, where their services must, and for sources where they are not counted.
    """
    if group_keys is not None and level > LAST_GROUP_LEVEL:
        raise ValueError(f"groups are counted up to level {LAST_GROUP_LEVEL}")
    if months is not None and level > LAST_MONTH_LEVEL:
        raise ValueError(f"months are counted up to level {LAST_MONTH_LEVEL}")
    kept: type[CellCount | SourceCount]
    if sources:
        by_service = group_keys is None and (each or service_ids is not None)
        if level > LAST_SOURCE_LEVEL or by_service or (months is not None and group_keys is not None):
            raise ValueError(f"sources are counted up to level {LAST_SOURCE_LEVEL}, and their groups for all time")
        kept, number, counted = SourceCount, SourceCount.group_key, counted_by(sources, group_keys)
    else:
        kept, number, counted = CellCount, CellCount.service_id, counted_as(service_ids, group_keys, each=each)
    rows = select(kept.cell, number.label("service_id"), *(getattr(kept, name) for name in STANDINGS)).where(
        kept.level == level, among(kept.month, [ALL] if months is None else months), counted
    )
    if isinstance(ranges, Runs):
        summed = select(found_in_runs(ranges, lambda first, after: rows.where(between(kept.cell, first, after))))
    else:
        summed = rows.where(or_(*(between(kept.cell, first, after) for first, after in ranges)))
    waiting = waiting_cells(level, ranges, service_ids, group_keys, months)
    return union_all(summed, waiting.where(CountChange.source.in_(sources)) if sources else waiting)


def between(cell: Any, first: Any, after: Any) -> ColumnElement[bool]:
    return and_(cell >= first, cell < after)


def counted_as(
    service_ids: Sequence[int] | None, group_keys: Sequence[int] | None, *, each: bool
) -> ColumnElement[bool]:
    """The rows of `cell_counts` that hold these services or groups, or all."""
    if group_keys is not None:
        return among(CellCount.service_id, group_keys)
    if service_ids is not None or each:
        return are_public(CellCount.service_id, service_ids)
    return CellCount.service_id == ALL


def counted_by(sources: Sequence[str], group_keys: Sequence[int] | None) -> ColumnElement[bool]:
    """The rows of `source_counts` that hold these sources, of these groups or of all."""
    by_source = SourceCount.source.in_(sources)
    return by_source if group_keys is None else and_(by_source, among(SourceCount.group_key, group_keys))


def waiting_cells(
    level: int,
    ranges: Ranges,
    service_ids: Sequence[int] | None,
    group_keys: Sequence[int] | None,
    months: Sequence[int] | None,
) -> Select[Any]:
    """What waits to be folded, as rows like those of cell_counts."""
    shift = 2 * (CELL_ZOOM - level)
    cell = shifted(CountChange.cell, shift)
    signed = [case((CountChange.standing == name, CountChange.sign), else_=0) for name in STANDINGS]
    changes: Any = CountChange.__table__
    if isinstance(ranges, Runs):
        run = ranges.named()
        ranges, changes = [(run.c.first, run.c.after)], InOrder(run, changes, true())
    inside = (between(CountChange.cell, shifted(first, -shift), shifted(end, -shift)) for first, end in ranges)
    if group_keys is None:
        counted = select(cell, CountChange.service_id, *signed).select_from(changes)
    else:
        of_group = (
            select(Service.group.label("code"), (-func.min(Service.id)).label("key")).group_by(Service.group).subquery()
        )
        named = Service.id == CountChange.service_id
        counted = select(cell, of_group.c.key, *signed).select_from(changes).join(Service, named)
        counted = counted.join(of_group, of_group.c.code == Service.group).where(among(of_group.c.key, group_keys))
    waiting = counted.where(CountChange.area_id == ALL, or_(*inside), are_public(CountChange.service_id, service_ids))
    return waiting if months is None else waiting.where(among(CountChange.filed // 100, months))


def are_public(column: Any, service_ids: Sequence[int] | None) -> ColumnElement[bool]:
    """Of these services, or of all, those that are public."""
    if service_ids is None:
        found: ColumnElement[bool] = column.in_(select(Service.id).where(Service.private.is_(False)))
        return found
    # By number, so that PostgreSQL reads each run of cells by its index, not all cells of a service.
    return and_(among(column, service_ids), column.not_in(select(Service.id).where(Service.private)))


def months_between(first: date, last: date) -> list[int]:
    """The months YYYYMM from that of `first` to that of `last`."""
    begin, end = (day.year * 12 + day.month - 1 for day in (first, last))
    return [at // 12 * 100 + at % 12 + 1 for at in range(begin, end + 1)]


def shifted(cell: Any, bits: int) -> Any:
    """A cell, or what stands for one, shifted down by so many bits, or up by a negative number of them."""
    if isinstance(cell, int):
        return cell >> bits if bits > 0 else cell << -bits
    # Written out: PostgreSQL shifts by a plain integer only.
    return (
        cell.op(">>" if bits > 0 else "<<", return_type=BigInteger())(literal_column(str(abs(bits)))) if bits else cell
    )
