"""Many rows into a table of SQLite by few statements.

While a statement runs Python may do something else; with one for each row it would hardly come to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import driver

# Parameters that one statement may have.
PARAMETERS = 10_000 if driver.sqlite_version_info >= (3, 32) else 999


async def insert_rows(
    connection: AsyncConnection, into: str, row: Sequence[str], rows: Iterable[Sequence[Any]], then: str = ""
) -> None:
    """`into` is the statement up to VALUES, `row` an expression with one "?" for each column, `then` what follows."""
    one, at_once, coming = f"({', '.join(row)})", PARAMETERS // len(row), iter(rows)
    while len(some := list(islice(coming, at_once))) == at_once:
        many = f"{into} VALUES {', '.join([one] * at_once)} {then}"
        await connection.exec_driver_sql(many, tuple(chain.from_iterable(some)))
    # The driver keeps each statement that it has seen, with its values: there must not be one for each number of rows.
    if some:
        await connection.exec_driver_sql(f"{into} VALUES {one} {then}", [tuple(values) for values in some])
