"""`/along.json`: what an area holds that a phone may take along, and what it weighs; `/my/area`: the page for it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import QueryParameter
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.area_box import MOST_KM2, square_kilometres
from app.jurisdictions.place_extract import BYTES_EACH as PLACE_BYTES
from app.jurisdictions.place_extract import BYTES_ONCE, PLAIN_ONCE, count_places
from app.jurisdictions.place_extract import PLAIN_EACH as PLACE_PLAIN
from app.maps.area_choice import area_layers, box_of_area, box_of_point
from app.maps.area_tiles import area_tiles
from app.maps.controllers import basemap_at
from app.service_requests.open_in_box import BYTES_EACH, PLAIN_EACH, count_open
from app.services.queries import current_catalogue
from app.settings import Settings

AnyRequest = Request[Any, Any, State]
Lat = Annotated[float | None, QueryParameter(ge=-85, le=85)]
Long = Annotated[float | None, QueryParameter(name="long", ge=-180, le=180)]


@get("/along.json")
async def show_along(
    request: AnyRequest,
    session: AsyncSession,
    lat: Lat = None,
    long_: Long = None,
    radius_m: float | None = None,
    layer: str = "",
    code: str = "",
) -> Response[dict[str, Any]]:
    """An area by `layer` and `code`, or the square around a point: its tiles, places and open requests.

    `bytes` are what is sent (compressed), `plain` what the phone keeps; exact for tiles, estimated for the rest.
    404 for an area that does not exist, 413 for more than 25 km², 400 for anything else that is no area.
    """
    if layer or code:
        name, box = await box_of_area(session, layer, code)
    else:
        name, box = await box_of_point(session, lat, long_, radius_m)
    settings: Settings = request.app.state.settings
    version, zooms = await asyncio.to_thread(area_tiles, basemap_at(settings.basemap_path), box)
    tiles = {name: sum(getattr(zoom, name) for zoom in zooms) for name in ("count", "bytes", "plain")}
    places = weighed(await count_places(session, box), PLACE_BYTES, PLACE_PLAIN, BYTES_ONCE, PLAIN_ONCE)
    requests = weighed(await count_open(session, await current_catalogue(session), box), BYTES_EACH, PLAIN_EACH)
    parts = (tiles, places, requests)
    told = {
        "name": name,
        "box": box,
        "km2": round(square_kilometres(box), 1),
        "basemap": version,
        "tiles": {**tiles, "zooms": zooms},
        "places": places,
        "requests": requests,
        "bytes": sum(part["bytes"] for part in parts),
        "plain": sum(part["plain"] for part in parts),
    }
    return Response(told, headers={"Cache-Control": "no-store"})


def weighed(count: int, each: int, plain_each: int, once: int = 200, plain_once: int = 200) -> dict[str, int]:
    return {"count": count, "bytes": once + count * each, "plain": plain_once + count * plain_each}


@get("/my/area")
async def show_area_page(session: AsyncSession) -> Template:
    """The page on which a person takes an area along, refreshes and removes it. Says nothing of anybody."""
    context = {"layers": await area_layers(session, datetime.now(UTC).date()), "most_km2": MOST_KM2}
    return Template("maps/area.html", context=context, headers={"Cache-Control": "private, no-cache"})


route_handlers = [show_along, show_area_page]
