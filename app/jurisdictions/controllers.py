"""`/places…`: the place index for a page that asks while somebody types or moves a pin."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.params import Parameter
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.place_nearest import nearest_place
from app.jurisdictions.place_search import FoundPlace, search_places
from app.templating import current_locale

KEEP = {"Cache-Control": "public, max-age=300"}
MOST_TYPED = 200


@get("/places")
async def find_places(
    session: AsyncSession, q: Annotated[str, Parameter(max_length=MOST_TYPED)] = "", near: str = ""
) -> Response[list[FoundPlace]]:
    """The places that `q` may mean, best first; `near` is "lat,long", and anything else there is passed over."""
    found = await search_places(session, q, near=read_point(near), locale=current_locale.get())
    return Response(found, headers=KEEP)


@get("/places/nearest")
async def find_nearest(
    session: AsyncSession,
    lat: Annotated[float, Parameter(ge=-90, le=90)],
    long_: Annotated[float, Parameter(ge=-180, le=180, query="long")],
) -> Response[FoundPlace | None]:
    """The address or intersection that a point is at or near; null where there is none."""
    return Response(await nearest_place(session, lat, long_), headers=KEEP)


def read_point(text: str) -> tuple[float, float] | None:
    try:
        lat, long = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (lat, long) if -90 <= lat <= 90 and -180 <= long <= 180 else None


route_handlers = [find_places, find_nearest]
