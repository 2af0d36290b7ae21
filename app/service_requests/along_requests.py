"""`/along/requests.json`: what is open in an area that a phone takes along."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.area_box import read_box
from app.service_requests.open_in_box import MOST_REQUESTS, open_in_box
from app.services.queries import current_catalogue
from app.templating import current_locale


@get("/along/requests.json")
async def show_requests(session: AsyncSession, box: str = "") -> Response[dict[str, Any]]:
    """The open public requests of a box of at most 25 km², newest first, in the reader's language.

    `as_of` is the moment at which they were read; `complete` is false where older ones were left out.
    """
    sides = read_box(box)
    catalogue = await current_catalogue(session)
    found = await open_in_box(session, catalogue, sides, current_locale.get())
    told = {"as_of": datetime.now(UTC), "box": sides, "complete": len(found) < MOST_REQUESTS, "requests": found}
    return Response(told, headers={"Cache-Control": "no-store"})


route_handlers = [show_requests]
