"""The database: one declarative Base, one session per request, and what the two dialects do differently."""

from __future__ import annotations

import asyncio
import sqlite3
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

try:
    import pysqlite3
except ImportError:
    pysqlite3 = None
if pysqlite3 is not None and not hasattr(sqlite3.Connection, "enable_load_extension"):
    # Many Pythons are built without extension loading; aiosqlite imports `sqlite3` by name.
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = sys.modules["pysqlite3.dbapi2"]
driver = sys.modules["sqlite3"]

from geoalchemy2 import Geometry, WKBElement, WKTElement
from litestar import Request
from litestar.datastructures import State
from sqlalchemy import JSON, DateTime, Dialect, MetaData, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from app.settings import Settings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SPATIALITE_NAMES = ("mod_spatialite", "mod_spatialite.so", "mod_spatialite.dylib")
# Longer than a million places take to come in beside a running server (about half a minute).
BUSY_TIMEOUT_MS = 120_000
# A database that is gone is told at once, not when the network gives up after two minutes.
CONNECT_SECONDS = 5
# The driver's own figure.
PREPARED_AFTER = 5
# Of each connection: a statement about the map is half a megabyte in the server's memory.
MOST_PREPARED = 32


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Takes and gives aware datetimes in UTC on both databases; refuses a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: Json, list[Any]: Json}


def PointColumn() -> Geometry:
    return Geometry("POINT", srid=4326)


def point(lat: float, long: float) -> WKTElement:
    """A WGS84 point for a geometry column, from decimal degrees."""
    return WKTElement(f"POINT({long!r} {lat!r})", srid=4326)


def lat_long(location: WKBElement | WKTElement) -> tuple[float, float]:
    """(lat, long) in decimal degrees of a stored point, or of one just made by `point`."""
    if isinstance(location, WKTElement):
        long, lat = location.data.partition("POINT(")[2].rstrip(")").split()
        return float(lat), float(long)
    raw = bytes.fromhex(location.data) if isinstance(location.data, str) else bytes(location.data)
    order = "<" if raw[0] == 1 else ">"
    long, lat = struct.unpack_from(f"{order}dd", raw, len(raw) - 16)
    return lat, long


class Database:
    """An engine with its sessions. On SQLite writers queue here, so that none ever meets a busy file."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = sqlite_engine(url, pool_size) if self.is_sqlite else postgresql_engine(url, pool_size)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for reads: whatever it changes by mistake is rolled back."""
        async with self._sessions() as session:
            # Closing rolls back; a rollback of our own would empty the objects that the caller took along.
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction, committed on leaving and rolled back when anything is raised."""
        if not self.is_sqlite:
            async with self._sessions() as session, session.begin():
                # For each row that is written some keys are checked, always by the same plan.
                await session.execute(text("SET LOCAL plan_cache_mode = auto"))
                yield session
            return
        async with self._writing, self._sessions() as session, session.begin():
            # SQLite refuses a transaction that reads first and writes later when another one wrote between.
            await session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
            yield session

    async def close(self) -> None:
        await self.engine.dispose()


async def provide_session(request: Request[Any, Any, State]) -> AsyncIterator[AsyncSession]:
    """One request is one transaction, committed before the answer leaves."""
    database: Database = request.app.state.database
    safe = request.method in ("GET", "HEAD", "OPTIONS")
    if not safe:
        # Who sends slowly must not keep every other writer waiting.
        await request.form()
    async with database.reading() if safe else database.writing() as session:
        yield session


async def keep_plans(session: AsyncSession) -> None:
    """Before a session's first statement: PostgreSQL plans each of its statements once, whatever the values.

    For statements whose best plan is always the same one, and that run for a shorter time than a plan takes to make.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    connection = await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    # Together: by itself the driver would begin in a round trip of its own. What closes the session rolls back.
    await connection.exec_driver_sql("BEGIN; SET LOCAL plan_cache_mode = force_generic_plan")
    driver_connection: Any = (await connection.get_raw_connection()).driver_connection
    driver_connection.prepare_threshold = 0


async def plan_anew(session: AsyncSession) -> None:
    """After `keep_plans`: what follows is planned for its own values again."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def open_database(settings: Settings, *, pool_size: int = 8) -> Database:
    return Database(settings.database_url, pool_size=pool_size)


def postgresql_engine(url: str, pool_size: int) -> AsyncEngine:
    options = {"connect_args": {"connect_timeout": CONNECT_SECONDS}, "pool_pre_ping": True, "hide_parameters": True}
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=pool_size, **options)
    event.listen(engine.sync_engine, "connect", prepare_postgresql_connection)
    event.listen(engine.sync_engine, "checkin", forget_statements)
    return engine


def prepare_postgresql_connection(dbapi_connection: Any, _record: Any) -> None:
    # Compiling a statement and starting a worker take longer than any of ours takes to run, and a plan for any part of
    # the map serves none.
    # Not start-up options: poolers refuse those.
    cursor = dbapi_connection.cursor()
    cursor.execute("SET jit = off")
    cursor.execute("SET max_parallel_workers_per_gather = 0")
    cursor.execute("SET plan_cache_mode = force_custom_plan")
    cursor.close()
    dbapi_connection.commit()
    dbapi_connection.driver_connection.prepared_max = MOST_PREPARED


def forget_statements(dbapi_connection: Any, _record: Any) -> None:
    """After `keep_plans`: a statement is prepared when it comes again and again, not the first time."""
    if dbapi_connection is not None:
        dbapi_connection.driver_connection.prepare_threshold = PREPARED_AFTER


def sqlite_engine(url: str, pool_size: int) -> AsyncEngine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # What is written may be somebody's contact data: no error and no log may say it.
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=pool_size, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", prepare_sqlite_connection)
    event.listen(engine.sync_engine, "begin", begin_sqlite_transaction)
    return engine


def prepare_sqlite_connection(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.run_async(load_spatialite)
    # Transactions are begun by `begin_sqlite_transaction`; the driver's own guesswork is turned off.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "cache_size=-16000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def load_spatialite(connection: Any) -> None:
    """Loads SpatiaLite into a driver connection. Raises RuntimeError that names the package when it is absent."""
    await connection.enable_load_extension(True)
    reasons: list[str] = []
    for name in SPATIALITE_NAMES:
        try:
            await connection.load_extension(name)
            return
        except driver.OperationalError as error:
            reasons.append(str(error))
    raise RuntimeError(f"SpatiaLite is missing: install libsqlite3-mod-spatialite ({reasons[0]})")


def begin_sqlite_transaction(connection: Any) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


async def prepare_spatial(connection: Any) -> None:
    """Makes the spatial ground of an empty database: SpatiaLite's tables, or the PostGIS extension."""
    if connection.dialect.name == "sqlite":
        if not (await connection.execute(text("SELECT CheckSpatialMetaData()"))).scalar():
            await connection.execute(text("SELECT InitSpatialMetaData(0, 'WGS84')"))
        return
    await connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
