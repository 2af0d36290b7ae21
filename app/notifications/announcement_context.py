"""What pages and feeds about announcements show beside the row itself."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shapely import Polygon
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.area_index import AreaIndex
from app.jurisdictions.local_clock import local_day
from app.jurisdictions.models import Department, Jurisdiction
from app.notifications.announcement_ground import area_shapes, city_shape, said_where, simplified
from app.notifications.announcement_models import Announcement
from app.notifications.cap import Sender, Where
from app.settings import Settings
from app.templating import DEFAULT_LOCALE, current_locale, translated


async def sender_of(
    session: AsyncSession, city: Jurisdiction, settings: Settings, announcement: Announcement
) -> Sender:
    """The department that speaks, else the city itself."""
    department = await department_of(session, announcement)
    return Sender(
        id=city.jurisdiction_id,
        name=f"{city.name}, {department.name}" if department else city.name,
        url=settings.public_url,
        contact=(department.phone if department else None) or city.phone or "",
        zone=ZoneInfo(city.timezone),
        is_demo=city.is_demo,
    )


async def department_of(session: AsyncSession, announcement: Announcement) -> Department | None:
    return await session.get(Department, announcement.department_id) if announcement.department_id else None


async def departments(session: AsyncSession) -> list[Department]:
    """The city's own, by their names."""
    wanted = select(Department).where(Department.kind == "department").order_by(Department.name)
    return list((await session.execute(wanted)).scalars())


async def where_of(session: AsyncSession, city: Jurisdiction, announcement: Announcement, index: AreaIndex) -> Where:
    """Words in each language that it is written in; polygons for areas and for the whole city, none for a circle."""
    locale, words = current_locale.get(), {}
    for language in [DEFAULT_LOCALE, *announcement.translations]:
        current_locale.set(language)
        words[language] = said_where(announcement, city, index)
    current_locale.set(locale)
    areas = [(layer, code) for layer, code in announcement.areas]
    return Where(words, await polygons(session, city, announcement, index), areas)


async def polygons(
    session: AsyncSession, city: Jurisdiction, announcement: Announcement, index: AreaIndex
) -> list[Polygon]:
    if announcement.reach == "areas":
        today = local_day(datetime.now(UTC), ZoneInfo(city.timezone))
        return [part for one in area_shapes(announcement, index, today) for part in simplified(one.shape)]
    boundary = await city_shape(session) if announcement.reach == "all" else None
    return simplified(boundary) if boundary is not None else []


def said_department(department: Department | None, city: Jurisdiction) -> str:
    return translated(department, "name") if department else city.name
