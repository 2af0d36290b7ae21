"""One set of models and one set of migrations make the same tables on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, text

from app.db import Base, Database
from app.jobs import Heartbeat, worker_alive
from app.schema import is_current, migrate


def differences(connection: Connection) -> list[object]:
    def is_of_this_database(obj: Any, *rest: Any) -> bool:
        # Alembic does not ask what `ddl_if` says.
        only = getattr(obj, "_ddl_if", None)
        is_here = only is None or only.dialect == connection.dialect.name
        return is_here and alembic_helpers.include_object(obj, *rest)

    options = {"include_object": is_of_this_database}
    context = MigrationContext.configure(connection, opts=options)
    return [change for change in compare_metadata(context, Base.metadata) if "remove_table" not in change]


async def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    async with database.reading() as session:
        connection = await session.connection()
        assert await connection.run_sync(differences) == []


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    assert await is_current(database)
    await migrate(database)
    assert await is_current(database)


async def test_a_write_in_a_reading_session_is_not_kept(database: Database) -> None:
    async with database.reading() as session:
        session.add(Heartbeat(worker="w", seen_datetime=datetime.now(UTC)))
        await session.flush()
    async with database.reading() as session:
        assert not await worker_alive(session)


async def test_sqlite_keeps_what_was_acknowledged(database: Database) -> None:
    if not database.is_sqlite:
        async with database.reading() as session:
            assert (await session.execute(text("SELECT PostGIS_Lib_Version()"))).scalar()
        return
    async with database.reading() as session:
        pragmas = {
            name: (await session.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 120_000}
