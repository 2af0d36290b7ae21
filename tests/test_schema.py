"""One set of models and one set of migrations make the same tables on both databases."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, insert, select, text, update

from app.db import Base, Database
from app.jobs import Heartbeat, Worker, worker_alive
from app.main import job_handlers
from app.schema import alembic_config, is_current, migrate
from app.service_requests.counts import differences as count_differences
from app.service_requests.counts import fold_all
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.workflow import OPEN
from tests.maps.crowd import bring, make_crowd, row
from tests.service_requests.city import make_city

# The third area of the city, which is an outside agency's land.
AGENCY = 3


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


async def test_what_waited_for_the_fold_is_counted_once_by_the_seventh_migration(database: Database) -> None:
    await make_city(database)
    crowd = make_crowd(30)
    for some in (crowd[:10], crowd[10:]):
        await fold_all(database)
        await bring(database, some, first=crowd.index(some[0]) + 1)
    async with database.writing() as session:
        await session.execute(update(ServiceRequest).where(ServiceRequest.id <= 5).values(status="fixed"))
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(alembic_config(sync), "0006"))
    await migrate(database)
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM count_changes"))).scalar() == 0
        assert (await session.execute(text("SELECT count(*) FROM source_counts"))).scalar()
        assert await count_differences(session) == []


async def test_requests_that_came_before_their_areas_get_them_with_the_sixth_migration(database: Database) -> None:
    await make_city(database)
    crowd = make_crowd(20)
    async with database.writing() as session:
        await session.execute(insert(ServiceRequest), [row(at, one) for at, one in enumerate(crowd, 1)])
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(alembic_config(sync), "0005"))
    await migrate(database)
    assert await Worker(database, job_handlers).run_one()
    async with database.reading() as session:
        pairs = select(RequestArea.request_id, RequestArea.area_id).where(RequestArea.area_id != AGENCY)
        found = {tuple(pair) for pair in await session.execute(pairs)}
    assert found == {(at, one.area_id) for at, one in enumerate(crowd, 1) if one.area_id}
    assert not await Worker(database, job_handlers).run_one()


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


async def test_the_index_of_what_is_open_knows_all_that_is_open(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SpatiaLite's index of places cannot be of some of them only")
    async with database.reading() as session:
        made = (
            await session.execute(text("SELECT pg_get_indexdef('ix_service_requests_open'::regclass)"))
        ).scalar_one()
    assert set(re.findall(r"'(\w+)'::", made)) == set(OPEN)
