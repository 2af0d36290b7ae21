"""`/along/places.json`: the place index of an area that a phone takes along."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.area_box import read_box
from app.jurisdictions.place_extract import extract_places, index_version

# Raised when what the answer looks like changes: a phone then fetches it again.
SHAPE = 1


@get("/along/places.json")
async def show_places(
    request: Request[Any, Any, State], session: AsyncSession, box: str = ""
) -> Response[bytes | None]:
    """The addresses, corners and points of interest of a box of at most 25 km², as columns; 304 when unchanged."""
    sides = read_box(box)
    version = await index_version(session)
    known = hashlib.sha256(f"{SHAPE} {version} {sides}".encode()).hexdigest()[:20]
    # Weak, since the answer may be compressed on its way.
    tag = f'W/"{known}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(None, status_code=304, headers=headers)
    body = await asyncio.to_thread(msgspec.json.encode, await extract_places(session, sides))
    return Response(body, headers=headers, media_type=MediaType.JSON)


route_handlers = [show_places]
