"""Which part of the city a filter asks for, where that part's inside is counted."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.maps.area_cover import kept_cover
from app.maps.circle_cover import Circle
from app.maps.filters import MapFilter
from app.maps.region_runs import Region
from app.service_requests.placing import all_are_placed


async def counted_region(session: AsyncSession, asked: MapFilter) -> Region | None:
    """The filter's circle or area; None where it has neither, or where what is asked there is not counted."""
    plain = replace(asked, near=None, area=None)
    if not plain.is_countable or asked.filed_from or asked.filed_to or (asked.near and asked.area):
        return None
    return Circle(asked.near) if asked.near else await area_region(session, asked)


async def area_region(session: AsyncSession, asked: MapFilter) -> Region | None:
    """The filter's area. None for one that was another on other days: who lies in it follows from no shape.

    None also while requests are still on their way into new areas: they are counted where they are kept.
    """
    if not asked.area:
        return None
    index = await areas_index(session, await get_jurisdiction(session))
    versions = index.versions(*asked.area)
    if len(versions) != 1 or versions[0].valid_from or versions[0].valid_to:
        return None
    # Asked last: areas that came meanwhile have not been read.
    if not await all_are_placed(session):
        return None
    return await kept_cover(index, versions[0])
