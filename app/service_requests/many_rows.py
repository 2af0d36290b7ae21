"""Many rows into a table of SQLite by few statements.

While a statement runs Python may do something else; with one for each row it would hardly come to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import driver

# Parameters that one statement may have.
PARAMETERS = 30_000 if driver.sqlite_version_info >= (3, 32) else 999


async def insert_rows(
    connection: AsyncConnection, into: str, row: Sequence[str], values: Sequence[Any], then: str = ""
) -> None:
    """`into` is the statement up to VALUES, `row` an expression with one "?" for each column, `then` what follows.

    `values` are those of all rows, one row after the other.
    """
    one, wide = f"({', '.join(row)})", len(row)
    at_once = PARAMETERS // wide * wide
    for start in range(0, len(values), at_once):
        some = tuple(values[start : start + at_once])
        rows = ", ".join([one] * (len(some) // wide))
        await connection.exec_driver_sql(f"{into} VALUES {rows} {then}", some)
