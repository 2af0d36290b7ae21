"""Harbor Point for benchmarks: made once in a run for each database, and lent out as a copy that may be changed."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

from app.db import Database, open_database
from app.demo.seed import make_demo_city
from app.jurisdictions.queries import get_jurisdiction
from app.schema import migrate
from app.settings import load_settings
from tests.servers import postgres_cluster

SECRET = "a secret for benchmarks only"
numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class City:
    """The BLOCKWISE_* settings of a city of one's own, and the position of its centre (lat, long)."""

    environ: dict[str, str]
    place: tuple[float, float]


@contextlib.contextmanager
def demo_city(kind: str) -> Iterator[City]:
    """A copy of Harbor Point on "sqlite" or "postgis" (durable, fsync on), removed afterwards."""
    original = sqlite_original() if kind == "sqlite" else postgis_original()
    address = original.environ["BLOCKWISE_DATABASE_URL"]
    folder = Path(tempfile.mkdtemp(prefix="blockwise-bench-"))
    number = next(numbers)
    try:
        if kind == "sqlite":
            shutil.copyfile(
                original.environ["BLOCKWISE_DATABASE_URL"].removeprefix("sqlite:///"), folder / "city.sqlite"
            )
            url = f"sqlite:///{folder / 'city.sqlite'}"
        else:
            url = address.replace("/original", f"/copy_{number}")
            administer(url, f"CREATE DATABASE copy_{number} TEMPLATE original")
        yield City({**original.environ, "BLOCKWISE_DATABASE_URL": url, "BLOCKWISE_VAR": str(folder)}, original.place)
    finally:
        if kind != "sqlite":
            administer(
                original.environ["BLOCKWISE_DATABASE_URL"], f"DROP DATABASE IF EXISTS copy_{number} WITH (FORCE)"
            )
        shutil.rmtree(folder, ignore_errors=True)


@cache
def sqlite_original() -> City:
    folder = kept_folder()
    return build(f"sqlite:///{folder / 'original.sqlite'}", folder)


@cache
def postgis_original() -> City:
    cluster = contextlib.ExitStack()
    url = cluster.enter_context(postgres_cluster(durable=True))
    atexit.register(cluster.close)
    administer(f"{url}/original", "CREATE DATABASE original")
    return build(f"{url}/original", kept_folder())


def kept_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="blockwise-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def build(url: str, folder: Path) -> City:
    environ = {
        "BLOCKWISE_DATABASE_URL": url,
        "BLOCKWISE_MEDIA_URL": str(folder / "media"),
        "BLOCKWISE_VAR": str(folder),
        "BLOCKWISE_BASEMAP_PATH": str(folder / "basemap.pmtiles"),
        "BLOCKWISE_SECRET_KEY": SECRET,
        "BLOCKWISE_LOG_FORMAT": "json",
    }
    return City(environ, asyncio.run(fill(environ)))


async def fill(environ: dict[str, str]) -> tuple[float, float]:
    settings = load_settings({**os.environ, **environ})
    database: Database = open_database(settings)
    await migrate(database)
    await make_demo_city(settings, progress=lambda _words: None)
    async with database.writing() as session:
        city = await get_jurisdiction(session)
    await database.close()
    return city.lat, city.long


def administer(url: str, statement: str) -> None:
    """Runs a statement beside the database of this URL, in its cluster's `postgres`."""
    with psycopg.connect(f"{url.rpartition('/')[0]}/postgres", autocommit=True) as connection:
        connection.execute(statement)
