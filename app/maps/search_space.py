"""Where and how long to look for what a filter asks that is not counted: guesses from what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.geodesy import boxes_around
from app.jurisdictions.models import Area
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.maps.area_sums import EARLIEST, LATEST, Span, area_figures
from app.maps.cell_box import EVERYWHERE, CellBox
from app.maps.cursors import PAGE
from app.maps.figures import count_cells
from app.maps.filter_rows import DAY, by_time, midnight
from app.maps.filters import MapFilter
from app.maps.region_runs import MARGIN
from app.maps.time_windows import Wanted
from app.service_requests.cells import CELL_ZOOM, tile_of
from app.service_requests.count_models import ALL, STANDINGS
from app.service_requests.models import ServiceRequest
from app.service_requests.placing import all_are_placed

# A guess is made from so many cells a side, at most.
MOST_CELLS = 16
# The share of all that one source has, when nothing is known of it.
OF_A_SOURCE = 0.5
# So few of some days of closing are all looked at, without windows: most of them were filed late in the history.
AT_ONCE = 10_000
NOWHERE = CellBox(CELL_ZOOM, 0, 0, -1, -1)


async def looking(
    session: AsyncSession, asked: MapFilter, place: CellBox, areas: Sequence[int] | None, exact: int | None
) -> Wanted:
    """What a page, and one more, is looked for by."""
    place = narrowed(asked, within(place, await box_of_area(session, asked)))
    closings = await closings_of(session, asked)
    likely = await likely_number(session, asked, place, areas, closings) if exact is None else exact
    first, last = filed_between(asked)
    few = closings is not None and closings <= AT_ONCE
    plain = replace(asked, area=None, service_ids=None, hidden=())
    if few:
        plain = replace(plain, closed_from=None, closed_to=None)
    closing = by_time(ServiceRequest.closed_datetime, asked.closed_from, asked.closed_to, asked.timezone)
    services = MapFilter(standings=STANDINGS, service_ids=asked.service_ids, hidden=asked.hidden)
    return Wanted(
        # By the place alone: the index of places knows no time.
        fitting=plain.where(box=False),
        place=place,
        most=PAGE + 1,
        likely=likely,
        services=services.where(),
        areas=areas,
        first=first,
        last=last,
        of_all_time=exact is None,
        lately={"open", "late"}.issuperset(asked.standings),
        service_ids=(asked.service_ids or ()) if asked.sources else (),
        closing=closing if few else (),
    )


async def closings_of(session: AsyncSession, asked: MapFilter) -> int | None:
    """About how many were closed in the whole city in the days of closing that are asked; None where none are."""
    if not (asked.closed_from or asked.closed_to):
        return None
    span = Span(asked.closed_from or EARLIEST, asked.closed_to or LATEST)
    figures = await area_figures(session, [ALL], [span])
    # Of some an hour of closing is known that does not count as one: such as duplicates.
    return max(1, sum(one.closings for one in figures.values()))


async def box_of_area(session: AsyncSession, asked: MapFilter) -> CellBox:
    """The cells that hold the filter's area as it ever was; everywhere without one, or where that is not known."""
    if not asked.area:
        return EVERYWHERE
    versions = (await areas_index(session, await get_jurisdiction(session))).versions(*asked.area)
    # Asked last: requests may be on their way into areas that came meanwhile.
    if not versions or not await all_are_placed(session):
        return EVERYWHERE
    wests, souths, easts, norths = zip(*(version.shape.bounds for version in versions), strict=True)
    return cells_between(min(wests) - MARGIN, min(souths) - MARGIN, max(easts) + MARGIN, max(norths) + MARGIN)


def narrowed(asked: MapFilter, place: CellBox) -> CellBox:
    """The part of a place in which the filter's circle lies; the place itself without a circle."""
    return within(place, cells_around(asked.near.lat, asked.near.long, asked.near.radius_m)) if asked.near else place


def within(place: CellBox, other: CellBox) -> CellBox:
    """What both have of the map."""
    if EVERYWHERE in (place, other):
        return other if place == EVERYWHERE else place
    one, two = place.at(CELL_ZOOM), other.at(CELL_ZOOM)
    left, top = max(one.left, two.left), max(one.top, two.top)
    right, bottom = min(one.right, two.right), min(one.bottom, two.bottom)
    return CellBox(CELL_ZOOM, left, top, right, bottom) if left <= right and top <= bottom else NOWHERE


def cells_around(lat: float, long: float, radius_m: float) -> CellBox:
    """The cells that hold all within so many metres of a point."""
    sides = boxes_around(lat, long, radius_m)
    west, south, east, north = sides[0] if len(sides) == 1 else (-180.0, sides[0][1], 180.0, sides[0][3])
    return cells_between(west, south, east, north)


def cells_between(west: float, south: float, east: float, north: float) -> CellBox:
    return CellBox(CELL_ZOOM, *tile_of(CELL_ZOOM, north, west), *tile_of(CELL_ZOOM, south, east))


async def areas_of(session: AsyncSession, asked: MapFilter) -> list[int] | None:
    """The ids of the filter's area, as it was and is; None without one."""
    if not asked.area:
        return None
    named = select(Area.id).where(Area.layer == asked.area[0], Area.code == asked.area[1])
    return list((await session.execute(named)).scalars())


async def count_area(session: AsyncSession, asked: MapFilter, areas: Sequence[int]) -> int | None:
    """How many fit in the whole of an area, exactly; None where that is not counted."""
    plain = replace(asked, area=None)
    # Services are counted by whole months, sources by cells only.
    if not plain.is_countable or plain.sources or (asked.service_ids is not None and not plain.is_counted(0)):
        return None
    span = Span(asked.filed_from or EARLIEST, asked.filed_to or LATEST) if asked.filed_from or asked.filed_to else None
    found = await area_figures(session, areas, [span], service_ids=asked.service_ids)
    return sum(int(getattr(figures, standing)) for figures in found.values() for standing in asked.standings)


async def likely_number(
    session: AsyncSession, asked: MapFilter, place: CellBox, areas: Sequence[int] | None, closings: int | None
) -> float:
    """About how many fit, but for the days of filing, rather too many than too few; 0 only where there is none."""
    if place == NOWHERE:
        return 0
    here = outline(place)
    plain = replace(asked, filed_from=None, filed_to=None, closed_from=None, closed_to=None, area=None, near=None)
    known = plain.is_counted(here.counted_level)
    plain = plain if known else replace(plain, sources=())
    guesses = [(await count_cells(session, plain, here)).fitting]
    if areas is not None:
        figures = await area_figures(session, areas, [None])
        guesses.append(sum(one.new + one.duplicate for one in figures.values()))
    if closings is not None:
        guesses.append(closings)
    return min(guesses) * (1 if known else OF_A_SOURCE)


def outline(place: CellBox) -> CellBox:
    """The place in coarser cells, a few of them."""
    side = max(place.right - place.left, place.bottom - place.top)
    coarser = min(max(0, (side // MOST_CELLS).bit_length()), place.level)
    return CellBox(
        place.level - coarser,
        place.left >> coarser,
        place.top >> coarser,
        place.right >> coarser,
        place.bottom >> coarser,
    )


def filed_between(asked: MapFilter) -> tuple[datetime | None, datetime | None]:
    """The moments before and after which nothing was filed that fits."""
    first = midnight(asked.filed_from, asked.timezone) if asked.filed_from else None
    return first, midnight(asked.filed_to + DAY, asked.timezone) if asked.filed_to else None
