"""Finds the earlier request of which an imported one is a duplicate: named by its key, or at the same place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.imports.bulk import lock_rows, portions
from app.imports.named_originals import NamedOriginals
from app.imports.progress import Pace, Progress
from app.imports.request_row import RequestRow
from app.imports.request_store import SOURCE, take_turns
from app.jurisdictions.geodesy import box_around, distance_m
from app.service_requests.cells import cell_key
from app.service_requests.models import ServiceRequest

# What tells labelled duplicates from others in Chicago's file: 98.4 % have an earlier request so near and so lately,
# 12.7 % of the others do; at 200 m and 90 days it is 99.6 % and 78.3 %.
WITHIN_M = 1.0
WITHIN = timedelta(days=30)
PAGE = 500


@dataclass(slots=True)
class Links:
    """How many duplicates were looked at, linked by the source's own key, and linked by place and time; of these,
    how many had several earlier requests to choose from (of those that were no duplicates, one that was closed at the
    same moment was chosen, else the latest)."""

    looked_at: int = 0
    by_key: int = 0
    by_place: int = 0
    of_several: int = 0

    @property
    def not_found(self) -> int:
        return self.looked_at - self.by_key - self.by_place


@dataclass(slots=True)
class Seen:
    """What a run has come by: what its source names, and the days between which its requests were filed."""

    named: NamedOriginals = field(default_factory=NamedOriginals)
    earliest: datetime | None = None
    latest: datetime | None = None

    def see(self, rows: Iterable[RequestRow]) -> None:
        rows = list(rows)
        self.named.update((row.import_key, row.duplicate_of_key) for row in rows if row.duplicate_of_key)
        moments = [row.requested_datetime for row in rows if row.requested_datetime]
        self.earliest = min(filter(None, (self.earliest, *moments)), default=None)
        self.latest = max(filter(None, (self.latest, *moments)), default=None)


async def link_duplicates(database: Database, seen: Seen, progress: Progress) -> Links:
    """Links the imported duplicates that are linked to nothing yet and to which what was seen may be the original.

    Safe to run again. Those of other days are not asked for: a history has many whose original is not in it.
    """
    links, pace = Links(), Pace(progress, "linking duplicates")
    last = 0
    while seen.earliest and seen.latest:
        async with database.writing() as session:
            await take_turns(session)
            page = await unlinked(session, last, seen)
            if not page:
                break
            pairs = await by_key(session, page, seen.named)
            links.by_key += len(pairs)
            found = await by_place(session, [row for row in page if row.id not in pairs])
            links.by_place += len(found)
            links.of_several += sum(several for _, several in found.values())
            pairs |= {number: original for number, (original, _) in found.items()}
            await link(session, pairs)
        links.looked_at += len(page)
        last = page[-1].id
        pace.add(len(page))
    if links.looked_at:
        pace.tell()
    return links


def requests_wanted() -> Any:
    lat, long = func.ST_Y(ServiceRequest.location).label("lat"), func.ST_X(ServiceRequest.location).label("long")
    return select(
        ServiceRequest.id, ServiceRequest.import_key, ServiceRequest.service_id, ServiceRequest.cell,
        ServiceRequest.status, ServiceRequest.duplicate_of_id, ServiceRequest.requested_datetime,
        ServiceRequest.closed_datetime, lat, long,
    )  # fmt: skip


async def unlinked(session: AsyncSession, after: int, seen: Seen) -> Sequence[Row[Any]]:
    assert seen.earliest and seen.latest
    wanted = requests_wanted().where(
        ServiceRequest.id > after,
        ServiceRequest.status == "duplicate",
        ServiceRequest.source == SOURCE,
        ServiceRequest.duplicate_of_id.is_(None),
        ServiceRequest.requested_datetime.between(seen.earliest, seen.latest + WITHIN),
    )
    return (await session.execute(wanted.order_by(ServiceRequest.id).limit(PAGE))).all()


async def by_key(session: AsyncSession, page: Sequence[Row[Any]], named: NamedOriginals) -> dict[int, int]:
    """id of a duplicate → id of the request that its source names."""
    originals = named.of([row.import_key for row in page])
    keys = {row.id: originals[row.import_key] for row in page if row.import_key in originals}
    if not keys:
        return {}
    columns = (ServiceRequest.import_key, ServiceRequest.id, ServiceRequest.duplicate_of_id)
    asked = select(*columns).where(ServiceRequest.import_key.in_(set(keys.values())))
    # One that is a duplicate itself leads on to its own original: a chain would hide both.
    here = {row.import_key: row.duplicate_of_id or row.id for row in await session.execute(asked)}
    return {number: here[key] for number, key in keys.items() if key in here and here[key] != number}


async def by_place(session: AsyncSession, page: Sequence[Row[Any]]) -> dict[int, tuple[int, bool]]:
    """id of a duplicate → (id of the earlier request of its service at its place, whether there were more)."""
    around = {row.id: cells_around(row.lat, row.long) for row in page}
    at: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in await requests_in(session, set().union(*around.values())):
        at[row.cell].append(row)
    found: dict[int, tuple[int, bool]] = {}
    for row in page:
        near = [other for cell in around[row.id] for other in at[cell] if is_earlier(other, row)]
        if originals := [other for other in near if other.status != "duplicate"]:
            chosen = max(originals, key=lambda other: (closed_together(other, row), order(other)))
            found[row.id] = chosen.id, len(originals) > 1
    return found


def is_earlier(other: Row[Any], row: Row[Any]) -> bool:
    if other.id == row.id or other.service_id != row.service_id or order(other) >= order(row):
        return False
    if row.requested_datetime - other.requested_datetime > WITHIN:
        return False
    return distance_m(other.lat, other.long, row.lat, row.long) <= WITHIN_M


def closed_together(other: Row[Any], row: Row[Any]) -> bool:
    """Whoever closes a request closes with it what repeats it."""
    return row.closed_datetime is not None and other.closed_datetime == row.closed_datetime


def order(row: Row[Any]) -> tuple[datetime, bool, int]:
    """By time; of the same moment (many files know only the day) duplicates come last."""
    return row.requested_datetime, row.status == "duplicate", row.id


def cells_around(lat: float, long: float) -> set[int]:
    """The cells that a circle of WITHIN_M meets: a cell is never smaller than that circle's half."""
    west, south, east, north = box_around(lat, long, WITHIN_M)
    return {cell_key(y, x) for x in (west, long, east) for y in (south, lat, north)}


async def requests_in(session: AsyncSession, cells: Iterable[int]) -> list[Row[Any]]:
    rows: list[Row[Any]] = []
    for some in portions(sorted(cells)):
        rows += (await session.execute(requests_wanted().where(ServiceRequest.cell.in_(some)))).all()
    return rows


async def link(session: AsyncSession, pairs: Mapping[int, int]) -> None:
    if not pairs:
        return
    await lock_rows(session, {*pairs, *pairs.values()})
    table = ServiceRequest.__table__
    # Unless it has become something else meanwhile.
    still = table.c.status == "duplicate", table.c.duplicate_of_id.is_(None)
    statement = update(table).where(table.c.id == bindparam("number"), *still)  # type: ignore[arg-type]
    values = [{"number": number, "original": original} for number, original in pairs.items()]
    await (await session.connection()).execute(statement.values(duplicate_of_id=bindparam("original")), values)
