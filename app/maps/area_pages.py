"""`/areas…`: the areas of the city, each with its page, which can be printed on a sheet and shown in a frame."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Refused, error_response, wants_json
from app.jurisdictions.queries import get_jurisdiction
from app.maps.area_controllers import outlines
from app.maps.area_facts import AreaFacts, find_area, find_areas, find_layer, find_layers, today
from app.maps.area_lately import area_lately, oldest_open
from app.maps.area_outlines import layer_outlines
from app.maps.area_report import area_report
from app.maps.area_table import COLUMNS, area_lines, sorted_lines
from app.maps.area_words import change_said, date_said, days_said, month_said
from app.service_requests.cards import card
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.settings import Settings
from app.templating import current_locale, gettext

AnyRequest = Request[Any, Any, State]
KEPT = {"Cache-Control": "public, max-age=30", "Vary": "Accept-Language, Cookie, Accept-Encoding"}
# Any site may show this one page in a frame. It runs no script and sends no form.
FRAMED = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"


@get("/areas")
async def show_layers(session: AsyncSession) -> Template:
    """The divisions of the city, each with its areas."""
    on = today()
    layers = [(layer, await find_areas(session, layer.code, on)) for layer in await find_layers(session)]
    shown = [(layer, areas) for layer, areas in layers if areas]
    return Template("areas/layers.html", context={"layers": shown}, headers=KEPT)


@get("/areas/{name:str}")
async def show_layer(request: AnyRequest, session: AsyncSession, name: str, sort: str = "-new") -> Response[Any]:
    """The areas of a layer with their figures; its outlines where the name ends in “.geojson”."""
    code, _, form = name.rpartition(".")
    if form == "geojson":
        return await outlines(request, session, code)
    try:
        layer = await find_layer(session, name)
    except Refused as error:
        return unknown(request, error)
    on = today()
    lines = await area_lines(session, await find_areas(session, name, on), on)
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    context = {
        "layer": layer,
        "lines": sorted_lines(lines, sort),
        "columns": COLUMNS,
        "column": column,
        "descending": descending,
        "here": f"/areas/{quote(name, safe='')}",
        "sketch": (await layer_outlines(session, name, on)).sketch,
        "days_said": days_said,
    }
    return Template("areas/layer.html", context=context, headers=KEPT)


@get("/areas/{layer:str}/{code:str}")
async def show_area(request: AnyRequest, session: AsyncSession, layer: str, code: str) -> Response[Any]:
    """The page of one area. 404, with the way to those that there are, for one that there is not."""
    return await area_page(request, session, layer, code, "areas/area.html", KEPT)


@get("/areas/{layer:str}/{code:str}/embed")
async def show_embedded(request: AnyRequest, session: AsyncSession, layer: str, code: str) -> Response[Any]:
    """The same in short, for a frame on another site."""
    headers = {**KEPT, "Content-Security-Policy": FRAMED}
    return await area_page(request, session, layer, code, "areas/embed.html", headers)


async def area_page(
    request: AnyRequest, session: AsyncSession, layer: str, code: str, template: str, headers: dict[str, str]
) -> Response[Any]:
    try:
        area = await find_area(session, layer, code, today())
    except Refused as error:
        return unknown(request, error)
    return Template(template, context=await area_context(request, session, area), headers=headers)


async def area_context(request: AnyRequest, session: AsyncSession, area: AreaFacts) -> dict[str, Any]:
    """Everything that `areas/area.html` and `areas/embed.html` need."""
    city, settings = await get_jurisdiction(session), request.app.state.settings
    catalogue = await current_catalogue(session, city)
    on = today()
    return {
        "area": area,
        "layer": await find_layer(session, area.layer),
        "figures": await area_report(session, catalogue, area, on),
        "lately": await area_lately(session, catalogue, area, city.timezone),
        "oldest": [card(request) for request in await oldest_open(session, area, city.timezone)],
        "sketch": (await layer_outlines(session, area.layer, on)).sketch,
        "service_name": lambda service: said_in(service, "service_name", current_locale.get()),
        "change_said": change_said,
        "date_said": date_said,
        "days_said": days_said,
        "month_said": month_said,
        **links_of(area, settings),
    }


def links_of(area: AreaFacts, settings: Settings) -> dict[str, str]:
    query = urlencode({"area": f"{area.layer}:{area.code}"}, safe=":")
    return {
        "query": query,
        "on_map": f"/map?{query}",
        "full_url": settings.public_url + area.url,
    }


def unknown(request: AnyRequest, error: Refused) -> Response[Any]:
    if wants_json(request):
        return error_response(request, error.status, error.problems)
    context = {"words": error.problems[0].said(), "title": gettext("There is nothing here")}
    return Template("areas/unknown.html", context=context, status_code=error.status)


route_handlers = [show_layers, show_layer, show_area, show_embedded]
