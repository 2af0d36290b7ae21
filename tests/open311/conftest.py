from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.db import Database
from app.open311.actions import create_api_client
from tests.open311.city import make_city


@pytest.fixture
async def city(database: Database) -> Database:
    """The database, with the small city in it."""
    await make_city(database)
    return database


@pytest.fixture
async def key(city: Database) -> str:
    async with city.writing() as session:
        return await create_api_client(session, "A program", requests_per_minute=6000)


@pytest.fixture
async def api(city: Database, app: Litestar) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(app) as client:
        yield client
