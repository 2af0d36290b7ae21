"""`/map`: every public request on one map, with a list beside it. Without JavaScript: the filter and the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.area_index import AreaIndex
from app.jurisdictions.controllers import MOST_TYPED
from app.jurisdictions.geodesy import box_around
from app.jurisdictions.queries import areas_index, city_bounds, get_jurisdiction
from app.maps.area_facts import find_layers, today
from app.maps.cursors import read_cursor
from app.maps.filter_reader import first
from app.maps.filters import MapFilter, read_filter
from app.maps.list_pages import list_page
from app.maps.map_months import months
from app.maps.map_search import search, search_map
from app.maps.request_list import list_context
from app.services.catalogue import Catalogue
from app.services.queries import current_catalogue
from app.templating import gettext, mark, translated

AnyRequest = Request[Any, Any, State]

# Around an address that was found, for whom has no map.
AROUND_M = 200
STANDINGS = {
    "open": mark("Open"),
    "late": mark("Late"),
    "closed": mark("Closed"),
    "duplicate": mark("Duplicates"),
}
SOURCES = {
    "web": mark("This website"),
    "open311": mark("Another app"),
    "phone": mark("Telephone"),
    "liaison": mark("Liaison"),
    "import": mark("Earlier records"),
}
MEASURES = {
    "per_1000": mark("Reports per 1,000 residents"),
    "per_km2": mark("Reports per km²"),
    "open": mark("Open now"),
    "late_share": mark("Late, share of the open"),
    "median_days": mark("Days to close, the median"),
    "oldest_open": mark("Oldest open, in days"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """A group of services as the filter offers it; its letter stands on the map's marks."""

    code: str
    name: str
    letter: str
    services: tuple[tuple[str, str], ...]


@get("/map")
async def show_map(request: AnyRequest, session: AsyncSession) -> Template:
    """The map page under the filter of its address; 400 where that is wrong."""
    city = await get_jurisdiction(session)
    catalogue = await current_catalogue(session, city)
    query = request.query_params.dict()
    asked = await read_filter(session, query)
    page = await list_page(session, asked, after=read_cursor(first(query, "after")))
    groups = groups_of(catalogue)
    index, bounds = await areas_index(session, city), await city_bounds(session, city)
    facts = {
        "bounds": bounds,
        "start": start_of(asked, index) or bounds,
        "groups": [{"code": group.code, "name": group.name, "letter": group.letter} for group in groups],
        "measures": [{"code": code, "name": gettext(name)} for code, name in MEASURES.items()],
    }
    context = {
        "asked": asked,
        "groups": groups,
        "layers": await layers_of(session, index),
        "standings": STANDINGS,
        "sources": SOURCES,
        "measures": MEASURES,
        "facts": facts,
        **await found_by(session, first(query, "place_q")),
        **list_context(asked, query, page),
    }
    return Template("maps/map.html", context=context, headers={"Cache-Control": "private, no-cache"})


def start_of(asked: MapFilter, index: AreaIndex) -> tuple[float, ...] | None:
    """The box (west, south, east, north in degrees) of the filter's circle, else of its area; None without them."""
    if asked.near:
        return box_around(asked.near.lat, asked.near.long, asked.near.radius_m)
    known = [area.shape.bounds for area in index.versions(*asked.area)] if asked.area else []
    sides = list(zip(*known, strict=True))
    return (min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])) if known else None


async def found_by(session: AsyncSession, place_q: str) -> dict[str, Any]:
    """What the words of the search field found, for whom has no JavaScript: each leads to this map, around it."""
    if not place_q:
        return {"place_q": "", "found": None}
    found = await search(session, place_q[:MOST_TYPED], None)
    return {"place_q": place_q, "found": [{**one, "href": link_to(one)} for one in found]}


def link_to(found: dict[str, Any]) -> str:
    if "url" in found:
        return str(found["url"])
    if "layer" in found:
        return "/map?" + urlencode({"area": f"{found['layer']}:{found['code']}"}, safe=":")
    near = f"{found['lat']:.5f},{found['long']:.5f},{AROUND_M}"
    return "/map?" + urlencode({"near": near}, safe=",")


def groups_of(catalogue: Catalogue) -> list[Group]:
    """The groups with their public services, each with a letter of its own where its name has one left."""
    taken: set[str] = set()
    found = []
    for row in catalogue.groups:
        services = [service for service in catalogue.in_group(row.code) if not service.private]
        if not services:
            continue
        name = translated(row, "name")
        letter = letter_of(name, taken)
        taken.add(letter)
        pairs = tuple((service.service_code, translated(service, "service_name")) for service in services)
        found.append(Group(row.code, name, letter, pairs))
    return found


def letter_of(name: str, taken: set[str]) -> str:
    letters = [letter.upper() for letter in name if letter.isalpha()]
    return next((letter for letter in letters if letter not in taken), letters[0] if letters else "?")


async def layers_of(session: AsyncSession, index: AreaIndex) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(code, name, [(code, name) of each area of today]) of each layer; the land of outside agencies is none."""
    areas: dict[str, dict[str, str]] = {}
    for ref, _ in index.boxes(today()):
        areas.setdefault(ref.layer, {})[ref.code] = ref.name
    return [
        (row.code, translated(row, "name"), list(areas[row.code].items()))
        for row in await find_layers(session)
        if row.code in areas
    ]


route_handlers = [show_map, search_map, months]
