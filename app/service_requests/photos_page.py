"""Photos over HTTP: the public renditions, and those that only the reporter may see. The master has no address."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException

from app.db import Database
from app.media.storage import read_public
from app.service_requests.models import Photo
from app.service_requests.photo_urls import key_named
from app.service_requests.queries import find_photo_of, find_public_photo, find_request
from app.service_requests.viewer import viewer_of
from app.sql import holds

PhotoRequest = Request[Any, Any, State]
FOR_EVER = "public, max-age=31536000, immutable"
FOR_ONE = "private, max-age=86400, immutable"


# These take the database, not a session: the store may be slow, and no connection waits for it.
@get("/photos/{photo_id:int}/{name:str}", opt={"no_compression": True})
async def show_photo(request: PhotoRequest, photo_id: int, name: str) -> Response[bytes | None]:
    """A public photo; 404 for a hidden one, one of a private service, and any file but its two renditions."""
    database: Database = request.app.state.database
    async with database.reading() as session:
        photo = await find_public_photo(session, photo_id) if holds(Photo.id, photo_id) else None
    return await rendition(request, photo, name, FOR_EVER)


@get("/requests/{service_request_id:str}/photos/{photo_id:int}/{name:str}", opt={"no_compression": True})
async def show_own_photo(
    request: PhotoRequest, service_request_id: str, photo_id: int, name: str
) -> Response[bytes | None]:
    """A photo as its reporter may see it, public or not."""
    database: Database = request.app.state.database
    async with database.reading() as session:
        found = await find_request(session, service_request_id, viewer_of(request, service_request_id))
        known = found is not None and found.own and holds(Photo.id, photo_id)
        photo = await find_photo_of(session, found.request.id, photo_id) if found and known else None
    return await rendition(request, photo, name, FOR_ONE)


async def rendition(
    request: PhotoRequest, photo: Photo | None, name: str, cache_control: str
) -> Response[bytes | None]:
    key = key_named(photo, name) if photo else None
    if key is None:
        raise NotFoundException
    headers = {"ETag": f'"{name.removesuffix(".webp")}"', "Cache-Control": cache_control}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    try:
        data = await read_public(request.app.state.media, key)
    except FileNotFoundError:
        raise NotFoundException from None
    return Response(data, media_type="image/webp", headers=headers)


route_handlers = [show_photo, show_own_photo]
