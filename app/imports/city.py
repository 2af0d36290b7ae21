"""The city that is imported into: found, or made from what the import knows of it."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from app.db import Database
from app.imports.area_fields import slug
from app.imports.placed import refusal
from app.imports.problems import ImportProblem, ImportRefused
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import NoCity, get_jurisdiction

CITY = 1


async def city_zone(database: Database, source: str) -> ZoneInfo:
    """Where the local times of a source belong. Raises ImportRefused before there is a city."""
    async with database.reading() as session:
        try:
            return ZoneInfo((await get_jurisdiction(session)).timezone)
        except NoCity as error:
            raise refusal(source, None, None, str(error)) from error


async def city_for_import(
    session: AsyncSession, file: str, *, name: str | None, timezone: str | None, lat: float, long: float
) -> tuple[Jurisdiction, list[str]]:
    """The city's row, locked until the transaction ends, and notes. Made at (lat, long) when there is none.

    A name or time zone that is given replaces the one that is there. Raises ImportRefused for a time zone that
    does not exist, and for a first import that does not name the city.
    """
    if timezone is not None:
        check_timezone(file, timezone)
    query = select(Jurisdiction).options(defer(Jurisdiction.boundary)).where(Jurisdiction.id == CITY)
    city = (await session.execute(query.with_for_update())).scalar_one_or_none()
    if city is not None:
        city.name, city.timezone = name or city.name, timezone or city.timezone
        return city, []
    if not name:
        reason = "there is no city yet: give its name with --city-name and its time zone with --timezone"
        raise ImportRefused([ImportProblem(file, None, None, reason)])
    city = Jurisdiction(
        id=CITY, jurisdiction_id=slug(name) or "city", name=name, timezone=timezone or "UTC", lat=lat, long=long
    )
    session.add(city)
    await session.flush()
    notes = [] if timezone else [f"{name} has the time zone UTC until --timezone says another."]
    return city, notes


def check_timezone(file: str, timezone: str) -> None:
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        reason = f"{timezone!r} is not a time zone: give one such as America/New_York"
        raise ImportRefused([ImportProblem(file, None, None, reason)]) from error
