"""The rollups made again from the requests themselves, and held against them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.jobs import Job
from app.service_requests.count_sql import FIRST_SUMS, SOURCE_SUMS, SUMS, Sums, counted, every_request
from app.service_requests.count_triggers import RECOUNT

# "counts", as a number: one at a time folds or recounts.
ADVISORY_LOCK = 0x636F756E7473
ROOM = "SET LOCAL work_mem = '256MB'; SET LOCAL max_parallel_workers_per_gather = 2;"
# The sums of cells come in the order of their key and fill its index from end to end; hashed, they would meet it all
# over. The others are few.
SORTED, HASHED = "SET LOCAL enable_hashagg = off;", "SET LOCAL enable_hashagg = on"


def rebuild_statements(dialect: str, tables: Sequence[Sums] = FIRST_SUMS) -> list[str]:
    """Empties the rollups and what waits for them, and counts all requests. To be run on one snapshot.

    `tables` are those of the first migrations, which ask for no others.
    """
    emptied = [f"DELETE FROM {name}" for name in ("count_changes", *(sums.table for sums in tables))]
    once = f"CREATE TEMPORARY TABLE every_change AS SELECT * FROM {every_request(dialect)} counted"
    filled = [filling(sums, "every_change", dialect) for sums in tables]
    if dialect == "postgresql":
        once = f"{ROOM} {once}"
    return [*emptied, once, *filled, "DROP TABLE every_change"]


def filling(sums: Sums, changes: str, dialect: str) -> str:
    """The statement that fills an empty table of sums from a relation of changes."""
    if sums == SOURCE_SUMS:
        return f"{sums.insert(changes)} ORDER BY {', '.join(sums.key)}"
    if dialect == "postgresql" and "cell" in sums.key:
        return f"{SORTED} {sums.insert(changes)}; {HASHED}"
    return sums.insert(changes)


def source_statements(dialect: str) -> list[str]:
    """Fills `source_counts`, where nothing waits; for the migration that makes it."""
    facts = f"(SELECT 1 AS sign, 0 AS area_id, {counted(dialect, 'r')} FROM service_requests r)"
    return [*([ROOM] if dialect == "postgresql" else []), filling(SOURCE_SUMS, facts, dialect)]


async def recount(database: Database) -> None:
    """Makes all rollups again from the rows, in one transaction, beside whoever writes and reads."""
    async with alone(database) as session:
        # What was asked for before this moment is answered by it.
        await session.execute(delete(Job).where(Job.name == RECOUNT))
        connection = await session.connection()
        for statement in rebuild_statements(connection.dialect.name, SUMS):
            await connection.exec_driver_sql(statement)


@contextlib.asynccontextmanager
async def alone(database: Database) -> AsyncIterator[AsyncSession]:
    """A transaction that sees one moment of the database, while nobody folds."""
    if database.is_sqlite:
        async with database.writing() as session:
            yield session
        return
    async with database.writing() as keeper:
        # Held by another connection: the snapshot must not be older than the lock.
        await keeper.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        async with database.writing() as session:
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            yield session


async def differences(session: AsyncSession, *, most: int = 20) -> list[str]:
    """Where the rollups, with what waits for them, differ from the rows; empty where they are exact.

    Each line says table, key and by how much the rollups are too low (negative: too high). Reads every request.
    """
    connection = await session.connection()
    found: list[str] = []
    for sums in SUMS:
        rows = (await connection.exec_driver_sql(difference_statement(sums, connection.dialect.name, most))).mappings()
        found += [described(sums, dict(row)) for row in rows]
    return found


def difference_statement(sums: Sums, dialect: str, most: int) -> str:
    key, figures = ", ".join(sums.key), ", ".join(sums.figures)
    negative = ", ".join(f"-{one}" for one in sums.figures)
    added = ", ".join(f"SUM({one}) AS {one}" for one in sums.figures)
    unlike = " OR ".join(f"SUM({one}) <> 0" for one in sums.figures)
    return (
        f"SELECT {key}, {added} FROM (SELECT {key}, {figures} FROM ({sums.of(every_request(dialect))}) rows_now"
        f" UNION ALL SELECT {key}, {negative} FROM {sums.table}"
        f" UNION ALL SELECT {key}, {negative} FROM ({sums.of('count_changes')}) waiting) compared"
        f" GROUP BY {key} HAVING {unlike} ORDER BY {key} LIMIT {most}"
    )


def described(sums: Sums, row: dict[str, int]) -> str:
    where = ", ".join(f"{name} {row[name]}" for name in sums.key)
    unlike = ", ".join(f"{name} {int(row[name]):+d}" for name in sums.figures if row[name])
    return f"{sums.table} ({where}): {unlike}"
