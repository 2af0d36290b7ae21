"""What the page of promises shows, read from the counted figures alone: so many rows, however many reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Area, AreaLayer, Department
from app.performance.figures import Figures, together
from app.performance.models import ALL, PromiseFigure
from app.performance.months import shown_months
from app.services.catalogue import Catalogue
from app.services.models import Service
from app.services.promise_rules import city_rule
from app.services.promises import Terms
from app.services.queries import AGENCY_LAYER

# So many whole months are held against as many before them.
TREND = 3


@dataclass(frozen=True, slots=True)
class Part:
    """An area of today; `ids` are all rows that its code ever had."""

    layer: str
    code: str
    name: str
    ids: tuple[int, ...]

    @property
    def value(self) -> str:
        return f"{self.layer}/{self.code}"


@dataclass(frozen=True, slots=True)
class Scope:
    """All of the city, one of its departments, or one of its areas."""

    department: Department | None = None
    area: Part | None = None

    def holds(self) -> list[ColumnElement[bool]]:
        department_id = self.department.id if self.department else ALL
        area_ids = self.area.ids if self.area else (ALL,)
        return [PromiseFigure.area_id.in_(area_ids), PromiseFigure.department_id == department_id]


@dataclass(frozen=True, slots=True)
class Standard:
    """One service: what is promised now, how it was kept in the last year, and by how many points that changed."""

    service: Service
    terms: Terms
    figures: Figures
    trend: int | None


@dataclass(frozen=True, slots=True)
class Month:
    month: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Kept:
    """`standards` by group, in the catalogue's order; `months` the newest first; `all` of them together."""

    all: Figures
    standards: list[tuple[str, list[Standard]]]
    months: list[Month]


async def kept_in(session: AsyncSession, catalogue: Catalogue, scope: Scope, zone: ZoneInfo, now: datetime) -> Kept:
    months = shown_months(now, zone)
    by_service: dict[int, list[PromiseFigure]] = defaultdict(list)
    rows = await session.execute(select(PromiseFigure).where(*scope.holds()))
    for row in rows.scalars():
        by_service[row.service_id].append(row)
    of_all = by_service.get(ALL, [])
    groups = []
    for group in catalogue.groups:
        standards = [
            standard(catalogue, service, by_service.get(service.id, []), months, now)
            for service in catalogue.in_group(group.code)
            if not service.private
        ]
        shown = [one for one in standards if is_told(one)]
        if shown:
            groups.append((group.code, shown))
    by_month = [Month(month, together(row for row in of_all if row.month == month)) for month in months]
    return Kept(together(of_all), groups, by_month)


def is_told(one: Standard) -> bool:
    return one.terms.hours is not None or one.terms.days is not None or bool(one.figures.of)


def standard(
    catalogue: Catalogue, service: Service, rows: Sequence[PromiseFigure], months: Sequence[int], now: datetime
) -> Standard:
    rule = city_rule(catalogue, service, now)
    return Standard(service, rule.terms if rule else Terms(), together(rows), trend(rows, months))


def trend(rows: Iterable[PromiseFigure], months: Sequence[int]) -> int | None:
    """By how many points the last whole months are better than those before; None where either are too few."""
    spans = months[1 : TREND + 1], months[TREND + 1 : 2 * TREND + 1]
    now, before = (together(row for row in rows if row.month in span) for span in spans)
    if now.percent is None or before.percent is None:
        return None
    return now.percent - before.percent


async def by_department(session: AsyncSession, catalogue: Catalogue) -> list[tuple[Department, Figures]]:
    found: dict[int, Figures] = defaultdict(Figures)
    wanted = select(PromiseFigure).where(
        PromiseFigure.area_id == ALL, PromiseFigure.department_id != ALL, PromiseFigure.service_id == ALL
    )
    for row in (await session.execute(wanted)).scalars():
        found[row.department_id].add(row)
    # Of one that is gone the city as a whole still tells.
    return [(row, found[row.id]) for row in catalogue.departments.values() if row.id in found]


async def by_area(session: AsyncSession, layer: str, on: date) -> list[tuple[Part, Figures]]:
    """The areas of a layer as they are today, each with what happened in all that its code ever stood for."""
    parts = await find_parts(session, on, Area.layer == layer)
    code_of = {area_id: part.code for part in parts for area_id in part.ids}
    found: dict[str, Figures] = defaultdict(Figures)
    wanted = select(PromiseFigure).where(
        PromiseFigure.area_id.in_(code_of), PromiseFigure.department_id == ALL, PromiseFigure.service_id == ALL
    )
    for row in (await session.execute(wanted)).scalars():
        found[code_of[row.area_id]].add(row)
    return [(part, found[part.code]) for part in parts]


async def find_parts(session: AsyncSession, on: date, *conditions: ColumnElement[bool]) -> list[Part]:
    columns = (Area.id, Area.layer, Area.code, Area.name, Area.valid_from, Area.valid_to)
    wanted = select(*columns).where(Area.layer != AGENCY_LAYER, *conditions).order_by(Area.layer, Area.code, Area.id)
    rows: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in await session.execute(wanted):
        rows[row.layer, row.code].append(row)
    parts = []
    for (layer, code), of_code in rows.items():
        valid = [row for row in of_code if (row.valid_from or on) <= on and (row.valid_to is None or on < row.valid_to)]
        if valid:
            parts.append(Part(layer, code, valid[0].name, tuple(row.id for row in of_code)))
    return sorted(parts, key=natural)


def natural(part: Part) -> tuple[int, str]:
    """Board 2 comes before board 10."""
    return (int(part.code), "") if part.code.isdecimal() else (1 << 30, part.name.casefold())


async def find_scope(session: AsyncSession, catalogue: Catalogue, department: str, area: str, on: date) -> Scope | None:
    """What is asked for by a department's code or an area's "layer/code"; None for what there is none of."""
    if department:
        row = catalogue.department(department)
        return Scope(department=row) if row else None
    if area:
        layer, _, code = area.partition("/")
        parts = await find_parts(session, on, Area.layer == layer, Area.code == code)
        return Scope(area=parts[0]) if parts else None
    return Scope()


async def find_layers(session: AsyncSession) -> Sequence[AreaLayer]:
    wanted = select(AreaLayer).where(AreaLayer.code != AGENCY_LAYER)
    return (await session.execute(wanted.order_by(AreaLayer.position, AreaLayer.code))).scalars().all()
