"""The seam: vector tiles (MVT 2) of what was counted, written by PostGIS or, beside SpatiaLite, in Python.

https://github.com/mapbox/vector-tile-spec/tree/master/2.1
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any

import mapbox_vector_tile
from shapely import Point
from sqlalchemy import (
    ColumnElement,
    Double,
    Integer,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import NullType

from app.maps.grid import EXTENT, FIRST_PLACES_ZOOM, TILE_X, TILE_Y, TileAt, place_in_tile
from app.service_requests.cells import on_mercator
from app.service_requests.count_models import STANDINGS

CELLS, PLACES = "cells", "requests"
COUNTS = ("n", *STANDINGS)
ALONE = ("id", "standing", "service")


async def write_tile(
    session: AsyncSession, statement: Select[Any], values: Mapping[str, Any], tile: TileAt, level: int
) -> bytes:
    """The tile that a `tile_statement` of its zoom gives with its own `values_of_tile`; b"" for none."""
    connection = await session.connection()
    answer = await connection.execute(statement, values)
    if connection.dialect.name == "postgresql":
        return bytes(answer.scalar_one() or b"")
    rows = [dict(row) for row in answer.mappings()]
    return await asyncio.to_thread(encode, rows, tile, level) if rows else b""


def tile_statement(found: Select[Any], z: int, level: int, dialect: str) -> Select[Any]:
    """What gives any tile of a zoom that shows the rows of `cells_of_tile`, `cells_by_group` or `places_of_tile`.

    On PostgreSQL the tile itself, else its rows. Points only, always in one order, so that the same figures are the
    same bytes: cells by their numbers; places, which a map draws one over the other, with the largest stacks last.
    """
    if dialect != "postgresql":
        return found.order_by(*order(z))
    return select(as_tile(z)).select_from(features_in_sql(found, z, level).subquery("shown"))


def order(z: int) -> tuple[str, ...]:
    return ("n", "cell") if z >= FIRST_PLACES_ZOOM else ("cell",)


def as_tile(z: int) -> ColumnElement[bytes]:
    """The tile of all rows of a relation that is called `shown`."""
    layer = PLACES if z >= FIRST_PLACES_ZOOM else CELLS
    return literal_column(f"ST_AsMVT(shown, '{layer}', {EXTENT}, 'place')")


def features_in_sql(found: Select[Any], z: int, level: int) -> Select[Any]:
    """(place, cell, level, …): the tile's features in their order, `place` in its own units."""
    rows = found.subquery("found")
    place = middle_in_sql(level, z)
    stack: ColumnElement[bool] = literal(True)
    if z >= FIRST_PLACES_ZOOM:
        stack = rows.c.id.is_(None)
        place = case((stack, place), else_=own_in_sql(z))
    shown = select(
        place.label("place"),
        case((stack, cast(rows.c.cell, Text))).label("cell"),
        case((stack, literal(level, Integer))).label("level"),
        *(rows.c[name] for name in (*COUNTS, *ALONE, "group") if name in rows.c),
    )
    return shown.order_by(*(rows.c[name] for name in order(z)))


def middle_in_sql(level: int, z: int) -> ColumnElement[Any]:
    """What `place_in_tile` says of `found.cell`, as a point."""
    bits, side = level - z, EXTENT >> (level - z)
    x, y = (" + ".join(f"(((found.cell >> {2 * bit + odd}) & 1) << {bit})" for bit in range(bits)) for odd in (0, 1))
    return point_in_sql(f"({x or 0}) * {side} + {side // 2}", f"({y or 0}) * {side} + {side // 2}")


def own_in_sql(z: int) -> ColumnElement[Any]:
    """What `own_place` says of `found.lat` and `found.long`, as a point."""
    x = literal_column(f"(found.long + 180.0) / 360.0 * {1 << z}", Double)
    y = literal_column(f"(1.0 - asinh(tan(radians(found.lat))) / pi()) / 2.0 * {1 << z}", Double)
    return func.ST_MakePoint(func.floor((x - TILE_X) * EXTENT), func.floor((y - TILE_Y) * EXTENT), type_=NullType())


def point_in_sql(x: str, y: str) -> ColumnElement[Any]:
    # As text: an expression of twenty terms costs more to put together than a tile costs to read.
    return literal_column(f"ST_MakePoint({x}, {y})", NullType())


def encode(rows: list[dict[str, Any]], tile: TileAt, level: int) -> bytes:
    layer = {
        "name": PLACES if tile.shows_places else CELLS,
        "features": [feature(row, tile, level) for row in rows],
    }
    return bytes(mapbox_vector_tile.encode(layer, default_options={"y_coord_down": True, "extents": EXTENT}))


def feature(row: Mapping[str, Any], tile: TileAt, level: int) -> dict[str, Any]:
    stack = not tile.shows_places or row["id"] is None
    place = place_in_tile(row["cell"], level, tile) if stack else own_place(row["lat"], row["long"], tile)
    told = {"cell": str(row["cell"]), "level": level} if stack else {}
    told |= {name: row[name] for name in (*COUNTS, *ALONE, "group") if row.get(name) is not None}
    return {"geometry": Point(place), "properties": told}


def own_place(lat: float, long: float, tile: TileAt) -> tuple[int, int]:
    """(x, y) of a place in the tile's own units, y down."""
    x, y = (part * (1 << tile.z) for part in on_mercator(lat, long))
    return math.floor((x - tile.x) * EXTENT), math.floor((y - tile.y) * EXTENT)
