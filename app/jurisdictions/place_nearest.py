"""Reverse: the address or intersection that a point is at or near."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.geodesy import box_around, distance_m
from app.jurisdictions.place_search import FoundPlace

# Farther than this, a place is said to be near, not here.
NEAR_M = 30
# Boxes of growing size: the first one answers almost always, and holds a few dozen places at most.
FIRST_RADIUS_M = 40
GROWTH = 2.5

COLUMNS = "p.id, p.kind, p.label, p.zipcode, ST_Y(p.location) AS lat, ST_X(p.location) AS long"
IN_BOX = {
    # R*Tree keeps 32-bit floats rounded outwards: a box may give a place too many, never one too few.
    "sqlite": text(f"""SELECT {COLUMNS} FROM places p WHERE p.kind <> 'poi' AND p.id IN (
        SELECT pkid FROM idx_places_location
        WHERE xmin <= :east AND xmax >= :west AND ymin <= :north AND ymax >= :south)"""),
    "postgresql": text(f"""SELECT {COLUMNS} FROM places p WHERE p.kind <> 'poi'
        AND p.location && ST_MakeEnvelope(:west, :south, :east, :north, 4326)"""),
}


async def nearest_place(session: AsyncSession, lat: float, long: float, *, radius_m: float = 250) -> FoundPlace | None:
    """The nearest address or intersection within `radius_m` metres of a WGS84 point, with its distance; or None.

    None too for a point that is not on the Earth. Points of interest are left out: their point is often the
    middle of a large ground, and an address is what crews look for.
    """
    if not (-90 <= lat <= 90 and -180 <= long <= 180):
        return None
    radius = min(FIRST_RADIUS_M, radius_m)
    while True:
        nearest = await nearest_in_box(session, lat, long, radius)
        if nearest or radius >= radius_m:
            return nearest
        radius = min(radius * GROWTH, radius_m)


async def nearest_in_box(session: AsyncSession, lat: float, long: float, radius_m: float) -> FoundPlace | None:
    """The nearest within `radius_m`; corners of the box that reach farther do not count."""
    rows = await places_within(session, lat, long, radius_m)
    measured = [(distance_m(lat, long, row.lat, row.long), row.kind != "address", row) for row in rows]
    distance, _, row = min(measured, default=(radius_m + 1, False, None), key=lambda item: item[:2])
    return found(row, distance) if row is not None and distance <= radius_m else None


async def places_within(session: AsyncSession, lat: float, long: float, radius_m: float) -> Sequence[Row[Any]]:
    """The addresses and intersections within `radius_m` metres north, south, east or west: COLUMNS of each."""
    statement = IN_BOX[session.get_bind().dialect.name]
    return (await session.execute(statement, sides_around(lat, long, radius_m))).all()


def sides_around(lat: float, long: float, radius_m: float) -> dict[str, float]:
    return dict(zip(("west", "south", "east", "north"), box_around(lat, long, radius_m), strict=True))


def found(row: Any, distance: float) -> FoundPlace:
    return FoundPlace(row.label, row.kind, row.lat, row.long, row.zipcode, row.id, round(distance, 1), row.zipcode)
