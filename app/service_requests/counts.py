"""Exact figures that cost nothing to read: triggers note each change, the worker sums them up. See docs/decisions/0008.

Readers take the sums together with what waits (`count_figures.py`), so that they are exact at every moment.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.service_requests.count_models import (
    ALL,
    LAST_MONTH_LEVEL,
    LEVELS,
    STANDINGS,
    AreaClosingDays,
    AreaCount,
    CellCount,
    CountChange,
    SourceCount,
)
from app.service_requests.count_rebuild import ADVISORY_LOCK, differences, recount
from app.service_requests.count_sql import SUMS, Sums

__all__ = [
    "ALL",
    "FOLD_EVERY",
    "LAST_MONTH_LEVEL",
    "LEVELS",
    "STANDINGS",
    "AreaClosingDays",
    "AreaCount",
    "CellCount",
    "CountChange",
    "SourceCount",
    "differences",
    "fold",
    "fold_all",
    "recount",
    "recount_job",
]

FOLD_EVERY = timedelta(seconds=2)
MOST = 20_000


async def fold_all(database: Database) -> None:
    """Folds until less than a whole batch waits. For the worker, every FOLD_EVERY; costs one read when none waits."""
    folded = MOST
    while folded == MOST:
        async with database.reading() as session:
            if not (await session.execute(text("SELECT 1 FROM count_changes LIMIT 1"))).first():
                return
        async with database.writing() as session:
            folded = await fold(session)


async def fold(session: AsyncSession, most: int = MOST) -> int:
    """Adds up to `most` changes to the sums and deletes exactly these, in the caller's transaction.

    Returns how many; 0 also where somebody else is folding.
    """
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        return await connection.run_sync(fold_in_sqlite, most)
    alone = text(f"SELECT pg_try_advisory_xact_lock({ADVISORY_LOCK})")
    if not (await session.execute(alone)).scalar():
        return 0
    return await connection.run_sync(fold_in_postgresql, most)


def fold_in_sqlite(connection: Connection, most: int) -> int:
    """Statement after statement: the caller's is the only transaction that writes."""
    oldest = f"SELECT id, sign FROM count_changes ORDER BY id LIMIT {most}"
    last, lowest = connection.exec_driver_sql(f"SELECT max(id), min(sign) FROM ({oldest})").one()
    if last is None:
        return 0
    taken = f"(SELECT * FROM count_changes WHERE id <= {int(last)})"
    for sums in SUMS:
        connection.exec_driver_sql(sums.add(taken))
        if lowest < 0:
            connection.exec_driver_sql(sums.remove_empty(taken))
    return connection.exec_driver_sql(f"DELETE FROM count_changes WHERE id <= {int(last)}").rowcount


def fold_in_postgresql(connection: Connection, most: int) -> int:
    """One statement: what it deletes is what it adds, whatever is committed meanwhile with a lower id."""
    # Made an array of, once: an empty table's statistics would have it looked through again for each of its rows.
    oldest = f"ARRAY(SELECT id FROM count_changes ORDER BY id LIMIT {most})"
    parts = [f"taken AS (DELETE FROM count_changes WHERE id = ANY({oldest}) RETURNING *)"]
    wanted = ["(SELECT count(*) FROM taken)"]
    for sums in SUMS:
        columns = ", ".join(f"{sums.table}.{one}" for one in sums.columns)
        parts.append(f"{sums.table}_now AS ({sums.add('taken')} RETURNING {columns})")
        empty = " AND ".join(f"now.{one} = 0" for one in sums.figures)
        wanted.append(f"(SELECT json_agg(now) FROM {sums.table}_now now WHERE {empty})")
    found = connection.exec_driver_sql(f"WITH {', '.join(parts)} SELECT {', '.join(wanted)}")
    folded, *emptied = found.one()
    for sums, rows in zip(SUMS, emptied, strict=True):
        remove(connection, sums, rows or [])
    return int(folded)


def remove(connection: Connection, sums: Sums, rows: list[dict[str, Any]]) -> None:
    """Deletes these rows, which have come to nothing."""
    if rows:
        key = " AND ".join(f"{name} = :{name}" for name in sums.key)
        keys = [{name: row[name] for name in sums.key} for row in rows]
        connection.execute(text(f"DELETE FROM {sums.table} WHERE {key}"), keys)


async def recount_job(database: Database, _arguments: dict[str, Any]) -> None:
    """All is counted again: a service is private or public now, or in another group, or the city's clock is another."""
    await recount(database)
