"""Where an announcement holds: typed places and areas become positions and codes, and shapes and words again."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem
from app.jurisdictions.area_index import AreaIndex, AreaShape, shape_of
from app.jurisdictions.geodesy import box_around, distance_m
from app.jurisdictions.models import Department, Jurisdiction
from app.jurisdictions.place_search import FoundPlace, search_places
from app.jurisdictions.queries import areas_index
from app.notifications.announcement_form import CHOOSE, Written, WrittenPlace
from app.notifications.announcement_models import Announcement, AnnouncementPlace
from app.templating import gettext, mark, say_number

DEGREES = r"(-?\d{1,3}(?:\.\d{1,15})?)"
POSITION = re.compile(rf"\s*{DEGREES}\s*[,;]\s*{DEGREES}\s*")
KNOWN = re.compile(rf"{DEGREES}, {DEGREES} (.+)")
# A shelter may stand in the next town; with latitude and longitude mixed up it stands in another country.
FARTHEST_M = 50_000
# About ten metres.
TOLERANCE = 0.0001
DECIMALS = 5
SUGGESTED = 3
UNKNOWN_AREA = mark("There is no such area now. Choose from the list.")
UNKNOWN_PLACE = mark("We do not know this address. Write it as on a street sign, or give “latitude, longitude”.")
DID_YOU_MEAN = mark("Which one? Write it in full: %(places)s.")
TOO_FAR = mark("This is more than 50 km from the city. Latitude comes first, then longitude.")


async def place_on_ground(
    session: AsyncSession, city: Jurisdiction, written: Written, on: date
) -> tuple[dict[str, Any], list[AnnouncementPlace], list[Problem]]:
    """(columns, places, what could not be found) of what was typed: department, areas, circle and places."""
    problems: list[Problem] = []
    facts: dict[str, Any] = {"areas": [], "lat": None, "long": None, "centre": ""}
    facts["department_id"] = await department_id(session, written.department, problems)
    if written.facts["reach"] == "areas":
        facts["areas"] = known_areas(await areas_index(session, city), written.areas, on, problems)
    if written.facts["reach"] == "circle":
        found = await locate(session, city, written.centre, written.centre_known, "centre", problems)
        if found:
            facts |= {"lat": found.lat, "long": found.long, "centre": found.label}
    places = [await placed(session, city, place, problems) for place in written.places]
    return facts, [place for place in places if place], problems


async def department_id(session: AsyncSession, said: str, problems: list[Problem]) -> int | None:
    if not said:
        return None
    wanted = select(Department.id).where(Department.code == said[:40], Department.kind == "department")
    found = (await session.execute(wanted)).scalar_one_or_none()
    if found is None:
        problems.append(Problem("department", CHOOSE))
    return found


def known_areas(index: AreaIndex, said: list[str], on: date, problems: list[Problem]) -> list[list[str]]:
    known = {(ref.layer, ref.code) for ref, _ in index.boxes(on)}
    pairs = [one.partition(":")[::2] for one in said]
    if any(pair not in known for pair in pairs):
        problems.append(Problem("area", UNKNOWN_AREA))
    return [list(pair) for pair in pairs if pair in known]


async def placed(
    session: AsyncSession, city: Jurisdiction, place: WrittenPlace, problems: list[Problem]
) -> AnnouncementPlace | None:
    field = f"place-{place.row}-where"
    found = await locate(session, city, place.where, place.known, field, problems) if place.where else None
    if found is None:
        return None
    return AnnouncementPlace(
        kind=place.kind,
        name=place.name,
        address=found.label,
        note=place.note,
        translations=place.translations,
        lat=found.lat,
        long=found.long,
    )


async def locate(
    session: AsyncSession, city: Jurisdiction, words: str, known: str, field: str, problems: list[Problem]
) -> FoundPlace | None:
    """The one place that is meant: by its position, or by an address that says no other."""
    before = KNOWN.fullmatch(known)
    if before and before[3] == words:
        found = [FoundPlace(words, "position", float(before[1]), float(before[2]))]
    elif typed := POSITION.fullmatch(words):
        lat, long = float(typed[1]), float(typed[2])
        found = [FoundPlace(f"{lat:.5f}, {long:.5f}", "position", lat, long)]
    else:
        found = await search_places(session, words, near=(city.lat, city.long))
        same = [one for one in found if one.label.casefold() == words.casefold()]
        found = same if len(same) == 1 else found
    if len(found) != 1:
        suggested = "; ".join(one.label for one in found[:SUGGESTED])
        problems.append(Problem(field, DID_YOU_MEAN, {"places": suggested}) if found else Problem(field, UNKNOWN_PLACE))
        return None
    lat, long = found[0].lat, found[0].long
    if abs(lat) > 90 or abs(long) > 180 or distance_m(city.lat, city.long, lat, long) > FARTHEST_M:
        problems.append(Problem(field, TOO_FAR))
        return None
    return found[0]


def said_where(announcement: Announcement, city: Jurisdiction, index: AreaIndex) -> str:
    """Whom it concerns, in words of the locale of the moment."""
    if announcement.reach == "circle":
        metres = say_number(announcement.radius_m or 0)
        return gettext("Within %(metres)s m of %(place)s", metres=metres, place=announcement.centre)
    if announcement.reach == "areas":
        return ", ".join(area_name(index, layer, code) for layer, code in announcement.areas)
    return gettext("All of %(city)s", city=city.name)


def area_name(index: AreaIndex, layer: str, code: str) -> str:
    known = index.versions(layer, code)
    return known[-1].ref.name if known else code


def area_shapes(announcement: Announcement, index: AreaIndex, on: date) -> list[AreaShape]:
    """The areas that it names as they are on a day; as they were last where there is none of that day."""
    found = []
    for layer, code in announcement.areas:
        versions = index.versions(layer, code)
        found += [area for area in versions if area.valid(on)] or versions[-1:]
    return found


def simplified(shape: MultiPolygon) -> list[Polygon]:
    """The polygons with no more corners than a screen shows, rounded to about a metre; outer rings turn left."""
    fewer = shapely.set_precision(shape.simplify(TOLERANCE), 10**-DECIMALS)
    parts = shapely.get_parts(shapely.orient_polygons(fewer, exterior_cw=False))
    return [part for part in parts if isinstance(part, Polygon) and not part.is_empty]


def circle_polygon(lat: float, long: float, radius_m: float) -> Polygon:
    west, south, east, north = box_around(lat, long, radius_m)
    around = shapely.Point(0, 0).buffer(1, quad_segs=16)
    shape = shapely.transform(around, lambda xy: xy * ((east - west) / 2, (north - south) / 2) + (long, lat))
    return shapely.orient_polygons(shape, exterior_cw=False)


async def city_shape(session: AsyncSession) -> MultiPolygon | None:
    """The city's boundary; None while none has been imported."""
    boundary = (await session.execute(select(Jurisdiction.boundary).limit(1))).scalar()
    return None if boundary is None else shape_of(boundary)
