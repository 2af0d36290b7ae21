"""`/places/{id}`: the page of an address or a corner. `/map/at`: the page of the one that a point is at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import lat_long
from app.jurisdictions.models import Place
from app.jurisdictions.place_nearest import nearest_place
from app.jurisdictions.queries import areas_at
from app.maps.area_facts import area_url, today
from app.maps.place_history import AT_M, DIG_M, open_around, place_history
from app.service_requests.cards import card
from app.services.queries import AGENCY_LAYER, current_catalogue
from app.services.words import said_in
from app.sql import find_row
from app.templating import current_locale

AnyRequest = Request[Any, Any, State]


@dataclass(frozen=True, slots=True)
class AreaLink:
    name: str
    url: str


@get("/places/{place_id:int}")
async def show_place(request: AnyRequest, session: AsyncSession, place_id: int, after: str = "") -> Template:
    """What was ever filed here, page by page, and what is open around. 404 for a place that is not there."""
    place = await find_row(session, Place, place_id)
    if place is None:
        raise NotFoundException
    lat, long = lat_long(place.location)
    catalogue = await current_catalogue(session)
    history = await place_history(session, place, after=after)
    digging = [] if after else await open_around(session, catalogue, lat, long)
    context = {
        "place": place,
        "lat": lat,
        "long": long,
        "dig_m": round(DIG_M),
        "history": history,
        "cards": [card(one) for one in history.requests],
        "first_page": not after,
        "next": f"/places/{place_id}?{urlencode({'after': history.after})}" if history.after else "",
        "digging": [
            (
                said_in(group.department, "name", current_locale.get()) if group.department else "",
                [(card(item.request), round(item.distance_m)) for item in group.work],
            )
            for group in digging
        ],
        "areas": await areas_of(session, lat, long),
        "report_here": "/report?" + urlencode({"lat": f"{lat:.6f}", "long": f"{long:.6f}"}),
        "on_map": "/map?" + urlencode({"near": f"{lat:.6f},{long:.6f},{DIG_M:.0f}"}, safe=","),
    }
    return Template("places/show.html", context=context, headers={"Cache-Control": "public, max-age=30"})


async def areas_of(session: AsyncSession, lat: float, long: float) -> list[AreaLink]:
    """The areas that a point lies in today; the land of outside agencies is left out."""
    found = await areas_at(session, lat, long, today())
    return [AreaLink(area.name, area_url(area.layer, area.code)) for area in found if area.layer != AGENCY_LAYER]


@get("/map/at")
async def show_place_at(
    session: AsyncSession,
    lat: Annotated[float, QueryParameter(ge=-90, le=90)],
    long_: Annotated[float, QueryParameter(name="long", ge=-180, le=180)],
) -> Response[Any]:
    """Leads to the page of the address or corner that a point is at; to a circle on the map where there is none."""
    place = await nearest_place(session, lat, long_, radius_m=AT_M)
    if place is not None and place.place_id is not None:
        return Redirect(f"/places/{place.place_id}", status_code=303)
    return Redirect("/map?" + urlencode({"near": f"{lat:.6f},{long_:.6f},{AT_M:.0f}"}, safe=","), status_code=303)


route_handlers = [show_place, show_place_at]
