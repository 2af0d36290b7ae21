"""Many rows into a table, the quickest way that each database has: COPY, or one prepared statement."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Text, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.service_requests.many_rows import insert_rows
from app.service_requests.models import ServiceRequest

# SQLite before 3.32 takes no more than 999 parameters in a statement.
ASKED_AT_ONCE = 900

# In the order of the columns; bytes are PostgreSQL's, made by `copy_text`.
Rows = Iterable[tuple[Any, ...]] | bytes
NOTHING = "\\N"
special = re.compile(r"[\\\t\n\r]").search
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

T = TypeVar("T")


def portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many of them as one statement may name, one portion after the other."""
    return (items[start : start + ASKED_AT_ONCE] for start in range(0, len(items), ASKED_AT_ONCE))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an instant is handed over, and rows. A point goes to both as `ewkb`."""

    moment: Callable[[datetime], Any]
    rows: Callable[[Iterable[tuple[Any, ...]]], Rows]

    def moment_or_none(self, instant: datetime | None) -> Any:
        return None if instant is None else self.moment(instant)


def utc_text(instant: datetime) -> str:
    """As the models write it on SQLite: UTC without saying so, with six digits of a second."""
    return instant.astimezone(UTC).isoformat(" ", "microseconds")[:-6]


def ewkb(long: float, lat: float) -> str:
    """A point in PostGIS's own form: little-endian, a point (1) with a reference system (0x20000000), WGS84."""
    return struct.pack("<BIIdd", 1, 0x20000001, 4326, long, lat).hex()


def as_they_are(rows: Iterable[tuple[Any, ...]]) -> Rows:
    return rows


def copy_text(rows: Iterable[tuple[Any, ...]]) -> bytes:
    """Rows of texts, numbers and None as COPY takes them
    (https://www.postgresql.org/docs/current/sql-copy.html, "Text Format"). Needs no database: it may run in a thread.
    """
    lines = [
        "\t".join([in_copy(value) if type(value) is str else NOTHING if value is None else str(value) for value in row])
        for row in rows
    ]
    return "".join([f"{line}\n" for line in lines]).encode()


def in_copy(words: str) -> str:
    return words.translate(ESCAPED) if special(words) else words


SQLITE = Dialect(utc_text, as_they_are)
POSTGRESQL = Dialect(datetime.isoformat, copy_text)


def dialect_of(connection: AsyncConnection) -> Dialect:
    return POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE


def is_among(column: InstrumentedAttribute[Any], words: Sequence[str], dialect: str) -> ColumnElement[bool]:
    """Whether a column of text has one of the words, however many: they are one value of the statement."""
    if dialect == "postgresql":
        return column == any_(literal(list(words), ARRAY(Text)))
    return column.in_(select(func.json_each(json.dumps(words)).table_valued("value").c.value))


async def lock_rows(session: AsyncSession, request_ids: Iterable[int]) -> None:
    """Keeps requests from other writers until the transaction ends, in the order in which all lock them."""
    wanted = select(ServiceRequest.id).order_by(ServiceRequest.id).with_for_update()
    for some in portions(sorted(request_ids)):
        await session.execute(wanted.where(ServiceRequest.id.in_(some)))


async def write(connection: AsyncConnection, table: str, columns: str, rows: Rows) -> None:
    """Rows of values in the order of the columns, made with the connection's `dialect_of`; `location` by `ewkb`."""
    if connection.dialect.name == "postgresql":
        raw = await connection.get_raw_connection()
        await copy_rows(raw.driver_connection, f"COPY {table} ({columns}) FROM STDIN", rows)
        return
    assert not isinstance(rows, bytes)
    row = ["GeomFromEWKB(?)" if name == "location" else "?" for name in columns.split(", ")]
    await insert_rows(connection, f"INSERT INTO {table} ({columns})", row, rows)


async def copy_rows(driver: Any, statement: str, rows: Rows) -> None:
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        if isinstance(rows, bytes):
            await copy.write(rows)
            return
        for row in rows:
            await copy.write_row(row)
