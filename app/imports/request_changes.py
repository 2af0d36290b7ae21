"""What is known already of past requests: which rows are new, which differ, and how those are brought up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import point
from app.imports.bulk import dialect_of, is_among, lock_rows, portions, write
from app.imports.request_store import (
    AREA_COLUMNS,
    UPDATE_COLUMNS,
    NewRequest,
    outcome,
)
from app.service_requests.cells import cell_key
from app.service_requests.models import RequestArea, ServiceRequest, Update
from app.service_requests.workflow import FIRST

# Degrees, about a centimetre.
SAME_PLACE = 1e-7
COMPARED = (
    "service_id", "status", "status_notes", "description", "address_string", "zipcode", "requested_datetime",
    "updated_datetime", "expected_datetime", "closed_datetime",
)  # fmt: skip
WRITTEN = (*COMPARED, "description_public", "department_id")


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows by what has to be done. `older`: the source changed them before what is here. `here`: changed in this
    city's own hands since they were imported, and left alone."""

    new: list[NewRequest]
    changed: list[tuple[Row[Any], NewRequest]]
    unchanged: int
    older: int
    here: int


async def compare(session: AsyncSession, rows: Sequence[NewRequest]) -> Compared:
    """Tells the rows (each import_key once) apart by what the database holds."""
    known = await known_requests(session, [row.import_key for row in rows])
    new = [row for row in rows if row.import_key not in known]
    met = [(known[row.import_key], row) for row in rows if row.import_key in known]
    older = [pair for pair in met if pair[1].says_when and pair[1].updated_datetime < pair[0].updated_datetime]
    passed = {pair[1].import_key for pair in older}
    differing = [pair for pair in met if pair[1].import_key not in passed and not same(*pair)]
    # From here on nobody else changes these, and what was changed until now is seen.
    await lock_rows(session, [kept.id for kept, _ in differing])
    here = await changed_here(session, [kept.id for kept, _ in differing])
    changed = [pair for pair in differing if pair[0].id not in here]
    return Compared(new, changed, len(met) - len(older) - len(differing), len(older), len(differing) - len(changed))


async def known_requests(session: AsyncSession, keys: Sequence[str]) -> Mapping[str, Row[Any]]:
    columns = [getattr(ServiceRequest, name) for name in WRITTEN]
    lat, long = func.ST_Y(ServiceRequest.location).label("lat"), func.ST_X(ServiceRequest.location).label("long")
    here = is_among(ServiceRequest.import_key, keys, session.get_bind().dialect.name)
    asked = select(ServiceRequest.id, ServiceRequest.import_key, lat, long, *columns).where(here)
    return {row.import_key: row for row in await session.execute(asked)}


async def any_known(session: AsyncSession, keys: Sequence[str]) -> bool:
    here = is_among(ServiceRequest.import_key, keys, session.get_bind().dialect.name)
    return (await session.execute(select(ServiceRequest.id).where(here).limit(1))).first() is not None


def same(kept: Row[Any], row: NewRequest) -> bool:
    if row.says_who and kept.department_id != row.department_id:
        return False
    return same_place(kept, row) and all(getattr(kept, name) == getattr(row, name) for name in COMPARED)


def same_place(kept: Row[Any], row: NewRequest) -> bool:
    return bool(abs(kept.lat - row.lat) < SAME_PLACE and abs(kept.long - row.long) < SAME_PLACE)


async def changed_here(session: AsyncSession, ids: Sequence[int]) -> set[int]:
    """Those with an entry that no import wrote: an import's entries are announced at the moment that they tell of."""
    found: set[int] = set()
    own = or_(Update.announced_datetime.is_(None), Update.announced_datetime != Update.updated_datetime)
    for some in portions(ids):
        asked = select(Update.request_id).where(Update.request_id.in_(some), own)
        found.update((await session.execute(asked)).scalars())
    return found


async def update_requests(session: AsyncSession, changed: Sequence[tuple[Row[Any], NewRequest]]) -> None:
    """Brings requests to what the source says now: the row, its areas where place or day differ, its timeline."""
    if not changed:
        return
    connection = await session.connection()
    table = ServiceRequest.__table__
    set_to: dict[str, Any] = {
        name: bindparam(f"set_{name}") for name in (*WRITTEN, "duplicate_of_id", "location", "cell")
    }
    statement = update(table).where(table.c.id == bindparam("number")).values(**set_to)  # type: ignore[arg-type]
    await connection.execute(statement, [new_values(kept, row) for kept, row in changed])
    await move(session, [pair for pair in changed if moved(*pair)])
    await retell(session, [pair for pair in changed if pair[0].status != FIRST or pair[1].has_outcome])


def new_values(kept: Row[Any], row: NewRequest) -> dict[str, Any]:
    values = {f"set_{name}": getattr(row, name) for name in WRITTEN}
    if not row.says_who and row.department_id is None:
        values["set_department_id"] = kept.department_id
    # The link to an earlier one is found again after the last batch.
    place = {"set_location": point(row.lat, row.long), "set_cell": cell_key(row.lat, row.long)}
    return {"number": kept.id, "set_duplicate_of_id": None, **place, **values}


def moved(kept: Row[Any], row: NewRequest) -> bool:
    when: datetime = kept.requested_datetime
    return not same_place(kept, row) or when != row.requested_datetime


async def move(session: AsyncSession, pairs: Sequence[tuple[Row[Any], NewRequest]]) -> None:
    """Writes the areas anew, and the moment of the first entry."""
    if not pairs:
        return
    connection = await session.connection()
    table, entries = RequestArea.__table__, Update.__table__
    numbers = [{"number": kept.id} for kept, _ in pairs]
    await connection.execute(delete(table).where(table.c.request_id == bindparam("number")), numbers)  # type: ignore[arg-type]
    areas = [(kept.id, area) for kept, row in pairs for area in row.area_ids]
    await write(connection, "request_areas", AREA_COLUMNS, areas)
    when: Any = bindparam("new_when")
    first = update(entries).where(  # type: ignore[arg-type]
        entries.c.request_id == bindparam("number"), entries.c.kind == "received"
    )
    moments = [{"number": kept.id, "new_when": row.requested_datetime} for kept, row in pairs]
    await connection.execute(first.values(updated_datetime=when, announced_datetime=when), moments)


async def retell(session: AsyncSession, pairs: Sequence[tuple[Row[Any], NewRequest]]) -> None:
    """Adds where each stands now to its timeline, in place of an entry of the same status or of a later moment."""
    if not pairs:
        return
    connection = await session.connection()
    entries = Update.__table__
    replaced = delete(entries).where(  # type: ignore[arg-type]
        entries.c.request_id == bindparam("number"),
        entries.c.kind == "status",
        or_(entries.c.status == bindparam("new_status"), entries.c.updated_datetime >= bindparam("new_when")),
    )
    now = [{"number": kept.id, "new_status": row.status, "new_when": row.acted_datetime} for kept, row in pairs]
    await connection.execute(replaced, now)
    dialect = dialect_of(connection)
    await write(connection, "updates", UPDATE_COLUMNS, [outcome(kept.id, row, dialect) for kept, row in pairs])
