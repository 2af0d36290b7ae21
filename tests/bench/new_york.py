"""Any number of New York's requests, the same for a seed: real places, kinds and durations, at the real daily rate.

Each is one of October 2019's (../shared/data/requests/nyc_2019-10.csv) filed at another time: a third at exactly its
place, the others up to some metres away. More requests are a longer history, not a busier city.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, text

from app.db import Database
from app.jurisdictions.models import Jurisdiction
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
CHUNK = 20_000
SOURCES = ("web", "phone", "open311", "import")
COLUMNS = (
    "id, service_request_id, service_id, status, late, description, description_public, answers, location, cell,"
    " place_source, address_string, requested_datetime, updated_datetime, expected_datetime, closed_datetime, source,"
    " locale, reporter_count, follower_count"
)
VALUES = {
    "sqlite": ":id, :number, :service_id, :status, :late, '', 0, '{}', MakePoint(:long, :lat, 4326), :cell, 'api', '',"
    " :filed, :updated, NULL, :closed, :source, 'en', 1, 0",
    "postgresql": ":id, :number, :service_id, :status, :late, '', false, '{}',"
    " ST_SetSRID(ST_MakePoint(:long, :lat), 4326), :cell, 'api', '', :filed, :updated, NULL, :closed, :source,"
    " 'en', 1, 0",
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
    """A city with so many requests, counted; the database must be empty and migrated."""
    sample = read_sample()
    forget_catalogues()
    dialect = "sqlite" if database.is_sqlite else "postgresql"
    async with database.writing() as session:
        session.add(
            Jurisdiction(
                id=1, jurisdiction_id="ny", name="New York", timezone="America/New_York", lat=40.7, long=-73.95
            )
        )
        agencies = sorted({agency for _, agency in sample.names})
        session.add_all([ServiceGroup(code=agency, name=agency) for agency in agencies])
        await session.flush()
        services = [
            {"id": at + 1, "service_code": f"kind-{at + 1}", "service_name": name[:200], "group": agency}
            for at, (name, agency) in enumerate(sample.names)
        ]
        await session.execute(insert(Service), services)
        connection = await session.connection()
        # Counted once at the end, as a recount does it.
        for statement in removals(dialect):
            await connection.exec_driver_sql(statement)
        for chunk in chunks(sample, count):
            await connection.execute(
                text(f"INSERT INTO service_requests ({COLUMNS}) VALUES ({VALUES[dialect]})"),
                [{**row, **({"filed": plain(row["filed"]), "updated": plain(row["updated"]),
                            "closed": plain(row["closed"])} if database.is_sqlite else {})} for row in chunk],
            )  # fmt: skip
        for statement in statements(dialect):
            await connection.exec_driver_sql(statement)
    await recount(database)
    async with database.writing() as session:
        await session.execute(text("ANALYZE"))
    return sample


def plain(moment: datetime | None) -> str | None:
    """As SQLite keeps a time."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") if moment else None


def chunks(sample: Sample, count: int) -> Iterator[list[dict[str, Any]]]:
    dice = np.random.default_rng(SEED)
    for first in range(0, count, CHUNK):
        size = min(CHUNK, count - first)
        picks = dice.integers(0, len(sample.kinds), size)
        jitter = dice.normal(0, JITTER_DEGREES, (size, 2)) * (dice.random((size, 1)) > 1 / 3)
        places = sample.places[picks] + jitter
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
