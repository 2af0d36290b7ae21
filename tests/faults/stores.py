"""The city's database of either kind: read beside the server, and taken away from it for a while."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.e2e.test_faults import control
from tests.servers import postgres_cluster


class Store(Protocol):
    url: str

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a SELECT gives now."""

    async def go_away(self, seconds: float) -> None:
        """Is not to be had for so long."""


class SqliteFile:
    """A file, which another process locks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as connection:
            return connection.execute(statement).fetchall()

    async def go_away(self, seconds: float) -> None:
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None, timeout=30)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            await asyncio.sleep(seconds)
            holder.execute("ROLLBACK")


class PostgresDatabase:
    """A database of a private cluster, which is stopped in the middle (immediate) and started again."""

    def __init__(self, cluster: str, name: str) -> None:
        self.url = f"{cluster}/{name}"
        with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
            (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        self.data = Path(data)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement).fetchall()  # type: ignore[arg-type]

    async def go_away(self, seconds: float) -> None:
        options = await asyncio.to_thread(control, self.data, "stop")
        await asyncio.sleep(seconds)
        await asyncio.to_thread(control, self.data, "start", options)


@contextlib.contextmanager
def store_of(kind: str, folder: Path) -> Iterator[Store]:
    """An empty database, "sqlite" or "postgis"; it is gone afterwards."""
    if kind == "sqlite":
        yield SqliteFile(folder / "city.sqlite")
        return
    with postgres_cluster() as cluster:
        yield PostgresDatabase(cluster, f"faults_{uuid.uuid4().hex[:8]}")
