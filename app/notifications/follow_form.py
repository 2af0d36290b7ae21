"""What somebody wants to follow, as they wrote it: a kind of problem, and the part of the city that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem
from app.jurisdictions.geodesy import distance_m
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import areas_index
from app.notifications.announcement_ground import UNKNOWN_AREA, locate
from app.notifications.settings_form import CHOOSE, Pairs, first, read_changes
from app.notifications.subscription_words import CADENCES
from app.services.queries import current_catalogue
from app.templating import mark

WHATS = {
    "service": mark("The whole city"),
    "area": mark("A neighborhood or district"),
    "circle": mark("Around an address"),
    "route": mark("Along a route"),
}
LEAST_M, MOST_M = 50, 5000
BESIDE_A_ROUTE_M = 100
MOST_STOPS = 20
LONGEST_ROUTE_M = 60_000
NO_RADIUS = mark("Give metres from %(least)d to %(most)d.")
NO_ROUTE = mark("Write at least two places, each in a line of its own, and at most %(most)d.")
TOO_LONG = mark("This route is longer than 60 km. Follow a part of it.")


@dataclass(slots=True)
class Follow:
    what: str
    service_id: int | None
    cadence: str
    changes: dict[str, bool]
    arguments: dict[str, Any]


async def read_follow(session: AsyncSession, city: Jurisdiction, pairs: Pairs) -> tuple[Follow, list[Problem]]:
    problems: list[Problem] = []
    what, cadence = first(pairs, "what"), first(pairs, "cadence")
    if what not in WHATS:
        problems.append(Problem("what", CHOOSE))
    if cadence not in CADENCES:
        problems.append(Problem("cadence", CHOOSE))
    follow = Follow(what, None, cadence, read_changes(pairs, problems), {})
    if code := first(pairs, "service"):
        service = (await current_catalogue(session, city)).service(code)
        if service is None or service.private:
            problems.append(Problem("service", CHOOSE))
        else:
            follow.service_id = service.id
    if what == "area":
        follow.arguments = await read_area(session, city, pairs, problems)
    elif what == "circle":
        follow.arguments = await read_circle(session, city, pairs, problems)
    elif what == "route":
        follow.arguments = await read_route(session, city, pairs, problems)
    return follow, problems


async def read_area(session: AsyncSession, city: Jurisdiction, pairs: Pairs, problems: list[Problem]) -> dict[str, Any]:
    layer, _, code = first(pairs, "area").partition(":")
    today = datetime.now(UTC).astimezone(ZoneInfo(city.timezone)).date()
    index = await areas_index(session, city)
    if not any((ref.layer, ref.code) == (layer, code) for ref, _ in index.boxes(today)):
        problems.append(Problem("area", UNKNOWN_AREA))
    return {"layer": layer, "code": code}


async def read_circle(
    session: AsyncSession, city: Jurisdiction, pairs: Pairs, problems: list[Problem]
) -> dict[str, Any]:
    found = await locate(session, city, first(pairs, "centre")[:300], "", "centre", problems)
    said = first(pairs, "radius_m")
    if not (said.isascii() and said.isdecimal() and LEAST_M <= int(said[:6]) <= MOST_M):
        problems.append(Problem("radius_m", NO_RADIUS, {"least": LEAST_M, "most": MOST_M}))
        return {}
    return {} if found is None else {"lat": found.lat, "long": found.long, "radius_m": int(said), "label": found.label}


async def read_route(
    session: AsyncSession, city: Jurisdiction, pairs: Pairs, problems: list[Problem]
) -> dict[str, Any]:
    stops = [line.strip()[:300] for line in first(pairs, "route").splitlines() if line.strip()]
    if not 2 <= len(stops) <= MOST_STOPS:
        problems.append(Problem("route", NO_ROUTE, {"most": MOST_STOPS}))
        return {}
    found = [await locate(session, city, stop, "", "route", problems) for stop in stops]
    points = [(place.lat, place.long) for place in found if place]
    if len(points) < len(stops):
        return {}
    if sum(distance_m(*points[n], *points[n + 1]) for n in range(len(points) - 1)) > LONGEST_ROUTE_M:
        problems.append(Problem("route", TOO_LONG))
    labels = [place.label for place in found if place]
    label = " – ".join((labels[0], labels[-1]))
    return {"points": [list(point) for point in points], "radius_m": BESIDE_A_ROUTE_M, "label": label}
