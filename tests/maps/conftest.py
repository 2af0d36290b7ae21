"""A crowded small city on each database, made once and only read: a test that writes makes its own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select

from app.db import Database
from app.main import create_app
from app.service_requests.counts import fold_all
from app.service_requests.models import ServiceRequest
from app.settings import load_settings
from tests.maps.crowd import One, bring, make_crowd
from tests.service_requests.city import make_city


@dataclass(frozen=True, slots=True)
class Crowded:
    """A browser without JavaScript in a city with 400 requests of every kind; most summed up, a hundred waiting."""

    client: AsyncTestClient[Litestar]
    database: Database
    crowd: list[One]


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def crowded_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Each of the two comes again with every file of tests: the database of the first time stands."""
    if request.param == "sqlite":
        path = tmp_path_factory.getbasetemp() / "crowded.sqlite"
        if not path.exists():
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    cluster = request.getfixturevalue("postgis_template")
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'crowded'").fetchone():
            connection.execute("CREATE DATABASE crowded TEMPLATE template")
    return f"{cluster}/crowded"


@pytest.fixture(scope="session")
async def crowded(crowded_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Crowded]:
    folder = tmp_path_factory.mktemp("crowded")
    settings = load_settings(
        {
            "BLOCKWISE_DATABASE_URL": crowded_url,
            "BLOCKWISE_MEDIA_URL": str(folder / "media"),
            "BLOCKWISE_SECRET_KEY": "a secret for tests only",
            "BLOCKWISE_VAR": str(folder),
            "BLOCKWISE_EMBEDDED_WORKER": "0",
        }
    )
    database = Database(settings.database_url)
    crowd = make_crowd(400)
    if await is_empty(database):
        await make_city(database)
        await bring(database, crowd[:300])
        await fold_all(database)
        await bring(database, crowd[300:], first=301)
    async with AsyncTestClient(create_app(settings)) as client:
        yield Crowded(client, database, crowd)
    await database.close()


async def is_empty(database: Database) -> bool:
    async with database.reading() as session:
        return not (await session.execute(select(func.count(ServiceRequest.id)))).scalar_one()
