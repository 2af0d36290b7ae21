"""Reads of the city: its row, its areas in memory, and who answers for a place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from app.jurisdictions.area_index import Agency, AreaIndex, AreaRef, AreaShape, shape_of
from app.jurisdictions.models import Area, AreaLayer, Department, Jurisdiction


class NoCity(LookupError):
    """The database has no city yet."""

    def __init__(self) -> None:
        super().__init__("There is no city yet: run `blockwise demo`, or import its areas.")


@dataclass(slots=True)
class Kept:
    """The index of one database in this process, and the versions of areas and catalogue that it was made from."""

    version: tuple[int, int] | None = None
    index: AreaIndex | None = None
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)


_kept: WeakKeyDictionary[Engine, Kept] = WeakKeyDictionary()


async def get_jurisdiction(session: AsyncSession) -> Jurisdiction:
    """The city, without its boundary (ask `areas_index` whether a point is inside). Raises NoCity."""
    query = select(Jurisdiction).order_by(Jurisdiction.id).limit(1)
    city = (await session.execute(query.options(defer(Jurisdiction.boundary, raiseload=True)))).scalar_one_or_none()
    if city is None:
        raise NoCity
    return city


class CityVersions(NamedTuple):
    """What changes when what a process keeps of the city is of yesterday; and its time zone."""

    timezone: str
    catalogue_version: int
    areas_version: int


async def city_versions(session: AsyncSession) -> CityVersions:
    """As `get_jurisdiction`, for who needs no more of the city. Raises NoCity."""
    columns = (getattr(Jurisdiction, name) for name in CityVersions._fields)
    row = (await session.execute(select(*columns).order_by(Jurisdiction.id).limit(1))).one_or_none()
    if row is None:
        raise NoCity
    return CityVersions(*row)


async def areas_index(session: AsyncSession, jurisdiction: Jurisdiction) -> AreaIndex:
    """The areas in memory as they are at the jurisdiction's versions: no SQL unless one of them has changed.

    The catalogue's counts too: with it come the outside agencies' names and telephone numbers.
    """
    kept = _kept.setdefault(engine_of(session), Kept())
    version = (jurisdiction.areas_version, jurisdiction.catalogue_version)
    if kept.index is None or kept.version != version:
        async with kept.loading:
            if kept.index is None or kept.version != version:
                kept.index, kept.version = await load_areas(session), version
    return kept.index


async def areas_at(session: AsyncSession, lat: float, long: float, on: date) -> list[AreaRef]:
    """The areas that hold a point on a day. One small read; callers that have the city use `areas_index`."""
    return (await areas_index(session, await get_jurisdiction(session))).find(lat, long, on)


async def city_bounds(session: AsyncSession, jurisdiction: Jurisdiction) -> tuple[float, float, float, float]:
    """(west, south, east, north) of the city's boundary in degrees; of its centre alone while it has none."""
    index = await areas_index(session, jurisdiction)
    return index.bounds or (jurisdiction.long, jurisdiction.lat, jurisdiction.long, jurisdiction.lat)


def engine_of(session: AsyncSession) -> Engine:
    bind = session.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine


async def load_areas(session: AsyncSession, layer: str | None = None) -> AreaIndex:
    """The areas of all layers, or of one. Callers that need them more than once use `areas_index`."""
    columns = (Area.id, Area.layer, Area.code, Area.name, Area.department_id, Area.valid_from, Area.valid_to)
    in_order = (AreaLayer.position, AreaLayer.code, Area.code, Area.id)
    areas = select(*columns, Area.location).join(AreaLayer, AreaLayer.code == Area.layer).order_by(*in_order)
    if layer is not None:
        areas = areas.where(Area.layer == layer)
    rows = (await session.execute(areas)).all()
    boundary = (await session.execute(select(Jurisdiction.boundary).limit(1))).scalar()
    agencies = (await session.execute(select(Department).where(Department.kind == "agency"))).scalars().all()
    known = [Agency(row.id, row.code, row.name, row.phone, row.url, row.translations) for row in agencies]
    return await asyncio.to_thread(
        lambda: AreaIndex([area_shape(row) for row in rows], None if boundary is None else shape_of(boundary), known)
    )


def area_shape(row: Row[*tuple[Any, ...]]) -> AreaShape:
    ref = AreaRef(row.id, row.layer, row.code, row.name, row.department_id)
    return AreaShape(ref, row.valid_from, row.valid_to, shape_of(row.location))
