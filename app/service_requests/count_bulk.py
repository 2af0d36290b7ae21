"""Many new requests counted together: the sums of all of them at once, in place of a note for each and a fold.

What one request counts as is asked of the database (`counted`); numpy groups it as `SUMS` would.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.service_requests.count_models import (
    ALL,
    LAST_GROUP_LEVEL,
    LAST_MONTH_LEVEL,
    LAST_SOURCE_LEVEL,
    LEVELS,
    STANDINGS,
    AreaClosingDays,
    AreaCount,
    CellCount,
    CountingPaused,
    SourceCount,
)
from app.service_requests.count_rebuild import ADVISORY_LOCK
from app.service_requests.count_sql import CELL_BITS, GROUP_KEYS, SUMS, Sums, counted
from app.service_requests.many_rows import insert_rows

Numbers = NDArray[np.int64]
# Rows of a table of sums: a number in each column.
Rows = Iterator[Numbers]
# Of `area_counts`, beside the STANDINGS.
CLOSING = len(STANDINGS)


@dataclass(frozen=True, slots=True)
class Facts:
    """What requests count as, one number for each: `standing` is a place in STANDINGS, `closed` 0 where it is not,
    `source` a place in `sources`.
    """

    cell: Numbers
    service: Numbers
    group: Numbers
    standing: Numbers
    filed: Numbers
    closed: Numbers
    days: Numbers
    public: NDArray[np.bool_]
    source: Numbers
    sources: list[str]

    def at(self, places: Any) -> Facts:
        columns = [name for name in self.__slots__ if name != "sources"]
        return replace(self, **{name: getattr(self, name)[places] for name in columns})


@dataclass(frozen=True, slots=True)
class MadeSums:
    """Rows of `Sums.columns` by the name of the table; a source is a place in `sources`."""

    rows: dict[str, Numbers]
    sources: list[str]


@contextlib.asynccontextmanager
async def uncounted(session: AsyncSession) -> AsyncIterator[None]:
    """Within it, requests and areas that this transaction inserts are not counted: `count_new` must do that."""
    pause = (await session.execute(insert(CountingPaused).returning(CountingPaused.id))).scalar_one()
    yield
    await session.execute(delete(CountingPaused).where(CountingPaused.id == pause))


async def count_new(session: AsyncSession, ids: Sequence[int], areas: Sequence[tuple[int, int]]) -> None:
    """Adds to the sums what this transaction has inserted `uncounted`: requests, and their (request id, area id).

    `ids` ascend. On PostgreSQL nobody folds or recounts from here until the transaction ends.
    """
    facts = await facts_of(await session.connection(), ids)
    await add_sums(session, sums_of(facts, ids, areas))


def sums_of(facts: Facts, ids: Sequence[int], areas: Sequence[tuple[int, int]]) -> MadeSums:
    """The sums of new requests and their areas. Needs no database: it may run in a thread."""
    request, area = np.array(areas, np.int64).reshape(-1, 2).T
    where = np.concatenate([np.arange(len(ids)), np.searchsorted(np.array(ids), request)])
    area = np.concatenate([np.zeros(len(ids), np.int64), area])
    made = {
        CellCount.__tablename__: cell_sums(facts),
        AreaCount.__tablename__: area_sums(facts.at(where), area),
        AreaClosingDays.__tablename__: closing_day_sums(facts.at(where), area),
        SourceCount.__tablename__: source_sums(facts.at(facts.public)),
    }
    rows = {table: np.concatenate(parts) for table, found in made.items() if (parts := list(found))}
    return MadeSums(rows, facts.sources)


async def add_sums(session: AsyncSession, made: MadeSums) -> None:
    """As `count_new`, of what `sums_of` made."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await session.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
    for sums in SUMS:
        if sums.table in made.rows:
            await add(connection, sums, made.rows[sums.table], made.sources)


async def facts_of(connection: AsyncConnection, ids: Sequence[int]) -> Facts:
    asked = (
        f"SELECT r.id AS id, {counted(connection.dialect.name, 'r')}, k.key AS group_key, NOT s.private AS public"
        f" FROM service_requests r JOIN services s ON s.id = r.service_id"
        f" JOIN {GROUP_KEYS} k ON k.group_code = s.group_code"
        f" WHERE r.id BETWEEN {int(ids[0])} AND {int(ids[-1])} ORDER BY r.id"
    )
    # Others may have drawn numbers in between.
    mine = set(ids)
    rows = [row for row in await connection.exec_driver_sql(asked) if row[0] in mine]
    _, cell, service, standing, filed, closed, days, source, group, public = zip(*rows, strict=True)
    places = {name: place for place, name in enumerate(STANDINGS)}
    sources = {name: place for place, name in enumerate(sorted(set(source)))}
    return Facts(
        np.array(cell, np.int64),
        np.array(service, np.int64),
        np.array(group, np.int64),
        np.array([places[name] for name in standing], np.int64),
        np.array(filed, np.int64),
        np.array([day or 0 for day in closed], np.int64),
        np.array([number or 0 for number in days], np.int64),
        np.array(public, np.bool_),
        np.array([sources[name] for name in source], np.int64),
        list(sources),
    )


def cell_sums(facts: Facts) -> Rows:
    """Rows of cell_counts: level, service_id, month, cell, STANDINGS."""
    public = facts.at(facts.public)
    for level in LEVELS:
        by_group = [(public.group, public)] if level <= LAST_GROUP_LEVEL else []
        for service, some in [(facts.service, facts), *by_group, (ALL, public)]:
            cell = some.cell >> (CELL_BITS - 2 * level)
            for month in (ALL, some.filed // 100) if level <= LAST_MONTH_LEVEL else (ALL,):
                yield from grouped((level, service, month, cell), some.standing, len(STANDINGS))


def source_sums(public: Facts) -> Rows:
    """Rows of source_counts: level, source, month, cell, group_key, STANDINGS."""
    for level in LEVELS:
        if level <= LAST_SOURCE_LEVEL:
            cell = public.cell >> (CELL_BITS - 2 * level)
            yield from grouped((level, public.source, ALL, cell, public.group), public.standing, len(STANDINGS))
            if level <= LAST_MONTH_LEVEL:
                month = public.filed // 100
                yield from grouped((level, public.source, month, cell, ALL), public.standing, len(STANDINGS))


def area_sums(facts: Facts, area: Numbers) -> Rows:
    """Rows of area_counts: area_id, service_id, period, STANDINGS, closings."""
    shut = facts.closed > 0
    day = np.concatenate([facts.filed, facts.closed[shut]])
    area = np.concatenate([area, area[shut]])
    service = np.concatenate([facts.service, facts.service[shut]])
    kind = np.concatenate([facts.standing, np.full(int(shut.sum()), CLOSING)])
    public = np.concatenate([facts.public, facts.public[shut]])
    month = day // 100 * 100
    for period in (day, month, np.full_like(day, ALL)):
        yield from grouped((area[public], ALL, period[public]), kind[public], CLOSING + 1)
    for of_each in (month, ALL):
        yield from grouped((area, service, of_each), kind, CLOSING + 1)


def closing_day_sums(facts: Facts, area: Numbers) -> Rows:
    """Rows of area_closing_days: area_id, month, days, n."""
    some = (facts.closed > 0) & facts.public
    key = (area[some], facts.closed[some] // 100, facts.days[some])
    yield from grouped(key, np.zeros(int(some.sum()), np.int64), 1)


def grouped(key: Sequence[Any], kind: Numbers, kinds: int) -> Rows:
    """[*key, how many of each kind] of each key that there is; a number in the key stands for all rows."""
    varied = [np.unique(column, return_inverse=True) for column in key if isinstance(column, np.ndarray)]
    if not len(kind):
        return
    shape = [len(values) for values, _ in varied]
    packed = np.ravel_multi_index([inverse for _, inverse in varied], shape)
    found, inverse = np.unique(packed, return_inverse=True)
    figures = np.bincount(inverse * kinds + kind, minlength=len(found) * kinds).reshape(-1, kinds)
    columns = iter(values[place] for (values, _), place in zip(varied, np.unravel_index(found, shape), strict=True))
    parts = [next(columns) if isinstance(one, np.ndarray) else np.full(len(found), one) for one in key]
    yield np.column_stack([*parts, figures])


async def add(connection: AsyncConnection, sums: Sums, rows: Numbers, sources: list[str]) -> None:
    """Adds rows of `Sums.columns` to the table; a source is a place in `sources`."""
    into = f"INSERT INTO {sums.table} ({', '.join(sums.columns)})"
    if connection.dialect.name == "sqlite":
        row = ["?"] * len(sums.columns)
        await insert_rows(connection, into, row, named(rows, sums, sources), sums.on_conflict)
        return
    typed = ", ".join(f"{name} bigint" for name in sums.columns)
    await connection.exec_driver_sql(f"CREATE TEMPORARY TABLE incoming ({typed}) ON COMMIT DROP")
    raw: Any = (await connection.get_raw_connection()).driver_connection
    async with raw.cursor() as cursor, cursor.copy("COPY incoming FROM STDIN (FORMAT binary)") as copy:
        await copy.write(binary(rows))
    columns = ", ".join("(CAST(%s AS text[]))[source + 1]" if name == "source" else name for name in sums.columns)
    told = (sources,) if "source" in sums.columns else ()
    await connection.exec_driver_sql(f"{into} SELECT {columns} FROM incoming {sums.on_conflict}", told)
    await connection.exec_driver_sql("DROP TABLE incoming")


def named(rows: Numbers, sums: Sums, sources: list[str]) -> Iterator[list[Any]]:
    """Rows of values, with the sources by name."""
    at = sums.columns.index("source") if "source" in sums.columns else None
    for row in map(np.ndarray.tolist, rows):
        if at is not None:
            row[at] = sources[row[at]]
        yield row


def binary(rows: Numbers) -> bytes:
    """Rows of bigint as COPY takes them (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format")."""
    fields = [part for number in range(rows.shape[1]) for part in ((f"length{number}", ">i4"), (f"{number}", ">i8"))]
    told = np.empty(len(rows), np.dtype([("fields", ">i2"), *fields]))
    told["fields"] = rows.shape[1]
    for number in range(rows.shape[1]):
        told[f"length{number}"], told[f"{number}"] = 8, rows[:, number]
    return b"PGCOPY\n\xff\r\n\x00" + bytes(8) + told.tobytes() + b"\xff\xff"
