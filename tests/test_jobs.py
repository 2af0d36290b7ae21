"""Queued work is done once; what fails is kept, and waits before it is tried again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.db import Database
from app.jobs import Job, Worker, enqueue


async def test_a_job_is_queued_once_by_its_key_and_done_once(database: Database) -> None:
    done: list[dict[str, Any]] = []

    async def note(_database: Database, arguments: dict[str, Any]) -> None:
        done.append(arguments)

    async with database.writing() as session:
        await enqueue(session, "note", {"n": 1}, key="one")
        await session.flush()
        await enqueue(session, "note", {"n": 2}, key="one")
    worker = Worker(database, {"note": note})
    assert await worker.run_one()
    assert not await worker.run_one()
    assert done == [{"n": 1}]


async def test_a_job_that_fails_is_kept_for_later_without_the_words_of_its_error(database: Database) -> None:
    async def fail(_database: Database, _arguments: dict[str, Any]) -> None:
        raise LookupError("ana@example.org")

    async with database.writing() as session:
        await enqueue(session, "fail", {})
    worker = Worker(database, {"fail": fail})
    assert await worker.run_one()
    assert not await worker.run_one()
    async with database.reading() as session:
        [kept] = (await session.execute(select(Job))).scalars()
    assert (kept.attempts, kept.last_error) == (1, "LookupError")
