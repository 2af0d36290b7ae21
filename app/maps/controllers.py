"""`/tiles/…`: what a map is drawn from."""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter

from app.errors import Problem, Refused
from app.maps.basemap import Basemap, NoBasemap, OutsideZoom, Tile
from app.settings import Settings
from app.templating import mark

VECTOR_TILE = "application/vnd.mapbox-vector-tile"
# A basemap changes a few times a year, and a tile that is a week old still shows the way.
KEEP = "public, max-age=86400, stale-while-revalidate=604800"
NO_TILE = mark("Ask for a tile as /tiles/basemap/{z}/{x}/{y}.mvt: x and y on the grid of z.")
ROW = re.compile(r"(\d{1,10})\.mvt")


@lru_cache(maxsize=4)
def basemap_at(path: Path) -> Basemap:
    """The one open basemap of this path in the process."""
    return Basemap(path)


@get(
    "/tiles/basemap/{z:int}/{x:int}/{row:str}",
    opt={"no_compression": True},
    sync_to_thread=True,
    name="basemap_tile",
)
def basemap_tile(
    request: Request[Any, Any, State],
    z: Annotated[int, PathParameter(description="Zoom")],
    x: Annotated[int, PathParameter(description="Column, from the west")],
    row: Annotated[str, PathParameter(description="Row from the north, then “.mvt”")],
) -> Response[bytes | None]:
    """A vector tile of the basemap; 204 where the map is empty, 404 outside its zooms or without a basemap."""
    named = ROW.fullmatch(row)
    if named is None or x < 0 or z < 0:
        raise Refused(Problem("tile", NO_TILE), status=400)
    settings: Settings = request.app.state.settings
    try:
        tile = basemap_at(settings.basemap_path).tile(z, x, int(named[1]))
    except ValueError as error:
        raise Refused(Problem("tile", NO_TILE), status=400) from error
    except (NoBasemap, OutsideZoom) as error:
        raise NotFoundException from error
    return answer(request, tile, KEEP)


@get("/tiles/basemap.json", sync_to_thread=True, name="basemap_about")
def basemap_about(request: Request[Any, Any, State]) -> Response[dict[str, Any]]:
    """What the basemap has, as TileJSON 3.0.0 (https://github.com/mapbox/tilejson-spec); 404 without a basemap."""
    settings: Settings = request.app.state.settings
    try:
        about = basemap_at(settings.basemap_path).about()
    except NoBasemap as error:
        raise NotFoundException from error
    told = {
        "tilejson": "3.0.0",
        "tiles": ["/tiles/basemap/{z}/{x}/{y}.mvt"],
        "minzoom": about.min_zoom,
        "maxzoom": about.max_zoom,
        "bounds": about.bounds,
        "attribution": about.attribution,
    }
    return Response(told, headers={"Cache-Control": KEEP})


def answer(request: Request[Any, Any, State], tile: Tile | None, keep: str) -> Response[bytes | None]:
    """200, 204 for None, 304 for a tile that the asker has; `keep` is its Cache-Control."""
    headers = {"Cache-Control": keep, "Vary": "Accept-Encoding"}
    if tile is None:
        return Response(None, status_code=204, headers=headers)
    headers["ETag"] = tile.etag
    if tile.etag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    data = tile.data
    if tile.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    elif tile.gzipped:
        data = gzip.decompress(data)
    return Response(data, media_type=VECTOR_TILE, headers=headers)


route_handlers = [basemap_tile, basemap_about]
