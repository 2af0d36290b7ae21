"""`/map/requests`: the list beside the map, as a page, a part of a page, or JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import wants_json
from app.maps.cell_box import read_place
from app.maps.cursors import read_cursor
from app.maps.filter_reader import Query, first
from app.maps.filters import MapFilter, read_filter
from app.maps.list_pages import ListPage, list_page
from app.service_requests.cards import Card, card
from app.service_requests.models import ServiceRequest

# What a list is asked for beside its filter; `after` apart.
PLACE = ("bbox", "z", "cell")
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Accept, HX-Request"}


class Listed(msgspec.Struct, frozen=True):
    """A request as JSON: its card, and where it stands on the map; `lat`, `long` in decimal degrees."""

    service_request_id: str
    service_code: str
    service_name: str
    group: str
    status: str
    late: str
    address_string: str
    lat: float
    long: float
    requested_datetime: datetime
    updated_datetime: datetime
    photo: str | None


@get("/map/requests", name="map_requests")
async def map_requests(request: Request[Any, Any, State], session: AsyncSession) -> Response[Any]:
    """25 requests of a part of the map, newest first: `bbox` and `z`, or `cell`; `after` is the next page's cursor.

    `X-Total` is the exact number of all; where they are more than anybody counts, `X-Total-More-Than` stands in its
    place. 400 in words for a filter, part or cursor that cannot be read.
    """
    query = request.query_params.dict()
    asked, place = await read_filter(session, query), read_place(query)
    page = await list_page(session, asked, place, read_cursor(first(query, "after")))
    headers = {**PRIVATE, "X-Total-More-Than" if page.more else "X-Total": str(page.total)}
    if wants_json(request):
        return Response(told(page), headers=headers)
    part = request.headers.get("hx-request") == "true"
    context = list_context(asked, query, page)
    return Template("maps/_list.html" if part else "maps/list.html", context=context, headers=headers)


def told(page: ListPage) -> dict[str, Any]:
    """`total` is the exact number, or None and `more_than` a number that it exceeds."""
    numbers = {"total": None, "more_than": page.total} if page.more else {"total": page.total}
    return {**numbers, "after": page.after or None, "requests": [listed(one) for one in page.requests]}


def list_context(asked: MapFilter, query: Query, page: ListPage) -> dict[str, Any]:
    """What `maps/_list.html` is made of: `cards`, `total`, `more`, `filtered`, `later` (no first page), addresses."""
    place = [(name, value) for name in PLACE if (value := first(query, name))]
    address = asked.pairs() + place
    cards: list[Card] = [card(one) for one in page.requests]
    return {
        "cards": cards,
        "total": page.total,
        "more": page.more,
        "filtered": bool(asked.pairs()),
        "later": bool(first(query, "after")),
        "beginning": list_url(address),
        "next_page": list_url([*address, ("after", page.after)]) if page.after else "",
    }


def list_url(pairs: list[tuple[str, str]]) -> str:
    return f"/map/requests?{urlencode(pairs, safe=',:')}" if pairs else "/map/requests"


def listed(request: ServiceRequest) -> Listed:
    known = card(request)
    return Listed(
        service_request_id=known.service_request_id,
        service_code=request.service.service_code,
        service_name=known.service_name,
        group=request.service.group,
        status=known.status,
        late=known.late,
        address_string=known.address_string,
        lat=round(request.lat, 6),
        long=round(request.long, 6),
        requested_datetime=known.requested_datetime,
        updated_datetime=known.updated_datetime,
        photo=known.photo,
    )


route_handlers = [map_requests]
