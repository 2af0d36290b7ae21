"""Which request lies in which area, as pairs of ids: as it should be, as it is kept, and what is written of that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Select, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app.imports.bulk import write
from app.jurisdictions.area_index import AreaIndex
from app.jurisdictions.local_clock import local_day
from app.jurisdictions.models import Area
from app.service_requests.models import RequestArea, ServiceRequest

# (id of a request, id of an area)
Pairs = set[tuple[int, int]]
REMOVE = {
    "sqlite": "DELETE FROM request_areas WHERE request_id = ? AND area_id = ?",
    "postgresql": "DELETE FROM request_areas USING unnest(%s::bigint[], %s::bigint[]) AS gone(request_id, area_id)"
    " WHERE request_areas.request_id = gone.request_id AND request_areas.area_id = gone.area_id",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests by ascending id: where each is, in decimal degrees, and when it was filed."""

    ids: Sequence[int] = ()
    lats: Sequence[float] = ()
    longs: Sequence[float] = ()
    filed: Sequence[datetime] = ()

    def only(self, ids: Collection[int]) -> Asked:
        rows = zip(self.ids, self.lats, self.longs, self.filed, strict=True)
        return asked_of([row for row in rows if row[0] in ids])


def asked_of(rows: Sequence[Sequence[Any]]) -> Asked:
    return Asked(*zip(*rows, strict=True)) if rows else Asked()


def places() -> Select[Any]:
    where = ServiceRequest.location
    columns = (ServiceRequest.id, func.ST_Y(where), func.ST_X(where), ServiceRequest.requested_datetime)
    return select(*columns).order_by(ServiceRequest.id)


async def read_page(session: AsyncSession, after: int, most: int) -> Asked:
    """Up to so many requests with a higher id."""
    return asked_of((await session.execute(places().where(ServiceRequest.id > after).limit(most))).all())


async def read_again(session: AsyncSession, ids: Iterable[int]) -> Asked:
    """These, as they are now and will be until the transaction ends (PostgreSQL); who is gone is left out."""
    these = ServiceRequest.id == any_(literal(sorted(ids), ARRAY(BigInteger)))
    return asked_of((await session.execute(places().where(these).with_for_update(key_share=True))).all())


async def kept_pairs(session: AsyncSession, asked: Asked, layer: str | None) -> Pairs:
    if not asked.ids:
        return set()
    pairs = select(RequestArea.request_id, RequestArea.area_id)
    pairs = pairs.where(RequestArea.request_id.between(asked.ids[0], asked.ids[-1]))
    if layer is not None:
        pairs = pairs.where(RequestArea.area_id.in_(select(Area.id).where(Area.layer == layer)))
    return only(((row[0], row[1]) for row in await session.execute(pairs)), asked.ids)


def right_pairs(index: AreaIndex, zone: ZoneInfo, asked: Asked) -> Pairs:
    days = [local_day(moment, zone) for moment in asked.filed]
    found = index.find_many(asked.lats, asked.longs, days)
    return {(request, area.id) for request, areas in zip(asked.ids, found, strict=True) for area in areas}


def only(pairs: Iterable[tuple[int, int]], ids: Iterable[int]) -> Pairs:
    """Those of these requests."""
    wanted = set(ids)
    return {pair for pair in pairs if pair[0] in wanted}


def requests_of(pairs: Pairs) -> set[int]:
    return {request for request, _ in pairs}


async def write_pairs(session: AsyncSession, *, remove: Pairs, add: Pairs) -> None:
    connection = await session.connection()
    if remove and connection.dialect.name == "sqlite":
        await connection.exec_driver_sql(REMOVE["sqlite"], sorted(remove))
    elif remove:
        requests, areas = zip(*sorted(remove), strict=True)
        await connection.exec_driver_sql(REMOVE["postgresql"], (list(requests), list(areas)))
    if add:
        await write(connection, "request_areas", "request_id, area_id", sorted(add))
