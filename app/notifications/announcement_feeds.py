"""Announcements for other programs: Atom for people's readers, CAP 1.2 for warning systems, GeoJSON for maps."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

import msgspec
import shapely
from litestar import Request, Response, get
from litestar.datastructures import State
from shapely import Polygon
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.notifications.announcement_context import polygons
from app.notifications.announcement_ground import circle_polygon, said_where
from app.notifications.announcement_models import Announcement
from app.notifications.announcement_queries import for_feeds, in_force_or_planned
from app.notifications.announcement_xml import add, document
from app.settings import Settings
from app.templating import current_locale, gettext, translated

AnyRequest = Request[Any, Any, State]
ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE, ATOM_TYPE = "application/cap+xml", "application/atom+xml"
HEADERS = {"Cache-Control": "public, max-age=30", "Vary": "Accept-Language, Cookie, Accept-Encoding"}


@get("/announcements.atom")
async def atom_feed(request: AnyRequest, session: AsyncSession) -> Response[bytes | None]:
    """What holds or is planned, in the reader's language; 304 when nothing has changed."""
    city, settings = await get_jurisdiction(session), request.app.state.settings
    index = await areas_index(session, city)
    found = await in_force_or_planned(session, datetime.now(UTC))
    root = feed(city, settings, "/announcements.atom", found)
    for one in found:
        entry = entry_of(root, one, f"{settings.public_url}/announcements/{one.id}")
        add(entry, "link", rel="alternate", href=f"{settings.public_url}/announcements/{one.id}", type="text/html")
        words = [said_where(one, city, index), translated(one, "description"), translated(one, "instruction")]
        add(entry, "summary", "\n\n".join(filter(None, words)))
    return tagged(request, document(root), f"{ATOM_TYPE}; charset=utf-8")


@get("/announcements/cap.xml")
async def cap_feed(request: AnyRequest, session: AsyncSession) -> Response[bytes | None]:
    """Every CAP message that counts now, withdrawals of the last day too: an Atom entry each, which links to it."""
    city, settings = await get_jurisdiction(session), request.app.state.settings
    found = await for_feeds(session, datetime.now(UTC))
    root = feed(city, settings, "/announcements/cap.xml", found)
    for one in found:
        address = f"{settings.public_url}/announcements/{one.id}.cap"
        entry = entry_of(root, one, f"{address}?version={one.messages[-1].version}")
        add(entry, "link", rel="alternate", href=address, type=CAP_TYPE)
    return tagged(request, document(root), f"{ATOM_TYPE}; charset=utf-8")


@get("/announcements.geojson")
async def geojson(request: AnyRequest, session: AsyncSession) -> Response[bytes | None]:
    """What is in force on the map: shelters, closures and help points, and the areas and circles that it concerns."""
    city, now = await get_jurisdiction(session), datetime.now(UTC)
    found = [one for one in await in_force_or_planned(session, now) if one.starts_datetime <= now]
    features = [feature for one in found for feature in await features_of(session, city, one)]
    body = msgspec.json.encode({"type": "FeatureCollection", "features": features})
    return tagged(request, body, "application/geo+json")


async def features_of(session: AsyncSession, city: Jurisdiction, one: Announcement) -> list[dict[str, Any]]:
    about = {
        "announcement": one.id,
        "severity": one.severity,
        "headline": translated(one, "headline"),
        "url": f"/announcements/{one.id}",
    }
    shapes: list[Polygon] = []
    if one.reach == "areas":
        shapes = await polygons(session, city, one, await areas_index(session, city))
    elif one.reach == "circle" and one.lat is not None and one.long is not None and one.radius_m is not None:
        shapes = [circle_polygon(one.lat, one.long, one.radius_m)]
    areas = [feature(shapely.to_geojson(shape), {**about, "kind": "area"}) for shape in shapes]
    for place in one.places:
        words = {"kind": place.kind, "name": place.name, "address": place.address, "note": translated(place, "note")}
        areas.append(feature(shapely.to_geojson(shapely.Point(place.long, place.lat)), {**about, **words}))
    return areas


def feature(geometry: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": msgspec.Raw(geometry.encode())}


def feed(city: Jurisdiction, settings: Settings, path: str, found: Sequence[Announcement]) -> Element:
    """The head of a feed, which is as new as its newest message; of a feed of nothing, as today."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    updated = max((one.messages[-1].sent_datetime for one in found), default=today)
    root = Element("feed", {"xmlns": ATOM, "xml:lang": current_locale.get()})
    address = f"{settings.public_url}{path}"
    add(root, "id", address)
    add(root, "title", gettext("Notices of %(city)s", city=city.name))
    add(root, "updated", updated.isoformat(timespec="seconds"))
    add(add(root, "author"), "name", city.name)
    add(root, "link", rel="self", href=address, type=ATOM_TYPE)
    add(root, "link", rel="alternate", href=f"{settings.public_url}/announcements", type="text/html")
    return root


def entry_of(root: Element, one: Announcement, address: str) -> Element:
    """An entry with what all of them have."""
    first, last = (message.sent_datetime for message in (one.messages[0], one.messages[-1]))
    made = add(root, "entry")
    add(made, "id", address)
    add(made, "title", translated(one, "headline"))
    add(made, "published", first.isoformat(timespec="seconds"))
    add(made, "updated", last.isoformat(timespec="seconds"))
    add(made, "category", term=one.severity)
    return made


def tagged(request: AnyRequest, body: bytes, media_type: str) -> Response[bytes | None]:
    # Weak, since the answer may be compressed on its way.
    headers = {**HEADERS, "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


route_handlers = [atom_feed, cap_feed, geojson]
