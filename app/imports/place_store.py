"""Writes places by the thousand: what is the same is not touched, what came before is updated by its source_id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.imports.bulk import portions
from app.imports.place_rows import PlaceRow
from app.jurisdictions.models import Place

# Degrees, about a centimetre.
SAME_PLACE = 1e-7
COLUMNS = "source_id, kind, label, house_number, street, cross_street, zipcode"
UPDATE = ", ".join(f"{name} = excluded.{name}" for name in (*COLUMNS.split(", ")[1:], "location"))
INSERT_SQLITE = (
    f"INSERT INTO places ({COLUMNS}, location) VALUES (?, ?, ?, ?, ?, ?, ?, MakePoint(?, ?, 4326)) "
    f"ON CONFLICT (source_id) DO UPDATE SET {UPDATE}"
)
STAGE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS incoming_places (source_id text, kind text, label text, house_number text, "
    "street text, cross_street text, zipcode text, long double precision, lat double precision) ON COMMIT DROP"
)
INSERT_POSTGRESQL = (
    f"INSERT INTO places ({COLUMNS}, location) "
    f"SELECT {COLUMNS}, ST_SetSRID(ST_MakePoint(long, lat), 4326) FROM incoming_places "
    f"ON CONFLICT (source_id) DO UPDATE SET {UPDATE}"
)


async def count_places(session: AsyncSession) -> int:
    return (await session.execute(select(func.count()).select_from(Place))).scalar_one()


async def new_and_changed(session: AsyncSession, rows: Sequence[PlaceRow]) -> tuple[list[PlaceRow], list[PlaceRow]]:
    """Those of the rows that the database does not have, and those that it has otherwise."""
    kept: dict[str, PlaceRow] = {}
    for some in portions(rows):
        wanted = [row.source_id for row in some]
        found = await session.execute(
            select(
                Place.source_id, Place.kind, Place.label, Place.house_number, Place.street, Place.cross_street,
                Place.zipcode, func.ST_Y(Place.location), func.ST_X(Place.location),
            ).where(Place.source_id.in_(wanted))
        )  # fmt: skip
        kept.update((row[0], PlaceRow(*row)) for row in found)
    new = [row for row in rows if row.source_id not in kept]
    changed = [row for row in rows if row.source_id in kept and not same(row, kept[row.source_id])]
    return new, changed


def same(one: PlaceRow, other: PlaceRow) -> bool:
    near = abs(one.lat - other.lat) < SAME_PLACE and abs(one.long - other.long) < SAME_PLACE
    return near and one[:-2] == other[:-2]


async def write_places(session: AsyncSession, rows: Sequence[PlaceRow]) -> None:
    """Inserts the rows, or updates those with the same source_id; the last of several with the same one wins."""
    values = [(*row[:-2], row.long, row.lat) for row in {row.source_id: row for row in rows}.values()]
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql(INSERT_SQLITE, values)
        return
    await connection.exec_driver_sql(STAGE)
    await connection.exec_driver_sql("TRUNCATE incoming_places")
    await copy_rows(connection, values)
    await connection.exec_driver_sql(INSERT_POSTGRESQL)


async def copy_rows(connection: Any, values: Sequence[tuple[Any, ...]]) -> None:
    raw = await connection.get_raw_connection()
    async with raw.driver_connection.cursor() as cursor, cursor.copy("COPY incoming_places FROM STDIN") as copy:
        for value in values:
            await copy.write_row(value)
