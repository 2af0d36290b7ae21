"""The triggers that the database has are those that the program means, and a missing one is found."""

from __future__ import annotations

import asyncio
import hashlib
import os

import pytest
from sqlalchemy import delete, text

from app.db import Database
from app.service_requests.count_rebuild import alone
from app.service_requests.count_triggers import statements
from app.service_requests.counts import differences
from app.service_requests.models import RequestArea
from app.settings import Settings
from tests.service_requests.city import report
from tests.test_cli import blockwise

# Of `statements`, as the last migration that runs them made them.
MADE = {"sqlite": "6c7c0188bc93d759", "postgresql": "a82cf5c6d54371bf"}
INSTALLED = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'count_%' ORDER BY name",
    "postgresql": "SELECT pg_get_triggerdef(t.oid) || pg_get_functiondef(t.tgfoid) FROM pg_trigger t"
    " WHERE tgname LIKE 'count_%' ORDER BY tgname",
}


def test_a_change_of_what_is_counted_has_a_migration() -> None:
    now = {name: hashlib.sha256("\n".join(statements(name)).encode()).hexdigest()[:16] for name in MADE}
    assert now == MADE, (
        "what is counted or which statuses are open has changed: write a migration that runs"
        " count_triggers.statements(dialect) and recounts, then put the new digests here"
    )


async def test_the_migrations_have_made_the_triggers_of_today(city: Database) -> None:
    async with city.writing() as session:
        connection = await session.connection()
        dialect = connection.dialect.name
        before = (await session.execute(text(INSTALLED[dialect]))).scalars().all()
        for statement in statements(dialect):
            await connection.exec_driver_sql(statement)
        assert len(before) == 7
        assert (await session.execute(text(INSTALLED[dialect]))).scalars().all() == before


async def test_a_missing_trigger_is_found_and_a_recount_mends_it(city: Database, settings: Settings) -> None:
    request = await report(city)
    async with city.writing() as session:
        of = "" if city.is_sqlite else " ON request_areas"
        await session.execute(text(f"DROP TRIGGER count_area_removed{of}"))
        await session.execute(delete(RequestArea).where(RequestArea.request_id == request.id))
    environ = {**os.environ, "BLOCKWISE_DATABASE_URL": settings.database_url}
    found = await asyncio.to_thread(blockwise, environ, "check", "rollups")
    assert found.returncode == 1 and "area_counts (area_id 1, service_id 0, period 0): open -1" in found.stderr
    mended = await asyncio.to_thread(blockwise, environ, "setup", "--recount")
    assert mended.returncode == 0, mended.stderr
    async with city.reading() as session:
        assert await differences(session) == []


async def test_a_recount_sees_one_moment_of_the_database(city: Database) -> None:
    if city.is_sqlite:
        pytest.skip("a transaction of SQLite sees one moment always")
    async with alone(city) as session:
        assert (await session.execute(text("SHOW transaction_isolation"))).scalar() == "repeatable read"
