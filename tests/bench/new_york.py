"""Any number of New York's requests, the same for a seed: real places, kinds and durations, at the real daily rate.

Each is one of October 2019's (../shared/data/requests/nyc_2019-10.csv) filed at another time: a third at exactly its
place, the others at one of its neighbours, some metres away. More requests are a longer history, not a busier or a
larger city: of 745,305 there are about 376,000 different places, as in ../shared/data's statistics of a million.
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.imports.areas import import_areas
from app.imports.bulk import dialect_of, ewkb, write
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.service_requests.count_triggers import removals, statements
from app.service_requests.counts import recount
from app.services.models import Service, ServiceGroup
from app.services.queries import forget_catalogues

SEED = 311
SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "requests" / "nyc_2019-10.csv"
FORMAT = "%m/%d/%Y %I:%M:%S %p"
END = datetime(2019, 10, 31, tzinfo=UTC)
A_DAY = 34_567 / 31
NEW = timedelta(days=60)
JITTER_DEGREES = 0.0002
# What gives the statistics' number of different places.
NEIGHBOURS = 20
CHUNK = 20_000
SOURCES = ("web", "phone", "open311", "import")
COLUMNS = (
    "id, service_request_id, service_id, status, late, description, description_public, answers, location, cell, "
    "place_source, address_string, requested_datetime, updated_datetime, expected_datetime, closed_datetime, source, "
    "locale, reporter_count, follower_count"
)
AREAS = SAMPLE.parent.parent / "areas"
LAYERS = {"borough": "borough", "board": "community_district", "zip": "zcta"}
TABLES = ("service_requests", "request_areas")
# (name, statement that makes it), but for those of keys.
INDEXES = {
    "sqlite": f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN {TABLES}",
    "postgresql": f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN {TABLES}"
    " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """The real rows that have a place: (lat, long), number of the kind, days to closing (NaN: open), duplicate."""

    places: np.ndarray[Any, Any]
    kinds: np.ndarray[Any, Any]
    days: np.ndarray[Any, Any]
    duplicates: np.ndarray[Any, Any]
    names: list[tuple[str, str]]


def read_sample() -> Sample:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Latitude"] and row["Longitude"]]
    names = sorted({(row["Type"], row["Agency"]) for row in rows})
    number = {name: at for at, name in enumerate(names)}
    return Sample(
        np.array([(float(row["Latitude"]), float(row["Longitude"])) for row in rows]),
        np.array([number[row["Type"], row["Agency"]] for row in rows]),
        np.array([days_to_close(row) for row in rows]),
        np.array(["duplicate" in row["Resolution"].lower() for row in rows]),
        names,
    )


def days_to_close(row: dict[str, str]) -> float:
    if not row["Closed"]:
        return float("nan")
    took = datetime.strptime(row["Closed"], FORMAT) - datetime.strptime(row["Created"], FORMAT)  # noqa: DTZ007
    return max(0.0, took.total_seconds() / 86_400)


async def fill(database: Database, count: int) -> Sample:
    """New York with so many requests in its boroughs, boards and ZIPs, counted; the database must be migrated."""
    sample = read_sample()
    forget_catalogues()
    for layer, file in LAYERS.items():
        await import_areas(
            database, AREAS / f"nyc_{file}.geojson", layer=layer, boundary=layer == "borough",
            city_name="New York", timezone="America/New_York", name_field="modzcta" if layer == "zip" else None,
        )  # fmt: skip
    async with database.writing() as session:
        agencies = sorted({agency for _, agency in sample.names})
        session.add_all([ServiceGroup(code=agency, name=agency) for agency in agencies])
        await session.flush()
        services = [
            {"id": at + 1, "service_code": f"kind-{at + 1}", "service_name": name[:200], "group": agency}
            for at, (name, agency) in enumerate(sample.names)
        ]
        await session.execute(insert(Service), services)
        areas = await areas_of(session, sample)
    async with bare_tables(database):
        for chunk in chunks(sample, count):
            await write_chunk(database, chunk, areas)
    await recount(database)
    await tidy(database)
    return sample


async def areas_of(session: AsyncSession, sample: Sample) -> list[list[int]]:
    """The ids of the areas of each real place; what is filed some metres off lies in the same."""
    index = await areas_index(session, await get_jurisdiction(session))
    places = sample.places
    found = index.find_many(places[:, 0].tolist(), places[:, 1].tolist(), [END.date()] * len(places))
    return [list(dict.fromkeys(area.id for area in here)) for here in found]


async def write_chunk(database: Database, chunk: list[dict[str, Any]], areas: list[list[int]]) -> None:
    async with database.writing() as session:
        connection = await session.connection()
        dialect = dialect_of(connection)
        requests = [
            (
                row["id"], row["number"], row["service_id"], row["status"], row["late"], "", False, "{}",
                ewkb(row["long"], row["lat"]), row["cell"], "api", "", dialect.moment(row["filed"]),
                dialect.moment(row["updated"]), None, dialect.moment_or_none(row["closed"]), row["source"], "en", 1, 0,
            )
            for row in chunk
        ]  # fmt: skip
        await write(connection, "service_requests", COLUMNS, requests)
        inside = [(row["id"], area) for row in chunk for area in areas[row["pick"]]]
        await write(connection, "request_areas", "request_id, area_id", inside)


@contextlib.asynccontextmanager
async def bare_tables(database: Database) -> AsyncIterator[None]:
    """Without indexes and triggers, which are made again at the end: as whole cities are brought in."""
    kind = "sqlite" if database.is_sqlite else "postgresql"
    async with database.writing() as session:
        connection = await session.connection()
        made = list((await connection.exec_driver_sql(INDEXES[kind])).all())
        checked = [] if database.is_sqlite else [f"ALTER TABLE {name} {{}} TRIGGER ALL" for name in TABLES]
        dropped = [f"DROP INDEX {name}" for name, _ in made]
        for statement in (*removals(kind), *dropped, *(one.format("DISABLE") for one in checked)):
            await connection.exec_driver_sql(statement)
    yield
    async with database.writing() as session:
        connection = await session.connection()
        if not database.is_sqlite:
            await connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '1GB'")
        for statement in (*(made_by for _, made_by in made), *(one.format("ENABLE") for one in checked)):
            await connection.exec_driver_sql(statement)
        for statement in statements(kind):
            await connection.exec_driver_sql(statement)


async def tidy(database: Database) -> None:
    """What a database does by itself in the nights."""
    async with database.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE")


def chunks(sample: Sample, count: int) -> Iterator[list[dict[str, Any]]]:
    dice = np.random.default_rng(SEED)
    away = dice.normal(0, JITTER_DEGREES, (len(sample.kinds), NEIGHBOURS, 2))
    for first in range(0, count, CHUNK):
        size = min(CHUNK, count - first)
        picks = dice.integers(0, len(sample.kinds), size)
        neighbours = away[picks, dice.integers(0, NEIGHBOURS, size)] * (dice.random((size, 1)) > 1 / 3)
        places = sample.places[picks] + neighbours
        ages = (count - first - np.arange(size) - dice.random(size)) / A_DAY
        yield rows_of(sample, first, picks, places, ages, dice.random((size, 3)))


def rows_of(sample: Sample, first: int, picks: Any, places: Any, ages: Any, chances: Any) -> list[dict[str, Any]]:
    cells = cells_of(places[:, 0], places[:, 1])
    rows = []
    for at, pick in enumerate(picks):
        filed = END - timedelta(days=float(ages[at]))
        took = sample.days[pick]
        # Of what is old nearly all is closed, whatever became of its like in a month.
        if np.isnan(took) and END - filed > NEW and chances[at, 0] < 0.98:
            took = 30.0
        still_open = np.isnan(took) or filed + timedelta(days=float(took)) > END
        closed = None if still_open else filed + timedelta(days=float(took))
        status = "duplicate" if sample.duplicates[pick] else "received" if still_open else "fixed"
        rows.append(
            {
                "id": first + at + 1,
                "pick": int(pick),
                "number": f"NY{first + at + 1:010}",
                "service_id": int(sample.kinds[pick]) + 1,
                "status": status,
                "late": bool(status == "received" and chances[at, 1] < 0.4),
                "lat": float(places[at, 0]),
                "long": float(places[at, 1]),
                "cell": int(cells[at]),
                "filed": filed,
                "updated": closed or filed,
                "closed": closed if status == "fixed" else None,
                "source": SOURCES[int(chances[at, 2] * len(SOURCES))],
            }
        )
    return rows


def cells_of(lat: Any, long: Any) -> Any:
    """`cells.cell_key` of many places at once."""
    size = 1 << 24
    x = ((long + 180.0) / 360.0 * size).astype(np.int64)
    y = ((1.0 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2.0 * size).astype(np.int64)
    return spread(x) | spread(y) << 1


def spread(value: Any) -> Any:
    value = (value | value << 16) & 0x0000FFFF0000FFFF
    value = (value | value << 8) & 0x00FF00FF00FF00FF
    value = (value | value << 4) & 0x0F0F0F0F0F0F0F0F
    value = (value | value << 2) & 0x3333333333333333
    return (value | value << 1) & 0x5555555555555555
