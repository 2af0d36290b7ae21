"""`blockwise import areas`: boards, districts, ZIPs, neighbourhoods, the land of agencies, the city's boundary."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from geoalchemy2 import WKBElement
from shapely import MultiPolygon
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.imports.agencies import AGENCY_LAYER, attach_agencies
from app.imports.area_fields import AreaFields
from app.imports.area_file import read_area_file
from app.imports.area_requests import assign_planned, plan_to_assign
from app.imports.area_rows import AreaRows, area_rows
from app.imports.area_shapes import union
from app.imports.area_summary import summary
from app.imports.area_versions import SAME, DatesOverlap, KeptArea, NewArea, Plan, plan_import
from app.imports.city import city_for_import
from app.imports.problems import ImportProblem, ImportRefused, ImportSummary
from app.imports.progress import Pace, Progress, no_progress
from app.jurisdictions.area_index import shape_of
from app.jurisdictions.models import Area, AreaLayer, Jurisdiction

# The layer that is no layer: its areas together are the city's boundary.
CITY_LAYER = "city"
LAYER_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


async def import_areas(
    database: Database,
    path: Path,
    *,
    layer: str,
    layer_name: str | None = None,
    code_field: str | None = None,
    name_field: str | None = None,
    population_field: str | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
    boundary: bool = False,
    city_name: str | None = None,
    timezone: str | None = None,
    skip_bad: bool = False,
    progress: Progress = no_progress,
) -> ImportSummary:
    """Brings the areas of a GeoJSON, TopoJSON or zipped shapefile into a layer, in one transaction.

    Afterwards the requests that are here get the areas in which they lie (`area_requests`).

    `boundary`, or the layer "city", makes the union of the areas the city's boundary; the layer "city" keeps
    nothing else. `city_name` and `timezone` make the city when there is none. Dates: `plan_import`.
    Raises ImportRefused, with every problem, and keeps nothing; with `skip_bad` only for the whole file.
    """
    path = Path(path)
    check_options(path, layer, valid_from, valid_to)
    name = layer_name or layer.replace("_", " ").replace("-", " ").capitalize()
    told = AreaFields(code_field, name_field, population_field)
    rows = await asyncio.to_thread(read_rows, path, name, told, progress)
    if rows.problems and (not skip_bad or not rows.areas):
        raise ImportRefused(rows.problems)
    async with database.writing() as session:
        west, south, east, north = shapely.total_bounds([area.shape for area in rows.areas])
        clock = (await session.execute(select(Jurisdiction.timezone))).scalar()
        city, notes = await city_for_import(
            session,
            path.name,
            name=city_name,
            timezone=timezone,
            lat=float((south + north) / 2),
            long=float((west + east) / 2),
        )
        plan = Plan()
        if layer != CITY_LAYER:
            if layer == AGENCY_LAYER:
                notes += await attach_agencies(session, rows.areas, rows.properties)
            await keep_layer(session, layer, layer_name, name)
            plan = await planned(session, path, layer, rows.areas, valid_from, valid_to)
            await carry_out(session, plan, layer, valid_from, valid_to)
        bounded = False
        if boundary or layer == CITY_LAYER:
            bounded = await set_boundary(session, city, union([area.shape for area in rows.areas]))
        if bounded or plan.insert or plan.correct or plan.end or plan.begin:
            city.areas_version = Jurisdiction.areas_version + 1
        other_days = clock not in (None, city.timezone)
        if other_days or plan.moves_requests:
            plan_to_assign(session, None if other_days else layer)
    moved = await assign_planned(database, layer, progress)
    return summary(rows, plan, notes, moved, bounded if layer == CITY_LAYER else None)


def check_options(path: Path, layer: str, valid_from: date | None, valid_to: date | None) -> None:
    reason = None
    if not LAYER_CODE.fullmatch(layer):
        reason = f"{layer!r} cannot be the code of a layer: use up to 40 of a–z, 0–9, - and _"
    elif valid_from and valid_to and valid_from >= valid_to:
        reason = f"the areas would end ({valid_to}) before they begin ({valid_from})"
    if reason:
        raise ImportRefused([ImportProblem(path.name, None, None, reason)])


def read_rows(path: Path, layer_name: str, told: AreaFields, progress: Progress) -> AreaRows:
    read = read_area_file(path)
    pace = Pace(progress, "reading", len(read.features))
    rows = area_rows(path.name, read, layer_name, told, pace)
    pace.tell()
    return rows


async def keep_layer(session: AsyncSession, layer: str, told_name: str | None, name: str) -> None:
    row = await session.get(AreaLayer, layer)
    if row is None:
        last = (await session.execute(select(func.max(AreaLayer.position)))).scalar()
        session.add(AreaLayer(code=layer, name=name, position=0 if last is None else last + 1))
        await session.flush()
    elif told_name:
        row.name = told_name


async def planned(
    session: AsyncSession,
    path: Path,
    layer: str,
    new: Sequence[NewArea],
    valid_from: date | None,
    valid_to: date | None,
) -> Plan:
    rows = (await session.execute(select(Area).where(Area.layer == layer).order_by(Area.id))).scalars().all()
    kept = [
        KeptArea(
            row.id, row.code, row.name, row.population, row.valid_from, row.valid_to,
            shape_of(row.location), row.department_id,
        )
        for row in rows
    ]  # fmt: skip
    try:
        return plan_import(kept, new, valid_from, valid_to)
    except DatesOverlap as error:
        reason = f"{error}: give --valid-from and --valid-to so that the areas of a layer follow one another"
        raise ImportRefused([ImportProblem(path.name, None, None, reason)]) from error


async def carry_out(
    session: AsyncSession, plan: Plan, layer: str, valid_from: date | None, valid_to: date | None
) -> None:
    if plan.end:
        await session.execute(update(Area).where(Area.id.in_([row.id for row in plan.end])).values(valid_to=valid_from))
    if plan.begin:
        await session.execute(
            update(Area).where(Area.id.in_([row.id for row in plan.begin])).values(valid_from=valid_to)
        )
    for row, area in plan.correct:
        values: dict[str, Any] = {"name": area.name, "population": area.population, "area_km2": area.km2}
        values["location"] = stored(area.shape)
        if area.department_id:
            values["department_id"] = area.department_id
        await session.execute(update(Area).where(Area.id == row.id).values(**values))
    for area in plan.insert:
        session.add(
            Area(
                layer=layer, code=area.code, name=area.name, population=area.population, area_km2=area.km2,
                valid_from=valid_from, valid_to=valid_to, department_id=area.department_id,
                location=stored(area.shape),
            )
        )  # fmt: skip
    await session.flush()


async def set_boundary(session: AsyncSession, city: Jurisdiction, shape: MultiPolygon) -> bool:
    """Whether the boundary is another one now. The city's centre moves with it."""
    old = (await session.execute(select(Jurisdiction.boundary).where(Jurisdiction.id == city.id))).scalar()
    if old is not None and shapely.equals_exact(shape_of(old), shape, tolerance=SAME, normalize=True):
        return False
    city.boundary = stored(shape)
    west, south, east, north = shape.bounds
    city.lat, city.long = (south + north) / 2, (west + east) / 2
    return True


def stored(shape: MultiPolygon) -> WKBElement:
    return WKBElement(shapely.to_wkb(shape), srid=4326)
