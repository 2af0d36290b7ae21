"""`/tiles/requests/…`: the city's requests as vector tiles, under any filter."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from functools import lru_cache
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import PathParameter
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import keep_plans, plan_anew
from app.errors import Problem, Refused
from app.maps.basemap import Tile
from app.maps.controllers import ROW, answer
from app.maps.figure_places import places_of_tile
from app.maps.figures import cells_by_group, cells_of_tile, reads_rows, values_of_tile
from app.maps.filters import MapFilter, WholeFilter, read_filter
from app.maps.grid import FIRST_PLACES_ZOOM, LAST_ZOOM, TileAt, shown_level
from app.maps.regions import counted_region
from app.maps.tile_layers import tile_statement, write_tile
from app.templating import mark

KEEP = "public, max-age=30, stale-while-revalidate=300"
MOST_BYTES = 40_000
# What is too much for one tile is told in coarser stacks; the sum stays.
COARSER = 2
KEPT_STATEMENTS = 256
NO_TILE = mark("Ask for a tile as /tiles/requests/{z}/{x}/{y}.mvt: z from 0 to %(last)d, x and y on the grid of z.")
COLOURS = ("status", "group", "rates")
NOT_A_COLOUR = mark("colour is one of %(known)s.")


@get("/tiles/requests/{z:str}/{x:str}/{row:str}", opt={"no_compression": True}, name="request_tile")
async def request_tile(
    request: Request[Any, Any, State],
    session: AsyncSession,
    z: Annotated[str, PathParameter(description="Zoom, 0 to 18")],
    x: Annotated[str, PathParameter(description="Column, from the west")],
    row: Annotated[str, PathParameter(description="Row from the north, then “.mvt”")],
) -> Response[bytes | None]:
    """A tile of counted cells (z 0 to 16) or places (17, 18); 204 where nothing fits; 400 for what is no tile.

    Every request stands in exactly one tile of a zoom. The tag changes when a figure in the tile does.
    """
    tile = read_tile(z, x, row)
    await keep_plans(session)
    asked = await read_filter(session, request.query_params.dict())
    by_group = read_colour(request.query_params.get("colour", "status")) == "group"
    packed = await fitting_tile(session, asked, tile, by_group=by_group)
    tag = f'"{hashlib.sha256(packed).hexdigest()[:24]}"'
    return answer(request, Tile(packed, gzipped=True, etag=tag) if packed else None, KEEP)


def read_tile(z: str, x: str, row: str) -> TileAt:
    """Raises Refused (400) for anything that is no tile of these zooms."""
    named = ROW.fullmatch(row)
    if named and all(part.isascii() and part.isdecimal() and len(part) <= 10 for part in (z, x)):
        tile = TileAt(int(z), int(x), int(named[1]))
        if tile.exists:
            return tile
    raise Refused(Problem("tile", NO_TILE, {"last": LAST_ZOOM}), status=400)


def read_colour(said: str) -> str:
    if said not in COLOURS:
        raise Refused(Problem("colour", NOT_A_COLOUR, {"known": ", ".join(COLOURS)}), status=400)
    return said


async def fitting_tile(session: AsyncSession, asked: MapFilter, tile: TileAt, *, by_group: bool) -> bytes:
    """The tile, packed by gzip, in the finest cells that leave it within 40 KB; b"" for nothing.

    The session is one that keeps its plans (`keep_plans`).
    """
    region = await counted_region(session, asked)
    dialect = session.get_bind().dialect.name
    level = shown_level(tile.z)
    if region is None and reads_rows(asked, level, each=by_group):
        await plan_anew(session)
    while True:
        statement = statement_for(asked.whole(), tile.z, level, by_group, region is not None, dialect)
        data = await write_tile(session, statement, values_of_tile(region, tile, level), tile, level)
        packed = await asyncio.to_thread(gzip.compress, data, 6, mtime=0) if data else b""
        if len(packed) <= MOST_BYTES or level - COARSER < tile.z:
            return packed
        level -= COARSER


@lru_cache(maxsize=KEPT_STATEMENTS)
def statement_for(asked: WholeFilter, z: int, level: int, by_group: bool, in_region: bool, dialect: str) -> Select[Any]:
    """Whoever moves a map asks for many tiles of few zooms under one filter: putting a statement together takes longer
    than most of them take to read."""
    if z >= FIRST_PLACES_ZOOM:
        found = places_of_tile(asked.filter, z, level, in_region=in_region)
    else:
        found = (cells_by_group if by_group else cells_of_tile)(asked.filter, z, level, in_region=in_region)
    return tile_statement(found, z, level, dialect)


route_handlers = [request_tile]
