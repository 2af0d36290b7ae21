"""Open requests become late when their expected_datetime passes: a sweep of the worker marks them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Select, String, case, column, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, UtcDateTime
from app.service_requests.models import LATE, NOT_YET_LATE, ServiceRequest, Update
from app.service_requests.redress import owe
from app.service_requests.workflow import OPEN

SWEEP_EVERY = timedelta(seconds=30)
BATCH = 500


def is_late(status: str, expected: datetime | None, now: datetime) -> bool:
    """For one whose clock stands, `now` is when it was stopped."""
    return status in OPEN and expected is not None and expected < now


async def sweep_late(database: Database) -> None:
    """Marks what is late now, with a timeline row, and takes the mark from what is not, a batch in each transaction."""
    for late in (True, False):
        while await sweep_batch(database, late=late) == BATCH:
            pass


async def sweep_batch(database: Database, *, late: bool) -> int:
    now = datetime.now(UTC)
    async with database.reading() as session:
        dialect = session.get_bind().dialect.name
        if not (await session.execute(wrongly_marked(dialect, late, now).limit(1))).first():
            return 0
    async with database.writing() as session:
        return await mark(session, late=late, now=now)


async def mark(session: AsyncSession, *, late: bool, now: datetime) -> int:
    # One that somebody is changing is left for the next sweep.
    dialect = session.get_bind().dialect.name
    wanted = wrongly_marked(dialect, late, now).limit(BATCH).with_for_update(skip_locked=True)
    found = list((await session.execute(wanted)).scalars())
    if not found:
        return 0
    marked = update(ServiceRequest).where(ServiceRequest.id.in_(found))
    if not late:
        await session.execute(marked.values(late=False))
        return len(found)
    # Those of before there was a clock come to it now.
    request = ServiceRequest
    looked_at = case((request.at_risk_datetime.is_(None), request.expected_datetime), else_=request.clock_datetime)
    missed = marked.values(late=True, clock_datetime=looked_at)
    missed = missed.returning(request.id, request.expected_datetime, request.service_id)
    became = (await session.execute(missed, execution_options={"synchronize_session": False})).all()
    await session.execute(
        insert(Update),
        [{"request_id": row.id, "updated_datetime": row.expected_datetime, "kind": "late"} for row in sorted(became)],
    )
    await owe(session, [(row.id, row.service_id) for row in became], now)
    return len(found)


def wrongly_marked(dialect: str, late: bool, now: datetime) -> Select[int]:
    """The ids of those that are (not) late, and not marked so. Read by the partial indexes of the model."""
    # The columns without their table, which would stand in the statement beside the one with its index.
    expected = column("expected_datetime", UtcDateTime())
    # As an expression: SQLite would go by the index of `status`, through all that is open.
    status = column("status", String()).concat("")
    table = "service_requests"
    if late:
        # By itself it would go by the index of the desk's queue, through all that is late already.
        table += " INDEXED BY ix_service_requests_due" if dialect == "sqlite" else ""
        wanted = select(column("id", BigInteger())).where(NOT_YET_LATE, expected < now, status.in_(OPEN))
    else:
        ended = or_(expected.is_(None), expected >= now, status.not_in(OPEN))
        wanted = select(column("id", BigInteger())).where(LATE, ended)
    return wanted.select_from(text(table))
