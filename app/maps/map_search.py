"""`/map/search`: what somebody may mean on a map: a report's number, an area, an address, a corner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.jurisdictions.area_box import Box
from app.jurisdictions.controllers import HEADERS, LIMIT, MOST_TYPED, read_point
from app.jurisdictions.place_search import search_places
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.maps.area_facts import find_layers, today
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.models import ServiceRequest
from app.service_requests.queries import public_requests
from app.services.words import said_in
from app.templating import current_locale, translated

MOST_AREAS = 4
SHORTEST = 2

Found = dict[str, Any]


@get("/map/search")
async def search_map(
    request: Request[Any, Any, State],
    q: Annotated[str, QueryParameter(max_length=MOST_TYPED)] = "",
    near: str = "",
) -> Response[list[Found]]:
    """What `q` may mean, best first: [{kind, label, hint, lat, long, …}]; `near` is "lat,long".

    kind is "request" (with `url`), "area" (with `layer`, `code`, `bbox` as west, south, east, north), or the place's.
    """
    database: Database = request.app.state.database
    async with database.reading() as session:
        found = await search(session, q, read_point(near))
    return Response(found, headers=HEADERS)


async def search(session: AsyncSession, q: str, near: tuple[float, float] | None) -> list[Found]:
    """A report's number is found only whole, and means nothing else."""
    number = read_service_request_id(q)
    if number and (request := await find_public(session, number)):
        return [request_found(request)]
    areas = await areas_named(session, q) if len(q.strip()) >= SHORTEST else []
    places = await search_places(session, q, near=near, locale=current_locale.get(), limit=LIMIT)
    found = [
        {
            "kind": place.kind,
            "label": place.label,
            "hint": place.hint or place.zipcode,
            "lat": place.lat,
            "long": place.long,
        }
        for place in places
    ]
    return (areas + found)[:LIMIT]


async def find_public(session: AsyncSession, number: str) -> ServiceRequest | None:
    wanted = public_requests().where(ServiceRequest.service_request_id == number)
    return (await session.execute(wanted)).scalars().first()


def request_found(request: ServiceRequest) -> Found:
    return {
        "kind": "request",
        "label": request.service_request_id,
        "hint": said_in(request.service, "service_name", current_locale.get()),
        "lat": request.lat,
        "long": request.long,
        "url": f"/requests/{request.service_request_id}",
    }


async def areas_named(session: AsyncSession, q: str) -> list[Found]:
    """The areas of today whose name or layer and code the words begin, at most four."""
    index = await areas_index(session, await get_jurisdiction(session))
    layers = {layer.code: translated(layer, "name") for layer in await find_layers(session)}
    words = q.strip().casefold()
    boxes: dict[tuple[str, str], tuple[str, Box]] = {}
    for ref, box in index.boxes(today()):
        names = known_as(ref.name, ref.code, layers[ref.layer]) if ref.layer in layers else ()
        if any(name.startswith(words) for name in names):
            before = boxes.get((ref.layer, ref.code))
            boxes[ref.layer, ref.code] = (ref.name, around(before[1], box) if before else box)
    return [
        area_found(layer, code, name, box, layers[layer])
        for (layer, code), (name, box) in list(boxes.items())[:MOST_AREAS]
    ]


def known_as(name: str, code: str, layer: str) -> Iterator[str]:
    """ "Old Harbor", "harbor", "board 3": how people begin to name an area."""
    said = name.casefold()
    yield said
    yield from (said[at + 1 :] for at, letter in enumerate(said) if letter == " ")
    yield f"{layer} {code}".casefold()
    yield code.casefold()


def around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def area_found(layer: str, code: str, name: str, box: Box, layer_name: str) -> Found:
    west, south, east, north = box
    middle = {"lat": (south + north) / 2, "long": (west + east) / 2}
    return {"kind": "area", "label": name, "hint": layer_name, "layer": layer, "code": code, "bbox": box, **middle}
