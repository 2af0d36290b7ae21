"""The database: one declarative Base, one session per request, and what the two dialects do differently."""

from __future__ import annotations

import asyncio
import sqlite3
import struct
import sys
from collections.abc import AsyncIterator, Callable, Iterable
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
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Dialect,
    Join,
    MetaData,
    Select,
    TableValuedAlias,
    column,
    event,
    false,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement
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


def among(value: Any, known: Iterable[int | str]) -> ColumnElement[bool]:
    """Whether a value is one of a list of the house's own numbers or codes, written out.

    As parameters they are hundreds in a statement about the map, and cost more to put in than it costs to run.
    Raises ValueError for a code that is not of letters, digits and underscores.
    """
    written = []
    for one in known:
        if isinstance(one, str) and not one.isidentifier():
            raise ValueError(f"{one!r} is no code")
        written.append(f"'{one}'" if isinstance(one, str) else str(int(one)))
    if not written:
        return false()
    found: ColumnElement[bool] = value.op("IN", return_type=Boolean())(literal_column(f"({', '.join(written)})"))
    return found


class InBox(ColumnElement[bool]):
    """Whether a geometry column's own box meets a box (west, south, east, north, in degrees): by the spatial index."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: InstrumentedAttribute[Any], box: tuple[float, float, float, float]) -> None:
        self.table = column.class_.__tablename__
        self.column = column.key
        self.west, self.south, self.east, self.north = (float(side) for side in box)


@compiles(InBox, "sqlite")
def compile_in_box_sqlite(element: InBox, compiler: Any, **_: Any) -> str:
    # SpatiaLite's index is a table of its own (an R*Tree named idx_<table>_<column>), which nobody consults for us.
    return (
        f"{element.table}.id IN (SELECT pkid FROM idx_{element.table}_{element.column}"
        f" WHERE xmin <= {element.east!r} AND xmax >= {element.west!r}"
        f" AND ymin <= {element.north!r} AND ymax >= {element.south!r})"
    )


@compiles(InBox)
def compile_in_box_postgis(element: InBox, compiler: Any, **_: Any) -> str:
    sides = ", ".join(repr(side) for side in (element.west, element.south, element.east, element.north))
    return f"{element.table}.{element.column} && ST_MakeEnvelope({sides}, 4326)"


class Runs(FunctionElement[Any]):
    """A table of runs of numbers, `first` and `after` (first one after it), from a text like "[[3, 7], [9, 10]]"."""

    name = "runs"
    inherit_cache = True

    def named(self) -> TableValuedAlias:
        return self.table_valued(column("first", BigInteger), column("after", BigInteger))


@compiles(Runs, "sqlite")
def compile_runs_sqlite(element: Runs, compiler: Any, **how: Any) -> str:
    given = compiler.process(element.clauses, **how)
    return (
        f"(SELECT json_extract(value, '$[0]') AS first, json_extract(value, '$[1]') AS after FROM json_each({given}))"
    )


@compiles(Runs)
def compile_runs_postgresql(element: Runs, compiler: Any, **how: Any) -> str:
    given = compiler.process(element.clauses, **how)
    each = f"json_array_elements(CAST({given} AS json)) AS run"
    return f"(SELECT CAST(run ->> 0 AS bigint) AS first, CAST(run ->> 1 AS bigint) AS after FROM {each})"


class Either(FunctionElement[Any]):
    """One of two selects of the same columns: the first is SQLite's."""

    name = "either"
    inherit_cache = True


@compiles(Either, "sqlite")
def compile_either_sqlite(element: Either, compiler: Any, **how: Any) -> str:
    first, _ = element.clauses
    return str(compiler.process(first, **how))


@compiles(Either)
def compile_either_postgresql(element: Either, compiler: Any, **how: Any) -> str:
    _, second = element.clauses
    return str(compiler.process(second, **how))


def found_in_runs(runs: Runs, rows: Callable[[Any, Any], Select[Any]]) -> TableValuedAlias:
    """The rows that a select finds from `first` to before `after`, for each run; run by run, each a search by index.

    PostgreSQL takes any run for a two-hundredth of a table and would read all of it: OFFSET keeps it from that.
    """
    run = runs.named()
    one = rows(run.c.first, run.c.after)
    (table,) = (part for part in one.get_final_froms() if part is not run)
    by_run = one.select_from(InOrder(run, table, true()))
    apart = one.offset(0).lateral()
    searched = select(apart).select_from(run.join(apart, true()))
    columns = [column(part.name, part.type) for part in one.selected_columns]
    return Either(by_run.scalar_subquery(), searched.scalar_subquery()).table_valued(*columns)


class InOrder(Join):
    """Two tables joined without a condition, of which SQLite reads the left one first."""

    __visit_name__ = "in_order"
    inherit_cache = True


@compiles(InOrder)
def compile_in_order(element: InOrder, compiler: Any, **how: Any) -> str:
    left, right = (compiler.process(side, **{**how, "asfrom": True}) for side in (element.left, element.right))
    return f"{left} CROSS JOIN {right}"


class Aside(ColumnElement[bool]):
    """A condition that SQLite is to look for by no index: it would rather read all of a status than a place."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, condition: ColumnElement[bool]) -> None:
        self.condition = condition


@compiles(Aside, "sqlite")
def compile_aside_sqlite(element: Aside, compiler: Any, **how: Any) -> str:
    return f"+({compiler.process(element.condition, **how)})"


@compiles(Aside)
def compile_aside(element: Aside, compiler: Any, **how: Any) -> str:
    return f"({compiler.process(element.condition, **how)})"


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


def open_database(settings: Settings, *, pool_size: int = 8) -> Database:
    return Database(settings.database_url, pool_size=pool_size)


def postgresql_engine(url: str, pool_size: int) -> AsyncEngine:
    options = {"connect_args": {"connect_timeout": CONNECT_SECONDS}, "pool_pre_ping": True, "hide_parameters": True}
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=pool_size, **options)
    event.listen(engine.sync_engine, "connect", prepare_postgresql_connection)
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
