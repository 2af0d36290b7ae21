"""What a map of areas is coloured from: `/areas/{layer}/rates.json`, and the outlines for `area_pages.py`."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import keep_plans
from app.maps.area_facts import find_areas, find_layer, today
from app.maps.area_outlines import layer_outlines
from app.maps.area_rates import layer_rates
from app.maps.filters import read_filter

GEOJSON = "application/geo+json"
# The tag is asked about every time: a redrawn district is seen at once, and an unchanged one costs nothing.
OUTLINES_KEPT = "public, max-age=300, stale-while-revalidate=86400"

RATES_KEPT = "public, max-age=30, stale-while-revalidate=300"

AnyRequest = Request[Any, Any, State]


async def outlines(request: AnyRequest, session: AsyncSession, layer: str) -> Response[bytes | None]:
    """The areas of a layer as GeoJSON (RFC 7946) with `code` and `name`; 304 when unchanged, 404 for no layer."""
    await find_layer(session, layer)
    made = await layer_outlines(session, layer, today())
    headers = {"ETag": made.tag, "Cache-Control": OUTLINES_KEPT, "Vary": "Accept-Encoding"}
    if made.tag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    return Response(made.body, media_type=GEOJSON, headers=headers)


@get("/areas/{layer:str}/rates.json")
async def show_rates(
    request: AnyRequest, session: AsyncSession, layer: str, measure: str = "per_1000"
) -> Response[dict[str, Any]]:
    """A measure of each area of a layer under the map's filter, with at most five classes. See `area_rates.py`.

    `from` and `to` of a class are the least and greatest value in it. An area without a class has a `why`.
    """
    # As long to plan as to read, and the same for all who look on one day.
    await keep_plans(session)
    await find_layer(session, layer)
    asked = await read_filter(session, request.query_params.dict())
    on = today()
    rates = await layer_rates(session, await find_areas(session, layer, on), measure, asked, on)
    told = {
        "layer": layer,
        "measure": measure,
        "first": rates.first,
        "last": rates.last,
        "left_out": rates.left_out,
        "classes": [{"from": one.low, "to": one.high} for one in rates.classes],
        "areas": [
            {
                "code": rate.area.code,
                "name": rate.area.name,
                "value": rate.value,
                "n": rate.n,
                "class": rates.class_of(rate),
                "why": rate.why,
                "url": rate.area.url,
            }
            for rate in rates.rates
        ],
    }
    return Response(told, headers={"Cache-Control": RATES_KEPT})


route_handlers = [show_rates]
