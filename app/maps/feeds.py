"""`/requests.csv`, `/requests.geojson`, `/requests.atom`: what the map shows, for other programs, under its filter."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.jurisdictions.queries import get_jurisdiction
from app.maps.area_facts import find_areas, today
from app.maps.feed_atom import AtomHead, atom
from app.maps.feed_formats import CsvFeed, GeoJsonFeed
from app.maps.feed_rows import chunks, newest, public_fields
from app.maps.filters import MapFilter, read_filter
from app.services.catalogue import Catalogue
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.settings import Settings
from app.templating import current_locale, gettext

AnyRequest = Request[Any, Any, State]
HEADERS = {"Cache-Control": "public, max-age=60", "Vary": "Accept-Language, Cookie, Accept-Encoding"}
NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
LONGEST_NAME = 100


# These take the database, not a session: a long answer is many reads, and none waits for a slow reader.
@get("/requests.csv")
async def csv_feed(request: AnyRequest) -> Stream:
    """All requests under a filter as a table, the oldest first. 400 for a filter that is wrong."""
    return await streamed(request, CsvFeed(), "csv")


@get("/requests.geojson")
async def geojson_feed(request: AnyRequest) -> Stream:
    """All requests under a filter as points, the oldest first. 400 for a filter that is wrong."""
    return await streamed(request, GeoJsonFeed(), "geojson")


@get("/requests.atom")
async def atom_feed(request: AnyRequest, session: AsyncSession) -> Response[bytes | None]:
    """The 50 newest requests under a filter; 304 when nothing has changed, 400 for a filter that is wrong."""
    asked = await read_filter(session, request.query_params.dict())
    city, settings = await get_jurisdiction(session), request.app.state.settings
    catalogue = await current_catalogue(session, city)
    zone = ZoneInfo(city.timezone)
    rows = [public_fields(row, catalogue, zone, current_locale.get()) for row in await newest(session, asked)]
    head = await atom_head(session, asked, catalogue, city.name, settings, datetime.combine(today(), time.min, zone))
    body = atom(head, rows, settings.public_url)
    # Weak, since the answer may be compressed on its way.
    headers = {**HEADERS, "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type="application/atom+xml; charset=utf-8", headers=headers)


async def streamed(request: AnyRequest, form: CsvFeed | GeoJsonFeed, ending: str) -> Stream:
    database: Database = request.app.state.database
    async with database.reading() as session:
        asked = await read_filter(session, request.query_params.dict())
        city = await get_jurisdiction(session)
    name = file_name(city.name, asked, ending)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    written = pieces(database, asked, form, ZoneInfo(city.timezone), current_locale.get())
    return Stream(written, media_type=form.media_type, headers=headers)


async def pieces(
    database: Database, asked: MapFilter, form: CsvFeed | GeoJsonFeed, zone: ZoneInfo, locale: str
) -> AsyncGenerator[str]:
    yield form.begin()
    async for rows, catalogue in chunks(database, asked):
        told = map(partial(public_fields, catalogue=catalogue, zone=zone, locale=locale), rows)
        # Aside: a thousand rows take longer than others should wait.
        if piece := await asyncio.to_thread(form.rows, told):
            yield piece
    yield form.end()


def file_name(city: str, asked: MapFilter, ending: str) -> str:
    """ "harbor-requests-board-1-pothole-2026-11-23.csv": what is in it, and of which day."""
    days = [day.isoformat() for day in (asked.filed_from, asked.filed_to) if day]
    parts = [city, "requests", *(asked.area or ()), *asked.groups, *asked.service_codes]
    words = NOT_IN_A_NAME.sub("-", " ".join(parts).lower()).strip("-")[:LONGEST_NAME].strip("-")
    span = f"-filed-{'-to-'.join(days)}" if days else ""
    return f"{words}{span}-{today().isoformat()}.{ending}"


async def atom_head(
    session: AsyncSession, asked: MapFilter, catalogue: Catalogue, city: str, settings: Settings, start: datetime
) -> AtomHead:
    query = asked.to_query()
    tail = f"?{query}" if query else ""
    named = await names_of(session, asked, catalogue)
    return AtomHead(
        title=": ".join([gettext("Reports in %(city)s", city=city), *([", ".join(named)] if named else [])]),
        author=city,
        url=f"{settings.public_url}/requests.atom{tail}",
        page=f"{settings.public_url}/map{tail}",
        locale=current_locale.get(),
        otherwise_updated=start.astimezone(UTC),
    )


async def names_of(session: AsyncSession, asked: MapFilter, catalogue: Catalogue) -> list[str]:
    """The area, the groups and the services of a filter, in the reader's words."""
    locale = current_locale.get()
    areas = await find_areas(session, asked.area[0], today(), asked.area[1]) if asked.area else []
    groups = [said_in(group, "name", locale) for group in catalogue.groups if group.code in asked.groups]
    services = [row for row in catalogue.by_id.values() if row.service_code in asked.service_codes]
    return [area.name for area in areas] + groups + [said_in(row, "service_name", locale) for row in services]


route_handlers = [csv_feed, geojson_feed, atom_feed]
