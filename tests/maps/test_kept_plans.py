"""PostgreSQL plans a counted tile once, not for each of its parts of the map; what reads rows is planned anew."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, keep_plans
from app.maps.filters import read_filter
from app.maps.grid import TileAt
from app.maps.request_tiles import fitting_tile
from app.service_requests.cells import tile_of
from tests.maps.conftest import Crowded
from tests.service_requests.city import LAT, LONG

MODE = text("SHOW plan_cache_mode")
TILES = text(
    "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT ST_AsMVT%' ORDER BY 1"
)


@pytest.fixture
async def one_connection(crowded: Crowded) -> AsyncIterator[Database]:
    if crowded.database.is_sqlite:
        pytest.skip("SQLite plans when it prepares")
    database = Database(crowded.database.url.render_as_string(hide_password=False), pool_size=1)
    yield database
    await database.close()


async def ask(session: AsyncSession, z: int, **query: str) -> bytes:
    x, y = tile_of(z, LAT, LONG)
    return await fitting_tile(
        session,
        await read_filter(session, {name: [value] for name, value in query.items()}),
        TileAt(z, x, y),
        by_group=False,
    )


async def test_a_counted_tile_is_planned_once(one_connection: Database) -> None:
    async with one_connection.reading() as session:
        await keep_plans(session)
        first = await ask(session, 12)
        assert await ask(session, 12) == first != b""
        assert [tuple(row) for row in await session.execute(TILES)] == [(2, 0)]


async def test_a_tile_that_reads_rows_is_planned_for_its_own_days(one_connection: Database) -> None:
    async with one_connection.reading() as session:
        await keep_plans(session)
        await ask(session, 12, closed_from="2026-01-01", closed_to="2026-01-31")
        assert [tuple(row) for row in await session.execute(TILES)] == [(0, 1)]


async def test_whoever_has_the_connection_next_has_it_as_it_was(one_connection: Database) -> None:
    async with one_connection.reading() as session:
        await keep_plans(session)
        assert (await session.execute(MODE)).scalar() == "force_generic_plan"
        await session.execute(text("DELETE FROM cell_counts"))
    async with one_connection.reading() as session:
        assert (await session.execute(MODE)).scalar() == "force_custom_plan"
        assert (await session.execute(text("SELECT count(*) FROM cell_counts"))).scalar()
        raw = (await (await session.connection()).get_raw_connection()).driver_connection
        assert raw is not None
        assert (raw.autocommit, raw.prepare_threshold) == (False, 5)
