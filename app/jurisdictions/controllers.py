"""`/places…`: the place index for a page that asks while somebody types or moves a pin. JSON, or an HTML fragment."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import QueryParameter
from litestar.response import Template

from app.db import Database
from app.jurisdictions.current import current_city
from app.jurisdictions.geocoder import Bounds, nearest_outside, search_outside
from app.jurisdictions.place_nearest import NEAR_M, nearest_place
from app.jurisdictions.place_search import SURE, FoundPlace, search_places
from app.jurisdictions.queries import areas_index
from app.templating import current_locale

HEADERS = {"Cache-Control": "public, max-age=300", "Vary": "Accept, Accept-Language, Cookie"}
MOST_TYPED = 200
LEAST_ASKED_OUTSIDE = 4
LIMIT = 8

AnyRequest = Request[Any, Any, State]


# These take the database, not a session: another geocoder is asked when the read is over.
@get("/places")
async def find_places(
    request: AnyRequest, q: Annotated[str, QueryParameter(max_length=MOST_TYPED)] = "", near: str = ""
) -> Response[Any]:
    """The places that `q` may mean, best first; `near` is "lat,long", and anything else there is passed over."""
    database: Database = request.app.state.database
    locale = current_locale.get()
    async with database.reading() as session:
        found = await search_places(session, q, near=read_point(near), locale=locale, limit=LIMIT)
        bounds = await outside_bounds(request, session) if wants_outside(q, found) else None
    if bounds is not None:
        settings = request.app.state.settings
        outside = await search_outside(request.app.state.http, settings, q, bounds, locale=locale)
        known = {place.label.casefold() for place in outside}
        found = (outside + [place for place in found if place.label.casefold() not in known])[:LIMIT]
    if wants_html(request):
        return Template("jurisdictions/_places.html", context={"places": found, "q": q}, headers=HEADERS)
    return Response(found, headers=HEADERS)


@get("/places/nearest")
async def find_nearest(
    request: AnyRequest,
    lat: Annotated[float, QueryParameter(ge=-90, le=90)],
    long_: Annotated[float, QueryParameter(name="long", ge=-180, le=180)],
) -> Response[Any]:
    """The address or intersection that a point is at or near; null where there is none."""
    database: Database = request.app.state.database
    async with database.reading() as session:
        place = await nearest_place(session, lat, long_)
        bounds = await outside_bounds(request, session) if place is None else None
    if bounds is not None:
        settings = request.app.state.settings
        locale = current_locale.get()
        place = await nearest_outside(request.app.state.http, settings, lat, long_, bounds, locale=locale)
    if wants_html(request):
        context = {"place": place, "is_near": place is not None and (place.distance_m or 0) > NEAR_M}
        return Template("jurisdictions/_nearest.html", context=context, headers=HEADERS)
    return Response(place, headers=HEADERS)


def wants_outside(q: str, found: list[FoundPlace]) -> bool:
    return len(q.strip()) >= LEAST_ASKED_OUTSIDE and all(place.score < SURE for place in found)


async def outside_bounds(request: AnyRequest, session: Any) -> Bounds | None:
    """The city's bounds for another geocoder's answers; None when there is no such geocoder, or no city."""
    city = current_city.get()
    if city is None or not request.app.state.settings.geocoder_url:
        return None
    return Bounds(city, await areas_index(session, city))


def wants_html(request: AnyRequest) -> bool:
    accept = request.headers.get("accept", "")
    return "text/html" in accept or (request.headers.get("hx-request") == "true" and "json" not in accept)


def read_point(text: str) -> tuple[float, float] | None:
    try:
        lat, long = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (lat, long) if -90 <= lat <= 90 and -180 <= long <= 180 else None


route_handlers = [find_places, find_nearest]
