"""Counts how promises are kept, a month at a time, into rows of their own: no page ever looks at the requests.

The month that runs is counted each time, and of those that are over the one that was counted longest ago: a report
that is opened again, or a history that is imported, is in the figures of its month some hours later.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, bindparam, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, UtcDateTime
from app.jurisdictions.models import Jurisdiction
from app.performance.durations import step_sql
from app.performance.models import ALL, CountedMonth, PromiseFigure
from app.performance.months import month_before, shown_months, span_of
from app.service_requests.count_sql import local_day
from app.service_requests.redress_models import RedressCase, RedressRule
from app.service_requests.workflow import ANSWERED, OPEN

COUNT_EVERY = timedelta(minutes=15)
CHUNK = 2000
# Of what one process counts at a time, so that two never write the same rows.
LOCK = 311_090
# area_id, department_id, service_id, month
Key: TypeAlias = tuple[int, int, int, int]
ENDED = ", ".join(f"'{code}'" for code in ANSWERED)
NOT_ENDED = ", ".join(f"'{code}'" for code in OPEN)
MONTHS = ("first", "after")


class Sums(defaultdict[Key, dict[str, Any]]):
    """Rows in the making."""

    def __init__(self) -> None:
        super().__init__(lambda: {"kept": 0, "missed": 0, "took": Counter()})

    def add(self, keys: Iterable[Key], *, kept: bool, n: int, step: int | None = None) -> None:
        for key in keys:
            sums = self[key]
            sums["kept" if kept else "missed"] += n
            if step is not None:
                sums["took"][step] += n


async def count_promises(database: Database) -> None:
    """Counts what is due: safe to run in several processes, and to break off."""
    now = datetime.now(UTC)
    async with database.reading() as session:
        timezone = (await session.execute(select(Jurisdiction.timezone))).scalar_one_or_none()
        counted = (await session.execute(select(CountedMonth.month, CountedMonth.counted_datetime))).all()
    if timezone is None:
        return
    zone = ZoneInfo(timezone)
    months = shown_months(now, zone)
    for month in due_months(months, {row.month: row.counted_datetime for row in counted}):
        await count_month(database, month, zone)
    await count_open(database, months[-1])
    await count_redress(database)


def due_months(months: list[int], counted: dict[int, datetime]) -> list[int]:
    """This month, those that nobody has counted yet, and the one that was counted longest ago."""
    this, *past = months
    known = [month for month in past if month in counted]
    oldest = [min(known, key=lambda month: counted[month])] if known else []
    return [this, *(month for month in past if month not in counted), *oldest]


async def count_month(database: Database, month: int, zone: ZoneInfo) -> None:
    sums = Sums()
    first, after = span_of(month, zone)
    async with database.reading() as session:
        span = {"first": first, "after": after}
        for row in await session.execute(answered(session, "r.department_id"), span):
            keys = in_departments(row.service_id, row.part, month)
            sums.add(keys, kept=bool(row.kept), n=row.n, step=row.step)
        for row in await session.execute(answered(session, "a.area_id"), span):
            keys = [(row.part, ALL, service, month) for service in (ALL, row.service_id)]
            sums.add(keys, kept=bool(row.kept), n=row.n, step=row.step)
    async with database.writing() as session:
        await alone(session)
        gone = delete(PromiseFigure).where(PromiseFigure.month == month, PromiseFigure.still_open.is_(False))
        await session.execute(gone)
        await write(session, sums, still_open=False)
        await session.execute(delete(CountedMonth).where(CountedMonth.month == month))
        await session.execute(insert(CountedMonth).values(month=month, counted_datetime=datetime.now(UTC)))


async def count_open(database: Database, first_month: int) -> None:
    """What is late and still open, by the month in which it was promised; of earlier ones together, before them all."""
    sums, before = Sums(), month_before(first_month)
    async with database.reading() as session:
        for row in await session.execute(late(session, "r.department_id")):
            month = max(row.month, before)
            sums.add(in_departments(row.service_id, row.part, month), kept=False, n=row.n)
        for row in await session.execute(late(session, "a.area_id")):
            keys = [(row.part, ALL, service, max(row.month, before)) for service in (ALL, row.service_id)]
            sums.add(keys, kept=False, n=row.n)
    async with database.writing() as session:
        await alone(session)
        await session.execute(delete(PromiseFigure).where(PromiseFigure.still_open.is_(True)))
        await session.execute(delete(PromiseFigure).where(PromiseFigure.month < before))
        await session.execute(delete(CountedMonth).where(CountedMonth.month < before))
        await write(session, sums, still_open=True)


def in_departments(service_id: int, department_id: int | None, month: int) -> list[Key]:
    departments = {ALL, department_id or ALL}
    return [(ALL, department, service, month) for department in departments for service in (ALL, service_id)]


def answered(session: AsyncSession, part: str) -> TextClause:
    """(service_id, part, kept, step, n) of public services' requests that were answered between two instants."""
    dialect = session.get_bind().dialect.name
    hours = hours_between(dialect, "r.requested_datetime", "r.closed_datetime")
    return text(
        f"SELECT service_id, part, kept, {step_sql('hours')} AS step, COUNT(*) AS n FROM ("
        f"SELECT r.service_id, {part} AS part, r.closed_datetime <= r.expected_datetime AS kept, {hours} AS hours"
        f" FROM service_requests r JOIN services s ON s.id = r.service_id {areas_of(part)}"
        # The status as an expression: else SQLite would go by its index, through all that ever ended.
        f" WHERE r.closed_datetime >= :first AND r.closed_datetime < :after AND r.status || '' IN ({ENDED})"
        " AND r.expected_datetime IS NOT NULL AND NOT s.private) AS f GROUP BY 1, 2, 3, 4"
    ).bindparams(*(bindparam(name, type_=UtcDateTime()) for name in MONTHS))


def late(session: AsyncSession, part: str) -> TextClause:
    """(service_id, part, month, n) of what the sweep has marked. Read by the partial index of the model."""
    dialect = session.get_bind().dialect.name
    return text(
        f"SELECT r.service_id, {part} AS part, {local_day(dialect, 'r.expected_datetime')} / 100 AS month,"
        f" COUNT(*) AS n FROM service_requests r JOIN services s ON s.id = r.service_id {areas_of(part)}"
        f" WHERE r.late AND r.status || '' IN ({NOT_ENDED}) AND NOT s.private GROUP BY 1, 2, 3"
    )


def areas_of(part: str) -> str:
    return "JOIN request_areas a ON a.request_id = r.id" if part.startswith("a.") else ""


def hours_between(dialect: str, first: str, last: str) -> str:
    """Whole hours from an instant to a later one; 0 where the later one is not later."""
    if dialect == "sqlite":
        seconds = " - ".join(f"CAST(strftime('%s', substr({one}, 1, 19)) AS INTEGER)" for one in (last, first))
        return f"MAX(0, ({seconds}) / 3600)"
    seconds = " - ".join(f"floor(extract(epoch FROM {one}))" for one in (last, first))
    return f"CAST(greatest(0, floor(({seconds}) / 3600)) AS integer)"


async def alone(session: AsyncSession) -> None:
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(LOCK)))


async def write(session: AsyncSession, sums: Sums, *, still_open: bool) -> None:
    names = ("area_id", "department_id", "service_id", "month")
    rows = [{**dict(zip(names, key, strict=True)), "still_open": still_open, **sums[key]} for key in sums]
    for start in range(0, len(rows), CHUNK):
        await session.execute(insert(PromiseFigure), rows[start : start + CHUNK])


async def count_redress(database: Database) -> None:
    """How often each rule has been due and given."""
    async with database.reading() as session:
        cases = select(
            RedressCase.rule_id, func.count().label("n"), func.count(RedressCase.given_datetime).label("given")
        )
        rows = (await session.execute(cases.group_by(RedressCase.rule_id))).all()
    if rows:
        async with database.writing() as session:
            sums = [{"id": row.rule_id, "cases": row.n, "given": row.given} for row in rows]
            await session.execute(update(RedressRule), sums)
