"""Work that comes after: rows in the database, taken by a worker.

Nothing is lost, and nothing runs for what was rolled back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Index, String, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Database

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
IDLE_SECONDS = 1.0
MAX_BACKOFF = timedelta(hours=1)
# A worker that has not been seen for this long is not alive.
SILENCE = timedelta(seconds=30)


class Job(Base):
    """One piece of work. Done jobs are deleted; a failed one waits for `run_datetime` and is tried again."""

    __tablename__ = "jobs"
    __table_args__ = (Index(None, "run_datetime", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    arguments: Mapped[dict[str, Any]]
    # The same key is not queued twice.
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    run_datetime: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)


class Heartbeat(Base):
    """When each worker was last seen."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_datetime: Mapped[datetime]


# A handler gets the database and the job's arguments, opens its own transactions, and may be run twice.
Handler = Callable[[Database, dict[str, Any]], Awaitable[None]]
Periodic = Callable[[Database], Awaitable[None]]


async def enqueue(
    session: AsyncSession,
    name: str,
    arguments: dict[str, Any],
    *,
    key: str | None = None,
    delay: timedelta = timedelta(0),
) -> None:
    """Queues work in the caller's transaction; with a `key` that is already queued, does nothing."""
    if key and (await session.execute(select(Job.id).where(Job.key == key))).first():
        return
    session.add(Job(name=name, arguments=arguments, key=key, run_datetime=datetime.now(UTC) + delay))


async def take_job(session: AsyncSession) -> Job | None:
    """The next due job, leased to the caller: nobody else sees it until the lease ends."""
    now = datetime.now(UTC)
    due = select(Job).where(Job.run_datetime <= now).order_by(Job.run_datetime, Job.id).limit(1)
    job = (await session.execute(due.with_for_update(skip_locked=True))).scalar_one_or_none()
    if job is not None:
        job.run_datetime = now + LEASE
        job.attempts += 1
    return job


async def beat(database: Database, worker: str) -> None:
    async with database.writing() as session:
        await session.merge(Heartbeat(worker=worker, seen_datetime=datetime.now(UTC)))


async def worker_alive(session: AsyncSession) -> bool:
    recent = select(Heartbeat.worker).where(Heartbeat.seen_datetime > datetime.now(UTC) - SILENCE)
    return (await session.execute(recent.limit(1))).first() is not None


class Worker:
    """Runs due jobs one after another, and `periodic` handlers at their interval, until it is cancelled."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        periodic: Mapping[Periodic, timedelta] | None = None,
        *,
        name: str = "embedded",
    ) -> None:
        self.database, self.handlers, self.periodic, self.name = database, handlers, dict(periodic or {}), name
        self._last_run: dict[Any, datetime] = {}

    async def run(self) -> None:
        """Works for ever; a database that is gone is waited for."""
        while True:
            try:
                await self.run_periodic()
                if not await self.run_one():
                    await asyncio.sleep(IDLE_SECONDS)
            except Exception as error:
                log.error("worker", reason=type(error).__name__)
                await asyncio.sleep(IDLE_SECONDS * 3)

    async def run_periodic(self) -> None:
        now = datetime.now(UTC)
        if now - self._last_run.get("beat", now - SILENCE) >= SILENCE / 3:
            await beat(self.database, self.name)
            self._last_run["beat"] = now
        for handler, interval in self.periodic.items():
            if now - self._last_run.get(handler, now - interval) >= interval:
                self._last_run[handler] = now
                await handler(self.database)

    async def run_one(self) -> bool:
        """Takes and runs one due job. Returns whether there was one."""
        async with self.database.reading() as session:
            due = select(Job.id).where(Job.run_datetime <= datetime.now(UTC)).limit(1)
            if not (await session.execute(due)).first():
                return False
        async with self.database.writing() as session:
            job = await take_job(session)
        if job is None:
            return False
        await self.run_job(job)
        return True

    async def run_job(self, job: Job) -> None:
        try:
            await self.handlers[job.name](self.database, job.arguments)
        except Exception as error:
            # Only the error's kind is kept: its text may hold somebody's address.
            log.error("job failed", job=job.name, attempts=job.attempts, reason=type(error).__name__)
            async with self.database.writing() as session:
                kept = await session.get_one(Job, job.id)
                kept.last_error = type(error).__name__
                kept.run_datetime = datetime.now(UTC) + min(MAX_BACKOFF, timedelta(seconds=15 * 2**job.attempts))
            return
        async with self.database.writing() as session:
            await session.execute(delete(Job).where(Job.id == job.id))


@contextlib.asynccontextmanager
async def running(worker: Worker) -> Any:
    """Runs a worker beside the caller, and stops it on leaving; a leased job is taken up again later."""
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
