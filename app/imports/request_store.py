"""Writes past requests by the thousand: what is known is compared, what is new gets its rows in four tables."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.imports.bulk import Dialect, Rows, dialect_of, ewkb, write
from app.service_requests.cells import cell_key
from app.service_requests.count_bulk import add_sums, facts_of, sums_of, uncounted
from app.service_requests.identifiers import new_service_request_ids
from app.service_requests.late import is_late
from app.service_requests.models import ServiceRequest
from app.service_requests.workflow import FIRST

# Anything but another number that this program locks by. Who makes services waits for no batch, and no batch for them.
IMPORT_LOCK = 311_004
SERVICES_LOCK = 311_005
SOURCE = "import"


@dataclass(slots=True)
class NewRequest:
    """A checked past request with everything that its rows need. Times are UTC."""

    import_key: str
    service_id: int
    department_id: int | None
    status: str
    status_notes: str | None
    description: str
    description_public: bool
    lat: float
    long: float
    address_string: str
    zipcode: str | None
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None
    closed_datetime: datetime | None
    area_ids: tuple[int, ...]
    duplicate_of_key: str | None
    # Whether the source itself says when it was changed last, and who acts.
    says_when: bool
    says_who: bool

    @property
    def acted_datetime(self) -> datetime:
        """When it came to stand where it stands."""
        return self.closed_datetime or self.updated_datetime

    @property
    def has_outcome(self) -> bool:
        """Whether there is more to tell than that it was received."""
        return self.status != FIRST or bool(self.status_notes)


REQUEST_COLUMNS = (
    "id, service_request_id, import_key, service_id, department_id, status, status_notes, description, "
    "description_public, answers, location, cell, place_source, address_string, zipcode, requested_datetime, "
    "updated_datetime, expected_datetime, closed_datetime, source, locale, reporter_count, follower_count, late"
)
AREA_COLUMNS = "request_id, area_id"
UPDATE_COLUMNS = "request_id, updated_datetime, kind, status, text, text_public, author, announced_datetime"


def request_values(
    number: int, said: str, row: NewRequest, now: datetime, dialect: Dialect
) -> tuple[Any, ...]:  # fmt: skip
    """The values of REQUEST_COLUMNS; `said` is the service_request_id."""
    return (
        number, said, row.import_key, row.service_id, row.department_id, row.status,
        row.status_notes, row.description, row.description_public, "{}", ewkb(row.long, row.lat),
        cell_key(row.lat, row.long), "api", row.address_string, row.zipcode, dialect.moment(row.requested_datetime),
        dialect.moment(row.updated_datetime), dialect.moment_or_none(row.expected_datetime),
        dialect.moment_or_none(row.closed_datetime), SOURCE, "en", 1, 0,
        is_late(row.status, row.expected_datetime, now),
    )  # fmt: skip


def timeline(number: int, row: NewRequest, dialect: Dialect) -> list[tuple[Any, ...]]:
    """The values of UPDATE_COLUMNS: received, and where it stands. Announced already: nobody is told of the past."""
    when = dialect.moment(row.requested_datetime)
    entries: list[tuple[Any, ...]] = [(number, when, "received", FIRST, "", True, "city", when)]
    if row.has_outcome:
        entries.append(outcome(number, row, dialect))
    return entries


def outcome(number: int, row: NewRequest, dialect: Dialect) -> tuple[Any, ...]:
    when = dialect.moment(row.acted_datetime)
    return (number, when, "status", row.status, row.status_notes or "", True, "city", when)


async def take_turns(session: AsyncSession, lock: int = IMPORT_LOCK) -> None:
    """One import's batch at a time, so that two of the same file never write a row twice. SQLite does that itself."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


@dataclass(frozen=True, slots=True)
class Prepared:
    """New requests with their numbers, and what `write` takes for each table. `areas` are (request id, area id)."""

    ids: Sequence[int]
    areas: list[tuple[int, int]]
    requests: Rows
    area_rows: Rows
    updates: Rows


def prepare(rows: Sequence[NewRequest], ids: Sequence[int], dialect: Dialect) -> Prepared:
    """Needs no database: it may run in a thread."""
    now = datetime.now(UTC)
    areas = [(number, area) for number, row in zip(ids, rows, strict=True) for area in row.area_ids]
    numbered = zip(ids, new_service_request_ids(len(rows)), rows, strict=True)
    requests = (request_values(number, said, row, now, dialect) for number, said, row in numbered)
    updates = (entry for number, row in zip(ids, rows, strict=True) for entry in timeline(number, row, dialect))
    return Prepared(ids, areas, *(dialect.rows(some) for some in (requests, areas, updates)))


async def insert_requests(
    session: AsyncSession, rows: Sequence[NewRequest], prepared: Prepared | None = None
) -> None:  # fmt: skip
    """Writes requests that are not here yet, with their areas and timelines; `prepared` is what was made of them."""
    if not rows:
        return
    connection = await session.connection()
    if prepared is None:
        ids = await next_ids(session, len(rows))
        prepared = await asyncio.to_thread(prepare, rows, ids, dialect_of(connection))
    async with uncounted(session):
        await write(connection, "service_requests", REQUEST_COLUMNS, prepared.requests)
        facts = await facts_of(connection, prepared.ids)
        sums = asyncio.ensure_future(asyncio.to_thread(sums_of, facts, prepared.ids, prepared.areas))
        await write(connection, "request_areas", AREA_COLUMNS, prepared.area_rows)
    await write(connection, "updates", UPDATE_COLUMNS, prepared.updates)
    await add_sums(session, await sums)


async def next_ids(session: AsyncSession, count: int) -> Sequence[int]:
    if session.get_bind().dialect.name == "sqlite":
        # Nobody else writes meanwhile: the transaction began IMMEDIATE.
        last = (await session.execute(select(func.coalesce(func.max(ServiceRequest.id), 0)))).scalar_one()
        return range(last + 1, last + 1 + count)
    # Which one it is is looked up once, not for each number.
    drawn = text(
        "SELECT nextval(which) FROM generate_series(1, :n),"
        " (SELECT CAST(pg_get_serial_sequence('service_requests', 'id') AS regclass) AS which OFFSET 0) AS sequence"
    )
    return (await session.execute(drawn, {"n": count})).scalars().all()
