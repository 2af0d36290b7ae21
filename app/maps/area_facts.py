"""Which areas there are: their names, people and size, and the rows that a request of the past may lie in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.models import Area, AreaLayer
from app.services.queries import AGENCY_LAYER
from app.templating import local, mark

UNKNOWN_LAYER = mark("The city has no such division. The list of areas shows those that it has.")
UNKNOWN_AREA = mark("The city has no such area. The list of areas shows those that it has.")


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """An area of today. `ids` are all rows of its code: those of earlier days hold what was filed in them.

    `redrawn` is the day since which its outline is as it is, where there was another one before.
    """

    layer: str
    code: str
    name: str
    population: int | None
    km2: float
    ids: tuple[int, ...]
    redrawn: date | None = None

    @property
    def url(self) -> str:
        return area_url(self.layer, self.code)


def area_url(layer: str, code: str) -> str:
    """The path of an area's page."""
    return f"/areas/{quote(layer, safe='')}/{quote(code, safe='')}"


def today() -> date:
    """The day in the city's time zone."""
    return local(datetime.now(UTC)).date()


async def find_layers(session: AsyncSession) -> list[AreaLayer]:
    """The city's divisions in their order; the land of outside agencies is none."""
    found = select(AreaLayer).where(AreaLayer.code != AGENCY_LAYER).order_by(AreaLayer.position, AreaLayer.code)
    return list((await session.execute(found)).scalars())


async def find_layer(session: AsyncSession, code: str) -> AreaLayer:
    """Raises Refused (404) for a layer that the city does not have."""
    layer = await session.get(AreaLayer, code)
    if layer is None:
        raise Refused(Problem("layer", UNKNOWN_LAYER), status=404)
    return layer


async def find_areas(session: AsyncSession, layer: str, on: date, code: str | None = None) -> list[AreaFacts]:
    """The areas of a layer that are valid on a day, in the order of their codes; only that of `code` where given."""
    columns = (Area.id, Area.code, Area.name, Area.population, Area.area_km2, Area.valid_from, Area.valid_to)
    wanted = select(*columns).where(Area.layer == layer).order_by(Area.code, Area.id)
    rows: dict[str, list[Any]] = {}
    for row in await session.execute(wanted if code is None else wanted.where(Area.code == code)):
        rows.setdefault(row.code, []).append(row)
    found = [facts(layer, of_code, on) for of_code in rows.values()]
    return sorted((area for area in found if area), key=lambda area: natural(area.code))


async def find_area(session: AsyncSession, layer: str, code: str, on: date) -> AreaFacts:
    """Raises Refused (404) for an area that is not valid on the day."""
    found = await find_areas(session, layer, on, code)
    if not found:
        raise Refused(Problem("code", UNKNOWN_AREA), status=404)
    return found[0]


def facts(layer: str, rows: Iterable[Any], on: date) -> AreaFacts | None:
    """One area of the rows of one code; None where none of them is valid on the day."""
    rows = list(rows)
    valid = [row for row in rows if (row.valid_from or on) <= on and (row.valid_to is None or on < row.valid_to)]
    if not valid:
        return None
    now = valid[0]
    people = [row.population for row in valid if row.population is not None]
    redrawn = now.valid_from if any(row.valid_to is not None for row in rows if row is not now) else None
    return AreaFacts(
        layer=layer,
        code=now.code,
        name=now.name,
        population=sum(people) if people else None,
        km2=sum(row.area_km2 for row in valid),
        ids=tuple(row.id for row in rows),
        redrawn=redrawn,
    )


def natural(code: str) -> tuple[int, int | str, str]:
    """Board 2 comes before board 10."""
    return (0, int(code), code) if code.isdecimal() else (1, code.casefold(), code)
