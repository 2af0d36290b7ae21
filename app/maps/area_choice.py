"""Which area a person means: one of the city's, or the square around a point."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.area_box import MOST_KM2, Box, bounded, square_kilometres
from app.jurisdictions.area_index import AreaIndex
from app.jurisdictions.geodesy import box_around
from app.jurisdictions.models import AreaLayer
from app.jurisdictions.place_nearest import nearest_place
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.services.queries import AGENCY_LAYER
from app.templating import gettext, mark, translated

LEAST_M, MOST_M = 100, 2500
NO_AREA = mark("Say which area: layer and code, or lat, long and radius_m (%(least)s to %(most)s metres).")
UNKNOWN = mark("The city has no such area. Choose one from the list.")


@dataclass(frozen=True, slots=True)
class Choice:
    """An area to choose: `asked` is how `/along.json` is asked for it."""

    layer: str
    code: str
    name: str
    km2: int


async def box_of_area(session: AsyncSession, layer: str, code: str) -> tuple[str, Box]:
    """(name, box) of an area of today. Raises Refused: 404 for an unknown one, 413 for a large one."""
    index = await areas_index(session, await get_jurisdiction(session))
    parts = [(ref.name, box) for ref, box in index.boxes(today()) if (ref.layer, ref.code) == (layer, code)]
    if not parts:
        raise Refused(Problem("code", UNKNOWN), status=404)
    west, south, east, north = zip(*(box for _, box in parts), strict=True)
    return parts[0][0], bounded((min(west), min(south), max(east), max(north)))


async def box_of_point(
    session: AsyncSession, lat: float | None, long: float | None, radius_m: float | None
) -> tuple[str, Box]:
    """(name, box) of the square that reaches `radius_m` metres to each side of a point. Raises Refused (400)."""
    if lat is None or long is None or radius_m is None or not LEAST_M <= radius_m <= MOST_M:
        raise Refused(Problem("radius_m", NO_AREA, {"least": LEAST_M, "most": MOST_M}), status=400)
    near = await nearest_place(session, lat, long)
    name = gettext("Around %(address)s", address=near.label) if near else gettext("Around a place of yours")
    return name, bounded(box_around(lat, long, radius_m))


async def area_layers(session: AsyncSession, on: date) -> list[tuple[str, list[Choice]]]:
    """(layer's name, its areas that are small enough) of each layer that has some; agencies' land is left out."""
    index = await areas_index(session, await get_jurisdiction(session))
    layers = (await session.execute(select(AreaLayer).order_by(AreaLayer.position, AreaLayer.code))).scalars()
    offered = [(translated(layer, "name"), choices(index, layer.code, on)) for layer in layers]
    return [(name, areas) for name, areas in offered if areas]


def choices(index: AreaIndex, layer: str, on: date) -> list[Choice]:
    if layer == AGENCY_LAYER:
        return []
    small = [(ref, square_kilometres(box)) for ref, box in index.boxes(on) if ref.layer == layer]
    found = {ref.code: Choice(layer, ref.code, ref.name, max(1, round(km2))) for ref, km2 in small if km2 <= MOST_KM2}
    return list(found.values())


def today() -> date:
    return datetime.now(UTC).date()
